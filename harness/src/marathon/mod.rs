//! The client of Marathon's REST interface.

mod about;
mod ask;
mod auth;
mod builder;
mod client;
mod connection;
mod error;
pub mod events;
mod incident;
mod login_error;
pub mod mesos;
mod pass_on;
mod pods;
mod polled;
pub mod sandbox;
mod server_clock;

pub use auth::{Auth, IssuedToken, TokenProvider};
pub use builder::ClientBuilder;
pub use client::{Client, Kill, Killed};
pub use error::{Error, ErrorKind};
pub use incident::{IncidentKind, Incidents};
pub use login_error::LoginError;
pub use pass_on::PassedOn;

pub use crate::model::listing::Tasks;

/// The result of a request.
pub type Result<T, E = Error> = std::result::Result<T, E>;

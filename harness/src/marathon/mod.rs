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
pub mod mesos;
pub mod model;
mod pass_on;
pub mod sandbox;
mod server_clock;

pub use auth::Auth;
pub use builder::ClientBuilder;
pub use client::{Client, Kill, Killed};
pub use error::{Error, ErrorKind};
pub use incident::{IncidentKind, Incidents};
pub use pass_on::PassedOn;
pub use server_clock::ServerTime;

/// The result of a request.
pub type Result<T, E = Error> = std::result::Result<T, E>;

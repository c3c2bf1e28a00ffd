//! The client of Marathon's REST interface.

mod client;
mod connection;
mod error;
pub mod events;
pub mod mesos;
pub mod model;
mod server_clock;

pub use client::{Client, Kill, Killed};
pub use connection::{Auth, ClientBuilder};
pub use error::{Error, ErrorKind};
pub use server_clock::ServerTime;

/// The result of a request.
pub type Result<T, E = Error> = std::result::Result<T, E>;

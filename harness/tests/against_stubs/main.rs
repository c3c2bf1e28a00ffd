//! The client, the login and the lease against servers that are written in the test.

#![expect(clippy::unwrap_used, reason = "the set-up of a test may fail loudly")]

mod client;
mod errors;
mod event_stream;
mod foreign_bytes;
mod lease;
mod login;
mod recorded;
mod redirects;
mod secrets;
mod stub;
mod tls;

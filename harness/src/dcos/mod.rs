//! DC/OS in front of Marathon: the login, the token's life, and the cluster's own CA.

mod ca;
mod command;
mod credentials;
mod login;
mod token;

pub use ca::OfferedCa;
pub use credentials::Credentials;
pub(crate) use credentials::token_file;
pub use token::{Token, TokenSource};

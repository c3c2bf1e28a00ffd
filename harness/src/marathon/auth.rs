//! How a client identifies itself to the server.

use std::{fmt, sync::Arc};

use futures::future::BoxFuture;

use super::LoginError;
use crate::secret::Secret;

/// How a client identifies itself to the server.
#[derive(Debug, Clone, Default)]
pub enum Auth {
    /// Anonymously.
    #[default]
    None,
    /// HTTP basic authentication (`--http_credentials` of Marathon).
    Basic {
        /// The user's name.
        user: String,
        /// The user's password.
        password: Secret,
    },
    /// With a token in DC/OS's manner (`Authorization: token=…`), issued and renewed by the provider.
    Token(Arc<dyn TokenProvider>),
}

/// A token, and whether it replaced one that was about to expire.
#[derive(Debug, Clone)]
pub struct IssuedToken {
    /// The token itself.
    pub token: Secret,
    /// Whether it replaced a token that was about to expire.
    pub renewed: bool,
}

/// Issues the token that a request carries. Marathon does not care where it comes from; see
/// [`dcos::TokenSource`](crate::dcos::TokenSource).
pub trait TokenProvider: fmt::Debug + Send + Sync {
    /// A token that is valid now, after a login if there is none yet or the last one is about to expire.
    fn token(&self) -> BoxFuture<'_, Result<IssuedToken, LoginError>>;

    /// Replaces a token that the server refused, unless that has happened meanwhile.
    fn renew<'a>(&'a self, refused: &'a Secret) -> BoxFuture<'a, Result<(), LoginError>>;

    /// Whether a refused token can be replaced by another.
    fn can_renew(&self) -> bool;

    /// Why it may pass that the server refuses this token, if it may: the token has just taken the place of another, and may
    /// have been read while its source was rewritten.
    fn passing_refusal<'a>(&'a self, refused: &'a Secret) -> BoxFuture<'a, Option<LoginError>> {
        let _ = refused;
        Box::pin(async { None })
    }

    /// The secrets that a login sends, such as a password.
    fn secrets(&self) -> Vec<Secret> {
        Vec::new()
    }

    /// The user's id in the current token, if there is a token and it names one.
    fn uid(&self) -> BoxFuture<'_, Option<String>>;
}

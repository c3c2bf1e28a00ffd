//! A token's life: obtained once, renewed before it expires, and once when the server refuses it.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use super::Credentials;
use super::login::{LoginError, claims, obtain};
use crate::clock::Clock;
use crate::secret::Secret;
use crate::transport::Transport;

/// A token is renewed when this much of its life is left, or a tenth of its life if that is less.
const MARGIN: Duration = Duration::from_secs(300);

/// A token and when to renew it. `Debug` shows no secret.
#[derive(Debug, Clone)]
pub struct Token {
    secret: Secret,
    /// By tokio's clock: renewal is a matter of durations, and works in virtual time.
    renew_at: Option<Instant>,
    expires_at: Option<Instant>,
}

/// Hands out a valid token to any number of requests at once.
#[derive(Debug)]
pub struct TokenSource {
    credentials: Credentials,
    root: Url,
    transport: Transport,
    clock: Clock,
    cached: Mutex<Option<Token>>,
}

impl TokenSource {
    /// A source of tokens for the cluster at `root` (`https://cluster.example`). Nothing is sent yet.
    #[must_use]
    pub fn new(credentials: Credentials, mut root: Url, transport: Transport, clock: Clock) -> Self {
        if !root.path().ends_with('/') {
            root.set_path(&format!("{}/", root.path()));
        }
        Self { credentials, root, transport, clock, cached: Mutex::new(None) }
    }

    /// False for a ready token: when it is refused, there is no other.
    #[must_use]
    pub fn can_renew(&self) -> bool {
        !matches!(self.credentials, Credentials::Token(_))
    }

    /// The token, logging in first if there is none or it is about to expire. One login serves all who wait.
    ///
    /// # Errors
    /// If the login is refused or fails.
    pub async fn token(&self) -> Result<Secret, LoginError> {
        self.token_or_new().await.map(|(token, _)| token)
    }

    /// The same, and whether it took the place of one that was about to expire.
    pub(crate) async fn token_or_new(&self) -> Result<(Secret, bool), LoginError> {
        let mut cached = self.cached.lock().await;
        let now = Instant::now();
        if let Some(token) = &*cached
            && (!self.can_renew() || token.renew_at.is_none_or(|at| now < at))
        {
            return Ok((token.secret.clone(), false));
        }
        match (self.obtain().await, &*cached) {
            (Ok(token), old) => {
                let renewed = old.is_some();
                Ok((cached.insert(token).secret.clone(), renewed))
            }
            // Too early to give up: the old one is still good.
            (Err(error), Some(old)) if error.is_transient() && old.expires_at.is_none_or(|at| now < at) => {
                tracing::warn!(%error, "the token could not be renewed yet");
                Ok((old.secret.clone(), false))
            }
            (Err(error), _) => Err(error),
        }
    }

    /// Replaces a token that the server refused, unless somebody else has just done so.
    ///
    /// # Errors
    /// If the login is refused or fails.
    pub async fn renew(&self, refused: &Secret) -> Result<(), LoginError> {
        let mut cached = self.cached.lock().await;
        if cached.as_ref().is_some_and(|token| token.secret != *refused) {
            return Ok(());
        }
        *cached = Some(self.obtain().await?);
        Ok(())
    }

    /// The `uid` in the present token, if there is one.
    pub(crate) async fn uid(&self) -> Option<String> {
        let cached = self.cached.lock().await;
        claims(cached.as_ref()?.secret.reveal())?.get("uid")?.as_str().map(str::to_owned)
    }

    async fn obtain(&self) -> Result<Token, LoginError> {
        let fresh = obtain(&self.credentials, &self.root, &self.transport, self.clock).await?;
        let now = Instant::now();
        // A token that has expired already is tried all the same: the server's clock decides.
        let valid_for =
            fresh.valid_for.and_then(|valid| Duration::try_from(valid).ok()).filter(|valid| !valid.is_zero());
        Ok(Token {
            secret: fresh.token,
            renew_at: valid_for.and_then(|valid| now.checked_add(valid - MARGIN.min(valid / 10))),
            expires_at: valid_for.and_then(|valid| now.checked_add(valid)),
        })
    }
}

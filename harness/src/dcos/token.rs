//! A token's life: obtained once, renewed before it expires, and once when the server refuses it.

use std::time::Duration;

use futures::future::BoxFuture;
use tokio::{sync::Mutex, time::Instant};
use url::Url;

use super::{
    Credentials,
    login::{claims, obtain},
    token_file,
};
use crate::{
    clock::Clock,
    marathon::{IssuedToken, LoginError, TokenProvider},
    secret::Secret,
    transport::Transport,
};

/// A token is renewed when this much of its life is left, or a tenth of its life if that is less.
const MARGIN: Duration = Duration::from_secs(300);

/// How long a token that was just read may be refused before that counts: its file or command may still be rewritten.
const REWRITTEN: Duration = Duration::from_secs(30);

/// A token and when to renew it. `Debug` shows no secret.
#[derive(Debug, Clone)]
pub struct Token {
    secret: Secret,
    /// It took the place of another.
    replaced: bool,
    /// When the server refused it first, if it did so as soon as it was read.
    refused: Option<Instant>,
    /// By tokio's clock: renewal is a matter of durations, and works in virtual time.
    renew_at: Option<Instant>,
    expires_at: Option<Instant>,
}

impl Token {
    /// With what is known of the one that it takes the place of, which may be the same.
    fn in_place_of(self, old: Option<Self>) -> Self {
        match old {
            Some(old) if old.secret == self.secret => {
                Self { replaced: old.refused.is_some(), refused: old.refused, ..self }
            }
            Some(_) => Self { replaced: true, ..self },
            None => self,
        }
    }
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

    async fn obtain(&self) -> Result<Token, LoginError> {
        let fresh = obtain(&self.credentials, &self.root, &self.transport, self.clock).await?;
        let now = Instant::now();
        // A token that has expired already is tried all the same: the server's clock decides.
        let valid_for =
            fresh.valid_for.and_then(|valid| Duration::try_from(valid).ok()).filter(|valid| !valid.is_zero());
        Ok(Token {
            secret: fresh.token,
            replaced: false,
            refused: None,
            renew_at: valid_for.and_then(|valid| now.checked_add(valid - MARGIN.min(valid / 10))),
            expires_at: valid_for.and_then(|valid| now.checked_add(valid)),
        })
    }
}

impl TokenProvider for TokenSource {
    /// One login serves all who wait for it.
    fn token(&self) -> BoxFuture<'_, Result<IssuedToken, LoginError>> {
        Box::pin(async move {
            let mut cached = self.cached.lock().await;
            let now = Instant::now();
            if let Some(token) = &*cached
                && (!self.can_renew() || token.renew_at.is_none_or(|at| now < at))
            {
                return Ok(IssuedToken { token: token.secret.clone(), renewed: false });
            }
            let obtained = self.obtain().await;
            let obtained = if cached.is_some() { obtained.map_err(LoginError::after_a_token) } else { obtained };
            match (obtained, &*cached) {
                (Ok(token), old) => {
                    let renewed = old.is_some();
                    let token = token.in_place_of(cached.take());
                    Ok(IssuedToken { token: cached.insert(token).secret.clone(), renewed })
                }
                // Too early to give up: the old one is still good.
                (Err(error), Some(old)) if error.is_transient() && old.expires_at.is_none_or(|at| now < at) => {
                    tracing::warn!(%error, "the token could not be renewed yet");
                    Ok(IssuedToken { token: old.secret.clone(), renewed: false })
                }
                (Err(error), _) => Err(error),
            }
        })
    }

    fn renew<'a>(&'a self, refused: &'a Secret) -> BoxFuture<'a, Result<(), LoginError>> {
        Box::pin(async move {
            let mut cached = self.cached.lock().await;
            if cached.as_ref().is_some_and(|token| token.secret != *refused) {
                return Ok(());
            }
            let obtained = self.obtain().await;
            let new = if cached.is_some() { obtained.map_err(LoginError::after_a_token) } else { obtained }?;
            *cached = Some(new.in_place_of(cached.take()));
            Ok(())
        })
    }

    fn passing_refusal<'a>(&'a self, refused: &'a Secret) -> BoxFuture<'a, Option<LoginError>> {
        Box::pin(async move {
            let place = match &self.credentials {
                Credentials::TokenFile(path) => token_file(path),
                Credentials::TokenCommand(_) => "the token command".to_owned(),
                Credentials::Password { .. } | Credentials::ServiceAccount { .. } | Credentials::Token(_) => {
                    return None;
                }
            };
            let mut cached = self.cached.lock().await;
            let token = cached.as_mut().filter(|token| token.replaced && token.secret == *refused)?;
            let since = *token.refused.get_or_insert_with(Instant::now);
            let why =
                "the server refuses what is there now; it may have been read while it was rewritten, and is read again";
            (since.elapsed() < REWRITTEN).then(|| LoginError::unusable(place, why).after_a_token())
        })
    }

    /// False for a ready token: when it is refused, there is no other.
    fn can_renew(&self) -> bool {
        !matches!(self.credentials, Credentials::Token(_))
    }

    fn secrets(&self) -> Vec<Secret> {
        match &self.credentials {
            Credentials::Password { password, .. } => vec![password.clone()],
            Credentials::ServiceAccount { private_key, .. } => vec![private_key.clone()],
            Credentials::Token(token) => vec![token.clone()],
            Credentials::TokenFile(_) | Credentials::TokenCommand(_) => Vec::new(),
        }
    }

    fn uid(&self) -> BoxFuture<'_, Option<String>> {
        Box::pin(async move {
            let cached = self.cached.lock().await;
            claims(cached.as_ref()?.secret.reveal())?.get("uid")?.as_str().map(str::to_owned)
        })
    }
}

//! How to reach a cluster: address, identity and trust, each with where it came from.
//!
//! [`Settings`] are typed. What a program's command line says and what the environment says meet in a
//! [`SettingsInput`]; a program that has started its own server builds [`Settings`] directly.

mod access;
mod environment;
mod error;
mod input;
mod origin;

use std::sync::Arc;

pub use access::Access;
pub use environment::VARIABLES;
pub use error::SettingsError;
pub use input::{Address, SettingsInput, pinned};
use once_cell::sync::OnceCell;
pub use origin::{Origin, Setting};

use crate::{
    clock::Clock,
    dcos::TokenSource,
    marathon::{Auth, Client},
    secret::Secret,
    tls::{Fingerprint, ServerTrust, Trust, TrustError},
    transport::Transport,
};

/// Everything needed to reach a cluster. `Debug` shows no secret.
#[derive(Debug)]
pub struct Settings {
    /// The address, and the identity there.
    pub access: Setting<Access>,
    /// Where our identity came from.
    pub identity: Origin,
    /// Whom we trust.
    pub trust: Setting<Trust>,
    /// Factor on every deadline: 3 on a slow machine or cluster.
    pub timeout_factor: Setting<f64>,
    /// One login serves every client made from these settings.
    tokens: OnceCell<Arc<TokenSource>>,
}

static ENVIRONMENT: OnceCell<Settings> = OnceCell::new();

impl Settings {
    /// The settings of this process's environment, read once.
    ///
    /// # Errors
    /// If they are incomplete or contradictory. Every live test fails with the same sentence.
    pub fn environment() -> Result<&'static Self, SettingsError> {
        ENVIRONMENT.get_or_try_init(|| SettingsInput::default().or_environment()?.resolve())
    }

    /// Settings of these values; no deadline is stretched.
    #[must_use]
    pub fn new(access: Setting<Access>, identity: Origin, trust: Setting<Trust>) -> Self {
        Self { access, identity, trust, timeout_factor: Setting::default_of(1.0), tokens: OnceCell::new() }
    }

    /// A client for these settings. Nothing is sent yet; the login comes with the first request and is shared by
    /// all clients from the same settings, while each has connections of its own (a test's runtime takes its
    /// connections with it when it ends).
    ///
    /// # Errors
    /// If the trust cannot be set up.
    pub fn connect(&self) -> Result<Client, TrustError> {
        self.connect_over(Transport::sockets(&self.trust.value)?)
    }

    /// The same over a given transport.
    ///
    /// # Errors
    /// If the trust for the login cannot be set up.
    pub fn connect_over(&self, transport: Transport) -> Result<Client, TrustError> {
        match &self.access.value {
            Access::Marathon { urls, user } => {
                let mut urls = urls.iter().cloned();
                // There is at least one: every adapter refuses an empty list.
                let first = urls.next().ok_or_else(|| TrustError::Client("no Marathon is named".to_owned()))?;
                let auth = user.clone().map_or(Auth::None, |(user, password)| Auth::Basic { user, password });
                let builder = urls.fold(Client::builder(first), crate::marathon::ClientBuilder::another_url);
                Ok(builder.auth(auth).transport(transport))
            }
            Access::Dcos { root, marathon, credentials } => {
                let source = self.tokens.get_or_try_init(|| {
                    let transport = if transport.is_in_process() {
                        transport.clone()
                    } else {
                        Transport::sockets(&self.trust.value)?
                    };
                    let source = TokenSource::new(credentials.clone(), root.clone(), transport, Clock::System);
                    Ok::<_, TrustError>(Arc::new(source))
                })?;
                let builder = Client::builder(marathon.clone()).dcos(root.clone()).auth(Auth::Token(source.clone()));
                Ok(builder.transport(transport))
            }
        }
    }

    /// Name, value and origin of each setting, for reports: secrets are left out.
    #[must_use]
    pub fn describe(&self) -> Vec<(&'static str, String, Origin)> {
        let trust = match &self.trust.value.server {
            ServerTrust::Roots => "verified".to_owned(),
            ServerTrust::CaFile(path) => format!("verified by {}", path.display()),
            ServerTrust::CaPem(pem) => match Fingerprint::of_pem(pem) {
                Ok(fingerprint) => format!("verified by the cluster's CA {fingerprint}"),
                Err(_) => "verified by the given CA".to_owned(),
            },
            ServerTrust::Pin(pin) => format!("pinned to {pin}"),
            ServerTrust::Insecure => "NOT VERIFIED".to_owned(),
        };
        // Without TLS there is nothing to verify, whatever was asked for.
        let trust = if self.access.value.has_tls() { trust } else { "NOT VERIFIED: no TLS".to_owned() };
        vec![
            ("cluster", self.access.value.place(), self.access.origin),
            ("identity", self.access.value.identity(), self.identity),
            ("certificate", trust, self.trust.origin),
            ("timeout factor", self.timeout_factor.value.to_string(), self.timeout_factor.origin),
        ]
    }
}

#[cfg(test)]
mod tests;

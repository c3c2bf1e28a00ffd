//! What is known of the settings before they are complete.

use std::path::PathBuf;

use super::{Access, Origin, Secret, Setting, Settings, SettingsError, access};
use crate::{
    dcos::Credentials,
    tls::{ClientCertificate, Fingerprint, ServerTrust, Trust},
};

/// Some of the values of [`Settings`], each with its origin. A program fills in what its command line or its own
/// configuration says, the environment fills what is left, and [`SettingsInput::resolve`] checks the whole.
#[derive(Clone, Default)]
pub struct SettingsInput {
    /// Where Marathon is.
    pub address: Option<Setting<Address>>,
    /// Marathon's path below a DC/OS cluster; `/service/marathon` if nothing else is said.
    pub marathon_path: Option<Setting<String>>,
    /// A DC/OS user who logs in with `password`.
    pub user: Option<Setting<String>>,
    /// The password of `user`.
    pub password: Option<Setting<Secret>>,
    /// Any other way to a DC/OS token; it wins over user and password.
    pub credentials: Option<Setting<Credentials>>,
    /// User and password for HTTP basic authentication at a Marathon without DC/OS.
    pub basic: Option<Setting<(String, Secret)>>,
    /// How the server's certificate is judged.
    pub server_trust: Option<Setting<ServerTrust>>,
    /// A client certificate (PEM), with `client_key`.
    pub client_certificate: Option<PathBuf>,
    /// The key of the client certificate (PEM).
    pub client_key: Option<PathBuf>,
    /// Factor on every deadline.
    pub timeout_factor: Option<Setting<f64>>,
}

/// Where Marathon is, as a person writes it.
#[derive(Clone)]
pub enum Address {
    /// A DC/OS cluster.
    Cluster(String),
    /// One or more Marathons of one cluster without DC/OS, separated by commas.
    Marathon(String),
    /// A DC/OS cluster if there are credentials for one, else Marathons.
    Either(String),
}

impl SettingsInput {
    /// The user whose password is missing: a user is named, and neither a password nor another way to a token is.
    #[must_use]
    pub fn user_without_password(&self) -> Option<&str> {
        let user = self.user.as_ref()?;
        (self.password.is_none() && self.credentials.is_none()).then_some(user.value.as_str())
    }

    /// The complete settings.
    ///
    /// # Errors
    /// If they are incomplete or contradictory; one sentence says what to set.
    pub fn resolve(self) -> Result<Settings, SettingsError> {
        let credentials = credentials(self.user, self.password, self.credentials)?;
        let Some(Setting { value: address, origin }) = self.address else { return Err(SettingsError::NoCluster) };
        let (text, is_dcos) = match address {
            Address::Cluster(text) => (text, true),
            Address::Marathon(text) => (text, false),
            Address::Either(text) => (text, credentials.is_some()),
        };
        let (access, identity) = if is_dcos {
            let Setting { value, origin: identity } = credentials.ok_or_else(|| {
                let how = "set DCOS_USERNAME and DCOS_PASSWORD, or DCOS_ACS_TOKEN";
                SettingsError::unusable(format!("{origin} names a DC/OS cluster, but no credentials are given: {how}"))
            })?;
            (access::dcos(&text, origin, self.marathon_path, value)?, identity)
        } else {
            access::marathon(&text, origin, self.basic)?
        };
        let client = match (self.client_certificate, self.client_key) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some(ClientCertificate { certificate, key }),
            (Some(_), None) | (None, Some(_)) => return Err(SettingsError::HalfClientCertificate),
        };
        let server = self.server_trust.unwrap_or_else(|| Setting::default_of(ServerTrust::default()));
        let trust = Setting { value: Trust { server: server.value, client }, origin: server.origin };
        let mut settings = Settings::new(Setting { value: access, origin }, identity, trust);
        if let Some(factor) = self.timeout_factor {
            settings.timeout_factor = factor;
        }
        Ok(settings)
    }
}

/// Trust in the one certificate whose fingerprint this is.
///
/// # Errors
/// If it is not a fingerprint.
pub fn pinned(text: &str, origin: Origin) -> Result<Setting<ServerTrust>, SettingsError> {
    match text.parse::<Fingerprint>() {
        Ok(fingerprint) => Ok(Setting { value: ServerTrust::Pin(fingerprint), origin }),
        Err(_) => {
            let what = "is not a SHA-256 fingerprint (64 hexadecimal digits)";
            Err(SettingsError::unusable(format!("{origin}={text} {what}")))
        }
    }
}

/// The credentials for DC/OS, if there are any.
fn credentials(
    user: Option<Setting<String>>,
    password: Option<Setting<Secret>>,
    other: Option<Setting<Credentials>>,
) -> Result<Option<Setting<Credentials>>, SettingsError> {
    if other.is_some() {
        return Ok(other);
    }
    match (user, password) {
        (Some(Setting { value: uid, origin }), Some(Setting { value: password, .. })) => {
            Ok(Some(Setting { value: Credentials::Password { uid, password }, origin }))
        }
        (Some(user), None) => {
            let origin = user.origin;
            Err(SettingsError::unusable(format!("{origin} is set without DCOS_PASSWORD; set both")))
        }
        (None, Some(password)) => {
            let origin = password.origin;
            Err(SettingsError::unusable(format!("{origin} is set without DCOS_USERNAME; set both")))
        }
        (None, None) => Ok(None),
    }
}

impl From<Access> for Settings {
    /// Settings without TLS, for a server that the program itself has started.
    fn from(access: Access) -> Self {
        Self::new(Setting::default_of(access), Origin::Default, Setting::default_of(Trust::default()))
    }
}

//! Which cluster: from the environment or flags, and where each value came from.

mod access;
mod error;

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use once_cell::sync::OnceCell;

pub use access::Access;
pub use error::SettingsError;

use crate::clock::Clock;
use crate::dcos::{Credentials, TokenSource};
use crate::marathon::{Auth, Client};
use crate::secret::Secret;
use crate::tls::{ClientCertificate, Fingerprint, ServerTrust, Trust, TrustError};
use crate::transport::Transport;

/// The variables that are read. `DCOS_*` are the names of DC/OS's own command line.
pub const VARIABLES: &[(&str, &str)] = &[
    ("DCOS_URL", "the cluster, such as https://cluster.example"),
    ("DCOS_USERNAME", "the user, also DCOS_UID"),
    ("DCOS_PASSWORD", "the password"),
    ("DCOS_ACS_TOKEN", "a ready token instead of user and password"),
    ("DCOS_ACS_TOKEN_FILE", "a file with a token, read again when the token is refused"),
    ("DCOS_ACS_TOKEN_COMMAND", "a command that prints a token"),
    ("DCOS_SERVICE_ACCOUNT_CREDENTIAL", "a service account: JSON with uid and private_key, or a file of it"),
    ("DCOS_MARATHON_PATH", "where Marathon is below DCOS_URL (/service/marathon)"),
    ("DCOS_SSL_VERIFY", "true, false, or a file with CA certificates"),
    ("DCOS_SSL_PIN", "trust only the certificate with this SHA-256 fingerprint"),
    ("DCOS_CLIENT_CERT", "a client certificate (PEM), with DCOS_CLIENT_KEY"),
    ("DCOS_CLIENT_KEY", "the key of the client certificate (PEM)"),
    ("MARATHON_URL", "a Marathon without DC/OS; several, separated by commas, for leader and standbys"),
    ("MARATHON_USER", "the user for HTTP basic authentication"),
    ("MARATHON_PASSWORD", "the password for HTTP basic authentication"),
    ("HC_RIG_PATIENCE", "factor on every deadline (1)"),
];

/// Where a value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Nobody said anything.
    Default,
    /// This environment variable.
    Environment(&'static str),
    /// This flag of the command line.
    Flag(&'static str),
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Environment(name) | Self::Flag(name) => f.write_str(name),
        }
    }
}

/// A value and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Where it came from.
    pub origin: Origin,
}

/// What the command line says; it wins over the environment.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--url`: a cluster if there are DC/OS credentials in the environment, else a Marathon; several Marathons of one
    /// cluster with commas between.
    pub url: Option<String>,
    /// `--insecure`: trust anybody.
    pub insecure: bool,
    /// `--ca FILE`: trust these CAs.
    pub ca: Option<PathBuf>,
    /// `--pin FINGERPRINT`: trust this certificate.
    pub pin: Option<String>,
    /// `--cert FILE`: our own certificate, with `key`.
    pub cert: Option<PathBuf>,
    /// `--key FILE`: its key.
    pub key: Option<PathBuf>,
}

/// Everything needed to reach a cluster. `Debug` shows no secret.
#[derive(Debug)]
pub struct Settings {
    /// Where, and who we are there.
    pub access: Setting<Access>,
    /// Where our identity came from.
    pub identity: Origin,
    /// Whom we trust.
    pub trust: Setting<Trust>,
    /// Factor on every deadline: 3 on a slow machine or cluster.
    pub patience: Setting<f64>,
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
        ENVIRONMENT.get_or_try_init(|| Self::resolve(&Flags::default(), |name| std::env::var(name).ok()))
    }

    /// The settings from flags and any source of variables. An empty variable counts as none.
    ///
    /// # Errors
    /// If they are incomplete or contradictory; one sentence says what to set.
    pub fn resolve(flags: &Flags, variable: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let variable = |name: &'static str| variable(name).filter(|value| !value.trim().is_empty());
        let (access, identity) = access::resolve(flags, &variable)?;
        Ok(Self {
            access,
            identity,
            trust: trust(flags, &variable)?,
            patience: patience(&variable)?,
            tokens: OnceCell::new(),
        })
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
                // `resolve` lets no empty list through.
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
        vec![
            ("cluster", self.access.value.place(), self.access.origin),
            ("identity", self.access.value.identity(), self.identity),
            ("certificate", trust, self.trust.origin),
            ("patience", self.patience.value.to_string(), self.patience.origin),
        ]
    }
}

type Variable<'a> = &'a dyn Fn(&'static str) -> Option<String>;

fn trust(flags: &Flags, variable: Variable<'_>) -> Result<Setting<Trust>, SettingsError> {
    let file = |flag: &Option<PathBuf>, name| flag.clone().or_else(|| variable(name).map(PathBuf::from));
    let client = match (file(&flags.cert, "DCOS_CLIENT_CERT"), file(&flags.key, "DCOS_CLIENT_KEY")) {
        (None, None) => None,
        (Some(certificate), Some(key)) => Some(ClientCertificate { certificate, key }),
        _ => {
            let both = "a client certificate needs both --cert and --key (DCOS_CLIENT_CERT and DCOS_CLIENT_KEY)";
            return Err(SettingsError::new(both));
        }
    };
    let pin = |text: &str, name: &str| {
        Fingerprint::from_str(text)
            .map(ServerTrust::Pin)
            .map_err(|_| SettingsError::new(format!("{name}={text} is no SHA-256 fingerprint (64 hexadecimal digits)")))
    };
    let given = [flags.insecure, flags.ca.is_some(), flags.pin.is_some()];
    if given.iter().filter(|given| **given).count() > 1 {
        return Err(SettingsError::new("--insecure, --ca and --pin exclude each other; give one"));
    }
    let (server, origin) = if flags.insecure {
        (ServerTrust::Insecure, Origin::Flag("--insecure"))
    } else if let Some(ca) = &flags.ca {
        (ServerTrust::CaFile(ca.clone()), Origin::Flag("--ca"))
    } else if let Some(text) = &flags.pin {
        (pin(text, "--pin")?, Origin::Flag("--pin"))
    } else if let Some(text) = variable("DCOS_SSL_PIN") {
        (pin(&text, "DCOS_SSL_PIN")?, Origin::Environment("DCOS_SSL_PIN"))
    } else if let Some(text) = variable("DCOS_SSL_VERIFY") {
        (verify(&text)?, Origin::Environment("DCOS_SSL_VERIFY"))
    } else {
        (ServerTrust::Roots, Origin::Default)
    };
    Ok(Setting { value: Trust { server, client }, origin })
}

/// `true`, `false` or a file, as DC/OS's command line reads it.
fn verify(text: &str) -> Result<ServerTrust, SettingsError> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" => Ok(ServerTrust::Roots),
        "false" | "0" | "no" => Ok(ServerTrust::Insecure),
        _ => {
            let path = PathBuf::from(text);
            if path.is_file() {
                return Ok(ServerTrust::CaFile(path));
            }
            Err(SettingsError::new(format!(
                "DCOS_SSL_VERIFY={text} is neither true nor false nor a file of CA certificates"
            )))
        }
    }
}

fn patience(variable: Variable<'_>) -> Result<Setting<f64>, SettingsError> {
    let Some(text) = variable("HC_RIG_PATIENCE") else {
        return Ok(Setting { value: 1.0, origin: Origin::Default });
    };
    match text.trim().parse::<f64>() {
        Ok(value) if value.is_finite() && value > 0.0 && value <= 1000.0 => {
            Ok(Setting { value, origin: Origin::Environment("HC_RIG_PATIENCE") })
        }
        _ => Err(SettingsError::new(format!("HC_RIG_PATIENCE={text} is no factor; use a number such as 2 or 0.5"))),
    }
}

/// A secret out of a variable.
fn secret(text: String) -> Secret {
    Secret::new(text)
}

#[cfg(test)]
mod tests;

//! The environment as a source of settings: the only place of the workspace that reads DC/OS's and Marathon's variables.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Address, Origin, Secret, Setting, SettingsError, SettingsInput, input::pinned};
use crate::{
    dcos::Credentials,
    environment::variable,
    files,
    tls::{ROOTS, ServerTrust},
};

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
    ("SSL_CERT_FILE", "root certificates (PEM) instead of this machine's"),
    ("SSL_CERT_DIR", "a folder of them"),
    ("DCOS_CLIENT_CERT", "a client certificate (PEM), with DCOS_CLIENT_KEY"),
    ("DCOS_CLIENT_KEY", "the key of the client certificate (PEM)"),
    ("MARATHON_URL", "a Marathon without DC/OS; several, separated by commas, for leader and standbys"),
    ("MARATHON_USER", "the user for HTTP basic authentication"),
    ("MARATHON_PASSWORD", "the password for HTTP basic authentication"),
    (TIMEOUT_FACTOR, "factor on every deadline (1); the old name HC_RIG_PATIENCE works too"),
];

const TIMEOUT_FACTOR: &str = "HC_RIG_TIMEOUT_FACTOR";
const OLD_TIMEOUT_FACTOR: &str = "HC_RIG_PATIENCE";
const SERVICE_ACCOUNT: &str = "DCOS_SERVICE_ACCOUNT_CREDENTIAL";

impl SettingsInput {
    /// Fills what is still open from this process's environment.
    ///
    /// # Errors
    /// If a variable that is read cannot be meant, or two contradict each other.
    pub fn or_environment(self) -> Result<Self, SettingsError> {
        self.or_variables(variable)
    }

    /// Fills what is still open from variables; an empty one counts as unset.
    ///
    /// # Errors
    /// If a variable that is read cannot be meant, or two contradict each other.
    pub fn or_variables(self, lookup: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let variables = Variables { lookup: &lookup };
        let path = |name| variables.text(name).map(|setting| PathBuf::from(setting.value));
        Ok(Self {
            user: or_else(self.user, || variables.user())?,
            credentials: or_else(self.credentials, || variables.credentials())?,
            password: self.password.or_else(|| variables.secret("DCOS_PASSWORD")),
            address: or_else(self.address, || variables.address())?,
            marathon_path: self.marathon_path.or_else(|| variables.text("DCOS_MARATHON_PATH")),
            basic: or_else(self.basic, || variables.basic())?,
            server_trust: or_else(self.server_trust, || variables.server_trust())?,
            client_certificate: self.client_certificate.or_else(|| path("DCOS_CLIENT_CERT")),
            client_key: self.client_key.or_else(|| path("DCOS_CLIENT_KEY")),
            timeout_factor: or_else(self.timeout_factor, || variables.timeout_factor())?,
        })
    }
}

type Read<T> = Result<Option<Setting<T>>, SettingsError>;

fn or_else<T>(known: Option<Setting<T>>, read: impl FnOnce() -> Read<T>) -> Read<T> {
    match known {
        Some(known) => Ok(Some(known)),
        None => read(),
    }
}

struct Variables<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
}

impl Variables<'_> {
    fn text(&self, name: &'static str) -> Option<Setting<String>> {
        let value = (self.lookup)(name).filter(|value| !value.trim().is_empty())?;
        Some(Setting::from_variable(name, value))
    }

    fn secret(&self, name: &'static str) -> Option<Setting<Secret>> {
        let Setting { value, origin } = self.text(name)?;
        Some(Setting { value: Secret::new(value), origin })
    }

    fn user(&self) -> Read<String> {
        match (self.text("DCOS_USERNAME"), self.text("DCOS_UID")) {
            (Some(one), Some(other)) if one.value != other.value => {
                Err(SettingsError::unusable("DCOS_USERNAME and DCOS_UID name different users; unset one"))
            }
            (one, other) => Ok(one.or(other)),
        }
    }

    /// The first that is set: token, file, command, service account.
    fn credentials(&self) -> Read<Credentials> {
        if let Some(Setting { value, origin }) = self.text("DCOS_ACS_TOKEN") {
            return Ok(Some(Setting { value: Credentials::Token(Secret::new(value.trim())), origin }));
        }
        if let Some(Setting { value, origin }) = self.text("DCOS_ACS_TOKEN_FILE") {
            return Ok(Some(Setting { value: Credentials::TokenFile(value.into()), origin }));
        }
        if let Some(Setting { value, origin }) = self.secret("DCOS_ACS_TOKEN_COMMAND") {
            return Ok(Some(Setting { value: Credentials::TokenCommand(value), origin }));
        }
        match self.secret(SERVICE_ACCOUNT) {
            Some(Setting { value, origin }) => Ok(Some(Setting { value: service_account(&value)?, origin })),
            None => Ok(None),
        }
    }

    fn address(&self) -> Read<Address> {
        match (self.text("DCOS_URL"), self.text("MARATHON_URL")) {
            (Some(_), Some(_)) => {
                let both = "DCOS_URL and MARATHON_URL are both set; unset the one that is not meant";
                Err(SettingsError::unusable(both))
            }
            (Some(cluster), None) => {
                Ok(Some(Setting { value: Address::Cluster(cluster.value), origin: cluster.origin }))
            }
            (None, Some(marathon)) => {
                Ok(Some(Setting { value: Address::Marathon(marathon.value), origin: marathon.origin }))
            }
            (None, None) => Ok(None),
        }
    }

    fn basic(&self) -> Read<(String, Secret)> {
        match (self.text("MARATHON_USER"), self.secret("MARATHON_PASSWORD")) {
            (None, None) => Ok(None),
            (Some(Setting { value: user, origin }), Some(Setting { value: password, .. })) => {
                Ok(Some(Setting { value: (user, password), origin }))
            }
            (Some(_), None) | (None, Some(_)) => {
                let both = "basic authentication needs both MARATHON_USER and MARATHON_PASSWORD";
                Err(SettingsError::unusable(both))
            }
        }
    }

    fn server_trust(&self) -> Read<ServerTrust> {
        if let Some(Setting { value, origin }) = self.text("DCOS_SSL_PIN") {
            return pinned(&value, origin).map(Some);
        }
        let verify =
            self.text("DCOS_SSL_VERIFY").map(|Setting { value, origin }| verify(&value, origin)).transpose()?;
        Ok(match verify {
            Some(ServerTrust::Roots) | None => {
                // The TLS library reads these variables itself: what they name is trusted, and nothing else.
                let named = ROOTS.into_iter().find_map(|name| self.text(name)).map(|named| named.origin);
                let asked = verify.is_some().then_some(Origin::Environment("DCOS_SSL_VERIFY"));
                named.or(asked).map(|origin| Setting { value: ServerTrust::Roots, origin })
            }
            Some(value) => Some(Setting { value, origin: Origin::Environment("DCOS_SSL_VERIFY") }),
        })
    }

    fn timeout_factor(&self) -> Read<f64> {
        let Some(Setting { value: text, origin }) = self.text(TIMEOUT_FACTOR).or_else(|| self.text(OLD_TIMEOUT_FACTOR))
        else {
            return Ok(None);
        };
        match text.trim().parse::<f64>() {
            Ok(value) if value.is_finite() && value > 0.0 && value <= 1000.0 => Ok(Some(Setting { value, origin })),
            _ => {
                let what = "is not a factor; use a number such as 2 or 0.5";
                Err(SettingsError::unusable(format!("{origin}={text} {what}")))
            }
        }
    }
}

/// `true`, `false` or a file, as DC/OS's command line reads it.
fn verify(text: &str, origin: Origin) -> Result<ServerTrust, SettingsError> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" => Ok(ServerTrust::Roots),
        "false" | "0" | "no" => Ok(ServerTrust::Insecure),
        _ => {
            let path = PathBuf::from(text);
            if path.is_file() {
                return Ok(ServerTrust::CaFile(path));
            }
            let what = "is neither true nor false nor a file of CA certificates";
            Err(SettingsError::unusable(format!("{origin}={text} {what}")))
        }
    }
}

/// DC/OS's own format: `{"uid": …, "private_key": …, "scheme": "RS256", "login_endpoint": …}`, or a file of it.
/// The endpoint is not used: the login goes to the cluster that was named.
fn service_account(text: &Secret) -> Result<Credentials, SettingsError> {
    let json = if text.reveal().trim_start().starts_with('{') {
        text.clone()
    } else {
        let path = Path::new(text.reveal().trim().trim_start_matches("file://"));
        let read = files::read_to_string(path).map(Secret::new);
        read.map_err(|error| {
            let what = match files::shown(path) {
                Some(path) => format!("cannot read {path}: {error}"),
                None => String::from("it is neither JSON that begins with { nor the name of a file"),
            };
            SettingsError::unusable(format!("{SERVICE_ACCOUNT}: {what}"))
        })?
    };
    let json: Value = serde_json::from_str(json.reveal())
        .map_err(|_| SettingsError::unusable(format!("{SERVICE_ACCOUNT} is not JSON")))?;
    let field = |key: &str| json.get(key).and_then(Value::as_str).map(str::to_owned);
    match (field("uid"), field("private_key")) {
        (Some(uid), Some(key)) => Ok(Credentials::ServiceAccount { uid, private_key: Secret::new(key) }),
        _ => Err(SettingsError::unusable(format!("{SERVICE_ACCOUNT} lacks `uid` or `private_key`"))),
    }
}

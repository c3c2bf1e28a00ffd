//! Where the cluster is, and who we are there.

use std::path::Path;

use serde_json::Value;
use url::Url;

use super::{Credentials, Flags, Origin, Secret, Setting, SettingsError, Variable, secret};

/// What is said where no cluster is named: the same words in every live test.
const NOBODY: &str = "no cluster is named: set DCOS_URL with DCOS_USERNAME and DCOS_PASSWORD (or DCOS_ACS_TOKEN), \
                      or MARATHON_URL alone for a Marathon without DC/OS";

/// A cluster and our identity there.
#[derive(Debug, Clone)]
pub enum Access {
    /// DC/OS: a login, and Marathon below the cluster's address.
    Dcos {
        /// The cluster.
        root: Url,
        /// Marathon.
        marathon: Url,
        /// Who we are.
        credentials: Credentials,
    },
    /// Marathon without DC/OS.
    Marathon {
        /// Leader and standbys, at least one.
        urls: Vec<Url>,
        /// User and password for HTTP basic authentication.
        user: Option<(String, Secret)>,
    },
}

impl Access {
    /// Where, for messages.
    #[must_use]
    pub fn place(&self) -> String {
        match self {
            Self::Dcos { marathon, .. } => marathon.to_string(),
            Self::Marathon { urls, .. } => urls.iter().map(Url::as_str).collect::<Vec<_>>().join(", "),
        }
    }

    /// Who we are, for messages: a name and a manner, no secret.
    #[must_use]
    pub fn identity(&self) -> String {
        match self {
            Self::Marathon { user: None, .. } => "nobody".to_owned(),
            Self::Marathon { user: Some((user, _)), .. } => format!("{user} (basic authentication)"),
            Self::Dcos { credentials, .. } => match credentials {
                Credentials::Password { uid, .. } => format!("{uid} (password)"),
                Credentials::ServiceAccount { uid, .. } => format!("{uid} (service account)"),
                Credentials::Token(_) => "a ready token".to_owned(),
                Credentials::TokenFile(path) => format!("the token in {}", path.display()),
                Credentials::TokenCommand(_) => "the token that a command prints".to_owned(),
            },
        }
    }
}

/// The access, and where the identity came from.
pub(super) fn resolve(flags: &Flags, variable: Variable<'_>) -> Result<(Setting<Access>, Origin), SettingsError> {
    let credentials = credentials(variable)?;
    let flag = flags.url.clone().map(|url| (url, Origin::Flag("--url")));
    let dcos = variable("DCOS_URL").map(|url| (url, Origin::Environment("DCOS_URL")));
    let plain = variable("MARATHON_URL").map(|url| (url, Origin::Environment("MARATHON_URL")));
    let ((text, origin), is_dcos) = match (flag, dcos, plain) {
        (Some(flag), _, _) => (flag, credentials.is_some()),
        (None, Some(_), Some(_)) => {
            let both = "DCOS_URL and MARATHON_URL are both set; unset the one that is not meant";
            return Err(SettingsError::new(both));
        }
        (None, Some(dcos), None) => (dcos, true),
        (None, None, Some(plain)) => (plain, false),
        (None, None, None) => return Err(SettingsError::new(NOBODY)),
    };
    let (value, identity) =
        if is_dcos { at_dcos(&text, origin, credentials, variable)? } else { at_marathon(&text, origin, variable)? };
    Ok((Setting { value, origin }, identity))
}

fn at_dcos(
    text: &str,
    origin: Origin,
    credentials: Option<(Credentials, &'static str)>,
    variable: Variable<'_>,
) -> Result<(Access, Origin), SettingsError> {
    if text.contains(',') {
        return Err(SettingsError::new(format!("{origin} names several addresses; a DC/OS cluster has one")));
    }
    let mut root = address(text, origin)?;
    if !root.username().is_empty() || root.password().is_some() {
        return Err(SettingsError::new(format!(
            "{origin} holds a user or password; set DCOS_USERNAME and DCOS_PASSWORD"
        )));
    }
    let (credentials, name) = credentials.ok_or_else(|| {
        let how = "set DCOS_USERNAME and DCOS_PASSWORD, or DCOS_ACS_TOKEN";
        SettingsError::new(format!("{origin} names a DC/OS cluster, but nothing says who you are: {how}"))
    })?;
    // Somebody who pastes Marathon's own address means the cluster as well.
    if let Some((before, _)) = root.path().split_once("/service/") {
        let before = before.to_owned();
        root.set_path(&before);
    }
    if !root.path().ends_with('/') {
        root.set_path(&format!("{}/", root.path()));
    }
    let path = variable("DCOS_MARATHON_PATH").unwrap_or_else(|| "/service/marathon".to_owned());
    let marathon = root
        .join(&format!("{}/", path.trim_matches('/')))
        .map_err(|_| SettingsError::new(format!("DCOS_MARATHON_PATH={path} is no path")))?;
    Ok((Access::Dcos { root, marathon, credentials }, Origin::Environment(name)))
}

fn at_marathon(text: &str, origin: Origin, variable: Variable<'_>) -> Result<(Access, Origin), SettingsError> {
    let mut identity = Origin::Default;
    let mut user = match (variable("MARATHON_USER"), variable("MARATHON_PASSWORD")) {
        (None, None) => None,
        (Some(user), Some(password)) => {
            identity = Origin::Environment("MARATHON_USER");
            Some((user, secret(password)))
        }
        _ => return Err(SettingsError::new("basic authentication needs both MARATHON_USER and MARATHON_PASSWORD")),
    };
    let mut urls = Vec::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let mut url = address(part, origin)?;
        if let Some(password) = url.password()
            && user.is_none()
        {
            identity = origin;
            user = Some((decoded(url.username()), secret(decoded(password))));
        }
        // Cannot fail for a URL that has a host.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        urls.push(url);
    }
    if urls.is_empty() {
        return Err(SettingsError::new(format!("{origin} names no address")));
    }
    Ok((Access::Marathon { urls, user }, identity))
}

/// An http or https address with a host. The text is not repeated whole, since it may hold a password.
fn address(text: &str, origin: Origin) -> Result<Url, SettingsError> {
    let wrong = |why: &str| {
        SettingsError::new(format!("{origin} is no address ({why}); write https://HOST or http://HOST:PORT"))
    };
    let url = Url::parse(text.trim()).map_err(|error| wrong(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong(&format!("`{}` is neither http nor https", url.scheme())));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(wrong("it has no host"));
    }
    Ok(url)
}

/// User and password stand percent-encoded in a URL.
fn decoded(text: &str) -> String {
    let pair = format!("x={}", text.replace('+', "%2B"));
    url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// The first that is set: token, file, command, service account, user with password.
fn credentials(variable: Variable<'_>) -> Result<Option<(Credentials, &'static str)>, SettingsError> {
    let uid = match (variable("DCOS_USERNAME"), variable("DCOS_UID")) {
        (Some(one), Some(other)) if one != other => {
            return Err(SettingsError::new("DCOS_USERNAME and DCOS_UID name different users; unset one"));
        }
        (one, other) => one.or(other),
    };
    if let Some(token) = variable("DCOS_ACS_TOKEN") {
        return Ok(Some((Credentials::Token(secret(token.trim().to_owned())), "DCOS_ACS_TOKEN")));
    }
    if let Some(path) = variable("DCOS_ACS_TOKEN_FILE") {
        return Ok(Some((Credentials::TokenFile(path.into()), "DCOS_ACS_TOKEN_FILE")));
    }
    if let Some(command) = variable("DCOS_ACS_TOKEN_COMMAND") {
        return Ok(Some((Credentials::TokenCommand(secret(command)), "DCOS_ACS_TOKEN_COMMAND")));
    }
    if let Some(text) = variable("DCOS_SERVICE_ACCOUNT_CREDENTIAL") {
        return Ok(Some((service_account(&text)?, "DCOS_SERVICE_ACCOUNT_CREDENTIAL")));
    }
    match (uid, variable("DCOS_PASSWORD")) {
        (Some(uid), Some(password)) => {
            let password = secret(password);
            Ok(Some((Credentials::Password { uid, password }, "DCOS_USERNAME")))
        }
        (Some(_), None) => Err(SettingsError::new("DCOS_USERNAME is set without DCOS_PASSWORD; set both")),
        (None, Some(_)) => Err(SettingsError::new("DCOS_PASSWORD is set without DCOS_USERNAME; set both")),
        (None, None) => Ok(None),
    }
}

/// DC/OS's own format: `{"uid": …, "private_key": …, "scheme": "RS256", "login_endpoint": …}`, or a file of it.
/// The endpoint is not used: the login goes to the cluster that was named.
fn service_account(text: &str) -> Result<Credentials, SettingsError> {
    const NAME: &str = "DCOS_SERVICE_ACCOUNT_CREDENTIAL";
    let json = if text.trim_start().starts_with('{') {
        secret(text.to_owned())
    } else {
        let path = Path::new(text.trim().trim_start_matches("file://"));
        let read = std::fs::read_to_string(path).map(secret);
        read.map_err(|error| SettingsError::new(format!("{NAME}: cannot read {}: {error}", path.display())))?
    };
    let json: Value =
        serde_json::from_str(json.reveal()).map_err(|_| SettingsError::new(format!("{NAME} holds no JSON")))?;
    let field = |key: &str| json.get(key).and_then(Value::as_str).map(str::to_owned);
    match (field("uid"), field("private_key")) {
        (Some(uid), Some(key)) => Ok(Credentials::ServiceAccount { uid, private_key: secret(key) }),
        _ => Err(SettingsError::new(format!("{NAME} holds no `uid` or no `private_key`"))),
    }
}

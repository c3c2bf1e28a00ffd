//! The address of a cluster, and the identity there.

use percent_encoding::percent_decode_str;
use url::{ParseError, Url};

use super::{Origin, Secret, Setting, SettingsError};
use crate::{dcos::Credentials, files};

/// A cluster and the identity there.
#[derive(Debug, Clone)]
pub enum Access {
    /// DC/OS: a login, and Marathon below the cluster's address.
    Dcos {
        /// The cluster.
        root: Url,
        /// Marathon.
        marathon: Url,
        /// How to log in.
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
    /// DC/OS at `root`, with Marathon where DC/OS has it.
    ///
    /// # Errors
    /// If `root` is not an address of a cluster.
    pub fn dcos(root: &str, credentials: Credentials) -> Result<Self, SettingsError> {
        dcos(root, Origin::Program("the address"), None, credentials)
    }

    /// One or more Marathons of one cluster without DC/OS, separated by commas.
    ///
    /// # Errors
    /// If one of them is not an address.
    pub fn marathon(urls: &str) -> Result<Self, SettingsError> {
        marathon(urls, Origin::Program("the address"), None).map(|(access, _)| access)
    }

    /// The address, for messages.
    #[must_use]
    pub fn place(&self) -> String {
        match self {
            Self::Dcos { marathon, .. } => marathon.to_string(),
            Self::Marathon { urls, .. } => urls.iter().map(Url::as_str).collect::<Vec<_>>().join(", "),
        }
    }

    /// Whether every address is https.
    #[must_use]
    pub fn has_tls(&self) -> bool {
        match self {
            Self::Dcos { root, .. } => root.scheme() == "https",
            Self::Marathon { urls, .. } => urls.iter().all(|url| url.scheme() == "https"),
        }
    }

    /// The identity, for messages: a name and the way to log in, without secrets.
    #[must_use]
    pub fn identity(&self) -> String {
        match self {
            Self::Marathon { user: None, .. } => "nobody".to_owned(),
            Self::Marathon { user: Some((user, _)), .. } => format!("{user} (basic authentication)"),
            Self::Dcos { credentials, .. } => match credentials {
                Credentials::Password { uid, .. } => format!("{uid} (password)"),
                Credentials::ServiceAccount { uid, .. } => format!("{uid} (service account)"),
                Credentials::Token(_) => "a ready token".to_owned(),
                Credentials::TokenFile(path) => match files::shown(path) {
                    Some(path) => format!("the token in {path}"),
                    None => "the token in a file that is not there".to_owned(),
                },
                Credentials::TokenCommand(_) => "the token that a command prints".to_owned(),
            },
        }
    }
}

/// A DC/OS cluster: `text` is its address or Marathon's below it.
pub(super) fn dcos(
    text: &str,
    origin: Origin,
    path: Option<Setting<String>>,
    credentials: Credentials,
) -> Result<Access, SettingsError> {
    if text.contains(',') {
        return Err(SettingsError::unusable(format!("{origin} names several addresses; a DC/OS cluster has one")));
    }
    let mut root = address(text, origin)?;
    if !root.username().is_empty() || root.password().is_some() {
        return Err(SettingsError::unusable(format!(
            "{origin} holds a user or password; set DCOS_USERNAME and DCOS_PASSWORD"
        )));
    }
    // A pasted address of Marathon stands for its cluster.
    if let Some((before, _)) = root.path().split_once("/service/") {
        let before = before.to_owned();
        root.set_path(&before);
    }
    if !root.path().ends_with('/') {
        root.set_path(&format!("{}/", root.path()));
    }
    let path = path.unwrap_or_else(|| Setting::default_of("/service/marathon".to_owned()));
    let marathon = root
        .join(&format!("{}/", path.value.trim_matches('/')))
        .map_err(|_| SettingsError::unusable(format!("{}={} is not a path", path.origin, path.value)))?;
    Ok(Access::Dcos { root, marathon, credentials })
}

/// Marathons without DC/OS, and where the identity came from: it may be part of an address.
pub(super) fn marathon(
    text: &str,
    origin: Origin,
    basic: Option<Setting<(String, Secret)>>,
) -> Result<(Access, Origin), SettingsError> {
    let mut identity = basic.as_ref().map_or(Origin::Default, |basic| basic.origin);
    let mut user = basic.map(|basic| basic.value);
    let mut urls = Vec::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let mut url = address(part, origin)?;
        if let Some(password) = url.password()
            && user.is_none()
        {
            identity = origin;
            user = Some((decoded(url.username()), Secret::new(decoded(password))));
        }
        // Cannot fail for a URL that has a host.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        urls.push(url);
    }
    if urls.is_empty() {
        return Err(SettingsError::unusable(format!("{origin} names no address")));
    }
    Ok((Access::Marathon { urls, user }, identity))
}

/// An http or https address with a host. The text is not repeated whole, since it may hold a password.
fn address(text: &str, origin: Origin) -> Result<Url, SettingsError> {
    let wrong = |why: &str| {
        let how = "write https://HOST or http://HOST:PORT";
        SettingsError::unusable(format!("{origin} is not an address ({why}); {how}"))
    };
    let url = Url::parse(text.trim()).map_err(|error| wrong(unread(error)))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong(&format!("`{}` is neither http nor https", url.scheme())));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(wrong("it has no host"));
    }
    Ok(url)
}

/// What is wrong with an address, in words of our own.
fn unread(error: ParseError) -> &'static str {
    match error {
        ParseError::RelativeUrlWithoutBase | ParseError::RelativeUrlWithCannotBeABaseBase => {
            "it does not begin with http:// or https://"
        }
        ParseError::EmptyHost => "it has no host",
        ParseError::InvalidPort => "its port is not a number up to 65535",
        ParseError::IdnaError
        | ParseError::InvalidIpv4Address
        | ParseError::InvalidIpv6Address
        | ParseError::InvalidDomainCharacter => "its host is neither a name nor an IP address",
        // The library may add others.
        _ => "it cannot be read",
    }
}

/// User and password stand percent-encoded in a URL.
fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

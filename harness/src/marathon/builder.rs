//! How a client is put together.

use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use once_cell::sync::OnceCell;
use url::Url;

use super::client::Client;
use super::connection::Connection;
use super::incident::IncidentLog;
use super::server_clock::ServerClock;
use crate::dcos::TokenSource;
use crate::dcos::tls::{Trust, TrustError};
use crate::secret::Secret;
use crate::transport::Transport;

/// Who we are to the server.
#[derive(Debug, Clone, Default)]
pub enum Auth {
    /// Nobody.
    #[default]
    None,
    /// HTTP basic authentication (`--http_credentials` of Marathon).
    Basic {
        /// The user.
        user: String,
        /// The password.
        password: Secret,
    },
    /// A DC/OS token, obtained and renewed by the source.
    Dcos(Arc<TokenSource>),
}

/// Puts a [`Client`] together.
#[derive(Debug)]
pub struct ClientBuilder {
    urls: Vec<Url>,
    dcos: Option<Url>,
    auth: Auth,
    timeout: Duration,
    idle: Duration,
}

impl ClientBuilder {
    pub(super) fn new(url: Url) -> Self {
        Self {
            urls: vec![url],
            dcos: None,
            auth: Auth::None,
            timeout: Duration::from_secs(30),
            idle: Duration::from_secs(35),
        }
    }

    /// Another Marathon of the same cluster: leader and standbys. The next is asked when one is away.
    #[must_use]
    pub fn another_url(mut self, url: Url) -> Self {
        self.urls.push(url);
        self
    }

    /// The cluster's own address, if this Marathon is behind DC/OS: Mesos and the agents are found below it.
    #[must_use]
    pub fn dcos(mut self, root: Url) -> Self {
        self.dcos = Some(root);
        self
    }

    /// Who we are.
    #[must_use]
    pub fn auth(mut self, auth: Auth) -> Self {
        self.auth = auth;
        self
    }

    /// How long an answer may take, to the end of its body (30 s). The event stream is exempt.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long the event stream may be silent before it counts as dead (35 s; Marathon's heartbeat comes every 10 s).
    #[must_use]
    pub fn event_idle_timeout(mut self, idle: Duration) -> Self {
        self.idle = idle;
        self
    }

    /// The client over the given transport.
    #[must_use]
    pub fn transport(self, transport: Transport) -> Client {
        Client::over(Connection {
            transport,
            bases: self.urls.into_iter().map(base).collect(),
            dcos: self.dcos.map(base),
            preferred: AtomicUsize::new(0),
            auth: self.auth,
            timeout: self.timeout,
            idle: self.idle,
            clock: ServerClock::new(),
            incidents: IncidentLog::default(),
            leader: Mutex::new(None),
            mesos: OnceCell::new(),
        })
    }

    /// The client over sockets.
    ///
    /// # Errors
    /// If the trust cannot be set up.
    pub fn connect(self, trust: &Trust) -> Result<Client, TrustError> {
        Ok(self.transport(Transport::sockets(trust)?))
    }
}

/// A base URL: without user, password, query, and with a slash at the end so that paths are appended.
fn base(mut url: Url) -> Url {
    // Both fail only for URLs that cannot have a host; such a URL fails when it is used.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    url
}

//! How a client is put together.

use std::{
    sync::{Mutex, OnceLock, atomic::AtomicUsize},
    time::Duration,
};

use url::Url;

use super::{auth::Auth, client::Client, connection::Connection, incident::IncidentLog, server_clock::ServerClock};
use crate::{
    scrub::SentSecrets,
    tls::{Trust, TrustError},
    transport::Transport,
};

impl Client {
    /// Begins a client of the Marathon at `url`, for example `http://127.0.0.1:8080` or
    /// `https://cluster.example/service/marathon`.
    #[must_use]
    pub fn builder(url: Url) -> ClientBuilder {
        ClientBuilder::new(url)
    }

    /// A client of a Marathon in this process, without login. The host name is only for messages.
    #[must_use]
    pub fn in_process(transport: Transport) -> Self {
        let url = Url::parse("http://marathon.in-process/").unwrap_or_else(|error| unreachable!("{error}"));
        ClientBuilder::new(url).transport(transport)
    }
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
    fn new(url: Url) -> Self {
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
            sent: SentSecrets::default(),
            incidents: IncidentLog::default(),
            leader: Mutex::new(None),
            mesos: OnceLock::new(),
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

//! How one request gets its answer: the URL, the login, redirects, and a second server if the first is away.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, LOCATION};
use http::{HeaderMap, Method, Request, StatusCode};
use tokio::time::{Instant, timeout};
use url::Url;

use super::client::Client;
use super::error::{Error, ErrorKind};
use super::server_clock::ServerClock;
use super::{Result, ServerTime};
use crate::dcos::TokenSource;
use crate::dcos::tls::{Trust, TrustError};
use crate::secret::Secret;
use crate::transport::{Response, Transport, TransportError, TransportErrorKind};

/// Redirects that are followed at most; a standby needs one.
const REDIRECTS: usize = 5;

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

/// A path below the base, with its query.
#[derive(Debug, Clone, Default)]
pub(super) struct Target {
    segments: Vec<String>,
    query: Vec<(&'static str, String)>,
}

impl Target {
    /// From a fixed path such as `v2/apps`, or an app's id: empty parts do not count.
    pub(super) fn path(path: &str) -> Self {
        Self::default().then(path)
    }

    pub(super) fn then(mut self, path: &str) -> Self {
        self.segments.extend(path.split('/').filter(|part| !part.is_empty()).map(str::to_owned));
        self
    }

    pub(super) fn query(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.query.push((key, value.into()));
        self
    }

    /// `key=true`, or nothing.
    pub(super) fn flag(self, key: &'static str, set: bool) -> Self {
        if set { self.query(key, "true") } else { self }
    }

    fn under(&self, base: &Url) -> Url {
        let mut url = base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(&self.segments);
        }
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        url
    }
}

/// One request, without its base.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    pub(super) method: Method,
    pub(super) target: Target,
    pub(super) body: Option<Bytes>,
    pub(super) accept: &'static str,
}

impl Ask {
    pub(super) fn new(method: Method, target: Target) -> Self {
        Self { method, target, body: None, accept: "application/json" }
    }

    pub(super) fn get(target: Target) -> Self {
        Self::new(Method::GET, target)
    }

    pub(super) fn json(mut self, body: &serde_json::Value) -> Self {
        self.body = Some(body.to_string().into());
        self
    }

    pub(super) fn accept(mut self, accept: &'static str) -> Self {
        self.accept = accept;
        self
    }
}

/// A response with a good status, and where it came from.
pub(super) struct Answer {
    pub(super) url: String,
    pub(super) response: Response,
}

pub(super) struct Connection {
    pub(super) transport: Transport,
    bases: Vec<Url>,
    pub(super) dcos: Option<Url>,
    preferred: AtomicUsize,
    auth: Auth,
    timeout: Duration,
    pub(super) idle: Duration,
    clock: ServerClock,
}

impl Connection {
    /// The address that answered last.
    pub(super) fn base(&self) -> &Url {
        &self.bases[self.preferred.load(Ordering::Relaxed) % self.bases.len()]
    }

    pub(super) fn server_time(&self) -> Option<ServerTime> {
        self.clock.now()
    }

    /// The whole answer: URL, header lines, body.
    pub(super) async fn fetch(&self, ask: Ask) -> Result<(String, HeaderMap, Bytes)> {
        self.fetch_from(None, ask).await
    }

    /// The same below another base, such as Mesos's.
    pub(super) async fn fetch_from(&self, other: Option<&Url>, ask: Ask) -> Result<(String, HeaderMap, Bytes)> {
        let method = ask.method.clone();
        let url = ask.target.under(other.unwrap_or_else(|| self.base())).to_string();
        let whole = async {
            let answer = self.open_at(other, ask).await?;
            let headers = answer.response.headers.clone();
            let body = answer.response.bytes().await;
            let body = body.map_err(|error| Error::new(&method, &answer.url, ErrorKind::Transport(error)))?;
            Ok((answer.url, headers, body))
        };
        timeout(self.timeout, whole).await.unwrap_or_else(|_| {
            let seconds = self.timeout.as_secs_f32();
            let error = TransportError::new(TransportErrorKind::Timeout, format!("no answer within {seconds} s"));
            Err(Error::new(&method, url, ErrorKind::Transport(error)))
        })
    }

    /// The head of a good answer; the body is the caller's to read.
    pub(super) async fn open(&self, ask: Ask) -> Result<Answer> {
        self.open_at(None, ask).await
    }

    async fn open_at(&self, other: Option<&Url>, ask: Ask) -> Result<Answer> {
        if let Some(base) = other {
            return self.open_below(base, &ask).await;
        }
        let first = self.preferred.load(Ordering::Relaxed);
        let mut last = None;
        for n in 0..self.bases.len() {
            let index = (first + n) % self.bases.len();
            match self.open_below(&self.bases[index], &ask).await {
                Ok(answer) => {
                    self.preferred.store(index, Ordering::Relaxed);
                    return Ok(answer);
                }
                Err(error) if is_worth_another_server(&ask.method, &error) => {
                    if self.bases.len() > 1 {
                        tracing::info!(%error, "asking the next server");
                    }
                    last = Some(error);
                }
                Err(error) => return Err(error),
            }
        }
        // There is at least one base, so the loop has either returned or left an error.
        Err(last.unwrap_or_else(|| Error::body(&ask.method, "", "no server is known", b"")))
    }

    async fn open_below(&self, base: &Url, ask: &Ask) -> Result<Answer> {
        let mut url = ask.target.under(base);
        let mut renewed = false;
        for _ in 0..=REDIRECTS {
            let (token, request) = self.request(&url, ask).await?;
            let sent = Instant::now();
            let response = self
                .transport
                .send(request)
                .await
                .map_err(|error| Error::new(&ask.method, url.as_str(), ErrorKind::Transport(error)))?;
            self.clock.observe(sent, Instant::now(), &response.headers);
            match response.status {
                StatusCode::UNAUTHORIZED if !renewed && token.is_some() => {
                    renewed = true;
                    if let (Auth::Dcos(source), Some(stale)) = (&self.auth, &token)
                        && source.can_renew()
                    {
                        tracing::info!("the token was refused; logging in again");
                        source.renew(stale).await.map_err(|error| self.login_error(ask, &url, error))?;
                        continue;
                    }
                    return Err(self.refusal(ask, &url, response).await);
                }
                status if status.is_redirection() && ask.method == Method::GET => {
                    let location = response.headers.get(LOCATION).and_then(|location| location.to_str().ok());
                    let next = location.and_then(|location| url.join(location).ok());
                    let Some(next) = next else { return Err(self.refusal(ask, &url, response).await) };
                    url = next;
                }
                status if status.is_success() => {
                    return Ok(Answer { url: url.to_string(), response });
                }
                _ => return Err(self.refusal(ask, &url, response).await),
            }
        }
        Err(Error::body(&ask.method, url.as_str(), format!("more than {REDIRECTS} redirects"), b""))
    }

    /// The request with our identity, and the token that it carries.
    async fn request(&self, url: &Url, ask: &Ask) -> Result<(Option<Secret>, Request<Bytes>)> {
        let mut token = None;
        let mut authorization = None;
        // A redirect may lead anywhere; who we are is told to the servers that we were given, and to no other.
        if self.is_ours(url) {
            match &self.auth {
                Auth::None => {}
                Auth::Basic { user, password } => {
                    let pair = Secret::new(STANDARD.encode(format!("{user}:{}", password.reveal())));
                    authorization = Some(Secret::new(format!("Basic {}", pair.reveal())));
                }
                Auth::Dcos(source) => {
                    let now = source.token().await.map_err(|error| self.login_error(ask, url, error))?;
                    authorization = Some(Secret::new(format!("token={}", now.reveal())));
                    token = Some(now);
                }
            }
        }
        let mut builder = Request::builder().method(ask.method.clone()).uri(url.as_str()).header(ACCEPT, ask.accept);
        if let Some(secret) = authorization {
            let mut value = HeaderValue::from_str(secret.reveal()).map_err(|_| {
                Error::body(&ask.method, url.as_str(), "the user, password or token holds a line end", b"")
            })?;
            value.set_sensitive(true);
            builder = builder.header(AUTHORIZATION, value);
        }
        if ask.body.is_some() {
            builder = builder.header(CONTENT_TYPE, "application/json");
        }
        builder
            .body(ask.body.clone().unwrap_or_default())
            .map(|request| (token, request))
            .map_err(|error| Error::body(&ask.method, url.as_str(), error.to_string(), b""))
    }

    fn is_ours(&self, url: &Url) -> bool {
        self.bases.iter().chain(&self.dcos).any(|base| base.origin() == url.origin())
    }

    async fn refusal(&self, ask: &Ask, url: &Url, response: Response) -> Error {
        let status = response.status;
        // The status is the news; a body that breaks off takes nothing from it.
        let body = timeout(self.timeout, response.bytes()).await.ok().and_then(Result::ok).unwrap_or_default();
        Error::status(&ask.method, url.as_str(), status, &body)
    }

    fn login_error(&self, ask: &Ask, url: &Url, error: crate::dcos::LoginError) -> Error {
        Error::new(&ask.method, url.as_str(), ErrorKind::Login(error))
    }
}

/// Nothing was sent, or it was a mere question to a server that cannot answer now.
fn is_worth_another_server(method: &Method, error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Transport(error) if error.kind() == TransportErrorKind::Connect => true,
        ErrorKind::Transport(error) => error.is_transient() && method == Method::GET,
        ErrorKind::Status { status, .. } => {
            let away = [StatusCode::BAD_GATEWAY, StatusCode::SERVICE_UNAVAILABLE, StatusCode::GATEWAY_TIMEOUT];
            away.contains(status) && method == Method::GET
        }
        _ => false,
    }
}

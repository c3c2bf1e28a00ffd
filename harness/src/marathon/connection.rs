//! How one request gets its answer: the URL, the login, redirects, and a second server if the first is away.

use std::{
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{
    HeaderMap, Method, Request, StatusCode,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, LOCATION},
};
use serde::de::DeserializeOwned;
use tokio::time::{Instant, timeout};
use url::Url;

use super::{
    Result,
    ask::{Ask, Target},
    auth::Auth,
    error::{Error, ErrorKind},
    incident::{IncidentKind, IncidentLog},
    login_error::LoginError,
    server_clock::ServerClock,
};
use crate::{
    model::ServerTime,
    scrub::SentSecrets,
    secret::Secret,
    transport::{Response, Transport, TransportError, TransportErrorKind},
};

/// Redirects that are followed at most; a standby needs one.
const REDIRECTS: usize = 5;

/// The most bytes of a refusal that are read. A longer one counts by its status alone.
const REFUSAL_LIMIT: usize = 1 << 20;

/// An answer that takes this long is worth a word in the report. Half of it is normal for thousands of tasks.
const SLOW: Duration = Duration::from_secs(2);

/// How Marathon names its leader in every answer (`LeaderProxyFilter.scala`).
const LEADER: &str = "x-marathon-leader";

/// A response with a good status, and where it came from.
pub(super) struct Answer {
    pub(super) url: String,
    pub(super) response: Response,
}

/// The identity as a request carries it; both are empty without a login.
#[derive(Default)]
pub(super) struct Identity {
    /// The value of `Authorization`.
    pub(super) header: Option<HeaderValue>,
    /// What in it is secret: the token, or the pair of user and password.
    pub(super) proof: Option<Secret>,
}

pub(super) struct Connection {
    pub(super) transport: Transport,
    pub(super) bases: Vec<Url>,
    pub(super) dcos: Option<Url>,
    /// The index of the base that answered last.
    pub(super) preferred: AtomicUsize,
    pub(super) auth: Auth,
    pub(super) timeout: Duration,
    pub(super) idle: Duration,
    pub(super) clock: ServerClock,
    /// What was sent and must not come back.
    pub(super) sent: SentSecrets,
    pub(super) incidents: IncidentLog,
    /// The leader as it was announced last.
    pub(super) leader: Mutex<Option<Url>>,
    /// Where Mesos was found.
    pub(super) mesos: OnceLock<MesosPlace>,
}

/// Where Mesos answers.
#[derive(Debug, Clone)]
pub(super) enum MesosPlace {
    /// Below this address, as DC/OS's Admin Router has it: `mesos/…` and `agent/{id}/…`.
    Below(Url),
    /// The master is here; it names the agents.
    Master(Url),
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
            Ok((answer.url, headers, self.sent.scrub(body)))
        };
        let began = Instant::now();
        let outcome = timeout(self.timeout, whole).await.unwrap_or_else(|_| {
            let seconds = self.timeout.as_secs_f32();
            let error = TransportError::new(TransportErrorKind::Timeout, format!("no answer within {seconds} s"));
            Err(Error::new(&method, &url, ErrorKind::Transport(error)))
        });
        let took = began.elapsed();
        match &outcome {
            Err(error) if error.is_transient() => self.incidents.note(&IncidentKind::Failed { error: error.clone() }),
            Ok(_) if took >= SLOW => {
                self.incidents.note(&IncidentKind::Slow { took, request: format!("{method} {url}") });
            }
            _ => {}
        }
        outcome
    }

    /// Reads an answer. One that is not JSON counts as an error of the transport, too.
    pub(super) fn parse<T: DeserializeOwned>(&self, method: &Method, url: &str, body: &[u8]) -> Result<T> {
        serde_json::from_slice(body).map_err(|error| {
            let error = Error::unreadable(method, url, &error, body);
            if error.is_transient() {
                self.incidents.note(&IncidentKind::Failed { error: error.clone() });
            }
            error
        })
    }

    /// The head of a good answer; the body is the caller's to read.
    pub(super) async fn open(&self, ask: Ask) -> Result<Answer> {
        self.open_at(None, ask).await
    }

    /// The same below another base; only the head has the time limit.
    pub(super) async fn open_from(&self, base: &Url, ask: Ask) -> Result<Answer> {
        let (method, url) = (ask.method.clone(), ask.target.under(base).to_string());
        timeout(self.timeout, self.open_at(Some(base), ask)).await.unwrap_or_else(|_| {
            let seconds = self.timeout.as_secs_f32();
            let error = TransportError::new(TransportErrorKind::Timeout, format!("no answer within {seconds} s"));
            Err(Error::new(&method, &url, ErrorKind::Transport(error)))
        })
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
                    if let Some(error) = last {
                        let server = self.bases[index].to_string();
                        self.incidents.note(&IncidentKind::OtherServer { server, error });
                    }
                    self.preferred.store(index, Ordering::Relaxed);
                    return Ok(answer);
                }
                Err(error) if is_worth_another_server(&ask.method, &error) => last = Some(error),
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
            let (proof, request) = self.request(&url, ask).await?;
            let sent = Instant::now();
            let response = self
                .transport
                .send(request)
                .await
                .map_err(|error| Error::new(&ask.method, url.as_str(), ErrorKind::Transport(error)))?;
            self.clock.observe(sent, Instant::now(), &response.headers);
            // Addresses hold no user or password here, and headers are left out.
            tracing::debug!(method = %ask.method, url = %url, status = response.status.as_u16(), took = ?sent.elapsed(), "request");
            if self.is_ours(&url) {
                self.learn_leader(&response.headers);
            }
            match response.status {
                StatusCode::UNAUTHORIZED if !renewed => {
                    renewed = true;
                    let again = match &proof {
                        Some(proof) => self.renew(&ask.method, url.as_str(), proof).await?,
                        None => false,
                    };
                    if !again {
                        return Err(self.refusal(ask, &url, response).await);
                    }
                }
                status if status.is_redirection() && ask.method == Method::GET => {
                    let location = response.headers.get(LOCATION).and_then(|location| location.to_str().ok());
                    let next = location.and_then(|location| url.join(location).ok());
                    let Some(next) = next else { return Err(self.refusal(ask, &url, response).await) };
                    if !self.is_ours(&next) && !self.is_leader(&next, base).await {
                        let origin = self.sent.scrub_text(&next.origin().ascii_serialization());
                        let kind = ErrorKind::ForeignRedirect { origin };
                        return Err(Error::new(&ask.method, url.as_str(), kind));
                    }
                    url = next;
                }
                status if status.is_success() => {
                    return Ok(Answer { url: url.to_string(), response });
                }
                StatusCode::UNAUTHORIZED => {
                    return Err(match self.passing_refusal(proof.as_ref()).await {
                        Some(error) => Error::new(&ask.method, url.as_str(), ErrorKind::Login(error)),
                        None => self.refusal(ask, &url, response).await,
                    });
                }
                _ => return Err(self.refusal(ask, &url, response).await),
            }
        }
        Err(Error::body(&ask.method, url.as_str(), format!("more than {REDIRECTS} redirects"), b""))
    }

    /// Why the refusal of a token that was just renewed may pass.
    async fn passing_refusal(&self, proof: Option<&Secret>) -> Option<LoginError> {
        match (&self.auth, proof) {
            (Auth::Token(provider), Some(proof)) => provider.passing_refusal(proof).await,
            (Auth::None | Auth::Basic { .. } | Auth::Token(_), _) => None,
        }
    }

    /// The request with our identity, and what proves it.
    async fn request(&self, url: &Url, ask: &Ask) -> Result<(Option<Secret>, Request<Bytes>)> {
        // A redirect may lead anywhere: only the servers that were named are sent the identity.
        let identity = match self.is_ours(url) {
            true => self.identity(&ask.method, url.as_str()).await?,
            false => Identity::default(),
        };
        let mut builder = Request::builder().method(ask.method.clone()).uri(url.as_str()).header(ACCEPT, ask.accept);
        if let Some(header) = identity.header {
            builder = builder.header(AUTHORIZATION, header);
        }
        if ask.body.is_some() {
            builder = builder.header(CONTENT_TYPE, "application/json");
        }
        builder
            .body(ask.body.clone().unwrap_or_default())
            .map(|request| (identity.proof, request))
            .map_err(|error| Error::body(&ask.method, url.as_str(), error.to_string(), b""))
    }

    /// Who we are, logging in first if need be; `method` and `url` are for errors.
    pub(super) async fn identity(&self, method: &Method, url: &str) -> Result<Identity> {
        let (scheme, proof) = match &self.auth {
            Auth::None => return Ok(Identity::default()),
            Auth::Basic { user, password } => {
                self.sent.learn(password);
                ("Basic ", Secret::new(STANDARD.encode(format!("{user}:{}", password.reveal()))))
            }
            Auth::Token(provider) => {
                provider.secrets().iter().for_each(|secret| self.sent.learn(secret));
                let issued = provider.token().await;
                let issued = issued.map_err(|error| Error::new(method, url, ErrorKind::Login(error)))?;
                if issued.renewed {
                    self.incidents.note(&IncidentKind::TokenRenewed);
                }
                ("token=", issued.token)
            }
        };
        self.sent.learn(&proof);
        let text = Secret::new(format!("{scheme}{}", proof.reveal()));
        let mut header = HeaderValue::from_str(text.reveal())
            .map_err(|_| Error::body(method, url, "the user, password or token holds a line end", b""))?;
        header.set_sensitive(true);
        Ok(Identity { header: Some(header), proof: Some(proof) })
    }

    /// Gets another token for a refused one; false where there is no other.
    pub(super) async fn renew(&self, method: &Method, url: &str, refused: &Secret) -> Result<bool> {
        let Auth::Token(provider) = &self.auth else { return Ok(false) };
        if !provider.can_renew() {
            return Ok(false);
        }
        provider.renew(refused).await.map_err(|error| Error::new(method, url, ErrorKind::Login(error)))?;
        self.incidents.note(&IncidentKind::LoggedInAgain);
        Ok(true)
    }

    fn is_ours(&self, url: &Url) -> bool {
        self.bases.iter().chain(&self.dcos).any(|base| base.origin() == url.origin())
    }

    /// Whether it is the leader's address, as a server of ours announced it. It is followed there, without a token.
    async fn is_leader(&self, url: &Url, base: &Url) -> bool {
        let known = || {
            let leader = self.leader.lock().unwrap_or_else(PoisonError::into_inner);
            leader.as_ref().is_some_and(|leader| leader.origin() == url.origin())
        };
        if !known() {
            // There may be a new one since the last answer. What a standby passes on names it.
            let ask = Ask::get(Target::path("v2/leader"));
            if let Ok((_, request)) = self.request(&ask.target.under(base), &ask).await
                && let Ok(Ok(response)) = timeout(self.timeout, self.transport.send(request)).await
            {
                self.learn_leader(&response.headers);
            }
        }
        known()
    }

    /// Each answer of the leader names it, also where a standby or a proxy has passed it on.
    fn learn_leader(&self, headers: &HeaderMap) {
        let leader = headers.get(LEADER).and_then(|leader| leader.to_str().ok());
        let Some(to) = leader.and_then(|leader| Url::parse(&self.sent.scrub_text(leader)).ok()) else { return };
        let mut leader = self.leader.lock().unwrap_or_else(PoisonError::into_inner);
        let from = leader.replace(to.clone()).filter(|from| *from != to);
        drop(leader);
        if let Some(from) = from {
            self.incidents.note(&IncidentKind::LeaderChanged { from: place(&from), to: place(&to) });
        }
    }

    async fn refusal(&self, ask: &Ask, url: &Url, response: Response) -> Error {
        let status = response.status;
        // The status is what counts, even if the body breaks off.
        let body = timeout(self.timeout, response.bytes_up_to(REFUSAL_LIMIT))
            .await
            .ok()
            .and_then(Result::ok)
            .unwrap_or_default();
        Error::status(&ask.method, url.as_str(), status, &self.sent.scrub_refusal(body))
    }
}

/// `host:port`, as Marathon names its leader.
fn place(url: &Url) -> String {
    format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default())
}

/// Nothing was sent, or it was a `GET` to a server that cannot answer now.
fn is_worth_another_server(method: &Method, error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Transport(error) if error.kind() == TransportErrorKind::Connect => true,
        ErrorKind::Transport(error) => error.is_transient() && method == Method::GET,
        ErrorKind::Status { status, .. } => {
            let away = [StatusCode::BAD_GATEWAY, StatusCode::SERVICE_UNAVAILABLE, StatusCode::GATEWAY_TIMEOUT];
            away.contains(status) && method == Method::GET
        }
        ErrorKind::Garbled { .. }
        | ErrorKind::Body { .. }
        | ErrorKind::ForeignRedirect { .. }
        | ErrorKind::Login(_) => false,
    }
}

//! One probe of one task, step by step: whether the connection or the answer fails tells the causes apart.

use std::{io, sync::Arc, time::Duration};

use bytes::Bytes;
use harness::tls::{ServerTrust, Trust, TrustError};
use http_body_util::Empty;
use hyper::{Request, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::{Instant, timeout_at},
};
use tokio_rustls::{TlsConnector, rustls::pki_types::ServerName};

use crate::{
    folder::evidence::Answer,
    probe::target::{Method, Target},
};

/// The result of a probe.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProbeResult {
    /// In a word.
    pub answer: Answer,
    /// The HTTP status, if there was one.
    pub status: Option<u16>,
    /// From the first packet to the answer, or to giving up.
    pub took: Duration,
    /// What went wrong, in the system's words.
    pub detail: String,
}

/// Probes tasks.
#[derive(Clone)]
pub struct Asker {
    tls: TlsConnector,
}

impl Asker {
    /// An asker that trusts any certificate, as the checks do.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub fn new() -> Result<Self, TrustError> {
        let config = Trust::server(ServerTrust::Insecure).client_config()?;
        Ok(Self { tls: TlsConnector::from(Arc::new(config)) })
    }

    /// Probes a target, and gives up after `timeout`.
    pub async fn ask(&self, target: &Target, timeout: Duration) -> ProbeResult {
        let start = Instant::now();
        let result = self.steps(target, start + timeout).await;
        ProbeResult { took: start.elapsed(), ..result }
    }

    async fn steps(&self, target: &Target, deadline: Instant) -> ProbeResult {
        let connection = match timeout_at(deadline, TcpStream::connect((target.host.as_str(), target.port))).await {
            Err(_) => return failed(Answer::Unreachable, "no connection in time"),
            Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {
                return failed(Answer::Refused, "connection refused");
            }
            Ok(Err(error)) => return failed(Answer::Unreachable, error),
            Ok(Ok(connection)) => connection,
        };
        let exchange = async {
            match &target.method {
                Method::Tcp => Ok(None),
                Method::Http(path) => get(connection, target, path).await.map(Some),
                Method::Https(path) => {
                    let name = ServerName::try_from(target.host.clone()).map_err(|error| error.to_string())?;
                    let secured = self.tls.connect(name, connection).await.map_err(|error| error.to_string())?;
                    get(secured, target, path).await.map(Some)
                }
            }
        };
        match timeout_at(deadline, exchange).await {
            Err(_) => failed(Answer::Silent, "connected, and no answer in time"),
            Ok(Err(detail)) => failed(Answer::Wrong, detail),
            Ok(Ok(None)) => ProbeResult { answer: Answer::Good, ..ProbeResult::default() },
            Ok(Ok(Some(status))) if (200..400).contains(&status) => {
                ProbeResult { answer: Answer::Good, status: Some(status), ..ProbeResult::default() }
            }
            Ok(Ok(Some(status))) => {
                ProbeResult { status: Some(status), ..failed(Answer::Wrong, format!("HTTP status {status}")) }
            }
        }
    }
}

fn failed(answer: Answer, detail: impl ToString) -> ProbeResult {
    let detail = text::plain::system(&detail.to_string()).into_owned();
    ProbeResult { answer, detail, ..ProbeResult::default() }
}

/// The status of a GET. Redirects are not followed: Marathon's checks count them as good.
async fn get(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    target: &Target,
    path: &str,
) -> Result<u16, String> {
    let (mut sender, connection) =
        http1::handshake::<_, Empty<Bytes>>(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
    let request = Request::get(path)
        .header(header::HOST, target.address())
        .header(header::USER_AGENT, concat!("hc-rig/", env!("CARGO_PKG_VERSION")))
        .header(header::CONNECTION, "close")
        .body(Empty::new())
        .map_err(|error| format!("the check's path is not a valid request path: {error}"))?;
    let mut answer = std::pin::pin!(sender.send_request(request));
    let answered = tokio::select! {
        answered = &mut answer => answered,
        // The connection may end in the same moment in which it has delivered the answer.
        _ = connection => answer.await,
    };
    answered.map(|response| response.status().as_u16()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    use super::*;

    /// A listener that sends `answer` to every connection, or nothing.
    async fn listener(answer: Option<&'static str>) -> u16 {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            let mut held = Vec::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                if let Some(answer) = answer {
                    let mut request = [0; 1024];
                    let _ = stream.read(&mut request).await;
                    let _ = stream.write_all(answer.as_bytes()).await;
                } else {
                    held.push(stream);
                }
            }
        });
        port
    }

    async fn ask(port: u16, method: Method, timeout: u64) -> ProbeResult {
        let target = Target { host: "127.0.0.1".to_owned(), port, method };
        Asker::new().unwrap().ask(&target, Duration::from_millis(timeout)).await
    }

    fn http() -> Method {
        Method::Http("/".to_owned())
    }

    #[tokio::test]
    async fn each_way_to_fail_has_its_own_answer() {
        let ok = listener(Some("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n")).await;
        let good = ask(ok, http(), 10_000).await;
        assert_eq!((good.answer, good.status), (Answer::Good, Some(302)));

        let failing = listener(Some("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n")).await;
        let wrong = ask(failing, http(), 10_000).await;
        assert_eq!((wrong.answer, wrong.status), (Answer::Wrong, Some(503)));

        let babble = listener(Some("SSH-2.0-OpenSSH\r\n")).await;
        assert_eq!(ask(babble, http(), 10_000).await.answer, Answer::Wrong);

        let hung = listener(None).await;
        let silent = ask(hung, http(), 300).await;
        assert_eq!(silent.answer, Answer::Silent);
        assert!(silent.took >= Duration::from_millis(300), "{silent:?}");
        assert_eq!(ask(hung, Method::Tcp, 10_000).await.answer, Answer::Good, "a connect does not notice");

        let closed = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = closed.local_addr().unwrap().port();
        drop(closed);
        assert_eq!(ask(port, http(), 10_000).await.answer, Answer::Refused);
    }

    #[tokio::test]
    async fn an_unknown_host_name_is_unreachable() {
        let target = Target { host: "nowhere.invalid".to_owned(), port: 1, method: Method::Tcp };
        let result = Asker::new().unwrap().ask(&target, Duration::from_secs(10)).await;
        assert_eq!(result.answer, Answer::Unreachable, "{result:?}");
        assert!(!result.detail.is_empty());
    }
}

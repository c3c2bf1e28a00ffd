//! Programs in Python that the recorded cases run as servers.

use std::time::Duration;

use super::script::{Addresses, Course, Script, Serves};

/// Recorded: a Python server misses the first native probe (0.07 s) and answers at 0.29 s.
pub(super) const PYTHON_SERVER_START: Duration = Duration::from_millis(180);
/// Recorded: a bare Python socket misses the first native probe and accepts at 0.16 s.
pub(super) const PYTHON_SOCKET_START: Duration = Duration::from_millis(130);
/// Recorded in `https.*`: making a key takes most of a second.
const KEY_AND_SERVER_START: Duration = Duration::from_millis(600);

const SILENT_LISTENER: &str = "python3 -c \"import os,socket,time; s=socket.socket(); s.setsockopt(1,2,1); \
    s.bind(('',int(os.environ['PORT0']))); s.listen(50); time.sleep(1000)\"";
const TLS_SERVER: &str = "openssl req -x509 -newkey rsa:2048 -nodes -keyout k.pem -out c.pem -days 2 -subj /CN=g2 \
    2>/dev/null; exec python3 -c \"import os,ssl,http.server as h; \
    s=h.HTTPServer(('',int(os.environ['PORT0'])),h.SimpleHTTPRequestHandler); \
    c=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER); c.load_cert_chain('c.pem','k.pem'); \
    s.socket=c.wrap_socket(s.socket,server_side=True); s.serve_forever()\"";
/// The second port opens 5 s after the first one.
const TWO_PORTS: &str = "python3 -m http.server $PORT0 & sleep 5; exec python3 -m http.server $PORT1";

/// A server whose `do_GET` holds the body that follows.
const HANDLER: &str =
    "python3 -c \"import os,time,http.server as h\nclass H(h.BaseHTTPRequestHandler):\n  def do_GET(s):\n";
/// A loop that answers on a bare socket.
const SOCKET: &str = "python3 -c \"import os,socket; s=socket.socket(); s.setsockopt(1,2,1); \
    s.bind(('',int(os.environ['PORT0']))); s.listen(50)\nwhile 1:\n  c=s.accept()[0]; ";
/// The same for Python 2 and 3, for one address family.
const ADDRESSED: &str =
    "$(command -v python3 || command -v python) -c \"import os,socket\ns=socket.socket(socket.AF_INET";
const INTERIM: &str = "c.recv(4096); c.sendall(b'HTTP/1.1 102 Processing\\r\\n";

/// The bodies of `do_GET`: what they begin with, the answer, how long it takes.
const BODIES: [(&str, Serves, u64); 9] = [
    ("s.send_response(200 if s.path=='/ok' else 301)", Serves::Redirect { status: 301, to: Some(200) }, 0),
    ("s.send_response(404 if s.path=='/gone' else 302)", Serves::Redirect { status: 302, to: Some(404) }, 0),
    ("s.send_response(302)", Serves::Redirect { status: 302, to: None }, 0),
    ("s.send_response(200 if s.path=='/a/b?c=d&e=%20f' else 404)", Serves::Target("/a/b?c=d&e=%20f"), 0),
    ("s.send_response(399)", Serves::Http(399), 0),
    ("s.send_response(200); s.end_headers(); s.wfile.write(b'x'*100000)", Serves::Http(200), 0),
    ("time.sleep(1.5); s.send_response(200)", Serves::Http(200), 1500),
    ("time.sleep(2.5); s.send_response(200)", Serves::Http(200), 2500),
    ("time.sleep(3); s.send_response(200)", Serves::Http(200), 3000),
];
/// The same with an answer that a readiness check keeps.
const WARMING_UP: &str = "time.sleep(1 if s.path=='/' else 0); s.send_response(503); s.end_headers(); \
    s.wfile.write(b'warming up')";

/// What a recorded program does, if it is one.
pub(super) fn script(command: &str) -> Option<Script> {
    if let Some(program) = command.strip_prefix(HANDLER) {
        return handler(program.trim_start());
    }
    if let Some(program) = command.strip_prefix(SOCKET) {
        let serves = socket(program)?;
        return Some(Script { serves, addresses: Addresses::V4, ..Script::server(PYTHON_SOCKET_START) });
    }
    if let Some(program) = command.strip_prefix(ADDRESSED) {
        let addresses = if program.starts_with('6') { Addresses::V6 } else { Addresses::V4 };
        let (_, answer) = program.split_once("try: ")?;
        let serves = socket(answer).unwrap_or(Serves::Http(200));
        return Some(Script { serves, addresses, ..Script::server(PYTHON_SOCKET_START) });
    }
    match command {
        SILENT_LISTENER => {
            Some(Script { course: Course::HangsAfter(Duration::ZERO), ..Script::server(PYTHON_SOCKET_START) })
        }
        TLS_SERVER => {
            Some(Script { serves: Serves::Tls, addresses: Addresses::V4, ..Script::server(KEY_AND_SERVER_START) })
        }
        TWO_PORTS => {
            let second_port = Some(Duration::from_secs(5) + PYTHON_SERVER_START);
            Some(Script { serves: Serves::Files, second_port, ..Script::server(PYTHON_SERVER_START) })
        }
        _ => None,
    }
}

fn handler(body: &str) -> Option<Script> {
    let server = Script { addresses: Addresses::V4, ..Script::server(PYTHON_SERVER_START) };
    if body.starts_with(WARMING_UP) {
        let serves = Serves::Page { status: 503, body: "warming up" };
        return Some(Script { serves, slow: Duration::from_secs(1), ..server });
    }
    let (_, serves, takes) = BODIES.iter().find(|(begins, _, _)| body.starts_with(begins))?;
    Some(Script { serves: *serves, slow: Duration::from_millis(*takes), ..server })
}

fn socket(program: &str) -> Option<Serves> {
    if program.starts_with("c.sendall(b'220 hello") {
        return Some(Serves::NotHttp);
    }
    let rest = program.strip_prefix(INTERIM)?;
    Some(Serves::Interim { then: rest.contains("HTTP/1.1 200 OK").then_some(200) })
}

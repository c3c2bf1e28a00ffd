//! A proxy in front of a fake that writes down what is asked: reads leave no line in the fake's journal.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

/// The proxy. Its threads end with the test's process.
pub(crate) struct Recorder {
    listener: TcpListener,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Recorder {
    /// Takes a port, which a fake has to allow as its name before anything is passed on.
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        Self { listener, lines: Arc::default() }
    }

    /// `127.0.0.1:PORT`.
    pub(crate) fn host(&self) -> String {
        self.listener.local_addr().expect("an address").to_string()
    }

    /// Passes everything on to the server at this URL from now on.
    pub(crate) fn pass_on(&self, url: &str) -> String {
        let server: SocketAddr = url.trim_start_matches("http://").trim_end_matches('/').parse().expect("an address");
        let (listener, lines) = (self.listener.try_clone().expect("a listener"), self.lines.clone());
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(there) = TcpStream::connect(server) else { continue };
                let (Ok(answers), Ok(back)) = (there.try_clone(), client.try_clone()) else { continue };
                thread::spawn(move || copy(answers, back, |_| {}));
                let mut requests = Requests { line: Vec::new(), lines: lines.clone() };
                thread::spawn(move || copy(client, there, |bytes| requests.take(bytes)));
            }
        });
        format!("http://{}", self.host())
    }

    /// The first line of each request so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Copies to the end; what is read is shown before it is passed on.
fn copy(mut from: TcpStream, mut to: TcpStream, mut seen: impl FnMut(&[u8])) {
    let mut bytes = [0; 16 * 1024];
    while let Ok(n @ 1..) = from.read(&mut bytes) {
        seen(&bytes[..n]);
        if to.write_all(&bytes[..n]).is_err() {
            break;
        }
    }
    drop(to.shutdown(Shutdown::Write));
}

/// Finds the first lines of requests in what a client sends.
struct Requests {
    line: Vec<u8>,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Requests {
    fn take(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if *byte != b'\n' {
                self.line.push(*byte);
                continue;
            }
            let line = String::from_utf8_lossy(&self.line).trim_end().to_owned();
            self.line.clear();
            if line.ends_with(" HTTP/1.1") {
                self.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
            }
        }
    }
}

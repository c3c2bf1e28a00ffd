//! One connection to a light task.

use std::{
    io::{self, Read as _, Write as _},
    sync::Arc,
    time::Duration,
};

use mio::net::TcpStream;
use rustls::{ServerConfig, ServerConnection};

use super::answers::{Reply, Request, TLS_RECORD, reply, speaks_tls};
use crate::{
    task_tools::tls,
    tasks::simulated::{Port, Script},
};

/// A connection of the server.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) stream: TcpStream,
    /// No other has the same.
    pub(super) serial: u64,
    /// The number of its task, and of the port there.
    pub(super) task: usize,
    pub(super) port: usize,
    /// For what the poll wakes it.
    pub(super) registered: Registered,
    tls: Option<Box<ServerConnection>>,
    input: Vec<u8>,
    output: Vec<u8>,
    phase: Phase,
}

/// What the poll watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Registered {
    Nothing,
    Input,
    InputAndOutput,
}

#[derive(Debug, PartialEq, Eq)]
enum Phase {
    /// The request is not whole, or nothing will be sent.
    Reading,
    /// This is sent when its time has come.
    Delayed(Vec<u8>),
    /// All is sent or on its way; then it is closed.
    Closing,
}

/// What the server does with a connection.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Wait for input.
    Input,
    /// Wait for input or for room to write.
    Output,
    /// Wait for input, and call [`Connection::send`] after this time.
    Delay(Duration),
    /// Close it.
    Close,
    /// Reset it.
    Reset,
}

/// The task behind a connection at this moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Behind<'a> {
    pub(super) script: &'a Script,
    pub(super) port: Port,
    /// Makes the certificate for a client that speaks TLS, if it can be made.
    pub(super) tls: fn() -> Option<&'static Arc<ServerConfig>>,
}

/// A request longer than this is not one.
const LONGEST: usize = 64 * 1024;

impl Connection {
    pub(super) fn new(stream: TcpStream, serial: u64, task: usize, port: usize) -> Self {
        Self {
            stream,
            serial,
            task,
            port,
            registered: Registered::Nothing,
            tls: None,
            input: Vec::new(),
            output: Vec::new(),
            phase: Phase::Reading,
        }
    }

    /// Reads what has come, and replies.
    pub(super) fn advance(&mut self, behind: Behind<'_>) -> Next {
        // Nothing of a failed connection is of interest: its client sees the same.
        let Ok(open) = self.read(behind) else { return Next::Close };
        if self.phase == Phase::Reading {
            let request = Request { bytes: &self.input, tls: self.tls.is_some() };
            match reply(behind.script, behind.port, request) {
                Reply::Wait => {}
                Reply::Reset => return Next::Reset,
                Reply::Send { after, bytes } if after.is_zero() => return self.send_now(&bytes),
                Reply::Send { after, bytes } => {
                    self.phase = Phase::Delayed(bytes);
                    return if open { Next::Delay(after) } else { Next::Close };
                }
            }
        }
        if open { self.write() } else { Next::Close }
    }

    /// The delay of a reply is over.
    pub(super) fn send(&mut self) -> Next {
        match std::mem::replace(&mut self.phase, Phase::Closing) {
            Phase::Delayed(bytes) => self.send_now(&bytes),
            phase @ (Phase::Reading | Phase::Closing) => {
                self.phase = phase;
                Next::Input
            }
        }
    }

    fn send_now(&mut self, bytes: &[u8]) -> Next {
        self.phase = Phase::Closing;
        match &mut self.tls {
            None => self.output.extend_from_slice(bytes),
            Some(tls) => {
                let sent = tls.writer().write_all(bytes);
                tls.send_close_notify();
                if sent.and_then(|()| flush(tls, &mut self.output)).is_err() {
                    return Next::Close;
                }
            }
        }
        self.write()
    }

    /// Reads once: what is left makes the poll wake it again. Returns whether the client may still send.
    fn read(&mut self, behind: Behind<'_>) -> io::Result<bool> {
        let mut chunk = [0; 4096];
        loop {
            let n = match self.stream.read(&mut chunk) {
                Ok(0) => return Ok(false),
                Ok(n) => n,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(true),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            self.take(&chunk[..n], behind)?;
            // The poll tells of more only after the socket was empty, which a short read shows.
            if n < chunk.len() {
                return Ok(true);
            }
        }
    }

    fn take(&mut self, bytes: &[u8], behind: Behind<'_>) -> io::Result<()> {
        // A task that is silent keeps nothing.
        if behind.port == Port::Hung || self.phase != Phase::Reading || self.input.len() > LONGEST {
            return Ok(());
        }
        if self.tls.is_none()
            && self.input.is_empty()
            && bytes.first() == Some(&TLS_RECORD)
            && speaks_tls(behind.script.serves)
            && let Some(config) = (behind.tls)()
        {
            let tls = ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
            self.tls = Some(Box::new(tls));
        }
        let Some(tls) = &mut self.tls else {
            self.input.extend_from_slice(bytes);
            return Ok(());
        };
        tls::take(tls, bytes, &mut self.input)?;
        flush(tls, &mut self.output)
    }

    fn write(&mut self) -> Next {
        while !self.output.is_empty() {
            match self.stream.write(&self.output) {
                Ok(n) => drop(self.output.drain(..n)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Next::Output,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Next::Close,
            }
        }
        match self.phase {
            Phase::Closing => Next::Close,
            Phase::Reading | Phase::Delayed(_) => Next::Input,
        }
    }
}

/// Moves what TLS wants to send to the output.
fn flush(tls: &mut ServerConnection, output: &mut Vec<u8>) -> io::Result<()> {
    while tls.wants_write() {
        tls.write_tls(output)?;
    }
    Ok(())
}

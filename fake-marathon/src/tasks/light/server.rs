//! The thread that owns the listeners of all light tasks and the connections to them.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, OnceLock, mpsc as threads},
    time::Duration,
};

use mio::{
    Events, Interest, Poll, Token, Waker,
    event::Event,
    net::{TcpListener, TcpStream},
};
use rustls::ServerConfig;
use slab::Slab;
use tokio::{sync::mpsc, time::Instant};

use super::{
    connection::{Behind, Connection, Next, Registered},
    task::{Plan, Task},
};
use crate::{
    clock::Time,
    ids::TaskId,
    task_tools::tls,
    tasks::simulated::{Port, SIGTERM},
    timers::Timers,
    wire::{Exit, TaskReport},
};

/// Sockets that the poll tells of at once.
const EVENTS: usize = 1024;
/// How long a listener is left alone after an error.
const ACCEPT_AGAIN: Duration = Duration::from_millis(10);
/// After a turn with connections the next ones gather for this long: a thread that is woken for each of them costs more than
/// all the rest, and most are over, or have sent their request, when they are looked at together.
const GATHER: Duration = Duration::from_micros(500);
const WAKER: Token = Token(usize::MAX);

/// What the server is asked to do.
#[derive(Debug)]
pub(super) enum Call {
    /// Starts a task.
    Start(Box<Plan>),
    /// Sends a signal to a task.
    Signal(TaskId, i32),
}

/// A port that listens.
#[derive(Debug)]
struct Listening {
    listener: TcpListener,
    task: usize,
    port: usize,
}

#[derive(Debug)]
enum Due {
    /// A port of a task opens or closes.
    Change(usize),
    /// A task ends.
    Exit(usize, Exit),
    /// The delay of a connection's reply is over.
    Send(usize, u64),
    /// A listener is asked again for its connections.
    Accept(usize),
}

/// All light tasks.
#[derive(Debug)]
pub(super) struct Server {
    poll: Poll,
    waker: Arc<Waker>,
    calls: threads::Receiver<Call>,
    reports: mpsc::UnboundedSender<TaskReport>,
    origin: Instant,
    tasks: Slab<Task>,
    by_id: BTreeMap<TaskId, usize>,
    listening: Slab<Listening>,
    connections: Slab<Connection>,
    timers: Timers<Due>,
    /// Connections so far.
    accepted: u64,
}

impl Server {
    pub(super) fn new(calls: threads::Receiver<Call>, reports: mpsc::UnboundedSender<TaskReport>) -> io::Result<Self> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
        Ok(Self {
            poll,
            waker,
            calls,
            reports,
            origin: Instant::now(),
            tasks: Slab::new(),
            by_id: BTreeMap::new(),
            listening: Slab::new(),
            connections: Slab::new(),
            timers: Timers::default(),
            accepted: 0,
        })
    }

    /// Wakes the server after a call was sent.
    pub(super) fn waker(&self) -> Arc<Waker> {
        Arc::clone(&self.waker)
    }

    /// Serves until nobody can call any more.
    pub(super) fn run(mut self) {
        let mut events = Events::with_capacity(EVENTS);
        loop {
            let wait = self.timers.next().map(|due| due.since(self.now()) + Duration::from_micros(1));
            if let Err(error) = self.poll.poll(&mut events, wait)
                && error.kind() != io::ErrorKind::Interrupted
            {
                tracing::error!(%error, "light tasks end: the system does not tell of their sockets");
                return;
            }
            let idle = events.iter().all(|event| event.token() == WAKER);
            let mut fresh = Vec::new();
            for event in &events {
                self.turn(event, &mut fresh);
            }
            // After all others, so that more of their requests are there.
            for connection in fresh {
                self.advance(connection);
            }
            let now = self.now();
            while let Some((_, due)) = self.timers.pop_due(now) {
                self.due(now, due);
            }
            if !self.answer_calls() {
                return;
            }
            if !idle {
                gather();
            }
        }
    }

    /// The time on this server's own clock.
    fn now(&self) -> Time {
        Time::from_micros(0) + self.origin.elapsed()
    }

    fn turn(&mut self, event: &Event, fresh: &mut Vec<usize>) {
        match event.token() {
            WAKER => {}
            Token(token) if token.is_multiple_of(2) => self.accept(token / 2, fresh),
            Token(token) => self.advance(token / 2),
        }
    }

    /// Does what was asked since; `false` when nobody can ask any more.
    fn answer_calls(&mut self) -> bool {
        loop {
            match self.calls.try_recv() {
                Ok(Call::Start(plan)) => self.start(*plan),
                Ok(Call::Signal(task, signal)) => self.signal(&task, signal),
                Err(threads::TryRecvError::Empty) => return true,
                Err(threads::TryRecvError::Disconnected) => return false,
            }
        }
    }

    fn report(&self, report: TaskReport) {
        // The receiver is dropped: the fake is shutting down.
        let _ = self.reports.send(report);
    }

    fn start(&mut self, plan: Plan) {
        let now = self.now();
        let id = plan.id.clone();
        let exits = plan.script.exits;
        let n = self.tasks.insert(Task::new(plan, now));
        self.by_id.insert(id.clone(), n);
        self.report(TaskReport::Started { task: id, executor_pid: None });
        if let Some((after, status)) = exits {
            self.end_at(n, now + after, Exit::Status(status));
        }
        self.open_and_close(now, n);
    }

    /// Plans the end of a task, instead of any other.
    fn end_at(&mut self, n: usize, at: Time, exit: Exit) {
        let Some(task) = self.tasks.get_mut(n) else { return };
        if let Some(other) = task.exit.take() {
            self.timers.cancel(other);
        }
        task.exit = Some(self.timers.set(at, Due::Exit(n, exit)));
    }

    fn signal(&mut self, id: &TaskId, signal: i32) {
        let now = self.now();
        let Some((n, task)) = self.by_id.get(id).and_then(|n| Some((*n, self.tasks.get_mut(*n)?))) else { return };
        if signal == SIGTERM && task.ignores_sigterm(now) {
            return;
        }
        // The first signal that ends it is the one that counts.
        if !std::mem::replace(&mut task.dying, true) {
            self.end_at(n, now, Exit::Signal(signal));
        }
    }

    fn due(&mut self, now: Time, due: Due) {
        match due {
            Due::Change(n) => self.open_and_close(now, n),
            Due::Exit(n, exit) => self.end(n, exit),
            Due::Send(n, serial) => {
                if let Some(connection) = self.connections.get_mut(n).filter(|connection| connection.serial == serial) {
                    let next = connection.send();
                    self.settle(n, next);
                }
            }
            Due::Accept(n) => {
                let mut fresh = Vec::new();
                self.accept(n, &mut fresh);
                fresh.into_iter().for_each(|connection| self.advance(connection));
            }
        }
    }

    /// Listens on the ports that are open now, and on no others.
    fn open_and_close(&mut self, now: Time, n: usize) {
        let Some(task) = self.tasks.get_mut(n) else { return };
        for port in 0..task.open.len() {
            let open = task.port(port, now) != Port::Closed;
            match (open, task.open[port]) {
                (false, Some(listening)) => {
                    self.listening.try_remove(listening);
                    task.open[port] = None;
                }
                (true, None) => match task.listen(port) {
                    Ok(listener) => {
                        let number = self.listening.insert(Listening { listener, task: n, port });
                        task.open[port] = Some(number);
                        if let Some(new) = self.listening.get_mut(number) {
                            // It fails for want of memory only; the task is then deaf, which its checks show.
                            let _ =
                                self.poll.registry().register(&mut new.listener, Token(number * 2), Interest::READABLE);
                        }
                    }
                    Err(error) => {
                        let (address, number) = (task.plan.address, task.plan.ports[port]);
                        tracing::warn!(task = %task.plan.id, "a light task cannot listen on {address}:{number}: {error}");
                        // As a server that cannot listen.
                        self.end_at(n, now, Exit::Status(1));
                        return;
                    }
                },
                (true, Some(_)) | (false, None) => {}
            }
        }
        if let Some(change) = task.change.take() {
            self.timers.cancel(change);
        }
        let next = task.script().next_change(task.age(now));
        task.change = next.map(|age| self.timers.set(task.started + age, Due::Change(n)));
    }

    fn end(&mut self, n: usize, exit: Exit) {
        let Some(task) = self.tasks.try_remove(n) else { return };
        for key in task.change.into_iter().chain(task.exit) {
            self.timers.cancel(key);
        }
        for listening in task.open.into_iter().flatten() {
            self.listening.try_remove(listening);
        }
        let of_task = self.connections.iter().filter(|(_, connection)| connection.task == n);
        for connection in of_task.map(|(number, _)| number).collect::<Vec<_>>() {
            self.settle(connection, Next::Reset);
        }
        self.by_id.remove(&task.plan.id);
        self.report(TaskReport::Exited { task: task.plan.id, exit });
    }

    /// Takes all new connections of a listener.
    fn accept(&mut self, n: usize, fresh: &mut Vec<usize>) {
        let Some(Listening { listener, task, port }) = self.listening.get(n) else { return };
        loop {
            match listener.accept() {
                Ok((stream, _)) => {
                    self.accepted += 1;
                    let connection = Connection::new(stream, self.accepted, *task, *port);
                    fresh.push(self.connections.insert(connection));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                // A client gave up, or something is lacking: the poll does not tell again of what waits.
                Err(_) => {
                    let at = Time::from_micros(0) + self.origin.elapsed() + ACCEPT_AGAIN;
                    self.timers.set(at, Due::Accept(n));
                    return;
                }
            }
        }
    }

    fn advance(&mut self, n: usize) {
        let now = self.now();
        let Some(connection) = self.connections.get_mut(n) else { return };
        let Some(task) = self.tasks.get(connection.task) else { return };
        let port = task.port(connection.port, now);
        let next = connection.advance(Behind { script: task.script(), port, tls: certificate });
        self.settle(n, next);
    }

    fn settle(&mut self, n: usize, next: Next) {
        let Some(connection) = self.connections.get_mut(n) else { return };
        let watch = match next {
            Next::Input => Registered::Input,
            Next::Output => Registered::InputAndOutput,
            Next::Delay(after) => {
                let at = Time::from_micros(0) + self.origin.elapsed() + after;
                self.timers.set(at, Due::Send(n, connection.serial));
                Registered::Input
            }
            Next::Close => {
                self.connections.try_remove(n);
                return;
            }
            Next::Reset => {
                reset(&connection.stream);
                self.connections.try_remove(n);
                return;
            }
        };
        if connection.registered != watch {
            let interest = match watch {
                Registered::InputAndOutput => Interest::READABLE | Interest::WRITABLE,
                Registered::Nothing | Registered::Input => Interest::READABLE,
            };
            let (registry, token) = (self.poll.registry(), Token(n * 2 + 1));
            let registered = match connection.registered {
                Registered::Nothing => registry.register(&mut connection.stream, token, interest),
                Registered::Input | Registered::InputAndOutput => {
                    registry.reregister(&mut connection.stream, token, interest)
                }
            };
            connection.registered = watch;
            if registered.is_err() {
                self.connections.try_remove(n);
            }
        }
    }
}

/// Lets connections gather.
#[expect(clippy::disallowed_methods, reason = "this thread has no runtime, and its sockets live in real time")]
fn gather() {
    std::thread::sleep(GATHER);
}

/// Makes the close of this connection a reset.
fn reset(stream: &TcpStream) {
    let linger = nix::libc::linger { l_onoff: 1, l_linger: 0 };
    // A connection that is gone already needs none.
    let _ = nix::sys::socket::setsockopt(stream, nix::sys::socket::sockopt::Linger, &linger);
}

/// The certificate of all light tasks, made when the first client speaks TLS; none if that fails.
fn certificate() -> Option<&'static Arc<ServerConfig>> {
    static CERTIFICATE: OnceLock<Option<Arc<ServerConfig>>> = OnceLock::new();
    CERTIFICATE.get_or_init(|| tls::self_signed().and_then(|identity| identity.config()).ok()).as_ref()
}

//! One light task: which of its ports listen, and when that changes.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use mio::net::TcpListener;

use crate::{
    clock::Time,
    ids::TaskId,
    tasks::simulated::{Port, Script, TRAP_SET},
    timers::TimerKey,
};

/// A task to be started.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) id: TaskId,
    /// Where it listens.
    pub(super) address: Ipv4Addr,
    pub(super) ports: Vec<u16>,
    pub(super) script: Script,
}

/// A task of the server.
#[derive(Debug)]
pub(super) struct Task {
    pub(super) plan: Plan,
    pub(super) started: Time,
    /// The listener of each port, by its number at the server.
    pub(super) open: Vec<Option<usize>>,
    /// When a port changes next.
    pub(super) change: Option<TimerKey>,
    /// When it ends.
    pub(super) exit: Option<TimerKey>,
    /// Whether a signal ends it.
    pub(super) dying: bool,
}

impl Task {
    pub(super) fn new(plan: Plan, started: Time) -> Self {
        let open = vec![None; plan.ports.len()];
        Self { plan, started, open, change: None, exit: None, dying: false }
    }

    pub(super) fn script(&self) -> &Script {
        &self.plan.script
    }

    pub(super) fn age(&self, now: Time) -> Duration {
        now.since(self.started)
    }

    /// The state of a port.
    pub(super) fn port(&self, n: usize, now: Time) -> Port {
        self.script().nth_port(n, self.age(now))
    }

    /// Whether SIGTERM does nothing, as with a simulated task.
    pub(super) fn ignores_sigterm(&self, now: Time) -> bool {
        self.script().ignores_sigterm && self.age(now) >= TRAP_SET
    }

    /// Listens on a port.
    pub(super) fn listen(&self, n: usize) -> io::Result<TcpListener> {
        TcpListener::bind(SocketAddr::from((self.plan.address, self.plan.ports[n])))
    }
}

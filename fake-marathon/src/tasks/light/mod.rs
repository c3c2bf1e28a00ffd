//! Light tasks: a listener of this process for each port of a task, so real sockets and no process.
//!
//! How a task behaves is the script that a simulated task would have: from its label, from its command, or assumed. One
//! thread (`server`) owns all listeners and their connections; a connection is kept only while a client waits. Each agent
//! has a loopback address of its own (127.0.0.1, 127.0.0.2, …) and its tasks listen on that one, so agents may give out the
//! same ports. What an executor asks at its own 127.0.0.1 is asked at its agent's address.
//!
//! A light task listens on IPv4 and on host ports only; a pod's container whose check asks a port of the pod's own network
//! is refused with a sentence. It runs no commands: a command check whose result the script knows
//! gets it, any other fails with a sentence.

mod answers;
mod connection;
pub mod limits;
mod server;
mod task;
#[cfg(test)]
mod tests;

use std::{
    io,
    net::Ipv4Addr,
    sync::{Arc, mpsc as threads},
    thread::JoinHandle,
};

use tokio::{sync::mpsc, time::Instant};

use self::{
    server::{Call, Server},
    task::Plan,
};
use super::simulated::{self, Described, Script};
use crate::{
    checkers::{Probe, ProbeKind, ProbeOutcome, ProbedBy},
    ids::TaskId,
    task_map::TaskMap,
    wire::{TaskCall, TaskInfo, TaskReport},
};

/// All light tasks of one fake. Dropping it ends them all.
#[derive(Debug)]
pub struct LightTasks {
    /// Taken at the end, which the server notices.
    calls: Option<threads::Sender<Call>>,
    waker: Arc<mio::Waker>,
    server: Option<JoinHandle<()>>,
    reports: mpsc::UnboundedSender<TaskReport>,
    known: TaskMap<Box<Known>>,
}

/// What is known of a task outside the server.
#[derive(Debug)]
struct Known {
    script: Script,
    started: Instant,
    address: Ipv4Addr,
    /// (host port, container port)
    mapped_ports: Vec<(u16, u16)>,
}

impl LightTasks {
    /// Starts the thread that owns the listeners. What happens to tasks comes through `reports`, as with process tasks.
    ///
    /// # Errors
    /// The system gives no thread or no poll.
    pub fn start(reports: mpsc::UnboundedSender<TaskReport>) -> io::Result<Self> {
        let (calls, inbox) = threads::channel();
        let server = Server::new(inbox, reports.clone())?;
        let waker = server.waker();
        let server = std::thread::Builder::new().name(String::from("light-tasks")).spawn(move || server.run())?;
        Ok(Self { calls: Some(calls), waker, server: Some(server), reports, known: TaskMap::default() })
    }

    /// Does what an executor asks; calls that name a task that is not there any more do nothing. Returns the task if
    /// neither a label nor a known command describes it, so that it is assumed to be well.
    pub fn call(&mut self, call: TaskCall) -> Option<TaskId> {
        match call {
            TaskCall::Fetch(info) => self.report(simulated::fetch(&info)),
            TaskCall::Start(info) => return self.begin(&info),
            TaskCall::Terminate(task) => self.send(Call::Signal(task, simulated::SIGTERM)),
            TaskCall::Kill(task) => self.send(Call::Signal(task, simulated::SIGKILL)),
        }
        None
    }

    fn begin(&mut self, info: &TaskInfo) -> Option<TaskId> {
        let task = info.id.clone();
        let host = info.env.iter().find(|(name, _)| name == "HOST").map_or("127.0.0.1", |(_, host)| host.as_str());
        let described = simulated::describe(info).and_then(|described| {
            let address = host.parse::<Ipv4Addr>();
            address
                .map(|address| (described, address))
                .map_err(|_| format!("a light task listens at its agent's address, and {host} is not one of IPv4"))
        });
        let described = described.and_then(|described| reachable(info).map(|()| described));
        let (Described { script, assumed }, address) = match described {
            Ok(described) => described,
            Err(why) => {
                self.report(TaskReport::NotStarted { task, why });
                return None;
            }
        };
        let mapped_ports = info.mapped_ports.clone();
        let known = Known { script: script.clone(), started: Instant::now(), address, mapped_ports };
        self.known.insert_with(task.clone(), |_| Box::new(known));
        self.send(Call::Start(Box::new(Plan { id: task.clone(), address, ports: info.ports.clone(), script })));
        assumed.then_some(task)
    }

    /// Where a probe goes, if that is not where it says: an executor's loopback is its agent's address, and a port inside
    /// its task's network the host port that leads there.
    #[must_use]
    pub fn place(&self, probe: &Probe) -> Option<(Ipv4Addr, u16)> {
        // Checks of Marathon go straight to the agent's address, without a look at the task.
        if probe.by != ProbedBy::Executor || probe.host != "127.0.0.1" {
            return None;
        }
        let known = self.known.get(&probe.task)?;
        let port = known.mapped_ports.iter().find(|(_, inside)| *inside == probe.port).map(|(host, _)| *host);
        Some((known.address, port.unwrap_or(probe.port)))
    }

    /// A command check, answered by the task's script.
    pub fn check(&self, probe: Probe) -> impl Future<Output = ProbeOutcome> + Send + 'static {
        let answer = self
            .known
            .get(&probe.task)
            .map(|known| simulated::shell_check(&known.script, known.started.elapsed(), &probe));
        async move {
            let (takes, outcome) = match answer {
                None => return ProbeOutcome::Transient,
                Some(Err(why)) => return ProbeOutcome::Failed(why),
                Some(Ok(answer)) => answer.unzip(),
            };
            match (takes, probe.timeout) {
                (Some(takes), timeout) if timeout.is_none_or(|timeout| takes < timeout) => {
                    tokio::time::sleep(takes).await;
                    outcome.unwrap_or(ProbeOutcome::TimedOut)
                }
                (_, Some(timeout)) => {
                    tokio::time::sleep(timeout).await;
                    ProbeOutcome::TimedOut
                }
                (_, None) => std::future::pending().await,
            }
        }
    }

    /// A task has ended.
    pub fn forget(&mut self, task: &TaskId) {
        self.known.remove(task);
    }

    fn report(&self, report: TaskReport) {
        // The receiver is dropped: the fake is shutting down.
        let _ = self.reports.send(report);
    }

    fn send(&self, call: Call) {
        // A server that is gone has nobody to tell.
        if let Some(calls) = &self.calls
            && calls.send(call).is_ok()
        {
            let _ = self.waker.wake();
        }
    }
}

/// Whether the check of a pod's container asks a port that a light task can have. (An app's may ask any, and then fails.)
fn reachable(info: &TaskInfo) -> Result<(), String> {
    let Some(check) = info.health_check.as_ref().filter(|_| info.executor.is_some()) else { return Ok(()) };
    let has = |port| info.ports.contains(&port) || info.mapped_ports.iter().any(|(_, inside)| *inside == port);
    match check.kind {
        ProbeKind::Tcp | ProbeKind::Http { .. } if !has(check.port) => Err(format!(
            "a light task listens on host ports only, and its check asks port {} of the pod's own network: give the \
             endpoint a hostPort, or use process tasks",
            check.port
        )),
        ProbeKind::Tcp | ProbeKind::Http { .. } | ProbeKind::Command { .. } => Ok(()),
    }
}

impl Drop for LightTasks {
    /// Ends the thread, and with it every listener and connection.
    fn drop(&mut self) {
        self.calls = None;
        let _ = self.waker.wake();
        if let Some(server) = self.server.take() {
            // A panic of the server has been printed.
            let _ = server.join();
        }
    }
}

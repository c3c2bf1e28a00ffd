//! Host ports of a task that lead to its container ports, as Docker's bridge and its proxy make them. A process task has
//! the machine's network, so its server listens on the container port of loopback. Two tasks cannot both have it there: the
//! second would be checked at the first one's server, so it fails with a sentence instead.

use std::{io, sync::Arc, time::Duration};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use super::Shared;
use crate::wire::TaskInfo;

/// How long a port is left alone after an error.
const ACCEPT_AGAIN: Duration = Duration::from_millis(10);

/// The container ports of a task, which no other task has until this is dropped.
pub(super) struct Claim {
    shared: Arc<Shared>,
    ports: Vec<u16>,
}

impl Claim {
    /// Claims them.
    pub(super) async fn of(shared: &Arc<Shared>, task: &TaskInfo) -> Result<Self, String> {
        let mut claim = Self { shared: shared.clone(), ports: Vec::new() };
        for (_, inside) in &task.mapped_ports {
            let is_ours = shared.state().inside.insert(*inside);
            if is_ours {
                claim.ports.push(*inside);
            }
            if !is_ours || TcpListener::bind(("0.0.0.0", *inside)).await.is_err() {
                return Err(format!(
                    "container port {inside} is in use on this machine, whose network process tasks share: run one task \
                     with it at a time, or give the app a host network"
                ));
            }
        }
        Ok(claim)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        for port in &self.ports {
            state.inside.remove(port);
        }
    }
}

/// Listens on every mapped host port; dropping the set ends it.
pub(super) async fn start(task: &TaskInfo) -> Result<JoinSet<()>, String> {
    let host = task.env.iter().find(|(name, _)| name == "HOST").map_or("127.0.0.1", |(_, host)| host.as_str());
    let mut forwarders = JoinSet::new();
    for (port, inside) in &task.mapped_ports {
        let listener = TcpListener::bind((host, *port)).await;
        let listener =
            listener.map_err(|error| format!("cannot forward host port {port} to port {inside}: {error}"))?;
        forwarders.spawn(forward(listener, *inside));
    }
    Ok(forwarders)
}

async fn forward(listener: TcpListener, inside: u16) {
    let mut connections = JoinSet::new();
    loop {
        let (outer, _) = accepted(|| listener.accept()).await;
        while connections.try_join_next().is_some() {}
        // As with Docker's proxy, a connection is made even when nobody listens inside, and then closed.
        connections.spawn(async move {
            let _: io::Result<()> = connect(outer, inside).await;
        });
    }
}

/// The next connection. A client that gave up, or a machine that has no more files for a while, ends no port.
async fn accepted<T, F: Future<Output = io::Result<T>>>(mut accept: impl FnMut() -> F) -> T {
    loop {
        match accept().await {
            Ok(accepted) => return accepted,
            Err(_) => tokio::time::sleep(ACCEPT_AGAIN).await,
        }
    }
}

async fn connect(mut outer: TcpStream, inside: u16) -> io::Result<()> {
    let mut inner = TcpStream::connect(("127.0.0.1", inside)).await?;
    copy_bidirectional(&mut outer, &mut inner).await.map(drop)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;
    use crate::tasks::process::testing;

    #[tokio::test]
    async fn a_port_outlives_its_errors() {
        let mut answers = vec![Ok(7), Err(io::Error::other("too many open files")), Err(io::Error::other("aborted"))];
        assert_eq!(accepted(|| std::future::ready(answers.pop().unwrap())).await, 7);
    }

    #[tokio::test]
    async fn a_host_port_leads_to_the_port_inside() {
        let inner = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let free = TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap().port();
        let mut task = testing::shell("t", "true");
        task.mapped_ports = vec![(free, inner.local_addr().unwrap().port())];
        let forwarders = start(&task).await.unwrap();
        let mut outer = TcpStream::connect(("127.0.0.1", free)).await.unwrap();
        outer.write_all(b"hello").await.unwrap();
        let (mut accepted, _) = inner.accept().await.unwrap();
        let mut heard = [0; 5];
        accepted.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"hello");
        drop(forwarders);
    }
}

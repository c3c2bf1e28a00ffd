//! What the check runtime does beyond a probe: many at once, bounds, lateness.

use std::{net::Ipv4Addr, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    time::Instant,
};

use super::{
    CheckRuntime, Job,
    quick::{self, Step},
    serve,
};
use crate::{
    checkers::{Probe, ProbeId, ProbeKind, ProbeOutcome, ProbeRequest, ProbedBy, socket::Route},
    ids::TaskId,
};

fn job(id: u64, port: u16, kind: ProbeKind) -> Job {
    let request = ProbeRequest {
        task: TaskId::new("t"),
        by: ProbedBy::Executor,
        kind,
        host: String::from("127.0.0.1"),
        port,
        want_body: false,
    };
    let timeout = Some(Duration::from_secs(20));
    let probe = Probe { id: ProbeId(id), timeout, request: Arc::new(request) };
    Job { probe, route: Route::default(), due: Instant::now() }
}

#[test]
fn a_connection_that_was_reset_before_anybody_looked_was_made() {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let begun = quick::begin(job(1, listener.local_addr().unwrap().port(), ProbeKind::Tcp));
    let Step::On(begun) = begun else { panic!("{begun:?}") };
    let (accepted, _) = listener.accept().unwrap();
    let at_once = nix::libc::linger { l_onoff: 1, l_linger: 0 };
    nix::sys::socket::setsockopt(&accepted, nix::sys::socket::sockopt::Linger, &at_once).unwrap();
    drop(accepted);
    let step = quick::use_connection(begun);
    assert!(matches!(step, Step::Done(ProbeOutcome::Ok)), "{step:?}");
}

fn get() -> ProbeKind {
    ProbeKind::Http { path: String::from("/"), tls: false }
}

/// As a Mesos-level check without a path is.
#[test]
fn a_check_without_a_path_goes_the_quick_way_too_and_asks_for_the_root() {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let kind = ProbeKind::Http { path: String::new(), tls: false };
    let job = job(1, listener.local_addr().unwrap().port(), kind);
    assert!(quick::request(&job.probe, "").starts_with(b"GET / HTTP/1.1\r\n"));
    let step = quick::begin(job);
    assert!(matches!(step, Step::On(_)), "{step:?}");
}

/// Answers each request once `go` is told, or at once.
async fn server() -> (u16, tokio::sync::watch::Sender<bool>) {
    let (go, seen) = tokio::sync::watch::channel(false);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut seen = seen.clone();
            tokio::spawn(async move {
                let mut head = [0; 1024];
                let _ = stream.read(&mut head).await;
                let _ = seen.wait_for(|go| *go).await;
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
            });
        }
    });
    (port, go)
}

async fn outcomes(runtime: &mut CheckRuntime, n: usize) -> Vec<(ProbeId, ProbeOutcome)> {
    let mut all = Vec::new();
    while all.len() < n {
        all.extend(runtime.next().await);
    }
    all.sort_by_key(|(id, _)| *id);
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_probe_of_many_comes_back_once() {
    let (port, go) = server().await;
    go.send_replace(true);
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap().port();
    let mut runtime = CheckRuntime::start().unwrap();
    for id in 0..600 {
        runtime.probe(match id % 3 {
            0 => job(id, port, ProbeKind::Tcp),
            1 => job(id, port, get()),
            _ => job(id, closed, get()),
        });
    }
    let wanted = |id: u64| match id % 3 {
        0 => ProbeOutcome::Ok,
        1 => ProbeOutcome::Status(200),
        _ => ProbeOutcome::Refused,
    };
    let all = outcomes(&mut runtime, 600).await;
    assert_eq!(all, (0..600).map(|id| (ProbeId(id), wanted(id))).collect::<Vec<_>>());
    assert!(runtime.lateness().figures().max_micros > 0);
}

/// A probe that hangs delays those behind it only when all places are taken.
#[tokio::test]
async fn no_more_probes_wait_for_their_peers_than_allowed() {
    let (port, go) = server().await;
    let (jobs, inbox) = tokio::sync::mpsc::unbounded_channel();
    let (results, mut outcomes) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(serve::Server::new(inbox, results, Arc::default(), 2).run());
    for id in 1..=3 {
        jobs.send(job(id, port, get())).unwrap();
        // One turn each.
        tokio::task::yield_now().await;
    }
    jobs.send(job(4, port, ProbeKind::Tcp)).unwrap();
    go.send_replace(true);
    let mut all = Vec::new();
    while all.len() < 4 {
        all.extend(outcomes.recv().await.unwrap().into_iter().map(|(id, _)| id.0));
    }
    assert!(all.iter().position(|id| *id == 4) > Some(1), "it waited for two of three that hang: {all:?}");
}

/// A fake that ends does not wait for a probe that hangs without a limit.
#[tokio::test]
async fn the_end_does_not_wait_for_probes_that_hang() {
    let (port, _go) = server().await;
    let (jobs, inbox) = tokio::sync::mpsc::unbounded_channel();
    let (results, outcomes) = tokio::sync::mpsc::unbounded_channel();
    let server = tokio::spawn(serve::Server::new(inbox, results, std::sync::Arc::default(), 1).run());
    let mut endless = job(1, port, get());
    endless.probe.timeout = None;
    jobs.send(endless).unwrap();
    tokio::task::yield_now().await;
    drop(outcomes);
    server.await.unwrap();
}

/// A connection that is reset when it is closed leaves nothing that its peer waits for.
#[tokio::test]
async fn connections_are_closed_by_a_reset() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let mut runtime = CheckRuntime::start().unwrap();
    runtime.probe(job(1, listener.local_addr().unwrap().port(), ProbeKind::Tcp));
    assert_eq!(runtime.next().await, [(ProbeId(1), ProbeOutcome::Ok)]);
    let (mut stream, _) = listener.accept().await.unwrap();
    let ended = stream.read_u8().await.unwrap_err();
    assert_eq!(ended.kind(), std::io::ErrorKind::ConnectionReset);
}

/// The time-out counts from when a probe begins, however late that is.
#[tokio::test]
async fn a_probe_that_begins_late_has_all_of_its_time() {
    let (port, go) = server().await;
    let mut runtime = CheckRuntime::start().unwrap();
    let mut late = job(1, port, get());
    late.due -= Duration::from_secs(60);
    go.send_replace(true);
    runtime.probe(late);
    assert_eq!(runtime.next().await, [(ProbeId(1), ProbeOutcome::Status(200))]);
    assert!(runtime.lateness().figures().max_micros >= 60_000_000);
}

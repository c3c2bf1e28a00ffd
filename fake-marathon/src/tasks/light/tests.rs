//! Light tasks over real sockets: each behaviour as a check meets it.

use std::{sync::Arc, time::Duration};

use rstest::rstest;
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

use super::{super::process::testing, LightTasks};
use crate::{
    checkers::{
        Probe, ProbeId, ProbeKind, ProbeOutcome, ProbeRequest, ProbedBy,
        socket::{self, Route},
    },
    ids::TaskId,
    tasks::simulated::BEHAVIOUR_LABEL,
    wire::{ExecutorInfo, Exit, NativeCheck, TaskCall, TaskReport},
};

const AGENT: [u8; 4] = [127, 0, 0, 2];

/// One task on the second agent, and what it reports.
struct One {
    tasks: LightTasks,
    reports: mpsc::UnboundedReceiver<TaskReport>,
    port: u16,
    assumed: Option<TaskId>,
}

impl One {
    /// Starts it with this command and, unless empty, label.
    async fn start(command: &str, label: &str) -> Self {
        let free = TcpListener::bind((std::net::Ipv4Addr::from(AGENT), 0)).await.unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let (sender, mut reports) = mpsc::unbounded_channel();
        let mut tasks = LightTasks::start(sender).unwrap();
        let mut info = testing::shell("t", command);
        info.env = vec![(String::from("HOST"), String::from("127.0.0.2"))];
        info.ports = vec![port];
        if !label.is_empty() {
            info.labels = Arc::from([(BEHAVIOUR_LABEL.to_owned(), label.to_owned())]);
        }
        let assumed = tasks.call(TaskCall::Start(Arc::new(info)));
        let started = reports.recv().await.unwrap();
        assert_eq!(started, TaskReport::Started { task: TaskId::new("t"), executor_pid: None });
        Self { tasks, reports, port, assumed }
    }

    /// Waits until its port is open, which takes a start-up time.
    async fn listening(command: &str, label: &str) -> Self {
        let one = Self::start(command, label).await;
        while !one.listens().await {
            tokio::task::yield_now().await;
        }
        one
    }

    /// A probe with much time, unless it is to run out of it.
    fn asking(&self, kind: ProbeKind, by: ProbedBy, wanted: &ProbeOutcome) -> Probe {
        let timeout = Duration::from_millis(if *wanted == ProbeOutcome::TimedOut { 200 } else { 20_000 });
        let host = match by {
            ProbedBy::Marathon => "127.0.0.2",
            ProbedBy::Executor => "127.0.0.1",
        };
        let request =
            ProbeRequest { task: TaskId::new("t"), by, kind, host: host.to_owned(), port: self.port, want_body: false };
        Probe { id: ProbeId(1), timeout: Some(timeout), request: Arc::new(request) }
    }

    async fn answers(&self, kind: ProbeKind, by: ProbedBy, wanted: ProbeOutcome) {
        let probe = self.asking(kind, by, &wanted);
        let route = Route { instead: self.tasks.place(&probe).map(Into::into) };
        assert_eq!(socket::probe(&probe, route).await, wanted, "{probe:?}");
    }

    /// Whether its port is open.
    async fn listens(&self) -> bool {
        let probe = self.asking(ProbeKind::Tcp, ProbedBy::Marathon, &ProbeOutcome::Ok);
        socket::probe(&probe, Route::default()).await == ProbeOutcome::Ok
    }

    async fn check(&self, shell: &str, wanted: &ProbeOutcome) -> ProbeOutcome {
        let kind = ProbeKind::Command { shell: shell.to_owned() };
        self.tasks.check(self.asking(kind, ProbedBy::Executor, wanted)).await
    }
}

fn get(tls: bool) -> ProbeKind {
    ProbeKind::Http { path: String::from("/"), tls }
}

#[rstest]
#[case::well("well", ProbeOutcome::Ok, ProbeOutcome::Status(200), ProbeOutcome::Status(200))]
#[case::status("http=503", ProbeOutcome::Ok, ProbeOutcome::Status(503), ProbeOutcome::Status(503))]
#[case::hung("hangs", ProbeOutcome::Ok, ProbeOutcome::TimedOut, ProbeOutcome::TimedOut)]
#[case::slow("slow=10s", ProbeOutcome::Ok, ProbeOutcome::TimedOut, ProbeOutcome::TimedOut)]
#[case::a_little_slow("slow=20ms", ProbeOutcome::Ok, ProbeOutcome::Status(200), ProbeOutcome::Status(200))]
#[tokio::test]
async fn a_label_decides_what_a_check_meets(
    #[case] label: &str,
    #[case] tcp: ProbeOutcome,
    #[case] http: ProbeOutcome,
    #[case] https: ProbeOutcome,
    #[values(ProbedBy::Marathon, ProbedBy::Executor)] by: ProbedBy,
) {
    let one = One::listening("anything", label).await;
    assert_eq!(one.assumed, None);
    one.answers(ProbeKind::Tcp, by, tcp).await;
    one.answers(get(false), by, http).await;
    one.answers(get(true), by, https).await;
}

#[rstest]
#[case::listener("ncat -l -k -p $PORT", ProbeOutcome::TimedOut)]
#[case::closes("nc -l -k -p $PORT -e true", ProbeOutcome::Reset)]
#[case::files("python3 -m http.server $PORT", ProbeOutcome::Status(200))]
#[tokio::test]
async fn a_known_command_behaves_as_it_does(#[case] command: &str, #[case] http: ProbeOutcome) {
    let one = One::listening(command, "").await;
    assert_eq!(one.assumed, None);
    one.answers(ProbeKind::Tcp, ProbedBy::Executor, ProbeOutcome::Ok).await;
    one.answers(get(false), ProbedBy::Marathon, http).await;
}

#[tokio::test]
async fn an_unknown_command_is_assumed_to_be_well() {
    let one = One::listening("some-server", "").await;
    assert_eq!(one.assumed, Some(TaskId::new("t")));
    one.answers(get(false), ProbedBy::Marathon, ProbeOutcome::Status(200)).await;
}

/// A port that closes refuses; one that opens again answers again.
#[tokio::test]
async fn a_flapping_task_refuses_and_answers_in_turns() {
    let one = One::listening("anything", "flaps=up:100ms,down:100ms").await;
    for wanted in [false, true, false] {
        while one.listens().await != wanted {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn a_task_that_never_listens_refuses() {
    let one = One::start("anything", "never-healthy").await;
    one.answers(ProbeKind::Tcp, ProbedBy::Marathon, ProbeOutcome::Refused).await;
    one.answers(get(false), ProbedBy::Executor, ProbeOutcome::Refused).await;
}

/// A request in two pieces is one request.
#[tokio::test]
async fn a_request_may_come_in_pieces() {
    let one = One::listening("anything", "http=204").await;
    let mut stream = TcpStream::connect((std::net::Ipv4Addr::from(AGENT), one.port)).await.unwrap();
    stream.set_nodelay(true).unwrap();
    for piece in ["GET / HT", "TP/1.1\r\nhost: x\r\n", "\r\n"] {
        stream.write_all(piece.as_bytes()).await.unwrap();
        tokio::task::yield_now().await;
    }
    let mut answer = String::new();
    tokio::io::AsyncReadExt::read_to_string(&mut stream, &mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.0 204 "), "{answer}");
}

#[rstest]
#[case::sigterm("well", TaskCall::Terminate(TaskId::new("t")), Exit::Signal(15))]
#[case::sigkill("ignores-sigterm", TaskCall::Kill(TaskId::new("t")), Exit::Signal(9))]
#[tokio::test]
async fn a_signal_ends_a_task_and_resets_its_connections(
    #[case] label: &str,
    #[case] call: TaskCall,
    #[case] exit: Exit,
) {
    let mut one = One::listening("anything", label).await;
    let mut open = TcpStream::connect((std::net::Ipv4Addr::from(AGENT), one.port)).await.unwrap();
    open.write_all(b"GET").await.unwrap();
    assert_eq!(one.tasks.call(call), None);
    let report = one.reports.recv().await.unwrap();
    assert_eq!(report, TaskReport::Exited { task: TaskId::new("t"), exit });
    let ended = tokio::io::AsyncReadExt::read_u8(&mut open).await.unwrap_err();
    // Reset, or closed if it had not even been accepted.
    assert!(matches!(ended.kind(), std::io::ErrorKind::ConnectionReset | std::io::ErrorKind::UnexpectedEof));
    one.answers(ProbeKind::Tcp, ProbedBy::Marathon, ProbeOutcome::Refused).await;
}

#[tokio::test]
async fn a_task_exits_as_its_label_says() {
    let mut one = One::start("anything", "crashes-after=20ms:3").await;
    let report = one.reports.recv().await.unwrap();
    assert_eq!(report, TaskReport::Exited { task: TaskId::new("t"), exit: Exit::Status(3) });
}

/// What a server does that finds its port in use.
#[tokio::test]
async fn a_port_in_use_ends_the_task() {
    let taken = std::net::TcpListener::bind((std::net::Ipv4Addr::from(AGENT), 0)).unwrap();
    let (sender, mut reports) = mpsc::unbounded_channel();
    let mut tasks = LightTasks::start(sender).unwrap();
    let mut info = testing::shell("t", "ncat -l -k -p $PORT");
    info.env = vec![(String::from("HOST"), String::from("127.0.0.2"))];
    info.ports = vec![taken.local_addr().unwrap().port()];
    tasks.call(TaskCall::Start(Arc::new(info)));
    assert!(matches!(reports.recv().await, Some(TaskReport::Started { .. })));
    let ended = reports.recv().await.unwrap();
    assert_eq!(ended, TaskReport::Exited { task: TaskId::new("t"), exit: Exit::Status(1) });
}

#[tokio::test]
async fn a_label_that_cannot_be_read_and_a_host_without_ipv4_are_refused() {
    let (sender, mut reports) = mpsc::unbounded_channel();
    let mut tasks = LightTasks::start(sender).unwrap();
    for (host, label, says) in [("127.0.0.1", "wel", "cannot read `wel`"), ("agent.example", "well", "agent.example")] {
        let mut info = testing::shell("t", "anything");
        info.env = vec![(String::from("HOST"), host.to_owned())];
        info.labels = Arc::from([(BEHAVIOUR_LABEL.to_owned(), label.to_owned())]);
        tasks.call(TaskCall::Start(Arc::new(info)));
        let Some(TaskReport::NotStarted { why, .. }) = reports.recv().await else { panic!("{host} was accepted") };
        assert!(why.contains(says), "{why}");
    }
}

/// A container of a pod has the pod's network: of its ports only those with a host port are there.
#[tokio::test]
async fn a_pods_check_is_led_to_the_host_port_or_refused_with_a_sentence() {
    let check = |port| NativeCheck {
        kind: ProbeKind::Tcp,
        host: "127.0.0.1",
        ip_protocol: "IPv4",
        path_is_empty: false,
        port,
        delay: Duration::ZERO,
        interval: Duration::from_secs(1),
        timeout: Duration::from_secs(1),
        consecutive_failures: 3,
        grace: Duration::ZERO,
    };
    let executor =
        ExecutorInfo { id: String::from("e"), cpus: 0.0, mem: 0.0, disk: 0.0, ports: Vec::new(), labels: Vec::new() };
    let (sender, mut reports) = mpsc::unbounded_channel();
    let mut tasks = LightTasks::start(sender).unwrap();
    let mut info = testing::shell("t", "sleep 1000");
    info.executor = Some(Arc::new(executor));
    info.health_check = Some(check(80));
    tasks.call(TaskCall::Start(Arc::new(info.clone())));
    let Some(TaskReport::NotStarted { why, .. }) = reports.recv().await else { panic!("nobody listens on port 80") };
    assert!(why.contains("its check asks port 80 of the pod's own network"), "{why}");

    let free = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let host = free.local_addr().unwrap().port();
    drop(free);
    info.ports = vec![host];
    info.mapped_ports = vec![(host, 80)];
    tasks.call(TaskCall::Start(Arc::new(info)));
    assert!(matches!(reports.recv().await, Some(TaskReport::Started { .. })));
    let request = ProbeRequest {
        task: TaskId::new("t"),
        by: ProbedBy::Executor,
        kind: ProbeKind::Tcp,
        host: String::from("127.0.0.1"),
        port: 80,
        want_body: false,
    };
    let probe = Probe { id: ProbeId(1), timeout: None, request: Arc::new(request) };
    assert_eq!(tasks.place(&probe), Some((std::net::Ipv4Addr::LOCALHOST, host)));
}

/// A command check is answered where its result is known, and refused with a sentence where it is not.
#[tokio::test]
async fn command_checks_are_answered_by_the_script() {
    let file = One::start("touch ok; sleep 1000000", "").await;
    while file.check("test -e ok", &ProbeOutcome::Ok).await != ProbeOutcome::Ok {
        tokio::task::yield_now().await;
    }
    assert_eq!(file.check("exit 3", &ProbeOutcome::Ok).await, ProbeOutcome::ExitStatus(3));
    assert_eq!(file.check("sleep 20", &ProbeOutcome::TimedOut).await, ProbeOutcome::TimedOut);
    let ProbeOutcome::Failed(why) = file.check("curl localhost", &ProbeOutcome::Ok).await else {
        panic!("it cannot know")
    };
    assert!(why.contains("`curl localhost`") && why.contains("use process tasks"), "{why}");
    let hung = One::listening("anything", "hangs").await;
    assert_eq!(hung.check("test -e ok", &ProbeOutcome::TimedOut).await, ProbeOutcome::TimedOut);
}

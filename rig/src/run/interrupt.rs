//! Signals: one request stops the run with clean-up, a later second one quits at once.

use std::time::Duration;

use futures::{Stream, StreamExt as _, stream};
use nix::sys::signal::Signal;
use tokio::{
    signal::unix::{SignalKind, signal},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use crate::exit::{Code, Failure};

/// Signals within this time of the first are the same request. The `timeout` of coreutils sends one to the program and
/// one to its process group, and a terminal that closes sends SIGHUP besides what its shell sends.
const ONE_REQUEST: Duration = Duration::from_secs(2);

/// The signals that end a process unless it catches them (`signal(7)`). Not among them: SIGKILL, which cannot be caught;
/// SIGPIPE, which Rust ignores; SIGILL, SIGFPE, SIGSEGV, SIGBUS, SIGSYS and SIGABRT, which report a bug of the program itself.
const SIGNALS: [Signal; 13] = [
    Signal::SIGHUP,
    Signal::SIGINT,
    Signal::SIGQUIT,
    Signal::SIGTERM,
    Signal::SIGTRAP,
    Signal::SIGALRM,
    Signal::SIGVTALRM,
    Signal::SIGPROF,
    Signal::SIGIO,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
    Signal::SIGXCPU,
    Signal::SIGXFSZ,
];

/// The same that Linux has and others do not.
#[cfg(target_os = "linux")]
const SIGNALS_OF_LINUX: [Signal; 2] = [Signal::SIGPWR, Signal::SIGSTKFLT];
#[cfg(not(target_os = "linux"))]
const SIGNALS_OF_LINUX: [Signal; 0] = [];

/// Linux's real-time signals, of which glibc keeps 32 and 33 for itself.
const REAL_TIME: std::ops::RangeInclusive<i32> = 34..=64;

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    /// Somebody wants the program to end.
    Request,
    /// A limit of this process was reached. The system sends it again and again, so it never cuts clean-up short.
    Limit,
}

impl Meaning {
    fn of(signal: Signal) -> Self {
        if matches!(signal, Signal::SIGXCPU | Signal::SIGXFSZ) { Self::Limit } else { Self::Request }
    }
}

/// What the user asked for during a run.
#[derive(Clone, Debug, Default)]
pub struct Interrupt {
    /// Stop: keep the samples, delete, wait, report.
    pub stop: CancellationToken,
    /// Quit at once: whatever is left stays.
    pub quit: CancellationToken,
}

impl Interrupt {
    /// Finishes the work, unless the user stops it first: for what comes before anything is deployed.
    ///
    /// # Errors
    /// The work fails; exit code 130 when it was stopped.
    pub async fn before_deployment<T>(&self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        tokio::select! {
            done = work => done,
            () = self.stop.cancelled() => Err(Failure::new(Code::Stopped, "stopped before anything was deployed")),
        }
    }

    /// Listens from now on, on the present runtime.
    pub fn listen() -> Self {
        let interrupt = Self::default();
        tokio::spawn(interrupt.clone().obey(signals()));
        interrupt
    }

    /// Stops at the first signal, and quits at a request that comes later than the first one's repetitions.
    async fn obey(self, mut signals: impl Stream<Item = Meaning> + Unpin) {
        let mut stopped: Option<Instant> = None;
        while let Some(meaning) = signals.next().await {
            match (meaning, stopped) {
                (Meaning::Request | Meaning::Limit, None) => {
                    stopped = Some(Instant::now());
                    self.stop.cancel();
                    harness::files::stop_waiting();
                }
                (Meaning::Request, Some(since)) if since.elapsed() >= ONE_REQUEST => self.quit.cancel(),
                (Meaning::Request | Meaning::Limit, Some(_)) => {}
            }
        }
    }
}

/// Each signal as it arrives. One without a handler keeps the system's own, which ends the process.
fn signals() -> impl Stream<Item = Meaning> + Unpin {
    let named = SIGNALS.into_iter().chain(SIGNALS_OF_LINUX).filter(|signal| !left_ignored(*signal));
    let named = named.map(|signal| (signal as i32, Meaning::of(signal)));
    let real_time = REAL_TIME.filter(|_| cfg!(target_os = "linux")).map(|number| (number, Meaning::Request));
    stream::select_all(named.chain(real_time).filter_map(|(number, meaning)| {
        let mut arrivals = signal(SignalKind::from_raw(number)).ok()?;
        Some(stream::poll_fn(move |context| arrivals.poll_recv(context)).map(move |()| meaning))
    }))
}

/// Whether the signal is to stay ignored: SIGHUP below `nohup`, which is there to outlive its terminal.
fn left_ignored(signal: Signal) -> bool {
    signal == Signal::SIGHUP
        && std::fs::read_to_string("/proc/self/status").is_ok_and(|status| ignores(&status, signal as i32))
}

/// Whether the mask of ignored signals in `/proc/self/status` has this one.
fn ignores(status: &str, number: i32) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (number - 1) & 1 == 1)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use tokio::{sync::mpsc, time::advance};

    use super::*;

    /// Signals by their meaning, with the milliseconds since the first; then whether the run is to be quit.
    #[rstest]
    #[case::once(&[(Meaning::Request, 0)], false)]
    #[case::both_of_timeout(&[(Meaning::Request, 0), (Meaning::Request, 1)], false)]
    #[case::many_within_two_seconds(&[(Meaning::Request, 0), (Meaning::Request, 900), (Meaning::Request, 1_999)], false)]
    #[case::a_later_one(&[(Meaning::Request, 0), (Meaning::Request, 2_000)], true)]
    #[case::a_repetition_and_a_later_one(&[(Meaning::Request, 0), (Meaning::Request, 1), (Meaning::Request, 5_000)], true)]
    #[case::limits_again_and_again(&[(Meaning::Limit, 0), (Meaning::Limit, 3_000), (Meaning::Limit, 6_000)], false)]
    #[case::a_limit_then_a_request(&[(Meaning::Limit, 0), (Meaning::Request, 3_000)], true)]
    #[tokio::test(start_paused = true)]
    async fn a_later_second_request_quits(#[case] arrivals: &[(Meaning, u64)], #[case] quits: bool) {
        let interrupt = Interrupt::default();
        let (send, mut received) = mpsc::unbounded_channel();
        let obeying = tokio::spawn(interrupt.clone().obey(stream::poll_fn(move |context| received.poll_recv(context))));
        let mut now = 0;
        for (meaning, at) in arrivals {
            advance(Duration::from_millis(at - now)).await;
            now = *at;
            send.send(*meaning).unwrap();
            tokio::task::yield_now().await;
            assert!(interrupt.stop.is_cancelled());
        }
        drop(send);
        obeying.await.unwrap();
        assert_eq!(interrupt.quit.is_cancelled(), quits);
    }

    #[test]
    fn an_ignored_signal_is_found_in_the_mask() {
        let status = "Name:\tsh\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000000001\nSigCgt:\t0000000000010002\n";
        assert!(ignores(status, Signal::SIGHUP as i32));
        assert!(!ignores(status, Signal::SIGINT as i32));
        assert!(!ignores("", Signal::SIGHUP as i32));
    }
}

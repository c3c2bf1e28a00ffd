//! The load of this machine's processors and of its table of connections during a run, kept in `events.jsonl`: on a
//! machine that is too small, a run measures the machine, and the diagnosis must be able to see that.

use std::{
    fs,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use harness::record::{EventRecord, Lines};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use crate::{
    folder::{
        evidence::{EvidenceKind, Machine},
        moment,
    },
    run::capacity,
};

/// Interval of two samples.
const APART: Duration = Duration::from_secs(5);

/// Records every few seconds how busy the machine was since the last sample, until `done`; returns the median. `start`
/// is the origin of the samples' clock. Where the system does not report it, nothing is recorded.
pub async fn follow(events: Arc<Mutex<Lines>>, start: Instant, done: CancellationToken) -> Option<Machine> {
    let mut before = Ticks::here()?;
    let mut samples = Vec::new();
    let mut interval = tokio::time::interval_at(Instant::now() + APART, APART);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while let Some(now) = tokio::select! {
        () = done.cancelled() => None,
        _ = interval.tick() => Ticks::here(),
    } {
        if let Some(machine) = now.since(before) {
            let machine = Machine { connections: connections(), ..machine };
            let fields = serde_json::to_value(machine).unwrap_or_default();
            let line = EventRecord::remark(
                moment::now(),
                start.elapsed().as_secs_f64(),
                EvidenceKind::Machine.as_str(),
                fields,
            );
            // The next sample reports a full disk; this line is an extra.
            let _ = events.lock().unwrap_or_else(PoisonError::into_inner).push(&line);
            samples.push(machine);
        }
        before = now;
    }
    Machine::median(samples)
}

/// What the processors did since the machine was started, in clock ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ticks {
    busy: u64,
    all: u64,
    cores: u64,
}

impl Ticks {
    fn here() -> Option<Self> {
        Self::read(&fs::read_to_string("/proc/stat").ok()?)
    }

    /// From `/proc/stat` (proc_stat(5)): `cpu user nice system idle iowait irq softirq steal …`, and a line like it for each
    /// processor. Waiting for a disk is idle time; time that the host gave to other guests (steal) was not available.
    fn read(stat: &str) -> Option<Self> {
        let all: Vec<u64> =
            stat.strip_prefix("cpu ")?.lines().next()?.split_whitespace().map_while(|word| word.parse().ok()).collect();
        let [user, nice, system, idle, waiting, irq, soft_irq, steal, ..] = all[..] else { return None };
        let busy = user + nice + system + irq + soft_irq + steal;
        let is_core =
            |line: &&str| line.strip_prefix("cpu").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        Some(Self { busy, all: busy + idle + waiting, cores: stat.lines().filter(is_core).count() as u64 })
    }

    /// None when no time has passed.
    fn since(self, before: Self) -> Option<Machine> {
        let all = self.all.checked_sub(before.all).filter(|ticks| *ticks > 0)?;
        let busy = self.busy.saturating_sub(before.busy) as f64 / all as f64;
        Some(Machine { busy: (busy * 1e3).round() / 1e3, cores: self.cores, ..Machine::default() })
    }
}

/// The share of the kernel's table of connections that is taken, where it has one.
fn connections() -> Option<f64> {
    let taken = capacity::number("/proc/sys/net/netfilter/nf_conntrack_count")?;
    let most = capacity::number("/proc/sys/net/netfilter/nf_conntrack_max").filter(|most| *most > 0)?;
    Some((taken as f64 / most as f64 * 1e3).round() / 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &str =
        "cpu  100 0 50 800 40 5 5 0 0 0\ncpu0 50 0 25 400 20 3 2 0 0 0\ncpu1 50 0 25 400 20 2 3 0 0 0\nintr 7\n";

    #[test]
    fn busy_is_what_is_neither_idle_nor_waiting() {
        let before = Ticks::read(STAT).unwrap();
        assert_eq!(before, Ticks { busy: 160, all: 1_000, cores: 2 });
        let now = Ticks { busy: 160 + 75, all: 1_100, cores: 2 };
        assert_eq!(now.since(before), Some(Machine { busy: 0.75, cores: 2, ..Machine::default() }));
        assert_eq!(before.since(before), None);
        assert_eq!(Ticks::read("cpu 1 2 3\n"), None);
        assert_eq!(Ticks::read(""), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_load_of_this_machine_can_be_read() {
        assert!(Ticks::here().is_some_and(|ticks| ticks.cores > 0 && ticks.busy <= ticks.all));
    }
}

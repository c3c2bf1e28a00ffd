//! How many tasks of the embedded fake this machine can hold: checked by `try` before it starts thousands.

use std::fs;

use fake_marathon::{PROCESS_PORTS, tasks::light::limits};

use super::embedded::{EmbeddedArgs, TaskKind};

/// What one task takes of each resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Processes.
    processes: u64,
    /// Files that this program keeps open.
    descriptors: u64,
    /// Memory in KiB.
    memory_kib: u64,
    /// Ports.
    ports: u64,
}

impl Cost {
    /// A supervisor, a shell, a server, and now and then the helper of a check. The files are the socket to the supervisor,
    /// and the connection of a check: measured with all pairs at once on a busy machine at most 1.6 a task. The memory was
    /// measured as what 400 tasks took from `MemAvailable` (debug build): 880 KiB (COMMAND) to 1,240 (HTTPS) each; 5,150
    /// where the program may lie at any address, as the static one does (`build.rs`).
    const PROCESS: Self = Self {
        processes: 4,
        descriptors: 2,
        memory_kib: if cfg!(target_feature = "crt-static") { 5 * 1024 } else { 1536 },
        ports: 1,
    };

    /// A listener; the connections of checks under way, of which there are few, are in the share of files that is left free.
    /// The memory was measured as the most that this program had with 18,000 tasks (release build, TCP, polls included):
    /// 38 KiB each. The rest is for the kernel, where a socket takes a few KiB.
    const LIGHT: Self = Self { processes: 0, descriptors: 1, memory_kib: 48, ports: 1 };

    const fn of(kind: TaskKind) -> Self {
        match kind {
            TaskKind::Process => Self::PROCESS,
            TaskKind::Light => Self::LIGHT,
        }
    }
}

/// The share of free resources that tasks may use; the rest is for the rig and other programs.
const SHARE: f64 = 0.9;

/// More files than this are not asked for.
const FILES: u64 = 1 << 18;

/// Free resources of this machine; `None` where unknown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Room {
    /// What a task takes of them.
    pub each: Cost,
    /// Processes and threads that may still be started.
    pub processes: Option<u64>,
    /// Files that this program may have open.
    pub descriptors: Option<u64>,
    /// Memory in KiB.
    pub memory_kib: Option<u64>,
    /// Ports of the fake's tasks.
    pub ports: Option<u64>,
}

/// The largest number of tasks that fits, and the resource that limits it.
#[derive(Clone, Debug, PartialEq)]
pub struct Capacity {
    /// Tasks in all.
    pub tasks: u64,
    /// The resource that limits it, in words.
    pub because: String,
}

impl Room {
    /// The present state for the tasks of this fake, as Linux reports it. The limit of open files is raised first, as far
    /// as the system lets it.
    pub fn of(fake: &EmbeddedArgs) -> Self {
        let agents = match fake.tasks {
            TaskKind::Process => 1,
            TaskKind::Light => u64::from(fake.agents),
        };
        Self { each: Cost::of(fake.tasks), ports: Some(u64::from(PROCESS_PORTS) * agents), ..Self::here() }
    }

    fn here() -> Self {
        let files = limits::raise_open_files(FILES);
        let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
        // "…/TOTAL" in the fourth field: every thread of the machine.
        let running = fs::read_to_string("/proc/loadavg")
            .ok()
            .and_then(|text| text.split_whitespace().nth(3)?.split_once('/')?.1.parse::<u64>().ok());
        let most = [
            number("/proc/sys/kernel/pid_max"),
            number("/proc/sys/kernel/threads-max"),
            limit(&limits, "Max processes"),
        ];
        let machine = most.into_iter().flatten().min().map(|most| most.saturating_sub(running.unwrap_or(0)));
        let group = number("/sys/fs/cgroup/pids.max")
            .map(|most| most.saturating_sub(number("/sys/fs/cgroup/pids.current").unwrap_or(0)));
        let available = fs::read_to_string("/proc/meminfo").ok().and_then(|text| available(&text));
        let allowed = number("/sys/fs/cgroup/memory.max")
            .map(|most| most.saturating_sub(number("/sys/fs/cgroup/memory.current").unwrap_or(0)) / 1024);
        Self {
            each: Cost::PROCESS,
            processes: machine.into_iter().chain(group).min(),
            descriptors: Some(files).filter(|files| *files > 0),
            memory_kib: available.into_iter().chain(allowed).min(),
            ports: None,
        }
    }

    /// Whether that many tasks fit, as far as it is known.
    ///
    /// # Errors
    /// How many do, and the resource that limits it.
    pub fn holds(&self, tasks: u64) -> Result<(), String> {
        match self.capacity().filter(|capacity| capacity.tasks < tasks) {
            None => Ok(()),
            Some(Capacity { tasks: most, because }) => {
                Err(format!("{tasks} tasks at once are more than this machine can hold ({most}): {because}"))
            }
        }
    }

    /// How many tasks fit; `None` if unknown.
    pub fn capacity(&self) -> Option<Capacity> {
        let of = |free: Option<u64>, each: u64, what: &str, unit: &str| {
            free.filter(|_| each > 0).map(|free| {
                #[expect(
                    clippy::cast_precision_loss,
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "counts of a machine"
                )]
                let tasks = ((free as f64 * SHARE) as u64) / each;
                Capacity { tasks, because: format!("{what}: {free}{unit} are free, a task needs {each}{unit}") }
            })
        };
        [
            of(self.processes, self.each.processes, "processes", ""),
            of(self.descriptors, self.each.descriptors, "open files", ""),
            of(self.memory_kib, self.each.memory_kib, "memory", " KiB"),
            of(self.ports, self.each.ports, "ports for tasks", ""),
        ]
        .into_iter()
        .flatten()
        .min_by_key(|capacity| capacity.tasks)
    }
}

/// The number that is all of a file, as most below `/proc/sys` and `/sys/fs/cgroup`.
pub(super) fn number(path: &str) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

/// The soft limit of a line of `/proc/self/limits`; none if it is unlimited.
fn limit(limits: &str, name: &str) -> Option<u64> {
    limits.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
}

fn available(meminfo: &str) -> Option<u64> {
    meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_first_is_named() {
        let room = Room {
            each: Cost::PROCESS,
            processes: Some(20_000),
            descriptors: Some(100_000),
            memory_kib: Some(64 << 20),
            ports: Some(22_000),
        };
        let capacity = room.capacity().unwrap();
        assert_eq!(capacity.tasks, 4_500);
        assert_eq!(capacity.because, "processes: 20000 are free, a task needs 4");
        let poor = Room { memory_kib: Some(1 << 20), ..room };
        assert_eq!(poor.capacity().map(|capacity| capacity.tasks), Some(614));
        assert_eq!(poor.holds(614), Ok(()));
        assert!(
            poor.holds(615)
                .is_err_and(|why| why.starts_with("615 tasks at once are more than this machine can hold (614)"))
        );
        let light = Room { each: Cost::LIGHT, descriptors: Some(20_000), ..room };
        let capacity = light.capacity().unwrap();
        assert_eq!(capacity.tasks, 18_000);
        assert_eq!(capacity.because, "open files: 20000 are free, a task needs 1");
        let unknown = Room { processes: None, descriptors: None, memory_kib: None, ports: None, ..room };
        assert_eq!(unknown.capacity(), None);
    }

    #[test]
    fn limits_are_read_as_linux_writes_them() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units\n\
                      Max processes             unlimited            unlimited            processes\n\
                      Max open files            1024                 524288               files\n";
        assert_eq!((limit(limits, "Max open files"), limit(limits, "Max processes")), (Some(1024), None));
        assert_eq!(available("MemTotal: 5 kB\nMemAvailable:   23000 kB\n"), Some(23_000));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_machine_has_room() {
        assert!(Room::here().capacity().is_some_and(|capacity| capacity.tasks > 0));
    }
}

//! What the rig itself looked up while a run had trouble, kept in `events.jsonl` beside Marathon's events, and the ages
//! of the check results from `samples.jsonl`: what the diagnosis has to go by beyond the tasks' own stories.

use std::ops::RangeInclusive;

use harness::record::{EventRecord, Sample};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What the rig itself observes during a run; each is a line of `events.jsonl`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvidenceKind {
    /// It probed a task. Data: [`Probe`].
    Probe,
    /// It read the checks of all apps on the cluster. Data: [`Census`].
    Census,
    /// The launch queue held instances of the app. Data: [`Waiting`].
    Queue,
    /// Which readiness checks a deployment of the app waited for. Data: [`Readiness`].
    Readiness,
    /// How busy the processors of its own machine were. Data: [`Machine`].
    Machine,
}

impl EvidenceKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Probe, Self::Census, Self::Queue, Self::Readiness, Self::Machine];

    /// Its `eventType`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Probe => "hc_rig_probe",
            Self::Census => "hc_rig_census",
            Self::Queue => "hc_rig_queue",
            Self::Readiness => "hc_rig_readiness",
            Self::Machine => "hc_rig_machine",
        }
    }

    /// Reads an `eventType`; `None` for any other.
    pub fn parse(kind: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|evidence| evidence.as_str() == kind)
    }
}

/// Why a task was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Occasion {
    /// Its last check result was bad. The published name of earlier versions is kept.
    #[default]
    #[serde(rename = "sick")]
    Unhealthy,
    /// Its last check result was old.
    Late,
    /// It was well: whether well tasks can be reached from here at all.
    Control,
    /// It may be what holds up the checks of others.
    Suspect,
}

/// What came of asking a task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// As a good check result asks for: connected, or an HTTP status from 200 to 399.
    Good,
    /// An HTTP status that a check counts as a failure, or no HTTP at all.
    Wrong,
    /// The machine is there and nobody listens on the port.
    Refused,
    /// The connection came about, and then no answer in time.
    Silent,
    /// No connection: time-out, no route, unknown host name.
    Unreachable,
    /// It was not asked: the check is a command, or the address is not known.
    #[default]
    NotAsked,
}

/// One question to one task, asked by the rig from where it runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Probe {
    /// Seconds on the samples' clock when the answer was there.
    #[serde(skip)]
    pub t: f64,
    /// Marathon's task id.
    pub task: String,
    /// Why it was asked.
    pub occasion: Occasion,
    /// The check's protocol.
    pub protocol: String,
    /// `host:port`.
    pub address: String,
    /// The path of an HTTP check.
    pub path: String,
    /// What came of it.
    pub answer: Answer,
    /// The HTTP status, if there was one.
    pub status: Option<u16>,
    /// From the first packet to the answer, or to giving up.
    pub ms: f64,
    /// What went wrong, in the system's words.
    pub detail: String,
}

/// A task whose Marathon-level check may hold up the checks of all others: nothing has come of it for longer than of
/// theirs, or it fails by its time-out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Suspect {
    /// Marathon's task id.
    pub task: String,
    /// Its app.
    pub app: String,
    /// The check's protocol.
    pub protocol: String,
    /// `intervalSeconds`.
    pub interval: f64,
    /// `timeoutSeconds`.
    pub timeout: f64,
    /// Seconds since its last result; none if it never had one.
    pub age: Option<f64>,
    /// Its last failure was a time-out.
    pub timed_out: bool,
    /// Marathon's `lastFailureCause`.
    pub cause: String,
}

/// The health checks of all apps at one moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Census {
    /// Seconds on the samples' clock.
    #[serde(skip)]
    pub t: f64,
    /// Apps with a check that Marathon makes itself.
    #[serde(deserialize_with = "harness::record::json::count")]
    pub apps: u64,
    /// Running tasks of these apps.
    #[serde(deserialize_with = "harness::record::json::count")]
    pub tasks: u64,
    /// Checks that they ask of Marathon per second.
    pub checks_per_second: f64,
    /// Median age of their last results in seconds, where there is one.
    pub age: Option<f64>,
    /// Seconds since the newest of their last results, where there is one.
    pub newest: Option<f64>,
    /// When that was, by the cluster's clock, ISO 8601.
    pub newest_at: String,
    /// Seconds since the newest change that a native check of any app reported, where there is one.
    pub native: Option<f64>,
    /// Seconds after which the checks of these tasks have had a result, even if one task hangs: the longest timeout and the
    /// shortest interval of those with a result.
    pub due_within: f64,
    /// Checks that Marathon makes itself and whose path is no URI, those of other apps too.
    pub no_uri: Vec<NoUri>,
    /// Those that stand out, the likeliest first.
    pub suspects: Vec<Suspect>,
}

/// A check with a path that Marathon cannot ask: the first attempt ends all checks that Marathon makes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NoUri {
    /// The app.
    pub app: String,
    /// The path.
    pub path: String,
}

/// Why instances of the app were not launched.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Waiting {
    /// Seconds on the samples' clock.
    #[serde(skip)]
    pub t: f64,
    /// Instances in the launch queue.
    #[serde(deserialize_with = "harness::record::json::count")]
    pub count: u64,
    /// Seconds of back-off that were left.
    pub delay_seconds: i64,
    /// Offers that Marathon considered.
    #[serde(deserialize_with = "harness::record::json::count")]
    pub offers: u64,
    /// For which reason how many offers were declined (Marathon's `rejectSummaryLastOffers`, 0 left out).
    pub refusals: Vec<(String, u64)>,
}

/// A readiness check that had not passed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NotReady {
    /// Marathon's task id.
    pub task: String,
    /// The name of the check.
    pub check: String,
    /// The status of the last response, if Marathon preserves it; 504 where there was no answer.
    pub status: Option<u16>,
    /// The body of the last response, cut short.
    pub answer: String,
}

/// The readiness checks that a deployment of the app waited for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Readiness {
    /// Seconds on the samples' clock.
    #[serde(skip)]
    pub t: f64,
    /// Those that had not passed.
    pub not_ready: Vec<NotReady>,
}

/// How busy the rig's own machine was since the previous observation; the median of several observations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct Machine {
    /// Seconds on the samples' clock.
    #[serde(skip)]
    pub t: f64,
    /// Share of its processors' time that was neither idle nor spent waiting for a disk, 0 to 1.
    pub busy: f64,
    /// Processors.
    #[serde(deserialize_with = "harness::record::json::count")]
    pub cores: u64,
    /// Share of the kernel's table of connections (`nf_conntrack`) that was taken, the largest of several observations; absent where
    /// connections are not tracked. A full table drops the packets of new connections.
    pub connections: Option<f64>,
}

impl Machine {
    /// The median of several observations.
    pub fn median(mut readings: Vec<Self>) -> Option<Self> {
        readings.sort_by(|a, b| a.busy.total_cmp(&b.busy));
        let connections = readings.iter().filter_map(|reading| reading.connections).max_by(f64::total_cmp);
        readings.get(readings.len() / 2).map(|median| Self { connections, ..*median })
    }

    /// `2 processors`, `1 processor`.
    pub fn processors(self) -> String {
        text::count(self.cores, "processor")
    }

    /// One sentence without its end.
    pub fn words(self) -> String {
        let percent = self.busy * 100.0;
        format!("the rig's machine with its {} was {percent:.0} % busy (median of all observations)", self.processors())
    }
}

/// How old the check results were at one poll.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct AgePoint {
    /// Seconds on the samples' clock.
    pub t: f64,
    /// Seconds: median and oldest.
    pub p50: f64,
    /// See `p50`.
    pub max: f64,
    /// Tasks called healthy at that moment.
    pub healthy: u64,
    /// Tasks called unhealthy at that moment.
    pub unhealthy: u64,
}

/// How late the rig was at one poll.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LatePoint {
    /// Seconds on the samples' clock.
    pub t: f64,
    /// Seconds that the poll began late.
    pub late: f64,
}

/// All of it, in order of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    /// Questions to tasks.
    pub probes: Vec<Probe>,
    /// Observations of the checks of the whole cluster.
    pub censuses: Vec<Census>,
    /// Observations of the launch queue.
    pub waiting: Vec<Waiting>,
    /// Observations of readiness checks.
    pub readiness: Vec<Readiness>,
    /// How late each poll began.
    pub late: Vec<LatePoint>,
    /// Observations of the rig's own machine.
    pub machine: Vec<Machine>,
    /// Ages of the results, a point a poll.
    pub ages: Vec<AgePoint>,
}

impl Evidence {
    /// Takes one more event into account.
    pub fn event(&mut self, line: &EventRecord) {
        fn data<T: for<'de> Deserialize<'de>>(event: &Value) -> Option<T> {
            T::deserialize(event).ok()
        }
        let Some(evidence) = EvidenceKind::parse(line.kind()) else { return };
        match evidence {
            EvidenceKind::Probe => self.probes.extend(data(&line.event).map(|probe| Probe { t: line.t, ..probe })),
            EvidenceKind::Census => {
                self.censuses.extend(data(&line.event).map(|census| Census { t: line.t, ..census }))
            }
            EvidenceKind::Readiness => {
                self.readiness.extend(data(&line.event).map(|readiness| Readiness { t: line.t, ..readiness }));
            }
            EvidenceKind::Machine => {
                self.machine.extend(data(&line.event).map(|machine| Machine { t: line.t, ..machine }))
            }
            EvidenceKind::Queue => {
                self.waiting.extend(data(&line.event).map(|waiting| Waiting { t: line.t, ..waiting }));
            }
        }
    }

    /// Takes one more sample into account.
    pub fn sample<T>(&mut self, sample: &Sample<T>) {
        self.late.push(LatePoint { t: sample.t, late: sample.late });
        if let Some(age) = sample.age {
            self.ages.push(AgePoint {
                t: sample.t,
                p50: age.p50,
                max: age.max,
                healthy: sample.counts.healthy,
                unhealthy: sample.counts.unhealthy,
            });
        }
    }

    /// The median of all observations of the rig's own machine in this time (seconds on the samples' clock), if there were any.
    pub fn busy(&self, within: RangeInclusive<f64>) -> Option<Machine> {
        Machine::median(self.machine.iter().copied().filter(|reading| within.contains(&reading.t)).collect())
    }

    /// The last answer of a task to the rig's own question.
    pub fn probe_of(&self, task: &str) -> Option<&Probe> {
        self.probes.iter().rev().find(|probe| probe.task == task && probe.answer != Answer::NotAsked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_back_with_its_time() {
        let probe = Probe { task: "a".to_owned(), answer: Answer::Silent, ms: 5.0, ..Probe::default() };
        let line = EventRecord::remark("", 7.5, EvidenceKind::Probe.as_str(), serde_json::to_value(&probe).unwrap());
        let line: EventRecord = serde_json::from_str(&serde_json::to_string(&line).unwrap()).unwrap();
        let mut evidence = Evidence::default();
        evidence.event(&line);
        assert_eq!(evidence.probe_of("a"), Some(&Probe { t: 7.5, ..probe }));
        assert_eq!(evidence.probe_of("b"), None);
    }

    #[test]
    fn of_several_readings_of_the_machine_the_median_counts() {
        let mut evidence = Evidence::default();
        for (t, busy, connections) in [
            (5.0, 0.1, None),
            (10.0, 0.9, Some(0.5)),
            (15.0, 1.0, Some(0.4)),
            (20.0, 0.95, None),
            (25.0, 0.2, Some(1.0)),
        ] {
            let reading = serde_json::json!({"busy": busy, "cores": 2, "connections": connections});
            evidence.event(&EventRecord::remark("", t, EvidenceKind::Machine.as_str(), reading));
        }
        assert_eq!(evidence.busy(8.0..=21.0), Some(Machine { t: 20.0, busy: 0.95, cores: 2, connections: Some(0.5) }));
        assert_eq!(evidence.busy(30.0..=40.0), None);
    }
}

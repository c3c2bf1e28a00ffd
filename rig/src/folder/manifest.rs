//! `run.json`: what was run, against what, with which settings; never a secret.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use harness::record::{Tolerance, json::make_visible};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    command_line,
    folder::{
        checks::{CheckFacts, check_facts, marathon_level_interval},
        spec::{self, containerizer},
    },
};

/// The format of `run.json` that this program writes.
pub const FORMAT: u32 = 1;

/// What [`Cluster::tls`] says of plain HTTP.
pub const NO_TLS: &str = "no TLS";

/// What the run was: everything that a report may claim stands here.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Manifest {
    /// Version of the format.
    pub format: u32,
    /// Short name of the run, also the name of its group on the cluster.
    pub run: String,
    /// Whether the app was deployed and scaled, or only watched.
    pub mode: Mode,
    /// `containerizer,PROTOCOL`.
    pub pair: String,
    /// When it began, ISO 8601.
    pub started_at: String,
    /// The command line that repeats it, without secrets.
    pub command: String,
    /// The app's id on the cluster.
    pub app: String,
    /// The definition as it was sent, values of secret-looking variables left out.
    pub definition: Value,
    /// What it ran against.
    pub cluster: Cluster,
    /// How it was scaled and polled.
    pub plan: Plan,
    /// Where the rig itself ran.
    pub rig: Rig,
}

/// What a run does with its app.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Reads it, and changes nothing: somebody else's app.
    Watch,
    /// Deploys, scales and removes it. A word that this version does not know is read as this.
    #[default]
    #[serde(other)]
    Scale,
}

/// Where the Marathon of a run is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClusterKind {
    /// The fake in this program's own process, which ends with it.
    #[serde(rename = "fake")]
    Embedded,
    /// Anything that is reached by its URL. A word that this version does not know is read as this.
    #[default]
    #[serde(other)]
    Cluster,
}

impl ClusterKind {
    /// The word in `run.json`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Embedded => "fake",
            Self::Cluster => "cluster",
        }
    }
}

/// What the run ran against.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Cluster {
    /// Base URL without user or password.
    pub url: String,
    /// `fake` (in this program's process) or `cluster`.
    pub kind: ClusterKind,
    /// Marathon's version as it says itself.
    pub marathon: Option<String>,
    /// The id under which this Marathon is registered with Mesos: the same cluster has the same.
    pub framework: Option<String>,
    /// Mesos's version as it says itself.
    pub mesos: Option<String>,
    /// DC/OS's version, if it is one.
    pub dcos: Option<String>,
    /// Number of agents.
    #[serde(deserialize_with = "harness::record::json::count_or_none")]
    pub agents: Option<u64>,
    /// `process`, `light` or `simulated` for the fake.
    pub tasks: Option<String>,
    /// Why fewer tasks are asked for than the user wanted, if so.
    pub lowered: Option<String>,
    /// The fake offers resources at once instead of in Mesos's cycles.
    pub prompt_offers: bool,
    /// How quickly the fake's Marathon launches, where not by its own defaults.
    pub launching: Option<Launching>,
    /// How late the fake began its checks over sockets, which tells whether this machine was too busy for them.
    pub checks_late: Option<ChecksLate>,
    /// How the certificate was checked: `no TLS`, `verified`, `verified against CA-FILE`, `not verified`.
    pub tls: String,
}

/// Marathon's flags of the same names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Launching {
    /// Launches within 30 s, beside those whose tasks run by then.
    pub launch_tokens: u32,
    /// Instances that are launched with one offer.
    pub max_instances_per_offer: u32,
}

impl fmt::Display for Launching {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { launch_tokens, max_instances_per_offer } = self;
        write!(f, "--launch_tokens {launch_tokens}, --max_instances_per_offer {max_instances_per_offer}")
    }
}

/// How late checks began, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChecksLate {
    /// 99 of 100 began at most this late, to a factor of two.
    pub p99_seconds: f64,
    /// The latest of all.
    pub max_seconds: f64,
}

/// How the run was scaled and polled.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Plan {
    /// Targets, in order.
    #[serde(deserialize_with = "harness::record::json::counts")]
    pub targets: Vec<u64>,
    /// Seconds between two polls.
    pub poll_seconds: f64,
    /// Seconds that one step may take.
    pub step_seconds: f64,
    /// How it grows, in words: `1 to 31 by 10`.
    pub policy: String,
    /// Seconds from one target to the next, if they are asked for by the clock.
    pub every_seconds: Option<f64>,
    /// Seconds that a target must stay reached.
    pub hold_seconds: f64,
    /// The thresholds, as they read.
    pub thresholds: Vec<String>,
    /// The search for the limit, if that is what the run is.
    pub search: Option<Search>,
    /// Seconds that the checks may be unreliable before the run is degraded; absent where that was not judged yet.
    pub degraded_after_seconds: Option<f64>,
    /// Whether a degraded run ends with exit code 0.
    pub allow_degraded: bool,
}

/// How the limit is searched for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Search {
    /// The gap that may be left between what holds and what breaks, as a part of the limit.
    pub precision: f64,
    /// How many tries decide on one number of tasks.
    pub repeats: u32,
}

/// Where the rig itself ran.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rig {
    /// Version of this program.
    pub version: String,
    /// Processor cores that it could use.
    #[serde(deserialize_with = "harness::record::json::count")]
    pub cores: u64,
    /// `real` or `virtual`.
    pub clock: String,
    /// How many pairs ran at the same time on this machine.
    #[serde(deserialize_with = "harness::record::json::count")]
    pub side_by_side: u64,
}

impl Rig {
    /// This program on this machine, on the real clock.
    pub fn here(side_by_side: u64) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            cores: std::thread::available_parallelism().map_or(1, |n| n.get() as u64),
            clock: "real".to_owned(),
            side_by_side,
        }
    }
}

impl Manifest {
    /// SHA-256 of the definition: compact JSON with sorted keys, in hexadecimal.
    pub fn definition_sha256(&self) -> String {
        let hash = digest(&SHA256, self.definition.to_string().as_bytes());
        hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Seconds over which the rate of check results is averaged: two intervals of the slowest check, or two polls if these
    /// are further apart.
    pub fn averaging_seconds(&self) -> f64 {
        let checks = spec::health_checks(&self.definition);
        // Marathon's default.
        let interval = |check: &Value| check.get("intervalSeconds").and_then(Value::as_f64).unwrap_or(60.0);
        2.0 * checks.iter().map(interval).fold(self.plan.poll_seconds, f64::max)
    }

    /// Reads it as everything in a run folder is read, but for the definition, which is sent again as it is.
    ///
    /// # Errors
    /// It is not JSON, or something else.
    pub fn read(json: &[u8]) -> serde_json::Result<Self> {
        let mut value: Value = serde_json::from_slice(json)?;
        let definition = value.get_mut("definition").map(Value::take);
        make_visible(&mut value);
        let mut manifest: Self = serde_json::from_value(value)?;
        manifest.definition = definition.unwrap_or_default();
        // A report offers it to be copied, and the folder may come from anybody.
        manifest.command = command_line::again(&manifest.command).unwrap_or_default();
        Ok(manifest)
    }

    /// What people call the run: by its pair, or by its app where that is somebody else's or there is no pair.
    pub fn name(&self) -> &str {
        if self.is_watch() || self.pair.is_empty() { &self.app } else { &self.pair }
    }

    /// Whether the app was only read.
    pub fn is_watch(&self) -> bool {
        self.mode == Mode::Watch
    }

    /// `mesos`, `docker` or `pod`, from the definition.
    pub fn containerizer(&self) -> &'static str {
        containerizer(&self.definition).name()
    }

    /// What is tolerated before the run is degraded; none where that was not judged yet.
    pub fn tolerance(&self) -> Option<Tolerance> {
        let lasts = self.plan.degraded_after_seconds?;
        Some(Tolerance { lasts, interval: marathon_level_interval(&self.definition), poll: self.plan.poll_seconds })
    }

    /// The first health check of the definition with Marathon's defaults for what it leaves out.
    pub fn check(&self) -> CheckFacts {
        check_facts(&self.definition)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_watched_app_gives_the_run_its_name() {
        let watch = |mode: &str| -> Manifest {
            serde_json::from_value(json!({"mode": mode, "pair": "mesos,TCP", "app": "/prod/api"})).unwrap()
        };
        assert_eq!(
            [watch("watch").name(), watch("scale").name(), watch("later").name()],
            ["/prod/api", "mesos,TCP", "mesos,TCP"]
        );
    }

    #[test]
    fn no_number_of_a_folder_makes_a_sum_overflow() {
        let huge = |manifest: Value| Manifest::read(manifest.to_string().as_bytes()).is_err();
        for manifest in [
            json!({"plan": {"targets": [1, u64::MAX]}}),
            json!({"rig": {"cores": u64::MAX}}),
            json!({"rig": {"side_by_side": u64::MAX}}),
            json!({"cluster": {"agents": u64::MAX}}),
        ] {
            assert!(huge(manifest.clone()), "{manifest}");
        }
    }

    #[test]
    fn older_manifests_with_fewer_fields_are_read() {
        let manifest: Manifest = serde_json::from_str(r#"{"format": 1, "pair": "mesos,TCP", "later": true}"#).unwrap();
        assert_eq!(manifest.pair, "mesos,TCP");
        assert!(!manifest.cluster.prompt_offers);
        assert_eq!(manifest.tolerance(), None, "a run of before this was judged stays as it was");
    }

    #[test]
    fn kinds_of_cluster_keep_their_words_and_an_unknown_one_is_a_cluster() {
        for kind in [ClusterKind::Embedded, ClusterKind::Cluster] {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
            assert_eq!(serde_json::from_value::<ClusterKind>(json!(kind.as_str())).unwrap(), kind);
        }
        for unknown in ["", "of a later version"] {
            assert_eq!(serde_json::from_value::<ClusterKind>(json!(unknown)).unwrap(), ClusterKind::Cluster);
        }
    }
}

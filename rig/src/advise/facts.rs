//! The settings of an app's checks, and what the cluster adds.

use harness::model::{App, Protocol};
use serde::Serialize;
use serde_json::Value;

use crate::folder::{
    checks::CheckProtocol,
    spec::{self, containerizer},
};

/// One health check with Marathon's defaults for what it leaves out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CheckSettings {
    /// Its place in `healthChecks`.
    pub index: usize,
    /// The protocol.
    #[serde(serialize_with = "by_name")]
    pub protocol: Protocol,
    /// `gracePeriodSeconds`.
    pub grace: u32,
    /// `intervalSeconds`.
    pub interval: u32,
    /// `timeoutSeconds`; Marathon accepts negative ones.
    pub timeout: i64,
    /// `maxConsecutiveFailures`.
    pub failures: u32,
    /// `delaySeconds`; Marathon's own checks ignore it.
    pub delay: u32,
    /// Which settings the definition has, by their names.
    #[serde(skip)]
    pub given: Vec<String>,
}

fn by_name<S: serde::Serializer>(protocol: &Protocol, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(protocol.as_str())
}

impl CheckSettings {
    /// Reads one; none for a protocol that no Marathon up to 1.11 has, and for what is not a check at all.
    fn of(index: usize, check: &Value) -> Option<Self> {
        let fields = check.as_object()?;
        let CheckProtocol::Known(protocol) = CheckProtocol::of(Some(check)) else { return None };
        let number = |name: &str, default: u32| {
            check.get(name).and_then(Value::as_u64).map_or(default, |n| u32::try_from(n).unwrap_or(u32::MAX))
        };
        Some(Self {
            index,
            protocol,
            grace: number("gracePeriodSeconds", 300),
            interval: number("intervalSeconds", 60),
            timeout: check
                .get("timeoutSeconds")
                .and_then(Value::as_i64)
                .map_or(20, |n| n.clamp(i32::MIN.into(), i32::MAX.into())),
            failures: number("maxConsecutiveFailures", 3),
            delay: number("delaySeconds", 15),
            given: fields.keys().cloned().collect(),
        })
    }

    /// Whether Mesos makes it beside the task.
    pub fn is_native(&self) -> bool {
        self.protocol.is_native()
    }

    /// Whether the definition has this setting.
    pub fn has(&self, name: &str) -> bool {
        self.given.iter().any(|given| given == name)
    }
}

/// What the other apps of the cluster ask of Marathon's checks, and how the app itself did so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Load {
    /// Checks per second that Marathon makes itself for all other apps.
    pub others_per_second: f64,
    /// How many other apps it checks.
    pub others: usize,
    /// The longest timeout among them, in seconds, with the app's id.
    pub longest_timeout: Option<(String, f64)>,
    /// The slowest start that was measured: seconds from running to the first good result.
    pub start_up: Option<f64>,
    /// Tasks that it was measured from.
    pub measured: usize,
}

impl Load {
    /// From all apps of a cluster, for the one of this id.
    pub fn of(apps: &[App], id: &str) -> Self {
        let mut load = Self::default();
        for app in apps {
            if app.id == id {
                let starts: Vec<f64> = app.tasks.iter().filter_map(start_up).collect();
                load.measured = starts.len();
                load.start_up = starts.into_iter().max_by(f64::total_cmp);
                continue;
            }
            let running = app.tasks.iter().filter(|task| task.is_running()).count() as f64;
            let by_marathon = || app.health_checks.iter().filter(|check| !check.is_native());
            load.others += usize::from(by_marathon().next().is_some());
            for check in by_marathon() {
                load.others_per_second += running / check.interval_seconds.max(1) as f64;
                let timeout = check.timeout_seconds.max(0) as f64;
                if load.longest_timeout.as_ref().is_none_or(|(_, longest)| timeout > *longest) {
                    load.longest_timeout = Some((app.id.clone(), timeout));
                }
            }
        }
        load
    }
}

/// Seconds from running to the first good result; not for a successor that still shows the result of the task before it.
fn start_up(task: &harness::model::Task) -> Option<f64> {
    let first = task.health_check_results.iter().filter_map(|result| result.first_success).max()?;
    let seconds = (first - task.started_at?).as_seconds_f64();
    (seconds >= 0.0).then_some(seconds)
}

/// What the advice follows from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Facts {
    /// The app's id.
    pub app: String,
    /// Its instances.
    pub instances: u32,
    /// `mesos`, `docker` or `pod`.
    pub containerizer: &'static str,
    /// Its checks.
    pub checks: Vec<CheckSettings>,
    /// Checks that Marathon makes at the same time for all apps.
    pub slots: u32,
    /// The rest of the cluster, if it was asked.
    pub cluster: Option<Load>,
    /// The definition.
    #[serde(skip)]
    pub definition: Value,
}

impl Facts {
    /// Reads a definition, or an app as Marathon shows it.
    pub fn of(definition: &Value, slots: u32, cluster: Option<Load>) -> Self {
        let checks = spec::health_checks(definition);
        Self {
            app: definition.get("id").and_then(Value::as_str).unwrap_or_default().to_owned(),
            instances: spec::instances(definition)
                .and_then(Value::as_u64)
                .map_or(1, |n| u32::try_from(n).unwrap_or(u32::MAX)),
            containerizer: containerizer(definition).name(),
            checks: checks.iter().enumerate().filter_map(|(index, check)| CheckSettings::of(index, check)).collect(),
            slots,
            cluster,
            definition: definition.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn app(id: &str, check: Value, tasks: Value) -> App {
        App::from_value(json!({"id": id, "healthChecks": [check], "tasks": tasks})).unwrap()
    }

    #[test]
    fn what_is_not_a_check_is_not_advised_on() {
        let checks = json!([null, [], "HTTP", 7, {"protocol": "HTTP"}]);
        let facts = Facts::of(&json!({"id": "/a", "healthChecks": checks}), 256, None);
        assert_eq!(facts.checks.iter().map(|check| check.index).collect::<Vec<_>>(), [4]);
    }

    #[test]
    fn the_load_is_what_marathon_checks_for_others_and_the_start_is_the_apps_own() {
        let running = |n: usize| {
            json!((0..n).map(|n| json!({"id": format!("t.{n}"), "state": "TASK_RUNNING"})).collect::<Vec<_>>())
        };
        let own = json!([
            {"id": "a.1", "state": "TASK_RUNNING", "startedAt": "2026-11-22T17:00:00.000Z",
             "healthCheckResults": [{"alive": true, "firstSuccess": "2026-11-22T17:00:12.500Z"}]},
            {"id": "a.2", "state": "TASK_RUNNING", "startedAt": "2026-11-22T17:00:00.000Z",
             "healthCheckResults": [{"alive": true, "firstSuccess": "2026-11-22T16:00:00.000Z"}]},
        ]);
        let apps = [
            app("/own", json!({"protocol": "HTTP"}), own),
            app("/busy", json!({"protocol": "TCP", "intervalSeconds": 2, "timeoutSeconds": 30}), running(10)),
            app("/native", json!({"protocol": "MESOS_TCP", "intervalSeconds": 1}), running(50)),
        ];
        let load = Load::of(&apps, "/own");
        assert_eq!((load.others_per_second, load.others, load.start_up, load.measured), (5.0, 1, Some(12.5), 1));
        assert_eq!(load.longest_timeout, Some(("/busy".to_owned(), 30.0)));
    }

    #[test]
    fn settings_that_are_left_out_are_marathons() {
        let facts = Facts::of(&json!({"id": "/a", "healthChecks": [{}, {"protocol": "GRPC"}]}), 256, None);
        let [check] = &facts.checks[..] else { panic!("{facts:?}") };
        assert_eq!(
            (check.protocol, check.grace, check.interval, check.timeout, check.failures),
            (Protocol::Http, 300, 60, 20, 3)
        );
        assert_eq!((facts.instances, check.has("timeoutSeconds")), (1, false));
    }
}

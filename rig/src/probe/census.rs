//! Which task on the whole cluster may delay or end the checks of all others: the queue of Marathon's checks is shared by all
//! apps, so the task may belong to another app than the run's.

use harness::{
    model::{App, HealthCheck, HealthResult, Task},
    record::moment::iso,
};
use time::OffsetDateTime;

use crate::{
    folder::evidence::{Census, NoUri, Suspect},
    hazards::rules::unreadable_path,
    why::facts::Cause,
};

/// How many suspects are kept; all of them are probed. Also how many paths.
const KEPT: usize = 10;

/// The tasks that stand out among those that Marathon checks itself, at `now` by the cluster's clock.
pub fn census(apps: &[App], now: OffsetDateTime) -> Census {
    let mut census =
        Census { no_uri: no_uri(apps), native: newest_of(apps, now, true).map(|(age, _)| age), ..Census::default() };
    if let Some((age, at)) = newest_of(apps, now, false) {
        (census.newest, census.newest_at) = (Some(age), iso(at));
        census.due_within = due_within(apps);
    }
    let mut ages = Vec::new();
    let mut suspects = Vec::new();
    for app in apps {
        let checks: Vec<(usize, &HealthCheck)> =
            app.health_checks.iter().enumerate().filter(|(_, check)| !check.is_native()).collect();
        if checks.is_empty() {
            continue;
        }
        census.apps += 1;
        for task in app.tasks.iter().filter(|task| task.is_running()) {
            census.tasks += 1;
            for (index, check) in &checks {
                census.checks_per_second += 1.0 / check.interval_seconds.max(1) as f64;
                let suspect = suspect(app, check, task, *index, now);
                ages.extend(suspect.age);
                suspects.push(suspect);
            }
        }
    }
    ages.sort_by(f64::total_cmp);
    census.age = ages.get(ages.len() / 2).copied();
    let median = census.age.unwrap_or(0.0);
    // A task whose result is as old as all others is affected like them.
    suspects.retain(|one| one.timed_out || one.age.is_none_or(|age| age > median + 1.5 * one.interval));
    suspects.sort_by(|a, b| {
        let weight = |one: &Suspect| (one.timed_out, one.age.is_none(), one.age.unwrap_or(0.0), one.timeout);
        weight(b).partial_cmp(&weight(a)).unwrap_or(std::cmp::Ordering::Equal)
    });
    suspects.truncate(KEPT);
    census.suspects = suspects;
    census
}

/// When a result came.
fn at(result: &HealthResult) -> Option<OffsetDateTime> {
    result.last_success.max(result.last_failure)
}

/// The checks of all running tasks that are native, or those that are not, each with its last result.
fn checked(apps: &[App], native: bool) -> impl Iterator<Item = (&HealthCheck, &HealthResult)> {
    apps.iter().flat_map(move |app| {
        let running = app.tasks.iter().filter(|task| task.is_running());
        let checked = running.flat_map(|task| app.health_checks.iter().zip(&task.health_check_results));
        checked.filter(move |(check, _)| check.is_native() == native)
    })
}

/// The newest result of these checks: its age in seconds, and when it came.
fn newest_of(apps: &[App], now: OffsetDateTime, native: bool) -> Option<(f64, OffsetDateTime)> {
    let newest = checked(apps, native).filter_map(|(_, result)| at(result)).max()?;
    Some(((now - newest).as_seconds_f64().max(0.0), newest))
}

/// See [`Census::due_within`].
fn due_within(apps: &[App]) -> f64 {
    let with_result = || checked(apps, false).filter(|(_, result)| at(result).is_some()).map(|(check, _)| check);
    let timeout = with_result().map(|check| check.timeout_seconds.max(0)).max().unwrap_or(0);
    let interval = with_result().map(|check| check.interval_seconds).min().unwrap_or(0);
    timeout as f64 + interval as f64
}

fn no_uri(apps: &[App]) -> Vec<NoUri> {
    // Without a running task nobody asks it.
    let found = apps.iter().filter(|app| app.tasks.iter().any(Task::is_running)).flat_map(|app| {
        let checks = app.raw["healthChecks"].as_array().into_iter().flatten().filter_map(unreadable_path);
        checks.map(|path| NoUri { app: app.id.clone(), path: path.to_owned() })
    });
    found.take(KEPT).collect()
}

fn suspect(app: &App, check: &HealthCheck, task: &Task, index: usize, now: OffsetDateTime) -> Suspect {
    let result = task.health_check_results.get(index);
    let at = result.and_then(at);
    let cause = result.and_then(|result| result.last_failure_cause.clone()).unwrap_or_default();
    // The cause stays after a recovery; only the last result counts.
    let failing = result.is_some_and(|result| result.last_failure > result.last_success);
    Suspect {
        task: task.id.as_str().to_owned(),
        app: app.id.clone(),
        protocol: check.protocol.clone(),
        interval: check.interval_seconds as f64,
        timeout: check.timeout_seconds.max(0) as f64,
        age: at.map(|at| (now - at).as_seconds_f64().max(0.0)),
        timed_out: failing && Cause::of(&cause) == Cause::TimedOut,
        cause: if failing { cause } else { String::new() },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-22 17:00:20 UTC);

    fn app(id: &str, protocol: &str, results: &[Value]) -> App {
        let tasks: Vec<Value> = results
            .iter()
            .enumerate()
            .map(|(n, result)| {
                json!({"id": format!("{id}.{n}"), "state": "TASK_RUNNING", "healthCheckResults":
                    if result.is_null() { json!([]) } else { json!([result]) }})
            })
            .collect();
        let check = json!({"protocol": protocol, "intervalSeconds": 1, "timeoutSeconds": 20});
        App::from_value(json!({"id": id, "healthChecks": [check], "tasks": tasks})).unwrap()
    }

    fn success(at: &str) -> Value {
        json!({"alive": true, "lastSuccess": format!("2026-11-22T17:00:{at}Z")})
    }

    #[test]
    fn a_task_without_a_result_stands_out_among_all_apps() {
        let healthy: Vec<Value> = (0..60).map(|_| success("10.000")).collect();
        let native = app("/native", "MESOS_HTTP", &[Value::Null]);
        let census = census(&[app("/healthy", "HTTP", &healthy), app("/hung", "HTTP", &[Value::Null]), native], NOW);
        assert_eq!((census.apps, census.tasks, census.checks_per_second, census.age), (2, 61, 61.0, Some(10.0)));
        let named: Vec<&str> = census.suspects.iter().map(|suspect| suspect.task.as_str()).collect();
        assert_eq!(named, ["/hung.0"]);
    }

    #[test]
    fn the_newest_result_of_all_apps_and_the_paths_that_are_no_uri_are_kept() {
        let mut odd = app("/odd", "HTTP", &[Value::Null]);
        odd.raw["healthChecks"][0]["path"] = "/health check".into();
        let apps = [
            app("/a", "HTTP", &[success("05.000"), success("01.000")]),
            app("/native", "MESOS_HTTP", &[success("18.000")]),
            odd,
        ];
        let census = census(&apps, NOW);
        assert_eq!((census.newest, census.native, census.due_within), (Some(15.0), Some(2.0), 21.0));
        assert_eq!(census.newest_at, "2026-11-22T17:00:05.000Z");
        assert_eq!(census.no_uri, [NoUri { app: "/odd".to_owned(), path: "/health check".to_owned() }]);
        let native = super::census(&apps[1..2], NOW);
        assert_eq!((native.newest, native.no_uri), (None, Vec::new()));
    }

    #[test]
    fn a_timeout_counts_more_than_an_old_result_and_a_past_one_counts_nothing() {
        let timed_out = json!({"alive": false, "lastSuccess": "2026-11-22T16:59:50.000Z",
            "lastFailure": "2026-11-22T17:00:10.000Z", "lastFailureCause": "TCP idle-timeout encountered"});
        let recovered = json!({"alive": true, "lastSuccess": "2026-11-22T17:00:19.000Z",
            "lastFailure": "2026-11-22T17:00:10.000Z", "lastFailureCause": "TCP idle-timeout encountered"});
        let results = [success("19.000"), success("19.000"), recovered, success("01.000"), timed_out];
        let census = census(&[app("/a", "HTTP", &results)], NOW);
        let named: Vec<(&str, bool)> = census.suspects.iter().map(|s| (s.task.as_str(), s.timed_out)).collect();
        assert_eq!(named, [("/a.4", true), ("/a.3", false)]);
    }
}

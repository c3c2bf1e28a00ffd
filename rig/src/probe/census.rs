//! Which task on the whole cluster may delay the checks of all others: the queue of Marathon's checks is shared by all
//! apps, so the task may belong to another app than the run's.

use harness::model::{App, HealthCheck, Task};
use time::OffsetDateTime;

use crate::{
    folder::evidence::{Census, Suspect},
    why::facts::Cause,
};

/// How many suspects are kept; all of them are probed.
const KEPT: usize = 10;

/// The tasks that stand out among those that Marathon checks itself, at `now` by the cluster's clock.
pub fn census(apps: &[App], now: OffsetDateTime) -> Census {
    let mut census = Census::default();
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

fn suspect(app: &App, check: &HealthCheck, task: &Task, index: usize, now: OffsetDateTime) -> Suspect {
    let result = task.health_check_results.get(index);
    let at = result.and_then(|result| result.last_success.max(result.last_failure));
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

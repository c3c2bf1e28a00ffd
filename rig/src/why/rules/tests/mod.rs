//! Every rule on constructed facts and on recordings of a real Marathon.

mod checks_ended;
mod lateness;
mod missing;
mod readiness;
mod tasks;

use harness::record::{CheckFailure, Counts, End, TaskLife};
use serde_json::json;

use crate::{
    folder::{
        evidence::{Answer, Evidence, Probe},
        manifest::{Manifest, Plan},
    },
    why::{
        Conclusion, Confidence, Facts, Reason,
        rules::{TABLE, conclude},
    },
};

fn manifest(protocol: &str) -> Manifest {
    Manifest {
        definition: json!({"id": "/hc", "healthChecks": [{"protocol": protocol, "gracePeriodSeconds": 20,
            "intervalSeconds": 1, "timeoutSeconds": 5, "maxConsecutiveFailures": 3}]}),
        plan: Plan { targets: vec![60], poll_seconds: 2.0, ..Plan::default() },
        ..Manifest::default()
    }
}

fn running(n: u64) -> TaskLife {
    TaskLife {
        id: format!("hc.instance-{n}._app.1"),
        host: "127.0.0.1".to_owned(),
        ports: vec![31_000 + n],
        state: "TASK_RUNNING".to_owned(),
        ..TaskLife::default()
    }
}

fn unhealthy(n: u64, cause: &str, was_healthy: bool) -> TaskLife {
    let check_failure =
        CheckFailure { t: 10.0, failures: 3, cause: cause.to_owned(), was_healthy, ..CheckFailure::default() };
    TaskLife { check_failure: Some(check_failure), ..running(n) }
}

fn ended(n: u64, generation: u64, state: &str, life: TaskLife) -> TaskLife {
    let end = End { t: 20.0, state: state.to_owned(), message: "Command exited with status 3".to_owned() };
    TaskLife { id: format!("hc.instance-{n}._app.{generation}"), end: Some(end), ..life }
}

fn probe(n: u64, answer: Answer, ms: f64) -> Probe {
    let task = format!("hc.instance-{n}._app.1");
    Probe { t: 12.0, task, answer, ms, address: format!("127.0.0.1:{}", 31_000 + n), ..Probe::default() }
}

fn conclusions(protocol: &str, lives: &[TaskLife], probes: Vec<Probe>) -> Vec<Conclusion> {
    let evidence = Evidence { probes, ..Evidence::default() };
    conclude(&Facts::new(&manifest(protocol), lives.iter().collect(), &evidence, Counts::default()))
}

fn first(protocol: &str, lives: &[TaskLife], probes: Vec<Probe>) -> (Reason, Confidence) {
    let found = conclusions(protocol, lives, probes);
    let first = found.first().unwrap_or_else(|| panic!("nothing concluded of {lives:?}"));
    (first.reason, first.confidence)
}

const REFUSED: &str = "ConnectException: Connection refused";
const IDLE: &str = "TCP idle-timeout encountered on connection to [127.0.0.1/<unresolved>:33176], no bytes passed in the last 2 seconds";

#[test]
fn the_table_has_a_row_with_a_name_of_its_own_for_every_rule() {
    let names: std::collections::BTreeSet<&str> = TABLE.iter().map(|rule| rule.name).collect();
    assert_eq!(names.len(), TABLE.len());
    assert!(TABLE.iter().all(|rule| !rule.explains.is_empty() && !rule.explains.ends_with('.')));
}

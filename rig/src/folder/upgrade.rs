//! Files of format 1 as files of format 2: in format 1 the verdict and the reason for it were one word, and names of times did not say
//! their unit.

use serde_json::Value;

/// The format of `summary.json` and `matrix.json` that this program writes.
pub const VERDICT_FORMAT: u32 = 2;

/// The words of format 1, with verdict and reason of format 2.
const WORDS: [(&str, &str, Option<&str>); 4] = [
    ("held", "passed", None),
    ("not_reached", "failed", Some("not_reached")),
    ("crossed", "failed", Some("crossed")),
    ("broken", "error", None),
];

/// Names of times that did not say their unit: the field that holds them, the old names and those of format 2.
const RENAMED: [(&str, &[(&str, &str)]); 9] = [
    (
        "steps",
        &[
            ("asked_at", "asked_at_seconds"),
            ("reached_after", "reached_after_seconds"),
            ("task_p50", "task_p50_seconds"),
            ("task_p99", "task_p99_seconds"),
            ("task_max", "task_max_seconds"),
            ("time_to_healthy", "time_to_healthy_seconds"),
            ("time_to_unhealthy", "time_to_unhealthy_seconds"),
            ("oldest_result", "oldest_result_seconds"),
        ],
    ),
    (
        "measures",
        &[
            ("lateness", "lateness_seconds"),
            ("api", "api_seconds"),
            ("age", "result_age_seconds"),
            ("time_to_healthy", "time_to_healthy_seconds"),
            ("time_to_unhealthy", "time_to_unhealthy_seconds"),
        ],
    ),
    ("thresholds", &[("worst_at", "worst_at_seconds"), ("longest", "longest_seconds")]),
    ("crossed", &[("since", "since_seconds"), ("at", "at_seconds")]),
    (
        "degraded",
        &[
            ("from", "from_seconds"),
            ("to", "to_seconds"),
            ("bound", "bound_seconds"),
            ("oldest", "oldest_result_seconds"),
        ],
    ),
    ("incidents", &[("first", "first_seconds"), ("last", "last_seconds")]),
    ("agreement", &[("polls_behind", "polls_behind_seconds"), ("events_behind", "events_behind_seconds")]),
    ("findings", &[("t", "at_seconds")]),
    ("cells", &[("reached_after", "reached_after_seconds"), ("check_age_p99", "check_age_p99_seconds")]),
];

/// A document with the verdicts and the names of format 2, wherever in it one stands.
#[must_use]
pub fn upgraded(mut document: Value) -> Value {
    upgrade("", &mut document);
    document
}

/// `key` is the field that the value stands in; the items of a list stand in its field.
fn upgrade(key: &str, value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let word = fields.get("verdict").and_then(Value::as_str);
            if let Some((_, verdict, reason)) = WORDS.iter().find(|(old, ..)| word == Some(old)) {
                fields.insert("verdict".to_owned(), (*verdict).into());
                fields.insert("reason".to_owned(), reason.map_or(Value::Null, Value::from));
            }
            let renamed = RENAMED.iter().filter(|(of, _)| *of == key).flat_map(|(_, names)| *names);
            for (old, new) in renamed {
                if let Some(value) = fields.remove(*old) {
                    fields.entry(*new).or_insert(value);
                }
            }
            fields.iter_mut().for_each(|(key, value)| upgrade(key, value));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| upgrade(key, item)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        folder::{matrix::Cell, summary::Summary},
        verdict::{EndReason, Verdict},
    };

    #[test]
    fn every_word_of_format_1_is_read_with_its_reason() {
        let old = ["held", "not_reached", "crossed", "limit", "stopped", "broken"];
        let document = json!({"verdict": "held", "runs": old.map(|word| json!({"verdict": word}))});
        let read = upgraded(document);
        let of = |run: &Value| -> (Verdict, Option<EndReason>) {
            let field = |name: &str| run.get(name).cloned().unwrap_or_default();
            (serde_json::from_value(field("verdict")).unwrap(), serde_json::from_value(field("reason")).unwrap())
        };
        let expected = [
            (Verdict::Passed, None),
            (Verdict::Failed, Some(EndReason::NotReached)),
            (Verdict::Failed, Some(EndReason::Crossed)),
            (Verdict::Limit, None),
            (Verdict::Stopped, None),
            (Verdict::Error, None),
        ];
        assert_eq!(read["runs"].as_array().unwrap().iter().map(of).collect::<Vec<_>>(), expected);
        assert_eq!(read["verdict"], "passed");
    }

    #[test]
    fn a_document_of_format_2_stays_as_it_is() {
        let runs = Verdict::ALL.map(|verdict| json!({"verdict": verdict, "reason": EndReason::Cluster}));
        let document = json!({"format": VERDICT_FORMAT, "runs": runs});
        assert_eq!(upgraded(document.clone()), document);
    }

    #[test]
    fn times_without_a_unit_in_their_name_are_read() {
        let quantiles = json!({"p50": 0.5, "p99": 1.0, "max": 2.0, "n": 3});
        let crossed =
            json!({"threshold": "killed > 0", "bound": 0.0, "value": 1.0, "found": "1", "since": 4.0, "at": 5.0});
        let old = json!({
            "format": 1, "verdict": "crossed",
            "steps": [{"target": 1, "asked_at": 1.5, "reached_after": 2.5, "task_p99": 0.75, "time_to_healthy": quantiles}],
            "measures": {"samples": 9, "late_ticks": 0, "age": quantiles, "api": quantiles,
                "thresholds": [{"threshold": "killed > 0", "worst": 1.0, "worst_at": 5.0, "longest": 3.0, "crossed": crossed}],
                "agreement": {"polls_behind": quantiles, "findings": [{"t": 7.0, "instance": "a", "what": "out_of_order"}]}},
            "degraded": [{"weakness": "stale_results", "periods": 1, "from": 1.0, "to": 9.0, "bound": 3.0, "oldest": 8.0}],
            "incidents": [{"what": "answer 503", "count": 2, "first": 4.0, "last": 6.0, "example": ""}],
        });
        let read: Summary = serde_json::from_value(upgraded(old)).unwrap();
        let step = &read.steps[0];
        assert_eq!((step.asked_at, step.reached_after, step.task_p99), (1.5, Some(2.5), Some(0.75)));
        assert_eq!(step.time_to_healthy.map(|of| of.p50), Some(0.5));
        let measures = read.measures.unwrap();
        assert_eq!((measures.age.map(|of| of.n), measures.api.map(|of| of.max)), (Some(3), Some(2.0)));
        let judgement = &measures.thresholds[0];
        assert_eq!((judgement.worst_at, judgement.longest), (Some(5.0), 3.0));
        assert_eq!(judgement.crossed.as_ref().map(|crossing| (crossing.since, crossing.at)), Some((4.0, 5.0)));
        let agreement = measures.agreement.unwrap();
        assert_eq!((agreement.findings[0].t, agreement.polls_behind.map(|of| of.p50)), (7.0, Some(0.5)));
        assert_eq!((read.degraded[0].from, read.degraded[0].oldest), (1.0, Some(8.0)));
        assert_eq!((read.incidents[0].first, read.incidents[0].last), (4.0, 6.0));
        let cell: Cell = serde_json::from_value(
            upgraded(json!({"cells": [{"reached_after": 2.0, "check_age_p99": 3.0}]}))["cells"][0].clone(),
        )
        .unwrap();
        assert_eq!((cell.reached_after, cell.check_age_p99), (Some(2.0), Some(3.0)));
    }

    /// A time is a number, or quantiles, in seconds; the name says so.
    #[test]
    fn every_name_of_a_time_says_its_unit() {
        let schema = crate::export::schema::summary().to_string() + &crate::export::schema::matrix().to_string();
        for (_, names) in RENAMED {
            for (_, new) in names {
                assert!(new.ends_with("_seconds") && schema.contains(&format!("\"{new}\":")), "{new}");
            }
        }
    }
}

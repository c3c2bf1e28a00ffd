//! What differs between a recorded answer and the fake's.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    cluster::Answer,
    recorded::{Sample, without_ids},
};

/// One difference of one answer.
#[derive(Clone, Debug)]
pub(crate) struct Difference {
    /// The request.
    pub(crate) request: String,
    /// `status 200`, `type …`, `location`, or a field of the body: `tasks[].id: string`.
    pub(crate) what: String,
    /// Whether the recorded answer has it and the fake's has not.
    pub(crate) missing: bool,
}

/// How many things of a recorded answer are compared.
pub(crate) fn points(sample: &Sample) -> usize {
    aspects(sample.status, sample.content_type.as_deref(), sample.location.is_some(), sample.json.as_ref()).len()
}

/// What differs.
pub(crate) fn differences(sample: &Sample, answer: &Answer) -> Vec<Difference> {
    let wanted =
        aspects(sample.status, sample.content_type.as_deref(), sample.location.is_some(), sample.json.as_ref());
    let json = answer.json.as_ref().filter(|_| sample.json.is_some());
    let got = aspects(answer.status, answer.content_type.as_deref(), answer.location, json);
    let difference = |what: &String, missing| Difference { request: sample.title(), what: what.clone(), missing };
    let missing = wanted.difference(&got).map(|what| difference(what, true));
    missing.chain(got.difference(&wanted).map(|what| difference(what, false))).collect()
}

fn aspects(status: u16, content_type: Option<&str>, location: bool, json: Option<&Value>) -> BTreeSet<String> {
    let mut all = BTreeSet::from([format!("status {status}"), format!("type {}", content_type.unwrap_or("none"))]);
    if location {
        all.insert(String::from("location"));
    }
    if let Some(json) = json {
        fields(json, "", &mut all);
    }
    all
}

fn fields(json: &Value, path: &str, all: &mut BTreeSet<String>) {
    match json {
        Value::Object(object) => {
            all.insert(format!("{path}: object"));
            for (key, value) in object {
                fields(value, &format!("{path}.{}", name(key)), all);
            }
        }
        Value::Array(array) => {
            all.insert(format!("{path}: array"));
            array.iter().for_each(|value| fields(value, &format!("{path}[]"), all));
        }
        Value::String(_) => drop(all.insert(format!("{path}: string"))),
        Value::Number(_) => drop(all.insert(format!("{path}: number"))),
        Value::Bool(_) => drop(all.insert(format!("{path}: boolean"))),
        Value::Null => drop(all.insert(format!("{path}: null"))),
    }
}

/// A key without ids and folders: `/files/debug` has paths as keys, the metrics have the id of the framework.
fn name(key: &str) -> String {
    let key = without_ids(key);
    match key.find("/var/lib/mesos/") {
        Some(start) => format!("{}/var/lib/mesos/…{}", &key[..start], key.rsplit('/').next().unwrap_or_default()),
        None => key,
    }
}

/// The differences, one a line.
pub(crate) fn list(differences: &[&Difference]) -> String {
    let line =
        |d: &&Difference| format!("{} | {} | {}", if d.missing { "missing" } else { "extra" }, d.request, d.what);
    differences.iter().map(line).collect::<Vec<_>>().join("\n")
}

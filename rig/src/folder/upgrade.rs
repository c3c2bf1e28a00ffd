//! Files of format 1, in which the verdict and the reason for it were one word, as files of format 2.

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

/// A document with the verdicts of format 2, wherever in it one stands.
#[must_use]
pub fn upgraded(mut document: Value) -> Value {
    upgrade(&mut document);
    document
}

fn upgrade(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let word = fields.get("verdict").and_then(Value::as_str);
            if let Some((_, verdict, reason)) = WORDS.iter().find(|(old, ..)| word == Some(old)) {
                fields.insert("verdict".to_owned(), (*verdict).into());
                fields.insert("reason".to_owned(), reason.map_or(Value::Null, Value::from));
            }
            fields.values_mut().for_each(upgrade);
        }
        Value::Array(items) => items.iter_mut().for_each(upgrade),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::verdict::{EndReason, Verdict};

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
}

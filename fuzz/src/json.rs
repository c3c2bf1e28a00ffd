//! JSON that is broken in its meaning: any value at any place.

use proptest::{prelude::*, sample::Index};
use serde_json::{Value, json};

/// A value as no server and no file should hold it.
pub fn odd() -> impl Strategy<Value = Value> {
    let texts = prop::sample::select(vec![
        "",
        "+11026-11-22T22:04:05.123Z",
        "9999-12-31T23:59:59.999-23:59",
        "0000-01-01T00:00:00+23:59",
        "TASK_RUNNING",
        "../../x",
        "/",
        "mesos,",
        "unhealthy_pct > 1e300 for 99999999999s",
        "99999999999999999999s",
        "\u{1b}[2J\r\n",
        "\u{202e}é\u{0}",
    ]);
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        prop_oneof![Just(u64::MAX), Just(u64::from(u32::MAX)), any::<u64>()].prop_map(Value::from),
        prop::sample::select(vec![1e308, -1e308, 1e18, 5e-324, -0.0, -1.0]).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        texts.prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        Just(json!([])),
        Just(json!({})),
        Just(json!([u64::MAX, {}, [], null, "a", 1])),
    ]
}

/// A document after some changes of [`odd`] values.
pub fn changed(documents: Vec<Value>, most: usize) -> impl Strategy<Value = Value> {
    (prop::sample::select(documents), changes(most)).prop_map(|(mut document, changes)| {
        put_all(&mut document, &changes);
        document
    })
}

/// Up to so many changes: a place and what is put there.
pub fn changes(most: usize) -> impl Strategy<Value = Vec<(Index, Value)>> {
    prop::collection::vec((any::<Index>(), odd()), 0..=most)
}

/// Makes the changes one after the other.
pub fn put_all(document: &mut Value, changes: &[(Index, Value)]) {
    for (place, value) in changes {
        let places = count(document);
        if let Some(into) = at(document, place.index(places)) {
            value.clone_into(into);
        }
    }
}

/// How many values there are, the document itself included.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum::<usize>(),
        Value::Object(fields) => fields.values().map(count).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

/// The value at this number, counted from the outside in.
fn at(value: &mut Value, place: usize) -> Option<&mut Value> {
    if place == 0 {
        return Some(value);
    }
    let children: Box<dyn Iterator<Item = &mut Value>> = match value {
        Value::Array(items) => Box::new(items.iter_mut()),
        Value::Object(fields) => Box::new(fields.values_mut()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
    };
    let mut left = place - 1;
    for child in children {
        let inside = count(child);
        if left < inside {
            return at(child, left);
        }
        left -= inside;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_can_be_changed() {
        let document = json!({"a": [1, {"b": 2}], "c": 3});
        let changed = |place: usize| {
            let mut document = document.clone();
            *at(&mut document, place).unwrap() = json!("x");
            document.to_string()
        };
        assert_eq!(count(&document), 6);
        assert_eq!(
            (0..6).map(changed).collect::<Vec<_>>(),
            [
                "\"x\"",
                r#"{"a":"x","c":3}"#,
                r#"{"a":["x",{"b":2}],"c":3}"#,
                r#"{"a":[1,"x"],"c":3}"#,
                r#"{"a":[1,{"b":"x"}],"c":3}"#,
                r#"{"a":[1,{"b":2}],"c":"x"}"#,
            ]
        );
        assert!(at(&mut document.clone(), 6).is_none());
    }
}

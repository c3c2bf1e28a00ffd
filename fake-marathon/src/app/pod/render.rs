//! A pod as answers show it.

use serde_json::{Value, json};

use crate::app::AppDefinition;

/// As `GET /v2/pods/{id}` shows it; `null` for an app.
#[must_use]
pub fn render(spec: &AppDefinition) -> Value {
    let Some(pod) = &spec.pod else { return Value::Null };
    let mut all = pod.echoed.clone();
    all["scaling"] = json!({"kind": "fixed", "instances": spec.instances});
    all["version"] = Value::from(spec.version.iso());
    all
}

/// As the status shows it: whole numbers without a fraction and an empty placement left out.
#[must_use]
pub fn render_for_status(spec: &AppDefinition) -> Value {
    let mut all = render(spec);
    let empty = all["scheduling"]["placement"].as_object().is_some_and(serde_json::Map::is_empty);
    if let Some(scheduling) = all.get_mut("scheduling").and_then(Value::as_object_mut).filter(|_| empty) {
        scheduling.shift_remove("placement");
    }
    plain(&mut all);
    all
}

/// Writes whole numbers without a fraction.
pub(crate) fn plain(value: &mut Value) {
    match value {
        Value::Number(number) => {
            let whole = number.as_f64().filter(|n| number.is_f64() && n.fract() == 0.0 && n.abs() < 1e15);
            if let Some(whole) = whole {
                #[expect(clippy::cast_possible_truncation, reason = "checked just now")]
                let whole = whole as i64;
                *value = Value::from(whole);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(plain),
        Value::Object(object) => object.values_mut().for_each(plain),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

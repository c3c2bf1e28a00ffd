//! `/metrics` and `/metrics/prometheus`: everything that a real Marathon measures, by name. The fake has values for some
//! gauges; everything else is zero.

use std::{collections::BTreeMap, fmt::Write as _};

use serde_json::{Map, Value, json};

use super::{
    Api, Outcome,
    answer::Answered,
    info::read_only,
    metric_names::{COUNTERS, GAUGES, METERS, TIMERS},
    request::Call,
};

const RATES: [&str; 4] = ["mean_rate", "m1_rate", "m5_rate", "m15_rate"];
/// Prometheus's quantiles of a timer, and their names in Dropwizard's format.
const QUANTILES: [(&str, &str); 6] =
    [("0.5", "p50"), ("0.75", "p75"), ("0.95", "p95"), ("0.98", "p98"), ("0.99", "p99"), ("0.999", "p999")];
const MOMENTS: [&str; 4] = ["min", "mean", "max", "stddev"];

/// `/metrics`, in Dropwizard's format.
pub(super) async fn dropwizard(api: &Api, call: &Call) -> Outcome {
    if let Some(answer) = read_only(call) {
        return answer;
    }
    let values = values(api).await?;
    let all = |names: &[&str], render: &dyn Fn(&str) -> Value| -> Map<String, Value> {
        names.iter().map(|name| (format!("marathon.{name}"), render(name))).collect()
    };
    let zeros = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), json!(0.0))).collect::<Map<_, _>>();
    let meter = |units: (&str, &str)| {
        let mut meter = zeros(&RATES);
        meter.insert("count".to_owned(), json!(0));
        meter.insert(units.0.to_owned(), json!(units.1));
        meter
    };
    let timer = || {
        let mut timer = meter(("rate_units", "calls/second"));
        timer.append(&mut zeros(&MOMENTS));
        timer.append(&mut zeros(&QUANTILES.map(|(_, name)| name)));
        timer.insert("duration_units".to_owned(), json!("seconds"));
        Value::Object(timer)
    };
    Ok(Answered::ok(&json!({
        "version": "4.0.0",
        "gauges": all(&GAUGES, &|name| json!({"value": values.get(name).copied().unwrap_or(0)})),
        "counters": all(&COUNTERS, &|_| json!({"count": 0})),
        "histograms": {},
        "meters": all(&METERS, &|_| Value::Object(meter(("units", "events/second")))),
        "timers": all(&TIMERS, &|_| timer()),
    })))
}

/// `/metrics/prometheus`, in the text format of Prometheus. Who only takes other types is refused.
pub(super) async fn prometheus(api: &Api, call: &Call) -> Outcome {
    if let Some(answer) = read_only(call) {
        return answer;
    }
    if !call.accepts(&["text/plain"]) {
        return Err(Answered::message(406, "Not Acceptable"));
    }
    Ok(Answered::bytes(200, "text/plain", text(&values(api).await?)))
}

fn text(values: &BTreeMap<&str, u64>) -> String {
    let mut out = String::new();
    // Writing to a text cannot fail.
    let mut one = |kind: &str, name: &str, value: &str| {
        let _ = writeln!(out, "# TYPE {name} {kind}\n{name} {value}");
    };
    for name in GAUGES {
        one("gauge", &plain(name), &values.get(name).copied().unwrap_or(0).to_string());
    }
    for name in COUNTERS {
        one("counter", &plain(name), "0");
    }
    for name in METERS {
        one("gauge", &format!("{}_count", plain(name)), "0");
        RATES.iter().for_each(|rate| one("gauge", &format!("{}_{rate}", plain(name)), "0.0"));
    }
    for name in TIMERS.map(plain) {
        let _ = writeln!(out, "# TYPE {name} summary");
        for (quantile, _) in QUANTILES {
            let _ = writeln!(out, "{name}{{quantile=\"{quantile}\"}} 0.000000");
        }
        let _ = writeln!(out, "{name}_count 0");
        for part in MOMENTS.iter().chain(&RATES) {
            let _ = writeln!(out, "# TYPE {name}_{part} gauge\n{name}_{part} 0.0");
        }
    }
    out
}

/// A name as Prometheus takes it.
fn plain(name: &str) -> String {
    format!("marathon_{}", name.replace(|c: char| !c.is_ascii_alphanumeric(), "_"))
}

/// What the fake has values for.
async fn values(api: &Api) -> Result<BTreeMap<&'static str, u64>, Answered> {
    let snapshot = api.snapshot().await?;
    let sum = |count: &dyn Fn(&crate::snapshot::Counts) -> u32| -> u64 {
        snapshot.apps.values().map(|app| u64::from(count(&app.counts))).sum()
    };
    let as_u64 = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    Ok(BTreeMap::from([
        ("apps.active.gauge", as_u64(snapshot.apps.len())),
        ("deployments.active.gauge", as_u64(snapshot.deployments.len())),
        ("groups.active.gauge", as_u64(snapshot.root.groups.len())),
        ("instances.running.gauge", sum(&|c| c.running)),
        ("instances.staged.gauge", sum(&|c| c.staged)),
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_measure_has_its_type_and_its_value_once() {
        let text = text(&BTreeMap::from([("apps.active.gauge", 3)]));
        assert!(text.contains("# TYPE marathon_apps_active_gauge gauge\nmarathon_apps_active_gauge 3\n"));
        assert!(text.contains("\nmarathon_http_requests_get_duration_timer_seconds{quantile=\"0.999\"} 0.000000\n"));
        let mut types: Vec<&str> = text.lines().filter(|line| line.starts_with("# TYPE")).collect();
        let all = types.len();
        types.dedup();
        assert_eq!((all, types.len()), (439, 439), "as many as the real one has");
    }
}

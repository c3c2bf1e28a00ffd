//! Metrics of a run for Prometheus: text at `/metrics` during the run (`--metrics ADDR`).

use std::{
    net::SocketAddr,
    sync::{Arc, atomic::AtomicU64},
};

use axum::{Router, extract::State, http::header, routing::get};
use harness::record::Sample;
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};
use tokio::net::TcpListener;

use crate::exit::Failure;

/// What a text of these metrics is (OpenMetrics 1.0, which Prometheus reads).
const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Number = Gauge<f64, AtomicU64>;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfPair {
    pair: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfState {
    pair: String,
    state: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfQuantile {
    pair: String,
    quantile: &'static str,
}

/// The numbers of all pairs of a run; cheap to clone.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Arc<Registry>,
    tasks: Family<OfState, Gauge>,
    target: Family<OfPair, Gauge>,
    age: Family<OfQuantile, Number>,
    answer: Family<OfPair, Number>,
    late: Family<OfPair, Number>,
    missed: Family<OfPair, Counter>,
    polls: Family<OfPair, Counter>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("hc_rig");
        let tasks = Family::default();
        registry.register("tasks", "Tasks by state at the last poll", tasks.clone());
        let target = Family::default();
        registry.register("target_tasks", "Tasks that are asked for", target.clone());
        let age = Family::default();
        registry.register("check_age_seconds", "Age of the last check results at the last poll", age.clone());
        let answer = Family::default();
        registry.register("answer_seconds", "Time that the last poll took", answer.clone());
        let late = Family::default();
        registry.register("tick_late_seconds", "How late the last poll began", late.clone());
        let missed = Family::default();
        registry.register("missed_ticks", "Polls that were left out", missed.clone());
        let polls = Family::default();
        registry.register("polls", "Polls that were answered", polls.clone());
        Self { registry: Arc::new(registry), tasks, target, age, answer, late, missed, polls }
    }
}

impl Metrics {
    /// Serves them at `/metrics` of this address until the program ends; returns the address.
    ///
    /// # Errors
    /// Exit code 2: the address cannot be listened on.
    pub async fn serve(address: SocketAddr) -> Result<(Self, SocketAddr), Failure> {
        let nowhere = |error| Failure::usage(format!("--metrics: cannot listen on {address}: {error}"));
        let listener = TcpListener::bind(address).await.map_err(nowhere)?;
        let there = listener.local_addr().map_err(nowhere)?;
        let metrics = Self::default();
        let text = async |State(metrics): State<Self>| ([(header::CONTENT_TYPE, CONTENT_TYPE)], metrics.text());
        let service = Router::new().route("/metrics", get(text)).with_state(metrics.clone());
        // Ends with the program's runtime.
        tokio::spawn(async move { axum::serve(listener, service).await });
        Ok((metrics, there))
    }

    /// The numbers as text.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }

    /// A poll of a pair has answered.
    pub fn sample(&self, pair: &str, sample: &Sample) {
        let of = || OfPair { pair: pair.to_owned() };
        let counts = &sample.counts;
        for (state, n) in [
            ("healthy", counts.healthy),
            ("unhealthy", counts.unhealthy),
            ("unhealthy_in_grace", counts.unhealthy_in_grace),
            ("unreachable", counts.unreachable),
            ("killing", counts.killing),
            ("running", counts.running),
            ("staged", counts.staged),
            ("scheduled", counts.scheduled),
        ] {
            self.tasks
                .get_or_create(&OfState { pair: pair.to_owned(), state })
                .set(i64::try_from(n).unwrap_or(i64::MAX));
        }
        self.target.get_or_create(&of()).set(sample.target.into());
        self.answer.get_or_create(&of()).set(sample.took);
        self.late.get_or_create(&of()).set(sample.late);
        self.missed.get_or_create(&of()).inc_by(sample.missed);
        self.polls.get_or_create(&of()).inc();
        // Native checks report only changes: the age of their last check is not known.
        if let Some(age) = sample.age.filter(|age| !age.changes_only) {
            for (quantile, value) in [("0.5", age.p50), ("0.99", age.p99), ("1", age.max)] {
                self.age.get_or_create(&OfQuantile { pair: pair.to_owned(), quantile }).set(value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use harness::record::{Ages, Counts};

    use super::*;

    fn sample(changes_only: bool) -> Sample {
        let age = Ages { p50: 0.5, p99: 1.5, max: 2.0, tasks: 3, uncertainty: 0.0, changes_only };
        let counts = Counts { healthy: 3, unhealthy: 1, ..Counts::default() };
        serde_json::from_value(serde_json::json!({
            "v": 1, "at": "", "t": 2.0, "request": 1, "step": 1, "target": 5, "counts": counts, "deploying": false,
            "took": 0.25, "late": 0.0, "missed": 2, "age": age, "complete": false, "tasks": [], "gone": [],
        }))
        .unwrap()
    }

    #[test]
    fn every_line_is_a_comment_or_a_name_with_a_number() {
        let metrics = Metrics::default();
        metrics.sample("mesos,TCP", &sample(false));
        metrics.sample("mesos,TCP", &sample(false));
        let text = metrics.text();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (name, value) = line.rsplit_once(' ').unwrap();
            assert!(name.starts_with("hc_rig_") && name.ends_with('}'), "{line}");
            assert!(value.parse::<f64>().is_ok(), "{line}");
        }
        for line in [
            "# TYPE hc_rig_tasks gauge",
            "# HELP hc_rig_polls Polls that were answered.",
            "hc_rig_tasks{pair=\"mesos,TCP\",state=\"healthy\"} 3",
            "hc_rig_target_tasks{pair=\"mesos,TCP\"} 5",
            "hc_rig_missed_ticks_total{pair=\"mesos,TCP\"} 4",
            "hc_rig_check_age_seconds{pair=\"mesos,TCP\",quantile=\"0.99\"} 1.5",
        ] {
            assert!(text.lines().any(|each| each == line), "no `{line}` in\n{text}");
        }
    }

    #[test]
    fn the_result_age_of_native_checks_is_not_reported() {
        let metrics = Metrics::default();
        metrics.sample("mesos,MESOS_TCP", &sample(true));
        assert!(!metrics.text().contains("check_age_seconds{"));
    }
}

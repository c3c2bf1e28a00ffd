//! Metrics of a run for Prometheus: text at `/metrics` during the run (`--metrics ADDR`), and the last values in a file
//! (`--metrics-file FILE`).

pub mod file;

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, atomic::AtomicU64},
};

use axum::{Router, extract::State, http::header, routing::get};
use harness::record::Sample;
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::net::TcpListener;

use crate::{exit::Failure, metrics::file::TextFile};

/// What a text of these metrics is (OpenMetrics 1.0, which Prometheus reads).
const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Number = Gauge<f64, AtomicU64>;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfPair {
    run: String,
    pair: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfState {
    run: String,
    pair: String,
    state: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfQuantile {
    run: String,
    pair: String,
    quantile: &'static str,
}

/// The numbers of all pairs of a run; cheap to clone. Names follow <https://prometheus.io/docs/practices/naming/>: base units, and
/// `_total` after counters, which the encoder adds.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Arc<Registry>,
    /// What the label `run` says: the name of the results' folder.
    run: String,
    file: Option<TextFile>,
    tasks: Family<OfState, Gauge>,
    target: Family<OfPair, Gauge>,
    age: Family<OfQuantile, Number>,
    took: Family<OfPair, Number>,
    late: Family<OfPair, Number>,
    at: Family<OfPair, Number>,
    missed: Family<OfPair, Counter>,
    polls: Family<OfPair, Counter>,
}

impl Metrics {
    /// Of the run of this name, without any numbers yet.
    pub fn of(run: impl Into<String>) -> Self {
        fn registered<M: Clone + Default + prometheus_client::registry::Metric>(
            registry: &mut Registry,
            name: &str,
            help: &str,
        ) -> M {
            let metric = M::default();
            registry.register(name, help, metric.clone());
            metric
        }
        let mut all = Registry::with_prefix("hc_rig");
        let registry = &mut all;
        let tasks = registered(registry, "tasks", "Tasks by state at the last poll");
        let target = registered(registry, "target_tasks", "Tasks that are asked for");
        let age = registered(registry, "check_result_age_seconds", "Age of the last check results at the last poll");
        let took = registered(registry, "poll_duration_seconds", "Time that the last poll took");
        let late =
            registered(registry, "poll_lateness_seconds", "Time after its due time at which the last poll began");
        let at = registered(registry, "last_poll_timestamp_seconds", "When the last poll was answered, since 1970");
        let missed = registered(registry, "polls_missed", "Polls that were left out");
        let polls = registered(registry, "polls", "Polls that were answered");
        Self {
            registry: Arc::new(all),
            run: escaped(&run.into()),
            file: None,
            tasks,
            target,
            age,
            took,
            late,
            at,
            missed,
            polls,
        }
    }

    /// Keeps them in a file too.
    ///
    /// # Errors
    /// Exit code 2: the file cannot be written.
    pub fn kept_in(self, path: PathBuf) -> Result<Self, Failure> {
        let file = TextFile::at(path);
        let nowhere =
            |error| Failure::usage(format!("--metrics-file: cannot write {}: {error}", file.path().display()));
        file.write(&self.text()).map_err(nowhere)?;
        Ok(Self { file: Some(file), ..self })
    }

    /// Serves them at `/metrics` of this address until the program ends; returns the address.
    ///
    /// # Errors
    /// Exit code 2: the address cannot be listened on.
    pub async fn serve(&self, address: SocketAddr) -> Result<SocketAddr, Failure> {
        let nowhere = |error| Failure::usage(format!("--metrics: cannot listen on {address}: {error}"));
        let listener = TcpListener::bind(address).await.map_err(nowhere)?;
        let there = listener.local_addr().map_err(nowhere)?;
        let text = async |State(metrics): State<Self>| ([(header::CONTENT_TYPE, CONTENT_TYPE)], metrics.text());
        let service = Router::new().route("/metrics", get(text)).with_state(self.clone());
        // Ends with the program's runtime.
        tokio::spawn(async move { axum::serve(listener, service).await });
        Ok(there)
    }

    /// The numbers as text.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }

    /// A poll of a pair has answered.
    ///
    /// # Errors
    /// The file cannot be written, for the first time.
    pub fn sample<T>(&self, pair: &str, sample: &Sample<T>) -> Result<(), String> {
        self.set(pair, sample);
        let Some(file) = &self.file else { return Ok(()) };
        file.write(&self.text())
            .map_err(|error| format!("--metrics-file: cannot write {}: {error}", file.path().display()))
    }

    fn set<T>(&self, pair: &str, sample: &Sample<T>) {
        let (run, pair) = (|| self.run.clone(), || escaped(pair));
        let of = || OfPair { run: run(), pair: pair() };
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
                .get_or_create(&OfState { run: run(), pair: pair(), state })
                .set(i64::try_from(n).unwrap_or(i64::MAX));
        }
        self.target.get_or_create(&of()).set(sample.target.into());
        self.took.get_or_create(&of()).set(sample.took);
        self.late.get_or_create(&of()).set(sample.late);
        if let Ok(at) = OffsetDateTime::parse(&sample.at, &Rfc3339) {
            self.at.get_or_create(&of()).set(at.unix_timestamp_nanos() as f64 / 1e9);
        }
        self.missed.get_or_create(&of()).inc_by(sample.missed);
        self.polls.get_or_create(&of()).inc();
        // Native checks report only changes: the age of their last check is not known.
        if let Some(age) = sample.age.filter(|age| !age.changes_only) {
            for (quantile, value) in [("0.5", age.p50), ("0.99", age.p99), ("1", age.max)] {
                self.age.get_or_create(&OfQuantile { run: run(), pair: pair(), quantile }).set(value);
            }
        }
    }
}

/// A label's value as the format wants it, which the encoder leaves to its caller. An app of somebody else's may be called
/// anything, and people print the file.
fn escaped(value: &str) -> String {
    text::visible_lines(value).replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use harness::record::{Ages, Counts};

    use super::{file::text_format, *};

    fn sample(changes_only: bool) -> Sample {
        let age = Ages { p50: 0.5, p99: 1.5, max: 2.0, tasks: 3, uncertainty: 0.0, changes_only };
        let counts = Counts { healthy: 3, unhealthy: 1, ..Counts::default() };
        serde_json::from_value(serde_json::json!({
            "v": 1, "at": "2026-11-18T10:26:40.500Z", "t": 2.0, "request": 1, "step": 1, "target": 5, "counts": counts, "deploying": false,
            "took": 0.25, "late": 0.0, "missed": 2, "age": age, "complete": false, "tasks": [], "gone": [],
        }))
        .unwrap()
    }

    /// One sample of the text format: name, labels, value.
    type Line = (String, Vec<(String, String)>, f64);

    /// Reads text format 0.0.4 by its rules, which it asserts: <https://prometheus.io/docs/instrumenting/exposition_formats/>.
    fn parse(text: &str) -> Vec<Line> {
        assert!(text.ends_with('\n'), "the last line ends too");
        let (mut family, mut kind, mut seen) = (String::new(), String::new(), BTreeSet::new());
        let mut lines: Vec<Line> = Vec::new();
        for line in text.lines() {
            if let Some(help) = line.strip_prefix("# HELP ") {
                let (name, help) = help.split_once(' ').expect("a name and a text");
                assert!(!help.is_empty() && seen.insert(name.to_owned()), "one HELP, and all lines of {name} together");
                (family, kind) = (name.to_owned(), String::new());
            } else if let Some(of) = line.strip_prefix("# TYPE ") {
                let (name, of) = of.split_once(' ').expect("a name and a type");
                assert!(name == family && kind.is_empty(), "one TYPE, below HELP, before the samples: {line}");
                assert!(["counter", "gauge", "histogram", "summary", "untyped"].contains(&of), "{line}");
                assert_eq!(of == "counter", name.ends_with("_total"), "{line}");
                kind = of.to_owned();
            } else {
                assert!(!line.starts_with('#') && !kind.is_empty(), "{line}");
                let (name, labels, value) = sample_of(line);
                assert_eq!(name, family, "samples are below their family");
                assert!(!lines.iter().any(|(other, with, _)| (other, with) == (&name, &labels)), "once: {line}");
                lines.push((name, labels, value));
            }
        }
        lines
    }

    /// `name{label="value",…} number`, where `\\`, `\"` and `\n` are escaped in values.
    fn sample_of(line: &str) -> Line {
        let is_name = |name: &str| {
            !name.starts_with(|c: char| c.is_ascii_digit())
                && !name.is_empty()
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        let (name, rest) = line.split_once('{').expect("labels");
        let (mut rest, mut labels) = (rest, Vec::new());
        while !rest.starts_with('}') {
            let (label, after) = rest.split_once("=\"").expect("a label");
            assert!(is_name(label), "{label}");
            let (mut value, mut characters) = (String::new(), after.char_indices());
            let end = loop {
                match characters.next().expect("a closing quote") {
                    (_, '\\') => value.push(match characters.next().map(|(_, c)| c) {
                        Some('n') => '\n',
                        Some(c @ ('\\' | '"')) => c,
                        other => panic!("no escape: {other:?} in {line}"),
                    }),
                    (end, '"') => break end,
                    (_, c) => value.push(c),
                }
            };
            labels.push((label.to_owned(), value));
            rest = after[end + 1..].trim_start_matches(',');
        }
        assert!(is_name(name), "{line}");
        let value = rest[1..].trim_start().parse().expect("a number and no more");
        (name.to_owned(), labels, value)
    }

    #[test]
    fn the_text_keeps_the_rules_of_its_format_and_of_names() {
        let metrics = Metrics::of("try-1\"\\\n{}\u{1b}");
        metrics.sample("mesos,TCP", &sample(false)).unwrap();
        metrics.sample("mesos,TCP", &sample(false)).unwrap();
        metrics.sample("docker,HTTP", &sample(false)).unwrap();
        let text = text_format(&metrics.text());
        let lines = parse(&text);
        for (name, labels, _) in &lines {
            assert!(name.starts_with("hc_rig_") && !name.contains("millis"), "base units: {name}");
            assert_eq!(labels[0], ("run".to_owned(), "try-1\"\\\n{}\\u001b".to_owned()), "{name}");
            assert_eq!(labels[1].0, "pair");
        }
        let value = |name: &str, third: &str| {
            let found = lines.iter().find(|(of, labels, _)| {
                of == name && labels[1].1 == "mesos,TCP" && labels.get(2).is_none_or(|(_, value)| value == third)
            });
            found.unwrap_or_else(|| panic!("no {name} in\n{text}")).2
        };
        let expected = [
            ("hc_rig_tasks", "healthy", 3.0),
            ("hc_rig_tasks", "unhealthy", 1.0),
            ("hc_rig_target_tasks", "", 5.0),
            ("hc_rig_check_result_age_seconds", "0.99", 1.5),
            ("hc_rig_poll_duration_seconds", "", 0.25),
            ("hc_rig_poll_lateness_seconds", "", 0.0),
            ("hc_rig_last_poll_timestamp_seconds", "", 1_794_997_600.5),
            ("hc_rig_polls_missed_total", "", 4.0),
            ("hc_rig_polls_total", "", 2.0),
        ];
        for (name, third, number) in expected {
            assert_eq!(value(name, third), number, "{name} {third}");
        }
    }

    #[test]
    fn what_is_served_is_openmetrics() {
        let metrics = Metrics::of("r");
        metrics.sample("mesos,TCP", &sample(false)).unwrap();
        let text = metrics.text();
        for line in ["# TYPE hc_rig_polls counter", "hc_rig_polls_total{run=\"r\",pair=\"mesos,TCP\"} 1", "# EOF"] {
            assert!(text.lines().any(|each| each == line), "no `{line}` in\n{text}");
        }
    }

    #[test]
    fn the_result_age_of_native_checks_is_not_reported() {
        let metrics = Metrics::of("r");
        metrics.sample("mesos,MESOS_TCP", &sample(true)).unwrap();
        assert!(!metrics.text().contains("age_seconds{"));
    }
}

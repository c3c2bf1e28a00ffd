//! What was measured, as lines at the end of a run: result age, polls, thresholds.

use harness::{
    record::Quantiles,
    scale::{Judgement, Totals},
};

use crate::folder::summary::Summary;

/// The lines of one run as label and text; only what was measured.
pub fn one(summary: &Summary) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    let Some(measures) = &summary.measures else { return lines };
    lines.extend(age(measures).map(|text| ("Result age", text)));
    let mut polls = measures.api.as_ref().map(|api| format!("answered within {}", render(api))).unwrap_or_default();
    if measures.late_ticks + measures.missed_ticks > 0 {
        polls.push_str(&format!("; {} late, {} missed", measures.late_ticks, measures.missed_ticks));
    }
    if !polls.is_empty() {
        lines.push(("Polls", polls));
    }
    lines.extend(measures.thresholds.iter().map(|judgement| ("Threshold", judgement.to_string())));
    lines
}

/// The thresholds of several runs, a line each, whatever the number of runs: where they were crossed, or that they were
/// not.
pub fn over<'a>(summaries: impl Iterator<Item = (&'a str, &'a Summary)> + Clone) -> Vec<(&'static str, String)> {
    let judged = |(name, summary): (&'a str, &'a Summary)| {
        let judgements = summary.measures.iter().flat_map(|measures| &measures.thresholds);
        judgements.map(move |judgement| (name, judgement)).collect::<Vec<_>>()
    };
    let all: Vec<(&str, &Judgement)> = summaries.flat_map(judged).collect();
    let mut thresholds: Vec<&str> = Vec::new();
    for (_, Judgement { threshold, .. }) in &all {
        if !thresholds.contains(&threshold.as_str()) {
            thresholds.push(threshold);
        }
    }
    thresholds.into_iter().map(|threshold| ("Threshold", one_threshold(threshold, &all))).collect()
}

/// What one threshold came to in the runs that have it.
fn one_threshold(threshold: &str, all: &[(&str, &Judgement)]) -> String {
    let same: Vec<_> = all.iter().filter(|(_, judgement)| judgement.threshold == threshold).collect();
    let crossed: Vec<String> = same
        .iter()
        .filter_map(|(name, judgement)| {
            let crossing = judgement.crossed.as_ref()?;
            Some(format!("{name} at {:.1} s ({})", crossing.at, crossing.found))
        })
        .collect();
    let unknown = same.iter().filter(|(_, judgement)| judgement.worst.is_none()).count();
    let mut text = if crossed.is_empty() {
        format!("{threshold}: not crossed by {} of {}", same.len() - unknown, same.len())
    } else {
        format!("{threshold} was crossed by {}", crossed.join(", "))
    };
    if unknown > 0 {
        text.push_str(&format!("; cannot be judged for {unknown}"));
    }
    text
}

fn age(measures: &Totals) -> Option<String> {
    let age = render(measures.age.as_ref()?);
    Some(if measures.age_of_changes_only {
        format!("not known: Mesos reports only changes of health; the last change was {age} ago")
    } else {
        age
    })
}

/// `1.0 s (p50), 2.0 s (p99), 3.0 s (max)`.
fn render(quantiles: &Quantiles) -> String {
    let Quantiles { p50, p99, max, .. } = *quantiles;
    format!("{} (p50), {} (p99), {} (max)", text::latency(p50), text::latency(p99), text::latency(max))
}

#[cfg(test)]
mod tests {
    use harness::scale::Crossing;

    use super::*;

    fn summary(changes_only: bool, crossed: Option<f64>) -> Summary {
        let crossing = |at| Crossing {
            threshold: "killed > 0".to_owned(),
            bound: 0.0,
            value: 2.0,
            found: "2".to_owned(),
            since: at,
            at,
        };
        let judgement = Judgement {
            threshold: "killed > 0".to_owned(),
            worst: Some(crossed.map_or(0.0, |_| 2.0)),
            found: Some(crossed.map_or("0", |_| "2").to_owned()),
            worst_at: Some(1.0),
            crossed: crossed.map(crossing),
            ..Judgement::default()
        };
        let quantiles = Quantiles { p50: 0.5, p99: 1.25, max: 20.0, n: 3 };
        let measures = Totals {
            age: Some(quantiles),
            api: Some(quantiles),
            age_of_changes_only: changes_only,
            missed_ticks: 4,
            thresholds: vec![judgement],
            ..Totals::default()
        };
        Summary { measures: Some(measures), ..Summary::default() }
    }

    #[test]
    fn lines_have_value_bound_and_time() {
        let lines: Vec<String> =
            one(&summary(false, Some(8.0))).into_iter().map(|(label, text)| format!("{label}: {text}")).collect();
        assert_eq!(
            lines,
            [
                "Result age: 500 ms (p50), 1.2 s (p99), 20.0 s (max)",
                "Polls: answered within 500 ms (p50), 1.2 s (p99), 20.0 s (max); 0 late, 4 missed",
                "Threshold: killed > 0 was crossed at 8.0 s: 2",
            ]
        );
        assert!(one(&summary(true, None))[0].1.contains("not known: Mesos reports only changes"));
        assert!(one(&Summary::default()).is_empty(), "a run without measurements");
    }

    #[test]
    fn several_runs_share_a_line() {
        let (well, bad) = (summary(false, None), summary(false, Some(8.0)));
        let lines = over([("a,TCP", &well), ("b,TCP", &bad)].into_iter());
        assert_eq!(lines, [("Threshold", "killed > 0 was crossed by b,TCP at 8.0 s (2)".to_owned())]);
        let lines = over([("a,TCP", &well), ("b,TCP", &well)].into_iter());
        assert_eq!(lines[0].1, "killed > 0: not crossed by 2 of 2");
    }
}

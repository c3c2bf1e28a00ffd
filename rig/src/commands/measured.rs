//! What was measured, in lines for the end of a run: news, thresholds, limit.

use harness::record::Quantiles;
use harness::scale::{Judgement, Totals};
use text::latency;

use crate::folder::summary::Summary;

/// The lines of one run, as label and text; only what there is something to say about.
pub fn one(summary: &Summary) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    let Some(measures) = &summary.measures else { return lines };
    lines.extend(age(measures).map(|text| ("News", text)));
    let mut polls = measures.api.as_ref().map(|api| format!("answered within {}", in_words(api))).unwrap_or_default();
    if measures.late_ticks + measures.missed_ticks > 0 {
        polls.push_str(&format!("; {} began late, {} missed", measures.late_ticks, measures.missed_ticks));
    }
    if !polls.is_empty() {
        lines.push(("Polls", polls));
    }
    lines.extend(measures.thresholds.iter().map(|judgement| ("Threshold", judgement.to_string())));
    lines
}

/// The thresholds over several runs, a line each, whatever their number: where they were crossed, or the worst value.
pub fn over<'a>(summaries: impl Iterator<Item = (&'a str, &'a Summary)> + Clone) -> Vec<(&'static str, String)> {
    let judged = |(name, summary): (&'a str, &'a Summary)| {
        let judgements = summary.measures.iter().flat_map(|measures| &measures.thresholds);
        judgements.map(move |judgement| (name, judgement)).collect::<Vec<_>>()
    };
    let all: Vec<(&str, &Judgement)> = summaries.flat_map(judged).collect();
    let mut told: Vec<&str> = Vec::new();
    let mut lines = Vec::new();
    for (_, Judgement { threshold, .. }) in &all {
        if told.contains(&threshold.as_str()) {
            continue;
        }
        told.push(threshold);
        let same: Vec<_> = all.iter().filter(|(_, judgement)| judgement.threshold == *threshold).collect();
        let crossed: Vec<String> = same
            .iter()
            .filter_map(|(name, judgement)| {
                let crossing = judgement.crossed.as_ref()?;
                Some(format!("{name} at {:.1} s ({})", crossing.at, crossing.found))
            })
            .collect();
        let unknown = same.iter().filter(|(_, judgement)| judgement.worst.is_none()).count();
        let mut text = match crossed.is_empty() {
            true => format!("{threshold}: not crossed by {} of {}", same.len() - unknown, same.len()),
            false => format!("{threshold} was crossed by {}", crossed.join(", ")),
        };
        if unknown > 0 {
            text.push_str(&format!("; cannot be judged for {unknown}"));
        }
        lines.push(("Threshold", text));
    }
    lines
}

fn age(measures: &Totals) -> Option<String> {
    let age = in_words(measures.age.as_ref()?);
    Some(if measures.age_of_changes_only {
        format!(
            "the age of the last check cannot be known (native checks tell changes only); the last change {age} ago"
        )
    } else {
        format!("the last check was {age} ago")
    })
}

/// `1.00 s (p50), 2.00 s (p99), 3.00 s (max)`.
fn in_words(of: &Quantiles) -> String {
    format!("{} (p50), {} (p99), {} (max)", latency(of.p50), latency(of.p99), latency(of.max))
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
    fn value_bound_and_moment_are_told() {
        let lines: Vec<String> =
            one(&summary(false, Some(8.0))).into_iter().map(|(label, text)| format!("{label}: {text}")).collect();
        assert_eq!(
            lines,
            [
                "News: the last check was 500 ms (p50), 1.2 s (p99), 20.0 s (max) ago",
                "Polls: answered within 500 ms (p50), 1.2 s (p99), 20.0 s (max); 0 began late, 4 missed",
                "Threshold: killed > 0 was crossed at 8.0 s: 2",
            ]
        );
        assert!(one(&summary(true, None))[0].1.contains("cannot be known"));
        assert!(one(&Summary::default()).is_empty(), "a run of before the measures");
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

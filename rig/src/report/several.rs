//! The report over the runs of several pairs.

use std::fmt::Write as _;

use crate::{
    chart::{Series, style::escape},
    folder::{Named, Run},
    report::{
        changes,
        fragments::{banner, claims, files, headline, over_all, repeat},
        measured::{Member, diagnoses, survived, table, thresholds},
        multiples::multiples,
        page::{Section, page},
        steps::steps,
        verdicts::limit,
    },
    verdict::Verdict,
};

/// The verdict over all: passed if all passed, else the most severe.
pub fn verdict(runs: &[Named]) -> Verdict {
    Verdict::of_all(runs.iter().map(|(_, run)| run.summary.verdict))
}

/// `6 of 6 pairs healthy at target`, `5 of 6 pairs healthy at target, 1 of them degraded`, `limit found for 2 of 2 pairs`.
pub fn sentence(runs: &[Named]) -> String {
    if are_watches(runs) {
        let passed = runs.iter().filter(|(_, run)| run.summary.verdict == Verdict::Passed).count();
        return format!("{passed} of {} stayed healthy", text::count(runs.len(), "app"));
    }
    let noun = if are_repeats(runs) { "runs" } else { "pairs" };
    sentence_of(&runs.iter().map(|(_, run)| run.summary.verdict).collect::<Vec<_>>(), noun)
}

fn sentence_of(verdicts: &[Verdict], noun: &str) -> String {
    let count = |wanted| verdicts.iter().filter(|verdict| **verdict == wanted).count();
    let (passed, degraded, limits, all) =
        (count(Verdict::Passed), count(Verdict::Degraded), count(Verdict::Limit), verdicts.len());
    let mut parts = Vec::new();
    if limits > 0 {
        parts.push(format!("limit found for {limits} of {all} {noun}"));
    }
    if limits < all {
        parts.push(format!("{} of {all} {noun} healthy at target", passed + degraded));
    }
    if degraded > 0 {
        parts.push(format!("{degraded} of them degraded"));
    }
    parts.join(", ")
}

/// Whether they are several runs of one pair, as `--runs` makes them.
pub fn are_repeats(runs: &[Named]) -> bool {
    let names = || runs.iter().map(|(_, run)| run.manifest.name());
    runs.len() > 1 && !are_watches(runs) && names().all(|name| names().next() == Some(name))
}

/// Whether apps were only watched.
fn are_watches(runs: &[Named]) -> bool {
    runs.iter().all(|(_, run)| run.manifest.is_watch())
}

/// The panels of the chart over all.
pub fn all_series(runs: &[Named]) -> Vec<Series> {
    let title = |run: &Run| match &run.summary.limit {
        Some(limit) => format!("{}: {} tasks stay healthy", run.manifest.name(), limit.holds),
        None => {
            let (well, word) = run.well();
            format!("{}: {well} of {} {word}", run.manifest.name(), run.summary.target)
        }
    };
    runs.iter().map(|(_, run)| Series { title: title(run), ..Series::of(&run.manifest, &run.course) }).collect()
}

/// The facts that the chart over all names, as far as the runs share them.
pub fn shared_facts(series: &[Series]) -> String {
    let Some(first) = series.first() else { return String::new() };
    let shared = |fact: &&str| series.iter().all(|other| other.facts.split(" · ").any(|theirs| theirs == *fact));
    first.facts.split(" · ").filter(shared).collect::<Vec<_>>().join(" · ")
}

/// A run called by its pair, or by its app where it has none.
pub fn member<'a>(folder: &'a str, run: &'a Run) -> Member<'a> {
    let manifest = &run.manifest;
    Member { name: manifest.name().to_owned(), folder, run }
}

/// The runs as the page calls them.
pub fn members(runs: &[Named]) -> Vec<Member<'_>> {
    let repeats = are_repeats(runs);
    let named = |(folder, run): &'_ Named| {
        if repeats { format!("{} {folder}", run.manifest.name()) } else { run.manifest.name().to_owned() }
    };
    runs.iter().map(|named_run| Member { name: named(named_run), ..member(&named_run.0, &named_run.1) }).collect()
}

/// The report over several runs.
pub fn several(runs: &[Named]) -> String {
    let series = all_series(runs);
    let members = members(runs);
    let mut head = banner(verdict(runs), &sentence(runs), &[], None);
    if let Some((_, run)) = runs.first() {
        head.push_str(&claims(&run.manifest));
    }
    let poll = series.first().map_or("", |series| &series.poll);
    let caption = format!("{} · X: {poll} · Y: number of tasks", shared_facts(&series));
    let (figure, panels) = multiples(&series, 3, true, &caption);
    let first = runs.first().map(|(_, run)| &run.manifest);
    let watched = are_watches(runs);
    let sections = [
        Section::bare(head),
        Section::titled("What changed, and when", changes::list_of(&members)),
        Section::titled(if watched { "Apps" } else { "Pairs" }, table(&members)),
        Section::titled("Tasks by state at each request", figure),
        Section::titled("Thresholds", thresholds(&members)),
        Section::titled("Limits", limits(&members)),
        Section::titled("Diagnosis", diagnoses(&members)),
        Section::titled("Survived on the way", survived(&members)),
        Section::on_demand("Steps", if watched { String::new() } else { all_steps(&members) }),
        Section::on_demand("Repeat it", first.map(repeat).unwrap_or_default()),
        Section::on_demand("Files beside this report", files(&over_all("chart"))),
    ];
    let started = first.map_or("", |manifest| &manifest.started_at);
    let title = match (watched, are_repeats(runs)) {
        (true, _) => "watched apps",
        (false, true) => "runs of one pair",
        (false, false) => "pairs of containerizer and check",
    };
    page(&format!("{} {title}", runs.len()), started, &sections, &panels)
}

fn limits(members: &[Member<'_>]) -> String {
    let of = |Member { name, run, .. }: &Member<'_>| {
        let limit = limit(&run.summary);
        (!limit.is_empty()).then(|| format!("<h3>{}</h3>{limit}", escape(name)))
    };
    members.iter().filter_map(of).collect()
}

/// The steps of each run, folded: its own report has them.
pub fn all_steps(members: &[Member<'_>]) -> String {
    let mut html = String::new();
    for Member { name, folder, run } in members {
        let _ = write!(
            html,
            "<details><summary><b>{}</b> · {}</summary>{}<p><a href=\"{}/report.html\">full report of this run</a></p></details>",
            escape(name),
            escape(&headline(run)),
            steps(&run.summary.steps),
            escape(folder)
        );
    }
    html
}

#[cfg(test)]
mod tests {
    use Verdict::{Degraded, Failed, Limit, Passed};
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::all_passed(&[Passed, Passed], "2 of 2 pairs healthy at target")]
    #[case::one_degraded(&[Passed, Degraded, Failed], "2 of 3 pairs healthy at target, 1 of them degraded")]
    #[case::limits(&[Limit, Limit], "limit found for 2 of 2 pairs")]
    #[case::a_limit_lies_beyond(&[Limit, Passed], "limit found for 1 of 2 pairs, 1 of 2 pairs healthy at target")]
    #[case::none(&[Failed], "0 of 1 pairs healthy at target")]
    fn the_sentence_counts_what_each_verdict_means(#[case] verdicts: &[Verdict], #[case] sentence: &str) {
        assert_eq!(sentence_of(verdicts, "pairs"), sentence);
    }
}

//! The summary at the end of `run` and `try`: at most 25 lines, verdict first.

use std::{fmt::Write as _, path::Path};

use ::text::{count, cut, or_dash, seconds};

use crate::{
    commands::measured,
    exit::Code,
    folder::{Run, incident, summary::Step},
    report::{
        fragments::{claim_text, headline, in_grace},
        several::{self, Named},
    },
    verdict::Verdict,
    why::{Conclusion, Diagnosis, Finding, Reason, findings, text},
};

/// No summary is longer, so that it fits on a screen with the command above it.
const LINES: usize = 25;

/// The summary of one run.
pub fn one(run: &Run, folder: &Path, code: Code, took: f64) -> String {
    let summary = &run.summary;
    let mut head = String::new();
    let _ = writeln!(head, "{:<12} {}: {}", summary.verdict.word(), run.manifest.pair, headline(summary));
    why(&mut head, &summary.why);
    let _ = writeln!(head, "{:<12} {}\n", "On", claim_text(&run.manifest));
    let steps: Vec<String> = summary.steps.iter().enumerate().map(|(index, step)| step_line(index, step)).collect();
    // A search breaks its app on purpose, again and again: the limit is what there is to say.
    let searched = summary.verdict == Verdict::Limit;
    let worst = if searched { Vec::new() } else { worst(run) };
    let diagnosis = if searched { String::new() } else { text::short(&Diagnosis::of(run)) };
    let measured: String =
        measured::one(summary).into_iter().map(|(label, text)| format!("{label:<12} {text}\n")).collect();
    let mut end = String::new();
    tail(&mut end, folder, &[run], code, took);
    if !searched && (summary.sick_tasks > 0 || !diagnosis.is_empty()) {
        let _ = writeln!(end, "{:<12} hc-rig why {}", "Next", folder.display());
    }
    let fixed = [&head, &diagnosis, &measured, &end].into_iter().map(|part| part.lines().count()).sum::<usize>();
    let free = LINES.saturating_sub(fixed);
    let worst = &worst[..worst.len().min(free / 2)];
    let steps = &steps[steps.len() - steps.len().min(6).min(free - worst.len())..];
    format!("{head}{}{}{diagnosis}{measured}{end}", steps.concat(), worst.concat())
}

fn step_line(index: usize, step: &Step) -> String {
    let reached =
        step.reached_after.map_or("not reached".to_owned(), |seconds| format!("all healthy after {seconds:.1} s"));
    let slowest =
        step.task_max.map(|max| format!("   slowest task healthy {max:.1} s after staging")).unwrap_or_default();
    format!("  step {:<3} {:>6} tasks   {reached}{slowest}\n", index + 1, step.target)
}

/// The summary over several runs.
pub fn over(runs: &[Named], folder: &Path, code: Code, took: f64) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{:<12} {}", several::verdict(runs).word(), several::sentence(runs));
    if let Some((_, run)) = runs.first() {
        let _ = writeln!(out, "{:<12} {}\n", "On", claim_text(&run.manifest));
    }
    let measured: Vec<String> = measured::over(runs.iter().map(|(_, run)| (run.manifest.pair.as_str(), &run.summary)))
        .into_iter()
        .map(|(label, text)| format!("{label:<12} {text}\n"))
        .collect();
    let mut end = String::new();
    let all: Vec<&Run> = runs.iter().map(|(_, run)| run).collect();
    tail(&mut end, folder, &all, code, took);
    // One line more says how many are left out, one what ailed them, one what comes next.
    let free = LINES.saturating_sub(out.lines().count() + measured.len() + end.lines().count() + 3);
    let listed = runs.len().min(free.max(1));
    for (_, run) in runs.iter().take(listed) {
        let summary = &run.summary;
        let slowest = summary.steps.iter().filter_map(|step| step.reached_after).max_by(f64::total_cmp);
        let mut line = format!(
            "  {:<19} {:>4}/{:<4} healthy   {}   slowest {}   {} ever unhealthy{}",
            run.manifest.pair,
            summary.last.healthy,
            summary.target,
            count(summary.steps.len(), "step"),
            or_dash(slowest, seconds),
            summary.sick_tasks,
            in_grace(summary),
        );
        if summary.verdict != Verdict::Passed {
            let _ = write!(line, "   {}: {}", summary.verdict.word(), cut(&summary.why, 80));
        }
        let _ = writeln!(out, "{line}");
    }
    if listed < runs.len() {
        let _ = writeln!(out, "  … and {} more in the report", runs.len() - listed);
    }
    let ailing = ailing(runs);
    if let Some((name, run, Some(conclusion))) = &ailing {
        let pair = if run.manifest.pair.is_empty() { name } else { &run.manifest.pair };
        let _ = writeln!(out, "{:<12} {pair}: {} ({})", "Diagnosis", conclusion.title, conclusion.sure.words());
    }
    out.push_str(&measured.concat());
    out.push_str(&end);
    if let Some((name, ..)) = ailing {
        let _ = writeln!(out, "{:<12} hc-rig why {}", "Next", folder.join(name).display());
    } else if code == Code::Passed {
        let _ = writeln!(out, "{:<12} your own cluster: hc-rig run app.json --url https://your-cluster", "Next");
    }
    out
}

/// The run to look into first, with what it most likely was: one that did not hold, else one with sick tasks, else one
/// that had anything to tell; among equals one whose cause was found. A search breaks its app on purpose.
fn ailing(runs: &[Named]) -> Option<(&String, &Run, Option<Conclusion>)> {
    let rank = |run: &Run, conclusion: &Option<Conclusion>| match (run.summary.verdict, run.summary.sick_tasks) {
        (Verdict::Limit, _) => None,
        (Verdict::NotReached | Verdict::Crossed, _) => Some(0),
        (_, 1..) => Some(1),
        _ => conclusion.is_some().then_some(2),
    };
    let told = runs.iter().filter_map(|(name, run)| {
        let conclusion = Diagnosis::of(run).conclusions.into_iter().next();
        let unknown = conclusion.as_ref().is_none_or(|conclusion| conclusion.reason == Reason::Unknown);
        Some(((rank(run, &conclusion)?, unknown), (name, run, conclusion)))
    });
    told.min_by_key(|(rank, _)| *rank).map(|(_, ailing)| ailing)
}

fn why(out: &mut String, why: &str) {
    if !why.is_empty() {
        let _ = writeln!(out, "{:<12} {why}", "Why");
    }
}

/// The three tasks that were in trouble first.
fn worst(run: &Run) -> Vec<String> {
    let line = |finding: &Finding| format!("  {} on {}: {}\n", finding.task, finding.address, finding.status);
    findings(run).iter().take(3).map(line).collect()
}

fn tail(out: &mut String, folder: &Path, runs: &[&Run], code: Code, took: f64) {
    let samples: u64 = runs.iter().map(|run| run.summary.samples).sum();
    let missed: u64 = runs.iter().map(|run| run.summary.missed_polls).sum();
    let late = if missed > 0 { format!(", {missed} polls missed") } else { String::new() };
    let shown = folder.display();
    if folder.join("report.html").is_file() {
        let _ = writeln!(out, "\n{:<12} {shown}/report.html   (opens offline)", "Report");
        let _ = writeln!(out, "{:<12} {shown}/chart.png", "Chart");
    } else {
        let _ = writeln!(out, "\n{:<12} could not be written; once there is room: hc-rig report {shown}", "Report");
    }
    let _ = writeln!(out, "{:<12} {samples} in {shown}{late}", "Samples");
    let survived = incident::sentence(incident::fullest(runs.iter().map(|run| &run.summary.incidents)));
    if !survived.is_empty() {
        let _ = writeln!(out, "{:<12} {survived}", "Survived");
    }
    let left: Vec<&str> =
        runs.iter().map(|run| run.summary.clean_up.as_str()).filter(|state| *state != "complete").collect();
    let cleaned = if left.is_empty() { format!("{}, nothing left", count(runs.len(), "app")) } else { left.join("; ") };
    let _ = writeln!(out, "{:<12} {cleaned}", "Cleaned up");
    let _ = writeln!(out, "{:<12} {took:.0} s   exit {}", "Took", code.status());
}

#[cfg(test)]
mod tests {
    use harness::scale::{Judgement, Totals};

    use super::*;
    use crate::folder::{incident::Incident, summary::Summary};

    /// A run with more to say than fits.
    fn eventful(verdict: Verdict) -> Run {
        let judgement = |n: u32| Judgement { threshold: format!("killed > {n}"), ..Judgement::default() };
        let summary = Summary {
            verdict,
            why: "a reason ".repeat(30),
            steps: vec![Step::default(); 12],
            measures: Some(Totals { thresholds: (0..6).map(judgement).collect(), ..Totals::default() }),
            incidents: vec![Incident { what: "answer 503".to_owned(), count: 3, ..Incident::default() }],
            sick_tasks: 2,
            clean_up: "complete".to_owned(),
            ..Summary::default()
        };
        Run { summary, ..Run::default() }
    }

    #[test]
    fn whatever_happened_the_end_fits_on_a_screen_with_the_verdict_first() {
        for verdict in [Verdict::Passed, Verdict::NotReached, Verdict::Limit] {
            let text = one(&eventful(verdict), Path::new("run"), verdict.code(), 1.0);
            assert!(text.lines().count() <= LINES, "{text}");
            assert!(text.starts_with(verdict.word()) && text.contains("step 12"), "{text}");
        }
        let runs: Vec<Named> = (0..20).map(|n| (format!("run-{n}"), eventful(Verdict::NotReached))).collect();
        let text = over(&runs, Path::new("runs"), Code::Failed, 1.0);
        assert!(text.lines().count() <= LINES, "{text}");
        assert!(text.contains("more in the report"), "{text}");
        assert!(text.ends_with("Next         hc-rig why runs/run-0\n"), "{text}");
    }

    #[test]
    fn of_several_that_did_not_hold_one_with_a_known_cause_is_looked_into_first() {
        let unknown = eventful(Verdict::NotReached);
        let mut waits = eventful(Verdict::NotReached);
        waits.summary.last.scheduled = 3;
        let runs =
            [("one".to_owned(), eventful(Verdict::Passed)), ("two".to_owned(), unknown), ("three".to_owned(), waits)];
        let text = over(&runs, Path::new("runs"), Code::Failed, 1.0);
        assert!(text.contains("three: 3 tasks were not launched for lack of offers that fit (a guess"), "{text}");
        assert!(text.ends_with("Next         hc-rig why runs/three\n"), "{text}");
        let text = over(&runs[..2], Path::new("runs"), Code::Failed, 1.0);
        assert!(text.ends_with("Next         hc-rig why runs/two\n"), "{text}");
    }
}

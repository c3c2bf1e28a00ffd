//! The summary at the end of `run`, `try` and `matrix`: at most 25 lines, verdict first.

use std::{fmt::Write as _, path::Path};

use crate::{
    exit::Code,
    folder::{Named, Run, clean_up::CleanUp, incident, matrix::Matrix, summary::Step},
    report::{
        self,
        fragments::{claim_text, headline, in_grace},
        several,
    },
    terminal::{
        color, diagnosis,
        layout::{LABEL, field, field_of_parts, long_field},
        measures,
    },
    verdict::Verdict,
    why::{Conclusion, Diagnosis, Finding, Reason, findings},
};

/// No summary is longer, so that it fits on a screen.
const LINES: usize = 25;

/// The longest reason behind a run of several.
const REASON_WIDTH: usize = 80;

/// Tasks of a run that are named.
const NAMED: usize = 3;

/// Steps of a run that are listed.
const STEPS: usize = 6;

/// How the command ended, for the last lines.
#[derive(Clone, Copy, Debug)]
pub struct Ending<'a> {
    /// The folder with the results.
    pub folder: &'a Path,
    /// The exit code.
    pub code: Code,
    /// Seconds that the command took.
    pub seconds: f64,
}

/// The summary of one run.
pub fn one(run: &Run, ending: Ending<'_>) -> String {
    let summary = &run.summary;
    let mut head = String::new();
    verdict_field(&mut head, summary.verdict, &format!("{}: {}", run.manifest.pair, headline(summary)));
    if !summary.why.is_empty() {
        field(&mut head, "Why", &summary.why);
    }
    field_of_parts(&mut head, "On", &claim_text(&run.manifest));
    head.push('\n');
    let steps: Vec<String> = summary.steps.iter().enumerate().map(|(index, step)| step_line(index, step)).collect();
    // A search makes its app fail on purpose, again and again: the limit is what matters.
    let searched = summary.limit.is_some();
    let affected = if searched { Vec::new() } else { first_affected(run) };
    let diagnosis = if searched { String::new() } else { diagnosis::short(&Diagnosis::of(run)) };
    let measures = fields(&measures::one(summary));
    let mut end = String::new();
    results(&mut end, ending.folder);
    tail(&mut end, &[run], ending);
    if !searched && (summary.sick_tasks > 0 || !diagnosis.is_empty()) {
        field(&mut end, "Next", format_args!("hc-rig why {}", ending.folder.display()));
    }
    let fixed = [&head, &diagnosis, &measures, &end].into_iter().map(|part| part.lines().count()).sum::<usize>();
    let free = LINES.saturating_sub(fixed);
    let affected = &affected[..affected.len().min(free / 2)];
    let steps = &steps[steps.len() - steps.len().min(STEPS).min(free - affected.len())..];
    format!("{head}{}{}{diagnosis}{measures}{end}", steps.concat(), affected.concat())
}

fn step_line(index: usize, step: &Step) -> String {
    let reached =
        step.reached_after.map_or("not reached".to_owned(), |seconds| format!("all healthy after {seconds:.1} s"));
    let slowest =
        step.task_max.map(|max| format!("   slowest task healthy {max:.1} s after staging")).unwrap_or_default();
    format!("  step {:<3} {:>6} tasks   {reached}{slowest}\n", index + 1, step.target)
}

/// The summary of several runs.
pub fn over(runs: &[Named], ending: Ending<'_>) -> String {
    let mut out = String::new();
    head_over(&mut out, several::verdict(runs), &several::sentence(runs), runs);
    let measures = fields(&measures::over(runs.iter().map(|(_, run)| (run.manifest.pair.as_str(), &run.summary))));
    let mut end = String::new();
    let all: Vec<&Run> = runs.iter().map(|(_, run)| run).collect();
    results(&mut end, ending.folder);
    tail(&mut end, &all, ending);
    // One line more counts the runs that are left out, one gives the diagnosis, one says what comes next.
    let free = LINES.saturating_sub(out.lines().count() + measures.lines().count() + end.lines().count() + 3);
    let listed = runs.len().min(free.max(1));
    for (_, run) in runs.iter().take(listed) {
        let _ = writeln!(out, "{}", run_line(run));
    }
    if listed < runs.len() {
        let _ = writeln!(out, "  … and {} more in the report", runs.len() - listed);
    }
    let first = first_to_explain(runs);
    if let Some((name, run, Some(conclusion))) = &first {
        let pair = if run.manifest.pair.is_empty() { name } else { &run.manifest.pair };
        let confidence = conclusion.confidence.words();
        long_field(&mut out, "Diagnosis", &format!("{pair}: {} ({confidence})", conclusion.title));
    }
    out.push_str(&measures);
    out.push_str(&end);
    if let Some((name, ..)) = first {
        field(&mut out, "Next", format_args!("hc-rig why {}", ending.folder.join(name).display()));
    } else if ending.code == Code::Passed {
        field(&mut out, "Next", "your own cluster: hc-rig run app.json --url https://your-cluster");
    }
    out
}

/// The summary of a matrix of runs.
pub fn matrix(matrix: &Matrix, runs: &[Named], ending: Ending<'_>) -> String {
    let mut out = String::new();
    head_over(&mut out, several::verdict(runs), &report::matrix::sentence(matrix), runs);
    for row in &matrix.rows {
        let cells: Vec<String> = row.cells.iter().map(|cell| format!("{}/{}", cell.healthy, cell.asked)).collect();
        let _ = writeln!(out, "  {:<19} {:<28} {}", row.pair, row.limit(), cells.join("  "));
    }
    let folder = ending.folder.display();
    out.push('\n');
    field(&mut out, "Report", format_args!("{folder}/report.html   (opens offline)"));
    field(&mut out, "Picture", format_args!("{folder}/matrix.png"));
    clean_up(&mut out, &runs.iter().map(|(_, run)| run).collect::<Vec<_>>());
    took(&mut out, ending);
    if ending.code == Code::Failed
        && let Some(cell) = matrix.rows.iter().flat_map(|row| &row.cells).find(|cell| cell.healthy < cell.asked)
    {
        field(&mut out, "Next", format_args!("hc-rig why {folder}/{}", cell.folder));
    }
    out
}

fn head_over(out: &mut String, verdict: Verdict, sentence: &str, runs: &[Named]) {
    verdict_field(out, verdict, sentence);
    if let Some((_, run)) = runs.first() {
        field_of_parts(out, "On", &claim_text(&run.manifest));
        out.push('\n');
    }
}

/// The first line: the word of the verdict, which is a label too.
pub(super) fn verdict_field(out: &mut String, verdict: Verdict, sentence: &str) {
    let _ = writeln!(out, "{} {sentence}", color::word(verdict, LABEL));
}

/// One of several runs.
fn run_line(run: &Run) -> String {
    let summary = &run.summary;
    let slowest = summary.steps.iter().filter_map(|step| step.reached_after).max_by(f64::total_cmp);
    let mut line = format!(
        "  {:<19} {:>4}/{:<4} healthy   {}   slowest {}   {} unhealthy on the way{}",
        run.manifest.pair,
        summary.last.healthy,
        summary.target,
        text::count(summary.steps.len(), "step"),
        text::or_dash(slowest, text::seconds),
        summary.sick_tasks,
        in_grace(summary),
    );
    if summary.verdict != Verdict::Passed {
        let _ = write!(line, "   {}: {}", summary.verdict.word(), text::cut(&summary.why, REASON_WIDTH));
    }
    line
}

/// The run to explain first, with its first conclusion: one that failed, else one with tasks that were unhealthy, else
/// one with any conclusion; among equals one whose cause was found. A search makes its app fail on purpose.
fn first_to_explain(runs: &[Named]) -> Option<(&String, &Run, Option<Conclusion>)> {
    let rank = |run: &Run, conclusion: &Option<Conclusion>| match run.summary.verdict {
        Verdict::Limit => None,
        Verdict::Failed | Verdict::Degraded => Some(0),
        Verdict::Passed | Verdict::Stopped | Verdict::Error if run.summary.sick_tasks > 0 => Some(1),
        Verdict::Passed | Verdict::Stopped | Verdict::Error => conclusion.is_some().then_some(2),
    };
    let ranked = runs.iter().filter_map(|(name, run)| {
        let conclusion = Diagnosis::of(run).conclusions.into_iter().next();
        let unknown = conclusion.as_ref().is_none_or(|conclusion| conclusion.reason == Reason::Unknown);
        Some(((rank(run, &conclusion)?, unknown), (name, run, conclusion)))
    });
    ranked.min_by_key(|(rank, _)| *rank).map(|(_, first)| first)
}

/// The tasks that were affected first.
fn first_affected(run: &Run) -> Vec<String> {
    let line = |finding: &Finding| format!("  {} on {}: {}\n", finding.task, finding.address, finding.status);
    findings(run).iter().take(NAMED).map(line).collect()
}

fn fields(lines: &[(&str, String)]) -> String {
    let mut out = String::new();
    for (label, text) in lines {
        field(&mut out, label, text);
    }
    out
}

/// Where page and chart are.
pub(super) fn results(out: &mut String, folder: &Path) {
    let path = folder.display();
    out.push('\n');
    if folder.join("report.html").is_file() {
        field(out, "Report", format_args!("{path}/report.html   (opens offline)"));
        field(out, "Chart", format_args!("{path}/chart.png"));
    } else {
        field(out, "Report", format_args!("not written; once there is room: hc-rig report {path}"));
    }
}

fn tail(out: &mut String, runs: &[&Run], ending: Ending<'_>) {
    let samples: u64 = runs.iter().map(|run| run.summary.samples).sum();
    let missed: u64 = runs.iter().map(|run| run.summary.missed_polls).sum();
    let late = if missed > 0 { format!(", {} missed", text::count(missed, "poll")) } else { String::new() };
    field(out, "Samples", format_args!("{samples} in {}{late}", ending.folder.display()));
    let survived = incident::sentence(incident::fullest(runs.iter().map(|run| &run.summary.incidents)));
    if !survived.is_empty() {
        field(out, "Survived", survived);
    }
    clean_up(out, runs);
    took(out, ending);
}

fn clean_up(out: &mut String, runs: &[&Run]) {
    let left: Vec<String> = runs
        .iter()
        .map(|run| &run.summary.clean_up)
        .filter(|clean_up| **clean_up != CleanUp::Complete)
        .map(CleanUp::to_string)
        .collect();
    if left.is_empty() {
        field(out, "Cleaned up", format_args!("{}, nothing left", text::count(runs.len(), "app")));
    } else {
        field(out, "Cleaned up", left.join("; "));
    }
}

/// How long it took, and the exit code.
pub(super) fn took(out: &mut String, Ending { code, seconds, .. }: Ending<'_>) {
    field(out, "Took", format_args!("{seconds:.0} s   exit {}", code.status()));
}

#[cfg(test)]
mod tests {
    use harness::scale::{Judgement, Totals};

    use super::*;
    use crate::folder::{incident::Incident, summary::Summary};

    fn ending(folder: &str, code: Code) -> Ending<'_> {
        Ending { folder: Path::new(folder), code, seconds: 1.0 }
    }

    /// A run with more to report than fits.
    fn eventful(verdict: Verdict) -> Run {
        let judgement = |n: u32| Judgement { threshold: format!("killed > {n}"), ..Judgement::default() };
        let summary = Summary {
            verdict,
            why: "a reason ".repeat(30),
            steps: vec![Step::default(); 12],
            measures: Some(Totals { thresholds: (0..6).map(judgement).collect(), ..Totals::default() }),
            incidents: vec![Incident { what: "answer 503".to_owned(), count: 3, ..Incident::default() }],
            sick_tasks: 2,
            clean_up: CleanUp::Complete,
            ..Summary::default()
        };
        Run { summary, ..Run::default() }
    }

    #[test]
    fn every_summary_fits_on_a_screen_with_the_verdict_first() {
        for verdict in Verdict::ALL {
            let text = one(&eventful(verdict), ending("run", verdict.code(false)));
            assert!(text.lines().count() <= LINES, "{text}");
            assert!(text.starts_with(verdict.word()) && text.contains("step 12"), "{text}");
        }
        let runs: Vec<Named> = (0..20).map(|n| (format!("run-{n}"), eventful(Verdict::Failed))).collect();
        let text = over(&runs, ending("runs", Code::Failed));
        assert!(text.lines().count() <= LINES, "{text}");
        assert!(text.contains("more in the report"), "{text}");
        assert!(text.ends_with("Next         hc-rig why runs/run-0\n"), "{text}");
    }

    #[test]
    fn of_several_failed_runs_one_with_a_known_cause_is_explained_first() {
        let unknown = eventful(Verdict::Failed);
        let mut waits = eventful(Verdict::Failed);
        waits.summary.last.scheduled = 3;
        let runs =
            [("one".to_owned(), eventful(Verdict::Passed)), ("two".to_owned(), unknown), ("three".to_owned(), waits)];
        let text = over(&runs, ending("runs", Code::Failed));
        assert!(text.contains("three: 3 tasks were not launched for lack of matching offers (low"), "{text}");
        assert!(text.ends_with("Next         hc-rig why runs/three\n"), "{text}");
        let text = over(&runs[..2], ending("runs", Code::Failed));
        assert!(text.ends_with("Next         hc-rig why runs/two\n"), "{text}");
    }
}

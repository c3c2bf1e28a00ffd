//! The summary at the end of `run`, `try` and `matrix`: the verdict and at most 24 lines, fewer on a low terminal.

use std::{
    fmt::{self, Write as _},
    path::Path,
};

use harness::model::Kind;

use crate::{
    command_line::quoted,
    exit::{Code, Completion},
    folder::{Named, Run, clean_up::CleanUp, incident, matrix::Matrix, summary::Step},
    report::{
        self,
        fragments::{claim_text, headline, in_grace},
        several,
    },
    terminal::{
        diagnosis,
        layout::{field, field_of_parts, fit, long_field, sentence_field},
        measures, screen, spread,
    },
    verdict::Verdict,
    why::{Conclusion, Diagnosis, Finding, Reason, findings},
};

/// No summary is longer, so that it fits on a screen below its verdict.
const LINES: usize = 24;

/// What is never left out on a low terminal.
const FEWEST_LINES: usize = 9;

/// The longest reason behind a run of several.
const REASON_WIDTH: usize = 80;

/// The longest reason of a run: three lines.
const WHY_WIDTH: usize = 190;

/// Tasks of a run that are named.
const NAMED: usize = 3;

/// Steps of a run that are listed.
const STEPS: usize = 6;

/// A summary.
#[derive(Clone, Debug, PartialEq)]
pub struct Closing {
    /// The verdict.
    pub verdict: Verdict,
    /// What it says of the runs.
    pub sentence: String,
    /// Everything else.
    pub body: String,
}

impl Closing {
    /// The end of a command that closes with this.
    pub fn end(self, end: Completion) -> Completion {
        Completion { verdict: Some((self.verdict.word(), self.sentence)), text: self.body, ..end }
    }
}

impl fmt::Display for Closing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}\n{}", self.verdict.word(), self.sentence, self.body)
    }
}

/// Lines that the terminal has room for below the verdict and the prompt.
fn room() -> usize {
    screen::of_stdout().map_or(LINES, |size| size.rows.saturating_sub(2).clamp(FEWEST_LINES, LINES))
}

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
pub fn one(run: &Run, ending: Ending<'_>) -> Closing {
    let summary = &run.summary;
    let mut head = String::new();
    if !summary.why.is_empty() {
        sentence_field(&mut head, "Why", &text::cut(&summary.why, WHY_WIDTH));
    }
    field_of_parts(&mut head, "On", &claim_text(&run.manifest));
    head.push('\n');
    let word = run.well().1;
    let steps = summary.steps.iter().enumerate().map(|(index, step)| step_line(index, step, word));
    let steps: Vec<String> = steps.collect();
    // A search makes its app fail on purpose, again and again: the limit is what matters.
    let searched = summary.limit.is_some();
    let affected = if searched { Vec::new() } else { first_affected(run) };
    let diagnosis = if searched { String::new() } else { diagnosis::short(&Diagnosis::of(run)) };
    let measures = fields(&measures::one(summary));
    let mut end = String::new();
    results(&mut end, ending.folder);
    tail(&mut end, &[run], ending);
    if !searched && (summary.sick_tasks > 0 || !diagnosis.is_empty()) {
        next_why(&mut end, ending.folder);
    }
    let fixed = [&head, &diagnosis, &measures, &end].into_iter().map(|part| part.lines().count()).sum::<usize>();
    let free = room().saturating_sub(fixed);
    let affected = &affected[..affected.len().min(free / 2)];
    let steps = &steps[steps.len() - steps.len().min(STEPS).min(free - affected.len())..];
    Closing {
        verdict: summary.verdict,
        sentence: format!("{}: {}", run.manifest.pair, headline(run)),
        body: format!("{head}{}{}{diagnosis}{measures}{end}", steps.concat(), affected.concat()),
    }
}

fn step_line(index: usize, step: &Step, word: &str) -> String {
    let reached =
        step.reached_after.map_or("not reached".to_owned(), |seconds| format!("all {word} after {seconds:.1} s"));
    let slowest =
        step.task_max.map(|max| format!("   slowest task healthy {max:.1} s after staging")).unwrap_or_default();
    let tasks = if step.target == 1 { "task " } else { "tasks" };
    let line = format!("  step {:<3} {:>6} {tasks}   {reached}", index + 1, step.target);
    let fits = line.len() + slowest.len() < screen::columns_of_lines();
    format!("{line}{}\n", if fits { &slowest } else { "" })
}

/// The summary of several runs.
pub fn over(runs: &[Named], ending: Ending<'_>) -> Closing {
    let mut out = String::new();
    head_over(&mut out, runs);
    let repeats = several::are_repeats(runs);
    let named = |(name, run): &'_ Named| if repeats { name.clone() } else { run.manifest.pair.clone() };
    let names: Vec<String> = runs.iter().map(named).collect();
    let summaries = names.iter().map(String::as_str).zip(runs.iter().map(|(_, run)| &run.summary));
    let measures = fields(&measures::over(summaries));
    let mut end = String::new();
    let all: Vec<&Run> = runs.iter().map(|(_, run)| run).collect();
    results(&mut end, ending.folder);
    tail(&mut end, &all, ending);
    // One line more counts the runs that are left out, one gives the diagnosis, one says what comes next.
    let free = room().saturating_sub(
        out.lines().count() + measures.lines().count() + end.lines().count() + 3 + 2 * usize::from(repeats),
    );
    let listed = runs.len().min(free.max(1));
    for ((_, run), name) in runs.iter().zip(&names).take(listed) {
        let _ = writeln!(out, "{}", run_line(name, run));
    }
    if listed < runs.len() {
        let _ = writeln!(out, "  … and {} more in the report", runs.len() - listed);
    }
    let first = first_to_explain(runs);
    if let Some((name, run, Some(conclusion))) = &first {
        let pair = if repeats || run.manifest.pair.is_empty() { name } else { &run.manifest.pair };
        let confidence = conclusion.confidence.words();
        long_field(&mut out, "Diagnosis", &format!("{pair}: {} ({confidence})", conclusion.title));
    }
    out.push_str(&measures);
    if repeats {
        long_field(&mut out, "Spread", &spread::sentence(runs));
    }
    out.push_str(&end);
    if let Some((name, ..)) = first {
        next_why(&mut out, &ending.folder.join(name));
    } else if ending.code == Code::Passed {
        field(&mut out, "Your cluster", "hc-rig run -h");
    }
    Closing { verdict: several::verdict(runs), sentence: several::sentence(runs), body: out }
}

/// The summary of a matrix of runs.
pub fn matrix(matrix: &Matrix, runs: &[Named], ending: Ending<'_>) -> Closing {
    let mut out = String::new();
    head_over(&mut out, runs);
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
        next_why(&mut out, &ending.folder.join(&cell.folder));
    }
    Closing { verdict: several::verdict(runs), sentence: report::matrix::sentence(matrix), body: out }
}

/// The command that explains the run, as it can be typed.
pub(super) fn next_why(out: &mut String, folder: &Path) {
    field(out, "Next", format_args!("hc-rig why {}", quoted(&folder.display().to_string())));
}

fn head_over(out: &mut String, runs: &[Named]) {
    if let Some((_, run)) = runs.first() {
        field_of_parts(out, "On", &claim_text(&run.manifest));
        out.push('\n');
    }
}

/// One of several runs.
fn run_line(name: &str, run: &Run) -> String {
    let (summary, (well, word)) = (&run.summary, run.well());
    let slowest = summary.steps.iter().filter_map(|step| step.reached_after).max_by(f64::total_cmp);
    let mut parts = vec![
        (0, format!("{well:>4}/{:<4} {word}", summary.target)),
        (4, text::count(summary.steps.len(), "step")),
        (3, format!("slowest {}", text::or_dash(slowest, text::seconds))),
        (2, format!("{} unhealthy{}", summary.sick_tasks, in_grace(summary))),
    ];
    if summary.verdict != Verdict::Passed {
        parts.push((1, summary.verdict.word().to_owned()));
        parts.push((5, text::cut(&summary.why, REASON_WIDTH)));
    }
    format!("  {name:<18} {}", fit(&parts, screen::columns_of_lines().saturating_sub(21)))
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
        field(
            out,
            "Report",
            format_args!("not written; once there is room: hc-rig report {}", quoted(&path.to_string())),
        );
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
        let kinds = Kind::ALL.map(|kind| {
            (kind, runs.iter().filter(|run| Kind::of_definition(&run.manifest.definition) == kind).count())
        });
        let counted = kinds.iter().filter(|(_, n)| *n > 0).map(|(kind, n)| text::count(*n, kind.noun()));
        let counted = counted.collect::<Vec<_>>().join(" and ");
        field(out, "Cleaned up", format_args!("{counted}, nothing left"));
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
    fn every_summary_fits_on_a_screen_below_its_verdict() {
        for verdict in Verdict::ALL {
            let text = one(&eventful(verdict), ending("run", verdict.code(false))).to_string();
            assert!(text.lines().count() <= LINES + 1, "{text}");
            assert!(text.starts_with(verdict.word()) && text.contains("step 12"), "{text}");
        }
        let runs: Vec<Named> = (0..20).map(|n| (format!("run-{n}"), eventful(Verdict::Failed))).collect();
        let text = over(&runs, ending("runs", Code::Failed)).to_string();
        assert!(text.lines().count() <= LINES + 1, "{text}");
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
        let text = over(&runs, ending("runs", Code::Failed)).to_string();
        assert!(text.contains("three: 3 tasks were not launched for lack of matching offers (low"), "{text}");
        assert!(text.ends_with("Next         hc-rig why runs/three\n"), "{text}");
        let text = over(&runs[..2], ending("runs", Code::Failed)).to_string();
        assert!(text.ends_with("Next         hc-rig why runs/two\n"), "{text}");
    }
}

//! The summary at the end of `run` and `try`: at most 25 lines, verdict first.

use std::{fmt::Write as _, path::Path};

use crate::{
    commands::measured,
    exit::Code,
    folder::{Run, incident, summary::Verdict},
    report::{
        fragments::{claim_text, headline},
        several::{self, Named},
    },
    why::{Diagnosis, findings, text},
};

/// How many pairs are listed; the report has all.
const LISTED: usize = 14;

/// The summary of one run.
pub fn one(run: &Run, folder: &Path, code: Code, took: f64) -> String {
    let mut out = String::new();
    let summary = &run.summary;
    let _ = writeln!(out, "{:<12} {}: {}", summary.verdict.word(), run.manifest.pair, headline(summary));
    why(&mut out, &summary.why);
    let _ = writeln!(out, "{:<12} {}\n", "On", claim_text(&run.manifest));
    for (index, step) in summary.steps.iter().enumerate().skip(summary.steps.len().saturating_sub(6)) {
        let reached =
            step.reached_after.map_or("not reached".to_owned(), |seconds| format!("all healthy after {seconds:.1} s"));
        let slowest =
            step.task_max.map(|max| format!("   slowest task healthy {max:.1} s after staging")).unwrap_or_default();
        let _ = writeln!(out, "  step {:<3} {:>6} tasks   {reached}{slowest}", index + 1, step.target);
    }
    worst(&mut out, run);
    out.push_str(&text::short(&Diagnosis::of(run)));
    for (label, text) in measured::one(summary) {
        let _ = writeln!(out, "{label:<12} {text}");
    }
    tail(&mut out, folder, &[run], code, took);
    if summary.sick_tasks > 0 {
        let _ = writeln!(out, "{:<12} hc-rig why {}", "Next", folder.display());
    }
    out
}

/// The summary over several runs.
pub fn over(runs: &[Named], folder: &Path, code: Code, took: f64) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{:<12} {}", several::verdict(runs).word(), several::sentence(runs));
    if let Some((_, run)) = runs.first() {
        let _ = writeln!(out, "{:<12} {}\n", "On", claim_text(&run.manifest));
    }
    for (_, run) in runs.iter().take(LISTED) {
        let summary = &run.summary;
        let slowest = summary.steps.iter().filter_map(|step| step.reached_after).max_by(f64::total_cmp);
        let mut line = format!(
            "  {:<19} {:>4}/{:<4} healthy   {} step{}   slowest {}   {} ever unhealthy",
            run.manifest.pair,
            summary.last.healthy,
            summary.target,
            summary.steps.len(),
            if summary.steps.len() == 1 { "" } else { "s" },
            slowest.map_or("–".to_owned(), |seconds| format!("{seconds:.1} s")),
            summary.sick_tasks,
        );
        if summary.verdict != Verdict::Held {
            let _ = write!(line, "   {}: {}", summary.verdict.word(), summary.why);
        }
        let _ = writeln!(out, "{line}");
    }
    for (label, text) in measured::over(runs.iter().map(|(_, run)| (run.manifest.pair.as_str(), &run.summary))) {
        let _ = writeln!(out, "{label:<12} {text}");
    }
    let all: Vec<&Run> = runs.iter().map(|(_, run)| run).collect();
    tail(&mut out, folder, &all, code, took);
    if let Some((name, _)) = runs.iter().find(|(_, run)| run.summary.sick_tasks > 0) {
        let _ = writeln!(out, "{:<12} hc-rig why {}", "Next", folder.join(name).display());
    } else if code == Code::Held {
        let _ = writeln!(out, "{:<12} your own cluster: hc-rig run app.json --url https://your-cluster", "Next");
    }
    out
}

fn why(out: &mut String, why: &str) {
    if !why.is_empty() {
        let _ = writeln!(out, "{:<12} {why}", "Why");
    }
}

fn worst(out: &mut String, run: &Run) {
    for finding in findings(run).iter().take(3) {
        let _ = writeln!(out, "  {} on {}: {}", finding.task, finding.address, finding.status);
    }
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
    // Runs side by side share their way to the cluster, and so its incidents.
    let most =
        runs.iter().map(|run| &run.summary.incidents).max_by_key(|all| all.iter().map(|one| one.count).sum::<u64>());
    let survived = incident::sentence(most.into_iter().flatten());
    if !survived.is_empty() {
        let _ = writeln!(out, "{:<12} {survived}", "Survived");
    }
    let left: Vec<&str> =
        runs.iter().map(|run| run.summary.clean_up.as_str()).filter(|state| *state != "complete").collect();
    let cleaned = if left.is_empty() {
        format!("{} app{}, nothing left", runs.len(), if runs.len() == 1 { "" } else { "s" })
    } else {
        left.join("; ")
    };
    let _ = writeln!(out, "{:<12} {cleaned}", "Cleaned up");
    let _ = writeln!(out, "{:<12} {took:.0} s   exit {}", "Took", code.status());
}

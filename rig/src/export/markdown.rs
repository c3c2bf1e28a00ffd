//! `summary.md`: the verdict and the numbers behind it as a comment on a pull request.

use std::fmt::Write as _;

use crate::{
    folder::{Run, summary::Summary},
    report::{
        fragments::{claim_text, headline},
        several::{self, Named},
    },
    why::findings,
};

/// How many troubled tasks are listed.
const LISTED: usize = 10;

/// The summary of one run.
pub fn one(run: &Run) -> String {
    let summary = &run.summary;
    let name = if run.manifest.pair.is_empty() { &run.manifest.app } else { &run.manifest.pair };
    let mut out = format!("### {}: {}\n\n", summary.verdict.word(), code(name));
    let _ = writeln!(out, "{}.{}\n", plain(&headline(summary)), because(summary));
    steps(&mut out, summary);
    troubles(&mut out, run);
    end(&mut out, run);
    out
}

/// The summary over several runs.
pub fn over(runs: &[Named]) -> String {
    let mut out = format!("### {}: {}\n\n", several::verdict(runs).word(), several::sentence(runs));
    out.push_str(
        "| pair | verdict | healthy | slowest step | ever unhealthy | ended early |\n|---|---|--:|--:|--:|--:|\n",
    );
    for (_, run) in runs {
        let summary = &run.summary;
        let slowest = summary.steps.iter().filter_map(|step| step.reached_after).max_by(f64::total_cmp);
        let _ = writeln!(
            out,
            "| {} | {} | {}/{} | {} | {} | {} |",
            code(&run.manifest.pair),
            summary.verdict.word().to_lowercase(),
            summary.last.healthy,
            summary.target,
            seconds(slowest),
            summary.sick_tasks,
            summary.ended_tasks
        );
    }
    out.push('\n');
    for (_, run) in runs.iter().filter(|(_, run)| !run.summary.why.is_empty()) {
        let _ = writeln!(out, "- {}: {}", code(&run.manifest.pair), plain(&run.summary.why));
    }
    if let Some((_, run)) = runs.first() {
        end(&mut out, run);
    }
    out
}

fn because(summary: &Summary) -> String {
    if summary.why.is_empty() { String::new() } else { format!(" Why: {}", plain(&summary.why)) }
}

fn steps(out: &mut String, summary: &Summary) {
    if summary.steps.is_empty() {
        return;
    }
    out.push_str("| step | target | all healthy after | staged → healthy p50 | p99 | slowest | most unhealthy |\n");
    out.push_str("|--:|--:|--:|--:|--:|--:|--:|\n");
    for (index, step) in summary.steps.iter().enumerate() {
        let reached = step.reached_after.map_or("not reached".to_owned(), |value| seconds(Some(value)));
        let _ = writeln!(
            out,
            "| {} | {} | {reached} | {} | {} | {} | {} |",
            index + 1,
            step.target,
            seconds(step.task_p50),
            seconds(step.task_p99),
            seconds(step.task_max),
            step.worst_unhealthy
        );
    }
    out.push('\n');
}

fn troubles(out: &mut String, run: &Run) {
    let findings = findings(run);
    if findings.is_empty() {
        return;
    }
    let _ = writeln!(out, "<details><summary>{} tasks in trouble</summary>\n", findings.len());
    for finding in findings.iter().take(LISTED) {
        let cause = if finding.cause.is_empty() { String::new() } else { format!(": {}", plain(&finding.cause)) };
        let _ = writeln!(out, "- {} on {}, {}{cause}", code(&finding.task), code(&finding.address), finding.status);
    }
    if findings.len() > LISTED {
        let _ = writeln!(out, "- and {} more", findings.len() - LISTED);
    }
    out.push_str("\n</details>\n\n");
}

fn end(out: &mut String, run: &Run) {
    let _ = writeln!(out, "\n<sub>{}</sub>", plain(&claim_text(&run.manifest)));
    if !run.manifest.command.is_empty() {
        let _ = writeln!(out, "\nRepeat it: {}", code(&run.manifest.command));
    }
}

fn seconds(value: Option<f64>) -> String {
    value.map_or("–".to_owned(), |value| format!("{value:.1} s"))
}

/// Text from the cluster as text: neither markup nor HTML, no mention of anybody, on one line and inside its cell.
fn plain(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '@' => safe.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '!' => safe.extend(['\\', character]),
            control if control.is_control() => safe.push(' '),
            other => safe.push(other),
        }
    }
    safe
}

/// The same as code. The fence is longer than any run of backticks inside.
fn code(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let text = text.replace('|', "\\|");
    if text.starts_with('`') || text.ends_with('`') {
        format!("{fence} {text} {fence}")
    } else {
        format!("{fence}{text}{fence}")
    }
}

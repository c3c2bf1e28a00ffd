//! `summary.md`: the verdict and the numbers behind it as a comment on a pull request.

use std::fmt::Write as _;

use text::{or_dash, seconds};

use crate::{
    folder::{Named, Run, matrix::Matrix, summary::Summary},
    report::{
        self,
        fragments::{claim_text, headline, in_grace},
        measured::{Member, incidents},
        several,
    },
    why::{Diagnosis, findings},
};

/// How many troubled tasks are listed.
const LISTED: usize = 10;

/// The summary of one run.
pub fn one(run: &Run) -> String {
    let summary = &run.summary;
    let name = run.manifest.name();
    let mut out = format!("### {}: {}\n\n", summary.verdict.word(), code(name));
    let _ = writeln!(out, "{}.{}\n", plain(&headline(run)), because(summary));
    diagnosis(&mut out, run);
    steps(&mut out, summary);
    troubles(&mut out, run);
    end(&mut out, run);
    out
}

/// The summary over several runs.
pub fn over(runs: &[Named]) -> String {
    let mut out = format!("### {}: {}\n\n", several::verdict(runs).word(), several::sentence(runs));
    let members = several::members(runs);
    table(&mut out, &members);
    let why = members.iter().filter(|member| !member.run.summary.why.is_empty());
    list(&mut out, why.map(|Member { name, run, .. }| format!("{}: {}", code(name), plain(&run.summary.why))));
    judged(&mut out, &members);
    if let Some((_, run)) = runs.first() {
        end(&mut out, run);
    }
    out
}

/// The summary over a matrix.
pub fn matrix(matrix: &Matrix, runs: &[Named]) -> String {
    let mut out = format!("### {}: {}\n\n", several::verdict(runs).word(), report::matrix::sentence(matrix));
    let asked: String = matrix.counts.iter().map(|count| format!(" {count} asked |")).collect();
    let _ = writeln!(out, "| pair | checked by | limit |{asked}\n|---|---|---|{}", "--:|".repeat(matrix.counts.len()));
    for row in &matrix.rows {
        let by = if row.native { "Mesos" } else { "Marathon" };
        let _ = write!(out, "| {} | {by} | {} |", code(&row.pair), row.limit());
        for count in &matrix.counts {
            let cell = row.cells.iter().find(|cell| cell.asked == *count);
            let _ = write!(out, " {} |", cell.map_or("–".to_owned(), |cell| format!("{} healthy", cell.healthy)));
        }
        out.push('\n');
    }
    out.push('\n');
    list(&mut out, report::matrix::reasons(matrix).iter().map(|reason| plain(reason)));
    let members = report::matrix::members(matrix, runs);
    out.push_str("<details><summary>runs</summary>\n\n");
    table(&mut out, &members);
    out.push_str("</details>\n\n");
    judged(&mut out, &members);
    if let Some((_, run)) = runs.first() {
        end(&mut out, run);
    }
    out
}

/// A row a run.
fn table(out: &mut String, members: &[Member<'_>]) {
    out.push_str("| run | verdict | healthy | slowest step | were unhealthy | died |\n|---|---|--:|--:|--:|--:|\n");
    for Member { name, run, .. } in members {
        let summary = &run.summary;
        let slowest = summary.steps.iter().filter_map(|step| step.reached_after).max_by(f64::total_cmp);
        let _ = writeln!(
            out,
            "| {} | {} | {}/{} | {} | {}{} | {} |",
            code(name),
            summary.verdict.word().to_lowercase(),
            summary.last.healthy,
            summary.target,
            or_dash(slowest, seconds),
            summary.sick_tasks,
            in_grace(summary),
            summary.ended_tasks
        );
    }
    out.push('\n');
}

/// Thresholds, causes and incidents of the runs that have any.
fn judged(out: &mut String, members: &[Member<'_>]) {
    let crossed = members.iter().flat_map(|Member { name, run, .. }| {
        let judgements = run.summary.measures.iter().flat_map(|all| &all.thresholds);
        judgements.map(move |judgement| format!("{}: {}", code(name), plain(&judgement.to_string())))
    });
    folded(out, "thresholds", crossed.collect());
    let causes = members.iter().filter_map(|Member { name, run, .. }| {
        let first = Diagnosis::of(run).conclusions.into_iter().next()?;
        Some(format!("{}: {} ({})", code(name), plain(&first.title), first.confidence.words()))
    });
    folded(out, "most likely causes", causes.collect());
    let survived = incidents(members).into_iter();
    folded(
        out,
        "survived on the way",
        survived.map(|(whose, sentence)| format!("{}: {}", code(&whose), plain(&sentence))).collect(),
    );
}

fn folded(out: &mut String, title: &str, lines: Vec<String>) {
    if !lines.is_empty() {
        let _ = writeln!(out, "<details><summary>{title}</summary>\n");
        list(out, lines.into_iter());
        out.push_str("</details>\n\n");
    }
}

fn list(out: &mut String, lines: impl Iterator<Item = String>) {
    let text: String = lines.map(|line| format!("- {line}\n")).collect();
    if !text.is_empty() {
        let _ = writeln!(out, "{text}");
    }
}

/// The most likely cause at once, its evidence and the others folded.
fn diagnosis(out: &mut String, run: &Run) {
    let conclusions = Diagnosis::of(run).conclusions;
    let Some(first) = conclusions.first() else { return };
    let _ = writeln!(out, "**Diagnosis:** {} ({})\n", plain(&first.title), first.confidence.words());
    let others = conclusions.iter().skip(1);
    let others = others.map(|other| format!("{} ({})", plain(&other.title), other.confidence.words()));
    folded(out, "evidence", first.evidence.iter().map(|evidence| plain(evidence)).chain(others).collect());
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
        let reached = step.reached_after.map_or("not reached".to_owned(), seconds);
        let _ = writeln!(
            out,
            "| {} | {} | {reached} | {} | {} | {} | {} |",
            index + 1,
            step.target,
            or_dash(step.task_p50, seconds),
            or_dash(step.task_p99, seconds),
            or_dash(step.task_max, seconds),
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

/// Text from the cluster as text: neither markup nor HTML, no mention of anybody, on one line and inside its cell.
fn plain(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text::visible(text).chars() {
        match character {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '@' => safe.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '!' => safe.extend(['\\', character]),
            other => safe.push(other),
        }
    }
    safe
}

/// The same as code. The fence is longer than any run of backticks inside.
fn code(text: &str) -> String {
    let text = text::visible(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let text = text.replace('|', "\\|");
    if text.starts_with('`') || text.ends_with('`') {
        format!("{fence} {text} {fence}")
    } else {
        format!("{fence}{text}{fence}")
    }
}

//! The diagnosis as text: of `hc-rig why`, and its first conclusion at the end of a run.

use std::fmt::Write as _;

use crate::{
    terminal::layout::{INDENT, item, long_field, paragraph},
    why::{Conclusion, Diagnosis, Finding},
};

/// The longest event of a task's timeline.
const EVENT_WIDTH: usize = 70;

/// The text of `hc-rig why`: the conclusions, then up to `limit` tasks one by one, then what to do next time.
pub fn render(diagnosis: &Diagnosis, limit: usize) -> String {
    let mut out = String::new();
    if diagnosis.samples == 0 && diagnosis.is_clean() {
        let _ = writeln!(
            out,
            "{}: there are no samples, so nothing is known of its tasks.",
            text::visible(&diagnosis.name)
        );
        return out;
    }
    if diagnosis.is_clean() {
        let _ = writeln!(
            out,
            "{}: no task had \"alive\": false and none died before clean-up, in {}.",
            text::visible(&diagnosis.name),
            text::count(diagnosis.samples, "sample")
        );
        return out;
    }
    head(&mut out, diagnosis);
    for conclusion in &diagnosis.conclusions {
        out.push('\n');
        conclude(&mut out, conclusion);
    }
    for finding in diagnosis.tasks.iter().take(limit) {
        out.push('\n');
        task(&mut out, finding);
    }
    if diagnosis.tasks.len() > limit {
        let _ = writeln!(out, "\n… and {} more: hc-rig why --all", diagnosis.tasks.len() - limit);
    }
    let _ = writeln!(out, "\n{:<12} capture with: {}", "Next time", diagnosis.capture);
    out
}

/// The first conclusion, for the end of a run: a headline and one paragraph. Empty when nothing was wrong.
pub fn short(diagnosis: &Diagnosis) -> String {
    let Some(first) = diagnosis.conclusions.first() else { return String::new() };
    let mut out = String::new();
    long_field(&mut out, "Diagnosis", &format!("{} ({})", first.title, first.confidence.words()));
    paragraph(&mut out, INDENT, &first.text);
    out
}

fn head(out: &mut String, diagnosis: &Diagnosis) {
    let in_grace = match diagnosis.in_grace {
        0 => String::new(),
        n => format!(" (and {n} within the grace period only)"),
    };
    let _ = writeln!(
        out,
        "{}: of {}, {} had \"alive\": false{in_grace} and {} died before clean-up.",
        text::visible(&diagnosis.name),
        text::count(diagnosis.seen, "task"),
        diagnosis.were_unhealthy,
        diagnosis.ended,
    );
    let groups = &diagnosis.groups;
    if groups.tasks > 0 {
        let hosts: Vec<String> = groups.hosts.iter().take(5).map(|(host, n)| format!("{n} on {host}")).collect();
        let more = match groups.hosts.len().saturating_sub(5) {
            0 => String::new(),
            more => format!(" and {} more", text::count(more, "agent")),
        };
        item(out, "  Where: ", &format!("{}{more}", hosts.join(", ")));
    }
    let patterns: Vec<String> = groups.sentences().into_iter().skip(1).collect();
    if !patterns.is_empty() {
        item(out, "  In common: ", &patterns.join("; "));
    }
}

fn conclude(out: &mut String, conclusion: &Conclusion) {
    paragraph(out, "", &format!("{} ({})", conclusion.title, conclusion.confidence.words()));
    paragraph(out, "  ", &conclusion.text);
    for sentence in &conclusion.evidence {
        item(out, "  - ", sentence);
    }
    for step in &conclusion.next {
        item(out, "  > ", step);
    }
}

fn task(out: &mut String, finding: &Finding) {
    let _ =
        writeln!(out, "  {}   {}   {}", text::visible(&finding.task), text::visible(&finding.address), finding.status);
    let mut line = |key: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(out, "    {key:<9} {}", text::visible(value));
        }
    };
    let failures = if finding.failures > 0 { format!(", {} in a row", finding.failures) } else { String::new() };
    line("check", &format!("{}{failures}", finding.check));
    line("agent", &finding.agent);
    let unknown = || "not known (no agent reported it during the run)".to_owned();
    line("executor", &finding.executor_pid.map_or_else(unknown, |pid| format!("pid {pid}")));
    line("since", &finding.since);
    line("cause", &finding.cause);
    for (index, answer) in finding.probes.iter().rev().take(3).rev().enumerate() {
        line(if index == 0 { "probed" } else { "" }, answer);
    }
    line("end", finding.end.as_deref().unwrap_or_default());
    line("successor", finding.successor.as_deref().unwrap_or_default());
    line("look at", &finding.look);
    for (index, command) in finding.commands.iter().enumerate() {
        line(if index == 0 { "sysdig" } else { "" }, command);
    }
    for (index, command) in finding.ready.iter().enumerate() {
        line(if index == 0 { "ready" } else { "" }, command);
    }
    let moments: Vec<String> = finding
        .timeline
        .iter()
        .map(|moment| format!("{:.1} s {}", moment.t, text::cut(&moment.what.to_string(), EVENT_WIDTH)))
        .collect();
    line("timeline", &moments.join(" → "));
}

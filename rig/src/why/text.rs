//! The diagnosis as text for a terminal.

use std::fmt::Write as _;

use ::text::{count, cut};

use crate::{
    folder::Run,
    why::{Conclusion, Diagnosis, Finding},
};

/// How many tasks are told in full unless all are asked for.
pub const SHOWN: usize = 10;

/// Columns of a paragraph.
const WIDTH: usize = 100;

/// The answer of `hc-rig why`: what it was, where the trouble is, then task by task, then what to do next.
pub fn render(run: &Run, shown: usize) -> String {
    let diagnosis = Diagnosis::of(run);
    let mut out = String::new();
    if diagnosis.is_well() {
        let _ = writeln!(
            out,
            "{}: no task had \"alive\": false and none ended before clean-up, in {} samples.",
            clean(&diagnosis.name),
            diagnosis.samples
        );
        return out;
    }
    head(&mut out, &diagnosis);
    for conclusion in &diagnosis.conclusions {
        out.push('\n');
        conclude(&mut out, conclusion);
    }
    for finding in diagnosis.tasks.iter().take(shown) {
        out.push('\n');
        task(&mut out, finding);
    }
    if diagnosis.tasks.len() > shown {
        let _ = writeln!(out, "\n… and {} more: hc-rig why --all", diagnosis.tasks.len() - shown);
    }
    let _ = writeln!(out, "\nNext time    capture with: {}", diagnosis.capture);
    out
}

/// The likeliest conclusion for the end of a run: a headline and one paragraph. Empty when nothing was wrong.
pub fn short(diagnosis: &Diagnosis) -> String {
    let Some(first) = diagnosis.conclusions.first() else { return String::new() };
    let mut out = String::new();
    let _ = writeln!(out, "{:<12} {} ({})", "Diagnosis", clean(&first.title), first.sure.words());
    paragraph(&mut out, &" ".repeat(13), &first.text);
    out
}

fn head(out: &mut String, diagnosis: &Diagnosis) {
    let sick = diagnosis.sick;
    let _ = writeln!(
        out,
        "{}: {} with \"alive\": false{}, {} ended unasked before clean-up, of {} seen.",
        clean(&diagnosis.name),
        count(sick, "task"),
        if diagnosis.in_grace > 0 {
            format!(" (and {} within the grace period only)", diagnosis.in_grace)
        } else {
            String::new()
        },
        diagnosis.ended,
        diagnosis.seen
    );
    let groups = &diagnosis.groups;
    if groups.tasks > 0 {
        let told: Vec<String> =
            groups.hosts.iter().take(5).map(|(host, n)| format!("{n} on {}", clean(host))).collect();
        let more = groups.hosts.len().saturating_sub(5);
        let more = if more > 0 { format!(" and {more} more agents") } else { String::new() };
        let _ = writeln!(out, "  Where  {}{more}", told.join(", "));
    }
    let patterns: Vec<String> = groups.sentences().into_iter().skip(1).collect();
    if !patterns.is_empty() {
        let _ = writeln!(out, "  What they have in common: {}", clean(&patterns.join("; ")));
    }
}

fn conclude(out: &mut String, conclusion: &Conclusion) {
    let _ = writeln!(out, "{} ({})", clean(&conclusion.title), conclusion.sure.words());
    paragraph(out, "  ", &conclusion.text);
    for sentence in &conclusion.evidence {
        hanging(out, "  - ", sentence);
    }
    for step in &conclusion.next {
        hanging(out, "  > ", step);
    }
}

fn task(out: &mut String, finding: &Finding) {
    let _ = writeln!(out, "  {}   {}   {}", clean(&finding.task), clean(&finding.address), finding.status);
    let mut line = |key: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(out, "    {key:<9} {}", clean(value));
        }
    };
    let failures = if finding.failures > 0 { format!(", {} in a row", finding.failures) } else { String::new() };
    line("check", &format!("{}{failures}", finding.check));
    line("agent", &finding.agent);
    let asked = "not known (the cluster did not tell it during the run)".to_owned();
    line("executor", &finding.executor_pid.map_or(asked, |pid| format!("pid {pid}")));
    line("since", &finding.since);
    line("cause", &finding.cause);
    for (index, answer) in finding.asked.iter().rev().take(3).rev().enumerate() {
        line(if index == 0 { "asked" } else { "" }, answer);
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
    let moments: Vec<String> =
        finding.timeline.iter().map(|moment| format!("{:.1} s {}", moment.t, cut(&moment.what, 70))).collect();
    line("timeline", &moments.join(" → "));
}

/// Words broken into lines of one indentation.
fn paragraph(out: &mut String, indent: &str, text: &str) {
    let mut line = indent.to_owned();
    for word in clean(text).split_whitespace() {
        if line.chars().count() + word.chars().count() >= WIDTH && line.trim_start() != "" {
            let _ = writeln!(out, "{}", line.trim_end());
            indent.clone_into(&mut line);
        }
        line.push_str(word);
        line.push(' ');
    }
    let _ = writeln!(out, "{}", line.trim_end());
}

/// A point of a list: the mark, then lines that hang under its text.
fn hanging(out: &mut String, mark: &str, text: &str) {
    let indent = " ".repeat(mark.len());
    let mut body = String::new();
    paragraph(&mut body, &indent, text);
    out.push_str(mark);
    out.push_str(body.strip_prefix(&indent).unwrap_or(&body));
}

/// Cluster text without control characters, so that it cannot steer the terminal.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

//! The diagnosis as text: of `hc-rig why`, and its first conclusion at the end of a run.

use std::fmt::Write as _;

use comfy_table::{Table, presets};
use harness::watch::short as short_id;

use crate::{
    command_line::quoted,
    terminal::{
        layout::{INDENT, item, long_field, paragraph},
        screen::columns_of_lines,
    },
    why::{Alike, Conclusion, Diagnosis, Finding, alike},
};

/// The longest event of a task's timeline.
const EVENT_WIDTH: usize = 70;

/// Rows of the table of a group.
const ROWS: usize = 10;

/// Which tasks are described in full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// One of each group, the others in a table.
    Examples,
    /// All of them.
    All,
}

/// The text of `hc-rig why` for the run in `folder`: the conclusions, then the tasks in groups of one cause, then what
/// to do next time.
pub fn render(diagnosis: &Diagnosis, folder: &str, detail: Detail) -> String {
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
            "{}: no task had \"alive\": false and none died {}, in {}.",
            text::visible(&diagnosis.name),
            until(diagnosis),
            text::count(diagnosis.samples, "sample")
        );
        return out;
    }
    head(&mut out, diagnosis);
    for conclusion in &diagnosis.conclusions {
        out.push('\n');
        conclude(&mut out, conclusion);
    }
    let mut left_out = 0;
    for group in alike(&diagnosis.tasks) {
        match detail {
            Detail::All => group.tasks.iter().for_each(|finding| task(&mut out, finding, folder)),
            Detail::Examples => left_out += example(&mut out, &group, folder),
        }
    }
    if left_out > 0 {
        let folder = text::visible(folder);
        let _ = writeln!(out, "\nIn full      hc-rig why {} --all", quoted(&folder));
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

/// Within which time: a watch removes nothing, so it has no clean-up.
fn until(diagnosis: &Diagnosis) -> &'static str {
    if diagnosis.watched { "while they were watched" } else { "before clean-up" }
}

fn head(out: &mut String, diagnosis: &Diagnosis) {
    let in_grace = match diagnosis.in_grace {
        0 => String::new(),
        n => format!(" (and {n} within the grace period only)"),
    };
    let _ = writeln!(
        out,
        "{}: of {}, {} had \"alive\": false{in_grace} and {} died {}.",
        text::visible(&diagnosis.name),
        text::count(diagnosis.seen, "task"),
        diagnosis.were_unhealthy,
        diagnosis.ended,
        until(diagnosis),
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

/// The first task of a group in full, and the others in a table. Returns how many are not described in full.
fn example(out: &mut String, group: &Alike<'_>, folder: &str) -> usize {
    let Some((first, others)) = group.tasks.split_first() else { return 0 };
    if !others.is_empty() {
        out.push('\n');
        paragraph(out, "", &format!("{} {}. The first of them:", text::count(group.tasks.len(), "task"), group.what));
    }
    task(out, first, folder);
    if others.is_empty() {
        return 0;
    }
    let _ = writeln!(out, "\n  And {} more like it:", others.len());
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["task", "address", "since", "failures", "end"]);
    for finding in others.iter().take(ROWS) {
        // Without the number of the request.
        let since = finding.since.split(" (").next().unwrap_or_default();
        let end = finding.end.as_deref().map(|end| end.split(',').next().unwrap_or_default()).unwrap_or_default();
        let cells = [
            short_id(&finding.task),
            finding.address.clone(),
            since.to_owned(),
            finding.failures.to_string(),
            end.to_owned(),
        ];
        table.add_row(cells.map(|cell| text::visible(&cell).into_owned()));
    }
    for line in table.lines() {
        let _ = writeln!(out, "  {}", text::cut(line.trim_end(), columns_of_lines().saturating_sub(3)));
    }
    if others.len() > ROWS {
        let _ = writeln!(out, "   … and {} more", others.len() - ROWS);
    }
    others.len()
}

fn task(out: &mut String, finding: &Finding, folder: &str) {
    out.push('\n');
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
    let ready = if finding.ready.is_empty() { Vec::new() } else { finding.ready_for(folder) };
    for (index, command) in ready.iter().enumerate() {
        line(if index == 0 { "ready" } else { "" }, command);
    }
    let moments: Vec<String> = finding
        .timeline
        .iter()
        .map(|moment| format!("{:.1} s {}", moment.t, text::cut(&moment.what.to_string(), EVENT_WIDTH)))
        .collect();
    line("timeline", &moments.join(" → "));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diagnosis(tasks: usize) -> Diagnosis {
        let finding = |n: usize| Finding {
            task: format!("hc-rig_run_app.instance-0000000{n:02}-aaaa.1"),
            status: "unhealthy".to_owned(),
            check: "HTTP".to_owned(),
            cause: "Connection refused".to_owned(),
            failures: 3,
            address: format!("10.0.0.1:310{n:02}"),
            since: "2026-11-30T12:00:00.000Z (request 9)".to_owned(),
            commands: vec!["sysdig -r cap.scap.gz0".to_owned(); 2],
            ready: vec![String::new()],
            ..Finding::default()
        };
        let tasks: Vec<Finding> = (0..tasks).map(finding).collect();
        Diagnosis { name: "mesos,HTTP".to_owned(), tasks, samples: 9, ..Diagnosis::default() }
    }

    #[test]
    fn many_tasks_with_one_cause_are_an_example_and_a_table() {
        let many = diagnosis(24);
        let text = render(&many, "my runs/one", Detail::Examples);
        assert!(text.lines().count() < 40, "{text}");
        assert_eq!(text.matches("sysdig -r").count(), 2, "one example: {text}");
        assert!(text.contains("24 tasks unhealthy (HTTP: connection refused). The first of them:"), "{text}");
        assert!(text.contains("10.0.0.1:31010") && text.contains("… and 13 more"), "{text}");
        assert!(text.contains("hc-rig sandbox 'my runs/one' stderr --task"), "{text}");
        assert!(text.contains("In full      hc-rig why 'my runs/one' --all"), "{text}");
        let all = render(&many, "run", Detail::All);
        assert_eq!(all.matches("sysdig -r").count(), 48, "{all}");
        let one = render(&diagnosis(1), "run", Detail::Examples);
        assert!(!one.contains("The first of them") && !one.contains("In full"), "{one}");
    }
}

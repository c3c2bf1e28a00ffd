//! Findings as text for a terminal.

use std::{collections::BTreeMap, fmt::Write as _};

use crate::{
    folder::Run,
    why::{Finding, findings},
};

/// How many tasks are told in full unless all are asked for.
pub const SHOWN: usize = 10;

/// The answer of `hc-rig why`: where the trouble is, then task by task, then what to do next.
pub fn render(run: &Run, shown: usize) -> String {
    let findings = findings(run);
    let mut out = String::new();
    let name = if run.manifest.pair.is_empty() { &run.manifest.app } else { &run.manifest.pair };
    if findings.is_empty() {
        let _ = writeln!(
            out,
            "{name}: no task had \"alive\": false and none ended before clean-up, in {} samples.",
            run.summary.samples
        );
        return out;
    }
    head(&mut out, name, run, &findings);
    for finding in findings.iter().take(shown) {
        out.push('\n');
        task(&mut out, finding);
    }
    if findings.len() > shown {
        let _ = writeln!(out, "\n… and {} more: hc-rig why --all", findings.len() - shown);
    }
    out
}

fn head(out: &mut String, name: &str, run: &Run, findings: &[Finding]) {
    let sick = run.summary.sick_tasks;
    let ended = run.summary.ended_tasks;
    let _ = writeln!(
        out,
        "{name}: {sick} task{} with \"alive\": false, {ended} ended before clean-up, of {} seen.",
        plural(sick),
        run.stories.all().count()
    );
    let mut agents: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in findings {
        let host = finding.address.rsplit_once(':').map_or(finding.address.as_str(), |(host, _)| host);
        *agents.entry(host).or_default() += 1;
    }
    let mut agents: Vec<_> = agents.into_iter().collect();
    agents.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let told: Vec<String> = agents.iter().take(5).map(|(host, n)| format!("{n} on {host}")).collect();
    let more = if agents.len() > 5 { format!(" and {} more agents", agents.len() - 5) } else { String::new() };
    let _ = writeln!(out, "  Where  {}{more}", told.join(", "));
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
    line("end", finding.end.as_deref().unwrap_or_default());
    line("look at", &finding.look);
    for (index, command) in finding.commands.iter().enumerate() {
        line(if index == 0 { "sysdig" } else { "" }, command);
    }
    let moments: Vec<String> =
        finding.timeline.iter().map(|moment| format!("{:.1} s {}", moment.t, short(&moment.what))).collect();
    line("timeline", &moments.join(" → "));
}

/// Cluster text without control characters, so that it cannot steer the terminal.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

fn short(text: &str) -> String {
    const LONGEST: usize = 70;
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let cut: String = text.chars().take(LONGEST).collect();
    format!("{cut}…")
}

fn plural(n: u64) -> &'static str {
    if n == 1 { "" } else { "s" }
}

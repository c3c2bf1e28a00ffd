//! The text of `hc-rig advise`.

use std::fmt::Write as _;

use fixtures::FailureMode;
use harness::record::json;
use text::count;

use crate::{
    advise::{
        Advice,
        facts::{CheckSettings, Facts},
        prove::{Measured, Proof},
    },
    terminal::layout::{INDENT, field, long_field, paragraph},
};

/// The facts, the findings with their patches, the proof, the whole patch.
pub fn render(advice: &Advice, proof: Option<&Proof>) -> String {
    let facts = &advice.facts;
    let mut out = String::new();
    head(&mut out, facts);
    for check in &facts.checks {
        settings(&mut out, facts, check);
    }
    if advice.findings.is_empty() {
        out.push_str(
            "\nNothing to improve: these settings do not contradict each other, and a hung task blinds nobody.\n",
        );
    }
    for (number, finding) in advice.findings.iter().enumerate() {
        let _ = writeln!(out, "\n{}. {}", number + 1, text::visible(&finding.title));
        paragraph(&mut out, "   ", &finding.text);
        let _ = writeln!(out, "   {}", json::line(&finding.patch).unwrap_or_default());
    }
    if let Some(proof) = proof {
        out.push('\n');
        prove(&mut out, proof);
    }
    if advice.findings.len() > 1 {
        out.push('\n');
        field(&mut out, "Patch", json::line(&advice.patch).unwrap_or_default());
    }
    out
}

fn head(out: &mut String, facts: &Facts) {
    let instances = count(facts.instances, "instance");
    let _ = writeln!(out, "{}: {instances}, {}", text::visible(&facts.app), count(facts.checks.len(), "health check"));
    let (own, slots) = (facts.own_rate(), facts.slots);
    let load = match &facts.cluster {
        Some(load) => format!(
            "Marathon makes {:.1} checks/s itself: {own:.1} for this app, {:.1} for {}; all share {slots} slots",
            facts.rate(),
            load.others_per_second,
            count(load.others, "other app"),
        ),
        None => format!(
            "Marathon makes {own:.1} checks/s itself for this app; what others add is not known without --url; all share \
             {slots} slots"
        ),
    };
    long_field(out, "Load", &load);
    let Some(load) = &facts.cluster else { return };
    if let Some((app, timeout)) = &load.longest_timeout
        && *timeout > facts.fill()
    {
        let (blind, fill) = (timeout - facts.fill(), facts.fill());
        let text = format!(
            "one hung task of {app} (timeout {timeout:.0} s) would blind this app for {blind:.1} s of every {timeout:.0} s: the slots \
             are full after {fill:.1} s"
        );
        long_field(out, "By others", &text);
    }
    if let Some(seconds) = load.start_up {
        field(out, "Start-up", format_args!("{seconds:.1} s at most, of {}", count(load.measured, "task")));
    }
}

fn settings(out: &mut String, facts: &Facts, check: &CheckSettings) {
    let CheckSettings { grace, interval, timeout, failures, .. } = check;
    let by = if check.is_native() { "Mesos" } else { "Marathon" };
    out.push('\n');
    let delay = if check.is_native() { format!(", delay {} s", check.delay) } else { String::new() };
    field(
        out,
        check.protocol.as_str(),
        format_args!("every {interval} s by {by}, timeout {timeout} s, grace {grace} s, {failures} failures{delay}"),
    );
    let kill = |mode| check.time_to_kill(mode).map_or("never".to_owned(), |seconds| format!("{seconds:.0} s"));
    field(
        out,
        "Kills after",
        format_args!(
            "{} if it refuses, {} if it hangs, {} at most if it is never healthy",
            kill(FailureMode::Refuses),
            kill(FailureMode::Hangs),
            kill(FailureMode::NeverHealthy)
        ),
    );
    match facts.blinding(check) {
        Some(found) if found.blind > 0.0 => {
            let (fill, blind) = (found.fill, found.blind);
            let text = format!(
                "all slots are full after {fill:.1} s, then Marathon checks no app for {blind:.1} s of every {timeout} s"
            );
            long_field(out, "If one hangs", &text);
        }
        Some(found) => {
            let text = format!(
                "no other app is affected: its timeout of {timeout} s ends before all slots are full ({:.1} s)",
                found.fill
            );
            long_field(out, "If one hangs", &text);
        }
        None => field(out, "If one hangs", "only its own check is affected: Mesos makes it beside the task"),
    }
}

/// Before and after, a line each.
fn prove(out: &mut String, proof: &Proof) {
    let Proof { before, after, others_per_second } = proof;
    let text = format!(
        "replayed on the fake in virtual time, with {others_per_second} checks/s of other apps, before and after the patch"
    );
    long_field(out, "Proof", &text);
    let seconds = |value: Option<f64>, none: &str| value.map_or(none.to_owned(), |seconds| format!("{seconds:.1} s"));
    let mut line = |what: &str, of: &dyn Fn(&Measured) -> String| {
        let _ = writeln!(out, "{INDENT}{what:<42} {:>10} → {}", of(before), of(after));
    };
    if before.oldest.is_some() || after.oldest.is_some() {
        line("median check result of all others, at most", &|measured| seconds(measured.oldest, "by Mesos"));
    }
    line("broken task killed after", &|measured| seconds(measured.killed_after, "never"));
    if before.killed_starting.is_some() {
        line("tasks killed while they were starting", &|measured| {
            measured.killed_starting.map_or("–".to_owned(), |n| n.to_string())
        });
    }
}

//! What the demo measured, as text.

use fixtures::Pair;

use crate::{
    command_line::quoted,
    demo::{one_hung_task::HEALTHY_TASKS, recording},
    folder::Run,
    terminal::{
        closing::Closing,
        diagnosis::short,
        layout::{field, long_field},
    },
    why::{Diagnosis, stall::stalls},
};

/// Result ages, diagnosis, next command.
pub(super) fn render(run: &Run, diagnosis: &Diagnosis, folder: &str, pair: Pair) -> Closing {
    let mut out = String::new();
    let sentence;
    if pair.check.is_native() {
        sentence = format!("{pair}: only the hung task is affected");
        let last = run.summary.last.healthy;
        let changes = text::count(run.lives.all().map(|life| life.flips).sum::<u64>(), "change");
        let others = format!(
            "{last} of {HEALTHY_TASKS} healthy at the end, {} unhealthy on the way; {changes} of health",
            run.summary.sick_tasks,
        );
        field(&mut out, "Others", others);
        field(&mut out, "Result age", "not known: Mesos reports only changes of health");
    } else {
        let age = stalls(&run.evidence.ages, 1.0).peak;
        sentence = format!(
            "{pair}: one hung task made the check results of the other {HEALTHY_TASKS} tasks up to {age:.1} s old, and \
             none was called unhealthy"
        );
        long_field(&mut out, "Why", &run.summary.why);
        compare(&mut out, run);
    }
    out.push('\n');
    out.push_str(&short(diagnosis));
    out.push('\n');
    let other = if pair.check.is_native() { "mesos,HTTP" } else { "mesos,MESOS_HTTP" };
    field(&mut out, "Report", format_args!("{folder}/report.html   (opens offline)"));
    field(&mut out, "Next", format_args!("hc-rig why {}", quoted(folder)));
    field(&mut out, "Compare", format_args!("hc-rig try --demo one-hung-task --pair {other}"));
    Closing { verdict: run.summary.verdict, sentence, body: out }
}

/// The measured result ages beside the recorded ones.
fn compare(out: &mut String, run: &Run) {
    let ages = &run.evidence.ages;
    let Some(fit) = recording::fit(ages) else {
        field(out, "Recorded", "not compared: the run was shorter than the recording");
        return;
    };
    let mut row = |label: &str, values: Vec<String>| {
        let cells: Vec<String> = values.into_iter().map(|value| format!("{value:>5}")).collect();
        field(out, label, cells.concat());
    };
    let recorded = recording::ages();
    row("Second", recorded.iter().map(|(t, _)| format!("{t:.0}")).collect());
    row("Here", recorded.iter().map(|(t, _)| format!("{:.1}", recording::at(ages, fit.begins + t))).collect());
    row("Recorded", recorded.iter().map(|(_, age)| format!("{age:.1}")).collect());
    field(out, "", "median age of the last results in seconds; Recorded is a real Marathon");
    field(out, "", format_args!("1.11.26, and Here differs from it by {:.1} s at most", fit.difference));
}

//! The numbers that matter, large: those of a run that scaled its app, or those of a watch.

use text::{decimal, or_dash, seconds};

use crate::{
    chart::style::escape,
    folder::{Run, summary::Summary},
    report::fragments::in_grace,
};

/// The tiles below the verdict.
pub fn tiles(run: &Run) -> String {
    let tiles = if run.manifest.is_watch() { of_watch(run) } else { of_scaling(run) };
    let html = |(value, label): (String, String)| {
        format!("<div class=\"tile\"><b>{}</b><span>{}</span></div>", escape(&value), escape(&label))
    };
    format!("<div class=\"tiles\">{}</div>", tiles.into_iter().map(html).collect::<String>())
}

fn of_scaling(run: &Run) -> Vec<(String, String)> {
    let summary = &run.summary;
    let slowest = summary.steps.iter().filter_map(|step| step.reached_after).max_by(f64::total_cmp);
    let first = match &summary.limit {
        Some(limit) => (limit.holds.to_string(), "tasks stay healthy".to_owned()),
        None => at_the_end(run),
    };
    vec![
        first,
        (whole(summary.seconds), "first to last sample".to_owned()),
        (or_dash(slowest, seconds), "slowest step".to_owned()),
        unhealthy(summary),
        (summary.ended_tasks.to_string(), "tasks that died".to_owned()),
        samples(summary),
    ]
}

/// Nobody saw the tasks of a watch start, and nothing was deployed or cleaned up.
fn of_watch(run: &Run) -> Vec<(String, String)> {
    let summary = &run.summary;
    let measures = summary.measures.as_ref();
    let age = measures.filter(|all| !all.age_of_changes_only).and_then(|all| all.age);
    let mut tiles = vec![
        at_the_end(run),
        (whole(summary.seconds), "watched".to_owned()),
        unhealthy(summary),
        (or_dash(measures, |all| all.flips.to_string()), "flips".to_owned()),
        (summary.ended_tasks.to_string(), "tasks that died".to_owned()),
    ];
    tiles.extend(age.map(|age| (seconds(age.max), "oldest check result".to_owned())));
    tiles.push(samples(summary));
    tiles
}

fn at_the_end(run: &Run) -> (String, String) {
    let (well, word) = run.well();
    (format!("{well}/{}", run.summary.target), format!("{word} at the end"))
}

fn whole(seconds: f64) -> String {
    format!("{} s", decimal(seconds.round(), 2))
}

fn unhealthy(summary: &Summary) -> (String, String) {
    (summary.sick_tasks.to_string(), format!("tasks that were unhealthy{}", in_grace(summary)))
}

fn samples(summary: &Summary) -> (String, String) {
    let missed = if summary.missed_polls > 0 { format!(", {} missed", summary.missed_polls) } else { String::new() };
    (summary.samples.to_string(), format!("samples{missed}"))
}

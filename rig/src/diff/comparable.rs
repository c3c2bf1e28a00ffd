//! What must be the same before two runs say anything about each other.

use serde_json::Value;

use crate::{
    diff::side::Side,
    folder::manifest::{ClusterKind, Manifest},
};

/// The set-up of a run as names and values; a difference in any of them refuses the comparison.
pub fn setup(manifest: &Manifest) -> Vec<(&'static str, String)> {
    let check = manifest.check();
    let plan = &manifest.plan;
    let cluster = &manifest.cluster;
    let targets: Vec<String> = plan.targets.iter().map(u64::to_string).collect();
    vec![
        ("pair", manifest.pair.clone()),
        ("check interval", format!("{} s", check.interval)),
        ("check time-out", format!("{} s", check.timeout)),
        ("grace period", format!("{} s", check.grace)),
        ("failures that kill", check.failures.to_string()),
        ("targets", targets.join(",")),
        ("time from poll to poll", format!("{} s", plan.poll_seconds)),
        ("time a target must hold", format!("{} s", plan.hold_seconds)),
        ("thresholds", plan.thresholds.join("; ")),
        ("search", plan.search.map_or("none".to_owned(), |s| format!("{} % x {}", s.precision * 100.0, s.repeats))),
        ("kind of cluster", cluster.kind.as_str().to_owned()),
        ("kind of tasks", cluster.tasks.clone().unwrap_or_default()),
        ("offers", if cluster.prompt_offers { "prompt" } else { "in cycles" }.to_owned()),
        ("launching", cluster.launching.map_or("Marathon's defaults".to_owned(), |launching| launching.to_string())),
        ("clock", manifest.rig.clock.clone()),
        ("cores", manifest.rig.cores.to_string()),
        ("runs side by side", manifest.rig.side_by_side.to_string()),
    ]
}

/// What may differ, since it may be what is compared; it is named beside the verdict.
fn circumstances(manifest: &Manifest) -> Vec<(&'static str, String)> {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let field = |key: &str| manifest.definition.get(key).map(Value::to_string).unwrap_or_default();
    vec![
        ("cluster", manifest.cluster.url.clone()),
        ("agents", manifest.cluster.agents.map(|n| n.to_string()).unwrap_or_default()),
        ("Marathon", text(&manifest.cluster.marathon)),
        ("Mesos", text(&manifest.cluster.mesos)),
        ("hc-rig", manifest.rig.version.clone()),
        ("cmd", field("cmd")),
        ("cpus", field("cpus")),
        ("mem", field("mem")),
    ]
}

/// Why the sides cannot be compared, a sentence each; empty when they can.
pub fn obstacles(a: &Side, b: &Side) -> Vec<String> {
    let mut found = Vec::new();
    for side in [a, b] {
        let Some(first) = side.repeats.first() else { continue };
        for other in &side.repeats[1..] {
            for ((name, one), (_, two)) in setup(&first.manifest).into_iter().zip(setup(&other.manifest)) {
                if one != two {
                    found.push(format!(
                        "the runs in {} are no repeats of one set-up: {name} {one} and {two}",
                        side.name
                    ));
                }
            }
        }
    }
    if let (Some(one), Some(two)) = (a.repeats.first(), b.repeats.first()) {
        found.extend(differences(setup(&one.manifest), setup(&two.manifest)));
    }
    found.dedup();
    found
}

/// What differs between the sides without being in the way of a comparison.
pub fn remarks(a: &Side, b: &Side) -> Vec<String> {
    match (a.repeats.first(), b.repeats.first()) {
        (Some(one), Some(two)) => {
            let mut remarks = differences(circumstances(&one.manifest), circumstances(&two.manifest));
            // The embedded fake has another port each time, which says nothing.
            let fake = [one, two].iter().all(|repeat| repeat.manifest.cluster.kind == ClusterKind::Embedded);
            remarks.retain(|sentence| !(fake && sentence.starts_with("cluster ")));
            remarks
        }
        _ => Vec::new(),
    }
}

fn differences(one: Vec<(&'static str, String)>, two: Vec<(&'static str, String)>) -> Vec<String> {
    let shown = |value: String| if value.is_empty() { "(none)".to_owned() } else { value };
    let pairs = one.into_iter().zip(two).filter(|((_, one), (_, two))| one != two);
    pairs.map(|((name, one), (_, two))| format!("{name} {} against {}", shown(one), shown(two))).collect()
}

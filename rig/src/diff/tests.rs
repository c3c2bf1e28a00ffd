//! Whole comparisons, of made-up runs.

use std::path::{Path, PathBuf};

use harness::{
    record::{Counts, Quantiles, read::Scanned},
    scale::{Limit, Totals},
};
use rand::{Rng as _, SeedableRng as _, rngs::SmallRng};
use serde_json::json;

use super::*;
use crate::{
    chart::Bar,
    diff::{side::Repeat, verdict::CONFIDENCE},
    folder::{
        RunFolder,
        manifest::{Cluster, ClusterKind, FORMAT, Launching, Manifest, Plan, Rig},
        summary::Summary,
    },
    verdict::Verdict,
};

/// What is made different.
type Change = fn(&mut Manifest);

fn manifest(protocol: &str, interval: u64) -> Manifest {
    Manifest {
        format: FORMAT,
        pair: format!("mesos,{protocol}"),
        definition: json!({"id": "/hc", "healthChecks": [{"protocol": protocol, "intervalSeconds": interval}]}),
        cluster: Cluster { kind: ClusterKind::Embedded, tasks: Some("process".to_owned()), ..Cluster::default() },
        plan: Plan { targets: vec![1, 500], poll_seconds: 2.0, ..Plan::default() },
        rig: Rig { cores: 2, clock: "real".to_owned(), side_by_side: 1, ..Rig::default() },
        ..Manifest::default()
    }
}

/// A run that found a limit, with the noise of a busy machine on its other measures.
fn run(limit: u32, random: &mut SmallRng) -> Repeat {
    let mut quantiles = |median: f64| {
        let noise = 1.0 + 0.1 * (random.random::<f64>() - 0.5);
        Some(Quantiles { p50: median * noise, p99: 2.0 * median * noise, max: 3.0 * median * noise, n: 100 })
    };
    let measures =
        Totals { api: quantiles(0.01), age: quantiles(0.6), time_to_healthy: quantiles(4.0), ..Totals::default() };
    let limit = Limit { holds: limit, breaks: Some(limit + 1), spread: (Some(limit + 1), limit), tries: [].into() };
    Repeat {
        folder: PathBuf::new(),
        manifest: manifest("HTTP", 1),
        summary: Summary {
            verdict: Verdict::Limit,
            target: 500,
            measures: Some(measures),
            limit: Some(limit),
            ..Summary::default()
        },
        bars: vec![Bar { request: 1, counts: Counts { healthy: 3, ..Counts::default() }, ..Bar::default() }],
        scanned: Scanned::default(),
    }
}

/// A side whose limits vary by 2 % around `limit`.
fn side(name: &str, limit: u32, repeats: usize, seed: u64) -> Side {
    let mut random = SmallRng::seed_from_u64(seed);
    let repeats = (0..repeats).map(|_| run(limit + random.random_range(0..=limit / 50), &mut random)).collect();
    Side { name: name.to_owned(), repeats }
}

fn compare(a: &Side, b: &Side) -> Comparison {
    Comparison::of(a, b, CONFIDENCE, 1)
}

#[test]
fn two_seeds_of_the_same_set_up_are_no_change_at_the_stated_confidence() {
    let changed = (0..40)
        .map(|seed| compare(&side("a", 200, 5, 2 * seed), &side("b", 200, 5, 2 * seed + 1)).outcome)
        .filter(|outcome| *outcome != Outcome::NoChange)
        .count();
    assert!(changed <= 2, "{changed} of 40 at 95 %");
}

#[test]
fn a_limit_that_is_ten_per_cent_worse_is_found() {
    for seed in 0..10 {
        let worse = compare(&side("a", 200, 5, 2 * seed), &side("b", 180, 5, 2 * seed + 1));
        assert_eq!(worse.outcome, Outcome::Worse, "seed {seed}: {}", worse.sentence());
        assert!(worse.sentence().contains("limit or tasks reached"), "{}", worse.sentence());
        assert_eq!(worse.outcome.code().status(), 3);
        let better = compare(&side("a", 180, 5, 2 * seed), &side("b", 200, 5, 2 * seed + 1));
        assert_eq!((better.outcome, better.outcome.code().status()), (Outcome::Better, 0));
    }
}

#[test]
fn what_is_not_comparable_is_refused_with_its_reason() {
    let a = side("a", 200, 5, 1);
    let change = |f: Change| {
        let mut b = side("b", 200, 5, 2);
        b.repeats.iter_mut().for_each(|repeat| f(&mut repeat.manifest));
        compare(&a, &b)
    };
    let cases: [(&str, Change); 8] = [
        ("pair mesos,HTTP against mesos,TCP", |m| m.pair = "mesos,TCP".to_owned()),
        ("check interval 1 s against 2 s", |m| m.definition["healthChecks"][0]["intervalSeconds"] = json!(2)),
        ("kind of cluster fake against cluster", |m| m.cluster.kind = ClusterKind::Cluster),
        ("clock real against virtual", |m| m.rig.clock = "virtual".to_owned()),
        ("cores 2 against 8", |m| m.rig.cores = 8),
        ("targets 1,500 against 1,900", |m| m.plan.targets = vec![1, 900]),
        ("offers in cycles against prompt", |m| m.cluster.prompt_offers = true),
        ("launching Marathon's defaults against --launch_tokens 7, --max_instances_per_offer 1", |m| {
            m.cluster.launching = Some(Launching { launch_tokens: 7, max_instances_per_offer: 1 });
        }),
    ];
    for (reason, f) in cases {
        let refused = change(f);
        assert_eq!((refused.outcome, refused.outcome.code().status()), (Outcome::NotJudged, 2));
        assert!(refused.refused.iter().any(|why| why == reason), "{reason}: {:?}", refused.refused);
        assert!(refused.rows.iter().all(|row| row.outcome == Outcome::NotJudged && row.interval.is_none()));
    }
    let remarked = change(|m| m.cluster.marathon = Some("1.11.26".to_owned()));
    assert_eq!(remarked.outcome, Outcome::NoChange);
    assert_eq!(remarked.remarks, ["Marathon (none) against 1.11.26"]);
}

#[test]
fn too_few_repeats_or_a_mixed_side_are_refused() {
    let refused = compare(&side("a", 200, 5, 1), &side("b", 100, 4, 2));
    assert_eq!(refused.outcome, Outcome::NotJudged);
    assert!(
        refused.sentence().starts_with("b holds 4 runs: a change cannot be distinguished from chance"),
        "{}",
        refused.sentence()
    );
    let mut mixed = side("b", 200, 5, 2);
    mixed.repeats[3].manifest.pair = "docker,HTTP".to_owned();
    assert!(compare(&side("a", 200, 5, 1), &mixed).sentence().contains("no repeats of one set-up"));
}

#[test]
fn a_certain_but_tiny_change_is_none() {
    let mut b = side("b", 200, 5, 1);
    for repeat in &mut b.repeats {
        repeat.summary.measures.as_mut().unwrap().api.as_mut().unwrap().p99 += 0.004;
    }
    assert_eq!(compare(&side("a", 200, 5, 1), &b).outcome, Outcome::NoChange);
}

#[test]
fn native_checks_have_no_age_to_compare() {
    let (mut a, mut b) = (side("a", 200, 5, 1), side("b", 200, 5, 2));
    for repeat in a.repeats.iter_mut().chain(&mut b.repeats) {
        repeat.summary.measures.as_mut().unwrap().age_of_changes_only = true;
    }
    assert!(compare(&a, &b).rows.iter().all(|row| row.measure != "check_age_p99"));
}

#[test]
fn every_rendering_has_the_verdict_and_survives_hostile_names() {
    let a = side("</style><script>|`x`", 200, 5, 1);
    let b = side("b", 180, 5, 2);
    let comparison = compare(&a, &b);
    assert!(text::render(&comparison).starts_with("WORSE        worse: limit or tasks reached 20"));
    let markdown = markdown::render(&comparison);
    assert!(markdown.starts_with("**WORSE**") && !markdown.contains("<script>"), "{markdown}");
    let html = page::render(&comparison, &a, &b);
    assert!(
        html.contains("WORSE") && !html.contains("<script>") && !html.contains("http://") || html.contains("w3.org")
    );
    let data: serde_json::Value = serde_json::from_str(&serde_json::to_string(&comparison).unwrap()).unwrap();
    assert_eq!(data["outcome"], "worse");
    assert_eq!(data["rows"][0]["measure"], "tasks_held");
}

#[test]
fn runs_without_a_result_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let run = |name: &str, verdict: Option<Verdict>| {
        let run = RunFolder::create(folder.path().join(name)).unwrap();
        run.write_json("run.json", &manifest("TCP", 1)).unwrap();
        if let Some(verdict) = verdict {
            run.write_json("summary.json", &Summary { format: FORMAT, verdict, ..Summary::default() }).unwrap();
        }
    };
    run("one", Some(Verdict::Passed));
    assert_eq!(Side::read(folder.path()).unwrap().repeats.len(), 1);
    run("two", Some(Verdict::Stopped));
    let said = Side::read(folder.path()).unwrap_err().message;
    assert!(said.contains("two has no result: it ended STOPPED"), "{said}");
    run("two/three", None);
    assert!(Side::read(&folder.path().join("two/three")).unwrap_err().message.contains("was killed"));
    assert!(Side::read(Path::new("/nowhere/at/all")).is_err());
}

//! A job of GitHub Actions: its summary, and annotations for failures.

use std::fs;

use fixtures::{App, Check, Containerizer, Pair, secs};
use serde_json::json;

use crate::{
    fake::Fake,
    hc_rig::{HcRig, ends_with, stderr, stdout},
    results::out,
};

/// A short run that is well, but for thresholds that are added.
fn short<'a>(run: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let line = [
        "try",
        "--pair",
        "mesos,TCP",
        "--target",
        "1",
        "--poll",
        "200ms",
        "--hold",
        "1s",
        "--prompt-offers",
        "--out",
        run,
    ];
    [&line[..], more].concat()
}

#[test]
fn a_failure_is_an_annotation_and_the_summary_goes_to_the_job() {
    let (folder, run) = out();
    let summary = folder.path().join("step-summary.md");
    fs::write(&summary, "of a step before\n").expect("a file");
    let job = |hc_rig: HcRig| {
        hc_rig.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", summary.to_str().expect("UTF-8")).run()
    };
    let ended = job(HcRig::new(&short(&run, &["--fail-if", "unhealthy >= 0"])));
    ends_with(&ended, 3);
    let said = stdout(&ended);
    let annotations: Vec<&str> = said.lines().filter(|line| line.starts_with("::")).collect();
    assert_eq!(annotations.len(), 1, "{said}");
    assert!(annotations[0].starts_with("::error title=hc-rig FAILED%3A mesos%2CTCP::unhealthy >= 0"), "{said}");
    let written = fs::read_to_string(&summary).expect("the summary");
    let own = fs::read_to_string(format!("{run}/summary.md")).expect("summary.md");
    assert_eq!(written, format!("of a step before\n{own}\n"));

    let (_folder, well) = out();
    let ended = job(HcRig::new(&short(&well, &[])));
    ends_with(&ended, 0);
    assert!(!stdout(&ended).contains("::"), "{}", stdout(&ended));
    let written = fs::read_to_string(&summary).expect("the summary");
    assert!(written.contains("### FAILED: ") && written.contains("\n### PASSED: "), "{written}");
}

/// A folder of five runs with a limit each.
fn side(path: &std::path::Path, limit: u32) -> String {
    for n in 0..5 {
        let run = path.join(n.to_string());
        fs::create_dir_all(&run).expect("a folder");
        let manifest = json!({"format": 1, "pair": "mesos,TCP", "definition": {"healthChecks": [{"protocol": "TCP"}]}});
        let found =
            json!({"holds": limit + n, "breaks": limit + n + 1, "spread": [limit + n + 1, limit + n], "tries": {}});
        let summary = json!({"format": 1, "pair": "mesos,TCP", "verdict": "limit", "target": 300, "limit": found});
        fs::write(run.join("run.json"), manifest.to_string()).expect("run.json");
        fs::write(run.join("summary.json"), summary.to_string()).expect("summary.json");
    }
    path.display().to_string()
}

#[test]
fn a_comparison_goes_to_the_job_and_annotates_what_became_worse() {
    let folder = tempfile::tempdir().expect("a folder");
    let (before, after) = (side(&folder.path().join("before"), 200), side(&folder.path().join("after"), 150));
    let summary = folder.path().join("step-summary.md");
    let job = |arguments: &[&str]| {
        let rig = HcRig::new(arguments).env("GITHUB_ACTIONS", "true");
        rig.env("GITHUB_STEP_SUMMARY", summary.to_str().expect("UTF-8")).run()
    };
    let worse = job(&["diff", &before, &after]);
    ends_with(&worse, 3);
    let annotation = "\n::error title=hc-rig::B is worse than A (95 %25 confidence)\n";
    assert!(stdout(&worse).contains(annotation), "{}", stdout(&worse));
    let written = fs::read_to_string(&summary).expect("the summary");
    assert!(written.starts_with("**WORSE**") && written.ends_with("\n"), "{written}");

    let json = job(&["diff", &before, &after, "--json"]);
    ends_with(&json, 3);
    serde_json::from_str::<serde_json::Value>(&stdout(&json)).expect("JSON alone");
    assert_eq!(fs::read_to_string(&summary).expect("the summary"), written.repeat(2));
    let better = job(&["diff", &after, &before]);
    ends_with(&better, 0);
    assert!(!stdout(&better).contains("::error"), "{}", stdout(&better));
}

/// An app of somebody else that never becomes healthy, explained in a job.
#[test]
fn an_app_that_is_explained_is_reported_to_the_job() {
    let fake = Fake::start(&["--tasks", "process"]);
    let app = App::of(Pair::new(Containerizer::Mesos, Check::Http)).id("/sick").never_healthy().grace(secs(1));
    fake.deploy(&app.max_consecutive_failures(0).to_json());
    let folder = tempfile::tempdir().expect("a folder");
    let summary = folder.path().join("step-summary.md");
    let job = |more: &[&str]| {
        let line = ["why", "/sick", "--for", "6s", "--url", &fake.url];
        let rig = HcRig::new(&[&line[..], more].concat()).within(folder.path()).env("GITHUB_ACTIONS", "true");
        rig.env("GITHUB_STEP_SUMMARY", summary.to_str().expect("UTF-8")).run()
    };
    let explained = job(&[]);
    ends_with(&explained, 0);
    assert!(fs::read_to_string(&summary).expect("the summary").contains("/sick"));
    let annotated = stdout(&explained).lines().any(|line| line.starts_with("::error title=hc-rig FAILED%3A /sick::"));
    assert!(annotated, "{}", stdout(&explained));
    let data = job(&["--json"]);
    serde_json::from_str::<serde_json::Value>(&stdout(&data)).expect("JSON alone");
}

#[test]
fn a_summary_that_cannot_be_written_is_a_warning() {
    let (folder, run) = out();
    let line = short(&run, &["--quiet"]);
    let ended = HcRig::new(&line)
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_STEP_SUMMARY", folder.path().to_str().expect("UTF-8"))
        .run();
    ends_with(&ended, 0);
    assert!(stderr(&ended).starts_with("hc-rig: warning: no summary for the job: cannot write "), "{}", stderr(&ended));
}

#[test]
fn elsewhere_nothing_is_written() {
    let (folder, run) = out();
    let summary = folder.path().join("step-summary.md");
    let line = short(&run, &["--fail-if", "unhealthy >= 0"]);
    let ended = HcRig::new(&line).env("GITHUB_STEP_SUMMARY", summary.to_str().expect("UTF-8")).run();
    ends_with(&ended, 3);
    assert!(!summary.exists() && !stdout(&ended).contains("::error"), "{}", stdout(&ended));
}

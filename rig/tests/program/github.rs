//! A job of GitHub Actions: its summary, and annotations for failures.

use std::fs;

use crate::{
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

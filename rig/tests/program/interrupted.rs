//! Runs whose process is killed: they go on, or are cleaned up, and nothing of others is touched.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::Stdio,
};

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::{
    fake::{Fake, interrupt},
    hc_rig::{HcRig, ends_with, stderr, stdout},
};

/// Starts a run into `out` and kills it without warning as soon as its second step is over.
fn killed(fake: &Fake, out: &str, target: &str) {
    let arguments = ["run", "mesos,TCP", "--url", &fake.url, "--step", "1", "--poll", "200ms", "--target", target];
    let mut child = HcRig::new(&[&arguments[..], &["--out", out]].concat())
        .command()
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program can be started");
    let mut lines = BufReader::new(child.stderr.take().expect("stderr is piped")).lines();
    assert!(lines.any(|line| line.is_ok_and(|line| line.contains("step 2/"))), "the second step is reported");
    interrupt(&child, Signal::SIGKILL);
    drop(child.wait());
}

fn samples(out: &str) -> Vec<Value> {
    let text = fs::read_to_string(Path::new(out).join("samples.jsonl")).expect("there are samples");
    text.lines().map(|line| serde_json::from_str(line).expect("whole lines")).collect()
}

#[test]
fn a_killed_run_goes_on_at_its_next_step_and_leaves_nothing() {
    let fake = Fake::start(&[]);
    fake.deploy_unrelated_app();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run").display().to_string();
    killed(&fake, &out, "8");
    assert_eq!(fake.apps().len(), 2, "the run's app is still there");
    // What a crash halfway through a line leaves.
    let path = Path::new(&out).join("samples.jsonl");
    let before = samples(&out);
    fs::write(&path, format!("{}{{\"v\": 1, \"requ", fs::read_to_string(&path).unwrap())).unwrap();

    let resumed = HcRig::new(&["resume", &out]).run();
    ends_with(&resumed, 0);
    assert!(stderr(&resumed).contains("continues at step"), "{}", stderr(&resumed));
    assert!(stdout(&resumed).starts_with("PASSED"), "{}", stdout(&resumed));
    let after = samples(&out);
    assert_eq!(after[..before.len()], before, "what was there stays");
    let requests: Vec<_> = after.iter().map(|sample| sample["request"].as_u64().unwrap()).collect();
    assert!(requests.iter().copied().eq(1..=after.len() as u64), "polls go on counting: {requests:?}");
    let times: Vec<_> = after.iter().map(|sample| sample["t"].as_f64().unwrap()).collect();
    assert!(times.is_sorted(), "and so does the clock: {times:?}");
    let summary: Value =
        serde_json::from_str(&fs::read_to_string(Path::new(&out).join("summary.json")).unwrap()).unwrap();
    assert_eq!((&summary["reached"], &summary["clean_up"]), (&Value::from(8), &Value::from("complete")));
    assert_eq!(fake.apps(), ["/unrelated"]);

    let again = HcRig::new(&["resume", &out]).run();
    ends_with(&again, 2);
    assert!(stderr(&again).contains("is finished (passed)"), "{}", stderr(&again));
}

fn change_manifest(out: &str, change: impl FnOnce(&mut Value)) {
    let path = Path::new(out).join("run.json");
    let text = fs::read_to_string(&path).expect("there is a run.json");
    let mut manifest: Value = serde_json::from_str(&text).expect("it is JSON");
    change(&mut manifest);
    fs::write(&path, manifest.to_string()).expect("it can be written");
}

#[test]
fn a_killed_run_that_breaks_a_marathon_goes_on_only_if_the_user_insists() {
    let fake = Fake::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run").display().to_string();
    killed(&fake, &out, "3");
    change_manifest(&out, |manifest| {
        manifest["definition"]["healthChecks"][0] = json!({"protocol": "HTTP", "path": "/health check"});
    });
    let refused = HcRig::new(&["resume", &out]).run();
    ends_with(&refused, 2);
    let says = "it has a blank): Marathon then makes no health check of its own any more, for no app, until it has a new leader; write \
                \"/health%20check\", or use --yes to insist";
    assert!(stderr(&refused).contains(says), "{}", stderr(&refused));
    assert_eq!(stderr(&refused).lines().count(), 1);
    ends_with(&HcRig::new(&["resume", &out, "--yes"]).run(), 0);

    let out = folder.path().join("large").display().to_string();
    killed(&fake, &out, "200");
    // The third target may have been asked for before the kill.
    change_manifest(&out, |manifest| manifest["plan"]["targets"] = json!([1, 2, 3, 1004]));
    let refused = HcRig::new(&["resume", &out]).run();
    ends_with(&refused, 2);
    assert!(stderr(&refused).contains("a step of 1001 tasks is above 1000: "), "{}", stderr(&refused));
    ends_with(&HcRig::new(&["clean", &out]).run(), 0);
    assert!(fake.apps().is_empty());
}

#[test]
fn what_a_killed_run_left_is_cleaned_up_from_its_folder() {
    let fake = Fake::start(&[]);
    fake.deploy_unrelated_app();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run").display().to_string();
    killed(&fake, &out, "200");
    ends_with(&HcRig::new(&["report", &out]).run(), 0);
    // Neither flag nor variable: the folder knows where it was.
    let cleaned = HcRig::new(&["clean", &out]).run();
    ends_with(&cleaned, 0);
    assert!(stdout(&cleaned).contains("is left"), "{}", stdout(&cleaned));
    assert_eq!(fake.apps(), ["/unrelated"]);
    let resumed = HcRig::new(&["resume", &out]).run();
    ends_with(&resumed, 2);
    assert!(stderr(&resumed).contains("nothing to resume") || stderr(&resumed).contains("cleaned up"));
    ends_with(&HcRig::new(&["clean", &out]).run(), 0);
}

#[test]
fn without_a_name_clean_goes_through_all_folders() {
    let fake = Fake::start(&[]);
    fake.deploy_unrelated_app();
    let folder = tempfile::tempdir().unwrap();
    for name in ["one", "two"] {
        killed(&fake, &folder.path().join(name).display().to_string(), "200");
    }
    assert_eq!(fake.apps().len(), 3);
    let below = folder.path().display().to_string();
    let cleaned = HcRig::new(&["clean", "--below", &below, "--url", &fake.url]).run();
    ends_with(&cleaned, 0);
    assert_eq!(stdout(&cleaned).matches("is left").count(), 2, "{}", stdout(&cleaned));
    assert_eq!(fake.apps(), ["/unrelated"]);
    let again = HcRig::new(&["clean", "--below", &below, "--url", &fake.url]).run();
    assert!(!stdout(&again).contains("is left"), "known to be clean: {}", stdout(&again));
}

#[test]
fn a_run_whose_app_is_gone_or_elsewhere_is_refused_in_one_sentence() {
    let fake = Fake::start(&["--seed", "1"]);
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run").display().to_string();
    killed(&fake, &out, "200");
    let other = Fake::start(&["--seed", "2"]);
    for command in ["resume", "clean"] {
        let elsewhere = HcRig::new(&[command, &out, "--url", &other.url]).run();
        ends_with(&elsewhere, 2);
        assert!(stderr(&elsewhere).contains("is another cluster"), "{}", stderr(&elsewhere));
    }
    let manifest: Value = serde_json::from_str(&fs::read_to_string(Path::new(&out).join("run.json")).unwrap()).unwrap();
    ends_with(&HcRig::new(&["clean", manifest["run"].as_str().unwrap(), "--url", &fake.url]).run(), 0);
    let gone = HcRig::new(&["resume", &out]).run();
    ends_with(&gone, 2);
    assert!(stderr(&gone).contains("is no longer on the cluster"), "{}", stderr(&gone));
    assert_eq!(stderr(&gone).lines().count(), 1);
}

//! Bad input ends with one sentence and its own exit code, before anything is deployed.

use std::path::PathBuf;

use rstest::rstest;
use serde_json::{Value, json};

use crate::{
    fake::Fake,
    hc_rig::{HcRig, ends_with, stderr, stdout},
    results::{json as written, out},
};

#[rstest]
#[case::no_such_file(&["run", "nothing.json", "--url", "http://127.0.0.1:1"], 2, "cannot read the app definition nothing.json")]
#[case::no_such_pair(&["run", "mesos,UDP", "--url", "http://127.0.0.1:1"], 2, "UDP")]
#[case::no_such_check_of_a_pod(&["run", "pod,HTTP", "--url", "http://127.0.0.1:1"], 2, "there is no `pod,HTTP`: Marathon makes no checks of its own in pods; use pod,MESOS_TCP")]
#[case::advice_on_a_pod(&["advise", "pod,COMMAND"], 2, "pod,COMMAND: this is a pod, whose checks Mesos makes")]
#[case::no_cluster(&["run", "mesos,TCP"], 2, "no cluster is named: set DCOS_URL")]
#[case::no_address(&["run", "mesos,TCP", "--url", "nonsense"], 2, "--url is not an address")]
#[case::nobody_there(&["run", "mesos,TCP", "--url", "http://127.0.0.1:1"], 5, "127.0.0.1:1")]
#[case::login_unreachable(&["login", "--url", "http://127.0.0.1:1"], 5, "127.0.0.1:1")]
#[case::beyond_the_target(&["run", "mesos,TCP", "--target", "0", "--url", "http://127.0.0.1:1"], 2, "more than the target of 0")]
#[case::no_run(&["why", "nowhere"], 2, "there is no run folder nowhere")]
#[case::no_count(&["matrix", "--counts", "5,x"], 2, "'x' for '--counts <N,N,…>': write whole numbers separated by commas, such as 10,100")]
#[case::no_target(&["try", "--targets", "5,-1"], 2, "write whole numbers separated by commas")]
#[case::no_listener(&["try", "--metrics", "foo"], 2, "write an address and a port, such as 127.0.0.1:9464")]
#[case::no_place_for_metrics(&["try", "--metrics-file", "/no such folder/hc_rig.prom"], 2, "--metrics-file: cannot write /no such folder/hc_rig.prom: ")]
#[case::one_side(&["diff", "/", "/"], 2, "A and B are the same folder, /")]
#[case::out_is_a_file(&["try", "--out", "/dev/null"], 2, "/dev/null is a file: name a new folder with --out")]
#[case::out_of_record_is_a_file(&["record", "--out", "/dev/null", "--url", "http://127.0.0.1:1"], 2, "/dev/null is a file: name a new folder with --out")]
#[case::out_of_diff_is_a_file(&["diff", "a", "b", "--out", "/dev/null"], 2, "/dev/null is a file: name a new folder with --out")]
#[case::unknown_flag(&["try", "--nonsense"], 2, "unexpected argument '--nonsense'")]
#[case::unknown_version(&["try", "--marathon-version", "0.9"], 2, "the fake does not know Marathon 0.9; it knows ")]
#[case::unknown_version_of_the_fake(&["fake", "--marathon-version", "0.9"], 2, "the fake does not know Marathon 0.9; it knows ")]
#[case::bad_time(&["try", "--poll", "soon"], 2, "is not a duration")]
fn bad_input_is_one_sentence_and_an_exit_code(#[case] arguments: &[&str], #[case] code: i32, #[case] says: &str) {
    let run = HcRig::new(arguments).run();
    assert_eq!(run.status.code(), Some(code), "{}", stderr(&run));
    assert!(stderr(&run).contains(says), "{}", stderr(&run));
    assert!(run.stdout.is_empty());
}

#[test]
fn broken_json_is_reported_with_line_and_column() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("app.json");
    std::fs::write(&file, "{\n  \"id\": \"/hc\"\n  \"cmd\": \"true\"\n}").unwrap();
    let run = HcRig::new(&["run", file.to_str().unwrap(), "--url", "http://127.0.0.1:1"]).run();
    assert_eq!(run.status.code(), Some(2));
    assert!(stderr(&run).contains("app.json:3:3: not JSON"), "{}", stderr(&run));
    assert_eq!(stderr(&run).lines().count(), 1);
}

/// A definition in a file of its own.
fn definition(app: &Value) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("app.json");
    std::fs::write(&file, app.to_string()).expect("written");
    let path = file.display().to_string();
    (folder, path)
}

/// Nobody listens at the address: the definition alone is refused.
#[rstest]
#[case::no_list(json!({"id": "/hc", "cmd": "sleep 9"}), "the app has no health checks")]
#[case::an_empty_list(json!({"id": "/hc", "cmd": "sleep 9", "healthChecks": []}), "or use --allow-no-check")]
#[case::one_instance(
    json!({"id": "/hc", "labels": {"MARATHON_SINGLE_INSTANCE_APP": "true"}, "healthChecks": [{}]}),
    "1 task of the target of 31 can run; remove the label, or lower the target to 1"
)]
fn a_definition_that_cannot_be_measured_is_refused(#[case] app: Value, #[case] says: &str) {
    let (_folder, file) = definition(&app);
    let run = HcRig::new(&["run", &file, "--url", "http://127.0.0.1:1"]).run();
    ends_with(&run, 2);
    assert!(stderr(&run).contains(says), "{}", stderr(&run));
    assert_eq!(stderr(&run).lines().count(), 1);
}

/// Nobody listens at the address: what breaks a Marathon is refused before anybody is asked.
#[rstest]
#[case::path(
    json!({"healthChecks": [{"protocol": "HTTP", "path": "/api/health check"}]}),
    "the path \"/api/health check\" of a health check is not a URI (it has a blank): Marathon then makes no health check of its \
     own any more, for no app, until it has a new leader; write \"/api/health%20check\", or use --yes to insist"
)]
#[case::argv(
    json!({"healthChecks": [{}], "check": {"exec": {"command": {"argv": ["true"]}}}}),
    "from then on answers 500 to everybody who lists apps or groups, until the app is deleted; write the command as \"shell\""
)]
fn what_breaks_a_marathon_is_refused_unless_the_user_insists(#[case] part: Value, #[case] says: &str) {
    let mut app = json!({"id": "/hc", "cmd": "sleep 9"});
    app.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
    let (_folder, file) = definition(&app);
    let arguments = ["run", &file, "--target", "2", "--step", "1", "--url", "http://127.0.0.1:1"];
    let run = HcRig::new(&arguments).run();
    ends_with(&run, 2);
    assert!(stderr(&run).contains(says), "{}", stderr(&run));
    assert_eq!(stderr(&run).lines().count(), 1);
    // Who insists gets as far as the cluster; a dry run lists everything first.
    ends_with(&HcRig::new(&[&arguments[..], &["--yes"]].concat()).run(), 5);
    let rehearsed = HcRig::new(&[&arguments[..], &["--dry-run"]].concat()).run();
    ends_with(&rehearsed, 2);
    assert!(stdout(&rehearsed).contains("POST") && stderr(&rehearsed).contains(says), "{}", stderr(&rehearsed));
}

#[rstest]
#[case::unique(json!({"constraints": [["hostname", "UNIQUE"]]}), "allows 1 task for each value of hostname")]
#[case::fixed_port(json!({"requirePorts": true, "portDefinitions": [{"port": 31000}]}), "the fixed port 31000")]
fn a_target_beyond_what_the_agents_allow_is_refused(#[case] part: Value, #[case] says: &str) {
    let mut app =
        json!({"id": "/hc", "cmd": "sleep 99", "cpus": 0.1, "mem": 16, "healthChecks": [{"protocol": "TCP"}]});
    app.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
    let (_folder, file) = definition(&app);
    let fake = Fake::start(&["--agents", "2"]);
    for more in [&["--target", "3"][..], &["--target", "3", "--dry-run"]] {
        let run = HcRig::new(&[&["run", &file, "--url", &fake.url], more].concat()).run();
        ends_with(&run, 2);
        assert!(stderr(&run).contains(says) && stderr(&run).contains("there are 2 agents"), "{}", stderr(&run));
    }
    fake.has_nothing_left();
}

#[test]
fn an_app_without_checks_runs_where_that_is_allowed() {
    let (_folder, file) = definition(&json!({"id": "/hc", "cmd": "sleep 99", "cpus": 0.1, "mem": 16}));
    let fake = Fake::start(&[]);
    let (_results, run) = out();
    let arguments = ["run", &file, "--allow-no-check", "--targets", "2", "--poll", "200ms", "--url", &fake.url];
    ends_with(&HcRig::new(&[&arguments[..], &["--out", &run]].concat()).run(), 0);
    fake.has_nothing_left();
}

#[test]
fn what_marathon_refuses_once_the_app_is_deployed_is_not_bad_usage() {
    let fake = Fake::start(&["--admin", "127.0.0.1:0"]);
    let no = json!({"status": {"code": 422, "message": "not more than that"}});
    fake.inject(&json!({"match": {"method": "PUT"}, "act": {"http": no}}));
    let (_results, run) = out();
    let arguments = ["run", "mesos,TCP", "--targets", "1,2", "--poll", "200ms", "--url", &fake.url, "--out", &run];
    let ended = HcRig::new(&arguments).run();
    ends_with(&ended, 3);
    assert!(stdout(&ended).starts_with("FAILED       mesos,TCP: target not reached"), "{}", stdout(&ended));
    assert!(stdout(&ended).contains("not more than that"), "{}", stdout(&ended));
    assert_eq!(written(&run, "summary.json")["exit"], 3);
    fake.has_nothing_left();
}

#[test]
fn a_folder_that_is_not_empty_is_never_written_to() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mine"), "precious").unwrap();
    let run = HcRig::new(&["try", "--out", folder.path().to_str().unwrap()]).run();
    assert_eq!(run.status.code(), Some(2), "{}", stderr(&run));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn help_teaches_with_examples_and_the_exit_codes() {
    let run = HcRig::new(&["--help"]).run();
    let help = String::from_utf8(run.stdout).unwrap();
    assert_eq!(run.status.code(), Some(0));
    for line in ["hc-rig try", "hc-rig run app.json", "130  stopped: by the user"] {
        assert!(help.contains(line), "{line} is missing in:\n{help}");
    }
}

/// What is a run folder by its `run.json`, and holds nothing else.
fn bare_run(path: PathBuf) -> std::io::Result<PathBuf> {
    std::fs::create_dir_all(&path)?;
    std::fs::write(path.join("run.json"), "{}")?;
    Ok(path)
}

#[test]
fn a_folder_of_runs_is_distinguished_from_one_without_any() {
    let folder = tempfile::tempdir().unwrap();
    let run = bare_run(folder.path().join("one")).unwrap();
    let refused = HcRig::new(&["resume", folder.path().to_str().unwrap()]).run();
    assert_eq!(refused.status.code(), Some(2));
    let wanted = format!("holds runs and is none itself: name one of them, such as {}\n", run.display());
    assert!(stderr(&refused).ends_with(&wanted), "{}", stderr(&refused));
}

#[test]
fn a_run_can_be_named_by_its_folder_below_the_usual_one() {
    let folder = tempfile::tempdir().unwrap();
    bare_run(folder.path().join("hc-rig-runs/run-1")).unwrap();
    let said = |name: &str| {
        let resumed = HcRig::new(&["resume", name]).command().current_dir(folder.path()).output().unwrap();
        assert_eq!(resumed.status.code(), Some(2));
        stderr(&resumed)
    };
    assert!(said("run-1").contains("hc-rig-runs/run-1"), "{}", said("run-1"));
    assert!(said("run-2").contains("there is no run folder run-2"), "{}", said("run-2"));
}

#[rstest]
#[case("why")]
#[case("report")]
#[case("replay")]
fn a_run_without_samples_is_refused(
    #[case] command: &str,
    #[values(None, Some(""), Some("[]\nbroken\n"))] samples: Option<&str>,
) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("run.json"), r#"{"format": 1, "pair": "mesos,TCP"}"#).expect("run.json");
    if let Some(samples) = samples {
        std::fs::write(folder.path().join("samples.jsonl"), samples).expect("samples.jsonl");
    }
    let run = HcRig::new(&[command, folder.path().to_str().unwrap()]).run();
    ends_with(&run, 2);
    assert!(stderr(&run).contains("has no samples"), "{}", stderr(&run));
    assert!(!folder.path().join("report.html").exists(), "no page of nothing");
}

#[rstest]
#[case("why")]
#[case("report")]
#[case("replay")]
fn lines_of_a_record_that_cannot_be_read_are_counted(#[case] command: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
    write("run.json", r#"{"format": 1, "pair": "mesos,TCP"}"#);
    write("samples.jsonl", "{\"t\": 1}\nbroken\n{\"t\": 2}\n{\"t\": 3");
    write("events.jsonl", "broken\n");
    let run = HcRig::new(&[command, folder.path().to_str().unwrap()]).run();
    ends_with(&run, 0);
    let samples = "2 lines of samples.jsonl";
    let said = stderr(&run);
    // The only one that reads no events.
    let lines = if command == "replay" { samples } else { &format!("{samples} and 1 line of events.jsonl") };
    assert!(said.contains(&format!("{lines} left out: not readable")), "{said}");
}

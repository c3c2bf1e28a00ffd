//! Pods, as a user runs, watches and removes them.

use fixtures::{App, Check, Containerizer, secs};
use serde_json::{Value, json};

use crate::{
    fake::Fake,
    hc_rig::{HcRig, ends_with, stdout},
    results::{out, read, samples},
};

/// A pod of two containers, one of which falls sick after 4 s; as a user writes it.
fn sick(id: &str) -> Value {
    let pod = App::listener(Containerizer::Pod, Check::MesosTcp).id(id).instances(1).sick_after(secs(4));
    let mut pod = pod.grace(secs(3)).to_json();
    let side =
        json!({"name": "side", "exec": {"command": {"shell": "sleep 1000"}}, "resources": {"cpus": 0.01, "mem": 16}});
    pod["containers"].as_array_mut().expect("a list").push(side);
    pod
}

#[test]
fn a_pod_is_run_step_by_step_its_kill_is_explained_and_nothing_is_left() {
    let fake = Fake::start(&["--tasks", "process"]);
    let (folder, run) = out();
    let file = folder.path().join("pod.json");
    std::fs::write(&file, sick("/team/sick").to_string()).unwrap();
    let file = file.to_str().unwrap();
    let ran = HcRig::new(&[
        "run",
        file,
        "--url",
        &fake.url,
        "--step",
        "1",
        "--target",
        "2",
        "--hold",
        "60s",
        "--fail-if",
        "killed > 0",
        "--poll",
        "500ms",
        "--out",
        &run,
    ])
    .run();
    ends_with(&ran, 3);
    let text = stdout(&ran);
    assert!(text.starts_with("FAILED       pod,MESOS_TCP: ") && text.contains("1 pod, nothing left"), "{text}");
    assert!(text.contains("Diagnosis    "), "{text}");
    let all = samples(&run);
    assert!(all.iter().any(|sample| sample["counts"]["healthy"] == 1), "it was healthy");
    let task = all.iter().find_map(|sample| sample["tasks"].as_array()?.first()).expect("a task");
    assert!(
        task["id"].as_str().is_some_and(|id| id.ends_with("._pod.1")) && task["containers"]["side"].is_object(),
        "{task}"
    );
    assert!(read(&run, "events.jsonl").contains("hc_rig_executor"), "the executor of the instance is recorded");
    let why: Value = serde_json::from_str(&stdout(&HcRig::new(&["why", "--json", &run]).run())).expect("JSON");
    assert_eq!(why[0]["conclusions"][0]["reason"], "app_down", "{why:#}");
    fake.has_nothing_left();
}

#[test]
fn a_deployment_of_a_pod_is_listed_and_a_pod_without_checks_is_said_to_run() {
    let fake = Fake::start(&[]);
    let (_folder, run) = out();
    let bare = |id: &str, cpus: f64| {
        let sleep = json!({"command": {"shell": "sleep 1000"}});
        let container = json!({"name": "c", "exec": sleep, "resources": {"cpus": cpus, "mem": 16}});
        json!({"id": id, "containers": [container], "scaling": {"kind": "fixed", "instances": 2}})
    };
    fake.deploy(&bare("/prod/bare", 0.01));
    fake.deploy(&bare("/team/huge", 1000.0));
    let watched = HcRig::new(&["watch", "/prod", "--for", "8s", "--url", &fake.url, "--out", &run]).run();
    ends_with(&watched, 0);
    let text = stdout(&watched);
    assert!(
        text.starts_with("PASSED       /prod/bare: 2 of 2 tasks running at the end, without health checks"),
        "{text}"
    );
    let page = read(&run, "report.html");
    assert!(page.contains("running at the end") && !page.contains("healthy at the end"), "{page}");

    let listed = stdout(&HcRig::new(&["apps", "--url", &fake.url]).run());
    let deployments = |id: &str| {
        let line = listed.lines().find(|line| line.split_whitespace().next() == Some(id));
        line.and_then(|line| line.split_whitespace().last()).map(str::to_owned)
    };
    assert_eq!(
        [deployments("/prod/bare"), deployments("/team/huge")],
        [Some("0".into()), Some("1".into())],
        "{listed}"
    );
}

#[test]
fn a_pod_of_others_is_listed_and_watched_and_a_run_of_one_is_planned() {
    let fake = Fake::start(&[]);
    let (folder, run) = out();
    fake.deploy(&App::listener(Containerizer::Pod, Check::MesosTcp).id("/prod/pod").instances(2).to_json());
    let listed = stdout(&HcRig::new(&["apps", "--url", &fake.url]).run());
    assert!(listed.contains("/prod/pod") && listed.contains("MESOS_TCP"), "{listed}");
    let watched = HcRig::new(&["watch", "/prod", "--for", "8s", "--url", &fake.url, "--out", &run]).run();
    ends_with(&watched, 0);
    assert!(stdout(&watched).starts_with("PASSED       /prod/pod: 2 of 2 tasks healthy"), "{}", stdout(&watched));

    let file = folder.path().join("pod.json");
    std::fs::write(&file, App::listener(Containerizer::Pod, Check::Command).to_json().to_string()).unwrap();
    let planned = HcRig::new(&["run", file.to_str().unwrap(), "--url", &fake.url, "--dry-run", "--target", "3"]).run();
    ends_with(&planned, 0);
    let text = stdout(&planned);
    assert!(text.contains("POST   /v2/pods") && text.contains("::status   every"), "{text}");
}

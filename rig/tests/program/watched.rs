//! Apps of others, watched: what is found, and that nothing of theirs changes.

use std::path::Path;

use fixtures::{App, Check, Containerizer, Pair, secs};
use serde_json::Value;

use crate::{
    fake::Fake,
    hc_rig::{HcRig, ends_with, stderr, stdout},
    requests::Recorder,
    results::{json, out, read},
};

/// A fake of three agents with three apps of a team beside one that is well: sick, flapping and hung.
fn cluster_of_others() -> Fake {
    cluster_called("localhost")
}

/// The same, that answers to another name too.
fn cluster_called(name: &str) -> Fake {
    let fake = Fake::start(&["--agents", "3", "--tasks", "process", "--admin", "127.0.0.1:0", "--allow-host", name]);
    let app = |id: &str| {
        let app = App::of(Pair::new(Containerizer::Mesos, Check::Http)).id(id).instances(2).timeout(secs(2));
        app.max_consecutive_failures(100_000)
    };
    for app in [
        app("/team/well"),
        app("/team/sick").sick_after(secs(1)),
        app("/team/flapping").flaps(secs(3), secs(3)).label("tier", "edge"),
        app("/team/hung").hangs_after(secs(1)),
    ] {
        fake.deploy(&app.to_json());
    }
    fake
}

/// Everything that was asked was a read.
#[track_caller]
fn only_reads(recorder: &Recorder) {
    let requests = recorder.requests();
    assert!(requests.len() > 5, "{requests:?}");
    let others: Vec<&String> = requests.iter().filter(|line| !line.starts_with("GET ")).collect();
    assert!(others.is_empty(), "{others:?}");
}

/// All that anybody asked Marathon to change.
fn changes(fake: &Fake) -> Vec<Value> {
    let journal = fake.journal();
    journal.into_iter().filter(|line| line["what"] == "command").collect()
}

#[test]
fn an_app_whose_checks_tell_only_changes_is_not_read_beside_the_polls() {
    let recorder = Recorder::new();
    let fake = Fake::start(&["--admin", "127.0.0.1:0", "--allow-host", &recorder.host()]);
    fake.deploy(&App::of(Pair::new(Containerizer::Mesos, Check::MesosTcp)).id("/native").instances(2).to_json());
    let url = recorder.pass_on(&fake.url);
    let (_folder, run) = out();
    ends_with(
        &HcRig::new(&["watch", "/native", "--url", &url, "--for", "8s", "--poll", "200ms", "--out", &run]).run(),
        0,
    );
    let requests = recorder.requests();
    let reads = requests.iter().filter(|line| line.contains("/v2/apps/") && line.contains("native")).count();
    let samples = read(&run, "samples.jsonl").lines().count();
    // Before the first poll, when the results first look late, and when what was found is drawn.
    assert!((samples..samples + 8).contains(&reads), "{reads} reads for {samples} samples: {requests:?}");
}

#[test]
fn the_summary_of_a_watch_is_json_alone_on_stdout() {
    let fake = Fake::start(&["--tasks", "process"]);
    fake.deploy(&App::of(Pair::new(Containerizer::Mesos, Check::MesosTcp)).id("/well").to_json());
    let (_folder, run) = out();
    let line = ["watch", "/well", "--for", "3s", "--poll", "200ms", "--url", &fake.url, "--out", &run, "--json"];
    let watched = HcRig::new(&line).run();
    let document: Value = serde_json::from_str(&stdout(&watched)).expect("JSON alone");
    assert_eq!(document, json(&run, "summary.json"));
    assert_eq!(watched.status.code().map(Value::from).as_ref(), Some(&document["exit"]));
    assert!(stderr(&watched).contains("/well"), "the rest is on stderr: {}", stderr(&watched));
}

#[test]
fn somebody_elses_sick_flapping_and_hung_apps_are_named_and_nothing_of_theirs_changes() {
    let recorder = Recorder::new();
    let fake = cluster_called(&recorder.host());
    let url = recorder.pass_on(&fake.url);
    let before = changes(&fake);
    assert_eq!(before.len(), 4, "{before:?}");
    let (_folder, run) = out();
    let arguments = ["watch", "/team", "--url", &url, "--for", "25s", "--poll", "500ms", "--out", &run];
    let ended = HcRig::new(&arguments).run();
    ends_with(&ended, 3);
    let said = stdout(&ended);
    assert!(said.starts_with("FAILED       1 of 4 apps stayed healthy\n"), "{said}");
    for id in ["/team/sick", "/team/flapping", "/team/hung"] {
        assert!(said.contains(&format!("  FAILED    {id}")), "{id}:\n{said}");
    }
    assert!(said.contains("Changed      nothing: the apps were only read"), "{said}");
    for (name, causes) in [("team_sick", "stopped listening"), ("team_flapping", "flap"), ("team_hung", "hung")] {
        let explained = HcRig::new(&["why", &format!("{run}/{name}")]).run();
        ends_with(&explained, 0);
        assert!(stdout(&explained).contains(causes), "{name}:\n{}", stdout(&explained));
        for file in ["run.json", "samples.jsonl", "events.jsonl", "summary.json", "report.html", "chart.png"] {
            assert!(Path::new(&run).join(name).join(file).is_file(), "{name}/{file}");
        }
        assert_eq!(json(&format!("{run}/{name}"), "run.json")["mode"], "watch");
        assert!(read(&format!("{run}/{name}"), "events.jsonl").contains("hc_rig_probe"), "{name} was probed");
    }
    only_reads(&recorder);
    assert_eq!(changes(&fake), before, "the rig only read");
    let cleaned = HcRig::new(&["clean", &run, "--url", &fake.url]).run();
    ends_with(&cleaned, 0);
    assert!(stdout(&cleaned).contains("only watched /team/sick, so it left nothing"), "{}", stdout(&cleaned));
    assert_eq!(changes(&fake), before, "and has nothing to clean");
}

#[test]
fn an_alert_is_reported_at_once_and_ends_the_watch_for_all_apps() {
    let fake = cluster_of_others();
    let before = changes(&fake);
    let (_folder, run) = out();
    let arguments = ["watch", "/team/sick", "/team/well", "--url", &fake.url, "--for", "10m", "--poll", "500ms"];
    // A watch of an app that is still starting may end before it is healthy.
    fake.wait_until_healthy("/team/well", 2);
    let rest = ["--alert", "--fail-if", "unhealthy > 1", "--quiet", "--out", &run];
    let ended = HcRig::new(&[&arguments[..], &rest[..]].concat()).run();
    ends_with(&ended, 3);
    assert!(stderr(&ended).contains("ALERT /team/sick: unhealthy > 1 was crossed at "), "{}", stderr(&ended));
    assert!(stdout(&ended).contains("  PASSED    /team/well"), "{}", stdout(&ended));
    assert_eq!(json(&format!("{run}/team_sick"), "summary.json")["reason"], "crossed");

    let (_folder, run) = out();
    let labelled = ["watch", "--label", "tier==edge", "--url", &fake.url, "--for", "2s", "--out", &run];
    let ended = HcRig::new(&labelled).run();
    assert!(stdout(&ended).contains("/team/flapping") && !stdout(&ended).contains("/team/sick"), "{}", stdout(&ended));
    assert_eq!(json(&run, "run.json")["app"], "/team/flapping", "one app is one run");
    let gone = HcRig::new(&["watch", "/team/gone", "--url", &fake.url]).run();
    ends_with(&gone, 2);
    assert!(stderr(&gone).contains("/team/gone is neither an app or pod nor a group with any"), "{}", stderr(&gone));
    assert_eq!(changes(&fake), before, "the rig only read");
}

#[test]
fn why_of_an_app_watches_it_for_a_while_and_explains() {
    let recorder = Recorder::new();
    let fake = cluster_called(&recorder.host());
    let url = recorder.pass_on(&fake.url);
    let before = changes(&fake);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let here = |arguments: &[&str]| {
        let mut command = HcRig::new(arguments).command();
        command.current_dir(folder.path()).output().expect("the program can be started")
    };
    let ended = here(&["why", "/team/sick", "--url", &url, "--for", "8s"]);
    ends_with(&ended, 0);
    let said = stdout(&ended);
    let head = "/team/sick: of 2 tasks, 2 had \"alive\": false and 0 died while they were watched.";
    assert!(said.starts_with(head), "{said}");
    for part in
        ["2 tasks stopped listening", "Watched      for 8s; nothing was changed", "Report       hc-rig-runs/why-"]
    {
        assert!(said.contains(part), "{part}:\n{said}");
    }
    only_reads(&recorder);
    let unknown = here(&["why", "/no/such/run"]);
    ends_with(&unknown, 2);
    assert!(
        stderr(&unknown).contains("/no/such/run is no run folder, and no app can be watched"),
        "{}",
        stderr(&unknown)
    );
    assert_eq!(changes(&fake), before, "the rig only read");
}

#[test]
fn the_failure_of_a_watched_app_is_rebuilt_from_its_folder() {
    let fake = cluster_of_others();
    let (folder, run) = out();
    let watched =
        HcRig::new(&["watch", "/team/sick", "--url", &fake.url, "--for", "20s", "--poll", "500ms", "--out", &run])
            .run();
    ends_with(&watched, 3);
    drop(fake);
    let like = folder.path().join("like").display().to_string();
    let rebuilt = HcRig::new(&["try", "--like", &run, "--out", &like]).run();
    ends_with(&rebuilt, 3);
    let said = stdout(&rebuilt);
    assert!(said.starts_with("FAILED       /like/sick-1: ") && said.contains("SickAfter("), "{said}");
    let scene = json(&like, "scene.json");
    assert_eq!(
        (&scene[0]["healthChecks"][0]["timeoutSeconds"], &scene[0]["instances"]),
        (&2.into(), &2.into()),
        "{scene}"
    );
    assert_eq!(json(&like, "run.json")["cluster"]["agents"], 3, "as many as the run had");
    let causes = |run: &str| {
        let why = HcRig::new(&["why", run, "--json"]).run();
        let diagnosis: Value = serde_json::from_str(&stdout(&why)).expect("JSON");
        diagnosis[0]["conclusions"][0]["reason"].clone()
    };
    assert_eq!(causes(&like), causes(&run), "the same cause");
}

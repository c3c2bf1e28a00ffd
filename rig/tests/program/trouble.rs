//! Trouble during a run, on a cluster with TLS, login, real tasks and three agents that was started separately: the
//! run goes on, the report names what happened, and only what is really lost is reported as lost.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _},
    process::Stdio,
};

use rstest::rstest;
use serde_json::{Value, json};

use crate::{fake::Fake, hc_rig::HcRig};

/// Admin Router, and Marathon behind it.
const DCOS: &[&str] = &["--user", "me:hunter2"];

fn cluster(more: &[&str]) -> Fake {
    let these = ["--tasks", "process", "--tls", "self-signed", "--agents", "3", "--admin", "127.0.0.1:0"];
    Fake::start(&[&these, more].concat())
}

/// What a run printed and wrote.
struct Survived {
    closing: String,
    report: String,
    summary: Value,
}

impl Survived {
    /// How many tasks were killed and how many were lost, by its summary.
    fn gone(&self) -> [u64; 2] {
        let steps = self.summary["steps"].as_array().expect("a list");
        ["kills", "losses"].map(|name| steps.iter().map(|step| step[name].as_u64().expect("a number")).sum())
    }

    /// Each of these is among what was survived, in all places that report it.
    #[track_caller]
    fn names(&self, expected: &[&str]) {
        let incidents = self.summary["incidents"].as_array().expect("a list");
        let survived = self.closing.lines().find(|line| line.starts_with("Survived"));
        let survived = survived.unwrap_or_else(|| panic!("nothing survived in:\n{}", self.closing));
        for name in expected {
            assert!(incidents.iter().any(|incident| incident["what"] == *name), "{name} is missing in {incidents:?}");
            assert!(survived.contains(name), "{name} is missing in {survived}");
            assert!(self.report.contains(name), "{name} is missing in the report");
        }
    }
}

/// A task, then three, then five, each target held for three seconds; `trouble` begins when the first is reached. The run
/// must reach them all, and nothing may be left. How long the trouble lasts depends on the machine, and so does whether the
/// run is degraded by it.
#[track_caller]
fn survives(fake: &Fake, trouble: impl FnOnce(&Fake)) -> Survived {
    let survived = goes_through(fake, &["--allow-degraded"], 0, trouble);
    assert!(["passed", "degraded"].map(Value::from).contains(&survived.summary["verdict"]), "{}", survived.closing);
    survived
}

/// The same with these flags more, until it ends with this code.
#[track_caller]
fn goes_through(fake: &Fake, more: &[&str], code: i32, trouble: impl FnOnce(&Fake)) -> Survived {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("run");
    let arguments = ["run", "mesos,MESOS_TCP", "--targets", "3,5", "--hold", "3s", "--poll", "300ms", "--out"];
    let rig = HcRig::new(&[&arguments[..], &[out.to_str().expect("a path")], more].concat());
    let [url, user, password] = match fake.url.contains(',') {
        true => ["MARATHON_URL", "MARATHON_USER", "MARATHON_PASSWORD"],
        false => ["DCOS_URL", "DCOS_USERNAME", "DCOS_PASSWORD"],
    };
    let rig = rig.env(url, &fake.url).env(user, "me").env(password, "hunter2").env("DCOS_SSL_VERIFY", "false");
    let mut child = rig.command().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    let mut lines = BufReader::new(child.stderr.take().expect("stderr is piped")).lines();
    let before: Vec<String> =
        lines.by_ref().map_while(Result::ok).take_while(|line| !line.contains("step 1/")).collect();
    trouble(fake);
    let rest: Vec<String> = lines.map_while(Result::ok).collect();
    let mut closing = String::new();
    child.stdout.take().expect("stdout is piped").read_to_string(&mut closing).expect("text");
    assert_eq!(child.wait().expect("it ends").code(), Some(code), "{closing}\n{before:?}\n{rest:?}");

    let state = fake.state();
    assert_eq!((&state["apps"], &state["figures"]["tasks"]), (&json!({}), &json!({})), "nothing is left");
    let read = |name: &str| fs::read_to_string(out.join(name)).expect("a file of the run");
    let summary: Value = serde_json::from_str(&read("summary.json")).expect("JSON");
    assert_eq!((&summary["reached"], &summary["clean_up"]), (&json!(5), &json!("complete")));
    Survived { closing, report: read("report.html"), summary }
}

/// So many of Marathon's answers about apps.
fn about_apps(act: &Value, times: u32) -> Value {
    json!({"match": {"path": "/service/marathon/v2/apps"}, "act": {"http": act}, "times": times})
}

#[rstest]
#[case::unavailable(json!({"status": {"code": 503, "message": "no leader"}}), 20, "answer 503")]
#[case::reset(json!("reset"), 20, "connection broke")]
#[case::garbage(json!("malformed"), 20, "unreadable answer")]
// More of them would spread the polls.
#[case::slow(json!({"delay": "2500ms"}), 1, "slow answer")]
fn answers_that_fail_or_drag_are_survived_and_named(#[case] act: Value, #[case] times: u32, #[case] name: &str) {
    let fake = cluster(DCOS);
    // Twenty are more than there are polls while a target is held: the next step's request falls into it too.
    let survived = survives(&fake, |fake| fake.inject(&about_apps(&act, times)));
    survived.names(&[name]);
    assert_eq!(survived.gone(), [0, 0]);
}

#[test]
fn a_run_in_which_nobody_could_look_for_long_is_degraded() {
    let fake = cluster(DCOS);
    let unavailable = json!({"status": {"code": 503, "message": "no leader"}});
    let survived = goes_through(&fake, &["--degraded-after", "1s"], 3, |fake| {
        fake.inject(&about_apps(&unavailable, 20));
    });
    let Survived { closing, report, summary } = survived;
    assert_eq!((&summary["verdict"], &summary["reason"]), (&json!("degraded"), &json!("polls_missed")), "{closing}");
    assert!(
        closing.starts_with("DEGRADED     ") && closing.contains("Why          no poll was answered from "),
        "{closing}"
    );
    assert!(report.contains("class=\"verdict warning\"") && report.contains("no poll was answered from "), "the page");
}

#[test]
fn a_leader_that_is_lost_among_standbys_is_survived_and_named() {
    let fake = cluster(&["--basic-auth", "me:hunter2", "--standbys", "2"]);
    let survived = survives(&fake, |fake| fake.inject(&json!({"now": "leader_abdicates"})));
    survived.names(&["event stream lost", "another leader", "another server answered", "event stream back"]);
    assert_eq!(survived.gone(), [0, 0]);
}

#[test]
fn a_leader_that_is_lost_and_takes_the_only_address_along_is_survived_and_named() {
    let mut fake = cluster(&["--user", "me:hunter2", "--standbys", "2"]);
    let first = fake.url.find(',').expect("three addresses");
    fake.url.truncate(first);
    let survived = survives(&fake, |fake| fake.inject(&json!({"now": "leader_abdicates"})));
    survived.names(&["event stream lost", "connection broke", "another leader", "event stream back"]);
    assert_eq!(survived.gone(), [0, 0]);
}

#[test]
fn an_event_stream_that_ends_is_survived_and_named() {
    let fake = cluster(DCOS);
    let survived = survives(&fake, |fake| fake.inject(&json!({"act": {"events": "disconnect"}, "times": 1})));
    survived.names(&["event stream lost", "event stream back"]);
    assert_eq!(survived.gone(), [0, 0]);
}

#[test]
fn a_token_that_expires_is_survived_and_named() {
    let fake = cluster(&["--user", "me:hunter2", "--token-ttl", "6s"]);
    let survived = survives(&fake, |_| ());
    survived.names(&["token renewed before it expired"]);
    assert_eq!(survived.gone(), [0, 0]);
}

#[test]
fn a_token_that_is_revoked_is_survived_and_named() {
    let fake = cluster(DCOS);
    let survived = survives(&fake, |fake| fake.inject(&json!({"act": {"login": "revoked"}, "times": 1})));
    survived.names(&["token refused and renewed"]);
    assert_eq!(survived.gone(), [0, 0]);
}

#[test]
fn under_all_faults_at_once_only_the_lost_task_is_reported_as_lost() {
    // Renewed in time also on a busy machine: a token that expires and whose successor is revoked is a refused login.
    let fake = cluster(&["--user", "me:hunter2", "--token-ttl", "12s"]);
    let survived = survives(&fake, |fake| {
        let state = fake.state();
        let apps = state["apps"].as_object().expect("an object");
        let victim = &apps.values().next().expect("the run's app")["tasks"][0]["id"];
        fake.inject(&json!({"now": {"task_exits": {"task": victim, "status": 1}}}));
        fake.inject(&json!({"now": "leader_abdicates"}));
        fake.inject(&json!({"act": {"login": "revoked"}, "times": 1}));
        fake.inject(&about_apps(&json!({"status": {"code": 503, "message": "no leader"}}), 10));
    });
    survived.names(&["answer 503", "event stream lost", "event stream back"]);
    assert_eq!(survived.gone(), [0, 1]);
}

#[test]
fn a_run_whose_output_is_closed_continues_and_cleans_up() {
    let fake = Fake::start(&["--tasks", "process", "--admin", "127.0.0.1:0"]);
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("run");
    let arguments =
        ["-vv", "run", "mesos,MESOS_TCP", "--targets", "3,5", "--poll", "300ms", "--url", &fake.url, "--out"];
    let rig = HcRig::new(&[&arguments[..], &[out.to_str().expect("a path")]].concat());
    let mut rig = rig.command().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it can be started");
    // As behind `2>&1 | head`: from now on each line meets a broken pipe.
    drop((rig.stdout.take(), rig.stderr.take()));
    assert_eq!(rig.wait().expect("its end").code(), Some(0));
    let summary = fs::read(out.join("summary.json")).expect("a summary");
    let summary: Value = serde_json::from_slice(&summary).expect("JSON");
    assert_eq!((&summary["verdict"], &fake.state()["apps"]), (&json!("passed"), &json!({})));
}

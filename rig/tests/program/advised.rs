//! Advice on an app's checks: from a file, and from an app of a cluster that is only read.

use fixtures::{App, Check, Containerizer, Pair, secs};
use serde_json::json;

use crate::{
    fake::Fake,
    hc_rig::{HcRig, ends_with, stderr, stdout},
};

#[test]
fn a_definition_is_advised_on_and_the_advice_is_proved_without_a_cluster() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("app.json");
    let check = json!({"protocol": "HTTP", "portIndex": 0, "intervalSeconds": 1, "timeoutSeconds": 20, "gracePeriodSeconds": 20});
    let app = json!({"id": "/prod/api", "instances": 60, "cmd": "serve", "healthChecks": [check]});
    std::fs::write(&file, app.to_string()).expect("a file");
    let advised = HcRig::new(&["advise", &file.display().to_string(), "--prove"]).run();
    ends_with(&advised, 0);
    let said = stdout(&advised);
    for part in [
        "/prod/api: 60 instances, 1 health check\n",
        "all slots are full after 4.3 s, then Marathon checks no app for",
        "With a timeout of 1 s the slots last.",
        "1. one hung task would blind the checks of all apps for 15.7 s of every 20 s\n",
        "{\"op\": \"add\", \"path\": \"/healthChecks/0/timeoutSeconds\", \"value\": 1}",
        "median check result of all others, at most",
        "broken task killed after",
    ] {
        assert!(said.contains(part), "{part}:\n{said}");
    }
}

#[test]
fn an_app_of_a_cluster_is_advised_on_with_what_was_measured_there() {
    let fake = Fake::start(&["--agents", "3", "--admin", "127.0.0.1:0"]);
    let http = |id: &str| App::of(Pair::new(Containerizer::Mesos, Check::Http)).id(id);
    fake.deploy(&http("/busy").instances(20).timeout(secs(30)).to_json());
    fake.deploy(&http("/prod/api").instances(2).grace(secs(300)).to_json());
    fake.wait_until_healthy("/prod/api", 2);
    let before = fake.journal().iter().filter(|line| line["what"] == "command").count();
    let advised = HcRig::new(&["advise", "/prod/api", "--url", &fake.url, "--json"]).run();
    ends_with(&advised, 0);
    let advice: serde_json::Value = serde_json::from_str(&stdout(&advised)).expect("JSON");
    let load = &advice["cluster"];
    assert_eq!((&load["others"], &load["longest_timeout"]), (&json!(1), &json!(["/busy", 30.0])), "{advice}");
    assert!(load["start_up"].as_f64().is_some_and(|seconds| seconds < 5.0) && load["measured"] == 2, "{advice}");
    assert_eq!(advice["findings"][0]["rule"], "checks-overlap", "{advice}");
    assert!(advice["patch"].as_array().is_some_and(|patch| !patch.is_empty()), "{advice}");
    let unknown = HcRig::new(&["advise", "/prod/none", "--url", &fake.url]).run();
    ends_with(&unknown, 2);
    assert!(stderr(&unknown).contains("/prod/none is neither a file nor an app"), "{}", stderr(&unknown));
    assert_eq!(fake.journal().iter().filter(|line| line["what"] == "command").count(), before, "nothing was changed");
}

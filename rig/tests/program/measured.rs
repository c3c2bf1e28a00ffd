//! Thresholds, the search for the limit and the matrix, through the program.

use std::path::Path;

use fixtures::{App, Check, Containerizer, Pair, secs};
use serde_json::Value;

use crate::{
    fake::Fake,
    hc_rig::{HcRig, ends_with, stderr, stdout},
    results::{fits_the_schema, json, out, read, samples},
};

#[test]
fn a_threshold_that_is_crossed_ends_the_run_with_code_3() {
    let (_folder, run) = out();
    let arguments = ["try", "--pair", "mesos,MESOS_TCP", "--target", "2", "--poll", "500ms", "--hold", "30s"];
    let bounds = ["--fail-if", "healthy_pct > 40", "--fail-if", "check_age_max > 1m", "--out", &run];
    let ended = HcRig::new(&[&arguments[..], &bounds[..]].concat()).run();
    ends_with(&ended, 3);
    let said = stdout(&ended);
    assert!(
        said.starts_with("FAILED       mesos,MESOS_TCP: threshold crossed; ")
            && said.contains("healthy_pct > 40 was crossed at "),
        "{said}"
    );
    assert!(said.contains("check_age_max > 60s: cannot be judged"), "native checks hide their age: {said}");
    let summary = json(&run, "summary.json");
    assert_eq!(summary["reason"], "crossed");
    assert_eq!(read(&run, "junit.xml").matches("value=\"threshold crossed\"").count(), 1);
    let judged = &summary["measures"]["thresholds"][0];
    assert_eq!((&summary["verdict"], &judged["bound"]), (&Value::from("failed"), &Value::from(40.0)));
    assert!(
        judged["crossed"]["at_seconds"].is_number() && judged["crossed"]["value"].as_f64() > Some(40.0),
        "{judged}"
    );
}

#[test]
fn a_search_without_a_break_says_that_the_limit_lies_beyond() {
    let (_folder, run) = out();
    let arguments = ["try", "--pair", "mesos,TCP", "--find-limit", "--target", "2", "--hold", "1s", "--poll", "500ms"];
    let ended = HcRig::new(&[&arguments[..], &["--out", &run]].concat()).run();
    ends_with(&ended, 0);
    assert!(stdout(&ended).starts_with("PASSED       mesos,TCP: no limit up to 2 tasks"), "{}", stdout(&ended));
    let summary = json(&run, "summary.json");
    assert_eq!((&summary["limit"]["holds"], &summary["limit"]["breaks"]), (&Value::from(2), &Value::Null));
    assert_eq!(json(&run, "run.json")["plan"]["thresholds"][0], "killed > 0", "the defaults are written down");
}

#[test]
fn a_matrix_has_a_run_for_each_cell_and_a_picture() {
    let (_folder, run) = out();
    let pairs = ["matrix", "--pair", "mesos,TCP", "--pair", "mesos,MESOS_TCP", "--side-by-side"];
    let rest = ["--counts", "2,1", "--hold", "500ms", "--poll", "500ms", "--out", &run];
    let ended = HcRig::new(&[&pairs[..], &rest[..]].concat()).run();
    ends_with(&ended, 0);
    assert!(stdout(&ended).starts_with("PASSED       2 of 2 pairs keep 2 tasks healthy\n"), "{}", stdout(&ended));
    let matrix = json(&run, "matrix.json");
    assert_eq!(matrix["counts"], serde_json::json!([1, 2]));
    for row in matrix["rows"].as_array().expect("rows") {
        assert_eq!((&row["holds"], &row["breaks"]), (&Value::from(2), &Value::Null), "{row}");
        for cell in row["cells"].as_array().expect("cells") {
            assert_eq!(cell["asked"], cell["healthy"]);
            let folder = Path::new(&run).join(cell["folder"].as_str().expect("a name"));
            assert!(folder.join("samples.jsonl").is_file(), "{}", folder.display());
        }
    }
    for name in ["matrix.svg", "matrix.png", "report.html", "summary.json"] {
        assert!(Path::new(&run).join(name).is_file(), "{name}");
    }
    fits_the_schema(&run, "matrix");
    fits_the_schema(&run, "summary");
    assert!(read(&run, "junit.xml").contains("name=\"mesos,TCP × 2\""), "{}", read(&run, "junit.xml"));
    let drawn = ["report.html", "summary.md"].map(|name| read(&run, name));
    ends_with(&HcRig::new(&["report", &run]).run(), 0);
    let again = ["report.html", "summary.md"].map(|name| read(&run, name));
    assert!(again == drawn, "drawn again it is a matrix, not a set of pairs:\n{}", again[1]);
    assert!(
        drawn[1].contains("| `mesos,TCP` | Marathon | holds 2, its limit lies beyond | 1 healthy | 2 healthy |"),
        "{}",
        drawn[1]
    );
}

#[test]
fn a_fake_that_holds_three_has_a_limit_of_three() {
    let (_folder, run) = out();
    let arguments =
        ["try", "--pair", "mesos,TCP", "--find-limit", "--hold-at-most", "3", "--target", "4", "--poll", "500ms"];
    let rest = ["--hold", "2s", "--fail-if", "unhealthy > 0 for 1s", "--out", &run];
    let ended = HcRig::new(&[&arguments[..], &rest[..]].concat()).run();
    ends_with(&ended, 0);
    let said = stdout(&ended);
    assert!(said.starts_with("LIMIT        mesos,TCP: 3 tasks stay healthy"), "{said}");
    assert!(said.contains("3 tasks stay healthy for 2s, 4 do not ("), "{said}");
    let progress = stderr(&ended);
    assert!(progress.contains("mesos,TCP  2 hold, 4 broke, trying 3\n"), "{progress}");
    let limit = &json(&run, "summary.json")["limit"];
    assert_eq!((&limit["holds"], &limit["breaks"]), (&Value::from(3), &Value::from(4)));

    let again = format!("{run}-again");
    let rest = ["--hold", "2s", "--fail-if", "unhealthy > 0 for 1s", "--fail-if", "limit < 4", "--out", &again];
    let ended = HcRig::new(&[&arguments[..], &rest[..]].concat()).run();
    ends_with(&ended, 3);
    assert!(stdout(&ended).contains("limit < 4 was crossed: 3; 3 tasks stay healthy"), "{}", stdout(&ended));
    let summary = json(&again, "summary.json");
    assert_eq!((&summary["reason"], &summary["limit"]["holds"]), (&"crossed".into(), &3.into()));
    assert_eq!(summary["measures"]["thresholds"][1]["crossed"]["value"], 3.0);
}

#[test]
fn a_search_on_a_cluster_goes_up_to_what_it_has_room_for() {
    // Each of the two agents has memory for ten tasks, each of which is checked once a second.
    let fake = Fake::start(&["--agents", "2", "--agent-mem", "640"]);
    let up_to = |more: &[&str], tasks: u32| {
        let arguments = ["run", "mesos,TCP", "--url", &fake.url, "--find-limit", "--dry-run"];
        let ended = HcRig::new(&[&arguments[..], more].concat()).run();
        ends_with(&ended, 0);
        let load = format!("Checks       {tasks}.0 checks/s");
        assert!(stdout(&ended).contains(&load), "{more:?}: not {load}\n{}", stdout(&ended));
    };
    up_to(&[], 20);
    up_to(&["--max-tasks", "6"], 6);
    up_to(&["--target", "3"], 3);
}

#[test]
fn a_matrix_on_a_cluster_leaves_what_others_have_there() {
    let fake = Fake::start(&["--agents", "2"]);
    fake.deploy_unrelated_app();
    let (_folder, run) = out();
    let arguments = ["matrix", "--url", &fake.url, "--pair", "mesos,HTTP", "--pair", "docker,MESOS_HTTP"];
    let rest = ["--counts", "1,2", "--hold", "500ms", "--poll", "500ms", "--out", &run];
    let ended = HcRig::new(&[&arguments[..], &rest[..]].concat()).run();
    ends_with(&ended, 0);
    assert!(stdout(&ended).starts_with("PASSED       2 of 2 pairs keep 2 tasks healthy\n"), "{}", stdout(&ended));
    let rows = json(&run, "matrix.json")["rows"].as_array().expect("rows").clone();
    assert_eq!(rows.iter().map(|row| row["cells"].as_array().map_or(0, Vec::len)).collect::<Vec<_>>(), [2, 2]);
    for name in ["mesos-http-1", "mesos-http-2", "docker-mesos_http-1", "docker-mesos_http-2"] {
        let manifest = json(&format!("{run}/{name}"), "run.json");
        assert_eq!(
            (&manifest["cluster"]["kind"], &manifest["cluster"]["url"]),
            (&"cluster".into(), &format!("{}/", fake.url).into())
        );
    }
    assert_eq!(fake.apps(), ["/unrelated"]);
}

/// The app answers after five seconds, within its grace period: until then its checks fail, and no failure counts.
#[test]
fn failures_within_the_grace_period_are_a_state_of_their_own_and_cross_nothing() {
    let (folder, run) = out();
    let late = App::of(Pair::new(Containerizer::Mesos, Check::Http)).id("/late").instances(2).starts_after(secs(5));
    let file = folder.path().join("late.json");
    std::fs::write(&file, late.grace(secs(60)).to_json().to_string()).expect("a file");
    let fake = Fake::start(&[]);
    let arguments = ["run", file.to_str().expect("a path"), "--url", &fake.url, "--targets", "2", "--poll", "250ms"];
    let bounds = ["--fail-if", "unhealthy > 0", "--fail-if", "unhealthy_pct > 0", "--out", &run];
    let ended = HcRig::new(&[&arguments[..], &bounds].concat()).run();
    ends_with(&ended, 0);
    let most = |state: &str| samples(&run).iter().filter_map(|sample| sample["counts"][state].as_u64()).max();
    assert_eq!((most("unhealthy"), most("unhealthy_in_grace")), (Some(0), Some(2)), "{}", stdout(&ended));
    let summary = json(&run, "summary.json");
    assert_eq!((&summary["sick_tasks"], &summary["grace_tasks"]), (&0.into(), &2.into()));
    assert_eq!(summary["steps"][0]["worst_unhealthy"], 0);
    assert!(stdout(&ended).contains("2 failed within the grace period first"), "{}", stdout(&ended));

    let again = format!("{run}-again");
    let bound = ["--fail-if", "unhealthy_in_grace > 1", "--out", &again];
    ends_with(&HcRig::new(&[&arguments[..], &bound].concat()).run(), 3);
}

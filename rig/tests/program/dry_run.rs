//! `--dry-run`: everything is told and nothing is done.

use std::path::Path;

use crate::{
    fake::Fake,
    hc_rig::{HcRig, ends_with, stderr, stdout},
    results::out,
};

#[test]
fn try_tells_all_pairs_and_starts_none() {
    let (_folder, run) = out();
    let arguments = ["try", "--pair", "mesos,TCP", "--pair", "docker,MESOS_HTTP", "--target", "21", "--out", &run];
    let told = HcRig::new(&[&arguments[..], &["--dry-run"]].concat()).run();
    ends_with(&told, 0);
    let said = stdout(&told);
    assert_eq!(said.matches("POST   /v2/apps\n").count(), 2, "{said}");
    assert!(
        said.contains("Checks       42.0 a second (TCP, MESOS_HTTP), 21.0 by Marathon itself, 21.0 by a process"),
        "{said}"
    );
    assert!(said.contains(" for tasks of each of 5 agents") && said.contains("\nFree         "), "{said}");
    assert!(said.ends_with("Fits         nothing was started\n"), "{said}");
    assert!(!Path::new(&run).exists(), "no folder is made");
    let demo = HcRig::new(&["try", "--demo", "one-hung-task", "--dry-run"]).run();
    ends_with(&demo, 2);
}

#[test]
fn a_matrix_is_told_against_the_cluster_and_what_would_be_refused_is_refused() {
    let fake = Fake::start(&["--agents", "2"]);
    let (_folder, run) = out();
    let arguments = ["matrix", "--url", &fake.url, "--pair", "mesos,HTTP", "--pair", "mesos,MESOS_TCP", "--out", &run];
    let told = HcRig::new(&[&arguments[..], &["--counts", "5,10", "--dry-run"]].concat()).run();
    ends_with(&told, 0);
    let said = stdout(&told);
    assert_eq!(said.matches("DELETE /v2/groups/hc-rig/").count(), 4, "{said}");
    assert!(said.contains("Order        4 after the other, 1 at a time\n"), "{said}");
    assert!(said.contains(" for tasks of each of 2 agents\n"), "{said}");
    assert!(said.ends_with("Fits         nothing was changed\n"), "{said}");
    let refused = HcRig::new(&[&arguments[..], &["--counts", "5,9999", "--side-by-side", "--dry-run"]].concat()).run();
    ends_with(&refused, 2);
    assert!(stderr(&refused).contains("lower the target or say --yes"), "{}", stderr(&refused));
    fake.has_nothing_left();
    assert!(!Path::new(&run).exists());
}

#[test]
fn a_run_is_told_also_where_nobody_answers() {
    let told = HcRig::new(&["run", "mesos,TCP", "--target", "11", "--url", "http://127.0.0.1:1", "--dry-run"]).run();
    ends_with(&told, 0);
    let said = stdout(&told);
    assert!(said.starts_with("POST   /v2/apps\n") && said.contains("PUT    /v2/apps/hc-rig/"), "{said}");
    assert!(said.contains("Cluster      cannot be looked at, so nothing is compared: "), "{said}");
}

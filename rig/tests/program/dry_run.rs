//! `--dry-run`: every request is listed and none is made.

use std::path::Path;

use crate::{
    fake::Fake,
    hc_rig::{HcRig, ends_with, stderr, stdout},
    results::out,
};

#[test]
fn try_lists_the_requests_of_all_pairs_and_starts_none() {
    let (_folder, run) = out();
    let arguments = ["try", "--pair", "mesos,TCP", "--pair", "docker,MESOS_HTTP", "--target", "21", "--out", &run];
    let run_dry = HcRig::new(&[&arguments[..], &["--dry-run"]].concat()).run();
    ends_with(&run_dry, 0);
    let text = stdout(&run_dry);
    assert_eq!(text.matches("POST   /v2/apps\n").count(), 2, "{text}");
    assert!(
        text.contains("Checks       42.0 checks/s (TCP, MESOS_HTTP): 21.0 by Marathon itself, 21.0 by executors"),
        "{text}"
    );
    assert!(text.contains(" for the tasks of each of 5 agents") && text.contains("\nFree         "), "{text}");
    assert!(text.ends_with("Fits         yes; nothing was started\n"), "{text}");
    assert!(!Path::new(&run).exists(), "no folder is made");
    let demo = HcRig::new(&["try", "--demo", "one-hung-task", "--dry-run"]).run();
    ends_with(&demo, 2);
}

#[test]
fn a_matrix_is_compared_with_the_cluster_and_refused_where_it_does_not_fit() {
    let fake = Fake::start(&["--agents", "2"]);
    let (_folder, run) = out();
    let arguments = ["matrix", "--url", &fake.url, "--pair", "mesos,HTTP", "--pair", "mesos,MESOS_TCP", "--out", &run];
    let run_dry = HcRig::new(&[&arguments[..], &["--counts", "5,10", "--dry-run"]].concat()).run();
    ends_with(&run_dry, 0);
    let text = stdout(&run_dry);
    assert_eq!(text.matches("DELETE /v2/groups/hc-rig/").count(), 4, "{text}");
    assert!(text.contains("Order        4 in turn, 1 at a time\n"), "{text}");
    assert!(text.contains(" for the tasks of each of 2 agents\n"), "{text}");
    assert!(text.ends_with("Fits         yes; nothing was changed\n"), "{text}");
    let refused = HcRig::new(&[&arguments[..], &["--counts", "5,9999", "--side-by-side", "--dry-run"]].concat()).run();
    ends_with(&refused, 2);
    assert!(stderr(&refused).contains("lower the target or use --yes"), "{}", stderr(&refused));
    fake.has_nothing_left();
    assert!(!Path::new(&run).exists());
}

#[test]
fn requests_are_listed_even_if_the_cluster_does_not_answer() {
    let run_dry = HcRig::new(&["run", "mesos,TCP", "--target", "11", "--url", "http://127.0.0.1:1", "--dry-run"]).run();
    ends_with(&run_dry, 0);
    let text = stdout(&run_dry);
    assert!(text.starts_with("POST   /v2/apps\n") && text.contains("PUT    /v2/apps/hc-rig/"), "{text}");
    assert!(text.contains("Cluster      cannot be asked, so free resources are unknown: "), "{text}");
}

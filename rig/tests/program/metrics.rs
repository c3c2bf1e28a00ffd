//! Metrics for Prometheus that outlive the run.

use std::fs;

use crate::{
    hc_rig::{HcRig, ends_with},
    results::out,
};

#[test]
fn the_last_values_are_kept_for_the_textfile_collector() {
    let (folder, run) = out();
    let file = folder.path().join("hc_rig.prom");
    let path = file.to_str().expect("UTF-8");
    let line = ["try", "--pair", "mesos,TCP", "--target", "1", "--poll", "200ms", "--hold", "1s", "--prompt-offers"];
    let ended = HcRig::new(&[&line[..], &["--quiet", "--metrics-file", path, "--out", &run]].concat()).run();
    ends_with(&ended, 0);
    let text = fs::read_to_string(&file).expect("the metrics");
    for line in [
        "# TYPE hc_rig_polls_total counter",
        "hc_rig_tasks{run=\"run\",pair=\"mesos,TCP\",state=\"healthy\"} 1",
        "hc_rig_target_tasks{run=\"run\",pair=\"mesos,TCP\"} 1",
    ] {
        assert!(text.lines().any(|each| each == line), "no `{line}` in\n{text}");
    }
    assert!(!text.contains("EOF"), "{text}");
    let left: Vec<_> =
        fs::read_dir(folder.path()).expect("the folder").map(|entry| entry.expect("an entry").file_name()).collect();
    assert_eq!(left.len(), 2, "the run and the file: {left:?}");
}

//! `hc-rig try --demo one-hung-task` with real processes, held to the recording of a real Marathon.

use crate::{
    hc_rig::{HcRig, ends_with, stdout},
    results::{fits_the_schema, json, out, read},
};

/// The numbers of a row of the table, after its label.
fn row(text: &str, label: &str) -> Vec<f64> {
    let line = text.lines().find(|line| line.starts_with(label)).unwrap_or_else(|| panic!("no row {label}:\n{text}"));
    line[label.len()..].split_whitespace().map(|cell| cell.parse().expect("a number")).collect()
}

#[test]
fn one_hung_task_makes_the_ages_of_the_recording_and_is_named_as_the_cause() {
    let (_folder, run) = out();
    let output = HcRig::new(&["try", "--demo", "one-hung-task", "--out", &run]).run();
    ends_with(&output, 3);
    let text = stdout(&output);
    assert!(text.starts_with("DEGRADED     mesos,HTTP: one hung task"), "{text}");
    assert!(text.contains("Why          check results were older than 3.0 s"), "{text}");
    let (here, recorded) = (row(&text, "Here"), row(&text, "Recorded"));
    assert_eq!((here.len(), recorded.len()), (16, 16), "{text}");
    for (ours, theirs) in here.iter().zip(&recorded) {
        assert!((ours - theirs).abs() <= 2.0, "{ours} s for {theirs} s:\n{text}");
    }
    assert!(text.contains("Diagnosis    1 hung task delayed the checks of all other tasks"), "{text}");
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("256 / 61 = 4.2 s"), "the arithmetic: {text}");
    let summary = json(&run, "summary.json");
    assert_eq!(summary["sick_tasks"], 0, "nobody is called unhealthy");
    assert_eq!((&summary["verdict"], &summary["reason"]), (&"degraded".into(), &"stale_results".into()));
    assert_eq!((&summary["exit"], summary["degraded"][0]["bound_seconds"].as_f64()), (&3.into(), Some(3.0)));
    fits_the_schema(&run, "summary");
    for (file, text) in [("summary.md", "### DEGRADED"), ("junit.xml", "\"DEGRADED\""), ("report.html", "DEGRADED: ")] {
        assert!(read(&run, file).contains(text), "{file} lacks {text}");
    }

    let why = stdout(&HcRig::new(&["why", "--json", &run]).run());
    let diagnosis: serde_json::Value = serde_json::from_str(&why).expect("a JSON array");
    let first = &diagnosis[0]["conclusions"][0];
    assert_eq!(first["reason"], "head_of_line", "{first:#}");
    let task = first["tasks"][0].as_str().expect("a task");
    assert!(task.starts_with("hc-rig_one-hung-task-hung_hung.instance-"), "{task}");
    // The paragraph is wrapped, never inside of an id.
    assert!(text.contains(task), "the task is named in the words: {text}");
}

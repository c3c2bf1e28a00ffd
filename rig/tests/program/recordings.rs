//! `hc-rig record` and `hc-rig parity`, on a fake in a process of its own.

use std::fs;

use crate::{
    fake::Fake,
    hc_rig::{HcRig, ends_with, stderr, stdout},
};

#[test]
fn what_is_recorded_from_a_fake_agrees_with_the_fake_until_somebody_changes_it() {
    let fake = Fake::start(&[]);
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().to_str().expect("a path in UTF-8");
    let cases = ["empty.reads", "update.verbs", "groups.basic", "events.light"];
    let arguments = [&["record", "--url", &fake.url, "--out", dir][..], &cases[..]].concat();
    ends_with(&HcRig::new(&arguments).run(), 0);
    assert!(fake.apps().is_empty(), "a case leaves nothing");

    let same = HcRig::new(&["parity", dir]).run();
    ends_with(&same, 0);
    for case in cases {
        assert!(stdout(&same).contains(case), "{}", stdout(&same));
    }

    let path = folder.path().join("update.verbs.jsonl");
    let text = fs::read_to_string(&path).expect("the recording");
    fs::write(&path, text.replacen("\"status\":409", "\"status\":422", 1)).expect("a writable folder");
    let changed = HcRig::new(&["parity", dir]).run();
    ends_with(&changed, 3);
    assert!(stdout(&changed).contains("update.verbs: http: "), "{}", stdout(&changed));
    assert!(stdout(&changed).contains("/status: golden 422 is 409"), "{}", stdout(&changed));
}

#[test]
fn a_server_with_somebody_elses_app_is_not_touched() {
    let fake = Fake::start(&[]);
    fake.deploy_bystander();
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().to_str().expect("a path in UTF-8");
    let refused = HcRig::new(&["record", "--url", &fake.url, "--out", out, "update.verbs"]).run();
    ends_with(&refused, 2);
    assert!(stderr(&refused).contains("not empty"), "{}", stderr(&refused));
    assert_eq!(fake.apps(), ["/bystander"]);
}

#[test]
fn a_folder_without_recordings_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let refused = HcRig::new(&["parity", folder.path().to_str().expect("a path in UTF-8")]).run();
    ends_with(&refused, 2);
    assert!(stderr(&refused).contains("no recording"), "{}", stderr(&refused));
}

//! Recordings for `hc-rig parity`, and what an agent sends for a capture.

use std::{fs, io::Write as _, path::Path};

use fuzz::{
    bytes::broken,
    json::{changes, put_all},
    rounds,
};
use proptest::{prelude::*, sample::Index};
use serde_json::Value;

use crate::{
    capture::unpack,
    commands::parity::{self, ParityArgs},
};

/// Cases that are replayed fast.
const CASES: [&str; 3] = ["too_big", "delay.mesos_tcp", "groups.basic"];

#[test]
fn a_recording_with_anything_anywhere_is_compared_or_refused() {
    let changed = prop::collection::vec((any::<Index>(), changes(2)), 0..4);
    rounds("recordings", 4, &(prop::sample::select(CASES.to_vec()), changed), |(case, changed)| {
        let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/recorded").join(format!("{case}.jsonl"));
        let text = fs::read_to_string(recorded).unwrap();
        let mut rows: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        for (row, changed) in changed {
            let row = row.index(rows.len());
            put_all(&mut rows[row], changed);
        }
        let folder = tempfile::tempdir().unwrap();
        let text: String = rows.iter().map(|row| format!("{row}\n")).collect();
        fs::write(folder.path().join(format!("{case}.jsonl")), text).unwrap();
        drop(parity::run(&ParityArgs { dir: folder.path().to_owned() }));
        Ok(())
    });
}

#[test]
fn any_archive_of_an_agent_is_unpacked_or_refused() {
    let mut archive = tar::Builder::new(Vec::new());
    for name in ["cap.scap.gz0", "cap.scap.gz1", "stderr"] {
        let mut header = tar::Header::new_gnu();
        header.set_size(4);
        header.set_mode(0o644);
        archive.append_data(&mut header, name, &b"data"[..]).unwrap();
    }
    let archive = archive.into_inner().unwrap();
    rounds("archives", 64, &broken(vec![archive], 6), |bytes| {
        let folder = tempfile::tempdir().unwrap();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        let inside = folder.path().join("inside");
        fs::create_dir(&inside).unwrap();
        drop(unpack::unpack(&mut file, &inside.join("t.scap.gz")));
        prop_assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "a file beside the folder");
        Ok(())
    });
}

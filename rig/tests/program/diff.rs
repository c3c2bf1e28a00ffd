//! `hc-rig diff` on folders as runs leave them.

use std::{fs, path::Path};

use serde_json::{Value, json};

use crate::{
    hc_rig::{HcRig, ends_with, stderr, stdout},
    results::fits_the_schema,
};

/// A folder with one run folder a limit.
fn side(path: &Path, limits: &[u32]) -> String {
    for (n, limit) in limits.iter().enumerate() {
        let run = path.join(n.to_string());
        fs::create_dir_all(&run).expect("a folder");
        let manifest = json!({"format": 1, "pair": "mesos,TCP", "definition": {"healthChecks": [{"protocol": "TCP"}]}});
        let limit = json!({"holds": limit, "breaks": limit + 1, "spread": [limit + 1, limit], "tries": {}});
        let summary = json!({"format": 1, "pair": "mesos,TCP", "verdict": "limit", "target": 300, "limit": limit});
        fs::write(run.join("run.json"), manifest.to_string()).expect("run.json");
        fs::write(run.join("summary.json"), summary.to_string()).expect("summary.json");
    }
    path.display().to_string()
}

#[test]
fn a_worse_limit_ends_with_3_no_change_with_0_and_too_few_with_2() {
    let folder = tempfile::tempdir().unwrap();
    let before = side(&folder.path().join("before"), &[200, 201, 199, 202, 200]);
    let same = side(&folder.path().join("same"), &[201, 200, 200, 199, 202]);
    let worse = side(&folder.path().join("worse"), &[180, 181, 179, 180, 182]);
    let few = side(&folder.path().join("few"), &[180]);

    let unchanged = HcRig::new(&["diff", &before, &same]).run();
    ends_with(&unchanged, 0);
    assert!(stdout(&unchanged).starts_with("NO CHANGE"), "{}", stdout(&unchanged));

    let out = folder.path().join("out").display().to_string();
    let found = HcRig::new(&["diff", &before, &worse, "--json", "--out", &out]).run();
    ends_with(&found, 3);
    let data: Value = serde_json::from_str(&stdout(&found)).expect("JSON");
    assert_eq!((&data["outcome"], &data["rows"][0]["outcome"]), (&json!("worse"), &json!("worse")));
    for name in ["diff.html", "diff.svg", "diff.md", "diff.json"] {
        assert!(Path::new(&out).join(name).is_file(), "{name}");
    }
    fits_the_schema(&out, "diff");
    let comment = HcRig::new(&["diff", &worse, &before, "--markdown"]).run();
    ends_with(&comment, 0);
    assert!(stdout(&comment).starts_with("**BETTER**"), "{}", stdout(&comment));

    let refused = HcRig::new(&["diff", &before, &few]).run();
    ends_with(&refused, 2);
    assert!(stderr(&refused).contains("holds 1 run:"), "{}", stderr(&refused));
    assert!(stdout(&refused).contains("limit or tasks reached"), "it is shown all the same");
}

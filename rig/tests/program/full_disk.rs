//! A run whose disk fills: every complete sample is kept, the verdict says what it was, and nothing is left anywhere.

use std::{
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;

use crate::{
    fake::Fake,
    hc_rig::{ends_with, stderr, stdout},
    results::{json, out, read, samples},
};

/// On a file system of its own, which is too small for what a run to 900 tasks writes; afterwards, with the disk
/// still full, the folder is looked at, cleaned and copied to where there is room.
const SCRIPT: &str = r#"
set -u
rig=$1 url=$2 small=$3 copy=$4
mount -t tmpfs -o size=320k none "$small" || exit 99
"$rig" run mesos,TCP --url "$url" --target 900 --step 20 --poll 200ms --out "$small/run"
code=$?
"$rig" why "$small/run" > "$copy/why" 2>&1 || echo "why failed: $?" >> "$copy/why"
"$rig" clean "$small/run" > "$copy/clean" 2>&1 || echo "clean failed: $?" >> "$copy/clean"
ls -A "$small/run" > "$copy/left"
cp -r "$small/run" "$copy/run"
exit $code
"#;

/// Runs the script in a mount namespace of its own: as root, or as a user who may make one. `None` where nobody may.
fn on_a_small_disk(fake: &Fake, small: &str, copy: &str) -> Option<Output> {
    for namespace in [&["--mount"][..], &["--user", "--map-root-user", "--mount"][..]] {
        let mut command = Command::new("unshare");
        command.args(namespace).args(["sh", "-c", SCRIPT, "sh", env!("CARGO_BIN_EXE_hc-rig"), &fake.url, small, copy]);
        let Ok(output) = command.output() else { continue };
        // unshare itself ends with 1 and a sentence when it is not allowed to.
        if output.status.code() != Some(99) && !stderr(&output).contains("unshare: ") {
            return Some(output);
        }
    }
    None
}

#[cfg(target_os = "linux")]
#[test]
fn on_a_disk_that_fills_the_samples_and_the_verdict_are_kept() {
    let fake = Fake::start(&["--agents", "3"]);
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir(&path).unwrap();
        path.display().to_string()
    };
    let (small, copy) = (place("small"), place("copy"));
    let Some(full) = on_a_small_disk(&fake, &small, &copy) else {
        eprintln!("did not run: nothing may be mounted here; the limit on the size of files stands in for it");
        return;
    };
    ends_with(&full, 7);
    fake.has_nothing_left();
    let said = stdout(&full);
    assert!(said.starts_with("ERROR"), "{said}");
    assert!(said.contains("Why          a result could not be written: No space left on device"), "{said}");
    assert!(said.contains("Cleaned up   1 app, nothing left"), "{said}");
    assert!(!said.contains("Diagnosis"), "the cause is known: {said}");
    let what = stderr(&full);
    assert!(what.contains("run/samples.jsonl: the disk is full") || what.contains("run/events.jsonl: "), "{what}");

    let run = format!("{copy}/run");
    assert!(read(&run, "samples.jsonl").ends_with('\n'), "complete lines only");
    let kept = samples(&run).len();
    assert!(kept > 0 && said.contains(&format!("Samples      {kept} in ")), "{kept}: {said}");
    let summary = json(&run, "summary.json");
    assert_eq!((&summary["verdict"], &summary["exit"]), (&Value::from("error"), &Value::from(7)));
    assert_eq!(summary["samples"], kept);
    assert!(read(&copy, "why").contains("mesos,TCP"), "{}", read(&copy, "why"));
    assert!(read(&copy, "clean").starts_with("nothing is left of /hc-rig/"), "{}", read(&copy, "clean"));
    assert!(!read(&copy, "left").contains("partial"), "no half-written file: {}", read(&copy, "left"));

    // With room again the folder is as good as any.
    let report = crate::hc_rig::HcRig::new(&["report", &run]).run();
    ends_with(&report, 0);
    assert!(read(&run, "report.html").contains("a result could not be written"));
    assert_eq!(read(&run, "samples.csv").lines().count(), kept + 1);
}

/// Where nothing can be mounted, a limit on the size of files stands in for the disk: 160 blocks of 512 or 1,024 bytes,
/// which is more than a run sets aside for its end.
#[cfg(target_os = "linux")]
#[test]
fn beyond_a_limit_on_files_every_complete_sample_is_kept() {
    let fake = Fake::start(&[]);
    let (_folder, run) = out();
    let limited = Command::new("sh")
        .args(["-c", "ulimit -f 160; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_hc-rig")])
        .args(["run", "mesos,TCP", "--url", &fake.url])
        .args(["--target", "900", "--step", "20", "--poll", "200ms", "--out", &run])
        .output()
        .unwrap();
    ends_with(&limited, 7);
    assert!(stderr(&limited).contains("cannot write"), "{}", stderr(&limited));
    assert!(read(&run, "samples.jsonl").ends_with('\n'), "complete lines only");
    assert!(!samples(&run).is_empty());
    assert!(Path::new(&run).join("summary.json").is_file());
    fake.has_nothing_left();
}

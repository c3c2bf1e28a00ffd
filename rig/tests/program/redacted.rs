//! `--redact`: what may be shown holds no host, id, URL or user of the run.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::{
    fake::Fake,
    hc_rig::{HcRig, ends_with, stdout},
    results::{json, out, read},
};

/// Keys whose values name something of the cluster or of the run.
const NAMES: [&str; 8] = ["host", "ipAddress", "slaveId", "agentId", "taskId", "instanceId", "run", "HC_RIG_SUITE"];

fn collect(key: &str, value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| collect(key, value, into)),
        Value::Array(items) => items.iter().for_each(|value| collect(key, value, into)),
        Value::String(text) if NAMES.contains(&key) && !text.is_empty() => drop(into.insert(text.clone())),
        _ => {}
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Every name that the files of these runs tell; no file below the copy holds one.
#[track_caller]
fn holds_nothing_of(runs: &[String], copy: &str, known: &[&str]) {
    let mut originals: BTreeSet<String> = known.iter().map(|name| (*name).to_owned()).collect();
    for run in runs {
        for name in ["run.json", "samples.jsonl", "events.jsonl"] {
            let text = read(run, name);
            let values = serde_json::Deserializer::from_str(&text).into_iter::<Value>();
            values.for_each(|value| collect("", &value.expect("JSON"), &mut originals));
        }
        // The runs of `try` are called like their pairs, which may be known.
        originals.remove(
            json(run, "run.json")["pair"].as_str().unwrap_or_default().to_lowercase().replace(',', "-").as_str(),
        );
    }
    assert!(originals.len() > 5, "{originals:?}");
    let all = files(Path::new(copy));
    assert!(all.iter().any(|path| path.ends_with("report.html")), "{all:?}");
    for path in all {
        let text = String::from_utf8_lossy(&fs::read(&path).expect("a file")).into_owned();
        for original in &originals {
            assert!(!text.contains(original.as_str()), "{original} in {}", path.display());
        }
    }
}

#[test]
fn a_run_leaves_a_copy_without_a_host_an_id_or_a_user() {
    let fake = Fake::start(&["--agents", "2", "--user", "alice-of-acme:s3cret-word"]);
    let (_folder, run) = out();
    let arguments = ["run", "mesos,TCP", "--url", &fake.url, "--user", "alice-of-acme", "--target", "3", "--step", "2"];
    let rest = ["--poll", "500ms", "--redact", "--out", &run];
    let ran = HcRig::new(&[&arguments[..], &rest[..]].concat()).user("alice-of-acme", "s3cret-word").run();
    ends_with(&ran, 0);
    let copy = format!("{run}-redacted");
    assert!(stdout(&ran).ends_with(&format!("Redacted     {copy}/report.html\n")), "{}", stdout(&ran));
    let address = fake.url.trim_start_matches("http://").to_owned();
    holds_nothing_of(std::slice::from_ref(&run), &copy, &["alice-of-acme", &address, &fake.url]);
    assert_eq!(json(&copy, "summary.json")["reached"], 3);
    assert!(read(&run, "run.json").contains(&address), "the folder itself is as it was");
}

#[test]
fn so_do_the_runs_of_try_and_of_a_matrix() {
    let pairs = ["--pair", "mesos,TCP", "--pair", "docker,MESOS_HTTP", "--poll", "500ms", "--redact"];
    for (command, rest, runs) in [
        ("try", &["--target", "1"][..], ["mesos-tcp", "docker-mesos_http"]),
        ("matrix", &["--counts", "1", "--hold", "500ms", "--side-by-side"][..], ["mesos-tcp-1", "docker-mesos_http-1"]),
    ] {
        let (_folder, run) = out();
        let made = HcRig::new(&[&[command], &pairs[..], rest, &["--out", &run]].concat()).run();
        ends_with(&made, 0);
        let names = runs;
        let runs = runs.map(|name| format!("{run}/{name}"));
        let mut known = BTreeSet::new();
        for run in &runs {
            collect("host", &json(run, "run.json")["cluster"]["url"], &mut known);
        }
        let address = known.first().expect("an address").clone();
        let copy = format!("{run}-redacted");
        for path in files(Path::new(&copy)) {
            let text = String::from_utf8_lossy(&fs::read(&path).expect("a file")).into_owned();
            for original in [address.as_str(), "127.0.0.1", "127.0.0.2", "bootstrapuser"] {
                assert!(!text.contains(original), "{command}: {original} in {}", path.display());
            }
        }
        let there = names.iter().filter(|name| Path::new(&copy).join(name).join("samples.jsonl").is_file());
        assert_eq!(there.count(), 2, "{command}");
    }
}

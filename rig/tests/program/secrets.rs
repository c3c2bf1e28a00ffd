//! No secret in anything that a command says or leaves, whether it succeeds or fails.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
};

use crate::{
    fake::Fake,
    hc_rig::{HcRig, ends_with},
};

/// What must not be found. In the definition it is the value of a variable that looks like a secret.
const MARK: &str = "Geheim4711Zeichen";

/// Everything below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder that can be read") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

#[track_caller]
fn clean(what: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let shown = text.find(MARK).map(|at| text[..at].chars().rev().take(100).collect::<Vec<_>>());
    let shown = shown.map(|before| before.into_iter().rev().collect::<String>());
    assert_eq!(shown, None, "{what}: what stands before the secret");
}

#[track_caller]
fn says_nothing(what: &str, output: &Output, code: i32) {
    ends_with(output, code);
    clean(&format!("stdout of {what}"), &output.stdout);
    clean(&format!("stderr of {what}"), &output.stderr);
}

#[test]
fn a_secret_is_in_no_output_and_no_file_of_a_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("a path in UTF-8").to_owned();
    let definition = serde_json::json!({
        "id": "/hc", "cmd": "while :; do sleep 1; done", "cpus": 0.01, "mem": 16, "env": {"DB_PASSWORD": MARK},
        "healthChecks": [{"protocol": "COMMAND", "command": {"value": "true"}, "intervalSeconds": 1}],
    });
    fs::write(path("app.json"), definition.to_string()).expect("a file can be written");
    let app = path("app.json");
    let fake = Fake::start(&["--user", &format!("me:{MARK}"), "--tasks", "process"]);
    // The log tells every request, and must not tell this.
    let as_me = |arguments: &[&str]| HcRig::new(&[&["-vv"], arguments].concat()).user("me", MARK).run();
    let out = path("out");

    says_nothing("run", &as_me(&["run", &app, "--url", &fake.url, "--target", "1", "--out", &out]), 0);
    says_nothing("why", &as_me(&["why", &out]), 0);
    says_nothing("report", &as_me(&["report", &out]), 0);
    says_nothing("doctor", &as_me(&["doctor", "--url", &fake.url]), 0);
    says_nothing("apps", &as_me(&["apps", "--url", &fake.url]), 0);
    says_nothing("clean", &as_me(&["clean", "--url", &fake.url]), 0);
    says_nothing("sweep", &as_me(&["sweep", "--url", &fake.url]), 0);
    says_nothing("config", &as_me(&["config"]), 0);
    says_nothing("dry run", &as_me(&["run", &app, "--url", &fake.url, "--target", "1", "--dry-run"]), 0);
    let short = ["--step-timeout", "1ms", "--poll", "100ms"];
    let fails = path("fails");
    let run: Vec<&str> = ["run", &app, "--url", &fake.url, "--out", &fails].into_iter().chain(short).collect();
    says_nothing("a run that fails", &as_me(&run), 3);
    let tried = path("try");
    says_nothing("try", &as_me(&["try", "--pair", "mesos,COMMAND", "--target", "1", "--out", &tried]), 0);

    let all = files(folder.path());
    assert!(all.iter().any(|file| file.ends_with("out/report.html")), "the run was kept: {all:?}");
    for file in all.iter().filter(|file| !file.ends_with("app.json")) {
        clean(&file.display().to_string(), &fs::read(file).expect("a file of the run"));
    }
}

#[test]
fn a_secret_is_in_no_refusal() {
    type Variables<'a> = &'a [(&'a str, &'a str)];
    let fake = Fake::start(&["--user", "me:another"]);
    let plain = Fake::start(&["--basic-auth", "me:another"]);
    let with_user = plain.url.replace("http://", &format!("http://me:{MARK}@"));
    let account = format!(r#"{{"uid": "robot", "private_key": "{MARK}"}}"#);
    let print = format!("echo {MARK}");
    let fail = format!("echo {MARK}; exit 1");
    let cases: [(&str, Variables<'_>, i32); 8] = [
        (&fake.url, &[("DCOS_USERNAME", "me"), ("DCOS_PASSWORD", MARK)], 4),
        (&fake.url, &[("DCOS_ACS_TOKEN", MARK)], 4),
        (&fake.url, &[("DCOS_ACS_TOKEN_COMMAND", &print)], 4),
        (&fake.url, &[("DCOS_ACS_TOKEN_COMMAND", &fail)], 4),
        (&fake.url, &[("DCOS_SERVICE_ACCOUNT_CREDENTIAL", &account)], 4),
        (&plain.url, &[("MARATHON_USER", "me"), ("MARATHON_PASSWORD", MARK)], 4),
        (&with_user, &[], 4),
        ("http://127.0.0.1:1", &[("DCOS_USERNAME", "me"), ("DCOS_PASSWORD", MARK)], 5),
    ];
    for (url, variables, code) in cases {
        for command in [&["doctor"][..], &["run", "mesos,TCP"], &["clean"]] {
            let arguments: Vec<&str> = command.iter().copied().chain(["--url", url]).collect();
            let rig = variables.iter().fold(HcRig::new(&arguments), |rig, (name, value)| rig.env(name, value));
            says_nothing(&format!("{command:?} with {:?}", variables.first().map(|(name, _)| name)), &rig.run(), code);
        }
    }
}

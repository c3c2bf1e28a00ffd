//! No secret in anything that a command says or leaves, whether it succeeds or fails.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Output, Stdio},
};

use nix::sys::signal::Signal;

use crate::{
    fake::{Fake, interrupt},
    hc_rig::{HcRig, ends_with, stderr},
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

/// A program that breaks may leave a file with all its memory. A token command sees what its parent asked the kernel for.
#[cfg(target_os = "linux")]
#[test]
fn a_core_dump_has_no_memory_in_it() {
    let fake = Fake::start(&["--user", &format!("me:{MARK}")]);
    let command = "grep -qx 0* /proc/$PPID/coredump_filter && echo left-out >&2; exit 1";
    let output = HcRig::new(&["login", "--url", &fake.url]).env("DCOS_ACS_TOKEN_COMMAND", command).run();
    ends_with(&output, 4);
    assert!(stderr(&output).starts_with("left-out\n"), "{}", stderr(&output));
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
    says_nothing("doctor --json", &as_me(&["doctor", "--json", "--no-probe", "--url", &fake.url]), 0);
    says_nothing("apps", &as_me(&["apps", "--url", &fake.url]), 0);
    says_nothing("clean", &as_me(&["clean", "--url", &fake.url]), 0);
    says_nothing("sweep", &as_me(&["sweep", "--url", &fake.url]), 0);
    says_nothing("replay", &as_me(&["replay", &out, "--speed", "1000"]), 0);
    says_nothing("sandbox", &as_me(&["sandbox", &out, "--url", &fake.url]), 2);
    says_nothing("help", &as_me(&["run", "--help"]), 0);
    says_nothing("config", &as_me(&["config"]), 0);
    says_nothing("config run", &as_me(&["config", "run"]), 0);
    let matrix = path("matrix");
    let cells =
        ["matrix", "--pair", "mesos,TCP", "--counts", "1", "--hold", "1ms", "--url", &fake.url, "--out", &matrix];
    says_nothing("matrix", &as_me(&cells), 0);
    says_nothing("dry run", &as_me(&["run", &app, "--url", &fake.url, "--target", "1", "--dry-run"]), 0);
    let short = ["--step-timeout", "1ms", "--poll", "100ms"];
    let fails = path("fails");
    says_nothing("redact", &as_me(&["report", &out, "--redact"]), 0);
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

/// A run that is killed, goes on, and is cleaned up.
#[test]
fn a_secret_is_not_to_be_seen_while_a_run_lasts_and_when_it_goes_on() {
    let fake = Fake::start(&["--user", &format!("me:{MARK}")]);
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("run").display().to_string();
    let logged = ["-vv", "--log-format", "json"];
    let as_me = |arguments: &[&str]| HcRig::new(&[&logged[..], arguments].concat()).user("me", MARK);
    let arguments = ["run", "mesos,TCP", "--url", &fake.url, "--step", "1", "--target", "6", "--poll", "200ms"];
    let rest = ["--metrics", "127.0.0.1:0", "--out", &out];
    let mut child = as_me(&[&arguments[..], &rest[..]].concat())
        .command()
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program can be started");
    let mut lines = BufReader::new(child.stderr.take().expect("stderr is piped")).lines().map_while(Result::ok);
    let log: Vec<String> = lines.by_ref().take_while(|line| !line.contains("step 2/")).collect();
    let metrics = log.iter().find_map(|line| Some(line.split_once("metrics on http://")?.1.split_once("/metrics")?.0));
    let mut scrape = TcpStream::connect(metrics.expect("an address")).expect("the metrics are served");
    scrape.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").expect("a question");
    let mut text = String::new();
    scrape.read_to_string(&mut text).expect("an answer");
    assert!(text.contains("hc_rig_"), "{text}");
    clean("metrics", text.as_bytes());
    if cfg!(target_os = "linux") {
        let process = format!("/proc/{}", child.id());
        for name in ["cmdline", "comm"] {
            clean(name, &fs::read(format!("{process}/{name}")).expect("our own child"));
        }
    }
    interrupt(&child, Signal::SIGKILL);
    drop(child.wait());
    let log: String = log.into_iter().chain(lines).collect();
    assert!(log.contains("v2/apps"), "requests are logged: {log}");
    clean("log", log.as_bytes());

    // Nobody knows whose folder it is, so the server that it names does not learn who we are.
    for command in ["resume", "clean"] {
        let unnamed = as_me(&[command, &out]).run();
        says_nothing(command, &unnamed, 2);
        assert!(stderr(&unnamed).contains(&format!("say --url {}", fake.url)), "{}", stderr(&unnamed));
    }
    says_nothing("resume", &as_me(&["resume", &out, "--url", &fake.url]).run(), 0);
    says_nothing("resume again", &as_me(&["resume", &out, "--url", &fake.url]).run(), 2);
    says_nothing("clean", &as_me(&["clean", &out, "--url", &fake.url]).run(), 0);
    for file in files(folder.path()) {
        clean(&file.display().to_string(), &fs::read(&file).expect("a file of the run"));
    }
}

#[test]
fn a_secret_in_an_address_is_in_no_sentence_about_it() {
    let addresses = ["https://me:{}@host:x", "htp://me:{}@host", "https://me:{}@", "me:{}@host", "https://me:{}@a b"];
    for address in addresses.iter().chain(&["https://me:{}@127.0.0.1:1", "http://127.0.0.1:1/?token={}"]) {
        let address = address.replace("{}", MARK);
        let by_flag = HcRig::new(&["-vv", "login", "--url", &address]);
        let by_variable = HcRig::new(&["-vv", "login"]).env("MARATHON_URL", &address);
        let at_dcos = HcRig::new(&["-vv", "login"]).env("DCOS_URL", &address).user("me", MARK);
        for output in [by_flag, by_variable, at_dcos].map(HcRig::run) {
            let code = output.status.code().unwrap_or_default();
            assert!(code == 2 || code == 5, "{code}");
            says_nothing("login", &output, code);
        }
        says_nothing("config", &HcRig::new(&["config", "run"]).env("MARATHON_URL", &address).run(), 0);
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

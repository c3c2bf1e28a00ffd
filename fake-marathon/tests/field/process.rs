//! Those that need a real process: what it finds in its environment and in its sandbox.
#![allow(clippy::disallowed_methods, reason = "real processes live in real time")]

use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use fake_marathon::{FakeMarathon, Tasks};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{ask, get, text};

/// Far more than anything here needs.
const TIMEOUT: Duration = Duration::from_secs(60);

async fn fake() -> FakeMarathon {
    let builder = FakeMarathon::builder().tasks(Tasks::Process).task_tools(env!("CARGO_BIN_EXE_task-tools"));
    builder.agents(2).prompt_offers().start().await.unwrap()
}

/// Looks again and again until there is something.
async fn wait<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(begun.elapsed() < TIMEOUT, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// What the task of a definition wrote into this file, whose folder the definition names as the reported one.
async fn written(fake: &FakeMarathon, folder: &TempDir, definition: &str, name: &str) -> String {
    let path = folder.path().to_str().unwrap();
    let definition = definition.replace("/tmp/hunt/env", path).replace("/tmp/hunt/fetch", path);
    // The last line of what is written, so that nobody reads half of it.
    let mut app: Value = serde_json::from_str(&definition).unwrap();
    let cmd = app["cmd"].as_str().unwrap().replacen(';', "; touch $DONE;", 1);
    app["cmd"] = json!(cmd);
    app["env"]["DONE"] = json!(format!("{path}/done"));
    let (status, answer) = ask(fake, "POST /v2/apps", &app).await;
    assert_eq!(status, 201, "{answer}");
    wait("the task", async || Path::new(path).join("done").exists().then_some(())).await;
    fs::read_to_string(Path::new(path).join(name)).unwrap()
}

#[tokio::test]
async fn case_02_a_named_port_and_the_role_are_in_the_environment() {
    let (fake, folder) = (fake().await, tempfile::tempdir().unwrap());
    let environment = written(&fake, &folder, &text("02-named-port-env.json"), "h02").await;
    let lines: Vec<&str> = environment.lines().collect();
    assert!(lines.contains(&"MARATHON_APP_ENFORCE_GROUP_ROLE=FALSE"), "{environment}");
    let value = |name: &str| lines.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    let port = value("PORT0").unwrap();
    for name in ["PORT_SPARK-THRIFT-SERVER", "PORT", "PORTS", "PORT_10000"] {
        assert_eq!(value(name), Some(port), "{name} in {environment}");
    }
    fake.shutdown().await;
}

#[tokio::test]
async fn case_05_a_long_label_is_left_out_of_the_environment_and_names_are_cleaned() {
    let (fake, folder) = (fake().await, tempfile::tempdir().unwrap());
    let environment = written(&fake, &folder, &text("05-long-label.json"), "h05").await;
    assert!(environment.lines().any(|line| line == "MARATHON_APP_LABEL_COM_EXAMPLE_TIER=web"), "{environment}");
    assert!(environment.lines().any(|line| line == "MARATHON_APP_LABELS=DCOS_PACKAGE_NAME COM_EXAMPLE_TIER"));
    assert!(!environment.contains("DCOS_PACKAGE_METADATA"), "{environment}");
    fake.shutdown().await;
}

#[tokio::test]
async fn case_09_files_are_fetched_and_a_missing_one_fails_the_task() {
    let (fake, folder) = (fake().await, tempfile::tempdir().unwrap());
    let at = |name: &str| folder.path().join(name);
    fs::write(at("a"), "hi").unwrap();
    fs::create_dir(at("d")).unwrap();
    let packed = Command::new("tar").arg("-C").arg(folder.path()).arg("-czf").arg(at("b.tar.gz")).arg("d").status();
    assert!(packed.unwrap().success());
    let listing = written(&fake, &folder, &text("09-fetch.json"), "h09").await;
    for name in ["a", "b.tar.gz", "d"] {
        assert!(listing.lines().any(|line| line.ends_with(&format!(" {name}"))), "{name} in {listing}");
    }

    let gone = format!("file://{}/does-not-exist.tar.gz", folder.path().display());
    let app = json!({"id": "/h09b", "cmd": "sleep 1000", "cpus": 0.1, "mem": 16, "uris": [gone]});
    assert_eq!(ask(&fake, "POST /v2/apps", &app).await.0, 201);
    let failure = wait("a failure", async || {
        let app = get(&fake, "/v2/apps/h09b?embed=app.lastTaskFailure").await;
        app.pointer("/app/lastTaskFailure").cloned().filter(Value::is_object)
    });
    let failure = failure.await;
    assert_eq!(failure["state"], "TASK_FAILED");
    assert!(failure["message"].as_str().unwrap().contains("Failed to fetch all URIs for container '"), "{failure}");
    fake.shutdown().await;
}

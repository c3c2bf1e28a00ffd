//! The ready definitions that run hc-rig inside a cluster (`fixtures/deploy/`), held to what reads them: Kubernetes'
//! types, the fake Marathon, this program's own command line and settings.
#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::{collections::BTreeSet, fs, path::Path};

use clap::Parser as _;
use fake_marathon::FakeMarathon;
use hc_rig::cli::{Cli, Command};
use k8s_openapi::api::batch::v1::Job;
use serde_json::{Value, json};

fn read(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/deploy").join(name);
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn words(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect()
}

/// The arguments are hc-rig's, the results lie in `runs`, and every variable is one that is read.
fn is_ours(arguments: &[&str], image: &Value, runs: &[&str], variables: &BTreeSet<&str>) {
    let cli = Cli::try_parse_from([&["hc-rig"], arguments].concat()).unwrap();
    let Command::Run(run) = cli.command else { panic!("{arguments:?} is no run") };
    let out = run.output.out.unwrap();
    assert!(runs.iter().any(|volume| out.starts_with(volume)), "{} is on no volume of {runs:?}", out.display());
    let tag = image.as_str().unwrap().rsplit_once(':').unwrap().1;
    assert_eq!(tag, env!("CARGO_PKG_VERSION"), "the tag of `make image`");
    let known: BTreeSet<&str> = harness::settings::VARIABLES.iter().map(|(name, _)| *name).collect();
    assert!(variables.is_subset(&known), "{variables:?}");
    assert!(variables.contains("DCOS_URL"), "{variables:?}");
}

#[test]
fn the_kubernetes_job_has_no_field_that_kubernetes_does_not_know() {
    let text = read("kubernetes-job.json");
    let job: Job = serde_json::from_value(text.clone()).unwrap();
    assert_eq!(serde_json::to_value(&job).unwrap(), text, "what is not known is lost on the way");

    let mut wrong = text.clone();
    wrong["spec"]["template"]["spec"]["restartpolicy"] = json!("Never");
    let job: Job = serde_json::from_value(wrong.clone()).unwrap();
    assert_ne!(serde_json::to_value(&job).unwrap(), wrong, "this check can fail");

    let container = &text["spec"]["template"]["spec"]["containers"][0];
    let mounts: Vec<&str> = container["volumeMounts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|mount| mount["mountPath"].as_str().unwrap())
        .collect();
    let variables = container["env"].as_array().unwrap().iter().map(|each| each["name"].as_str().unwrap()).collect();
    assert_eq!(words(&container["command"]), ["/hc-rig"]);
    is_ours(&words(&container["args"]), &container["image"], &mounts, &variables);
    assert!(container["env"].as_array().unwrap().iter().all(|each| {
        let secret = each["name"].as_str().unwrap().ends_with("PASSWORD");
        !secret || each["valueFrom"]["secretKeyRef"].is_object()
    }));
}

#[tokio::test]
async fn the_marathon_definition_is_accepted_and_says_what_hc_rig_reads() {
    let app = read("marathon.json");
    let fake = FakeMarathon::builder().start().await.unwrap();
    let client = harness::Client::in_process(harness::Transport::in_process(fake.service()));
    client.create_app(&app).await.unwrap();
    fake.shutdown().await;

    let volumes = |mode: &str| -> Vec<&str> {
        let all = app["container"]["volumes"].as_array().unwrap().iter();
        all.filter(|volume| volume["mode"] == mode).map(|volume| volume["containerPath"].as_str().unwrap()).collect()
    };
    let variables = app["env"].as_object().unwrap().keys().map(String::as_str).collect();
    is_ours(&words(&app["args"]), &app["container"]["docker"]["image"], &volumes("RW"), &variables);
    assert_eq!(app["container"]["docker"]["parameters"][0], json!({"key": "entrypoint", "value": "/hc-rig"}));
    // The secret is a file that is mounted: apps' own secrets need a feature that Marathon has off by default.
    for name in ["DCOS_SERVICE_ACCOUNT_CREDENTIAL", "SSL_CERT_FILE"] {
        let file = app["env"][name].as_str().unwrap();
        assert!(volumes("RO").iter().any(|volume| Path::new(file).starts_with(volume)), "{name}: {file}");
    }
}

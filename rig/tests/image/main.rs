//! hc-rig inside the image of `make image`, where there is no C library's resolver, no certificate and no shell: names
//! are looked up in /etc/hosts and by a DNS server, certificates are verified by `SSL_CERT_FILE`.
#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::{
    fs,
    process::{Command, Output},
};

use harness::{dcos::OfferedCa, tls::ServerTrust};
use tokio::time::{Duration, Instant};

const IMAGE: &str = concat!("localhost/hc-rig/fake-marathon:", env!("CARGO_PKG_VERSION"));

/// Far more than a container needs; only a failed test waits so long.
const TIMEOUT: Duration = Duration::from_secs(60);

fn docker(arguments: &[&str]) -> Output {
    Command::new("docker").args(arguments).output().unwrap()
}

fn good(arguments: &[&str]) -> String {
    let output = docker(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A network of its own with a fake Marathon in it; both are removed when dropped.
struct Stage {
    name: String,
}

impl Stage {
    fn new(test: &str, fake: &[&str]) -> Self {
        let name = format!("hc-rig-image-{test}-{}", std::process::id());
        let stage = Self { name };
        good(&["network", "create", &stage.name]);
        let run =
            ["run", "--detach", "--name", &stage.name, "--network", &stage.name, IMAGE, "--listen", "0.0.0.0:8080"];
        good(&[&run, fake].concat());
        let end = Instant::now() + TIMEOUT;
        while !good(&["logs", &stage.name]).contains("listening on") {
            assert!(Instant::now() < end, "the fake does not listen");
        }
        stage
    }

    fn address(&self) -> String {
        good(&["inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", &self.name])
    }

    /// `hc-rig apps` in a container beside the fake.
    fn apps(&self, options: &[&str], url: &str) -> Output {
        let run = ["run", "--rm", "--network", &self.name, "--entrypoint", "/hc-rig"];
        docker(&[&run, options, &[IMAGE, "apps", "--url", url]].concat())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        docker(&["rm", "--force", &self.name]);
        docker(&["network", "rm", &self.name]);
    }
}

fn ends_with(output: &Output, code: i32, says: &str) {
    let said = [&output.stdout[..], &output.stderr[..]].concat();
    let said = String::from_utf8_lossy(&said);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(said.contains(says), "no `{says}`: {said}");
}

#[test]
fn the_image_runs_as_nobody() {
    assert_eq!(good(&["image", "inspect", "--format", "{{.Config.User}}", IMAGE]), "65534:65534");
}

/// It is loaded into clusters again and again. About 3 MB of it are recordings of a real Marathon, which `hc-rig parity` plays.
#[test]
fn the_image_is_small() {
    let size: u64 = good(&["image", "inspect", "--format", "{{.Size}}", IMAGE]).parse().unwrap();
    assert!(size <= 28 << 20, "{size} bytes are more than 28 MiB");
}

#[test]
fn names_are_found_in_hosts_and_by_dns_and_nowhere_else() {
    let stage = Stage::new("names", &[]);
    // Docker's own DNS server, at 127.0.0.11 in the container, knows the containers of a network by their names.
    ends_with(&stage.apps(&[], &format!("http://{}:8080", stage.name)), 0, "0 apps");
    let host = format!("marathon.test:{}", stage.address());
    ends_with(&stage.apps(&["--add-host", &host], "http://marathon.test:8080"), 0, "0 apps");
    ends_with(&stage.apps(&[], "http://marathon.test:8080"), 5, "cannot connect");
}

#[tokio::test]
async fn certificates_are_verified_by_the_file_that_the_environment_names() {
    let stage = Stage::new("tls", &["--tls", "self-signed"]);
    let root = format!("https://{}:8080/", stage.address()).parse().unwrap();
    let offered = OfferedCa::fetch(&root, None).await.unwrap();
    let fingerprint = offered.fingerprint;
    let Ok(ServerTrust::CaPem(pem)) = offered.accept(&fingerprint) else { panic!("the CA that was offered") };
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.crt");
    fs::write(&ca, pem).unwrap();

    // The certificate is one for localhost, so hc-rig has to be where the fake is.
    let there = format!("container:{}", stage.name);
    let mount = format!("{}:/ca.crt:ro", ca.display());
    let apps = |options: &[&str]| {
        let run = ["run", "--rm", "--network", &there, "--entrypoint", "/hc-rig"];
        docker(&[&run, options, &[IMAGE, "apps", "--url", "https://localhost:8080"]].concat())
    };
    ends_with(&apps(&["--volume", &mount, "--env", "SSL_CERT_FILE=/ca.crt"]), 0, "0 apps");
    ends_with(&apps(&[]), 4, "UnknownIssuer");
}

/// The font's licence asks for it, and so do ours.
#[test]
fn the_licences_are_in_the_image() {
    let container = good(&["create", IMAGE]);
    let folder = tempfile::tempdir().unwrap();
    let copied = docker(&["cp", &format!("{container}:/licences"), folder.path().to_str().unwrap()]);
    good(&["rm", &container]);
    assert!(copied.status.success(), "{}", String::from_utf8_lossy(&copied.stderr));
    for name in ["LICENSE-MIT", "LICENSE-APACHE", "LICENSE-DejaVu.txt"] {
        assert!(!fs::read_to_string(folder.path().join("licences").join(name)).unwrap().is_empty(), "{name}");
    }
}

//! The Makefile and the scripts of CI build where `CARGO_TARGET_DIR` says.

use std::{fs, path::PathBuf, process::Command};

fn workspace() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What a command prints, run in the workspace with this target directory.
fn output(program: &str, args: &[&str], target: &str) -> String {
    let mut command = Command::new(program);
    command.args(args).current_dir(workspace()).env("CARGO_TARGET_DIR", target);
    // A make around this test would hand on its own options.
    command.env_remove("MAKEFLAGS").env_remove("MFLAGS");
    let output = command.output().unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(output.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn the_image_is_made_of_what_cargo_has_built() {
    let commands = output("make", &["--dry-run", "image"], "/elsewhere");
    for path in ["/elsewhere/image/hc-rig", "/elsewhere/image/runs", "fake-marathon/Dockerfile \"/elsewhere/image\""] {
        assert!(commands.contains(path), "no {path} in:\n{commands}");
    }
    assert!(!commands.contains(" target/") && !commands.contains("\"target/"), "{commands}");
}

#[test]
fn not_applicable_scenarios_are_listed_and_forgotten() {
    let target = tempfile::tempdir().expect("a folder");
    let folder = target.path().join("hc-rig/not-applicable");
    fs::create_dir_all(&folder).expect("a folder");
    for name in ["a", "b"] {
        let text = format!("{{\"scenario\": \"{name}\", \"because\": \"there is one agent\"}}\n");
        fs::write(folder.join(name).with_extension("json"), text).expect("a file");
    }
    let path = target.path().to_str().expect("a path in UTF-8");
    let listed = output(".ci/not-applicable", &[], path);
    assert!(listed.contains("a: there is one agent") && listed.contains("b: there is one agent"), "{listed}");
    let gathered = folder.with_extension("json");
    let gathered = fs::read_to_string(gathered).expect("the list");
    assert_eq!(gathered.matches("there is one agent").count(), 2, "{gathered}");
    output(".ci/not-applicable", &["--forget"], path);
    assert_eq!(fs::read_dir(target.path().join("hc-rig")).expect("a folder").count(), 0);
}

/// A path that names `target/` itself is wrong wherever the variable is set.
#[test]
fn no_script_names_the_target_directory_itself() {
    let scripts = [
        "Makefile",
        ".ci/docker-engine",
        ".ci/fuzz",
        ".ci/live-rehearsal",
        ".ci/not-applicable",
        ".ci/run",
        ".ci/test",
    ];
    for name in scripts.into_iter().chain(["fixtures/clients/run"]) {
        let text = fs::read_to_string(workspace().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with('#')) {
            assert!(!line.contains("target/"), "{name}:{}: {line}", number + 1);
        }
    }
}

//! The scripts of the repository install no packages of the system that nobody asked for.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
    process::{Command, Output},
};

use crate::hc_rig::stderr;

/// Runs it in the repository with little on its path: programs that install leave a file `installed` behind.
fn with_little(tools: &Path, arguments: &[&str]) -> Output {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let mut command = Command::new(arguments[0]);
    command.args(&arguments[1..]).current_dir(folder).env("PATH", tools).env_remove("CI");
    command.output().expect("it can be started")
}

#[test]
fn what_is_missing_is_named_and_not_installed() {
    let folder = tempfile::tempdir().expect("a folder");
    let (tools, installed) = (folder.path().join("bin"), folder.path().join("installed"));
    fs::create_dir(&tools).expect("a folder");
    let path = std::env::var_os("PATH").expect("a path");
    let find = |name: &str| std::env::split_paths(&path).map(|folder| folder.join(name)).find(|path| path.is_file());
    for name in ["bash", "dirname", "id"] {
        symlink(find(name).expect("it is on the path"), tools.join(name)).expect("a link");
    }
    for name in ["apt-get", "sudo"] {
        let script = format!("#!/bin/sh\necho \"$0 $*\" >> {}\n", installed.display());
        fs::write(tools.join(name), script).expect("a file");
        fs::set_permissions(tools.join(name), fs::Permissions::from_mode(0o755)).expect("a mode");
    }
    for (arguments, said) in [
        (
            &["bash", ".ci/run"][..],
            "missing: make gcc libc6-dev; install them with: apt-get install make gcc libc6-dev",
        ),
        (&["bash", "fixtures/clients/run"], "missing: golang-go python3-venv; install them with: apt-get install"),
    ] {
        let ended = with_little(&tools, arguments);
        assert!(!ended.status.success(), "{arguments:?}");
        assert!(stderr(&ended).contains(said), "{arguments:?}: {}", stderr(&ended));
        assert!(!installed.exists(), "{arguments:?}: {}", fs::read_to_string(&installed).unwrap_or_default());
    }
}

//! The scripts of the repository install no packages of the system that nobody asked for.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
    process::{Command, Output},
};

use crate::hc_rig::{stderr, stdout};

/// Runs it in the repository with little on its path: programs that install leave a file `installed` behind.
fn with_little(tools: &Path, arguments: &[&str]) -> Output {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let mut command = Command::new(arguments[0]);
    command.args(&arguments[1..]).current_dir(folder).env("PATH", tools).env_remove("CI");
    command.output().expect("it can be started")
}

/// A program of this name that does what the lines of shell say.
fn program(tools: &Path, name: &str, lines: &str) {
    let path = tools.join(name);
    fs::write(&path, format!("#!/bin/bash\n{lines}\n")).expect("a file");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a mode");
}

/// The program holds the fonts, and the image holds the program.
#[test]
fn the_licence_of_each_font_goes_into_the_image() {
    let repository = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let makefile = fs::read_to_string(repository.join("Makefile")).expect("a Makefile");
    let install = makefile.lines().find(|line| line.contains("/image/licences\"")).expect("a line that installs them");
    let fonts = fs::read_dir(repository.join("rig/fonts")).expect("the fonts").flatten();
    let names = fonts.filter_map(|entry| entry.file_name().into_string().ok());
    let licences: Vec<String> = names.filter(|name| name.starts_with("LICENSE")).collect();
    assert!(!licences.is_empty(), "fonts have licences");
    for licence in licences {
        assert!(install.split(' ').any(|word| word == format!("rig/fonts/{licence}")), "{licence} in {install}");
    }
}

#[test]
fn advisories_that_cannot_be_had_are_no_failure_and_found_ones_are() {
    let tools = tempfile::tempdir().expect("a folder");
    let path = format!("{}:{}", tools.path().display(), std::env::var("PATH").expect("a path"));
    for (fetches, checks, ends, says) in
        [(1, 1, true, "NOT CHECKED: the database"), (0, 1, false, "vulnerable"), (0, 0, true, "advisories: checked")]
    {
        program(
            tools.path(),
            "cargo",
            &format!("case \"$*\" in *' fetch '*) exit {fetches};; esac; echo vulnerable; exit {checks}"),
        );
        let ended = with_little(Path::new(&path), &["bash", ".ci/advisories"]);
        assert_eq!(ended.status.success(), ends, "{}", stderr(&ended));
        assert!(format!("{}{}", stdout(&ended), stderr(&ended)).contains(says), "{}", stderr(&ended));
    }
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
        program(&tools, name, &format!("echo \"$0 $*\" >> {}", installed.display()));
    }
    for (arguments, said) in [
        (
            &["bash", ".ci/run"][..],
            "missing: make gcc libc6-dev; install them with: apt-get install make gcc libc6-dev",
        ),
        (
            &["bash", "fixtures/clients/run"],
            "missing: golang-go python3-venv prometheus; install them with: apt-get install",
        ),
    ] {
        let ended = with_little(&tools, arguments);
        assert!(!ended.status.success(), "{arguments:?}");
        assert!(stderr(&ended).contains(said), "{arguments:?}: {}", stderr(&ended));
        assert!(!installed.exists(), "{arguments:?}: {}", fs::read_to_string(&installed).unwrap_or_default());
    }
}

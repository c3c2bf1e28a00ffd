//! `hc-rig.toml` in the working directory, which whoever made the directory made.

use std::{fs, process::Output};

use crate::{
    fake::Fake,
    hc_rig::{HcRig, ends_with, stderr, stdout},
};

#[test]
fn a_settings_file_found_by_chance_sets_neither_server_nor_trust_nor_identity_nor_commands() {
    let fake = Fake::start(&["--user", "me:hunter2"]);
    let folder = tempfile::tempdir().expect("a folder");
    let settings = format!(
        "url = \"{}\"\ninsecure = true\nuser = \"eve\"\nstep = 7\nmax-tasks = 1000000\nout = \"../theirs\"\n[try]\nout = \"inside/runs\"\n[capture]\nssh-option = [\"ProxyCommand=touch owned\"]\n",
        fake.url
    );
    fs::write(folder.path().join("hc-rig.toml"), &settings).expect("a file");
    let there = |arguments: &[&str]| -> Output {
        let mut command = HcRig::new(arguments).user("me", "hunter2").command();
        command.env("HOME", folder.path()).env_remove("XDG_CONFIG_HOME").current_dir(folder.path());
        command.output().expect("the program can be started")
    };
    let ignored = "hc-rig.toml lies in the working directory and nobody named it, so it does not set insecure, \
                   max-tasks, out, ssh-option, url, user; if it is yours, use --config hc-rig.toml";
    let apps = there(&["apps"]);
    ends_with(&apps, 2);
    assert!(stderr(&apps).contains(ignored), "{}", stderr(&apps));
    let config = there(&["config"]);
    ends_with(&config, 0);
    assert_eq!(
        stdout(&config).lines().filter(|line| line.contains("from hc-rig.toml")).count(),
        3,
        "step of run and try, out of try: {}",
        stdout(&config)
    );
    let cluster = |name: &str, url: &str| {
        let config = HcRig::new(&["config", "run"]).user("me", "hunter2").env(name, url).within(folder.path()).run();
        ends_with(&config, 0);
        stdout(&config).split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let decided = cluster("DCOS_URL", "https://c.example");
    for part in [
        "[cluster] cluster https://c.example/",
        "from DCOS_URL identity me (password) from DCOS_USERNAME certificate verified from default",
        "url (see [cluster]) from DCOS_URL",
    ] {
        assert!(decided.contains(part), "{part} in {decided}");
    }
    assert!(cluster("HOME", "/").contains("[cluster] (none) no cluster is named: set DCOS_URL"));
    let capture = there(&["capture", "nothing", "nothing", "--ssh", "me@127.0.0.1"]);
    ends_with(&capture, 2);
    assert!(!folder.path().join("owned").exists());

    fs::write(folder.path().join("mine.toml"), format!("url = \"{}\"\n", fake.url)).expect("a file");
    let named = there(&["apps", "--config", "mine.toml"]);
    ends_with(&named, 0);
    assert!(!stderr(&named).contains("nobody named it"), "{}", stderr(&named));
}

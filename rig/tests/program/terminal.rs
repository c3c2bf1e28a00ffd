//! The program at a terminal, with a person who is asked.

use crate::{
    fake::Fake,
    hc_rig::{HcRig, ends_with, stderr},
    pty::Terminal,
};

#[test]
fn the_password_prompt_does_not_echo() {
    let fake = Fake::start(&["--user", "me:hunter2"]);
    for (typed, code, says) in [("hunter2", 0, "login ok"), ("geheim4711", 4, "check DCOS_USERNAME")] {
        let arguments = ["-vv", "login", "--url", &fake.url, "--user", "me"];
        let mut terminal = Terminal::start(HcRig::new(&arguments));
        terminal.until("Password of me: ");
        terminal.until_hidden();
        terminal.type_line(typed);
        let (output, ended) = terminal.end();
        assert_eq!(ended, Some(code), "{output}");
        assert!(output.contains(says), "{output}");
        assert!(!output.contains(typed), "{output}");
    }
    let nobody = HcRig::new(&["login", "--url", &fake.url, "--user", "me"]).run();
    ends_with(&nobody, 2);
    assert!(stderr(&nobody).contains("without DCOS_PASSWORD"), "{}", stderr(&nobody));
}

#[test]
fn credentials_go_to_a_server_that_only_a_folder_names_after_confirmation() {
    let fake = Fake::start(&["--user", "me:hunter2"]);
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("run").display().to_string();
    let run = ["run", "mesos,TCP", "--target", "1", "--url", &fake.url, "--out", &out];
    ends_with(&HcRig::new(&run).user("me", "hunter2").run(), 0);
    for (typed, code, says) in [("n", 2, "only its folder says so"), ("yes", 0, "is left")] {
        let mut terminal = Terminal::start(HcRig::new(&["clean", &out]).user("me", "hunter2"));
        terminal.until("Send your credentials to that server? [y/N] ");
        terminal.type_line(typed);
        let (output, ended) = terminal.end();
        assert_eq!(ended, Some(code), "{output}");
        assert!(output.contains(says), "{output}");
    }
}

#[test]
fn the_clusters_own_ca_is_trusted_when_somebody_says_yes() {
    let fake = Fake::start(&["--tls", "self-signed", "--user", "me:hunter2"]);
    let answers = [("y", 0, "verified by the cluster's CA"), ("n", 4, "use --pin"), ("", 4, "use --pin")];
    for (typed, code, says) in answers {
        let arguments = ["login", "--url", &fake.url, "--ca-from-cluster"];
        let mut terminal = Terminal::start(HcRig::new(&arguments).user("me", "hunter2"));
        terminal.until("Trust it? [y/N] ");
        terminal.type_line(typed);
        let (output, ended) = terminal.end();
        assert_eq!(ended, Some(code), "{output}");
        assert!(output.contains(says), "{output}");
    }
}

#[test]
fn colours_follow_what_was_asked_for_then_the_environment_then_the_terminal() {
    let fake = Fake::start(&[]);
    let login = ["-vv", "login", "--url", &fake.url];
    let colored = |text: &str| text.contains("\u{1b}[");
    let piped = |more: &[&str]| stderr(&HcRig::new(&[&login[..], more].concat()).run());
    assert!(!colored(&piped(&[])) && !piped(&[]).is_empty(), "a pipe gets a plain log");
    assert!(colored(&piped(&["--color", "always"])));
    let output = |rig: HcRig| Terminal::start(rig.env("TERM", "xterm")).end().0;
    assert!(colored(&output(HcRig::new(&login))));
    assert!(!colored(&output(HcRig::new(&login).env("NO_COLOR", "1"))));
    assert!(!colored(&output(HcRig::new(&[&login[..], &["--color", "never"]].concat()))));
}

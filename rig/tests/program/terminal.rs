//! The program at a terminal, with a person who is asked.

use std::{
    fs::File,
    io::{Read as _, Write as _},
    process::{Child, Command},
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

use nix::{
    pty::openpty,
    sys::termios::{LocalFlags, tcgetattr},
};
use tokio::time::Instant;

use crate::{
    fake::Fake,
    hc_rig::{HcRig, ends_with, stderr},
};

const TIMEOUT: Duration = Duration::from_secs(60);

/// A terminal with the program in it.
struct Terminal {
    keyboard: File,
    screen: Receiver<Vec<u8>>,
    output: String,
    child: Child,
}

impl Terminal {
    fn start(rig: HcRig) -> Self {
        let ends = openpty(None, None).expect("a terminal");
        let rig = rig.command();
        // The program asks at its controlling terminal, which only a new session can have.
        let mut command = Command::new("setsid");
        command.args(["--ctty", "--wait"]).arg(rig.get_program()).args(rig.get_args());
        for (name, value) in rig.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let slave = || ends.slave.try_clone().expect("another handle");
        let child = command.stdin(slave()).stdout(slave()).stderr(slave()).spawn().expect("util-linux has setsid");
        let (sender, screen) = mpsc::channel();
        let mut output = File::from(ends.master.try_clone().expect("another handle"));
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            // It fails once nobody holds the other end any more.
            while let Ok(n) = output.read(&mut buffer)
                && n > 0
                && sender.send(buffer[..n].to_vec()).is_ok()
            {}
        });
        Self { keyboard: ends.master.into(), screen, output: String::new(), child }
    }

    /// Waits until the screen shows this.
    #[track_caller]
    fn until(&mut self, text: &str) {
        while !self.output.contains(text) {
            let more = self.screen.recv_timeout(TIMEOUT).ok();
            let more = more.unwrap_or_else(|| panic!("{text} is missing in:\n{}", self.output));
            self.output.push_str(&String::from_utf8_lossy(&more));
        }
    }

    /// Waits until the terminal no longer echoes.
    fn until_hidden(&self) {
        let late = Instant::now() + TIMEOUT;
        while tcgetattr(&self.keyboard).expect("a terminal").local_flags.contains(LocalFlags::ECHO) {
            assert!(Instant::now() < late, "the terminal would show a password");
            thread::yield_now();
        }
    }

    fn type_line(&mut self, line: &str) {
        self.keyboard.write_all(format!("{line}\n").as_bytes()).expect("a terminal takes what is typed");
    }

    /// The whole output, and the exit code.
    fn end(mut self) -> (String, Option<i32>) {
        let status = self.child.wait().expect("it ends");
        while let Ok(more) = self.screen.recv_timeout(TIMEOUT) {
            self.output.push_str(&String::from_utf8_lossy(&more));
        }
        (self.output, status.code())
    }
}

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

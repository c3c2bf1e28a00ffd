//! The built program, run without anything of this process's environment that names a cluster.

use std::{
    path::Path,
    process::{Command, Output, Stdio},
};

/// The program with its arguments.
pub(crate) struct HcRig(Command);

impl HcRig {
    /// Called with these arguments, in the system's folder for temporary files.
    pub(crate) fn new(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hc-rig"));
        for name in harness::settings::VARIABLES.iter().map(|(name, _)| *name).chain([
            "DCOS_UID",
            "GITHUB_ACTIONS",
            "GITHUB_STEP_SUMMARY",
        ]) {
            command.env_remove(name);
        }
        command.args(arguments).current_dir(std::env::temp_dir()).stdin(Stdio::null());
        Self(command)
    }

    /// As this user of DC/OS.
    pub(crate) fn user(mut self, uid: &str, password: &str) -> Self {
        self.0.env("DCOS_USERNAME", uid).env("DCOS_PASSWORD", password);
        self
    }

    /// With a variable in its environment.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.0.env(name, value);
        self
    }

    /// In this folder.
    pub(crate) fn within(mut self, folder: &Path) -> Self {
        self.0.current_dir(folder);
        self
    }

    /// The command, for a test that needs the process itself.
    pub(crate) fn command(self) -> Command {
        self.0
    }

    /// Runs it to its end.
    pub(crate) fn run(mut self) -> Output {
        self.0.output().expect("the program can be started")
    }
}

/// What it said on stdout.
pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What it said on stderr.
pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The exit code; everything that was said if it is another.
#[track_caller]
pub(crate) fn ends_with(output: &Output, code: i32) {
    assert_eq!(output.status.code(), Some(code), "stdout:\n{}\nstderr:\n{}", stdout(output), stderr(output));
}

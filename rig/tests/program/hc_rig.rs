//! The built program, run without anything of this process's environment that names a cluster.

use std::process::{Command, Output, Stdio};

/// The program with its arguments.
pub(crate) struct HcRig(Command);

impl HcRig {
    /// Called with these arguments, in a folder of the system's temporary ones.
    pub(crate) fn new(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hc-rig"));
        for name in harness::settings::VARIABLES.iter().map(|(name, _)| *name).chain(["DCOS_UID"]) {
            command.env_remove(name);
        }
        command.args(arguments).current_dir(std::env::temp_dir()).stdin(Stdio::null());
        Self(command)
    }

    /// Runs it to its end.
    pub(crate) fn run(mut self) -> Output {
        self.0.output().expect("the program can be started")
    }
}

/// What it said on stderr.
pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

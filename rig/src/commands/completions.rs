//! `hc-rig completions`: completions for a shell.

use clap::{Args, Command};
use clap_complete::Shell;

use crate::exit::Completion;

/// Arguments of `hc-rig completions`.
#[derive(Args, Clone, Debug)]
pub struct CompletionsArgs {
    /// Which shell
    pub shell: Shell,
}

/// The script for the shell.
pub fn run(args: &CompletionsArgs, mut root: Command) -> Completion {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut root, "hc-rig", &mut script);
    Completion::passed(String::from_utf8_lossy(&script))
}

//! What the user types.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// Drives health checks of Mesos apps to scale and shows what happens.
#[derive(Debug, Parser)]
#[command(name = "hc-rig", version, propagate_version = true, arg_required_else_help = true)]
pub struct Cli {
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Explain the tasks that had "alive": false, with ready sysdig commands
    Why {
        /// The run's folder
        run: PathBuf,
        /// Tell every task, not only the first ten
        #[arg(long)]
        all: bool,
    },
    /// Draw chart and report again from the samples on disk
    Report {
        /// The run's folder
        run: PathBuf,
    },
}

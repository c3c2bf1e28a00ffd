//! What the user types.

pub mod color;
pub mod spoken;
pub mod values;

use std::{ffi::OsString, path::PathBuf};

use clap::{ColorChoice, Parser, Subcommand};
use clap_complete::Shell;

use crate::{
    commands::{
        capture::CaptureArgs, diff::DiffArgs, doctor::DoctorArgs, matrix::MatrixArgs, resume::ResumeArgs, run::RunArgs,
        sandbox::SandboxArgs, try_pairs::TryArgs,
    },
    exit::Code,
    export::Format,
    run::reach::Reach,
};

const EXAMPLES: &str = "\
Examples:
  hc-rig try                      six pairs on a fake Marathon; needs nothing
  hc-rig try --pair mesos,TCP --target 50
  hc-rig run docker,HTTP --url http://marathon.example:8080 --target 100
  hc-rig run app.json --step 100 --target 2000
                                  on the cluster of the environment: DCOS_URL,
                                  DCOS_USERNAME, DCOS_PASSWORD
  hc-rig why RUN                  tasks with \"alive\": false, what to look at
  hc-rig report RUN               draw chart and report again
";

/// Examples and the table of exit codes, for the end of `--help`.
fn after_help() -> String {
    let mut text = format!("{EXAMPLES}\nExit codes:\n");
    for code in Code::ALL {
        text.push_str(&format!("  {:>3}  {code}\n", code.status()));
    }
    text
}

/// Drives health checks of Mesos apps to scale and shows what happens.
///
/// hc-rig logs in, deploys an app in a group of its own, scales it up step by step, samples the tasks by state at each
/// poll, removes what it made, and leaves a folder with samples, a chart and a report.
#[derive(Debug, Parser)]
#[command(name = "hc-rig", version, propagate_version = true, arg_required_else_help = true, after_help = after_help())]
pub struct Cli {
    /// Settings from this file instead of hc-rig.toml; `hc-rig config` shows what comes from where
    #[arg(long, global = true, value_name = "FILE", env = "HC_RIG_CONFIG")]
    pub config: Option<PathBuf>,
    /// Tell what is going on: -v for what is done, -vv for every request
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// How the log on stderr is written
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text, value_name = "FORMAT")]
    pub log_format: LogFormat,
    /// Colours on a terminal, always or never; NO_COLOR turns off what is left to auto
    #[arg(long, global = true, value_enum, default_value_t = ColorChoice::Auto, value_name = "WHEN", env = "HC_RIG_COLOR")]
    pub color: ColorChoice,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// A JSON object a line.
    Json,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the pairs of containerizer and check on an embedded fake Marathon: no cluster, no Docker
    #[command(after_help = after_help())]
    Try(TryArgs),
    /// Run one app definition or pair on a cluster
    #[command(after_help = after_help())]
    Run(Box<RunArgs>),
    /// Go on with a run whose process was killed, at its next step and in the same folder
    Resume(ResumeArgs),
    /// Run pairs at several numbers of tasks and draw healthy against asked for, Marathon-level against Mesos-native
    #[command(after_help = after_help())]
    Matrix(Box<MatrixArgs>),
    /// Explain a run: what it most likely was, the tasks that had "alive": false, ready sysdig commands
    Why {
        /// The run's folder
        run: PathBuf,
        /// Tell every task, not only the first ten
        #[arg(long)]
        all: bool,
        /// The same facts as JSON: an array with an object a run
        #[arg(long)]
        json: bool,
    },
    /// Show the sandbox of a task that is or was in trouble, or print a file of it, through its agent
    Sandbox(Box<SandboxArgs>),
    /// Capture what a task's executor and port do: sysdig on its agent over ssh for a bounded time
    Capture(Box<CaptureArgs>),
    /// Say whether B is better than A: two folders with five or more repeats of one set-up each
    Diff(DiffArgs),
    /// Draw chart and report again from the samples on disk, and write tables, JUnit, Markdown and a trace
    Report {
        /// The run's folder
        run: PathBuf,
        /// What to make, separated by commas [default: all]
        #[arg(long = "format", value_name = "FORMATS", value_delimiter = ',')]
        formats: Vec<Format>,
        /// Leave the folder alone and make RUN-redacted beside it: without hosts, ids, URLs and users, to be shown to others
        #[arg(long)]
        redact: bool,
    },
    /// Say all that stands for and against a run here: login, versions, agents, free resources, programs and images
    /// on the agents (found by short tasks), our own groups
    Doctor(DoctorArgs),
    /// Show a run again as it went, from its samples
    Replay {
        /// The run's folder, or a folder of several
        run: PathBuf,
        /// How many times faster than it went
        #[arg(long, default_value_t = 10.0, value_name = "N", value_parser = crate::cli::values::speed)]
        speed: f64,
    },
    /// Log in and say what is there: versions, agents, free resources; starts nothing
    Login {
        /// Which cluster.
        #[command(flatten)]
        reach: Reach,
    },
    /// List the cluster's apps with their tasks by health
    Apps {
        /// Which cluster.
        #[command(flatten)]
        reach: Reach,
    },
    /// Remove what earlier runs left behind: one run's, or what the folders of all tell and what has expired
    Clean {
        /// The run: its name or its folder; without it, every run of the folders and every group whose lease has expired
        run: Option<String>,
        /// Where to look for run folders if no run is named
        #[arg(long, value_name = "DIR", default_value = crate::folder::locate::BELOW)]
        below: PathBuf,
        /// Which cluster.
        #[command(flatten)]
        reach: Reach,
    },
    /// Record the fixed cases from a Marathon of your own, in a group that is made for them
    Record {
        /// Where the recordings go, a file a case
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Which cases [default: all]
        cases: Vec<String>,
        /// Which Marathon.
        #[command(flatten)]
        reach: Reach,
    },
    /// Compare the fake with recordings of a real Marathon, case by case
    Parity {
        /// The folder with the recordings
        dir: PathBuf,
    },
    /// Remove the groups below /hc-rig whose lease has expired, whoever made them, and nothing else
    Sweep {
        /// Only say what would be removed
        #[arg(long)]
        dry_run: bool,
        /// Which cluster.
        #[command(flatten)]
        reach: Reach,
    },
    /// Start a fake Marathon: the same as the program fake-marathon (see `hc-rig fake --help`)
    #[command(disable_help_flag = true, disable_version_flag = true)]
    Fake {
        /// The arguments of fake-marathon
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENTS")]
        arguments: Vec<OsString>,
    },
    /// Show each setting and where it came from: flags, HC_RIG_* and DCOS_* variables, the settings file
    Config {
        /// Only this command's
        #[arg(value_name = "COMMAND")]
        of: Option<String>,
    },
    /// Print the manual page: hc-rig man > hc-rig.1
    Man,
    /// Print shell completions: hc-rig completions bash > /etc/bash_completion.d/hc-rig
    Completions {
        /// Which shell
        shell: Shell,
    },
}

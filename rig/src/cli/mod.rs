//! The command line.

mod help;

use std::{ffi::OsString, path::PathBuf};

use clap::{ColorChoice, Parser, Subcommand};
pub use help::command;

use crate::{
    cli::help::{ADVISE, MATRIX, RESULTS, RUN, TRY, WATCH, examples, tables},
    commands::{
        advise::AdviseArgs, apps::AppsArgs, capture::CaptureArgs, clean::CleanArgs, completions::CompletionsArgs,
        config::ConfigArgs, diff::DiffArgs, doctor::DoctorArgs, login::LoginArgs, matrix::MatrixArgs,
        parity::ParityArgs, record::RecordArgs, replay::ReplayArgs, report::ReportArgs, resume::ResumeArgs,
        run::RunArgs, sandbox::SandboxArgs, sweep::SweepArgs, try_pairs::TryArgs, watch::WatchArgs, why::WhyArgs,
    },
};

/// Drives health checks of Mesos apps to scale and shows what happens.
///
/// hc-rig logs in, deploys an app in a group of its own, scales it up step by step, samples the tasks by state at each
/// poll, removes what it deployed, and leaves a folder with samples, a chart and a report.
#[derive(Debug, Parser)]
#[command(name = "hc-rig", version, propagate_version = true, arg_required_else_help = true, after_help = examples(&[TRY, RUN, RESULTS]), after_long_help = tables(&[TRY, RUN, RESULTS]))]
pub struct Cli {
    /// Settings from this file instead of hc-rig.toml; `hc-rig config` lists where each one comes from
    #[arg(
        long,
        global = true,
        hide_short_help = true,
        help_heading = "Global options",
        value_name = "FILE",
        env = "HC_RIG_CONFIG"
    )]
    pub config: Option<PathBuf>,
    /// Log to stderr: -v what is done, -vv every request
    #[arg(long, short, global = true, hide_short_help = true, help_heading = "Global options", action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Format of the log
    #[arg(long, global = true, hide_short_help = true, help_heading = "Global options", value_enum, default_value_t = LogFormat::Text, value_name = "FORMAT")]
    pub log_format: LogFormat,
    /// Colours on stderr, and of verdicts on stdout: on a terminal (auto), always or never; NO_COLOR turns auto off
    #[arg(long, global = true, hide_short_help = true, help_heading = "Global options", value_enum, default_value_t = ColorChoice::Auto, value_name = "WHEN", env = "HC_RIG_COLOR")]
    pub color: ColorChoice,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// Format of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the procedure on an embedded fake Marathon: no cluster, no Docker
    #[command(after_help = examples(&[TRY]), after_long_help = tables(&[TRY]))]
    Try(Box<TryArgs>),
    /// Run one app definition or pair on a cluster
    #[command(after_help = examples(&[RUN]), after_long_help = tables(&[RUN]))]
    Run(Box<RunArgs>),
    /// Continue a run whose process was killed, at its next step and in the same folder
    Resume(ResumeArgs),
    /// Compare pairs at several numbers of tasks
    ///
    /// Each pair and number of tasks is a run of its own, so that Marathon-level and Mesos-native checks can be compared.
    #[command(after_help = examples(&[MATRIX]), after_long_help = tables(&[MATRIX]))]
    Matrix(Box<MatrixArgs>),
    /// Watch apps that exist already; changes nothing
    ///
    /// Polls them for a time as a run does: samples, check result ages, flips, thresholds, and the diagnosis at the end.
    #[command(after_help = examples(&[WATCH]), after_long_help = tables(&[WATCH]))]
    Watch(Box<WatchArgs>),
    /// Explain a run, or an app: causes, affected tasks, what to do next
    Why(WhyArgs),
    /// Say what an app's checks mean, and which settings are better
    ///
    /// Reads the definition and, if one is named, the cluster. Changes nothing.
    #[command(after_help = examples(&[ADVISE]), after_long_help = tables(&[ADVISE]))]
    Advise(AdviseArgs),
    /// List the sandbox of a task, or print a file of it, through its agent
    Sandbox(Box<SandboxArgs>),
    /// Capture what a task does with sysdig on its agent
    ///
    /// The system calls of the task's executor and the traffic of its port, over ssh and for a bounded time.
    Capture(Box<CaptureArgs>),
    /// Compare two sets of runs: is B better than A?
    ///
    /// Each is a folder with five or more runs of one set-up, as --runs makes it.
    Diff(DiffArgs),
    /// Draw chart and report again from the samples on disk
    ///
    /// Also writes tables, JUnit, Markdown and a trace.
    Report(ReportArgs),
    /// Check whether a cluster is ready for a run
    ///
    /// Login, versions, agents, free resources, programs and images on the agents (found by short tasks), groups of hc-rig.
    /// The last line says GO (exit code 0) or NO GO (exit code 3) and why.
    Doctor(DoctorArgs),
    /// Play a run again from its samples
    Replay(ReplayArgs),
    /// Try the login: versions, agents and free resources; start nothing
    ///
    /// Shows that address, user and certificate are right before anything else is tried. Every command logs in by itself,
    /// and no token is kept. `hc-rig doctor` checks more.
    Login(LoginArgs),
    /// List the cluster's apps with their tasks by health
    Apps(AppsArgs),
    /// Remove what killed runs left behind
    ///
    /// One run's group, or those of all run folders and expired leases.
    Clean(CleanArgs),
    /// Record the fixed cases from a Marathon of your own, in a group of their own
    Record(RecordArgs),
    /// Compare the fake with recordings of a real Marathon, case by case
    Parity(ParityArgs),
    /// Remove the groups below /hc-rig whose lease has expired, whoever made them, and nothing else
    Sweep(SweepArgs),
    /// Start a fake Marathon, like the program fake-marathon (see `hc-rig fake --help`)
    #[command(disable_help_flag = true, disable_version_flag = true)]
    Fake {
        /// The arguments of fake-marathon
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENTS")]
        arguments: Vec<OsString>,
    },
    /// List each setting and where it comes from: flags, HC_RIG_* and DCOS_* variables, the settings file
    Config(ConfigArgs),
    /// Print the manual page: hc-rig man > hc-rig.1
    Man,
    /// Print shell completions: hc-rig completions bash > /etc/bash_completion.d/hc-rig
    Completions(CompletionsArgs),
}

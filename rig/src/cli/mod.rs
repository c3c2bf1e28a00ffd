//! The command line.

use std::{ffi::OsString, path::PathBuf};

use clap::{ColorChoice, Parser, Subcommand};

use crate::{
    commands::{
        advise::AdviseArgs, apps::AppsArgs, capture::CaptureArgs, clean::CleanArgs, completions::CompletionsArgs,
        config::ConfigArgs, diff::DiffArgs, doctor::DoctorArgs, login::LoginArgs, matrix::MatrixArgs,
        parity::ParityArgs, record::RecordArgs, replay::ReplayArgs, report::ReportArgs, resume::ResumeArgs,
        run::RunArgs, sandbox::SandboxArgs, sweep::SweepArgs, try_pairs::TryArgs, watch::WatchArgs, why::WhyArgs,
    },
    exit::Code,
    verdict::{Row, Verdict},
};

const TRY: &str = "  hc-rig try                      the procedure on a fake Marathon; needs nothing
  hc-rig try --pair mesos,TCP --target 50
";

const RUN: &str = "  hc-rig run docker,HTTP --url http://marathon.example:8080 --target 100
  hc-rig run app.json --step 100 --target 1000
                                  on the cluster of the environment: DCOS_URL,
                                  DCOS_USERNAME, DCOS_PASSWORD
  hc-rig run app.json --find-limit
                                  how many tasks stay healthy
";

const WATCH: &str = "  hc-rig watch /prod/api --for 2m  one app; nothing is changed
  hc-rig watch --label team==web --alert --fail-if 'unhealthy_pct > 5 for 10s'
";

const ADVISE: &str = "  hc-rig advise app.json --prove  on its own, replayed before and after
  hc-rig advise /prod/api         with the load and the start-up of its cluster
";

const MATRIX: &str = "  hc-rig matrix --counts 10,100   all pairs on a fake Marathon
  hc-rig matrix --pair mesos,HTTP --pair mesos,MESOS_HTTP --side-by-side
";

const RESULTS: &str = "  hc-rig why RUN                  explain a run: causes, tasks, what to do next
  hc-rig report RUN               draw chart and report again
";

/// Examples and the tables of exit codes and verdicts, for the end of `--help`.
fn after_help(examples: &[&str]) -> String {
    let mut text = format!("Examples:\n{}\nExit codes:\n", examples.concat());
    for code in Code::ALL {
        text.push_str(&format!("  {:>3}  {code}\n", code.status()));
    }
    text.push_str("\nVerdicts:\n");
    for verdict in Verdict::ALL {
        let Row { word, code, meaning, .. } = verdict.row();
        text.push_str(&format!("  {word:<9} {meaning} (exit {})\n", code.status()));
    }
    text
}

/// Drives health checks of Mesos apps to scale and shows what happens.
///
/// hc-rig logs in, deploys an app in a group of its own, scales it up step by step, samples the tasks by state at each
/// poll, removes what it deployed, and leaves a folder with samples, a chart and a report.
#[derive(Debug, Parser)]
#[command(name = "hc-rig", version, propagate_version = true, arg_required_else_help = true, after_help = after_help(&[TRY, RUN, RESULTS]))]
pub struct Cli {
    /// Settings from this file instead of hc-rig.toml; `hc-rig config` lists where each one comes from
    #[arg(long, global = true, help_heading = "Global options", value_name = "FILE", env = "HC_RIG_CONFIG")]
    pub config: Option<PathBuf>,
    /// Log to stderr: -v what is done, -vv every request
    #[arg(long, short, global = true, help_heading = "Global options", action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Format of the log
    #[arg(long, global = true, help_heading = "Global options", value_enum, default_value_t = LogFormat::Text, value_name = "FORMAT")]
    pub log_format: LogFormat,
    /// Colours on stderr, and of verdicts on stdout: on a terminal (auto), always or never; NO_COLOR turns auto off
    #[arg(long, global = true, help_heading = "Global options", value_enum, default_value_t = ColorChoice::Auto, value_name = "WHEN", env = "HC_RIG_COLOR")]
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
    #[command(after_help = after_help(&[TRY]))]
    Try(TryArgs),
    /// Run one app definition or pair on a cluster
    #[command(after_help = after_help(&[RUN]))]
    Run(Box<RunArgs>),
    /// Continue a run whose process was killed, at its next step and in the same folder
    Resume(ResumeArgs),
    /// Run pairs at several numbers of tasks and compare Marathon-level with Mesos-native checks
    #[command(after_help = after_help(&[MATRIX]))]
    Matrix(Box<MatrixArgs>),
    /// Watch apps that exist already: samples, check result ages, flips, thresholds, diagnosis. Changes nothing
    #[command(after_help = after_help(&[WATCH]))]
    Watch(Box<WatchArgs>),
    /// Explain a run: likely causes, affected tasks, sysdig commands to copy
    Why(WhyArgs),
    /// Say what the checks of an app mean on its cluster, and which settings would be better. Changes nothing
    #[command(after_help = after_help(&[ADVISE]))]
    Advise(AdviseArgs),
    /// List the sandbox of a task, or print a file of it, through its agent
    Sandbox(Box<SandboxArgs>),
    /// Capture what a task's executor and port do: sysdig on its agent over ssh for a bounded time
    Capture(Box<CaptureArgs>),
    /// Compare two folders of five or more runs of one set-up each: is B better than A?
    Diff(DiffArgs),
    /// Draw chart and report again from the samples on disk, and write tables, JUnit, Markdown and a trace
    Report(ReportArgs),
    /// Check whether a cluster is ready for a run: login, versions, agents, free resources, programs and images on the
    /// agents (found by short tasks), groups of hc-rig
    Doctor(DoctorArgs),
    /// Play a run again from its samples
    Replay(ReplayArgs),
    /// Log in and report versions, agents and free resources; start nothing
    Login(LoginArgs),
    /// List the cluster's apps with their tasks by health
    Apps(AppsArgs),
    /// Remove what killed runs left behind: one run's group, or those of all run folders and expired leases
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

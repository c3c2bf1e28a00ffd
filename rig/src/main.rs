//! The program: runs the task tools or a command, prints what it returns, and exits with its code.

#![warn(clippy::print_stderr, clippy::print_stdout)]

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{ColorChoice, CommandFactory as _, FromArgMatches as _};
use harness::environment::variable;
use hc_rig::{
    cli::{self, Cli, Command, LogFormat},
    commands::{
        self, advise, apps, capture, clean, completions, diff, doctor, login, man, matrix, parity, record, replay,
        report, resume, sandbox, sweep, try_pairs, watch, why,
    },
    exit::{Code, Completion, Failure},
    run::Interrupt,
    settings::{self, SettingsFile, Sources},
    terminal::{
        board, color, log_format, screen,
        stderr::{self, LogWriter},
        stdout,
    },
};

// Allocating is a third of what the program does under load: docs/benchmarks.md.
#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // The panic has printed what went wrong.
    std::panic::catch_unwind(program).unwrap_or_else(|_| {
        stderr::problem("this is a bug of hc-rig; if a run was in progress, remove what it left with hc-rig clean");
        Code::Internal.into()
    })
}

/// The memory and the environment hold logins, and a core dump is a file. What this process starts inherits it.
fn leave_memory_out_of_core_dumps() {
    // Linux only (`core(5)`), and only for who may: elsewhere there is nothing to be done.
    let _ = std::fs::write("/proc/self/coredump_filter", "0");
}

fn program() -> ExitCode {
    // Process tasks of the embedded fake run this very program as their tools.
    if let Some(code) = fake_marathon::task_tools::main() {
        return code;
    }
    leave_memory_out_of_core_dumps();
    let (cli, sources) = match parse() {
        Ok(parsed) => parsed,
        Err(failure) => {
            stderr::problem(&failure);
            return failure.code.into();
        }
    };
    stderr::decide(cli.log_format == LogFormat::Json);
    screen::decide();
    color::decide(cli.color);
    log(&cli);
    if let Command::Fake { arguments } = cli.command {
        let own = fake_marathon::task_tools::program("hc-rig-task-tools").ok();
        let name = OsString::from("hc-rig fake");
        return fake_marathon::program::run(std::iter::once(name).chain(arguments), own.as_deref());
    }
    let ended = run(cli.command, cli.config.as_deref(), &sources);
    // What the command ends with takes the place of the live lines.
    board::take_down();
    match ended {
        Ok(mut end) => {
            // On a terminal the verdict is the last line.
            if screen::stdout_is_terminal()
                && let Some(problem) = end.problem.take()
            {
                stderr::problem(problem);
            }
            let printed = print(&end);
            if let Some(problem) = end.problem.take() {
                stderr::problem(problem);
            }
            if let Err(failure) = printed {
                end.worsen(failure);
            }
            if let Some(problem) = end.problem {
                stderr::problem(problem);
            }
            end.code.into()
        }
        Err(failure) => {
            stderr::problem(&failure);
            failure.code.into()
        }
    }
}

/// Prints on stdout. A reader that went away, as `head` or a closed terminal does, is not an error.
fn print(end: &Completion) -> Result<(), Failure> {
    match stdout::print(end) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe && !screen::stdout_is_terminal() => {
            Err(Failure::new(Code::Results, format!("cannot write to stdout: {error}")))
        }
        Err(_) | Ok(()) => Ok(()),
    }
}

/// The command line, with values from variables and the settings file for flags that were not typed.
fn parse() -> Result<(Cli, Sources), Failure> {
    let line: Vec<OsString> = std::env::args_os().collect();
    // Only to find the file: the parser below reports errors of the whole line.
    let command = || cli::command(&line);
    let asked = command().ignore_errors(true).try_get_matches_from(&line).ok();
    // What is wrong with the line is reported in the format that it asks for.
    if asks_for_json(&line) {
        stderr::decide(true);
    }
    let config = asked.as_ref().and_then(|matches| matches.get_one::<PathBuf>("config"));
    let file = SettingsFile::find(config.map(PathBuf::as_path), variable)?;
    let color = asked.as_ref().and_then(|matches| matches.get_one::<ColorChoice>("color").copied()).unwrap_or_default();
    let expanded = settings::expand(&command(), line.clone(), variable, file.as_ref())?;
    if let Some(ignored) = file.as_ref().and_then(SettingsFile::ignored_sentence) {
        stderr::problem(ignored);
    }
    let parsed = command().color(color).try_get_matches_from(&expanded.line);
    match parsed.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => Ok((cli, expanded.sources())),
        Err(error) => match expanded.refused(&error, file.as_ref()) {
            Some(refusal) => Err(refusal),
            None if error.use_stderr() && log_format::is_json() => {
                let text = error.render().to_string();
                Err(Failure::usage(text.trim_end().trim_start_matches("error: ")))
            }
            None => error.exit(),
        },
    }
}

/// Whether a line asks for a log in JSON, even if it cannot be parsed.
fn asks_for_json(line: &[OsString]) -> bool {
    let typed = line.windows(2).any(|pair| pair[0] == "--log-format" && pair[1] == "json");
    typed
        || line.iter().any(|word| word == "--log-format=json")
        || variable("HC_RIG_LOG_FORMAT").as_deref() == Some("json")
}

/// Sends the log to stderr, if it was asked for.
fn log(cli: &Cli) {
    let level = match cli.verbose {
        0 => return,
        1 => "info",
        _ => "debug",
    };
    let filter = tracing_subscriber::EnvFilter::new(format!("warn,hc_rig={level},harness={level}"));
    let ansi = color::on_stderr() && cli.log_format == LogFormat::Text;
    let log =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(move || LogWriter { ansi }).with_target(false);
    // It would report its own errors with `eprintln!`.
    let log = log.log_internal_errors(false);
    match cli.log_format {
        LogFormat::Text => log.with_ansi(ansi).init(),
        LogFormat::Json => log.json().init(),
    }
}

fn run(command: Command, config: Option<&Path>, sources: &Sources) -> Result<Completion, Failure> {
    match command {
        Command::Fake { .. } => unreachable!("the fake is a program of its own"),
        Command::Try(args) => block_on(async { try_pairs::run(&args, Interrupt::listen()).await }),
        Command::Run(args) => block_on(async { commands::run::run(&args, Interrupt::listen()).await }),
        Command::Resume(args) => block_on(async { resume::run(&args, Interrupt::listen()).await }),
        Command::Matrix(args) => block_on(async { matrix::run(&args, Interrupt::listen()).await }),
        Command::Watch(args) => block_on(async { watch::run(&args, Interrupt::listen()).await }),
        Command::Why(args) => block_on(async { why::run(&args, Interrupt::listen()).await }),
        Command::Capture(args) => block_on(async { capture::run(&args, Interrupt::listen()).await }),
        Command::Sandbox(args) => block_on(sandbox::run(&args, stdout::of_file())),
        Command::Diff(args) => diff::run(&args),
        Command::Report(args) => report::run(&args),
        Command::Doctor(args) => block_on(async { doctor::run(&args, sources, Interrupt::listen()).await }),
        Command::Sweep(args) => block_on(sweep::run(&args)),
        Command::Login(args) => block_on(login::run(&args, sources)),
        Command::Replay(args) => block_on(async { replay::run(&args, Interrupt::listen()).await }),
        Command::Advise(args) => block_on(async { advise::run(&args, Interrupt::listen()).await }),
        Command::Apps(args) => block_on(apps::run(&args)),
        Command::Clean(args) => block_on(clean::run(&args)),
        Command::Record(args) => block_on(async { record::run(&args, Interrupt::listen()).await }),
        Command::Parity(args) => parity::run(&args),
        Command::Config(args) => {
            let file = SettingsFile::find(config, variable)?;
            commands::config::run(&args, &Cli::command(), variable, file.as_ref())
        }
        Command::Man => man::run(Cli::command()),
        Command::Completions(args) => Ok(completions::run(&args, Cli::command())),
    }
}

fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Code::Internal, format!("cannot start: {error}")))?;
    runtime.block_on(work)
}

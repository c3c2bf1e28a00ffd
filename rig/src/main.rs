//! The program: hands over to the task tools or to the library, prints what a command says, and exits with its code.

#![warn(clippy::print_stderr, clippy::print_stdout)]

use std::{
    ffi::OsString,
    io::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{ColorChoice, CommandFactory as _, FromArgMatches as _};
use harness::environment::variable;
use hc_rig::{
    cli::{Cli, Command, LogFormat, color},
    commands::{self, Done},
    exit::{Code, Failure},
    export::Format,
    run::Interrupt,
    settings::{self, SettingsFile, Sources},
    stderr,
};

fn main() -> ExitCode {
    // What went wrong was told by the panic itself.
    std::panic::catch_unwind(program).unwrap_or_else(|_| {
        stderr::line("hc-rig: this is a bug of hc-rig; a run that was going on may have left something: hc-rig clean");
        Code::Internal.into()
    })
}

fn program() -> ExitCode {
    // Process tasks of the embedded fake run this very program as their tools.
    if let Some(code) = fake_marathon::task_tools::main() {
        return code;
    }
    let (cli, sources) = match parse() {
        Ok(parsed) => parsed,
        Err(failure) => {
            stderr::line(format_args!("hc-rig: {failure}"));
            return failure.code.into();
        }
    };
    color::decide(cli.color);
    log(&cli);
    if let Command::Fake { arguments } = cli.command {
        let own = std::env::current_exe().ok();
        let name = OsString::from("hc-rig fake");
        return fake_marathon::program::run(std::iter::once(name).chain(arguments), own.as_deref());
    }
    match run(cli.command, cli.config.as_deref(), &sources) {
        Ok(done) => {
            let told = tell(&done.text);
            if let Some(trouble) = done.trouble {
                stderr::line(format_args!("hc-rig: {trouble}"));
            }
            match told {
                Err(failure) if failure.code.severity() > done.code.severity() => {
                    stderr::line(format_args!("hc-rig: {failure}"));
                    failure.code.into()
                }
                _ => done.code.into(),
            }
        }
        Err(failure) => {
            stderr::line(format_args!("hc-rig: {failure}"));
            failure.code.into()
        }
    }
}

/// Says it on stdout. A reader that went away, as `head` does, has had enough, and that is no trouble.
fn tell(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::new(Code::Results, format!("cannot write to stdout: {error}")))
        }
        _ => Ok(()),
    }
}

/// What was typed, with what variables and the settings file say of flags that were not.
fn parse() -> Result<(Cli, Sources), Failure> {
    let line: Vec<OsString> = std::env::args_os().collect();
    // Only to find the file: what is wrong with the line is said by the parser, about the whole of it.
    let asked = Cli::command().ignore_errors(true).try_get_matches_from(&line).ok();
    let config = asked.as_ref().and_then(|matches| matches.get_one::<PathBuf>("config"));
    let file = SettingsFile::find(config.map(PathBuf::as_path), variable)?;
    let color = asked.as_ref().and_then(|matches| matches.get_one::<ColorChoice>("color").copied()).unwrap_or_default();
    let expanded = settings::expand(&Cli::command(), line, variable, file.as_ref())?;
    let parsed = Cli::command().color(color).try_get_matches_from(&expanded.line);
    match parsed.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => Ok((cli, expanded.sources())),
        Err(error) => match expanded.refused(&error, file.as_ref()) {
            Some(refusal) => Err(refusal),
            None => error.exit(),
        },
    }
}

/// Sends the log to stderr, if one was asked for.
fn log(cli: &Cli) {
    let level = match cli.verbose {
        0 => return,
        1 => "info",
        _ => "debug",
    };
    let filter = tracing_subscriber::EnvFilter::new(format!("warn,hc_rig={level},harness={level}"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    // It would tell of its own trouble with `eprintln!`.
    let log = log.log_internal_errors(false);
    match cli.log_format {
        LogFormat::Text => log.with_ansi(color::on_stderr()).init(),
        LogFormat::Json => log.json().init(),
    }
}

fn run(command: Command, config: Option<&Path>, sources: &Sources) -> Result<Done, Failure> {
    match command {
        Command::Fake { .. } => unreachable!("the fake is a program of its own"),
        Command::Try(args) => block_on(async { commands::try_pairs::run(&args, Interrupt::listen()).await }),
        Command::Run(args) => block_on(async { commands::run::run(&args, Interrupt::listen()).await }),
        Command::Resume(args) => block_on(async { commands::resume::resume(&args, Interrupt::listen()).await }),
        Command::Matrix(args) => block_on(async { commands::matrix::run(&args, Interrupt::listen()).await }),
        Command::Why { run, json: true, .. } => commands::why::explain_json(&run).map(Done::well),
        Command::Why { run, all, .. } => commands::why::explain(&run, all).map(Done::well),
        Command::Capture(args) => block_on(async { commands::capture::capture(&args, Interrupt::listen()).await }),
        Command::Sandbox(args) => block_on(commands::sandbox::sandbox(&args, std::io::stdout())),
        Command::Diff(args) => commands::diff::diff(&args),
        Command::Report { run, formats, redact } => {
            let formats = if formats.is_empty() { Format::ALL.to_vec() } else { formats };
            let run = if redact { commands::render::redacted(&run)? } else { run };
            commands::render::all(&run, &formats).map(|path| Done::well(format!("Report  {}\n", path.display())))
        }
        Command::Doctor(args) => block_on(async { commands::doctor::run(&args, sources, Interrupt::listen()).await }),
        Command::Sweep { dry_run, reach } => block_on(commands::sweep::run(&reach, dry_run)),
        Command::Login { reach } => block_on(commands::cluster::login(&reach, sources)),
        Command::Replay { run, speed } => {
            block_on(async { commands::replay::run(&run, speed, Interrupt::listen()).await })
        }
        Command::Apps { reach } => block_on(commands::cluster::apps(&reach)),
        Command::Clean { run, below, reach } => block_on(commands::clean::clean(run.as_deref(), &below, &reach)),
        Command::Record { out, cases, reach } => {
            block_on(async { commands::record::record(&out, &cases, &reach, Interrupt::listen()).await })
        }
        Command::Parity { dir } => commands::parity::parity(&dir),
        Command::Config { of } => {
            let file = SettingsFile::find(config, variable)?;
            commands::config::run(&Cli::command(), of.as_deref(), variable, file.as_ref())
        }
        Command::Man => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Cli::command())
                .render(&mut page)
                .map_err(|error| Failure::new(Code::Internal, error.to_string()))?;
            Ok(Done::well(String::from_utf8_lossy(&page)))
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "hc-rig", &mut script);
            Ok(Done::well(String::from_utf8_lossy(&script)))
        }
    }
}

fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Code::Internal, format!("cannot start: {error}")))?;
    runtime.block_on(work)
}

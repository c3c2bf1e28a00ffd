//! The program: hands over to the library and turns its answer into an exit code.

use std::process::ExitCode;

use clap::Parser as _;
use hc_rig::{
    cli::{Cli, Command},
    commands,
    exit::Failure,
};

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("hc-rig: {failure}");
            failure.code.into()
        }
    }
}

fn run(cli: Cli) -> Result<(), Failure> {
    match cli.command {
        Command::Why { run, all } => print!("{}", commands::why::explain(&run, all)?),
        Command::Report { run } => println!("Report  {}", commands::render::all(&run)?.display()),
    }
    Ok(())
}

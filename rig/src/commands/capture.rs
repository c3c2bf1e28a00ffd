//! `hc-rig capture RUN TASK --ssh user@host`: sysdig on the task's agent for a bounded time.

use std::{fmt::Write as _, fs, path::PathBuf, time::Duration};

use clap::Args;
use harness::watch::short;

use crate::{
    capture::{
        filter,
        session::{self, Agent, Wanted},
        unpack::{numbered, unpack},
    },
    cli::{spoken::quoted, values},
    commands::Done,
    exit::{Code, Failure},
    folder::locate,
    run::Interrupt,
    sandbox::which,
};

/// The longest capture: it is to be looked through by a person.
const LONGEST: Duration = Duration::from_secs(3600);

/// What `hc-rig capture` is asked for.
#[derive(Args, Clone, Debug)]
pub struct CaptureArgs {
    /// The run: its folder or its name
    pub run: String,
    /// The task: its id, the short form of the reports (435aa001.1), or a part of it
    pub task: String,
    /// The task's agent, as ssh knows it: user@host, ssh://user@host:port, or a name of ~/.ssh/config. It must let us in
    /// without a question
    #[arg(long, value_name = "USER@HOST")]
    pub ssh: String,
    /// How long
    #[arg(long = "for", value_name = "TIME", value_parser = values::duration, default_value = "10s")]
    pub length: Duration,
    /// Where the capture goes; sysdig's number is put behind it [default: capture-TASK.scap.gz in the run's folder]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Become root on the agent with sudo, which must not ask for a password
    #[arg(long)]
    pub sudo: bool,
    /// A setting of ssh, as in ssh_config: IdentityFile=KEY (may be repeated)
    #[arg(long = "ssh-option", value_name = "NAME=VALUE")]
    pub ssh_options: Vec<String>,
}

/// Captures and brings the files back.
///
/// # Errors
/// See [`session::capture`]; exit code 2: there is no such task, or the files are there already; 7: they cannot be written.
pub async fn capture(args: &CaptureArgs, interrupt: Interrupt) -> Result<Done, Failure> {
    if args.length > LONGEST {
        return Err(Failure::usage("--for: an hour at most"));
    }
    if args.ssh.is_empty() || args.ssh.starts_with('-') {
        return Err(Failure::usage(format!("--ssh {}: name a host, as in user@host", args.ssh)));
    }
    let (run, story) = which::task(&args.run, Some(&args.task))?;
    let wanted = Wanted {
        filter: filter::of(&story)?,
        executor: story.executor_pid,
        seconds: args.length.as_secs_f64().ceil().max(1.0) as u64,
    };
    let out = match &args.out {
        Some(out) => out.clone(),
        None => {
            let folders = which::folders(&args.run)?;
            let own = folders.into_iter().find(|folder| {
                folder
                    .manifest()
                    .is_ok_and(|manifest| manifest.app == run.manifest.app && manifest.run == run.manifest.run)
            });
            let folder = own.map_or_else(|| PathBuf::from(locate::BELOW), |folder| folder.path().to_owned());
            folder.join(format!("capture-{}.scap.gz", short(&story.id)))
        }
    };
    if let Some(there) = ["", "0"].map(|number| numbered(&out, number)).into_iter().find(|path| path.exists()) {
        return Err(Failure::usage(format!("{} is there already: name another file with --out", there.display())));
    }
    let results = |error: std::io::Error| Failure::results(&out, &error);
    // Beside the files to come, and without a name: however this ends, nothing half-done is left.
    let beside =
        out.parent().filter(|parent| !parent.as_os_str().is_empty()).map_or_else(|| PathBuf::from("."), Into::into);
    let mut tar = tempfile::tempfile_in(beside).map_err(results)?;
    let agent = Agent { destination: args.ssh.clone(), options: args.ssh_options.clone(), sudo: args.sudo };
    session::capture(&agent, &wanted, &mut tar, &interrupt).await?;
    let files = unpack(&mut tar, &out).map_err(results)?;
    if files.is_empty() {
        return Err(Failure::new(Code::Internal, format!("{} sent no capture", args.ssh)));
    }
    let mut text = String::new();
    for file in &files {
        let size = fs::metadata(file).map_err(results)?.len();
        let path = file.display().to_string();
        let _ = writeln!(text, "Captured     {path} ({size} bytes)");
        let _ = writeln!(text, "Read with    sysdig -r {}", quoted(&path));
    }
    if interrupt.stop.is_cancelled() {
        return Ok(Done {
            text,
            trouble: Some("stopped early; this is what there was".to_owned()),
            code: Code::Stopped,
        });
    }
    Ok(Done::well(text))
}

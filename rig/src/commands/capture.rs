//! `hc-rig capture RUN TASK --ssh user@host`: sysdig on the task's agent for a bounded time.

use std::{fs, path::PathBuf, time::Duration};

use clap::Args;
use harness::watch::short;

use crate::{
    capture::{
        filter,
        session::{self, Agent, Wanted},
        unpack::{numbered, unpack},
    },
    command_line::quoted,
    exit::{Code, Completion, Failure},
    flags::values,
    folder::{RunFolder, locate, manifest::Manifest},
    run::Interrupt,
    sandbox::which,
    terminal::layout::field,
};

/// The longest capture: a person has to read it.
const LONGEST: Duration = Duration::from_secs(3600);

/// Arguments of `hc-rig capture`.
#[derive(Args, Clone, Debug)]
pub struct CaptureArgs {
    /// The run (nothing for the latest), then the task
    ///
    /// The run is its folder or its name, the task its id, the short form of the reports (435aa001.1), or a part of it.
    #[arg(value_name = "RUN] [TASK", num_args = 1..=2, required = true)]
    pub words: Vec<String>,
    /// The task's agent, as ssh knows it
    ///
    /// user@host, ssh://user@host:port, or a name of ~/.ssh/config. ssh must not have to ask for anything.
    #[arg(long, value_name = "USER@HOST")]
    pub ssh: String,
    /// Duration of the capture
    #[arg(long = "for", value_name = "TIME", value_parser = values::duration, default_value = "10s")]
    pub length: Duration,
    /// The file [default: capture-TASK.scap.gz in the run's folder]
    ///
    /// sysdig appends a number.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Become root on the agent with sudo, which must not ask for a password
    #[arg(long)]
    pub sudo: bool,
    /// A setting of ssh, as in ssh_config: IdentityFile=KEY (may be repeated)
    #[arg(long = "ssh-option", hide_short_help = true, value_name = "NAME=VALUE")]
    pub ssh_options: Vec<String>,
}

/// Captures, and copies the files here.
///
/// # Errors
/// See [`session::capture`]; exit code 2: there is no such task, or the files are there already; 7: they cannot be written.
pub async fn run(args: &CaptureArgs, interrupt: Interrupt) -> Result<Completion, Failure> {
    if args.length > LONGEST {
        return Err(Failure::usage("--for must not be longer than 1h"));
    }
    if args.ssh.is_empty() || args.ssh.starts_with('-') {
        return Err(Failure::usage(format!("--ssh {}: not a host; write user@host", args.ssh)));
    }
    let (named, task) = match &args.words[..] {
        [run, task, ..] => (Some(run.as_str()), task),
        [task] => (None, task),
        [] => return Err(Failure::usage("name a task")),
    };
    let (run, life) = which::task(named, Some(task))?;
    let wanted = Wanted {
        filter: filter::of(&life)?,
        executor: life.executor_pid,
        seconds: args.length.as_secs_f64().ceil().max(1.0) as u64,
    };
    let out = match &args.out {
        Some(out) => out.clone(),
        None => default_file(named, &run.manifest, &life.id)?,
    };
    if let Some(there) = ["", "0"].map(|number| numbered(&out, number)).into_iter().find(|path| path.exists()) {
        return Err(Failure::usage(format!("{} exists already; name another file with --out", there.display())));
    }
    let results = |error: std::io::Error| Failure::results(&out, &error);
    // In the same folder and without a name, so that nothing incomplete is left, however this ends.
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
        field(&mut text, "Captured", format_args!("{path} ({size} bytes)"));
        field(&mut text, "Read with", format_args!("sysdig -r {}", quoted(&path)));
    }
    if interrupt.stop.is_cancelled() {
        return Ok(Completion::failed(text, Failure::new(Code::Stopped, "stopped early; the capture so far is kept")));
    }
    Ok(Completion::passed(text))
}

/// The file for the capture of a task in the folder of its run.
fn default_file(run: Option<&str>, manifest: &Manifest, task: &str) -> Result<PathBuf, Failure> {
    let is_own = |folder: &RunFolder| {
        folder.manifest().is_ok_and(|other| other.app == manifest.app && other.run == manifest.run)
    };
    let own = which::folders(run)?.into_iter().find(is_own);
    let folder = own.map_or_else(|| PathBuf::from(locate::BELOW), |folder| folder.path().to_owned());
    Ok(folder.join(file_name(task)))
}

/// A name made of the task's, which the server chose, so that it leads nowhere else.
fn file_name(task: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
    let name: String = short(task).chars().map(plain).take(64).collect();
    format!("capture-{name}.scap.gz")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_does_not_choose_where_its_capture_is_written() {
        for (task, name) in [
            ("a.instance-435aa001-49e0-11f0-99a3-7d5757aaf520._app.1", "capture-435aa001.1.scap.gz"),
            ("../../../etc/cron.d/x", "capture-.._.._.._etc_cron.d_x.scap.gz"),
            ("/etc/passwd\0\n", "capture-_etc_passwd__.scap.gz"),
        ] {
            assert_eq!(file_name(task), name);
        }
        assert_eq!(file_name(&"x".repeat(5000)).len(), "capture-.scap.gz".len() + 64);
    }
}

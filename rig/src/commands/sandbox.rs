//! `hc-rig sandbox RUN|--task ID [ls|stdout|stderr|FILE]`: what a task left on its agent.

use std::{
    fmt::Write as _,
    io::{self, Write},
    time::Duration,
};

use clap::Args;
use futures::StreamExt as _;
use harness::{
    Client,
    marathon::{mesos::Agent, sandbox::Sandbox},
    transport::ByteStream,
};
use tokio::time::timeout;

use crate::{
    cli::spoken::quoted,
    commands::Done,
    exit::{Code, Failure},
    run::reach::{self, Reach},
    sandbox::{
        listing,
        which::{self, Wanted},
    },
};

/// How long a file may be silent while it is sent.
const SILENCE: Duration = Duration::from_secs(30);

/// What `hc-rig sandbox` is asked for.
#[derive(Args, Clone, Debug)]
pub struct SandboxArgs {
    /// The run (its folder or name), then what of the sandbox: ls (also when left out), stdout, stderr, another file, or
    /// a folder with / at its end. With --task the run may be left out
    #[arg(value_name = "RUN] [FILE", num_args = 0..=2)]
    pub words: Vec<String>,
    /// The task: its id, the short form of the reports (435aa001.1), or a part of it [default: the run's first in trouble]
    #[arg(long, value_name = "ID")]
    pub task: Option<String>,
    /// Which cluster [default: the run's].
    #[command(flatten)]
    pub reach: Reach,
}

/// Finds the task's sandbox and tells what is in it, or writes a file of it to `out`.
///
/// # Errors
/// Exit code 2: there is no such run, task, agent, sandbox or file (any more); 4 and 5: the cluster cannot be asked.
pub async fn sandbox(args: &SandboxArgs, out: impl Write) -> Result<Done, Failure> {
    let (run, word) = which::split(&args.words, args.task.as_deref());
    let (client, task, agent) = match (run, args.task.as_deref()) {
        (Some(run), task) => {
            let (run, story) = which::task(run, task)?;
            let client = reach::client(&args.reach.settings_of(&run.manifest).await?)?;
            let marathon = client.info_if_allowed().await.map_err(|error| reach::failure(&error))?;
            reach::same_cluster(&run.manifest, client.url(), &marathon)?;
            (client, story.id, Some(story.agent))
        }
        (None, Some(task)) => (reach::client(&args.reach.settings().await?)?, task.to_owned(), None),
        (None, None) => return Err(Failure::usage("name a run, or a task with --task ID")),
    };
    let (task, sandbox) = find(&client, task, agent).await?;
    match Wanted::of(word) {
        Wanted::Listing(folder) => list(&client, &task, &sandbox, &folder).await.map(Done::well),
        Wanted::File(file) => {
            let bytes = client.sandbox_file(&sandbox, &file).await.map_err(|error| no_file(&error, &sandbox, &file))?;
            send(bytes, out).await?;
            Ok(Done::well(""))
        }
    }
}

/// The sandbox of a task, on the agent that ran it as far as that is known.
async fn find(client: &Client, task: String, agent: Option<String>) -> Result<(String, Sandbox), Failure> {
    let state = client.mesos_state().await.map_err(|error| reach::failure(&error))?;
    let (task, agent) = match agent.filter(|agent| !agent.is_empty()) {
        Some(agent) => (task, agent),
        None => {
            let tasks = state.tasks();
            let id = which::one(tasks.keys().map(String::as_str), &task)
                .map_err(|why| Failure::usage(format!("Mesos at {}: {why}", client.url())))?;
            (id.to_owned(), tasks[id].clone())
        }
    };
    let gone = || Failure::usage(format!("agent {agent}, which ran {task}, is not registered with Mesos any more"));
    let agent: &Agent = state.agents.iter().find(|each| each.id == agent).ok_or_else(gone)?;
    let found = client.sandbox(agent, &task).await.map_err(|error| reach::failure(&error))?;
    let found = found.ok_or_else(|| {
        Failure::usage(format!("agent {} knows nothing of {task} any more: its sandbox was collected", agent.hostname))
    })?;
    Ok((task, found))
}

async fn list(client: &Client, task: &str, sandbox: &Sandbox, folder: &str) -> Result<String, Failure> {
    let files = client.sandbox_files(sandbox, folder).await.map_err(|error| no_file(&error, sandbox, folder))?;
    if !folder.is_empty() {
        return Ok(listing::files(&files));
    }
    // An agent that does not tell its containers has told the rest.
    let pid = client.executor_pid(sandbox).await.unwrap_or_default();
    let mut text = listing::head(task, sandbox, pid);
    let _ = writeln!(text, "\n{}", listing::files(&files));
    let _ = writeln!(text, "a file     hc-rig sandbox --task {} stderr", quoted(task));
    let _ = writeln!(text, "on agent   ssh {} ls -la {}", quoted(&sandbox.agent.hostname), quoted(&sandbox.directory));
    Ok(text)
}

/// Passes a file on as it comes. A reader that has seen enough, such as `head`, ends it.
async fn send(mut bytes: ByteStream, mut out: impl Write) -> Result<(), Failure> {
    let written = |written: io::Result<()>| match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Failure::new(Code::Results, format!("cannot write the file: {error}"))),
        Ok(()) => Ok(true),
    };
    loop {
        let silent = |_| Failure::new(Code::Unreachable, format!("the agent has sent nothing for {SILENCE:?}"));
        let Some(chunk) = timeout(SILENCE, bytes.next()).await.map_err(silent)? else {
            return written(out.flush()).map(drop);
        };
        let broken = |error| Failure::new(Code::Unreachable, format!("the file broke off: {error}"));
        if !written(out.write_all(&chunk.map_err(broken)?))? {
            return Ok(());
        }
    }
}

fn no_file(error: &harness::Error, sandbox: &Sandbox, path: &str) -> Failure {
    match error.status_code().map(|status| status.as_u16()) {
        Some(404) => {
            let what = if path.is_empty() { "its sandbox (collected?)" } else { path };
            Failure::usage(format!("agent {} has no {what} in {}", sandbox.agent.hostname, sandbox.directory))
        }
        // Mesos's words for the rest begin with the whole path, and the end of them is the news.
        Some(400) if error.message().is_some_and(|why| why.contains("a directory")) => {
            Failure::usage(format!("{path} is a folder: list it with {path}/"))
        }
        Some(400) => Failure::usage(format!("the agent refuses {path}: it lies outside the sandbox of the task")),
        _ => reach::failure(error),
    }
}

//! Reads a sandbox through its agent.

use std::{
    fmt::Write as _,
    io::{self, Write},
    time::Duration,
};

use futures::StreamExt as _;
use harness::{
    Client,
    marathon::{mesos::Agent, sandbox::Sandbox},
    transport::ByteStream,
};
use tokio::time::timeout;

use crate::{
    command_line::quoted,
    exit::{Code, Failure},
    run::reach,
    sandbox::which,
    terminal::sandbox as render,
};

/// The longest pause while a file is sent.
const SILENCE: Duration = Duration::from_secs(30);

/// The sandbox of a task and its whole id; `agent` is the agent that ran it, if that is known.
///
/// # Errors
/// Exit code 2: the task, its agent or its sandbox does not exist any more.
pub async fn find(client: &Client, task: String, agent: Option<String>) -> Result<(String, Sandbox), Failure> {
    let (state, tasks) = client.mesos_state_and_tasks().await.map_err(|error| reach::failure(&error))?;
    let (task, agent) = match agent.filter(|agent| !agent.is_empty()) {
        Some(agent) => (task, agent),
        None => {
            let id = which::one(tasks.keys().map(String::as_str), &task)
                .map_err(|why| Failure::usage(format!("Mesos at {}: {why}", client.url())))?;
            (id.to_owned(), tasks[id].clone())
        }
    };
    let gone = || Failure::usage(format!("agent {agent}, which ran {task}, is no longer registered with Mesos"));
    let agent: &Agent = state.agents.iter().find(|each| each.id == agent).ok_or_else(gone)?;
    let found = client.sandbox(agent, &task).await.map_err(|error| reach::failure(&error))?;
    let found = found.ok_or_else(|| {
        Failure::usage(format!("agent {} no longer knows {task}: its sandbox was collected", agent.hostname))
    })?;
    Ok((task, found))
}

/// What a folder of the sandbox holds; the sandbox itself with where it is.
///
/// # Errors
/// Exit code 2: there is no such folder.
pub async fn list(client: &Client, task: &str, sandbox: &Sandbox, folder: &str) -> Result<String, Failure> {
    let files = client.sandbox_files(sandbox, folder).await.map_err(|error| no_file(&error, sandbox, folder))?;
    if !folder.is_empty() {
        return Ok(render::files(&files));
    }
    // Without its containers an agent still reports the rest.
    let pid = client.executor_pid(sandbox).await.unwrap_or_default();
    let mut text = render::head(task, sandbox, pid);
    let _ = writeln!(text, "\n{}", render::files(&files));
    let _ = writeln!(text, "a file     hc-rig sandbox --task {} stderr", text::visible(&quoted(task)));
    let ls = format!("{} ls -la {}", quoted(&sandbox.agent.hostname), quoted(&sandbox.directory));
    let _ = writeln!(text, "on agent   ssh -- {}", text::visible(&ls));
    Ok(text)
}

/// Copies a file as it arrives. A reader that went away, such as `head`, ends it without an error.
///
/// # Errors
/// Exit code 5: the file stopped arriving; 7: it cannot be written.
pub async fn send(mut bytes: ByteStream, mut out: impl Write) -> Result<(), Failure> {
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
        let broken = |error| Failure::new(Code::Unreachable, format!("the file is incomplete: {error}"));
        if !written(out.write_all(&chunk.map_err(broken)?))? {
            return Ok(());
        }
    }
}

/// Why a file or folder cannot be read.
pub fn no_file(error: &harness::Error, sandbox: &Sandbox, path: &str) -> Failure {
    match error.status_code().map(|status| status.as_u16()) {
        Some(404) => {
            let what = if path.is_empty() { "sandbox (collected?)" } else { path };
            Failure::usage(format!("agent {} has no {what} in {}", sandbox.agent.hostname, sandbox.directory))
        }
        // Mesos names the whole path first, and the reason at the end.
        Some(400) if error.message().is_some_and(|why| why.contains("a directory")) => {
            Failure::usage(format!("{path} is a folder: list it with {path}/"))
        }
        Some(400) => Failure::usage(format!("the agent refuses {path}: it lies outside the sandbox of the task")),
        _ => reach::failure(error),
    }
}

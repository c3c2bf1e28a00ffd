//! `hc-rig sandbox`: what a task left on its agent.

use std::io::Write;

use clap::Args;

use crate::{
    exit::{Completion, Failure},
    run::reach::{self, Reach},
    sandbox::{
        fetch::{find, list, no_file, send},
        which::{self, Wanted},
    },
};

/// Arguments of `hc-rig sandbox`.
#[derive(Args, Clone, Debug)]
pub struct SandboxArgs {
    /// The run (its folder, its name, or latest, which is the default), then what to print of the sandbox: ls (the default),
    /// stdout, stderr, another file, or a folder ending in /. With --task the run may be left out
    #[arg(value_name = "RUN] [FILE", num_args = 0..=2)]
    pub words: Vec<String>,
    /// The task: its id, the short form of the reports (435aa001.1), or a part of it [default: the first affected task]
    #[arg(long, value_name = "ID")]
    pub task: Option<String>,
    /// Which cluster [default: the run's].
    #[command(flatten)]
    pub reach: Reach,
}

/// Finds the task's sandbox and lists it, or writes a file of it to `out`.
///
/// # Errors
/// Exit code 2: there is no such run, task, agent, sandbox or file (any more); 4 and 5: the cluster cannot be asked.
pub async fn run(args: &SandboxArgs, out: impl Write) -> Result<Completion, Failure> {
    let (run, word) = which::split(&args.words, args.task.as_deref());
    let (client, task, agent) = match (run, args.task.as_deref()) {
        (None, Some(task)) => (reach::client(&args.reach.settings().await?)?, task.to_owned(), None),
        (run, task) => {
            let (run, life) = which::task(run, task)?;
            let client = reach::client(&args.reach.settings_of(&run.manifest).await?)?;
            let marathon = client.info_if_allowed().await.map_err(|error| reach::failure(&error))?;
            reach::same_cluster(&run.manifest, client.url(), &marathon)?;
            (client, life.id, Some(life.agent))
        }
    };
    let (task, sandbox) = find(&client, task, agent).await?;
    match Wanted::of(word) {
        Wanted::Listing(folder) => list(&client, &task, &sandbox, &folder).await.map(Completion::passed),
        Wanted::File(file) => {
            let bytes = client.sandbox_file(&sandbox, &file).await.map_err(|error| no_file(&error, &sandbox, &file))?;
            send(bytes, out).await?;
            Ok(Completion::passed(""))
        }
    }
}

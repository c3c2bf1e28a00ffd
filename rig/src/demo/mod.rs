//! `hc-rig try --demo`: an effect worth seeing, without a cluster. So far one: a hung task among many.
//!
//! [`one_hung_task`] deploys and measures, [`recording`] compares the result ages with those of a real Marathon, `text`
//! renders the result.

pub mod one_hung_task;
pub mod recording;
mod text;

#[cfg(test)]
mod tests;

use clap::ValueEnum;
use fixtures::{Check, Containerizer, Pair};

use crate::{
    arguments::{Degraded, Output, PairSet},
    command_line,
    demo::one_hung_task::{HEALTHY_TASKS, Measured, Setup, measure},
    exit::{Code, Completion, Failure},
    results::{actions, discard, render},
    run::{
        Interrupt,
        embedded::{Embedded, EmbeddedArgs, Offers, Size},
    },
    verdict::Verdict,
    why::{Diagnosis, Reason},
};

/// The demos.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Demo {
    /// One hung task delays the check results of all others when Marathon checks; with --pair mesos,MESOS_HTTP it does not
    OneHungTask,
}

/// What the command line says beside the name of the demo.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// The pair, if one is named.
    pub pairs: &'a [PairSet],
    /// The fake cluster.
    pub fake: &'a EmbeddedArgs,
    /// When the run is degraded.
    pub degraded: Degraded,
    /// Where results go.
    pub output: &'a Output,
}

/// Runs the demo under the checks of the one pair of the line.
///
/// # Errors
/// Whatever is wrong before anything is deployed, and what went wrong with the results.
pub async fn run(demo: Demo, line: Line<'_>, interrupt: Interrupt) -> Result<Completion, Failure> {
    match demo {
        Demo::OneHungTask => one_hung_task(pair(line.pairs)?, line, interrupt).await,
    }
}

/// The one pair: a hung task still accepts connections, so it takes an HTTP check to notice.
fn pair(pairs: &[PairSet]) -> Result<Pair, Failure> {
    match *pairs {
        [] => Ok(Pair::new(Containerizer::Mesos, Check::Http)),
        [PairSet::One(pair)] if pair.check.is_http() => Ok(pair),
        [PairSet::One(pair)] => Err(Failure::usage(format!(
            "{pair}: a hung task still accepts connections, so only an HTTP check notices it; use a pair with HTTP, \
             HTTPS, MESOS_HTTP or MESOS_HTTPS"
        ))),
        [PairSet::All | PairSet::Procedure] | [_, _, ..] => {
            Err(Failure::usage("a demo runs one pair: give --pair once"))
        }
    }
}

async fn one_hung_task(pair: Pair, line: Line<'_>, interrupt: Interrupt) -> Result<Completion, Failure> {
    let Line { fake, degraded, output, .. } = line;
    let progress = output.progress("demo", Some(&interrupt)).await?;
    let folder = output.make_folder("demo")?;
    let tasks = fake.tasks.describe();
    let Embedded { fake, client, found, cluster } =
        interrupt.before_deployment(Embedded::start(fake, fake.offers(Offers::Prompt), Size::default())).await?;
    progress.note(&format!(
        "One hung task among {HEALTHY_TASKS} under {pair} checks: fake Marathon {}, {tasks}; about 80 s",
        found.marathon.version
    ));
    let bar = progress.run(&pair.to_string(), HEALTHY_TASKS);
    let setup = Setup { pair, cluster, folder: folder.clone(), command: command_line::current(), degraded };
    let measured = measure(&client, setup, bar, &interrupt).await;
    fake.shutdown().await;
    let Measured { outcome, hung } = measured.inspect_err(|_| discard(&folder))?;
    let run = render::one(&folder).map_err(|failure| failure.once_deployed(Code::Results))?;
    let diagnosis = Diagnosis::of(&run);
    let mut code = outcome.code();
    let mut problem = outcome.failure.map(|failure| failure.message);
    if let (Err(failure), None) = (hung, &problem) {
        let failure = failure.once_deployed(Code::Failed);
        (code, problem) = (failure.code, Some(failure.message));
    }
    let (verdict, expected) =
        if pair.check.is_native() { (Verdict::Passed, Reason::Hung) } else { (Verdict::Degraded, Reason::HeadOfLine) };
    let as_recorded = run.summary.verdict == verdict && diagnosis.conclusions.iter().any(|one| one.reason == expected);
    if problem.is_none() && !as_recorded {
        code = Code::Failed;
        problem = Some(
            "the result does not match the recording of a real Marathon; a busy machine can cause this, so try again"
                .to_owned(),
        );
    }
    let closing = text::render(&run, &diagnosis, &folder.path().display().to_string(), pair);
    let end = closing.end(Completion { problem, code, ..Completion::passed("") });
    let end = actions::of_run(folder.path(), &run, end);
    Ok(output.finish(folder.path(), "summary.json", end))
}

//! `hc-rig try --demo`: a thing worth seeing, on the embedded fake.

use std::fmt::Write as _;

use clap::ValueEnum;
use fixtures::{Check, Containerizer, Pair};

use crate::{
    cli::spoken,
    commands::{
        Done,
        output::Output,
        pairs::PairSet,
        render,
        run::{discard, stopped_early},
    },
    demo::{Setting, Shown, recording, show, show::WELL},
    exit::{Code, Failure},
    folder::{Run, RunFolder},
    run::{
        Interrupt,
        embedded::{Embedded, EmbeddedArgs, Size},
    },
    why::{Diagnosis, Reason, stall::stalls, text},
};

/// What can be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Demo {
    /// One hung task makes everybody's news old when Marathon checks; with --pair mesos,MESOS_HTTP only it suffers
    OneHungTask,
}

/// Shows it under the checks of the one pair that `pairs` names.
///
/// # Errors
/// Whatever is wrong before anything is deployed, and what went wrong with the results.
pub async fn run(
    pairs: &[PairSet],
    fake: &EmbeddedArgs,
    output: &Output,
    interrupt: Interrupt,
) -> Result<Done, Failure> {
    let pair = match *pairs {
        [] => Pair::new(Containerizer::Mesos, Check::Http),
        [PairSet::One(pair)] if pair.check.is_http() => pair,
        [PairSet::One(pair)] => {
            return Err(Failure::usage(format!(
                "{pair}: a hung task shows only where HTTP is spoken, since it still takes connections: name a pair with HTTP, \
                 HTTPS, MESOS_HTTP or MESOS_HTTPS"
            )));
        }
        _ => return Err(Failure::usage("a demo shows one pair: name --pair once")),
    };
    let progress = output.progress().await?;
    let folder = RunFolder::create(output.folder("demo"))?;
    let embedded = tokio::select! {
        started = Embedded::start(fake, Size::default()) => started?,
        () = interrupt.stop.cancelled() => return Err(stopped_early()),
    };
    let Embedded { fake, client, found, cluster } = embedded;
    progress.say(&format!(
        "One hung task among {WELL} under {pair} checks: fake Marathon {}, real processes, real checks; about 80 s",
        found.marathon.version
    ));
    let bar = progress.pair(&pair.to_string(), WELL);
    let setting = Setting { pair, cluster, folder: folder.clone(), command: spoken::command_line() };
    let shown = show(&client, setting, bar, &interrupt).await;
    fake.shutdown().await;
    let Shown { outcome, hung } = match shown {
        Ok(shown) => shown,
        Err(failure) => {
            discard(&folder);
            return Err(failure);
        }
    };
    let run = render::one(&folder)?;
    let diagnosis = Diagnosis::of(&run);
    let name = folder.path().display().to_string();
    let mut code = outcome.code();
    let mut trouble = outcome.failure.map(|failure| failure.message);
    if let (Err(failure), Code::Passed) = (hung, code) {
        (code, trouble) = (failure.code, Some(failure.message));
    }
    let expected = if pair.check.is_native() { Reason::Hung } else { Reason::HeadOfLine };
    if code == Code::Passed && !diagnosis.conclusions.iter().any(|one| one.reason == expected) {
        code = Code::Failed;
        trouble = Some(
            "it did not come out as the recording has it; a machine that is too busy spoils it, try again".to_owned(),
        );
    }
    Ok(output.with_copy(folder.path(), Done { text: tell(&run, &diagnosis, &name, pair), trouble, code }))
}

/// Ages, diagnosis, next command.
fn tell(run: &Run, diagnosis: &Diagnosis, folder: &str, pair: Pair) -> String {
    let mut out = String::new();
    let ages = &run.evidence.ages;
    if pair.check.is_native() {
        let _ = writeln!(out, "SHOWN        {pair}: only the hung task suffers");
        let _ = writeln!(
            out,
            "Others       {} of {WELL} healthy at the end, {} ever unhealthy; {} changes of health",
            run.summary.last.healthy,
            run.summary.sick_tasks,
            run.stories.all().map(|story| story.flips).sum::<u64>()
        );
        let _ = writeln!(out, "Ages         cannot be known: Mesos's checks report changes only");
    } else {
        let found = stalls(ages, 1.0);
        let _ = writeln!(
            out,
            "SHOWN        {pair}: one hung task made the news of all {WELL} others up to {:.1} s old, and none was called unhealthy",
            found.peak
        );
        compared(&mut out, run);
    }
    out.push('\n');
    out.push_str(&text::short(diagnosis));
    let other = if pair.check.is_native() { "mesos,HTTP" } else { "mesos,MESOS_HTTP" };
    let _ = writeln!(out, "\n{:<12} {folder}/report.html   (opens offline)", "Report");
    let _ = writeln!(out, "{:<12} hc-rig why {folder}", "Next");
    let _ = writeln!(out, "{:<12} hc-rig try --demo one-hung-task --pair {other}", "Compare");
    out
}

/// Our ages beside the recorded ones.
fn compared(out: &mut String, run: &Run) {
    let ages = &run.evidence.ages;
    let Some(fit) = recording::fit(ages) else {
        let _ = writeln!(out, "Recorded     not compared: it was watched for a shorter time than the recording");
        return;
    };
    let mut row = |label: &str, values: Vec<String>| {
        let cells: Vec<String> = values.into_iter().map(|value| format!("{value:>5}")).collect();
        let _ = writeln!(out, "{label:<12} {}", cells.join(""));
    };
    let recorded = recording::ages();
    row("Second", recorded.iter().map(|(t, _)| format!("{t:.0}")).collect());
    row("Here", recorded.iter().map(|(t, _)| format!("{:.1}", recording::at(ages, fit.begins + t))).collect());
    row("Recorded", recorded.iter().map(|(_, age)| format!("{age:.1}")).collect());
    let _ = writeln!(
        out,
        "{:<12} middle age of the last results in seconds; at most {:.1} s from a real Marathon 1.11.26's",
        "", fit.apart
    );
}

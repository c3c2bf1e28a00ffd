//! The demo in virtual time, with simulated tasks: the whole run, its folder and its diagnosis.

use fake_marathon::{FakeMarathon, Tasks};
use harness::{Client, Transport};

use super::*;
use crate::{
    folder::{
        Run, RunFolder,
        manifest::{Cluster, ClusterKind},
    },
    run::DEGRADED_AFTER,
    terminal::progress::Progress,
    verdict::EndReason,
    why::{Confidence, stall::stalls},
};

async fn measured_run(check: Check) -> (tempfile::TempDir, Run) {
    tokio::time::pause();
    let fake = FakeMarathon::builder().tasks(Tasks::Simulated).agents(5).prompt_offers().start().await.unwrap();
    let client = Client::in_process(Transport::in_process(fake.service()));
    let folder = tempfile::tempdir().unwrap();
    let setup = Setup {
        pair: Pair::new(Containerizer::Mesos, check),
        cluster: Cluster { kind: ClusterKind::Embedded, ..Cluster::default() },
        folder: RunFolder::create(folder.path().join("run")).unwrap(),
        command: String::new(),
        degraded: Degraded { degraded_after: DEGRADED_AFTER, allow_degraded: false },
    };
    let run_folder = setup.folder.clone();
    let bar = Progress::new(true).run("demo", HEALTHY_TASKS);
    let measured = measure(&client, setup, bar, &Interrupt::default()).await.unwrap();
    measured.hung.unwrap();
    fake.shutdown().await;
    (folder, run_folder.read().unwrap())
}

#[tokio::test]
async fn result_ages_are_within_two_seconds_of_the_recording_and_the_task_is_named() {
    let (_folder, run) = measured_run(Check::Http).await;
    let fit = recording::fit(&run.evidence.ages).expect("a run as long as the recording");
    assert!(fit.difference <= 2.0, "{fit:?}\n{:?}", run.evidence.ages);
    let found = stalls(&run.evidence.ages, 1.0);
    assert_eq!((found.unhealthy, found.healthy), (0, 60), "nobody is called unhealthy");

    let summary = &run.summary;
    assert_eq!((summary.verdict, summary.reason), (Verdict::Degraded, Some(EndReason::StaleResults)), "{summary:?}");
    assert_eq!(summary.exit, 3);

    let diagnosis = Diagnosis::of(&run);
    let first = &diagnosis.conclusions[0];
    assert_eq!(first.reason, Reason::HeadOfLine, "{diagnosis:#?}");
    // In virtual time no task is probed over a socket: the timeout that Marathon reports is the only evidence.
    assert_eq!(first.confidence, Confidence::Medium, "{first:#?}");
    assert!(first.tasks[0].starts_with("hc-rig_one-hung-task-hung_hung.instance-"), "{:?}", first.tasks);
    for part in ["256 / 61 = 4.2 s", "20 − 4.2 = 15.8 s", "60 of these tasks were called healthy"] {
        assert!(first.text.contains(part), "{part} is missing in:\n{}", first.text);
    }
    assert!(first.evidence.iter().any(|line| line.contains("they agree")), "{:#?}", first.evidence);
}

#[tokio::test]
async fn under_native_checks_no_other_task_is_affected() {
    let (_folder, run) = measured_run(Check::MesosHttp).await;
    assert_eq!((run.summary.last.healthy, run.summary.sick_tasks), (60, 0));
    assert_eq!((run.summary.verdict, run.summary.exit), (Verdict::Passed, 0));
    assert!(Diagnosis::of(&run).conclusions.iter().all(|one| one.reason != Reason::HeadOfLine));
}

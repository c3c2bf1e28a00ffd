//! The demo in virtual time, with simulated tasks: the whole run, its folder and its diagnosis.

use fake_marathon::{FakeMarathon, Tasks};
use fixtures::{Check, Containerizer, Pair};
use harness::{Client, Transport};

use super::*;
use crate::{
    folder::{Run, RunFolder, manifest::Cluster},
    progress::Progress,
    run::Interrupt,
    why::{Diagnosis, Reason, Sureness, stall::stalls},
};

async fn shown(check: Check) -> (tempfile::TempDir, Run) {
    tokio::time::pause();
    let fake = FakeMarathon::builder().tasks(Tasks::Simulated).agents(5).prompt_offers().start().await.unwrap();
    let client = Client::in_process(Transport::in_process(fake.service()));
    let folder = tempfile::tempdir().unwrap();
    let setting = Setting {
        pair: Pair::new(Containerizer::Mesos, check),
        cluster: Cluster { kind: "fake".to_owned(), ..Cluster::default() },
        folder: RunFolder::create(folder.path().join("run")).unwrap(),
        command: String::new(),
    };
    let run_folder = setting.folder.clone();
    let bar = Progress::new(true).pair("demo", 60);
    let shown = show(&client, setting, bar, &Interrupt::default()).await.unwrap();
    shown.hung.unwrap();
    fake.shutdown().await;
    (folder, run_folder.read().unwrap())
}

#[tokio::test]
async fn the_ages_are_within_two_seconds_of_the_recordings_and_the_task_is_named() {
    let (_folder, run) = shown(Check::Http).await;
    let fit = recording::fit(&run.evidence.ages).expect("watched for as long as the recording");
    assert!(fit.apart <= 2.0, "{fit:?}\n{:?}", run.evidence.ages);
    let found = stalls(&run.evidence.ages, 1.0);
    assert_eq!((found.unhealthy, found.healthy), (0, 60), "nobody is called unhealthy");

    let diagnosis = Diagnosis::of(&run);
    let first = &diagnosis.conclusions[0];
    assert_eq!(first.reason, Reason::HeadOfLine, "{diagnosis:#?}");
    // In virtual time nobody is asked over a socket: the time-out in the cluster's own words is the one sign.
    assert_eq!(first.sure, Sureness::Medium, "{first:#?}");
    assert!(first.tasks[0].starts_with("hc-rig_one-hung-task-hung_hung.instance-"), "{:?}", first.tasks);
    for part in ["256 / 61 = 4.2 s", "20 − 4.2 = 15.8 s", "60 of these tasks were called healthy"] {
        assert!(first.text.contains(part), "{part} is missing in:\n{}", first.text);
    }
    assert!(first.evidence.iter().any(|line| line.contains("they agree")), "{:#?}", first.evidence);
}

#[tokio::test]
async fn under_native_checks_nobody_else_suffers() {
    let (_folder, run) = shown(Check::MesosHttp).await;
    assert_eq!((run.summary.last.healthy, run.summary.sick_tasks), (60, 0));
    assert!(Diagnosis::of(&run).conclusions.iter().all(|one| one.reason != Reason::HeadOfLine));
}

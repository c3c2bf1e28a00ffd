//! Waits against scripted probes, in virtual time.

use std::{collections::VecDeque, time::Duration};

use tokio::time::{Instant, sleep};

use super::*;

const fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

struct Count(u32);

impl View for Count {
    fn line(&self) -> String {
        format!("{} healthy", self.0)
    }

    fn sections(&self) -> Vec<Section> {
        vec![Section::new("tasks", vec![format!("{} of them are healthy", self.0)])]
    }
}

/// What a probe does at each observation; the last step is repeated.
#[derive(Clone)]
enum Act {
    See(u32),
    Fail(&'static str),
    Refuse(&'static str),
    Hang,
    After(Duration, u32),
}

struct Script {
    acts: VecDeque<Act>,
    observations: u32,
}

fn script(acts: &[Act]) -> Script {
    Script { acts: acts.to_vec().into(), observations: 0 }
}

impl Probe for Script {
    type View = Count;

    async fn observe(&mut self) -> Result<Count, AttemptError> {
        self.observations += 1;
        let act = if self.acts.len() > 1 { self.acts.pop_front() } else { self.acts.front().cloned() };
        match act.expect("a script has at least one act") {
            Act::See(n) => Ok(Count(n)),
            Act::Fail(why) => Err(AttemptError::Transient(why.into())),
            Act::Refuse(why) => Err(AttemptError::Fatal(why.into())),
            Act::Hang => std::future::pending().await,
            Act::After(delay, n) => {
                sleep(delay).await;
                Ok(Count(n))
            }
        }
    }
}

fn healthy(n: u32) -> impl Condition<Count, Output = u32> {
    let look = move |seen: &Count| match seen.0 {
        13 => Look::Never("13 is bad luck".to_owned()),
        found if found >= n => Look::Met(found),
        found => Look::NotYet(format!("{found} of {n} are healthy")),
    };
    look.named(format!("{n} healthy tasks"))
}

/// The report without the line that names a place in this file.
fn redacted(failure: &WaitFailure) -> String {
    let text = failure.to_string();
    let lines = text.lines().map(|line| if line.contains("waiter_tests.rs:") { "  where   (this file)" } else { line });
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test(start_paused = true)]
async fn a_condition_that_is_met_gives_its_output() {
    let probe = script(&[Act::See(0), Act::See(1), Act::See(3)]);
    let (found, took) = wait_for("/hc", probe, healthy(2)).timed().await.expect("met");
    assert_eq!(found, 3);
    assert_eq!(took, POLL_INTERVAL * 2);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_times_out_reports_what_it_observed() {
    let probe = script(&[Act::See(0), Act::Fail("connection refused"), Act::Fail("connection refused"), Act::See(1)]);
    let evidence = Evidence {
        by_hand: vec!["curl http://127.0.0.1:8080/v2/apps/hc".into()],
        files: vec![("journal".into(), "target/hc-rig/failed/x/journal.jsonl".into())],
        seed: Some(7),
        rerun: Some("cargo nextest run -E 'test(=x)'".into()),
    };
    let wait = wait_for("/hc", probe, healthy(2)).within(secs(5)).timeout_factor(2.0).evidence(evidence);
    let failure = wait.await.expect_err("one is not two");
    assert_eq!(failure.kind(), FailureKind::TimedOut);
    assert_eq!(failure.waited(), secs(10));
    insta::assert_snapshot!(redacted(&failure), @r"
    timed out waiting for 2 healthy tasks of /hc
      reason  1 of 2 are healthy
      where   (this file)
      waited  10.00 s of 10.00 s (5.00 s × timeout factor 2)
      polls   21, 2 of them without an answer

    timeline (changes only)
         0.00 s  0 healthy
         0.50 s  no answer: connection refused (2 times)
         1.50 s  1 healthy

    tasks
      1 of them are healthy

    requests to repeat
      curl http://127.0.0.1:8080/v2/apps/hc

    evidence
      journal: target/hc-rig/failed/x/journal.jsonl
      seed: 7
      rerun: cargo nextest run -E 'test(=x)'
    ");
}

#[tokio::test(start_paused = true)]
async fn a_condition_that_can_never_be_met_ends_the_wait_at_once() {
    let failure = wait_for("/hc", script(&[Act::See(0), Act::See(13)]), healthy(20))
        .await
        .expect_err("13 is out of the question");
    assert_eq!(failure.kind(), FailureKind::Never);
    assert_eq!(failure.reason(), "13 is bad luck");
    assert_eq!(failure.waited(), POLL_INTERVAL);
}

#[tokio::test(start_paused = true)]
async fn a_fatal_error_ends_the_wait_at_once() {
    let failure = wait_for("/hc", script(&[Act::Refuse("403 Forbidden")]), healthy(1)).await.expect_err("refused");
    assert_eq!(failure.kind(), FailureKind::ProbeFailed);
    assert_eq!(failure.reason(), "403 Forbidden");
}

#[tokio::test(start_paused = true)]
async fn an_observation_that_hangs_does_not_outlive_the_deadline() {
    let failure = wait_for("/hc", script(&[Act::See(1), Act::Hang]), healthy(2)).within(secs(30)).await;
    let failure = failure.expect_err("it hangs");
    assert_eq!(failure.waited(), secs(30));
    assert_eq!(
        failure.reason(),
        "1 of 2 are healthy\nno answer since then: the observation begun 29.50 s ago did not finish"
    );
}

#[tokio::test(start_paused = true)]
async fn the_last_observation_is_made_at_the_deadline() {
    let start = Instant::now();
    let probe = move || start.elapsed() >= secs(10);
    struct Late<F>(F);
    impl<F: Fn() -> bool + Send> Probe for Late<F> {
        type View = Count;
        async fn observe(&mut self) -> Result<Count, AttemptError> {
            Ok(Count(u32::from(self.0())))
        }
    }
    let wait = wait_for("/hc", Late(probe), healthy(1)).within(secs(10)).every(secs(7));
    assert_eq!(wait.timed().await.expect("met at the last moment").1, secs(10));
}

#[tokio::test(start_paused = true)]
async fn a_notification_makes_the_next_observation_come_sooner() {
    let notifier = Notifier::default();
    let listener = notifier.listener();
    tokio::spawn(async move {
        sleep(secs(3)).await;
        notifier.notify();
    });
    let probe = script(&[Act::See(0), Act::See(1)]);
    let wait = wait_for("/hc", probe, healthy(1)).every(secs(20)).hastened_by(listener);
    assert_eq!(wait.timed().await.expect("met").1, secs(3));
}

#[tokio::test(start_paused = true)]
async fn a_notification_before_an_observation_is_discarded_and_one_during_it_is_not() {
    let notifier = Notifier::default();
    let listener = notifier.listener();
    notifier.notify();
    tokio::spawn(async move {
        sleep(secs(1)).await;
        notifier.notify();
    });
    // The first observation takes two seconds; a notification meanwhile may be about something newer.
    let probe = script(&[Act::After(secs(2), 0), Act::See(1)]);
    let wait = wait_for("/hc", probe, healthy(1)).every(secs(20)).hastened_by(listener);
    let (_, took) = wait.timed().await.expect("met");
    assert_eq!(took, secs(2) + Duration::from_millis(20));
}

#[tokio::test(start_paused = true)]
async fn a_silent_or_dropped_notifier_only_costs_time() {
    let notifier = Notifier::default();
    let listener = notifier.listener();
    drop(notifier);
    let wait = wait_for("/hc", script(&[Act::See(0), Act::See(1)]), healthy(1)).every(secs(20)).hastened_by(listener);
    assert_eq!(wait.timed().await.expect("met").1, secs(20));
}

#[tokio::test(start_paused = true)]
async fn slow_answers_make_observations_rarer() {
    let probe = script(&[Act::After(secs(3), 0), Act::See(1)]);
    let (_, took) = wait_for("/hc", probe, healthy(1)).timed().await.expect("met");
    assert_eq!(took, secs(3) + secs(12));
}

#[tokio::test(start_paused = true)]
async fn a_condition_that_must_hold_extends_the_deadline() {
    let wait = wait_for("/hc", script(&[Act::See(2)]), holds(healthy(2)).for_at_least(secs(100))).within(secs(10));
    assert_eq!(wait.timed().await.expect("held").1, secs(100));
}

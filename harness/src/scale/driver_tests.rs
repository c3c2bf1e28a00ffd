//! The driver against a scripted app, in virtual time.

mod watch;

use std::{collections::VecDeque, io, time::Duration};

use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use serde_json::{Value, json};
use time::macros::datetime;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::{
    record::{Counts, EventRecord, Lives, Observed, PolledSample, Quantiles, StepReport, TaskLives},
    wait::AttemptError,
};

/// An app whose tasks become healthy a fixed time after they were asked for.
struct App {
    launched: Vec<Instant>,
    instances: u32,
    /// From the request to healthy.
    warm_up: Duration,
    /// Tasks beyond these never become healthy.
    healthy_at_most: usize,
    /// How long each poll takes, in order; none after the last.
    polls: VecDeque<Duration>,
    /// What polls answer before they tell the truth.
    errors: VecDeque<AttemptError>,
    refuse_scaling: u32,
    /// The next poll finds that this process was suspended for so long.
    suspended: Option<Duration>,
    events: Option<mpsc::UnboundedReceiver<Incoming>>,
}

impl App {
    fn new(instances: u32) -> Self {
        let mut app = Self {
            launched: Vec::new(),
            instances: 0,
            warm_up: Duration::from_secs(5),
            healthy_at_most: usize::MAX,
            polls: VecDeque::new(),
            errors: VecDeque::new(),
            refuse_scaling: 0,
            suspended: None,
            events: None,
        };
        app.set(instances);
        app
    }

    fn set(&mut self, instances: u32) {
        self.instances = instances;
        self.launched.resize(instances as usize, Instant::now());
    }

    fn task(&self, n: usize, launched: Instant) -> Value {
        let healthy = launched.elapsed() >= self.warm_up && n < self.healthy_at_most;
        let results = if healthy { json!([{"alive": true}]) } else { json!([]) };
        json!({
            "id": format!("hc.instance-{n:04}._app.1"), "host": "10.0.0.1", "ports": [31_000 + n],
            "state": "TASK_RUNNING", "healthCheckResults": results,
        })
    }
}

impl Subject for App {
    async fn observe(&mut self) -> Result<Observation, AttemptError> {
        if let Some(suspended) = self.suspended.take() {
            tokio::time::advance(suspended).await;
        }
        sleep(self.polls.pop_front().unwrap_or_default()).await;
        if let Some(error) = self.errors.pop_front() {
            return Err(error);
        }
        let launched = self.launched.iter().enumerate();
        let tasks: Vec<_> = launched.map(|(n, &at)| Observed::of_value(&self.task(n, at))).collect();
        let healthy = Counts::of(&tasks, 0).healthy as u32;
        Ok(Observation {
            instances: self.instances,
            healthy,
            running: tasks.len() as u32,
            checked: true,
            native: false,
            deploying: healthy < self.instances,
            tasks,
            server_time: None,
        })
    }

    async fn scale(&mut self, instances: u32, _force: bool) -> Result<(), AttemptError> {
        if self.refuse_scaling > 0 {
            self.refuse_scaling -= 1;
            return Err(AttemptError::Transient("App is locked by one or more deployments.".into()));
        }
        self.set(instances);
        Ok(())
    }

    fn events(&mut self) -> BoxStream<'static, Incoming> {
        match self.events.take() {
            Some(events) => stream::unfold(events, async |mut rx| Some((rx.recv().await?, rx))).boxed(),
            None => stream::empty().boxed(),
        }
    }
}

#[derive(Default)]
struct Kept {
    samples: Vec<PolledSample>,
    events: Vec<EventRecord>,
    steps: Vec<StepReport>,
    /// How many samples fit on the disk.
    room: Option<usize>,
}

impl Sink for Kept {
    fn on_sample(&mut self, sample: &PolledSample) -> io::Result<()> {
        if self.room.is_some_and(|room| self.samples.len() >= room) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.samples.push(sample.clone());
        Ok(())
    }

    fn on_event(&mut self, event: &EventRecord) -> io::Result<()> {
        self.events.push(event.clone());
        Ok(())
    }

    fn on_step(&mut self, step: &StepReport) -> io::Result<()> {
        self.steps.push(step.clone());
        Ok(())
    }
}

impl Kept {
    /// What a reader makes of the lines that were written.
    fn lives(&self) -> TaskLives {
        let mut lives = Lives::keeping_all();
        let mut events = self.events.iter().peekable();
        for sample in &self.samples {
            while let Some(event) = events.next_if(|event| event.t <= sample.t) {
                lives.event(event);
            }
            lives.sample(sample);
        }
        events.for_each(|event| lives.event(event));
        lives.finish()
    }
}

fn drive(targets: &[u32]) -> Drive {
    let started = datetime!(2026-11-22 17:00 UTC);
    Drive { started, ..Drive::new(Plan::list(targets[0], targets).expect("a plan")) }
}

fn notes(kept: &Kept) -> Vec<&str> {
    kept.events.iter().filter_map(|event| event.note.as_deref()).collect()
}

#[tokio::test(start_paused = true)]
async fn every_target_is_reached_in_turn() {
    let mut kept = Kept::default();
    let report = drive(&[1, 4, 7]).run(&mut App::new(1), &mut kept).await;

    assert!(report.outcome.held(), "{}", report.outcome);
    assert_eq!(report.reached(), Some(7));
    // Asked for at 0, 6 and 12: healthy 5 s later, seen by the poll 6 s later.
    let seconds: Vec<_> = kept.steps.iter().map(|step| (step.asked_at, step.reached_at)).collect();
    assert_eq!(seconds, [(0.0, Some(6.0)), (6.0, Some(12.0)), (12.0, Some(18.0))]);
    assert_eq!(kept.steps[1].time_to_healthy, Some(Quantiles { p50: 6.0, p99: 6.0, max: 6.0, n: 3 }));

    let polls: Vec<_> = kept.samples.iter().map(|sample| (sample.request, sample.t, sample.target)).collect();
    assert_eq!(polls[..5], [(1, 0.0, 1), (2, 2.0, 1), (3, 4.0, 1), (4, 6.0, 1), (5, 8.0, 4)]);
    assert_eq!(kept.samples[4].at, "2026-11-22T17:00:08.000Z");
    assert_eq!(kept.samples[4].counts, Counts { healthy: 1, running: 3, ..Counts::default() });
    assert_eq!(kept.lives().all().count(), 7);
}

#[tokio::test(start_paused = true)]
async fn a_target_that_is_not_reached_in_time_ends_the_run() {
    let mut app = App::new(1);
    app.healthy_at_most = 3;
    let mut kept = Kept::default();
    let drive = Drive { step_deadline: Duration::from_secs(20), ..drive(&[1, 4, 7]) };
    let report = drive.run(&mut app, &mut kept).await;

    assert_eq!(
        report.outcome.to_string(),
        "step 2 did not reach 4 tasks: 3 healthy after 20 s (3 healthy, 1 running), and the deployment is not finished"
    );
    assert_eq!(report.reached(), Some(1));
    assert_eq!(kept.steps.len(), 2, "the step that failed is reported too");
    assert_eq!(kept.steps[1].reached_at, None);
}

#[tokio::test(start_paused = true)]
async fn a_threshold_that_is_crossed_ends_the_run() {
    let mut app = App::new(1);
    app.healthy_at_most = 3;
    let mut kept = Kept::default();
    let thresholds = ["time_to_healthy_max > 9s", "check_age_p99 > 3s"];
    let thresholds = thresholds.map(|text| text.parse().expect("a threshold")).into();
    let report = Drive { thresholds, ..drive(&[1, 4]) }.run(&mut app, &mut kept).await;
    assert_eq!(report.outcome.to_string(), "time_to_healthy_max > 9s was crossed at 16.0 s: 10 s");
    let judged: Vec<String> = report.totals.thresholds.iter().map(Judgement::to_string).collect();
    assert_eq!(judged[1], "check_age_p99 > 3s: cannot be judged, its measure was never known", "no result times");
    assert_eq!(kept.steps[1].why.as_deref(), Some(judged[0].as_str()));
    assert_eq!(kept.samples.last().map(|sample| sample.t), Some(16.0), "the sample that crossed it is kept");
    assert_eq!(kept.steps.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_limit_is_found_by_breaking_and_recovering() {
    let mut app = App::new(1);
    app.healthy_at_most = 137;
    let mut kept = Kept::default();
    let plan = Plan::exponential(1, 2, 1_000).expect("a plan");
    let search = Search::new(&plan, 0.01, 1);
    let drive = Drive { step_deadline: Duration::from_secs(30), ..Drive { plan, ..drive(&[1]) } };
    let (limit, report) = drive.find_limit(search, &mut app, &mut kept).await;
    let limit = limit.expect("found");
    assert_eq!((limit.holds, limit.breaks), (137, Some(138)));
    assert!(report.outcome.held());
    // 256 broke; the next try began at 128 again.
    let targets: Vec<u32> = kept.steps.iter().map(|step| step.target).collect();
    assert_eq!(targets[7..12], [128, 256, 128, 192, 128]);
}

#[tokio::test(start_paused = true)]
async fn what_a_break_left_behind_does_not_spoil_the_search() {
    let mut app = App::new(1);
    // Those beyond the limit count as running without a result for ever: healthy_pct stays low while recovering.
    app.healthy_at_most = 20;
    let plan = Plan::exponential(1, 2, 100).expect("a plan");
    let search = Search::new(&plan, 0.01, 3);
    let thresholds = vec!["healthy_pct < 100 for 8s".parse().expect("a threshold")];
    let drive = Drive { thresholds, plan, hold: Duration::from_secs(10), ..drive(&[1]) };
    let (limit, report) = drive.find_limit(search, &mut app, &mut Kept::default()).await;
    let limit = limit.expect("found");
    assert_eq!((limit.holds, limit.breaks), (20, Some(21)));
    assert_eq!(limit.tries[&21], Tries { held: 0, broke: 2 }, "a majority of three");
    assert!(report.totals.thresholds[0].crossed.is_some());
}

#[tokio::test(start_paused = true)]
async fn by_the_clock_the_next_target_comes_whether_the_last_was_reached_or_not() {
    let mut app = App::new(1);
    app.warm_up = Duration::from_secs(8);
    let mut kept = Kept::default();
    let drive = Drive { advance: Advance::Every(Duration::from_secs(5)), ..drive(&[1, 4, 7]) };
    let report = drive.run(&mut app, &mut kept).await;
    assert!(report.outcome.held(), "{}", report.outcome);
    // Polls are 2 s apart: what is due at 5 and 10 s is asked for at 6 and 10 s. The driver's scripted app starts all
    // tasks anew when it is scaled.
    let steps: Vec<_> = kept.steps.iter().map(|step| (step.asked_at, step.reached_at)).collect();
    assert_eq!(steps, [(0.0, None), (6.0, None), (10.0, Some(18.0))]);
    assert_eq!(kept.steps[0].why.as_deref(), Some("the next step was due before its target was reached"));
}

#[tokio::test(start_paused = true)]
async fn slow_answers_make_the_rig_poll_less_often() {
    let mut app = App::new(1);
    app.warm_up = Duration::from_secs(30);
    app.polls = vec![Duration::from_millis(600); 100].into();
    let mut kept = Kept::default();
    let report = Drive { spare_the_server: true, ..drive(&[1]) }.run(&mut app, &mut kept).await;
    let at: Vec<f64> = kept.samples.iter().take(4).map(|sample| sample.t).collect();
    assert_eq!(at, [0.6, 6.6, 12.6, 18.6], "ten times 0.6 s apart instead of 2 s");
    assert_eq!((report.totals.missed_ticks, report.totals.poll_seconds), (0, 6.0), "what is left out is not missed");
    assert!(notes(&kept)[0].starts_with("polls are 6 s apart from now on"), "{:?}", notes(&kept));
}

#[tokio::test(start_paused = true)]
async fn cancelling_ends_the_run_and_keeps_what_was_seen() {
    let mut kept = Kept::default();
    let drive = drive(&[1, 4]);
    let cancel = drive.cancel.clone();
    tokio::spawn(async move {
        sleep(Duration::from_secs(9)).await;
        cancel.cancel();
    });
    let report = drive.run(&mut App::new(1), &mut kept).await;
    assert_eq!(report.outcome.to_string(), "interrupted");
    assert_eq!(kept.samples.len(), 5);
    assert_eq!(report.totals.seconds, 9.0);
}

#[tokio::test(start_paused = true)]
async fn transient_errors_are_noted_and_a_fatal_one_ends_the_run() {
    let mut app = App::new(1);
    app.errors = [AttemptError::Transient("connection reset".into()), AttemptError::Transient("503".into())].into();
    app.refuse_scaling = 1;
    let mut kept = Kept::default();
    let report = drive(&[1, 2]).run(&mut app, &mut kept).await;
    assert!(report.outcome.held(), "{}", report.outcome);
    assert_eq!(report.totals.failed_polls, 2);
    assert_eq!(
        notes(&kept),
        [
            "a poll failed: connection reset",
            "a poll failed: 503",
            "scaling to 2 has to wait: App is locked by one or more deployments.",
        ]
    );

    let mut app = App::new(1);
    app.errors = [AttemptError::Fatal("App '/hc' does not exist".into())].into();
    let report = drive(&[1, 2]).run(&mut app, &mut Kept::default()).await;
    assert_eq!(report.outcome.to_string(), "could not go on: App '/hc' does not exist");
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_ends_the_run_and_the_samples_before_are_kept() {
    let mut kept = Kept { room: Some(2), ..Kept::default() };
    let report = drive(&[1]).run(&mut App::new(1), &mut kept).await;
    assert!(matches!(report.outcome, Outcome::Failed(DriveError::Write(_))), "{}", report.outcome);
    assert_eq!(kept.samples.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn slow_polls_are_counted_as_missed_ticks() {
    let mut app = App::new(1);
    app.warm_up = Duration::from_secs(8);
    app.polls = [Duration::from_millis(5_500), Duration::from_millis(100)].into();
    let mut kept = Kept::default();
    let report = drive(&[1]).run(&mut app, &mut kept).await;
    assert_eq!(report.totals.missed_ticks, 1, "that at 2 s; that at 4 s is late");
    let sample = &kept.samples[1];
    assert_eq!((sample.late, sample.missed, sample.took), (1.5, 1, 0.1));
    assert_eq!(report.totals.lateness.map(|late| late.max), Some(1.5));
    assert_eq!(report.totals.late_ticks, 1);
}

#[tokio::test(start_paused = true)]
async fn a_target_is_held_as_long_as_asked() {
    let mut kept = Kept::default();
    let drive = Drive { hold: Duration::from_secs(10), ..drive(&[2]) };
    let report = drive.run(&mut App::new(2), &mut kept).await;
    assert!(report.outcome.held(), "{}", report.outcome);
    assert_eq!(kept.steps[0].reached_at, Some(6.0));
    assert_eq!(report.totals.seconds, 16.0);
}

#[tokio::test(start_paused = true)]
async fn events_tell_of_phases_before_the_next_poll_does() {
    let (tell, events) = mpsc::unbounded_channel();
    let mut app = App::new(1);
    app.events = Some(events);
    app.warm_up = Duration::from_millis(4_700);
    tokio::spawn(async move {
        sleep(Duration::from_millis(4_700)).await;
        let healthy = json!({
            "eventType": "health_status_changed_event", "instanceId": "hc.instance-0000", "alive": true,
        });
        tell.send(Incoming::Event(healthy)).expect("the run is listening");
        tell.send(Incoming::Gap("connection reset".into())).expect("the run is listening");
    });
    let mut kept = Kept::default();
    let report = drive(&[1]).run(&mut app, &mut kept).await;
    assert_eq!(kept.lives().all().next().and_then(|life| life.first_healthy), Some(4.7));
    assert_eq!(kept.steps[0].reached_at, Some(6.0), "the polls alone decide");
    assert_eq!((report.totals.events, report.totals.event_gaps), (1, 1));
    let behind = report.totals.agreement.expect("both reported").polls_behind.expect("one change");
    assert!((behind.max - 1.3).abs() < 1e-9, "{behind:?}");
    assert_eq!(kept.events[1].t, 4.7);
}

#[test]
fn a_run_can_be_spawned() {
    fn is_send<T: Send>(_: &T) {}
    let mut app = App::new(1);
    let mut kept = Kept::default();
    let cancel = CancellationToken::new();
    is_send(&Drive { cancel, ..drive(&[1]) }.run(&mut app, &mut kept));
}

#[tokio::test(start_paused = true)]
async fn a_step_whose_time_ran_out_while_the_rig_was_suspended_is_looked_at_once_more() {
    let drive =
        |plan: &[u32]| Drive { step_deadline: Duration::from_secs(10), ..Drive::new(Plan::list(1, plan).unwrap()) };
    let suspended = |warm_up| App {
        warm_up: Duration::from_secs(warm_up),
        suspended: Some(Duration::from_secs(30)),
        polls: [Duration::from_secs(1)].into(),
        ..App::new(1)
    };
    let mut kept = Kept::default();
    let report = drive(&[1]).run(&mut suspended(20), &mut kept).await;
    assert!(report.outcome.held(), "{}", report.outcome);
    let notes: Vec<&str> = kept.events.iter().filter_map(|event| event.note.as_deref()).collect();
    assert!(
        notes.iter().any(|note| note.ends_with("while the rig was suspended or late: looking once more")),
        "{notes:?}"
    );
    let began = Instant::now();
    let report = drive(&[1]).run(&mut suspended(600), &mut Kept::default()).await;
    assert!(matches!(report.outcome, Outcome::NotReached { .. }), "{}", report.outcome);
    assert!(began.elapsed() < Duration::from_secs(60), "once, and not again and again");
}

//! The driver that only observes.

use super::*;

/// Tells of crossings beside what [`Kept`] keeps.
#[derive(Default)]
struct Alarm {
    kept: Kept,
    crossed: Vec<String>,
    enough: CancellationToken,
    /// Whether the first crossing is enough.
    ends: bool,
}

impl Sink for Alarm {
    fn on_sample(&mut self, sample: &PolledSample) -> io::Result<()> {
        self.kept.on_sample(sample)
    }

    fn on_event(&mut self, event: &EventRecord) -> io::Result<()> {
        self.kept.on_event(event)
    }

    fn on_step(&mut self, step: &StepReport) -> io::Result<()> {
        self.kept.on_step(step)
    }

    fn on_crossing(&mut self, crossing: &Crossing) -> io::Result<()> {
        self.crossed.push(crossing.threshold.clone());
        if self.ends {
            self.enough.cancel();
        }
        Ok(())
    }
}

async fn watched(mut app: App, thresholds: &[&str], ends: bool) -> (Alarm, RunReport) {
    let instances = app.instances;
    let drive = Drive {
        step_deadline: Duration::from_secs(60),
        thresholds: thresholds.iter().map(|text| text.parse().expect("a threshold")).collect(),
        ..drive(&[instances])
    };
    let mut sink = Alarm { ends, ..Alarm::default() };
    let enough = sink.enough.clone();
    let report = drive.watch(&mut app, &mut sink, &enough).await;
    assert_eq!(app.instances, instances, "nothing is scaled");
    (sink, report)
}

#[tokio::test(start_paused = true)]
async fn a_watch_lasts_its_time_and_holds_where_all_are_healthy_at_the_end() {
    let (sink, report) = watched(App::new(3), &["killed > 0"], false).await;
    assert!(report.outcome.held(), "{}", report.outcome);
    assert!((59.0..=60.5).contains(&report.totals.seconds), "{}", report.totals.seconds);
    assert_eq!((sink.kept.steps.len(), sink.kept.steps[0].target), (1, 3));
    assert_eq!(report.reached(), Some(3));
}

#[tokio::test(start_paused = true)]
async fn a_watch_ends_with_what_is_not_healthy() {
    let mut app = App::new(3);
    app.healthy_at_most = 2;
    let (_, report) = watched(app, &[], false).await;
    let Outcome::NotReached { target, why, .. } = &report.outcome else { panic!("{}", report.outcome) };
    assert!(*target == 3 && why.starts_with("2 healthy after 60 s"), "{why}");
}

#[tokio::test(start_paused = true)]
async fn a_crossing_is_told_once_and_ends_a_watch_only_when_it_is_enough() {
    for (ends, seconds) in [(false, 59.0..=60.5), (true, 0.0..=3.0)] {
        let (sink, report) = watched(App::new(3), &["healthy_pct < 50", "killed > 0"], ends).await;
        let Outcome::Crossed(crossing) = &report.outcome else { panic!("{}", report.outcome) };
        assert_eq!(
            (crossing.threshold.as_str(), &sink.crossed[..]),
            ("healthy_pct < 50", &["healthy_pct < 50".to_owned()][..])
        );
        assert!(seconds.contains(&report.totals.seconds), "{}", report.totals.seconds);
    }
}

#[tokio::test(start_paused = true)]
async fn an_app_is_asked_once_before_another_ones_alert_ends_its_watch() {
    let mut app = App::new(3);
    let enough = CancellationToken::new();
    enough.cancel();
    let report = drive(&[3]).watch(&mut app, &mut Alarm::default(), &enough).await;
    assert_eq!(report.totals.samples, 1, "{}", report.outcome);
    assert!(!report.outcome.to_string().contains("no poll answered"), "{}", report.outcome);
}

#[tokio::test(start_paused = true)]
async fn instances_that_somebody_else_asks_for_are_a_step_of_a_watch() {
    let mut app = App::new(3);
    app.instances = 4;
    let mut sink = Alarm::default();
    let watch = Drive { step_deadline: Duration::from_secs(20), ..drive(&[3]) };
    let report = watch.watch(&mut app, &mut sink, &CancellationToken::new()).await;
    let targets: Vec<u32> = sink.kept.steps.iter().map(|step| step.target).collect();
    assert_eq!(targets, [3, 4]);
    assert!(matches!(report.outcome, Outcome::NotReached { target: 4, .. }), "{}", report.outcome);
}

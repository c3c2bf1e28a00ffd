//! A run of any history comes to the same numbers while it goes on and when its record is read back.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::{
    StreamExt as _,
    stream::{self, BoxStream},
};
use harness::{
    record::{
        Between, EventRecord, Lines, Lives, Observed, PolledSample, Quantiles, StepReport, TaskLives,
        moment::iso,
        read::{self, Line},
    },
    scale::{Advance, Drive, Incoming, Observation, Plan, RunReport, Search, Sink, Subject},
    wait::AttemptError,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use time::{OffsetDateTime, macros::datetime};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

const STARTED: OffsetDateTime = datetime!(2026-11-22 17:00 UTC);
/// How long each target is asked for, in seconds.
const STEP: u64 = 12;

/// What happens to the task of one slot.
#[derive(Clone, Copy, Debug)]
enum Act {
    /// Marathon launches its next life.
    Launch,
    Run,
    FailInGrace,
    Good,
    Bad,
    /// Marathon announces that it kills the task for its health.
    AnnounceKill,
    Kill,
    Crash,
    LoseAgent,
    /// It is listed no more, without a word.
    Vanish,
}

/// When something happens, and whether an event, a poll or both tell of it.
#[derive(Clone, Copy, Debug)]
struct Scene {
    after_ms: u64,
    slot: usize,
    act: Act,
    reported: bool,
    listed: bool,
}

#[derive(Clone, Debug)]
struct History {
    scenes: Vec<Scene>,
    targets: Vec<u32>,
    /// Targets above this are never reached. A search for the limit then scales down, and up again.
    capacity: u32,
    search: bool,
    /// Every so many polls one fails; 0 for none.
    fails: u64,
    full_every: u64,
}

fn history() -> impl Strategy<Value = History> {
    use Act::{AnnounceKill, Bad, Crash, FailInGrace, Good, Kill, Launch, LoseAgent, Run, Vanish};
    let act = prop_oneof![
        4 => Just(Launch), 4 => Just(Run), 1 => Just(FailInGrace), 5 => Just(Good), 3 => Just(Bad),
        1 => Just(AnnounceKill), 2 => Just(Kill), 1 => Just(Crash), 1 => Just(LoseAgent), 1 => Just(Vanish),
    ];
    // Offsets of nothing and of exactly a poll interval bring events into the very moment of a sample.
    let after = prop_oneof![Just(0), Just(1), Just(2_000), 0u64..3_000];
    let scene = (after, 0usize..6, act, prop::bool::weighted(0.7), prop::bool::weighted(0.9))
        .prop_map(|(after_ms, slot, act, reported, listed)| Scene { after_ms, slot, act, reported, listed });
    let targets = prop::collection::btree_set(1u32..9, 2..5).prop_map(|targets| targets.into_iter().collect());
    let scenes = prop::collection::vec(scene, 0..80);
    (scenes, targets, 0u32..9, any::<bool>(), 0u64..5, 1u64..6).prop_map(
        |(scenes, targets, capacity, search, fails, full_every)| History {
            scenes,
            targets,
            capacity,
            search,
            fails,
            full_every,
        },
    )
}

/// One task as Marathon lists it.
#[derive(Clone, Debug, Default)]
struct Slot {
    life: u64,
    task: Option<Value>,
}

#[derive(Debug, Default)]
struct World {
    slots: [Slot; 6],
    polls: u64,
    fails: u64,
}

impl World {
    fn id(&self, slot: usize) -> String {
        format!("hc.instance-{slot}._app.{}", self.slots[slot].life)
    }

    /// Plays a scene; what the event stream tells of it, if it can tell anything.
    fn play(&mut self, scene: Scene, now: &str) -> Option<Value> {
        let Scene { slot, act, listed, .. } = scene;
        let instance = format!("hc.instance-{slot}");
        if matches!(act, Act::Launch) && self.slots[slot].task.as_ref().is_none_or(|task| task["over"] == true) {
            self.slots[slot].life += 1;
            let id = self.id(slot);
            // A successor shows its predecessor's record.
            let inherited = self.slots[slot].task.take().map_or(json!([]), |task| task["healthCheckResults"].clone());
            self.slots[slot].task = listed.then(
                || json!({"id": id, "state": "TASK_STAGING", "stagedAt": now, "healthCheckResults": inherited, "host": "h"}),
            );
            return Some(status(&id, "TASK_STAGING"));
        }
        let id = self.id(slot);
        let task = self.slots[slot].task.as_mut()?;
        let state = |task: &mut Value, state: &str, over: bool| {
            if listed {
                task["state"] = state.into();
            }
            task["over"] = over.into();
            Some(status(&id, state))
        };
        let result = |task: &mut Value, alive: bool, key: &str| {
            if listed {
                if task["healthCheckResults"][0].is_null() {
                    task["healthCheckResults"] = json!([{}]);
                }
                task["healthCheckResults"][0]["alive"] = alive.into();
                task["healthCheckResults"][0][key] = now.into();
            }
            Some(json!({"eventType": "health_status_changed_event", "instanceId": instance, "alive": alive}))
        };
        match act {
            Act::Launch => None,
            Act::Run => state(task, "TASK_RUNNING", false),
            Act::FailInGrace => {
                if listed && task["healthCheckResults"][0].is_null() {
                    task["healthCheckResults"] = json!([{"alive": false}]);
                }
                None
            }
            Act::Good => result(task, true, "lastSuccess"),
            Act::Bad => result(task, false, "lastFailure"),
            Act::AnnounceKill => {
                Some(json!({"eventType": "unhealthy_instance_kill_event", "taskId": id, "reason": "refused"}))
            }
            Act::Kill => state(task, "TASK_KILLED", true),
            Act::Crash => state(task, "TASK_FAILED", true),
            Act::LoseAgent => state(task, "TASK_UNREACHABLE", false),
            Act::Vanish => {
                self.slots[slot].task = None;
                None
            }
        }
    }
}

fn status(id: &str, state: &str) -> Value {
    json!({"eventType": "status_update_event", "taskId": id, "taskStatus": state, "message": "m"})
}

struct App {
    world: Arc<Mutex<World>>,
    instances: u32,
    capacity: u32,
    events: Option<mpsc::UnboundedReceiver<Incoming>>,
}

impl Subject for App {
    async fn observe(&mut self) -> Result<Observation, AttemptError> {
        let mut world = self.world.lock().expect("nobody panics");
        world.polls += 1;
        if world.fails > 0 && world.polls.is_multiple_of(world.fails + 1) {
            return Err(AttemptError::Transient("no answer".into()));
        }
        let tasks = world.slots.iter().filter_map(|slot| slot.task.as_ref()).map(Observed::of_value).collect();
        let healthy = self.instances.min(self.capacity);
        Ok(Observation { instances: self.instances, healthy, checked: true, tasks, ..Observation::default() })
    }

    async fn scale(&mut self, instances: u32, _: bool) -> Result<(), AttemptError> {
        self.instances = instances;
        Ok(())
    }

    fn events(&mut self) -> BoxStream<'static, Incoming> {
        let events = self.events.take().expect("asked for once");
        stream::unfold(events, async |mut events| Some((events.recv().await?, events))).boxed()
    }
}

/// Writes a record as a run does.
struct Files {
    samples: Lines,
    events: Lines,
    steps: Vec<StepReport>,
}

impl Sink for Files {
    fn on_sample(&mut self, sample: &PolledSample) -> io::Result<()> {
        self.samples.push(sample)
    }

    fn on_event(&mut self, event: &EventRecord) -> io::Result<()> {
        self.events.push(event)
    }

    fn on_step(&mut self, step: &StepReport) -> io::Result<()> {
        self.steps.push(step.clone());
        Ok(())
    }
}

/// Runs a history into files, and returns what the driver made of it.
async fn live(history: History, folder: &Path) -> (Vec<StepReport>, RunReport) {
    let world = Arc::new(Mutex::new(World { fails: history.fails, ..World::default() }));
    let (tell, events) = mpsc::unbounded_channel();
    let player = world.clone();
    let begun = Instant::now();
    let play = tokio::spawn(async move {
        let mut at = begun;
        for scene in history.scenes {
            at += Duration::from_millis(scene.after_ms);
            sleep_until(at).await;
            let now = iso(STARTED + begun.elapsed());
            let event = player.lock().expect("nobody panics").play(scene, &now);
            if let Some(event) = event.filter(|_| scene.reported) {
                drop(tell.send(Incoming::Event(event)));
            }
        }
    });
    let plan = Plan::list(history.targets[0], &history.targets).expect("a plan");
    let drive = Drive {
        advance: if history.search { Advance::WhenReached } else { Advance::Every(Duration::from_secs(STEP)) },
        step_deadline: Duration::from_secs(STEP),
        full_every: history.full_every,
        started: STARTED,
        ..Drive::new(plan)
    };
    let open = |name: &str| Lines::append(&folder.join(name)).expect("a file");
    let mut files = Files { samples: open("samples.jsonl"), events: open("events.jsonl"), steps: Vec::new() };
    let mut app = App { world, instances: history.targets[0], capacity: history.capacity, events: Some(events) };
    let report = if history.search {
        let search = Search::new(&drive.plan, 0.1, 1);
        drive.find_limit(search, &mut app, &mut files).await.1
    } else {
        drive.run(&mut app, &mut files).await
    };
    play.abort();
    (files.steps, report)
}

/// What a reader makes of the files.
fn from_disk(folder: &Path) -> (TaskLives, Between) {
    let (mut lives, mut all) = (Lives::keeping_all(), Between::default());
    let mut add = |lives: &mut Lives| {
        let Between { flips, ended, killed } = lives.take_between();
        all = Between { flips: all.flips + flips, ended: all.ended + ended, killed: all.killed + killed };
    };
    read::record(&folder.join("samples.jsonl"), &folder.join("events.jsonl"), |line| match line {
        Line::Event(event) => lives.event(&event),
        Line::Sample(sample) => {
            lives.sample(sample);
            add(&mut lives);
        }
    })
    .expect("readable");
    add(&mut lives);
    (lives.finish(), all)
}

type StepNumbers = (usize, u32, [u64; 3], [Option<Quantiles>; 2]);

/// What a full disk and a killed process leave behind, and what others write into the same file.
fn damage(path: &PathBuf, line: &str) {
    let text = std::fs::read_to_string(path).expect("readable");
    let mut lines: Vec<&str> = text.lines().collect();
    lines.insert(lines.len() / 2, line);
    let torn = "{\"v\": 1, \"t\": 3, \"targ";
    std::fs::write(path, format!("{}\n{torn}", lines.join("\n"))).expect("writable");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]
    #[test]
    fn live_and_from_disk_all_numbers_agree(history in history()) {
        let folder = tempfile::tempdir().expect("a folder");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().expect("a runtime");
        let (steps, report) = runtime.block_on(live(history, folder.path()));
        damage(&folder.path().join("samples.jsonl"), "{\"v\": 1, \"complete\": tr");
        damage(
            &folder.path().join("events.jsonl"),
            r#"{"t": 1e9, "event": {"eventType": "hc_rig_executor", "task": "hc.instance-0._app.1", "executor_pid": 7}}"#,
        );
        let (lives, between) = from_disk(folder.path());

        let live: Vec<StepNumbers> = steps
            .iter()
            .map(|step| {
                let counts = [step.flips, step.kills, step.losses];
                (step.step, step.target, counts, [step.time_to_healthy, step.time_to_unhealthy])
            })
            .collect();
        let read: Vec<StepNumbers> = lives
            .steps()
            .iter()
            .map(|step| {
                let counts = [step.tally.flips, step.tally.kills, step.tally.losses];
                (step.step, step.target, counts, [step.times_to_healthy.quantiles(), step.times_to_unhealthy.quantiles()])
            })
            .collect();
        prop_assert_eq!(live, read);

        // The sums that tables, charts and exports show are those of the run.
        let totals = [report.totals.flips, report.totals.kills, report.totals.losses];
        let count = |keep: fn(&&harness::record::TaskLife) -> bool| lives.all().filter(keep).count() as u64;
        let flips: u64 = lives.all().map(|life| life.flips).sum();
        let killed = count(|life| life.is_killed_by_check());
        let lost = count(|life| life.end.is_some() && !life.is_killed_by_check());
        prop_assert_eq!(totals, [flips, killed, lost]);
        prop_assert_eq!(between.flips, flips);
        prop_assert_eq!(between.ended, count(|life| life.end.is_some()));
        prop_assert_eq!(between.killed, count(|life| life.end.is_some() && life.is_killed_by_check()));
    }
}

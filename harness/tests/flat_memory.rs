//! A run of any length: the sampler's memory does not grow with it, and what it writes does not either where nothing
//! happens but good results.
#![cfg(target_os = "linux")]

use std::{fs, io, time::Duration};

use futures::{
    StreamExt as _,
    stream::{self, BoxStream},
};
use harness::{
    record::{EventRecord, Observed, PolledSample, StepReport},
    scale::{Drive, Incoming, Observation, Plan, Sink, Subject},
    wait::AttemptError,
};
use serde_json::json;

const TASKS: u32 = 100;
/// Until everything has its size.
const WARM: u64 = 200;
const SAMPLES: u64 = 600;

/// Tasks that Marathon checks each second; one flaps, and one in thirty is replaced at each poll, for ever: few tasks, so that
/// what is kept of the replaced ones would soon be more than all the rest.
#[derive(Default)]
struct Restless {
    polls: u64,
}

impl Subject for Restless {
    async fn observe(&mut self) -> Result<Observation, AttemptError> {
        self.polls += 1;
        let tasks = (0..u64::from(TASKS)).map(|n| {
            let life = if n % 30 == self.polls % 30 { self.polls } else { self.polls.saturating_sub(1) / 100 };
            let flaps = n == 7 && self.polls.is_multiple_of(2);
            let id = format!("hc.instance-{n:08x}-{life:04x}-11f0-8000-000000000000._app.1");
            json!({"id": id, "appId": "/hc", "host": "10.0.0.1", "ports": [31_000 + n], "state": "TASK_RUNNING",
                "stagedAt": "2026-01-01T00:00:00.000Z", "healthCheckResults": [{"alive": !flaps,
                "lastSuccess": moment(self.polls), "lastFailure": flaps.then(|| moment(self.polls))}]})
        });
        let tasks: Vec<_> = tasks.map(|task| Observed::of_value(&task)).collect();
        Ok(Observation {
            instances: TASKS,
            healthy: TASKS,
            running: TASKS,
            checked: true,
            tasks,
            ..Observation::default()
        })
    }

    async fn scale(&mut self, _: u32, _: bool) -> Result<(), AttemptError> {
        Ok(())
    }

    fn events(&mut self) -> BoxStream<'static, Incoming> {
        stream::empty().boxed()
    }
}

fn moment(second: u64) -> String {
    format!("2026-01-01T{:02}:{:02}:{:02}.000Z", second / 3_600, second / 60 % 60, second % 60)
}

/// What the process holds, once it has warmed up and at the last sample.
#[derive(Default)]
struct Scales {
    samples: u64,
    warm: u64,
    last: u64,
    /// Bytes and number of the lines between those with all tasks.
    between: (usize, usize),
}

impl Sink for Scales {
    fn on_sample(&mut self, sample: &PolledSample) -> io::Result<()> {
        self.samples += 1;
        self.last = resident_kib();
        if self.samples == WARM {
            self.warm = self.last;
        }
        if !sample.complete {
            self.between.0 += serde_json::to_string(sample)?.len();
            self.between.1 += 1;
        }
        Ok(())
    }

    fn on_event(&mut self, _: &EventRecord) -> io::Result<()> {
        Ok(())
    }

    fn on_step(&mut self, _: &StepReport) -> io::Result<()> {
        Ok(())
    }
}

fn resident_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line");
    line.split_whitespace().next().and_then(|number| number.parse().ok()).expect("a number")
}

#[tokio::test(start_paused = true)]
async fn neither_memory_nor_lines_grow_with_the_run() {
    let plan = Plan::list(TASKS, &[TASKS]).expect("a plan");
    let poll = Duration::from_secs(1);
    let hold = poll * u32::try_from(SAMPLES).expect("few");
    let drive = Drive { poll, hold, ..Drive::new(plan) };
    let mut scales = Scales::default();
    let report = drive.run(&mut Restless::default(), &mut scales).await;
    assert!(report.outcome.held() && scales.samples >= SAMPLES, "{}: {} samples", report.outcome, scales.samples);
    let (warm, last) = (scales.warm, scales.last);
    assert!(last < warm + warm / 20, "{warm} KiB after {WARM} samples, {last} KiB after {}", scales.samples);
    let line = scales.between.0 / scales.between.1;
    let all = TASKS as usize * 300;
    assert!(line < all / 10, "{line} bytes a line, where all tasks take about {all}");
    println!("{warm} KiB, then {last} KiB; {line} bytes a line between those with all tasks");
}

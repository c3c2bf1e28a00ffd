//! What a report of a long run costs: `cargo bench -p hc-rig --bench report -- [SAMPLES] [TASKS]` (2,000 of 10,000).
//!
//! Writes a run folder as the sampler does (all tasks in the first and every 30th line, between them those that
//! changed, three a sample) and makes everything that `hc-rig report` makes. Fails above 60 s or a page of 2 MB.
#![allow(clippy::disallowed_methods, reason = "measures real time")]

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{BufWriter, Write as _},
    path::Path,
    process::ExitCode,
    time::{Duration, Instant},
};

use harness::record::{Counts, FORMAT, Sample};
use hc_rig::{export::Format, results::render};
use serde_json::{Value, json};

/// Longer is no report that anybody waits for.
const SLOWEST: Duration = Duration::from_secs(60);

/// A larger page is hard to open on a phone.
const LARGEST: u64 = 2 << 20;

/// The sampler's: a line with all tasks this often.
const FULL_EVERY: u64 = 30;

fn main() -> ExitCode {
    // `cargo bench` adds flags of its own.
    let numbers: Vec<u64> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let (samples, tasks) = (numbers.first().copied().unwrap_or(2_000), numbers.get(1).copied().unwrap_or(10_000));
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), samples, tasks).expect("room for the samples");
    let read = fs::metadata(folder.path().join("samples.jsonl")).map_or(0, |file| file.len());

    let begun = Instant::now();
    render::all(folder.path(), &Format::ALL).expect("a report");
    let took = begun.elapsed();
    let page = fs::metadata(folder.path().join("report.html")).map_or(0, |file| file.len());
    println!(
        "{samples} samples of up to {tasks} tasks ({} MB) in {:.1} s; page {} KB; at most {} MB of memory",
        read >> 20,
        took.as_secs_f64(),
        page >> 10,
        peak_kib() >> 10
    );
    if took < SLOWEST && page > 0 && page < LARGEST { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn write(folder: &Path, samples: u64, tasks: u64) -> std::io::Result<()> {
    let steps = 20.min(samples);
    let targets: Vec<u64> = (1..=steps).map(|step| (tasks * step).div_ceil(steps)).collect();
    let manifest = json!({
        "format": 1, "run": "bench", "pair": "mesos,MESOS_TCP", "started_at": "2026-01-01T12:00:00.000Z",
        "command": "cargo bench", "app": "/hc-rig/bench/hc",
        "definition": {"id": "/hc", "healthChecks": [{"protocol": "MESOS_TCP", "intervalSeconds": 1}]},
        "cluster": {"kind": "fake"}, "plan": {"targets": targets, "poll_seconds": 2.0},
    });
    fs::write(folder.join("run.json"), manifest.to_string())?;
    File::create(folder.join("events.jsonl"))?;
    let mut lines = BufWriter::new(File::create(folder.join("samples.jsonl"))?);
    // Unhealthy tasks, and the request at which they recover.
    let mut unhealthy_until: BTreeMap<u64, u64> = BTreeMap::new();
    let mut there = 0;
    for request in 1..=samples {
        let step = (request - 1) * steps / samples;
        let target = targets[usize::try_from(step).unwrap_or(0)];
        let mut changed: Vec<u64> = (there..target).collect();
        there = target;
        changed.extend(unhealthy_until.iter().filter(|(_, well)| **well == request).map(|(task, _)| *task));
        unhealthy_until.retain(|_, well| *well != request);
        for n in 0..3 {
            // Spread evenly and the same each time; a random choice would show nothing more.
            let task = (request * 7_919 + n * 104_729) % there;
            unhealthy_until.insert(task, request + 1 + (task % 4));
            changed.push(task);
        }
        let complete = request == 1 || request.is_multiple_of(FULL_EVERY);
        changed.sort_unstable();
        changed.dedup();
        let shown: Vec<Value> = if complete { (0..there).collect() } else { changed }
            .into_iter()
            .map(|task| object(task, unhealthy_until.contains_key(&task)))
            .collect();
        let unhealthy = unhealthy_until.len() as u64;
        let line = Sample {
            v: FORMAT,
            at: "2026-01-01T12:00:00.000Z".to_owned(),
            t: (request * 2) as f64,
            request,
            step: usize::try_from(step).unwrap_or(0) + 1,
            target: u32::try_from(target).unwrap_or(u32::MAX),
            counts: Counts { healthy: there - unhealthy, unhealthy, ..Counts::default() },
            took: 0.05,
            late: 0.001,
            complete,
            tasks: shown,
            ..Sample::default()
        };
        let line = serde_json::to_string(&line)?;
        writeln!(lines, "{line}")?;
    }
    lines.flush()
}

/// A task as Marathon shows it, some 800 bytes.
fn object(task: u64, sick: bool) -> Value {
    let instance = format!("hc-rig_bench_hc.instance-{task:08x}-0000-11f0-8000-000000000000");
    json!({
        "id": format!("{instance}._app.1"), "appId": "/hc-rig/bench/hc",
        "healthCheckResults": [{
            "alive": !sick, "consecutiveFailures": u8::from(sick), "firstSuccess": "2026-01-01T12:00:02.000Z",
            "lastFailure": null, "lastFailureCause": if sick { json!("connection refused") } else { Value::Null },
            "lastSuccess": "2026-01-01T12:00:02.000Z", "instanceId": format!("instance [{instance}]"),
        }],
        "host": format!("10.0.0.{}", task % 20), "ipAddresses": [{"ipAddress": "10.0.0.1", "protocol": "IPv4"}],
        "ports": [31_000 + task % 2_000], "servicePorts": [], "slaveId": "6f6ab06d-31f2-474d-99d3-2cd7ef85da57-S0",
        "state": "TASK_RUNNING", "stagedAt": "2026-01-01T12:00:00.000Z", "startedAt": "2026-01-01T12:00:01.000Z",
        "version": "2026-01-01T12:00:00.000Z", "localVolumes": [], "role": "*",
    })
}

/// The most memory that this process ever had; 0 where it is unknown.
fn peak_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|peak| peak.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

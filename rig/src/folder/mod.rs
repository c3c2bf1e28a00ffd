//! The run folder: what a run leaves on disk, how it is written and read.
//!
//! `run.json` ([`manifest`]), `samples.jsonl` and `events.jsonl` (the record, [`harness::record`]),
//! `summary.json` ([`summary`]), `chart.svg`, `chart.png` and `report.html`. A run of several pairs is a folder of such folders with a summary, a
//! chart and a report over all of them. Every format carries its version, and unknown fields are ignored.

pub mod checks;
pub mod clean_up;
pub mod course;
pub mod evidence;
pub mod incident;
pub mod locate;
pub mod lock;
pub mod manifest;
pub mod matrix;
pub mod moment;
pub mod origin;
pub mod outcome;
pub mod reserve;
pub mod secrets;
pub mod spec;
pub mod summary;
pub mod upgrade;

use std::{
    fs,
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use harness::{
    files,
    record::{
        Counts, Lives, Reliability, TaskLife, TaskLives, json,
        read::{self, Line, Scanned},
    },
};
use serde::Serialize;

use crate::{
    exit::{Code, Failure},
    folder::{
        course::{Course, Point},
        evidence::Evidence,
        manifest::Manifest,
        outcome::{Cause, Judged},
        summary::{Combined, Step, Summary, Tally},
        upgrade::{VERDICT_FORMAT, upgraded},
    },
    verdict::{EndReason, Verdict},
};

/// A run folder on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFolder {
    path: PathBuf,
}

impl RunFolder {
    /// Makes the folder, with its parents. An existing one must be empty.
    ///
    /// # Errors
    /// It cannot be made, or it holds something already.
    pub fn create(path: impl Into<PathBuf>) -> Result<Self, Failure> {
        let path = path.into();
        make(&path)?;
        let mut entries = fs::read_dir(&path).map_err(|error| Failure::results(&path, &error))?;
        if entries.next().is_some() {
            return Err(Failure::usage(format!("{} is not empty: name another folder with --out", path.display())));
        }
        Ok(Self { path })
    }

    /// An existing run folder.
    ///
    /// # Errors
    /// There is no `run.json` in it, or only in folders below.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, Failure> {
        let path = path.into();
        if path.join("run.json").is_file() {
            return Ok(Self { path });
        }
        if let Some(first) = locate::all(&path).first() {
            let (path, first) = (path.display(), first.path.display());
            return Err(Failure::usage(format!(
                "{path} holds runs and is none itself: name one of them, such as {first}"
            )));
        }
        Err(Failure::usage(format!(
            "{} is no run folder: it has no run.json (name the folder that hc-rig printed after `Report`)",
            path.display()
        )))
    }

    /// The run folders at or below `path`: itself, or one level down for a run of several pairs.
    ///
    /// # Errors
    /// There is none.
    pub fn find(path: &Path) -> Result<Vec<Self>, Failure> {
        if path.join("run.json").is_file() {
            return Ok(vec![Self::open(path)?]);
        }
        let mut found: Vec<Self> = fs::read_dir(path)
            .into_iter()
            .flatten()
            .flatten()
            // A link may lead to somebody else's run, which is not ours to draw.
            .filter(|entry| {
                entry.file_type().is_ok_and(|kind| kind.is_dir()) && entry.path().join("run.json").is_file()
            })
            .map(|entry| Self { path: entry.path() })
            .collect();
        let summary = files::read_ordinary(&path.join("summary.json")).ok();
        let combined: Combined = summary.and_then(|text| json::read(&text).ok()).unwrap_or_default();
        let place = |folder: &Self| {
            let name = folder.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            combined.folders.iter().position(|listed| *listed == name).unwrap_or(usize::MAX)
        };
        found.sort_by(|a, b| place(a).cmp(&place(b)).then_with(|| a.path.cmp(&b.path)));
        if found.is_empty() {
            Err(Self::open(path).err().unwrap_or_else(|| Failure::usage("no run")))
        } else {
            Ok(found)
        }
    }

    /// A folder that is known to be there.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The manifest.
    ///
    /// # Errors
    /// It cannot be read, or a later program wrote it.
    pub fn manifest(&self) -> Result<Manifest, Failure> {
        let path = self.file("run.json");
        let text = files::read_ordinary(&path).map_err(|error| unreadable(&path, &error))?;
        let manifest = Manifest::read(&text).map_err(|error| {
            let why = text::plain::json(&error.to_string());
            Failure::usage(format!("{} is damaged: {why}", path.display()))
        })?;
        if manifest.format > manifest::FORMAT {
            return Err(Failure::usage(format!(
                "{} has format {}, this hc-rig knows formats up to {}: use a newer hc-rig",
                path.display(),
                manifest.format,
                manifest::FORMAT
            )));
        }
        Ok(manifest)
    }

    /// The summary, if the run got as far as writing one.
    pub fn summary(&self) -> Option<Summary> {
        let written = json::read(&files::read_ordinary(&self.file("summary.json")).ok()?).ok()?;
        serde_json::from_value(upgraded(written)).ok()
    }

    /// Reads the whole run.
    ///
    /// # Errors
    /// A file cannot be read, or a later program wrote it.
    pub fn read(&self) -> Result<Run, Failure> {
        self.read_knowing(None)
    }

    /// Writes `summary.json` at the end of a run: what the run knows, completed by what its record shows and by the causes
    /// that `diagnose` finds in it. Nothing else writes this file.
    ///
    /// # Errors
    /// The record cannot be read, or the file cannot be written.
    pub fn conclude(&self, known: Summary, diagnose: impl Fn(&Run) -> Vec<Cause>) -> Result<Summary, Failure> {
        // A record that cannot be read must not cost the verdict.
        let summary = match self.read_knowing(Some(known.clone())) {
            Ok(run) => Summary { diagnosis: diagnose(&run), ..run.summary },
            Err(_) => known,
        };
        self.write_json("summary.json", &summary)?;
        Ok(summary)
    }

    /// The same, where the summary may not have reached the disk: then it is what its run still knows.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_knowing(&self, known: Option<Summary>) -> Result<Run, Failure> {
        let manifest = self.manifest()?;
        let mut lives = Lives::keeping_all();
        let mut evidence = Evidence::default();
        let mut tally = Tally::default();
        let mut course = Course::default();
        let mut reliability = manifest.tolerance().map(Reliability::new);
        let (samples, events) = (self.file("samples.jsonl"), self.file("events.jsonl"));
        let scanned = read::record(&samples, &events, |line| match line {
            Line::Event(event) => {
                lives.event(&event);
                evidence.event(&event);
                reliability.iter_mut().for_each(|all| all.event(&event));
            }
            Line::Sample(sample) => {
                lives.sample(sample);
                tally.add(sample);
                evidence.sample(sample);
                course.sample(sample, lives.take_between());
                reliability.iter_mut().for_each(|all| all.sample(sample));
            }
        });
        let scanned = scanned.map_err(|error| unreadable(&self.path, &error))?;
        let mut course = course.finish(lives.take_between());
        course::average(&mut course, manifest.averaging_seconds());
        let lives = lives.finish();
        let tally = tally.with_lives(&lives);
        let written = self.summary();
        let complete = written.is_some();
        let summary = Self::complete(known.or(written).unwrap_or_default(), &manifest, &tally, &lives)
            .with_degraded(reliability.map(Reliability::finish).unwrap_or_default(), manifest.plan.allow_degraded);
        Ok(Run { manifest, summary, course, lives, evidence, scanned, complete })
    }

    /// What the program knew at the end, completed by what the samples show.
    fn complete(mut summary: Summary, manifest: &Manifest, tally: &Tally, lives: &TaskLives) -> Summary {
        summary.format = VERDICT_FORMAT;
        summary.pair.clone_from(&manifest.pair);
        summary.version.clone_from(&manifest.rig.version);
        summary.command.clone_from(&manifest.command);
        summary.url.clone_from(&manifest.cluster.url);
        summary.started_at.clone_from(&manifest.started_at);
        summary.definition_sha256 = manifest.definition_sha256();
        summary.thresholds = summary.measures.iter().flat_map(|all| &all.thresholds).map(Judged::from).collect();
        summary.last = tally.last;
        summary.samples = tally.samples;
        summary.seconds = tally.seconds();
        if summary.steps.len() == tally.steps.len() {
            let written = std::mem::take(&mut summary.steps);
            let both = written.into_iter().zip(&tally.steps);
            summary.steps = both.map(|(step, seen)| step.with_samples(seen)).collect();
        } else {
            summary.steps.clone_from(&tally.steps);
        }
        summary.target = manifest.plan.targets.last().copied().unwrap_or(summary.target);
        let reached = |step: &&Step| step.reached_after.is_some();
        summary.reached = summary.steps.iter().filter(reached).map(|step| step.target).max().unwrap_or(0);
        if let Some(limit) = &summary.limit {
            summary.reached = u64::from(limit.holds);
        }
        summary.sick_tasks = lives.all().filter(|life| life.check_failure.is_some()).count() as u64;
        let in_grace = |life: &&TaskLife| life.check_failure.is_none() && life.failed_in_grace.is_some();
        summary.grace_tasks = lives.all().filter(in_grace).count() as u64;
        summary.ended_tasks = lives.all().filter(|life| life.end.is_some()).count() as u64;
        if summary.verdict == Verdict::Error && summary.why.is_empty() {
            summary.reason = Some(EndReason::Killed);
            summary.why = "the run ended without a verdict (it was killed, or it is still going on)".to_owned();
            summary.exit = Code::Internal.status();
        }
        summary
    }

    /// Refuses runs of which not one has a sample: nothing can be said of them. Each is told with whether it has one.
    ///
    /// # Errors
    /// Exit code 2: there is none.
    pub fn any_sample<'a>(runs: impl IntoIterator<Item = (&'a Self, bool)>) -> Result<(), Failure> {
        let mut first = None;
        for (folder, has_sample) in runs {
            if has_sample {
                return Ok(());
            }
            first.get_or_insert(folder);
        }
        first.map_or(Ok(()), |first| {
            Err(Failure::usage(format!(
                "{} has no samples (samples.jsonl is missing or empty, or no line of it is a sample), so nothing is known of \
                 the run",
                first.path.display()
            )))
        })
    }

    /// Whether a line of `samples.jsonl` is a sample. Where the file cannot be read, its reader says so.
    pub fn has_sample(&self) -> bool {
        read::has_sample(&self.file("samples.jsonl")).unwrap_or(true)
    }

    /// Writes a JSON file whole or not at all.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write_json<T: Serialize>(&self, name: &str, value: &T) -> Result<(), Failure> {
        let text = json::pretty(value).map_err(|error| Failure::new(Code::Internal, error.to_string()))?;
        self.write(name, text.as_bytes())
    }

    /// Writes a file whole or not at all.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        write_whole(&self.file(name), bytes)
    }
}

/// A run and the name of its folder below that of several runs.
pub type Named = (String, Run);

/// A run as read back.
#[derive(Debug, Default)]
pub struct Run {
    /// `run.json`.
    pub manifest: Manifest,
    /// `summary.json`, completed from the samples.
    pub summary: Summary,
    /// What was measured at each sample.
    pub course: Vec<Point>,
    /// What happened to each task.
    pub lives: TaskLives,
    /// What the rig looked up itself.
    pub evidence: Evidence,
    /// How many lines of the record could be read and how many could not.
    pub scanned: Scanned,
    /// Whether the run wrote its summary.
    pub complete: bool,
}

impl Run {
    /// Whether nothing checks its tasks, as far as its definition was kept.
    pub fn is_unchecked(&self) -> bool {
        self.manifest.definition.is_object() && spec::health_checks(&self.manifest.definition).is_empty()
    }

    /// How many tasks were well at the end, and the word for it: those that were healthy or, where nothing checks them, those
    /// that ran.
    pub fn well(&self) -> (u64, &'static str) {
        self.well_of(&self.summary.last)
    }

    /// The same of these counts.
    pub fn well_of(&self, counts: &Counts) -> (u64, &'static str) {
        if self.is_unchecked() { (counts.running, "running") } else { (counts.healthy, "healthy") }
    }
}

/// Makes the folder that `--out` names, with its parents, unless it is there.
///
/// # Errors
/// Exit code 2: it is a file. It cannot be made.
pub fn make(path: &Path) -> Result<(), Failure> {
    refuse_file(path)?;
    fs::create_dir_all(path).map_err(|error| Failure::results(path, &error))
}

/// Refuses a file as the folder that `--out` names.
///
/// # Errors
/// Exit code 2: it is a file.
pub fn refuse_file(path: &Path) -> Result<(), Failure> {
    if fs::metadata(path).is_ok_and(|found| !found.is_dir()) {
        return Err(Failure::usage(format!("{} is a file: name a new folder with --out", path.display())));
    }
    Ok(())
}

/// Writes a file whole or not at all: beside it first, under a name that nobody else has, then in its place. A link of that
/// name is replaced, never followed: a folder may come from anybody.
///
/// # Errors
/// The file cannot be written.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let written = tempfile::Builder::new()
        .prefix(".hc-rig-")
        .suffix(".partial")
        // What the user's umask leaves of it, as for any other file.
        .permissions(fs::Permissions::from_mode(0o666))
        .tempfile_in(folder)
        .and_then(|mut beside| {
            beside.write_all(bytes)?;
            beside.as_file().sync_data()?;
            // Dropped before it is in its place, it is removed: a half-written file helps nobody.
            beside.persist(path).map_err(|error| error.error)
        });
    written.map(drop).map_err(|error| Failure::results(path, &error))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::usage(format!("cannot read {}: {error}", path.display()))
}

//! Where a run's observations go: samples and events to disk at once, the numbers to the progress line.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use harness::{
    record::{EventRecord, Lines, PolledSample, StepReport},
    scale::{Bracket, Crossing, Sink},
};
use tokio::sync::{mpsc::UnboundedSender, watch};

use crate::{
    exit::Failure,
    folder::RunFolder,
    probe::Observation,
    run::executors::NewTasks,
    terminal::progress::{Poll, RunProgress},
};

/// Writes to a run folder.
#[derive(Debug)]
pub struct FolderSink {
    samples: Lines,
    events: Arc<Mutex<Lines>>,
    progress: RunProgress,
    new_tasks: Arc<NewTasks>,
    observations: watch::Sender<Observation>,
    steps: Option<usize>,
    crossings: Option<UnboundedSender<Crossing>>,
    broken: Option<Failure>,
}

impl FolderSink {
    /// Opens the files; `steps` is how many there will be, if that is known. If it fails, nothing has been deployed yet.
    ///
    /// # Errors
    /// Exit code 7: they cannot be written.
    pub fn open(folder: &RunFolder, progress: RunProgress, steps: Option<usize>) -> Result<Self, Failure> {
        let open = |name: &str| {
            let path = folder.file(name);
            Lines::append(&path).map_err(|error| Failure::results(&path, &error))
        };
        Ok(Self {
            samples: open("samples.jsonl")?,
            events: Arc::new(Mutex::new(open("events.jsonl")?)),
            progress,
            new_tasks: Arc::default(),
            observations: watch::Sender::default(),
            steps,
            crossings: None,
            broken: None,
        })
    }

    /// Sends each threshold that a watch finds crossed.
    #[must_use]
    pub fn with_crossings(self, crossings: Option<UnboundedSender<Crossing>>) -> Self {
        Self { crossings, ..self }
    }

    /// The events file, for others that add to it.
    pub fn events(&self) -> Arc<Mutex<Lines>> {
        self.events.clone()
    }

    /// The tasks whose executors are not known yet.
    pub fn new_tasks(&self) -> Arc<NewTasks> {
        self.new_tasks.clone()
    }

    /// What each poll shows, for the prober.
    pub fn observations(&self) -> watch::Receiver<Observation> {
        self.observations.subscribe()
    }

    /// The last poll, as the progress line shows it.
    pub fn last_poll(&self) -> Poll {
        self.progress.last_poll()
    }

    /// Which file could not be written and why, if one could not.
    pub fn broken(&self) -> Option<&Failure> {
        self.broken.as_ref()
    }

    /// Puts everything on the disk.
    ///
    /// # Errors
    /// Exit code 7: the disk refuses.
    pub fn sync(&self) -> Result<(), Failure> {
        let synced = |lines: &Lines| lines.sync().map_err(|error| Failure::results(lines.path(), &error));
        synced(&self.samples)?;
        synced(&self.events.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn remember<T>(&mut self, path: &std::path::Path, result: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &result {
            self.broken.get_or_insert_with(|| Failure::results(path, error));
        }
        result
    }
}

impl Sink for FolderSink {
    fn on_sample(&mut self, sample: &PolledSample) -> io::Result<()> {
        let path = self.samples.path().to_owned();
        let written = self.samples.push(sample);
        self.remember(&path, written)?;
        self.new_tasks.sample(sample);
        self.observations.send_replace(Observation::from(sample));
        self.progress.sample(sample);
        Ok(())
    }

    fn on_event(&mut self, event: &EventRecord) -> io::Result<()> {
        let events = self.events();
        let mut events = events.lock().unwrap_or_else(PoisonError::into_inner);
        let (path, written) = (events.path().to_owned(), events.push(event));
        drop(events);
        self.remember(&path, written)
    }

    fn on_step(&mut self, step: &StepReport) -> io::Result<()> {
        self.progress.step(step, self.steps);
        Ok(())
    }

    fn on_crossing(&mut self, crossing: &Crossing) -> io::Result<()> {
        // Nobody listens any more where the watch is ending.
        self.crossings.iter().for_each(|crossings| drop(crossings.send(crossing.clone())));
        Ok(())
    }

    fn on_search(&mut self, bracket: &Bracket) -> io::Result<()> {
        self.progress.search(bracket);
        Ok(())
    }
}

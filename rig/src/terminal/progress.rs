//! Progress of a run: one live line a run on a terminal, plain lines without one. Always on stderr.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use harness::{
    record::{Sample, StepReport},
    scale::Bracket,
};
use tokio_util::sync::CancellationToken;

pub use crate::terminal::pair_line::Poll;
use crate::{
    metrics::Metrics,
    terminal::{
        board::Board,
        layout::wrapped,
        pair_line::{PairLine, Phase},
        screen, stderr,
    },
};

/// The lines of all runs of a command.
#[derive(Clone, Debug)]
pub struct Progress {
    board: Option<Arc<Board>>,
    quiet: bool,
    metrics: Option<Metrics>,
    tally: Arc<Tally>,
}

/// Tasks of all runs, for the sentence while the command is stopped.
#[derive(Debug, Default)]
struct Tally(Mutex<Stopping>);

#[derive(Debug, Default)]
struct Stopping {
    /// Of each run: the tasks that are there, and how many of them are deleted.
    runs: Vec<(u64, u64)>,
    /// How many there were when the user asked to stop; none before.
    to_delete: Option<u64>,
}

impl Tally {
    fn lock(&self) -> MutexGuard<'_, Stopping> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stopping {
    /// The user asks to stop.
    fn begin(&mut self) {
        self.to_delete = Some(self.runs.iter().map(|(tasks, deleted)| tasks - deleted).sum());
    }

    /// The sentence, once the user has asked to stop.
    fn sentence(&self) -> Option<String> {
        let all = self.to_delete?;
        let left: u64 = self.runs.iter().map(|(tasks, deleted)| tasks - deleted).sum();
        let done = all.saturating_sub(left);
        Some(if all == 0 {
            "Stopping… (once more quits at once)".to_owned()
        } else if done == 0 {
            format!("Stopping: deleting {}… (once more quits and leaves them)", text::count(all, "task"))
        } else {
            format!("Stopping: {done} of {} deleted (once more quits and leaves the rest)", text::count(all, "task"))
        })
    }
}

impl Progress {
    /// Live lines on a terminal, plain ones elsewhere; none if quiet.
    pub fn new(quiet: bool) -> Self {
        let board = (!quiet && screen::can_redraw()).then(Board::open);
        Self { board, quiet, metrics: None, tally: Arc::default() }
    }

    /// Reports to Prometheus too.
    #[must_use]
    pub fn with_metrics(mut self, metrics: Metrics) -> Self {
        self.metrics = Some(metrics);
        self
    }

    /// Reports at once when the user asks to stop, and then how many tasks are deleted.
    #[must_use]
    pub fn until(self, stop: CancellationToken) -> Self {
        let progress = self.clone();
        tokio::spawn(async move {
            stop.cancelled().await;
            progress.tally.lock().begin();
            match &progress.board {
                Some(_) => progress.update_status(),
                None => progress.note(&progress.tally.lock().sentence().unwrap_or_default()),
            }
        });
        self
    }

    /// The line of one more run, up to `target` tasks.
    pub fn run(&self, name: &str, target: u32) -> RunProgress {
        let line = PairLine { name: name.to_owned(), target, ..PairLine::default() };
        let place = self.board.as_ref().map(|board| board.add(line.clone()));
        let mut tally = self.tally.lock();
        tally.runs.push((0, 0));
        let number = tally.runs.len() - 1;
        drop(tally);
        RunProgress { all: self.clone(), place, number, line, ends: None, bracket: None }
    }

    /// A sentence above the lines that must be seen, whether the rest is or not.
    pub fn alert(&self, text: &str) {
        stderr::line(text);
    }

    /// A sentence above the lines.
    pub fn note(&self, text: &str) {
        let columns = screen::of_stderr().columns - 1;
        if self.board.is_some() && text.chars().count() > columns {
            wrapped(text, columns).iter().for_each(stderr::line);
        } else if !self.quiet {
            stderr::line(text);
        }
    }

    /// A sentence below the live lines, about what is done now.
    pub fn status(&self, text: &str) {
        if let Some(board) = &self.board {
            board.set_status(text.to_owned());
        }
    }

    /// Leaves the live lines on the screen as they are.
    pub fn keep(&self) {
        if let Some(board) = &self.board {
            board.close(true);
        }
    }

    /// Whether somebody wants to know how many tasks are deleted.
    pub fn counts_deleted(&self) -> bool {
        self.board.is_some()
    }

    fn update_status(&self) {
        if let (Some(board), Some(sentence)) = (&self.board, self.tally.lock().sentence()) {
            board.set_status(sentence);
        }
    }
}

/// The line of one run.
#[derive(Clone, Debug)]
pub struct RunProgress {
    all: Progress,
    /// Its place on the board, if there is one.
    place: Option<usize>,
    /// Its place in the tally.
    number: usize,
    line: PairLine,
    /// When it should be over, in seconds since the start, if that can be estimated.
    ends: Option<f64>,
    /// What a search knows and tries.
    bracket: Option<Bracket>,
}

impl RunProgress {
    /// A poll has answered.
    pub fn sample<T>(&mut self, sample: &Sample<T>) {
        if let Some(metrics) = &self.all.metrics {
            metrics.sample(&self.line.name, sample).unwrap_or_else(stderr::warning);
        }
        self.poll(&Poll::from(sample));
    }

    /// Shows a poll.
    pub fn poll(&mut self, poll: &Poll) {
        self.line.poll = *poll;
        self.line.left = self.left();
        self.all.tally.lock().runs[self.number] = (self.line.tasks(), 0);
        self.redraw();
    }

    /// The last poll.
    pub fn last_poll(&self) -> Poll {
        self.line.poll
    }

    /// A step is over; `steps` is how many there are, which a search does not know.
    pub fn step(&mut self, step: &StepReport, steps: Option<usize>) {
        self.ends = steps.and_then(|steps| expected_end(self.line.poll.t, step.step, steps));
        if self.place.is_some() || self.all.quiet {
            return;
        }
        let how = match step.seconds() {
            Some(seconds) => format!("reached after {seconds:.1} s"),
            None => "not reached".to_owned(),
        };
        let of = steps.map(|steps| format!("/{steps}")).unwrap_or_default();
        stderr::line(format_args!(
            "{}  step {}{of}  {}  {how}  ({}){}",
            self.line.name,
            step.step,
            text::count(step.target, "task"),
            step.counts,
            self.left().map(|left| format!("  {left}")).unwrap_or_default(),
        ));
    }

    /// A search tries a number of tasks, perhaps once more.
    pub fn search(&mut self, bracket: &Bracket) {
        if self.bracket.replace(*bracket) == Some(*bracket) {
            return;
        }
        self.line.search = Some(bracket.to_string());
        self.redraw();
        if self.place.is_none() && !self.all.quiet {
            stderr::line(format_args!("{}  {bracket}", self.line.name));
        }
    }

    /// The time that should be left, if that can be estimated.
    fn left(&self) -> Option<String> {
        let left = (self.ends? - self.line.poll.t).max(1.0);
        Some(if left < 90.0 { format!("about {left:.0} s left") } else { format!("about {:.0} min left", left / 60.0) })
    }

    /// Clean-up has begun; `deleted` of the tasks are gone.
    pub fn deleting(&mut self, deleted: u64) {
        let tasks = self.line.tasks();
        self.set_phase(Phase::Deleting(deleted.min(tasks)), deleted.min(tasks));
    }

    /// Whether [`Self::deleting`] is to be told of each task.
    pub fn counts_deleted(&self) -> bool {
        self.all.counts_deleted()
    }

    /// The run is over.
    pub fn finish(&mut self, word: &str) {
        self.set_phase(Phase::Over(word.to_owned()), self.line.tasks());
        if self.place.is_none() && !self.all.quiet {
            stderr::line(format_args!("{}  {word}", self.line.name));
        }
    }

    fn set_phase(&mut self, phase: Phase, deleted: u64) {
        self.line.phase = phase;
        self.all.tally.lock().runs[self.number] = (self.line.tasks(), deleted);
        self.redraw();
        self.all.update_status();
    }

    fn redraw(&self) {
        if let (Some(board), Some(place)) = (&self.all.board, self.place) {
            board.update(place, |line| line.clone_from(&self.line));
        }
    }
}

/// When a run should be over that took `t` seconds for its first `done` of `steps`: each further step as long as
/// the average so far. None after the last.
fn expected_end(t: f64, done: usize, steps: usize) -> Option<f64> {
    (0 < done && done < steps).then(|| t / done as f64 * steps as f64)
}

#[cfg(test)]
mod tests {
    use harness::record::Counts;

    use super::*;

    #[test]
    fn the_time_left_is_estimated_from_the_steps_so_far() {
        assert_eq!(expected_end(30.0, 3, 10), Some(100.0));
        assert_eq!(expected_end(30.0, 3, 3), None);
        let mut run = Progress::new(true).run("mesos,TCP", 31);
        let mut left = |t: f64, step: usize| {
            run.poll(&Poll { t, ..Poll::default() });
            if step > 0 {
                run.ends = expected_end(run.line.poll.t, step, 4);
            }
            run.left()
        };
        assert_eq!(left(10.0, 0), None, "nothing is known in the first step");
        assert_eq!(left(20.0, 1).as_deref(), Some("about 60 s left"));
        assert_eq!(left(30.0, 0).as_deref(), Some("about 50 s left"));
        assert_eq!(left(500.0, 2).as_deref(), Some("about 8 min left"));
        assert_eq!(left(600.0, 4), None);
    }

    #[test]
    fn a_stop_counts_the_tasks_of_all_runs() {
        let progress = Progress::new(true);
        let [mut one, mut two] = [6, 300].map(|healthy| {
            let mut run = progress.run("mesos,TCP", 400);
            run.poll(&Poll { counts: Counts { healthy, scheduled: 7, ..Counts::default() }, ..Poll::default() });
            run
        });
        let sentence = || progress.tally.lock().sentence();
        assert_eq!(sentence(), None);
        progress.tally.lock().begin();
        let expected = "Stopping: deleting 306 tasks… (once more quits and leaves them)";
        assert_eq!(sentence().as_deref(), Some(expected));
        one.deleting(0);
        two.deleting(100);
        one.finish("STOPPED");
        let expected = "Stopping: 106 of 306 tasks deleted (once more quits and leaves the rest)";
        assert_eq!(sentence().as_deref(), Some(expected));
    }
}

//! Progress of a run: one live line a run on a terminal, plain lines without one. Always on stderr.

use std::{
    io::{IsTerminal as _, stderr},
    time::Duration,
};

use console::Style;
use harness::{
    record::{Counts, Sample, StepReport},
    scale::Bracket,
};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{metrics::Metrics, terminal::stderr};

/// The lines of all runs of a command.
#[derive(Clone, Debug)]
pub struct Progress {
    bars: Option<MultiProgress>,
    quiet: bool,
    metrics: Option<Metrics>,
}

impl Progress {
    /// Live lines on a terminal, plain ones elsewhere; none if quiet.
    pub fn new(quiet: bool) -> Self {
        let live = !quiet && stderr().is_terminal();
        let bars = live.then(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(5)));
        Self { bars, quiet, metrics: None }
    }

    /// Reports to Prometheus too.
    #[must_use]
    pub fn with_metrics(mut self, metrics: Metrics) -> Self {
        self.metrics = Some(metrics);
        self
    }

    /// The line of one more run, up to `target` tasks.
    pub fn run(&self, name: &str, target: u32) -> RunProgress {
        let bar = self.bars.as_ref().map(|bars| {
            let bar = bars.add(ProgressBar::new(u64::from(target)));
            // The template is a constant: were it wrong, the plain default style would do.
            if let Ok(style) = ProgressStyle::with_template(" {prefix:<19} {msg}") {
                bar.set_style(style);
            }
            bar.set_prefix(text::visible(name).into_owned());
            bar.set_message(format!("{}  0/{target}", stack(&Counts::default(), target)));
            bar.enable_steady_tick(Duration::from_millis(500));
            bar
        });
        let metrics = self.metrics.clone();
        let name = name.to_owned();
        RunProgress { name, bar, quiet: self.quiet, metrics, step: 1, target, t: 0.0, ends: None, bracket: None }
    }

    /// A sentence between the lines, on one line whatever it holds, that must be seen, whether the rest is or not.
    pub fn alert(&self, text: &str) {
        match &self.bars {
            Some(bars) => drop(bars.println(text::visible(text))),
            None => stderr::line(text),
        }
    }

    /// A sentence between the lines, on one line whatever it holds.
    pub fn note(&self, text: &str) {
        match &self.bars {
            _ if self.quiet => {}
            Some(bars) => drop(bars.println(text::visible(text))),
            None => stderr::line(text),
        }
    }
}

/// The line of one run.
#[derive(Clone, Debug)]
pub struct RunProgress {
    name: String,
    bar: Option<ProgressBar>,
    quiet: bool,
    metrics: Option<Metrics>,
    step: usize,
    target: u32,
    /// Seconds of the last poll.
    t: f64,
    /// When it should be over, in seconds since the start, if that can be estimated.
    ends: Option<f64>,
    /// What a search knows and tries.
    bracket: Option<Bracket>,
}

impl RunProgress {
    /// A poll has answered.
    pub fn sample(&mut self, sample: &Sample) {
        if let Some(metrics) = &self.metrics {
            metrics.sample(&self.name, sample);
        }
        self.poll(&Poll::from(sample));
    }

    /// Shows a poll.
    pub fn poll(&mut self, poll: &Poll) {
        let Poll { counts, target, request, t, took, late } = *poll;
        self.t = t;
        if let Some(bar) = &self.bar {
            bar.set_position(counts.healthy);
            let asked = self.bracket.map_or_else(|| format!("target {target}"), |bracket| bracket.to_string());
            bar.set_message(format!(
                "{}  {}/{} healthy   {asked}{}   poll {request}   {t:.0} s{}   answered in {:.0} ms{}",
                stack(&counts, self.target),
                counts.healthy,
                self.target,
                trouble(&counts),
                self.left().map(|left| format!(", {left}")).unwrap_or_default(),
                took * 1e3,
                if late >= LATE { format!(", {:.0} ms late", late * 1e3) } else { String::new() },
            ));
        }
    }

    /// A step is over; `steps` is how many there are, if that is known.
    pub fn step(&mut self, step: &StepReport, steps: Option<usize>) {
        self.step = step.step;
        self.ends = steps.and_then(|steps| expected_end(self.t, step.step, steps));
        if self.bar.is_none() && !self.quiet {
            let how = match step.seconds() {
                Some(seconds) => format!("reached after {seconds:.1} s"),
                None => "not reached".to_owned(),
            };
            let of = steps.map(|steps| format!("/{steps}")).unwrap_or_default();
            stderr::line(format_args!(
                "{}  step {}{of}  {}  {how}  ({}){}",
                self.name,
                step.step,
                text::count(step.target, "task"),
                step.counts,
                self.left().map(|left| format!("  {left}")).unwrap_or_default(),
            ));
        }
    }

    /// A search tries a number of tasks, perhaps once more.
    pub fn search(&mut self, bracket: &Bracket) {
        if self.bracket.replace(*bracket) != Some(*bracket) && self.bar.is_none() && !self.quiet {
            stderr::line(format_args!("{}  {bracket}", self.name));
        }
    }

    /// The time that should be left, if that can be estimated.
    fn left(&self) -> Option<String> {
        let left = (self.ends? - self.t).max(1.0);
        Some(if left < 90.0 { format!("about {left:.0} s left") } else { format!("about {:.0} min left", left / 60.0) })
    }

    /// The run is over.
    pub fn finish(&self, word: &str) {
        match &self.bar {
            Some(bar) => {
                let counts = Counts { healthy: bar.position(), ..Counts::default() };
                let stack = stack(&counts, self.target);
                bar.finish_with_message(format!("{stack}  {}/{} healthy   {word}", bar.position(), self.target));
            }
            None if !self.quiet => stderr::line(format_args!("{}  {word}", self.name)),
            None => {}
        }
    }
}

/// When a run should be over that took `t` seconds for its first `done` of `steps`: each further step as long as
/// the average so far. None after the last.
fn expected_end(t: f64, done: usize, steps: usize) -> Option<f64> {
    (0 < done && done < steps).then(|| t / done as f64 * steps as f64)
}

/// Cells of the bar.
const CELLS: u32 = 24;

/// A poll that is later than this, in seconds, is shown as late.
const LATE: f64 = 0.1;

/// What one poll found, as far as the line shows it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Poll {
    /// Tasks by state.
    pub counts: Counts,
    /// Instances asked for.
    pub target: u32,
    /// Its number.
    pub request: u64,
    /// Seconds since the start.
    pub t: f64,
    /// Seconds until the answer.
    pub took: f64,
    /// Seconds that it began late.
    pub late: f64,
}

impl From<&Sample> for Poll {
    fn from(sample: &Sample) -> Self {
        let Sample { counts, target, request, t, took, late, .. } = *sample;
        Self { counts, target, request, t, took, late }
    }
}

/// The tasks by state as a bar that grows to the target. Each state has a sign of its own, so that colours, which
/// `NO_COLOR` turns off, never carry the meaning alone. A state with any task gets at least one cell.
fn stack(counts: &Counts, target: u32) -> String {
    let parts = [
        (counts.healthy, "█", Style::new().green()),
        (counts.unhealthy, "▒", Style::new().red()),
        (counts.unhealthy_in_grace, "░", Style::new().yellow()),
        (counts.unreachable, "?", Style::new().yellow()),
        (counts.killing, "x", Style::new().red()),
        (counts.running, "▓", Style::new().blue()),
        (counts.staged, "·", Style::new().dim()),
    ];
    let mut free = CELLS;
    let mut bar = String::new();
    for (n, sign, style) in parts {
        let cells = n * u64::from(CELLS) / u64::from(target.max(1));
        let cells = u32::try_from(cells).unwrap_or(CELLS).max(u32::from(n > 0)).min(free);
        free -= cells;
        if cells > 0 {
            bar.push_str(&style.for_stderr().apply_to(sign.repeat(cells as usize)).to_string());
        }
    }
    bar.push_str(&" ".repeat(free as usize));
    bar
}

fn trouble(counts: &Counts) -> String {
    let mut text = String::new();
    let in_grace = (counts.unhealthy_in_grace, "failing within grace");
    for (n, what) in [(counts.unhealthy, "unhealthy"), in_grace, (counts.unreachable, "unreachable")] {
        if n > 0 {
            text.push_str(&format!("   {n} {what}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_is_estimated_from_the_steps_so_far() {
        assert_eq!(expected_end(30.0, 3, 10), Some(100.0));
        assert_eq!(expected_end(30.0, 3, 3), None);
        let mut run = Progress::new(true).run("mesos,TCP", 31);
        let mut left = |t: f64, step: usize| {
            run.poll(&Poll { t, ..Poll::default() });
            if step > 0 {
                run.ends = expected_end(run.t, step, 4);
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
    fn a_bar_has_a_sign_for_each_state_and_a_cell_for_each_problem() {
        let counts = Counts { healthy: 500, unhealthy: 1, running: 200, staged: 100, ..Counts::default() };
        let bar = console::strip_ansi_codes(&stack(&counts, 1_000)).into_owned();
        assert_eq!(bar, format!("{}▒{}··{}", "█".repeat(12), "▓".repeat(4), " ".repeat(5)));
        let all = stack(&Counts { healthy: 3, ..Counts::default() }, 3);
        assert_eq!(console::strip_ansi_codes(&all), "█".repeat(24));
    }
}

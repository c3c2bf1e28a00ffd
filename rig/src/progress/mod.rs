//! What is seen while a run goes on: one live line per pair on a terminal, plain lines without one. Always on stderr.

use std::{
    io::{IsTerminal as _, stderr},
    time::Duration,
};

use console::Style;
use harness::scale::{Counts, Sample, StepReport};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::metrics::Metrics;

/// The lines of all pairs.
#[derive(Clone, Debug)]
pub struct Progress {
    bars: Option<MultiProgress>,
    quiet: bool,
    metrics: Option<Metrics>,
}

impl Progress {
    /// Live lines on a terminal, plain ones else; nothing if quiet.
    pub fn new(quiet: bool) -> Self {
        let live = !quiet && stderr().is_terminal();
        let bars = live.then(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(5)));
        Self { bars, quiet, metrics: None }
    }

    /// Tells Prometheus too.
    #[must_use]
    pub fn with_metrics(mut self, metrics: Metrics) -> Self {
        self.metrics = Some(metrics);
        self
    }

    /// One more pair, up to `target` tasks.
    pub fn pair(&self, name: &str, target: u32) -> PairProgress {
        let bar = self.bars.as_ref().map(|bars| {
            let bar = bars.add(ProgressBar::new(u64::from(target)));
            // The template is a constant: were it wrong, the plain default style would do.
            if let Ok(style) = ProgressStyle::with_template(" {prefix:<19} {msg}") {
                bar.set_style(style);
            }
            bar.set_prefix(name.to_owned());
            bar.set_message(format!("{}  0/{target}", stack(&Counts::default(), target)));
            bar.enable_steady_tick(Duration::from_millis(500));
            bar
        });
        let metrics = self.metrics.clone();
        PairProgress { name: name.to_owned(), bar, quiet: self.quiet, metrics, step: 1, target }
    }

    /// A sentence between the lines.
    pub fn say(&self, text: &str) {
        match &self.bars {
            _ if self.quiet => {}
            Some(bars) => drop(bars.println(text)),
            None => eprintln!("{text}"),
        }
    }
}

/// The line of one pair.
#[derive(Clone, Debug)]
pub struct PairProgress {
    name: String,
    bar: Option<ProgressBar>,
    quiet: bool,
    metrics: Option<Metrics>,
    step: usize,
    target: u32,
}

impl PairProgress {
    /// A poll has answered.
    pub fn sample(&mut self, sample: &Sample) {
        if let Some(metrics) = &self.metrics {
            metrics.sample(&self.name, sample);
        }
        self.show(&sample.counts, sample.target, sample.request, sample.t, sample.took, sample.late);
    }

    /// The counts of a poll: its target, its number, its seconds since the start, and how long the answer took and how
    /// late the question was.
    pub fn show(&mut self, counts: &Counts, asked: u32, request: u64, t: f64, took: f64, late: f64) {
        if let Some(bar) = &self.bar {
            bar.set_position(u64::from(counts.healthy));
            bar.set_message(format!(
                "{}  {}/{} healthy   asked {asked}{}   #{request}   {t:.0} s   answer {:.0} ms{}",
                stack(counts, self.target),
                counts.healthy,
                self.target,
                trouble(counts.unhealthy, counts.unreachable),
                took * 1e3,
                // A tick that is late by less than a tenth of a second is nobody's business.
                if late >= 0.1 { format!(", asked {:.0} ms late", late * 1e3) } else { String::new() },
            ));
        }
    }

    /// A step is over, of so many if that is known.
    pub fn step(&mut self, step: &StepReport, steps: Option<usize>) {
        self.step = step.step;
        if self.bar.is_none() && !self.quiet {
            let how = match step.seconds() {
                Some(seconds) => format!("reached after {seconds:.1} s"),
                None => "not reached".to_owned(),
            };
            let of = steps.map(|steps| format!("/{steps}")).unwrap_or_default();
            eprintln!("{}  step {}{of}  {} tasks  {how}  ({})", self.name, step.step, step.target, step.counts);
        }
    }

    /// The run of this pair is over.
    pub fn finish(&self, word: &str) {
        match &self.bar {
            Some(bar) => {
                let counts = Counts { healthy: u32::try_from(bar.position()).unwrap_or(u32::MAX), ..Counts::default() };
                let stack = stack(&counts, self.target);
                bar.finish_with_message(format!("{stack}  {}/{} healthy   {word}", bar.position(), self.target));
            }
            None if !self.quiet => eprintln!("{}  {word}", self.name),
            None => {}
        }
    }
}

/// Cells of the bar.
const CELLS: u32 = 24;

/// The tasks by state as a bar that grows to the target. Each state has a sign of its own, so that colours, which
/// `NO_COLOR` turns off, never carry the meaning alone. Whoever is in trouble gets at least a cell.
fn stack(counts: &Counts, target: u32) -> String {
    let parts = [
        (counts.healthy, "█", Style::new().green()),
        (counts.unhealthy, "▒", Style::new().red()),
        (counts.unreachable, "?", Style::new().yellow()),
        (counts.killing, "x", Style::new().red()),
        (counts.running, "▓", Style::new().blue()),
        (counts.staged, "·", Style::new().dim()),
    ];
    let mut free = CELLS;
    let mut bar = String::new();
    for (n, sign, style) in parts {
        let cells = u64::from(n) * u64::from(CELLS) / u64::from(target.max(1));
        let cells = u32::try_from(cells).unwrap_or(CELLS).max(u32::from(n > 0)).min(free);
        free -= cells;
        if cells > 0 {
            bar.push_str(&style.for_stderr().apply_to(sign.repeat(cells as usize)).to_string());
        }
    }
    bar.push_str(&" ".repeat(free as usize));
    bar
}

fn trouble(unhealthy: u32, unreachable: u32) -> String {
    let mut text = String::new();
    for (n, what) in [(unhealthy, "unhealthy"), (unreachable, "unreachable")] {
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
    fn a_bar_shows_each_state_by_a_sign_of_its_own_and_trouble_however_small() {
        let counts = Counts { healthy: 500, unhealthy: 1, running: 200, staged: 100, ..Counts::default() };
        let bar = console::strip_ansi_codes(&stack(&counts, 1_000)).into_owned();
        assert_eq!(bar, format!("{}▒{}··{}", "█".repeat(12), "▓".repeat(4), " ".repeat(5)));
        let all = stack(&Counts { healthy: 3, ..Counts::default() }, 3);
        assert_eq!(console::strip_ansi_codes(&all), "█".repeat(24));
    }
}

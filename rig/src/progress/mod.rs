//! What is seen while a run goes on: one live line per pair on a terminal, plain lines without one. Always on stderr.

use std::{
    io::{IsTerminal as _, stderr},
    time::Duration,
};

use harness::scale::{Sample, StepReport};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The lines of all pairs.
#[derive(Clone, Debug)]
pub struct Progress {
    bars: Option<MultiProgress>,
    quiet: bool,
}

impl Progress {
    /// Live lines on a terminal, plain ones else; nothing if quiet.
    pub fn new(quiet: bool) -> Self {
        let live = !quiet && stderr().is_terminal();
        let bars = live.then(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(5)));
        Self { bars, quiet }
    }

    /// One more pair, up to `target` tasks.
    pub fn pair(&self, name: &str, target: u32) -> PairProgress {
        let bar = self.bars.as_ref().map(|bars| {
            let bar = bars.add(ProgressBar::new(u64::from(target)));
            // The template is a constant: were it wrong, the plain default style would do.
            if let Ok(style) = ProgressStyle::with_template(" {prefix:<19} {bar:24.green/dim} {msg}") {
                bar.set_style(style.progress_chars("█▓░"));
            }
            bar.set_prefix(name.to_owned());
            bar.set_message(format!("0/{target}"));
            bar.enable_steady_tick(Duration::from_millis(500));
            bar
        });
        PairProgress { name: name.to_owned(), bar, quiet: self.quiet, step: 1, target }
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
    step: usize,
    target: u32,
}

impl PairProgress {
    /// A poll has answered.
    pub fn sample(&mut self, sample: &Sample) {
        if let Some(bar) = &self.bar {
            bar.set_position(u64::from(sample.counts.healthy));
            bar.set_message(format!(
                "{}/{} healthy   asked {}{}   #{}   {:.0} s",
                sample.counts.healthy,
                self.target,
                sample.target,
                trouble(sample.counts.unhealthy, sample.counts.unreachable),
                sample.request,
                sample.t
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
            Some(bar) => bar.finish_with_message(format!("{}/{} healthy   {word}", bar.position(), self.target)),
            None if !self.quiet => eprintln!("{}  {word}", self.name),
            None => {}
        }
    }
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

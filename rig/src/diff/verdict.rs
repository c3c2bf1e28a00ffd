//! The comparison as data: a row a measure, and a verdict on the whole.

use serde::Serialize;
use text::{count, decimal};

use crate::{
    diff::{
        bootstrap::{interval, mean},
        comparable::{obstacles, remarks},
        measures::{ALL, Better, Measure},
        side::{Repeat, Side},
    },
    exit::Code,
};

/// Fewer repeats a side than this say nothing.
pub const REPEATS: usize = 5;

/// How sure the verdict as a whole is, unless said otherwise.
pub const CONFIDENCE: f64 = 0.95;

/// What came of a comparison, of one measure or of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// B is better.
    Better,
    /// B is worse.
    Worse,
    /// Any difference is small or may be chance.
    NoChange,
    /// There are too few repeats, or the sides are not comparable.
    NotJudged,
}

impl Outcome {
    /// In capitals.
    pub fn word(self) -> &'static str {
        match self {
            Self::Better => "BETTER",
            Self::Worse => "WORSE",
            Self::NoChange => "NO CHANGE",
            Self::NotJudged => "NOT JUDGED",
        }
    }

    /// The exit code.
    pub fn code(self) -> Code {
        match self {
            Self::Better | Self::NoChange => Code::Passed,
            Self::Worse => Code::Failed,
            Self::NotJudged => Code::Usage,
        }
    }
}

/// One measure of both sides.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Row {
    /// The measure's key.
    pub measure: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// Which way is better.
    pub better: Better,
    /// The numbers of A, a run each.
    pub a: Vec<f64>,
    /// The numbers of B.
    pub b: Vec<f64>,
    /// Mean of A.
    pub mean_a: f64,
    /// Mean of B.
    pub mean_b: f64,
    /// The least change of the mean that counts, in the unit.
    pub least: f64,
    /// The interval of `mean_b - mean_a`, if there are enough repeats.
    pub interval: Option<(f64, f64)>,
    /// What came of it.
    pub outcome: Outcome,
}

/// The comparison of two sides.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Comparison {
    /// Version of the format.
    pub format: u32,
    /// A as it was named.
    pub a: String,
    /// B as it was named.
    pub b: String,
    /// Runs of each.
    pub repeats: (usize, usize),
    /// The verdict on the whole: worse if any measure is.
    pub outcome: Outcome,
    /// Why it was not judged, a sentence each.
    pub refused: Vec<String>,
    /// What else differs.
    pub remarks: Vec<String>,
    /// How sure the verdict as a whole is.
    pub confidence: f64,
    /// How sure each row is, so that all of them together are as sure as that (Bonferroni).
    pub confidence_of_a_row: f64,
    /// Seed of the bootstrap.
    pub seed: u64,
    /// A row a measure.
    pub rows: Vec<Row>,
}

impl Comparison {
    /// Compares.
    pub fn of(a: &Side, b: &Side, confidence: f64, seed: u64) -> Self {
        let mut refused = obstacles(a, b);
        for side in [a, b] {
            let n = side.repeats.len();
            if n < REPEATS {
                refused.push(format!(
                    "{} holds {}: a change cannot be distinguished from chance with fewer than {REPEATS} a side; repeat it (each \
                     run a folder in one parent)",
                    side.name,
                    count(n, "run")
                ));
            }
        }
        refused.dedup();
        let taken: Vec<_> =
            ALL.iter().filter_map(|measure| Some((measure, take(measure, a)?, take(measure, b)?))).collect();
        let confidence_of_a_row = 1.0 - (1.0 - confidence) / taken.len().max(1) as f64;
        let judged = refused.is_empty();
        let rows: Vec<Row> = taken
            .into_iter()
            .map(|(measure, a, b)| row(measure, a, b, judged.then_some(confidence_of_a_row), seed))
            .collect();
        let any = |outcome| rows.iter().any(|row| row.outcome == outcome);
        let outcome = match judged {
            false => Outcome::NotJudged,
            true if any(Outcome::Worse) => Outcome::Worse,
            true if any(Outcome::Better) => Outcome::Better,
            true => Outcome::NoChange,
        };
        Self {
            format: 1,
            a: a.name.clone(),
            b: b.name.clone(),
            repeats: (a.repeats.len(), b.repeats.len()),
            outcome,
            refused,
            remarks: remarks(a, b),
            confidence,
            confidence_of_a_row,
            seed,
            rows,
        }
    }

    /// One sentence: what changed and how sure that is.
    pub fn sentence(&self) -> String {
        let (a, b) = self.repeats;
        if self.outcome == Outcome::NotJudged {
            return self.refused.join("; ");
        }
        let changes = |outcome: Outcome| -> Vec<String> {
            self.rows.iter().filter(|row| row.outcome == outcome).map(Row::change).collect()
        };
        let (worse, better) = (changes(Outcome::Worse), changes(Outcome::Better));
        let mut parts = Vec::new();
        if !worse.is_empty() {
            parts.push(format!("worse: {}", worse.join(", ")));
        }
        if !better.is_empty() {
            parts.push(format!("better: {}", better.join(", ")));
        }
        if parts.is_empty() {
            parts.push("no measure changed by more than chance and the least change that counts".to_owned());
        }
        format!("{}; {a} against {b} runs, {} % sure as a whole", parts.join("; "), percent(self.confidence))
    }
}

/// `95`, `99.5`.
pub fn percent(part: f64) -> String {
    decimal(part * 100.0, 2)
}

impl Row {
    /// `limit or tasks reached 200 → 180 tasks (−10 %)`.
    pub fn change(&self) -> String {
        let Self { name, unit, mean_a, mean_b, .. } = self;
        let unit = if unit.is_empty() { String::new() } else { format!(" {unit}") };
        format!("{name} {} → {}{unit}{}", number(*mean_a), number(*mean_b), self.relative())
    }

    /// ` (−10 %)`, empty where A is nothing.
    pub fn relative(&self) -> String {
        if self.mean_a == 0.0 || self.mean_a == self.mean_b {
            return String::new();
        }
        let part = (self.mean_b - self.mean_a) / self.mean_a * 100.0;
        format!(" ({}{:.0} %)", if part < 0.0 { "−" } else { "+" }, part.abs())
    }
}

/// With as many digits as are worth showing.
pub fn number(value: f64) -> String {
    if value.abs() >= 100.0 { format!("{value:.0}") } else { decimal(value, 2) }
}

/// The numbers of one side; none unless every run has one.
fn take(measure: &Measure, side: &Side) -> Option<Vec<f64>> {
    side.repeats.iter().map(|repeat: &Repeat| (measure.of)(repeat)).collect()
}

fn row(measure: &Measure, a: Vec<f64>, b: Vec<f64>, confidence: Option<f64>, seed: u64) -> Row {
    let (mean_a, mean_b) = (mean(&a), mean(&b));
    let interval = confidence.and_then(|confidence| interval(&a, &b, confidence, seed));
    let least = measure.least.max(measure.part * mean_a.abs());
    let outcome = match interval {
        None => Outcome::NotJudged,
        Some((low, high)) if low <= 0.0 && high >= 0.0 => Outcome::NoChange,
        _ if (mean_b - mean_a).abs() < least => Outcome::NoChange,
        _ if (mean_b > mean_a) == (measure.better == Better::Higher) => Outcome::Better,
        _ => Outcome::Worse,
    };
    Row {
        measure: measure.key,
        name: measure.name,
        unit: measure.unit,
        better: measure.better,
        a,
        b,
        mean_a,
        mean_b,
        least,
        interval,
        outcome,
    }
}

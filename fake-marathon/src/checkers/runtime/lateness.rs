//! How late probes begin: the measure of a machine that is too busy for the checks it is to make.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use serde::Serialize;

/// Upper ends of the classes in microseconds: 2^0 to 2^31.
const CLASSES: usize = 32;

/// Probes by how late they began.
#[derive(Debug, Default)]
pub struct Lateness {
    classes: [AtomicU64; CLASSES],
    latest: AtomicU64,
}

/// What is told of it; each figure is exact to a factor of two, but the last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LatenessFigures {
    /// Half of all probes began at most this late, in microseconds.
    pub p50_micros: u64,
    /// 99 of 100 probes began at most this late, in microseconds.
    pub p99_micros: u64,
    /// The latest of all, in microseconds.
    pub max_micros: u64,
}

impl Lateness {
    /// A probe began this long after it was due.
    pub fn note(&self, late: Duration) {
        let micros = u64::try_from(late.as_micros()).unwrap_or(u64::MAX);
        let class = (u64::BITS - micros.leading_zeros()) as usize;
        self.classes[class.min(CLASSES - 1)].fetch_add(1, Ordering::Relaxed);
        self.latest.fetch_max(micros, Ordering::Relaxed);
    }

    /// By how much the latest of all was late.
    #[must_use]
    pub fn latest(&self) -> Duration {
        Duration::from_micros(self.latest.load(Ordering::Relaxed))
    }

    /// The figures since the start.
    #[must_use]
    pub fn figures(&self) -> LatenessFigures {
        let counts: Vec<u64> = self.classes.iter().map(|class| class.load(Ordering::Relaxed)).collect();
        let all: u64 = counts.iter().sum();
        let max = self.latest.load(Ordering::Relaxed);
        let at = |per_cent: u64| {
            let wanted = (all * per_cent).div_ceil(100);
            let mut seen = 0;
            let class = counts.iter().position(|count| {
                seen += count;
                seen >= wanted
            });
            class.map_or(max, |class| ((1_u64 << class) - 1).min(max))
        };
        LatenessFigures { p50_micros: at(50), p99_micros: at(99), max_micros: max }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_exact_to_a_factor_of_two() {
        let lateness = Lateness::default();
        assert_eq!(lateness.figures(), LatenessFigures::default());
        for _ in 0..98 {
            lateness.note(Duration::from_micros(100));
        }
        lateness.note(Duration::from_micros(3_000));
        lateness.note(Duration::from_micros(70_000));
        let figures = LatenessFigures { p50_micros: 127, p99_micros: 4095, max_micros: 70_000 };
        assert_eq!(lateness.figures(), figures);
    }
}

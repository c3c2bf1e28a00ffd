//! Quantiles: exact for the few numbers of a step, and in constant memory for those of a whole run.

use serde::{Deserialize, Serialize};

/// Half, nearly all, and the worst of a set of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Quantiles {
    /// The median.
    pub p50: f64,
    /// At most one in a hundred is above it.
    pub p99: f64,
    /// The largest.
    pub max: f64,
    /// How many numbers there were.
    pub n: u64,
}

impl Quantiles {
    /// The exact quantiles by nearest rank, or nothing of nothing. Sorts the numbers; none of them may be NaN.
    pub fn of(numbers: &mut [f64]) -> Option<Self> {
        numbers.sort_unstable_by(f64::total_cmp);
        let max = *numbers.last()?;
        Some(Self { p50: rank(numbers, 0.5), p99: rank(numbers, 0.99), max, n: numbers.len() as u64 })
    }
}

/// The smallest element that at least the share `q` of all elements does not exceed.
fn rank(sorted: &[f64], q: f64) -> f64 {
    let nth = (q * sorted.len() as f64).ceil() as usize;
    sorted[nth.clamp(1, sorted.len()) - 1]
}

/// A histogram of durations in seconds from a microsecond to 19 hours, in constant memory, within 1 % of the truth.
#[derive(Clone, Debug)]
pub struct Histogram {
    buckets: Vec<u64>,
    n: u64,
    max: f64,
}

/// Buckets per doubling: neighbouring bounds differ by a factor of 2^(1/64), about 1.1 %.
const PER_DOUBLING: f64 = 64.0;
const DOUBLINGS: usize = 36;
const SMALLEST: f64 = 1e-6;

impl Default for Histogram {
    fn default() -> Self {
        Self { buckets: vec![0; DOUBLINGS * PER_DOUBLING as usize], n: 0, max: 0.0 }
    }
}

impl Histogram {
    /// Counts one duration. What is out of range goes into the first or last bucket.
    pub fn record(&mut self, seconds: f64) {
        self.record_times(seconds, 1);
    }

    /// Counts a duration so many times.
    fn record_times(&mut self, seconds: f64, times: u64) {
        if times == 0 {
            return;
        }
        let index = ((seconds / SMALLEST).log2() * PER_DOUBLING).max(0.0) as usize;
        let last = self.buckets.len() - 1;
        self.buckets[index.min(last)] += times;
        self.n += times;
        self.max = self.max.max(seconds);
    }

    /// Counts all that another one has counted.
    fn merge(&mut self, other: &Self) {
        self.buckets.iter_mut().zip(&other.buckets).for_each(|(mine, theirs)| *mine += theirs);
        self.n += other.n;
        self.max = self.max.max(other.max);
    }

    /// The quantiles so far, or nothing before the first duration. The largest is exact.
    #[must_use]
    pub fn quantiles(&self) -> Option<Quantiles> {
        (self.n > 0).then(|| Quantiles { p50: self.at(0.5), p99: self.at(0.99), max: self.max, n: self.n })
    }

    fn at(&self, q: f64) -> f64 {
        let nth = ((q * self.n as f64).ceil() as u64).max(1);
        let mut seen = 0;
        for (index, count) in self.buckets.iter().enumerate() {
            seen += count;
            if seen >= nth {
                // The centre of the bucket on the logarithmic scale.
                return (SMALLEST * ((index as f64 + 0.5) / PER_DOUBLING).exp2()).min(self.max);
            }
        }
        self.max
    }
}

/// Durations of one step: their quantiles are exact while they are few, and within 1 % once they are many. Memory is
/// bounded either way.
#[derive(Clone, Debug)]
pub enum Spread {
    /// Each of them.
    Few(Vec<f64>),
    /// Counted.
    Many(Histogram),
}

/// More durations than this are counted; a list of them takes no more memory than a histogram's buckets.
const FEW: usize = DOUBLINGS * PER_DOUBLING as usize;

impl Default for Spread {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

impl Spread {
    /// Takes one more.
    pub fn record(&mut self, seconds: f64) {
        match self {
            Self::Few(list) if list.len() < FEW => list.push(seconds),
            Self::Few(_) => {
                let mut counted = Histogram::default();
                self.add_to(&mut counted);
                counted.record(seconds);
                *self = Self::Many(counted);
            }
            Self::Many(histogram) => histogram.record(seconds),
        }
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        match self {
            Self::Few(list) => list.len() as u64,
            Self::Many(histogram) => histogram.n,
        }
    }

    /// The quantiles, or nothing of nothing.
    #[must_use]
    pub fn quantiles(&self) -> Option<Quantiles> {
        self.quantiles_with(0.0, 0)
    }

    /// The quantiles as if `n` more of the same length were there.
    #[must_use]
    pub fn quantiles_with(&self, seconds: f64, n: u32) -> Option<Quantiles> {
        match self {
            Self::Few(list) => {
                let more = std::iter::repeat_n(seconds, n as usize);
                Quantiles::of(&mut list.iter().copied().chain(more).collect::<Vec<_>>())
            }
            Self::Many(histogram) => {
                let mut all = histogram.clone();
                all.record_times(seconds, n.into());
                all.quantiles()
            }
        }
    }

    /// Adds all of them to a histogram.
    pub fn add_to(&self, histogram: &mut Histogram) {
        match self {
            Self::Few(list) => list.iter().for_each(|seconds| histogram.record(*seconds)),
            Self::Many(counted) => histogram.merge(counted),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn of_nothing_there_are_none() {
        assert_eq!(Quantiles::of(&mut []), None);
        assert_eq!(Histogram::default().quantiles(), None);
    }

    #[test]
    fn ranks_are_elements() {
        let mut numbers: Vec<f64> = (1..=200).map(f64::from).collect();
        assert_eq!(Quantiles::of(&mut numbers), Some(Quantiles { p50: 100.0, p99: 198.0, max: 200.0, n: 200 }));
        assert_eq!(Quantiles::of(&mut [7.0]), Some(Quantiles { p50: 7.0, p99: 7.0, max: 7.0, n: 1 }));
    }

    #[test]
    fn many_are_counted_and_stay_within_one_per_cent() {
        let mut spread = Spread::default();
        for n in 1..=FEW + 1 {
            let exact = Quantiles::of(&mut (1..=n).map(|n| n as f64).collect::<Vec<_>>());
            spread.record(n as f64);
            // At both sides of the bound, and of a list.
            if !(4..FEW).contains(&n) {
                let (exact, mine) = (exact.expect("some"), spread.quantiles().expect("some"));
                assert_eq!((mine.n, mine.max), (exact.n, exact.max));
                for (mine, exact) in [(mine.p50, exact.p50), (mine.p99, exact.p99)] {
                    assert!((mine - exact).abs() <= exact * 0.01, "{mine} for {exact} of {n}");
                }
            }
        }
        assert!(matches!(spread, Spread::Many(_)));
        let with = spread.quantiles_with(9e9, 5_000).expect("some");
        assert_eq!((with.n, with.max), (FEW as u64 + 5_001, 9e9));
    }

    proptest! {
        #[test]
        fn the_histogram_is_within_one_per_cent(mut numbers in prop::collection::vec(1e-5f64..1e4, 1..300)) {
            let mut histogram = Histogram::default();
            for &number in &numbers {
                histogram.record(number);
            }
            let exact = Quantiles::of(&mut numbers).expect("some");
            let coarse = histogram.quantiles().expect("some");
            prop_assert_eq!((coarse.max, coarse.n), (exact.max, exact.n));
            prop_assert!((coarse.p50 / exact.p50 - 1.0).abs() < 0.01, "{} for {}", coarse.p50, exact.p50);
            prop_assert!((coarse.p99 / exact.p99 - 1.0).abs() < 0.01, "{} for {}", coarse.p99, exact.p99);
        }
    }
}

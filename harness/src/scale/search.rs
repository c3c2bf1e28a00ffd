//! Finding the largest number of tasks that holds: grow until it breaks, then bisect.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use super::plan::Plan;

/// How a limit is searched for. It decides what to try next from what the tries so far came to; it does nothing itself.
///
/// The plan's targets are tried until one breaks. Then the gap between the largest that held and the smallest that
/// broke is halved until it is as small as the precision asks. With repeats every try that decides something is made so
/// often that a majority of equal outcomes stands: chance breaks a run more easily than it makes one hold.
#[derive(Clone, Debug)]
pub struct Search {
    targets: Vec<u32>,
    precision: f64,
    repeats: u32,
    /// The index of the next target while growing; none once something broke.
    growing: Option<usize>,
    /// Outcomes by target: how often it held and how often it broke.
    tried: BTreeMap<u32, Tries>,
    holds: u32,
    breaks: Option<u32>,
}

/// What the tries of one target came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Tries {
    /// How often it held.
    pub held: u32,
    /// How often it broke.
    pub broke: u32,
}

/// What a search wants next.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// This number of tasks.
    Try(u32),
    /// Nothing: the limit is found.
    Found(Limit),
}

/// What a search knows so far, and what it tries now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bracket {
    /// The largest number that holds; 0 if none is known.
    pub holds: u32,
    /// The smallest number that broke, if one did.
    pub broke: Option<u32>,
    /// The number that is tried.
    pub trying: u32,
}

impl fmt::Display for Bracket {
    /// `8 hold, 16 broke, trying 12`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.holds > 0 {
            write!(f, "{} hold, ", self.holds)?;
        }
        if let Some(broke) = self.broke {
            write!(f, "{broke} broke, ")?;
        }
        write!(f, "trying {}", self.trying)
    }
}

/// A limit that was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Limit {
    /// The largest number that holds; 0 if not even the first did.
    pub holds: u32,
    /// The smallest number that breaks; none if the plan's last target held, so that the limit lies beyond it.
    pub breaks: Option<u32>,
    /// The smallest number that broke in any try, and the largest that held in any: where they overlap, chance decides.
    pub spread: (Option<u32>, u32),
    /// All tries by number of tasks.
    pub tries: BTreeMap<u32, Tries>,
}

impl Search {
    /// A search along the plan. `precision` is the gap that may be left, as a part of the limit (0.01 for one per
    /// cent; a gap of one task is always allowed); `repeats` is how many tries decide, 1 for a first look.
    #[must_use]
    pub fn new(plan: &Plan, precision: f64, repeats: u32) -> Self {
        Self {
            targets: plan.targets().to_vec(),
            precision: precision.max(0.0),
            repeats: repeats.max(1),
            growing: Some(0),
            tried: BTreeMap::new(),
            holds: 0,
            breaks: None,
        }
    }

    /// What to try next.
    #[must_use]
    pub fn next(&self) -> Next {
        match (self.growing, self.breaks) {
            (Some(index), _) if index < self.targets.len() => Next::Try(self.targets[index]),
            (_, Some(breaks)) if breaks - self.holds > self.gap() => Next::Try(self.holds.midpoint(breaks)),
            _ => Next::Found(self.limit()),
        }
    }

    /// What is known while this number is tried.
    #[must_use]
    pub fn bracket(&self, trying: u32) -> Bracket {
        Bracket { holds: self.holds, broke: self.breaks, trying }
    }

    /// The largest number that is known to hold, 0 at the beginning: where a run can recover after a break.
    #[must_use]
    pub fn safe(&self) -> u32 {
        self.holds
    }

    /// Takes the outcome of a try.
    pub fn outcome(&mut self, target: u32, held: bool) {
        let tries = self.tried.entry(target).or_default();
        if held {
            tries.held += 1;
        } else {
            tries.broke += 1;
        }
        let majority = self.repeats / 2 + 1;
        if tries.held >= majority || (held && self.growing.is_some() && tries.broke == 0) {
            // While growing, a first success is enough: a later break will make it be tried again.
            self.holds = self.holds.max(target);
            self.growing = self.growing.map(|index| index + 1);
        } else if tries.broke >= majority {
            self.breaks = Some(self.breaks.map_or(target, |breaks| breaks.min(target)));
            self.growing = None;
        }
    }

    fn gap(&self) -> u32 {
        ((f64::from(self.holds) * self.precision) as u32).max(1)
    }

    fn limit(&self) -> Limit {
        let broke = self.tried.iter().find(|(_, tries)| tries.broke > 0).map(|(&target, _)| target);
        let held = self.tried.iter().rfind(|(_, tries)| tries.held > 0).map_or(0, |(&target, _)| target);
        Limit { holds: self.holds, breaks: self.breaks, spread: (broke, held), tries: self.tried.clone() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Searches with an answer for each try; the number of tries comes with the limit.
    fn find(mut search: Search, mut holds: impl FnMut(u32) -> bool) -> (Limit, usize) {
        for tries in 0..10_000 {
            match search.next() {
                Next::Try(target) => search.outcome(target, holds(target)),
                Next::Found(limit) => return (limit, tries),
            }
        }
        panic!("the search does not end: {search:?}");
    }

    fn doubling(target: u32) -> Plan {
        Plan::exponential(1, 2, target).expect("a plan")
    }

    #[test]
    fn the_bracket_narrows_from_both_sides() {
        let mut search = Search::new(&doubling(100), 0.01, 1);
        let mut lines = Vec::new();
        while let Next::Try(target) = search.next() {
            lines.push(search.bracket(target).to_string());
            search.outcome(target, target <= 10);
        }
        assert_eq!(
            lines,
            [
                "trying 1",
                "1 hold, trying 2",
                "2 hold, trying 4",
                "4 hold, trying 8",
                "8 hold, trying 16",
                "8 hold, 16 broke, trying 12",
                "8 hold, 12 broke, trying 10",
                "10 hold, 12 broke, trying 11",
            ]
        );
    }

    #[test]
    fn a_target_that_holds_has_its_limit_beyond() {
        let (limit, tries) = find(Search::new(&doubling(100), 0.01, 1), |_| true);
        assert_eq!((limit.holds, limit.breaks, tries), (100, None, 8));
    }

    #[test]
    fn what_never_holds_has_the_limit_zero() {
        let (limit, _) = find(Search::new(&Plan::list(4, &[4, 8]).expect("a plan"), 0.01, 1), |_| false);
        assert_eq!((limit.holds, limit.breaks), (0, Some(1)));
    }

    #[test]
    fn one_bad_try_does_not_move_the_limit_but_shows_in_the_spread() {
        let mut bad_luck = true;
        let (limit, _) = find(Search::new(&doubling(1_000), 0.01, 3), |n| {
            if n == 64 && std::mem::take(&mut bad_luck) {
                return false;
            }
            n <= 300
        });
        assert!((297..=300).contains(&limit.holds), "{limit:?}");
        assert_eq!(limit.spread, (Some(64), limit.holds));
        assert_eq!(limit.tries[&64], Tries { held: 2, broke: 1 });
    }

    proptest! {
        #[test]
        fn the_limit_is_found_within_the_precision(truth in 0u32..5_000, repeats in 1u32..4, percent in 0u32..5) {
            let precision = f64::from(percent) / 100.0;
            let (limit, tries) = find(Search::new(&doubling(4_000), precision, repeats), |n| n <= truth);
            let truth = truth.min(4_000);
            prop_assert!(limit.holds <= truth);
            let gap = (f64::from(limit.holds) * precision).max(1.0);
            prop_assert!(f64::from(truth - limit.holds) < gap || limit.breaks.is_none(), "{:?}", limit);
            prop_assert!(tries <= 12 + 13 * (repeats / 2 + 1) as usize, "{} tries", tries);
        }

        #[test]
        fn a_search_with_noise_ends(seed in prop::collection::vec(any::<bool>(), 64)) {
            let mut luck = seed.into_iter().cycle();
            let (limit, _) = find(Search::new(&doubling(500), 0.01, 3), |n| n < 100 || (n < 200 && luck.next() == Some(true)));
            prop_assert!(limit.holds <= 199);
            prop_assert!(limit.holds >= 63 || limit.breaks.is_some());
        }
    }
}

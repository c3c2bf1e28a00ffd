//! Which pairs of containerizer and check a command runs.

use std::{collections::BTreeSet, str::FromStr};

use fixtures::{Pair, UnknownPair};

/// A pair, or a set of pairs that has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PairSet {
    /// All fourteen.
    All,
    /// The manual procedure's six.
    Seed,
    /// This one.
    One(Pair),
}

impl FromStr for PairSet {
    type Err = UnknownPair;

    fn from_str(text: &str) -> Result<Self, UnknownPair> {
        match text {
            "all" => Ok(Self::All),
            "seed" => Ok(Self::Seed),
            pair => pair.parse().map(Self::One),
        }
    }
}

/// The pairs that were asked for, each once, in the order of asking; those of `default` when none was.
pub fn chosen(asked: &[PairSet], default: PairSet) -> Vec<Pair> {
    let sets = if asked.is_empty() { std::slice::from_ref(&default) } else { asked };
    let mut seen = BTreeSet::new();
    let pairs = sets.iter().flat_map(|set| match set {
        PairSet::All => Pair::all().collect(),
        PairSet::Seed => Pair::SEED.to_vec(),
        PairSet::One(pair) => vec![*pair],
    });
    pairs.filter(|pair| seen.insert(*pair)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_and_pairs_can_be_mixed_and_none_comes_twice() {
        let asked = ["docker,COMMAND", "seed", "mesos,TCP"].map(|text| text.parse().unwrap());
        let pairs: Vec<String> = chosen(&asked, PairSet::All).iter().map(Pair::to_string).collect();
        assert_eq!((pairs[0].as_str(), pairs.len()), ("docker,COMMAND", 7));
        assert_eq!((chosen(&[], PairSet::All).len(), chosen(&[], PairSet::Seed).len()), (14, 6));
        assert!("some".parse::<PairSet>().is_err());
    }
}

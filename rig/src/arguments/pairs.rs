//! Which check combinations a command runs: pairs of containerizer and health check protocol.

use std::{collections::BTreeSet, str::FromStr};

use clap::Args;
use fixtures::{Pair, UnknownPair};

/// A pair, or a named set of pairs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PairSet {
    /// All pairs.
    All,
    /// The six of the manual procedure.
    Procedure,
    /// This one.
    One(Pair),
}

impl FromStr for PairSet {
    type Err = UnknownPair;

    fn from_str(text: &str) -> Result<Self, UnknownPair> {
        match text {
            "all" => Ok(Self::All),
            // `seed` is the name of before 0.2.
            "procedure" | "seed" => Ok(Self::Procedure),
            pair => pair.parse().map(Self::One),
        }
    }
}

/// The flag for them. Each command has a default of its own, and names it in its short help.
#[derive(Args, Clone, Debug)]
pub struct Pairs {
    /// A pair such as mesos,TCP, or procedure, or all
    ///
    /// A pair is a containerizer (mesos, docker, pod) and the protocol of a health check; procedure stands for the six of the
    /// manual procedure. May be repeated. Without it, try runs the procedure and matrix all pairs.
    #[arg(long = "pair", visible_alias = "pairs", value_name = "PAIR")]
    pub pairs: Vec<PairSet>,
}

/// The pairs that were asked for, each once, in that order; those of `default` when none was.
pub fn chosen(asked: &[PairSet], default: PairSet) -> Vec<Pair> {
    let sets = if asked.is_empty() { std::slice::from_ref(&default) } else { asked };
    let mut seen = BTreeSet::new();
    let pairs = sets.iter().flat_map(|set| match set {
        PairSet::All => Pair::all().collect(),
        PairSet::Procedure => Pair::PROCEDURE.to_vec(),
        PairSet::One(pair) => vec![*pair],
    });
    pairs.filter(|pair| seen.insert(*pair)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_and_pairs_can_be_mixed_and_each_pair_runs_once() {
        let asked = ["docker,COMMAND", "procedure", "mesos,TCP"].map(|text| text.parse().unwrap());
        let pairs: Vec<String> = chosen(&asked, PairSet::All).iter().map(Pair::to_string).collect();
        assert_eq!((pairs[0].as_str(), pairs.len()), ("docker,COMMAND", 7));
        assert_eq!((chosen(&[], PairSet::All).len(), chosen(&[], PairSet::Procedure).len()), (18, 6));
        assert_eq!("seed".parse(), Ok(PairSet::Procedure), "the old name still works");
        assert!("some".parse::<PairSet>().is_err());
    }
}

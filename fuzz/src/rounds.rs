//! How many cases a target takes, and from which seeds.

use std::{
    env,
    fmt::Debug,
    time::{Duration, SystemTime},
};

use proptest::{
    strategy::Strategy,
    test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner},
};

/// The first seed of a plain run: always the same, so that a failure belongs to a change.
const PLAIN_SEED: u64 = 0;

/// How long to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extent {
    /// So many rounds: the same work on every machine.
    Rounds(u64),
    /// As many rounds as begin within this time.
    Time(Duration),
}

/// What the environment asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Asked {
    /// The seed of the first round; each further one takes the next number.
    first: u64,
    extent: Extent,
}

impl Asked {
    /// `new_seed` is taken when only a time is asked for.
    fn of(variable: impl Fn(&str) -> Option<String>, new_seed: u64) -> Self {
        let number = |name: &str| {
            variable(name).map(|text| text.parse().unwrap_or_else(|_| panic!("{name}={text} is not a whole number")))
        };
        let seed = number("HC_RIG_FUZZ_SEED");
        match number("HC_RIG_FUZZ_SECONDS") {
            Some(seconds) => {
                Self { first: seed.unwrap_or(new_seed), extent: Extent::Time(Duration::from_secs(seconds)) }
            }
            None => {
                let rounds = number("HC_RIG_FUZZ_ROUNDS").unwrap_or(1);
                Self { first: seed.unwrap_or(PLAIN_SEED), extent: Extent::Rounds(rounds) }
            }
        }
    }
}

/// Takes rounds of `cases` cases each. A plain run takes one round from a fixed seed. `HC_RIG_FUZZ_ROUNDS=N` takes more of
/// them, `HC_RIG_FUZZ_SECONDS=N` as many as begin in that time, from a new seed unless `HC_RIG_FUZZ_SEED=N` names the
/// first.
///
/// `what` is the plural of what a case is.
///
/// # Panics
///
/// A case fails. The message has the shortest such case, and the seed that repeats it.
pub fn rounds<S: Strategy>(
    what: &str,
    cases: u32,
    strategy: &S,
    check: impl Fn(&S::Value) -> Result<(), TestCaseError>,
) {
    let since = SystemTime::now();
    let nanos = since.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |age| age.subsec_nanos());
    let asked = Asked::of(|name| env::var(name).ok(), nanos.into());
    let mut done = 0;
    let goes_on = |done| match asked.extent {
        Extent::Rounds(rounds) => done < rounds,
        Extent::Time(time) => since.elapsed().is_ok_and(|elapsed| elapsed < time),
    };
    while goes_on(done) {
        let seed = asked.first.wrapping_add(done);
        // Of a case that never ends this is all that is seen.
        println!("round {} of {what}: HC_RIG_FUZZ_SEED={seed}", done + 1);
        one_round(seed, cases, strategy, &check);
        done += 1;
    }
    let seconds = since.elapsed().map_or(0, |elapsed| elapsed.as_secs());
    println!("{} {what} in {seconds} s from seed {}, none of them did harm", done * u64::from(cases), asked.first);
}

fn one_round<S: Strategy>(seed: u64, cases: u32, strategy: &S, check: impl Fn(&S::Value) -> Result<(), TestCaseError>) {
    let config = Config {
        cases,
        rng_seed: RngSeed::Fixed(seed),
        // Nothing is kept in files: a harm that was found becomes a test of its own.
        failure_persistence: None,
        max_shrink_iters: 400,
        ..Config::default()
    };
    match TestRunner::new(config).run(strategy, |value| check(&value)) {
        Ok(()) => {}
        Err(TestError::Fail(reason, value)) => {
            panic!("{reason}\nHC_RIG_FUZZ_SEED={seed} repeats it; the shortest case:\n{value:?}")
        }
        Err(TestError::Abort(reason)) => panic!("{reason}"),
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, panic};

    use proptest::prelude::*;

    use super::*;

    fn asked(variables: &[(&str, &str)]) -> Asked {
        let value =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        Asked::of(value, 77)
    }

    #[test]
    fn only_a_time_without_a_seed_draws_a_new_one() {
        assert_eq!(asked(&[]), Asked { first: 0, extent: Extent::Rounds(1) });
        assert_eq!(asked(&[("HC_RIG_FUZZ_ROUNDS", "9")]), Asked { first: 0, extent: Extent::Rounds(9) });
        assert_eq!(asked(&[("HC_RIG_FUZZ_SEED", "5")]), Asked { first: 5, extent: Extent::Rounds(1) });
        let minute = Extent::Time(Duration::from_secs(60));
        assert_eq!(asked(&[("HC_RIG_FUZZ_SECONDS", "60")]), Asked { first: 77, extent: minute });
        let both = asked(&[("HC_RIG_FUZZ_SECONDS", "60"), ("HC_RIG_FUZZ_SEED", "5")]);
        assert_eq!(both, Asked { first: 5, extent: minute });
    }

    fn drawn(seed: u64) -> Vec<u64> {
        let values = RefCell::new(Vec::new());
        one_round(seed, 10, &any::<u64>(), |value| {
            values.borrow_mut().push(*value);
            Ok(())
        });
        values.into_inner()
    }

    #[test]
    fn a_seed_always_draws_the_same_cases() {
        assert_eq!(drawn(3), drawn(3));
        assert_ne!(drawn(3), drawn(4));
    }

    #[test]
    fn a_failure_and_a_panic_name_the_seed_and_the_case() {
        let failed = |check: fn(u32) -> Result<(), TestCaseError>| {
            let ended = panic::catch_unwind(|| one_round(3, 100, &(0_u32..1_000_000), |value| check(*value)));
            *ended.expect_err("it fails").downcast::<String>().expect("a message")
        };
        for said in [
            failed(|value| if value < 1_000 { Ok(()) } else { Err(TestCaseError::fail("large")) }),
            failed(|value| if value < 1_000 { Ok(()) } else { panic!("large") }),
        ] {
            assert!(said.contains("large") && said.contains("HC_RIG_FUZZ_SEED=3") && said.contains("\n1000"), "{said}");
        }
    }
}

//! The flags for scaling, polling and judging an app, and the run that they describe for a definition.

use std::{num::NonZeroU32, time::Duration};

use clap::{Args, ValueEnum};
use harness::scale::{Advance, Metric, Plan, Threshold};

use crate::{
    arguments::{Judging, StepTimeout},
    exit::Failure,
    flags::{
        PLAN,
        values::{count, duration, positive, precision, whole},
    },
    folder::{checks::check_facts, manifest},
    hazards::rules::LARGEST_STEP,
    run::{Definition, scaled::Scaled},
};

/// How the number of tasks grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Policy {
    /// --step more each time
    Linear,
    /// --factor times as many each time
    Exponential,
    /// The numbers of --targets
    List,
    /// --step more each --every, reached or not
    Time,
}

/// How an app is scaled and polled.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = PLAN)]
pub struct Scaling {
    /// How the number of tasks grows [default: what the other flags imply, else linear; exponential to find a limit]
    #[arg(long, hide_short_help = true, value_enum, value_name = "POLICY")]
    pub policy: Option<Policy>,
    /// Tasks that each step adds [default: 10 or more]
    ///
    /// The default is 10 up to a target of 200, above it a twentieth of the target, at most 1000.
    #[arg(long, value_name = "N", value_parser = positive)]
    pub step: Option<NonZeroU32>,
    /// Factor by which each step multiplies the tasks
    #[arg(long, hide_short_help = true, default_value_t = 2, value_name = "N", value_parser = whole(0, u32::MAX))]
    pub factor: u32,
    /// The numbers of tasks, in order: 10,50,200
    #[arg(
        long, hide_short_help = true, value_delimiter = ',', value_name = "N,N,…", conflicts_with = "target", value_parser = count
    )]
    pub targets: Vec<u32>,
    /// Time from one step to the next, whether its target was reached or not
    #[arg(long, hide_short_help = true, value_parser = duration, value_name = "TIME")]
    pub every: Option<Duration>,
    /// Tasks of the last step [default: three steps more]
    ///
    /// The default is the definition's instances and three steps. To find a limit, the default is as many as the cluster or this machine has room for.
    #[arg(long, value_name = "N", value_parser = whole(0, u32::MAX))]
    pub target: Option<u32>,
    /// Time that each target must stay reached [default: 0; 30s to find a limit]
    #[arg(long, hide_short_help = true, value_parser = duration, value_name = "TIME")]
    pub hold: Option<Duration>,
    /// Find how many tasks stay healthy
    ///
    /// Grows until it fails, then narrows down the largest number of tasks that stays healthy for --hold.
    #[arg(long)]
    pub find_limit: bool,
    /// Precision of the limit: 1% or 0.01
    #[arg(long, hide_short_help = true, default_value = "1%", value_parser = precision, value_name = "SHARE", requires = "find_limit")]
    pub precision: f64,
    /// Tries for each number of tasks in a search; the majority decides (to run all of it several times: --runs)
    #[arg(long, alias = "repeats", hide_short_help = true, default_value_t = 1, value_name = "N", requires = "find_limit", value_parser = whole(1_u32, 99))]
    pub tries: u32,
    /// How it is polled and judged.
    #[command(flatten)]
    pub judging: Judging,
    /// How long a step may take.
    #[command(flatten)]
    pub timeout: StepTimeout,
}

/// How long a number of tasks must stay healthy in a search without `--hold`.
const HOLD_IN_SEARCH: Duration = Duration::from_secs(30);

/// A step without `--step` is at least this large, as in the manual procedure.
const SMALLEST_STEP: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);

/// It is this part of the target, at least [`SMALLEST_STEP`] and at most the [`LARGEST_STEP`] that breaks no Marathon.
const USUAL_STEPS: u32 = 20;

impl Scaling {
    /// The run that the flags describe for a definition; a search without `--target` goes up to `room` tasks.
    ///
    /// # Errors
    /// Exit code 2: flags that contradict each other, or a definition that asks for more than the target.
    pub fn scaled(&self, definition: &Definition, room: u32) -> Result<Scaled, Failure> {
        let policy = self.policy()?;
        let search = self.find_limit.then_some(manifest::Search { precision: self.precision, repeats: self.tries });
        let of_limit = |threshold: &&Threshold| threshold.metric() == Metric::Limit;
        if search.is_none()
            && let Some(threshold) = self.judging.fail_if.iter().find(of_limit)
        {
            return Err(Failure::usage(format!(
                "--fail-if '{threshold}' needs --find-limit: only a search has a limit"
            )));
        }
        // What bounds the limit says nothing about when a try breaks.
        let thresholds = if search.is_some() && self.judging.fail_if.iter().all(|threshold| of_limit(&threshold)) {
            search_thresholds(definition).into_iter().chain(self.judging.fail_if.iter().cloned()).collect()
        } else {
            self.judging.fail_if.clone()
        };
        let plan = self.plan(definition, room)?;
        Ok(Scaled {
            step_within: self.timeout.of(plan.largest_step()),
            plan,
            advance: self.advance(policy)?,
            poll: self.judging.poll,
            hold: self.hold.unwrap_or(if search.is_some() { HOLD_IN_SEARCH } else { Duration::ZERO }),
            thresholds,
            search,
            degraded_after: self.judging.degraded.degraded_after,
            allow_degraded: self.judging.degraded.allow_degraded,
        })
    }

    fn policy(&self) -> Result<Policy, Failure> {
        let asked = match (self.targets.is_empty(), self.every) {
            (false, Some(_)) => {
                return Err(Failure::usage("--targets and --every cannot be combined; use one of them"));
            }
            (false, None) => Some(("--targets", Policy::List)),
            (true, Some(_)) => Some(("--every", Policy::Time)),
            (true, None) => None,
        };
        match (self.policy, asked) {
            (Some(policy), Some((flag, implied))) if policy != implied => {
                Err(Failure::usage(format!("{flag} cannot be combined with --policy {}", name(policy))))
            }
            (Some(Policy::List), None) => Err(Failure::usage("--policy list needs --targets, such as 10,50,200")),
            (Some(Policy::Time), None) => Err(Failure::usage("--policy time needs --every, such as 30s")),
            (_, Some((flag, Policy::Time))) if self.find_limit => Err(Failure::usage(format!(
                "--find-limit cannot be combined with {flag}: a search decides when to go on"
            ))),
            (Some(policy), _) | (None, Some((_, policy))) => Ok(policy),
            (None, None) if self.find_limit => Ok(Policy::Exponential),
            (None, None) => Ok(Policy::Linear),
        }
    }

    /// The tasks that a step adds to get to a target: so many steps that a picture has them, and so few that they end.
    fn step_to(&self, target: u32) -> NonZeroU32 {
        self.step.unwrap_or_else(|| {
            let part = target.div_ceil(USUAL_STEPS).clamp(SMALLEST_STEP.get(), LARGEST_STEP);
            NonZeroU32::new(part).unwrap_or(SMALLEST_STEP)
        })
    }

    /// The targets; a search without `--target` goes up to `room` tasks.
    ///
    /// # Errors
    /// As [`Scaling::scaled`].
    pub fn plan(&self, definition: &Definition, room: u32) -> Result<Plan, Failure> {
        let first = definition.instances();
        let three_steps = || first.saturating_add(self.step.unwrap_or(SMALLEST_STEP).get().saturating_mul(3));
        // Where not even the definition's own instances have room, that is what the refusal has to say.
        let target = self.target.unwrap_or_else(|| if self.find_limit { room.max(first) } else { three_steps() });
        match self.policy()? {
            Policy::Linear | Policy::Time => Plan::linear(first, self.step_to(target), target),
            Policy::Exponential => Plan::exponential(first, self.factor, target),
            Policy::List => Plan::list(first, &self.targets),
        }
        .map_err(|error| Failure::usage(error.to_string()))
    }

    fn advance(&self, policy: Policy) -> Result<Advance, Failure> {
        match (policy, self.every) {
            (Policy::Time, Some(every)) if every < self.judging.poll => {
                Err(Failure::usage("--every must not be shorter than --poll: a step would not be polled"))
            }
            (Policy::Time, Some(every)) => Ok(Advance::Every(every)),
            (Policy::Linear | Policy::Exponential | Policy::List | Policy::Time, _) => Ok(Advance::WhenReached),
        }
    }
}

fn name(policy: Policy) -> String {
    policy.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

/// The thresholds of a search without `--fail-if`: a kill by a health check, more than 1 % unhealthy for 10 s, and, where
/// Marathon makes the checks, results older than three intervals for 10 s.
fn search_thresholds(definition: &Definition) -> Vec<Threshold> {
    let check = check_facts(&definition.json);
    let mut texts = vec!["killed > 0".to_owned(), "unhealthy_pct > 1 for 10s".to_owned()];
    if check.interval > 0 && !check.is_native() {
        texts.push(format!("check_age_p99 > {}s for 10s", 3 * check.interval.max(1)));
    }
    // A test checks that all of them are thresholds.
    texts.iter().filter_map(|text| text.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        scaling: Scaling,
    }

    fn scaled(line: &str, pair: &str) -> Result<Scaled, String> {
        let line = Line::try_parse_from(std::iter::once("hc-rig").chain(line.split_whitespace()))
            .map_err(|error| error.to_string())?;
        line.scaling.scaled(&Definition::load(pair).unwrap(), 640).map_err(|failure| failure.message)
    }

    fn targets(line: &str) -> Vec<u32> {
        scaled(line, "mesos,TCP").unwrap().plan.targets().to_vec()
    }

    #[test]
    fn every_policy_has_its_flags() {
        assert_eq!(targets(""), [1, 11, 21, 31]);
        assert_eq!(targets("--step 100 --target 250"), [1, 101, 201, 250]);
        assert_eq!(targets("--target 200").len(), 21, "ten more each time");
        assert_eq!(targets("--target 2000")[..3], [1, 101, 201]);
        assert_eq!(targets("--target 20000")[19..], [19_001, 20_000]);
        assert_eq!(targets("--target 100000")[..2], [1, 1_001], "more at once have broken a real Marathon");
        assert_eq!(targets("--policy exponential --factor 3 --target 30"), [1, 3, 9, 27, 30]);
        assert_eq!(targets("--targets 10,50,200"), [1, 10, 50, 200]);
        let timed = scaled("--every 30s --step 5 --target 11", "mesos,TCP").unwrap();
        assert_eq!(timed.plan.targets(), [1, 6, 11]);
        assert_eq!(timed.advance, Advance::Every(Duration::from_secs(30)));
    }

    #[test]
    fn a_step_has_the_time_that_launching_may_take() {
        let within = |line: &str| scaled(line, "mesos,TCP").unwrap().step_within.as_secs();
        assert_eq!(within("--target 20000"), 300);
        assert_eq!(within("--target 20000 --step 5000"), 500, "10 tasks a second");
        assert_eq!(within("--targets 10,8010"), 800);
        assert_eq!(within("--target 20000 --step 5000 --step-timeout 20s"), 20);
    }

    #[test]
    fn a_search_has_its_own_defaults() {
        let search = scaled("--find-limit", "mesos,HTTP").unwrap();
        assert_eq!((search.plan.target(), search.hold), (640, Duration::from_secs(30)), "all that there is room for");
        assert_eq!(targets("--find-limit --target 5"), [1, 2, 4, 5]);
        assert_eq!(targets("--find-limit --targets 3,9"), [1, 3, 9]);
        let texts: Vec<String> = search.thresholds.iter().map(Threshold::to_string).collect();
        assert_eq!(texts, ["killed > 0", "unhealthy_pct > 1 for 10s", "check_age_p99 > 3s for 10s"]);
        assert_eq!(scaled("--find-limit", "mesos,MESOS_HTTP").unwrap().thresholds.len(), 2, "no age of native checks");
        let bounded = scaled("--find-limit --fail-if limit<500", "mesos,HTTP").unwrap();
        assert_eq!(bounded.thresholds.len(), 4, "a bound of the limit leaves what breaks a try as it is");
        let own = scaled("--find-limit --precision 5% --tries 3 --fail-if lost>0 --hold 1m", "mesos,HTTP").unwrap();
        assert_eq!(own.search, Some(manifest::Search { precision: 0.05, repeats: 3 }));
        assert_eq!((own.thresholds.len(), own.hold), (1, Duration::from_secs(60)));
    }

    #[test]
    fn flags_that_contradict_each_other_are_refused() {
        for (line, part) in [
            ("--policy list", "--targets"),
            ("--policy time", "--every"),
            ("--policy linear --targets 1,2", "--targets cannot be combined with --policy linear"),
            ("--targets 5,10 --every 5s", "cannot be combined; use one"),
            ("--every 5s --find-limit", "cannot be combined with --every"),
            ("--every 1s --poll 2s", "shorter than --poll"),
            ("--targets 10,5", "must increase"),
            ("--target 4294967295", "out of reach"),
            ("--step 1 --target 900000", "more than 10000 steps"),
            ("--policy exponential --factor 1", "factor of at least 2"),
            ("--fail-if dead>0", "unknown measure 'dead'"),
            ("--find-limit --precision 200%", "0% to 50%"),
            ("--tries 2", "--find-limit"),
            ("--repeats 2", "--find-limit"),
            ("--fail-if limit<500", "needs --find-limit"),
        ] {
            let error = scaled(line, "mesos,TCP").err().unwrap_or_else(|| panic!("{line} was accepted"));
            assert!(error.contains(part), "{line}: {error}");
        }
    }
}

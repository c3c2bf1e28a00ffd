//! Which numbers of tasks a run asks for, in which order.

use std::{fmt, num::NonZeroU32};

/// An increasing list of targets. The first is the number of instances that the definition itself asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    shape: Shape,
    targets: Vec<u32>,
}

/// How a plan grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Linear { step: u32 },
    Exponential { factor: u32 },
    List,
}

/// No cluster of Marathon has held more tasks.
const LARGEST_TARGET: u32 = 1_000_000;

/// Steps are kept in memory, and each takes at least a poll.
const MOST_STEPS: usize = 10_000;

/// Why a plan cannot be made. The text is one sentence for the person who asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The definition asks for more than the target.
    #[error(
        "the definition already asks for {instances} instances, more than the target of {target}; raise the target"
    )]
    AlreadyBeyond {
        /// Of the definition.
        instances: u32,
        /// Asked for.
        target: u32,
    },
    /// A target beyond what any Marathon can hold.
    #[error("a target of {0} tasks is out of reach; use at most {LARGEST_TARGET}")]
    TargetTooLarge(u32),
    /// More steps than a run can take.
    #[error("the plan has more than {MOST_STEPS} steps; use a larger step or a lower target")]
    TooManySteps,
    /// A factor that does not grow.
    #[error("an exponential plan needs a factor of at least 2, not {0}")]
    FactorTooSmall(u32),
    /// Growing from nothing by a factor.
    #[error("an exponential plan cannot grow from 0 instances; let the definition ask for at least 1")]
    GrowsFromNothing,
    /// A list without an element.
    #[error("the list of targets is empty")]
    Empty,
    /// A list that does not increase.
    #[error("the targets must increase, but {after} comes after {before}")]
    NotIncreasing {
        /// The earlier one.
        before: u32,
        /// The later one.
        after: u32,
    },
    /// Something else than a number in a written list.
    #[error("'{0}' is not a number of tasks; write the targets like 10,20,50")]
    NotANumber(String),
}

impl Plan {
    /// From the definition's instances to the target, `step` more each time, the last step as short as needed.
    ///
    /// # Errors
    /// When the definition already asks for more than the target, or the target or the number of steps is out of reach.
    pub fn linear(instances: u32, step: NonZeroU32, target: u32) -> Result<Self, PlanError> {
        Self::growing(instances, target, Shape::Linear { step: step.get() }, |n| n.saturating_add(step.get()))
    }

    /// From the definition's instances to the target, `factor` times as many each time.
    ///
    /// # Errors
    /// When it cannot grow (a factor below 2, no instances), or the definition already asks for more than the target.
    pub fn exponential(instances: u32, factor: u32, target: u32) -> Result<Self, PlanError> {
        if factor < 2 {
            return Err(PlanError::FactorTooSmall(factor));
        }
        if instances == 0 && target > 0 {
            return Err(PlanError::GrowsFromNothing);
        }
        Self::growing(instances, target, Shape::Exponential { factor }, |n| n.saturating_mul(factor))
    }

    /// The given targets after the definition's instances; an equal first one is not asked for twice.
    ///
    /// # Errors
    /// When the list is empty, does not increase from the definition's instances on, or ends out of reach.
    pub fn list(instances: u32, targets: &[u32]) -> Result<Self, PlanError> {
        let largest = targets.iter().copied().max().unwrap_or_default();
        if largest > LARGEST_TARGET {
            return Err(PlanError::TargetTooLarge(largest));
        }
        if targets.len() >= MOST_STEPS {
            return Err(PlanError::TooManySteps);
        }
        if targets.is_empty() {
            return Err(PlanError::Empty);
        }
        let rest = if targets.first() == Some(&instances) { &targets[1..] } else { targets };
        let mut all = vec![instances];
        for &target in rest {
            let before = all[all.len() - 1];
            if target <= before {
                return Err(PlanError::NotIncreasing { before, after: target });
            }
            all.push(target);
        }
        Ok(Self { shape: Shape::List, targets: all })
    }

    /// Like [`Plan::list`] from a text such as `10,20,50`.
    ///
    /// # Errors
    /// As [`Plan::list`], and for anything that is not a number.
    pub fn parse_list(instances: u32, text: &str) -> Result<Self, PlanError> {
        let targets = text
            .split(',')
            .map(|part| part.trim().parse().map_err(|_| PlanError::NotANumber(part.trim().to_owned())))
            .collect::<Result<Vec<u32>, _>>()?;
        Self::list(instances, &targets)
    }

    fn growing(instances: u32, target: u32, shape: Shape, next: impl Fn(u32) -> u32) -> Result<Self, PlanError> {
        if instances > target {
            return Err(PlanError::AlreadyBeyond { instances, target });
        }
        if target > LARGEST_TARGET {
            return Err(PlanError::TargetTooLarge(target));
        }
        let mut targets = vec![instances];
        let mut n = instances;
        while n < target {
            if targets.len() >= MOST_STEPS {
                return Err(PlanError::TooManySteps);
            }
            n = next(n).min(target);
            targets.push(n);
        }
        Ok(Self { shape, targets })
    }

    /// The targets in order; never empty.
    #[must_use]
    pub fn targets(&self) -> &[u32] {
        &self.targets
    }

    /// The most tasks that a step adds; the first step begins with none.
    #[must_use]
    pub fn largest_step(&self) -> u32 {
        let added = self.targets.windows(2).map(|two| two[1] - two[0]);
        added.chain(self.targets.first().copied()).max().unwrap_or_default()
    }

    /// The number of steps, the definition's own instances included.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.targets.len()
    }

    /// The last and largest target.
    #[must_use]
    pub fn target(&self) -> u32 {
        self.targets[self.targets.len() - 1]
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, last) = (self.targets[0], self.target());
        match self.shape {
            _ if self.targets.len() == 1 => write!(f, "{first}"),
            Shape::Linear { step } => write!(f, "{first} to {last} by {step}"),
            Shape::Exponential { factor } => write!(f, "{first} to {last}, times {factor}"),
            Shape::List => {
                let all: Vec<_> = self.targets.iter().map(u32::to_string).collect();
                f.write_str(&all.join(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn step(n: u32) -> NonZeroU32 {
        NonZeroU32::new(n).expect("a step")
    }

    #[test]
    fn linear_starts_with_the_definition_and_ends_at_the_target() {
        let plan = Plan::linear(1, step(10), 25).expect("a plan");
        assert_eq!(plan.targets(), [1, 11, 21, 25]);
        assert_eq!(plan.to_string(), "1 to 25 by 10");
    }

    #[test]
    fn a_definition_at_the_target_is_one_step() {
        assert_eq!(Plan::linear(5, step(10), 5).expect("a plan").targets(), [5]);
    }

    #[test]
    fn exponential_is_clipped_at_the_target() {
        assert_eq!(Plan::exponential(1, 3, 20).expect("a plan").targets(), [1, 3, 9, 20]);
    }

    #[test]
    fn a_list_names_its_first_target_only_once() {
        assert_eq!(Plan::parse_list(1, "1, 5,20").expect("a plan").targets(), [1, 5, 20]);
        assert_eq!(Plan::parse_list(1, "5,20").expect("a plan").targets(), [1, 5, 20]);
    }

    #[test]
    fn an_impossible_plan_is_explained_in_one_sentence() {
        let texts = [
            Plan::linear(9, step(1), 5).expect_err("too many").to_string(),
            Plan::exponential(1, 1, 5).expect_err("does not grow").to_string(),
            Plan::exponential(0, 2, 5).expect_err("does not grow").to_string(),
            Plan::parse_list(1, "5,5").expect_err("does not increase").to_string(),
            Plan::parse_list(1, "5,many").expect_err("no number").to_string(),
            Plan::list(1, &[]).expect_err("empty").to_string(),
            Plan::linear(1, step(10), u32::MAX).expect_err("too large").to_string(),
            Plan::exponential(1, 2, u32::MAX).expect_err("too large").to_string(),
            Plan::parse_list(1, "5,4294967295").expect_err("too large").to_string(),
            Plan::linear(1, step(1), 1_000_000).expect_err("too many steps").to_string(),
        ];
        insta::assert_snapshot!(texts.join("\n"), @r"
        the definition already asks for 9 instances, more than the target of 5; raise the target
        an exponential plan needs a factor of at least 2, not 1
        an exponential plan cannot grow from 0 instances; let the definition ask for at least 1
        the targets must increase, but 5 comes after 5
        'many' is not a number of tasks; write the targets like 10,20,50
        the list of targets is empty
        a target of 4294967295 tasks is out of reach; use at most 1000000
        a target of 4294967295 tasks is out of reach; use at most 1000000
        a target of 4294967295 tasks is out of reach; use at most 1000000
        the plan has more than 10000 steps; use a larger step or a lower target
        ");
    }

    proptest! {
        #[test]
        fn every_plan_increases_from_the_instances_to_the_target(
            instances in 0u32..2_000, more in 0u32..5_000, by in 1u32..700, factor in 2u32..9,
        ) {
            let target = instances + more;
            let mut plans = vec![Plan::linear(instances, step(by), target).expect("a plan")];
            if instances > 0 {
                plans.push(Plan::exponential(instances, factor, target).expect("a plan"));
            }
            for plan in plans {
                prop_assert_eq!(plan.targets()[0], instances);
                prop_assert_eq!(plan.target(), target);
                prop_assert!(plan.targets().windows(2).all(|pair| pair[0] < pair[1]));
            }
        }

        #[test]
        fn a_linear_step_is_never_longer_than_asked(instances in 0u32..50, by in 1u32..70, more in 0u32..500) {
            let plan = Plan::linear(instances, step(by), instances + more).expect("a plan");
            prop_assert!(plan.targets().windows(2).all(|pair| pair[1] - pair[0] <= by));
            prop_assert_eq!(plan.steps() as u32, 1 + more.div_ceil(by));
            prop_assert_eq!(plan.largest_step(), instances.max(by.min(more)));
        }
    }
}

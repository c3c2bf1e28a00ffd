//! The steps of a run and their numbers, counted as the lives of the tasks change.

use super::{
    super::{
        life::{End, GONE, Happening, TaskLife},
        tally::{Between, StepLives},
    },
    is,
};
use crate::model::TaskStatus;

#[derive(Debug, Default)]
pub(super) struct Numbers {
    steps: Vec<StepLives>,
    between: Between,
    /// How many tasks are to be killed because the target was lowered.
    surplus: u64,
}

impl Numbers {
    pub(super) fn steps(&self) -> &[StepLives] {
        &self.steps
    }

    pub(super) fn into_steps(self) -> Vec<StepLives> {
        self.steps
    }

    pub(super) fn take_between(&mut self) -> Between {
        std::mem::take(&mut self.between)
    }

    /// A step begins while this many tasks are present.
    pub(super) fn begin_step(&mut self, step: StepLives, live: u64) {
        let before = self.steps.last().map_or(0, |step| step.target);
        self.surplus = if step.target < before { live.saturating_sub(step.target.into()) } else { 0 };
        self.steps.push(step);
    }

    /// The present step.
    pub(super) fn step(&mut self) -> &mut StepLives {
        if self.steps.is_empty() {
            self.steps.push(StepLives::default());
        }
        let last = self.steps.len() - 1;
        &mut self.steps[last]
    }

    /// A result of a task's own that counts.
    pub(super) fn health(&mut self, life: &mut TaskLife, healthy: bool, cause: &str, t: f64) {
        // A successor shows its predecessor's record until its own first result.
        let first_life = life.life().1 == 1;
        let before = life.healthy.replace(healthy);
        if before != Some(healthy) {
            life.note(
                t,
                match (healthy, before) {
                    (true, None) => Happening::Healthy,
                    (true, Some(_)) => Happening::HealthyAgain,
                    (false, _) => Happening::Unhealthy(cause.to_owned()),
                },
            );
            if life.first_healthy.is_some() {
                life.flips += 1;
                self.step().tally.flips += 1;
                self.between.flips += 1;
            }
        }
        let step = self.step();
        if healthy {
            if let Some(check_failure) = &mut life.check_failure {
                check_failure.recovered = true;
                check_failure.recovered_at.get_or_insert(t);
            }
            if life.first_healthy.is_none() {
                life.first_healthy = Some(t);
                if life.step == step.step && first_life {
                    step.times_to_healthy.record(t - step.asked_at);
                }
            }
        } else if life.first_unhealthy.is_none() {
            life.first_unhealthy = Some(t);
            let since = life.first_healthy.or(life.running).unwrap_or(life.first_seen);
            if first_life {
                step.times_to_unhealthy.record(t - since);
            }
        }
    }

    /// Marathon announced that it kills a task for its health.
    pub(super) fn kill(&mut self, life: &mut TaskLife, t: f64) {
        if life.killed.is_none() && life.end.is_none() && life.scaled_down.is_none() {
            life.killed = Some(t);
            self.step().tally.kills += 1;
        }
    }

    /// A task that was present ended.
    pub(super) fn end(&mut self, life: &mut TaskLife, end: End) {
        let by_a_kill = end.state == GONE || is(&end.state, TaskStatus::Killed);
        if end.state != GONE {
            end.state.clone_into(&mut life.state);
        }
        if by_a_kill && self.surplus > 0 && life.killed.is_none() {
            self.surplus -= 1;
            life.scaled_down = Some(end.t);
            return;
        }
        if life.killed.is_none() {
            let tally = &mut self.step().tally;
            if by_a_kill && life.healthy == Some(false) {
                // The kill by a native check is not announced: its end while unhealthy is all there is.
                life.killed = Some(end.t);
                tally.kills += 1;
            } else {
                tally.losses += 1;
            }
        }
        life.end = Some(end);
        self.between.ended += 1;
        self.between.killed += u64::from(life.killed.is_some());
    }
}

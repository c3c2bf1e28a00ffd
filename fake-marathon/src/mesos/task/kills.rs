//! Kills of a task: by the scheduler, by its own check, with its group.

use std::time::Duration;

use super::{KilledBy, Stage, Task, Turn};
use crate::{
    mesos::{Due, agents::Link, messages, status::Status, turn::Event},
    wire::{Containerizer, Reason, TaskCall, TaskState},
};

impl Task {
    /// The master passes a kill of the scheduler on.
    pub(in crate::mesos) fn kill(&mut self, turn: &mut Turn<'_>, grace: Option<Duration>) {
        // The master cannot reach the agent; the scheduler will ask again.
        if turn.agents[self.agent].link() != Link::Up {
            return;
        }
        if self.stage == Stage::Staging {
            let (message, reason) = (messages::KILLED_EARLY, Reason::TaskKilledDuringLaunch);
            return self.send(turn, Status::because(TaskState::Killed, message, reason));
        }
        turn.timers.set(turn.now + turn.tuning.kill_transit, Due::Kill(self.key, grace));
    }

    /// The executor kills: SIGTERM now, SIGKILL after the grace.
    pub(in crate::mesos) fn execute_kill(&mut self, turn: &mut Turn<'_>, grace: Option<Duration>, by: KilledBy) {
        // The executor of a group ignores kills of what is not launched (`container->launched`).
        if self.killed_by.is_some() || self.stage == Stage::Ending || self.launching.is_some() {
            return;
        }
        self.killed_by = Some(by);
        let escalate = turn.timers.set(turn.now + self.kill_grace(grace, by), Due::Escalate(self.id().clone()));
        self.replace_timer(turn, escalate);
        self.stop_checks(turn);
        if turn.tuning.task_killing {
            self.send(turn, Status::of(TaskState::Killing));
        }
        if self.heeds_sigterm() {
            turn.events.push(Event::Task(TaskCall::Terminate(self.id().clone())));
        }
    }

    /// Between SIGTERM and SIGKILL: the kill's own, the task's, the executor's. A kill of the whole group does not look at
    /// the policies of its tasks.
    fn kill_grace(&self, asked: Option<Duration>, by: KilledBy) -> Duration {
        let own = self.info.kill_grace.filter(|_| !matches!(by, KilledBy::Group { .. }));
        asked.or(own).unwrap_or(match self.info.containerizer {
            Containerizer::Mesos { .. } => Duration::from_secs(3),
            Containerizer::Docker { .. } => Duration::from_secs(5),
        })
    }

    /// Whether SIGTERM ends it at all. The first process of a container has no default signal handlers, so
    /// `docker stop` of a shell command always waits for its SIGKILL (recorded: 5.1 s, status 137).
    fn heeds_sigterm(&self) -> bool {
        matches!(self.info.containerizer, Containerizer::Mesos { .. })
    }
}

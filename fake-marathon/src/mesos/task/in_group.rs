//! A task of a group: its executor has the agent launch all containers, waits for all answers, and only then goes on with
//! any (`launcher/default_executor.cpp`; recorded in `pods.artifacts`).

use super::{KilledBy, Launching, Stage, Task, Turn};
use crate::{
    clock::Time,
    mesos::{Due, messages, status::Status},
    wire::{Exit, Reason, TaskState},
};

impl Task {
    /// The executor has the task: it says so, and asks the agent for the container.
    pub(super) fn launch_in_group(&mut self, turn: &mut Turn<'_>) {
        self.stage = Stage::Starting { ready: turn.now + self.recorded_start.unwrap_or(turn.tuning.start_latency) };
        self.send(turn, Status::of(TaskState::Starting));
        if self.launching == Some(Launching::Asked) {
            self.fetch(turn);
        }
    }

    /// Whether the agent has still to say what came of its launch.
    pub(in crate::mesos) fn awaits_its_launch(&self) -> bool {
        self.launching.is_some() && self.stage == Stage::Staging || self.launching == Some(Launching::Asked)
    }

    /// When it would run at the earliest, if it is about to.
    pub(in crate::mesos) fn ready(&self) -> Option<Time> {
        match self.stage {
            Stage::Starting { ready } => Some(ready),
            Stage::Staging | Stage::Running | Stage::Ending => None,
        }
    }

    /// The agent has answered for all of its group, the last of which would run at `all`. Then the executor goes on with
    /// each, at once or, in a replay, when it was recorded.
    pub(in crate::mesos) fn group_launched(&mut self, turn: &mut Turn<'_>, all: Time) {
        let Some(own) = self.ready().filter(|_| self.launching.is_some() && self.timer.is_none()) else { return };
        let ready = if self.recorded_start.is_some() { own } else { all };
        self.timer = Some(turn.timers.set(ready.max(turn.now), Due::Stage(self.key)));
    }

    /// The executor goes on with it.
    pub(super) fn launched_in_group(&mut self, turn: &mut Turn<'_>, launching: Launching) {
        match launching {
            Launching::Asked | Launching::Started => self.run(turn),
            Launching::Exited(exit) => {
                self.run(turn);
                self.exited(turn, exit);
            }
            // The container's first process waits for its files, and ends when there are none.
            Launching::NotFetched => self.ending(turn, Exit::Status(1)),
            Launching::Refused(why) => {
                self.send(turn, Status { message: Some(why), ..Status::of(TaskState::Failed) });
            }
        }
    }

    /// Whether its executor kills the rest of its group, now that it has ended.
    pub(in crate::mesos) fn takes_its_group_along(&self) -> bool {
        matches!(self.state(), TaskState::Failed | TaskState::Killed)
    }

    /// Another task of its group has failed or was killed. Its executor then reports all as unhealthy, if that one was.
    pub(in crate::mesos) fn end_with_its_group(&mut self, turn: &mut Turn<'_>, unhealthy: bool) {
        if self.stage == Stage::Staging {
            let (message, reason) = (messages::KILLED_EARLY, Reason::TaskKilledDuringLaunch);
            return self.send(turn, Status::because(TaskState::Killed, message, reason));
        }
        self.execute_kill(turn, None, KilledBy::Group { unhealthy });
    }
}

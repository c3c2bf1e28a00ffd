//! One task and its executor: stages, status updates, kills, the native checker.

mod checking;
mod fetching;
mod in_group;
mod kills;

use std::{sync::Arc, time::Duration};

use super::{
    Due,
    agents::Link,
    checks::Checks,
    general_check::General,
    messages,
    resources::Resources,
    status::Status,
    turn::{Event, Launch, Turn},
};
use crate::{
    clock::Time,
    ids::TaskId,
    slab::Key,
    timers::TimerKey,
    tuning::RecordedLaunch,
    wire::{Containerizer, Exit, Reason, StatusUpdate, TaskCall, TaskInfo, TaskState},
};

/// A task that was launched.
#[derive(Debug)]
pub(super) struct Task {
    key: Key,
    info: Arc<TaskInfo>,
    /// Index of the agent.
    agent: usize,
    resources: Resources,
    container_id: String,
    parent: Option<String>,
    stage: Stage,
    /// How far its launch has come, until its executor goes on with its whole group; never of a task by itself.
    launching: Option<Launching>,
    /// How long a recorded task took to start, if this one is to take as long.
    recorded_start: Option<Duration>,
    /// When the command was started.
    forked: Option<Time>,
    executor_pid: Option<u32>,
    checks: Checks,
    general: Option<Box<General>>,
    killed_by: Option<KilledBy>,
    /// The timer of the stage, of the coming SIGKILL or of the end.
    timer: Option<TimerKey>,
    /// As the state endpoints list them: consecutive ones of one state are one.
    statuses: Vec<StatusUpdate>,
    /// Updates that cannot leave because the agent is cut off.
    withheld: Vec<StatusUpdate>,
    /// Whether the master knows a terminal state.
    ended: bool,
}

/// How far a task has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// On its way to the executor.
    Staging,
    /// The executor has it; TASK_RUNNING is not sent before `ready`.
    Starting {
        /// The executor's own latency is over then.
        ready: Time,
    },
    /// TASK_RUNNING was sent.
    Running,
    /// The process is gone, the last update not yet sent.
    Ending,
}

/// How far the launch of a container in a group has come.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Launching {
    /// The agent has not answered yet.
    Asked,
    /// The command runs.
    Started,
    /// The command has ended already.
    Exited(Exit),
    /// A file could not be fetched.
    NotFetched,
    /// There will be no container, for this reason.
    Refused(String),
}

/// Who has a task killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KilledBy {
    /// The scheduler.
    Scheduler,
    /// The task's own native check.
    Check,
    /// Its executor, since another task of its group failed or was killed.
    Group {
        /// Whether that one's check had it killed.
        unhealthy: bool,
    },
}

/// What the task consists of.
impl Task {
    /// A task that reaches its executor after the launch latency.
    pub(super) fn launched(launch: Launch, key: Key, recorded: Option<RecordedLaunch>, turn: &mut Turn<'_>) -> Self {
        let Launch { agent, container_id, parent, resources, info, refused } = launch;
        let latency = recorded.and_then(|r| r.starting).unwrap_or(turn.tuning.launch_latency);
        let timer = turn.timers.set(turn.now + latency, Due::Stage(key));
        let launching = info.executor.as_ref().map(|_| refused.map_or(Launching::Asked, Launching::Refused));
        Self {
            key,
            info,
            agent,
            resources,
            container_id,
            parent,
            stage: Stage::Staging,
            launching,
            recorded_start: recorded.and_then(|r| r.running),
            forked: None,
            executor_pid: None,
            checks: Checks::default(),
            general: None,
            killed_by: None,
            timer: Some(timer),
            statuses: Vec::new(),
            withheld: Vec::new(),
            ended: false,
        }
    }

    pub(super) fn info(&self) -> &TaskInfo {
        &self.info
    }

    /// Where it is among those that have not ended.
    pub(super) fn key(&self) -> Key {
        self.key
    }

    pub(super) fn id(&self) -> &TaskId {
        &self.info.id
    }

    /// Index of the agent.
    pub(super) fn agent(&self) -> usize {
        self.agent
    }

    pub(super) fn resources(&self) -> &Resources {
        &self.resources
    }

    pub(super) fn container_id(&self) -> &str {
        &self.container_id
    }

    /// The container of the executor that it shares with its group.
    pub(super) fn parent(&self) -> Option<&str> {
        self.parent.as_deref()
    }

    /// The pid of the supervisor of a process task.
    pub(super) fn executor_pid(&self) -> Option<u32> {
        self.executor_pid
    }

    /// Whether its command was started.
    pub(super) fn is_started(&self) -> bool {
        self.forked.is_some()
    }

    /// The state that the master knows of.
    pub(super) fn state(&self) -> TaskState {
        self.statuses.last().map_or(TaskState::Staging, |status| status.state)
    }

    /// The health that the master knows of.
    pub(super) fn healthy(&self) -> Option<bool> {
        self.statuses.last().and_then(|status| status.healthy)
    }

    /// The status updates that the master keeps: consecutive ones of one state are one.
    pub(super) fn statuses(&self) -> &[StatusUpdate] {
        &self.statuses
    }

    /// Whether the master knows a terminal state.
    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }
}

/// Status updates.
impl Task {
    /// Sends an executor's status update to the master; withheld while the agent is disconnected. The default executor
    /// of a group knows the address of a container only while it runs.
    fn send(&mut self, turn: &mut Turn<'_>, status: Status) {
        let agent = &turn.agents[self.agent];
        let knows = match self.info.executor {
            None => self.stage != Stage::Staging,
            Some(_) => status.state == TaskState::Running,
        };
        let address = knows.then(|| agent.config().hostname.clone());
        let update = self.update(turn, status, address.into_iter().collect());
        match agent.link() {
            Link::Up => self.deliver(turn, update),
            Link::Silent | Link::Unreachable | Link::Gone => self.withheld.push(update),
        }
    }

    /// Sends a status update that the master itself makes.
    pub(super) fn send_masters(&mut self, turn: &mut Turn<'_>, status: Status) {
        let update = self.update(turn, status, Vec::new());
        self.deliver(turn, update);
    }

    fn update(&self, turn: &Turn<'_>, status: Status, ip_addresses: Vec<String>) -> StatusUpdate {
        let update = status.update(turn.now, self.id().clone(), turn.agents[self.agent].id().clone(), ip_addresses);
        StatusUpdate { check: self.general.as_ref().and_then(|general| general.result()), ..update }
    }

    fn deliver(&mut self, turn: &mut Turn<'_>, update: StatusUpdate) {
        self.ended |= update.state.is_terminal();
        match self.statuses.last_mut() {
            Some(last) if last.state == update.state => *last = update.clone(),
            Some(_) | None => self.statuses.push(update.clone()),
        }
        turn.events.push(Event::Status(update));
    }

    /// The agent is connected again after it was `before`: an unreachable task is back in the state and with the health
    /// that it had, and what was withheld arrives.
    pub(super) fn agent_back(&mut self, turn: &mut Turn<'_>, before: Link) {
        if before == Link::Unreachable {
            let last = self.statuses.iter().rev().find(|status| status.state != TaskState::Unreachable);
            let (state, healthy) = last.map_or((TaskState::Staging, None), |s| (s.state, s.healthy));
            let status = Status::because(state, messages::AGENT_BACK, Reason::SlaveReregistered);
            let address = vec![turn.agents[self.agent].config().hostname.clone()];
            let update = self.update(turn, Status { healthy, ..status }, address);
            self.deliver(turn, update);
        }
        for update in std::mem::take(&mut self.withheld) {
            self.deliver(turn, update);
        }
    }
}

/// Start and end.
impl Task {
    /// The stage timer went off.
    pub(super) fn next_stage(&mut self, turn: &mut Turn<'_>) {
        self.timer = None;
        match self.stage {
            Stage::Staging if self.launching.is_some() => self.launch_in_group(turn),
            Stage::Staging => self.fetch(turn),
            Stage::Starting { .. } => match self.launching.take() {
                None => self.run(turn),
                Some(launching) => self.launched_in_group(turn, launching),
            },
            Stage::Running | Stage::Ending => {}
        }
    }

    /// The command runs, and its executor says so.
    fn run(&mut self, turn: &mut Turn<'_>) {
        self.stage = Stage::Running;
        self.start_checks(turn);
        self.send(turn, Status::of(TaskState::Running));
    }

    fn reach_executor(&mut self, turn: &mut Turn<'_>) {
        let latency = match self.info.containerizer {
            Containerizer::Docker { .. } if !turn.agents[self.agent].config().docker => {
                let (message, reason) = (messages::NO_CONTAINERIZER, Reason::ExecutorTerminated);
                return self.send(turn, Status::because(TaskState::Failed, message, reason));
            }
            Containerizer::Docker { .. } => turn.tuning.docker_start_latency,
            Containerizer::Mesos { .. } => turn.tuning.start_latency,
        };
        self.stage = Stage::Starting { ready: turn.now + self.recorded_start.unwrap_or(latency) };
        self.send(turn, Status::of(TaskState::Starting));
        turn.events.push(Event::Task(TaskCall::Start(Arc::clone(&self.info))));
    }

    /// The command runs.
    pub(super) fn started(&mut self, turn: &mut Turn<'_>, executor_pid: Option<u32>) {
        self.executor_pid = executor_pid;
        self.forked = Some(turn.now);
        if self.launching.is_some() {
            self.launching = Some(Launching::Started);
        } else if let (Stage::Starting { ready }, None) = (self.stage, self.killed_by) {
            self.timer = Some(turn.timers.set(ready.max(turn.now), Due::Stage(self.key)));
        }
    }

    /// The command could not be started.
    pub(super) fn not_started(&mut self, turn: &mut Turn<'_>, why: &str) {
        if self.launching.is_some() {
            self.launching = Some(Launching::Refused(why.to_owned()));
            return;
        }
        self.send(turn, Status::because(TaskState::Failed, why, Reason::ContainerLaunchFailed));
    }

    /// The command ended; the executor notices it a little later.
    pub(super) fn exited(&mut self, turn: &mut Turn<'_>, exit: Exit) {
        if self.stage == Stage::Ending {
            return;
        }
        if self.launching.is_some() {
            self.launching = Some(Launching::Exited(exit));
            return;
        }
        // A command that ends before its executor has sent TASK_RUNNING was running all the same.
        if matches!(self.stage, Stage::Starting { .. }) && self.killed_by.is_none() {
            self.cancel_timer(turn);
            self.stage = Stage::Running;
            self.send(turn, Status::of(TaskState::Running));
        }
        self.ending(turn, exit);
    }

    /// The process is gone.
    fn ending(&mut self, turn: &mut Turn<'_>, exit: Exit) {
        self.stage = Stage::Ending;
        let ended = turn.timers.set(turn.now + turn.tuning.kill_latency, Due::Ended(self.key, exit));
        self.replace_timer(turn, ended);
        self.stop_checks(turn);
    }

    /// The executor's last update.
    pub(super) fn end(&mut self, turn: &mut Turn<'_>, exit: Exit) {
        self.timer = None;
        let (state, healthy) = match (self.killed_by, exit) {
            (Some(KilledBy::Scheduler | KilledBy::Group { unhealthy: false }), Exit::Status(_) | Exit::Signal(_)) => {
                (TaskState::Killed, None)
            }
            (Some(KilledBy::Check | KilledBy::Group { unhealthy: true }), Exit::Status(_) | Exit::Signal(_)) => {
                (TaskState::Killed, Some(false))
            }
            (None, Exit::Status(0)) => (TaskState::Finished, None),
            (None, Exit::Status(_) | Exit::Signal(_)) => (TaskState::Failed, None),
        };
        let message = Some(messages::ended(&self.info.containerizer, exit));
        self.send(turn, Status { state, healthy, message, reason: None });
    }

    /// Ends all that is still to happen and returns what the task held.
    pub(super) fn leave(&mut self, turn: &mut Turn<'_>) -> Resources {
        self.stop_checks(turn);
        self.cancel_timer(turn);
        self.resources.clone()
    }

    fn replace_timer(&mut self, turn: &mut Turn<'_>, timer: TimerKey) {
        self.cancel_timer(turn);
        self.timer = Some(timer);
    }

    fn cancel_timer(&mut self, turn: &mut Turn<'_>) {
        if let Some(timer) = self.timer.take() {
            turn.timers.cancel(timer);
        }
    }
}

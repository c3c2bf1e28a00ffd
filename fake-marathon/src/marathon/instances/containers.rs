//! The tasks of a pod's instance, one for each container, and what they make of the instance.
//!
//! Rules from Marathon's `core/instance/Instance.scala` (`InstanceState.transitionTo`).

use super::{Condition, Instance, Task};
use crate::ids::TaskId;

/// The condition of an instance is that of its container which comes first here.
const HIERARCHY: [Condition; 15] = [
    Condition::Error,
    Condition::Failed,
    Condition::Gone,
    Condition::Dropped,
    Condition::Unreachable,
    Condition::UnreachableInactive,
    Condition::Killing,
    Condition::Starting,
    Condition::Staging,
    Condition::Unknown,
    Condition::Scheduled,
    Condition::Provisioned,
    Condition::Running,
    Condition::Finished,
    Condition::Killed,
];

impl Instance {
    /// All tasks of the present incarnation: one for an app, one for each container of a pod.
    pub(crate) fn tasks(&self) -> impl Iterator<Item = &Task> {
        let of_app = self.task.iter().filter(|_| self.containers.is_empty());
        of_app.chain(&self.containers)
    }

    /// The task with this id.
    pub(crate) fn task_of(&self, id: &TaskId) -> Option<&Task> {
        self.tasks().find(|task| task.id == *id)
    }

    /// The tasks that have not ended.
    pub(super) fn living(&self) -> impl Iterator<Item = &Task> {
        self.tasks().filter(|task| !task.condition.is_terminal())
    }

    /// Changes the task with this id; of a pod, the task that stands for the whole follows.
    pub(super) fn change_task(&mut self, id: &TaskId, change: impl FnOnce(&mut Task)) {
        if self.containers.is_empty() {
            if let Some(task) = self.task.as_mut().filter(|task| task.id == *id) {
                change(task);
            }
            return;
        }
        if let Some(task) = self.containers.iter_mut().find(|task| task.id == *id) {
            change(task);
        }
        self.task = whole(&self.containers);
    }
}

/// The task that stands for all containers: it has the id of the first.
pub(super) fn whole(containers: &[Task]) -> Option<Task> {
    let place = |task: &&Task| HIERARCHY.iter().position(|condition| *condition == task.condition);
    let decisive = containers.iter().min_by_key(place)?;
    Some(Task {
        id: containers.first()?.id.clone(),
        healthy: health(containers),
        ports: containers.iter().flat_map(|task| task.ports.iter().copied()).collect(),
        started_at: containers.iter().filter_map(|task| task.started_at).min(),
        ..decisive.clone()
    })
}

/// The health of all containers, as far as their order decides: that of the first which is unhealthy or neither runs nor has
/// finished (`Instance.computeHealth`; recorded in `pods.shared_volume`).
pub(super) fn health(containers: &[Task]) -> Option<bool> {
    let mut found = None;
    for task in containers {
        match (task.condition, task.healthy) {
            (Condition::Running, Some(false)) => return Some(false),
            (Condition::Running, Some(true)) => found = Some(true),
            (Condition::Running | Condition::Finished, _) => {}
            (
                Condition::Error
                | Condition::Failed
                | Condition::Gone
                | Condition::Dropped
                | Condition::Unreachable
                | Condition::UnreachableInactive
                | Condition::Killing
                | Condition::Killed
                | Condition::Starting
                | Condition::Staging
                | Condition::Unknown
                | Condition::Scheduled
                | Condition::Provisioned,
                _,
            ) => return None,
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Time;

    fn task(name: &str, condition: Condition, healthy: Option<bool>) -> Task {
        Task {
            id: TaskId::new(format!("p.instance-u.{name}.1")),
            condition,
            state: None,
            healthy,
            check: None,
            ip_addresses: Vec::new(),
            ports: Vec::new(),
            staged_at: Time::default(),
            started_at: None,
            unreachable_since: None,
            message: None,
        }
    }

    #[test]
    fn the_worst_container_decides_and_a_finished_one_does_not() {
        use Condition::{Failed, Finished, Killed, Running, Starting};
        for (conditions, wanted) in [
            ([Running, Starting], Starting),
            ([Running, Finished], Running),
            ([Running, Killed], Running),
            ([Failed, Running], Failed),
            ([Finished, Killed], Finished),
        ] {
            let found = whole(&conditions.map(|condition| task("c", condition, None))).unwrap();
            assert_eq!(found.condition, wanted, "{conditions:?}");
        }
    }

    #[test]
    fn a_container_without_a_check_says_nothing_of_health() {
        let of = |healths: [Option<bool>; 2]| {
            whole(&healths.map(|healthy| task("c", Condition::Running, healthy))).unwrap().healthy
        };
        assert_eq!(of([None, None]), None);
        assert_eq!(of([Some(true), None]), Some(true));
        assert_eq!(of([Some(true), Some(false)]), Some(false));
    }

    /// Recorded in `pods.shared_volume`: the health is unknown when the first container is killed, while the sick second
    /// one still runs.
    #[test]
    fn the_first_container_that_is_sick_or_does_not_run_decides_on_health() {
        use Condition::{Finished, Killed, Running, Starting};
        let sick = || task("c", Running, Some(false));
        let well = || task("c", Running, Some(true));
        for (containers, wanted) in [
            ([task("c", Killed, None), sick()], None),
            ([sick(), task("c", Killed, None)], Some(false)),
            ([well(), task("c", Starting, None)], None),
            ([well(), task("c", Finished, None)], Some(true)),
            ([task("c", Finished, None), sick()], Some(false)),
        ] {
            assert_eq!(health(&containers), wanted, "{containers:?}");
        }
    }
}

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
    let healths =
        || containers.iter().filter(|task| task.condition == Condition::Running).filter_map(|task| task.healthy);
    let healthy = if healths().any(|healthy| !healthy) { Some(false) } else { healths().next() };
    Some(Task {
        id: containers.first()?.id.clone(),
        healthy,
        ports: containers.iter().flat_map(|task| task.ports.iter().copied()).collect(),
        started_at: containers.iter().filter_map(|task| task.started_at).min(),
        ..decisive.clone()
    })
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
}

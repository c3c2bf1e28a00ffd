//! The states of a task as charts show them: the order of the stack and the words of the legend.

use harness::model::TaskState;

/// The states in the order in which bars stack them, bottom first. Tables and exports keep this order.
pub const STACK: [TaskState; 7] = [
    TaskState::Healthy,
    TaskState::Unhealthy,
    TaskState::Unreachable,
    TaskState::Killing,
    TaskState::Running,
    TaskState::Staged,
    TaskState::Scheduled,
];

/// What the legend calls a state.
pub fn label(state: TaskState) -> &'static str {
    match state {
        TaskState::Running => "running, no result yet",
        TaskState::Killing => "killing or ended",
        TaskState::Healthy
        | TaskState::Unhealthy
        | TaskState::Unreachable
        | TaskState::Staged
        | TaskState::Scheduled => state.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stack_holds_every_state_once() {
        let mut stacked = STACK;
        stacked.sort();
        assert_eq!(stacked, TaskState::ALL);
    }
}

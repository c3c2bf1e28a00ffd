//! Reconciliation: the last status of each task asked for.

use super::executors::Rig;
use crate::{
    ids::TaskId,
    mesos::reconciliation::reconcile,
    wire::{Reason, TaskState},
};

#[test]
fn a_known_task_is_answered_with_its_state_and_an_unknown_one_is_gone() {
    let mut rig = Rig::new();
    let known = rig.run(|_| {});
    let asked = [TaskId::new("hc.instance-x._app.1"), known.clone()];
    let answers = reconcile(rig.now, &asked, rig.executors.tasks(), &rig.agents);
    let answers = answers.into_iter().map(|update| (update.task, update.state, update.reason)).collect::<Vec<_>>();
    let reason = Some(Reason::Reconciliation);
    assert_eq!(answers, [(asked[0].clone(), TaskState::Gone, reason), (known, TaskState::Running, reason)]);
}

#[test]
fn without_ids_every_task_that_can_be_reached_is_answered() {
    let mut rig = Rig::new();
    let known = rig.run(|_| {});
    let answers = |rig: &Rig| {
        let updates = reconcile(rig.now, &[], rig.executors.tasks(), &rig.agents);
        updates.into_iter().map(|update| update.task).collect::<Vec<_>>()
    };
    assert_eq!(answers(&rig), [known]);
    rig.does(|executors, context| executors.agent_timed_out(context, 0));
    assert_eq!(answers(&rig), []);
}

//! What the master does with an offer that is accepted.

use std::{sync::Arc, time::Duration};

use super::Mesos;
use crate::{
    clock::Time,
    ids::OfferId,
    mesos::{
        Due,
        launch::{self, Refusal},
        messages,
        offers::Offered,
        resources::Resources,
        turn::Launch,
    },
    wire::TaskInfo,
};

impl Mesos {
    /// Launches these tasks on the agent of an offer, and takes back what they leave of it.
    pub(super) fn accept(&mut self, now: Time, offered: Offered, launch: Vec<TaskInfo>, refuse: Duration) {
        let Offered { agent, mut resources } = offered;
        let used = !launch.is_empty();
        let launch: Vec<_> = launch.into_iter().map(Arc::new).collect();
        for group in launch.chunk_by(|a, b| a.executor.is_some() && a.executor == b.executor) {
            self.launch(now, agent, group, &mut resources);
        }
        // With prompt offers the rest of a used offer goes out again at once, else after its filter.
        let refuse = if used && self.tuning.prompt_offers { Duration::ZERO } else { refuse };
        if !refuse.is_zero() {
            self.agents.refuse(agent, now + refuse, resources.clone());
        }
        self.agents.release(agent, resources);
        if used {
            self.cycle.used();
            self.resources_freed(now);
        }
    }

    /// Launches a task, or the tasks of a group with their executor: all or none.
    fn launch(&mut self, now: Time, agent: usize, group: &[Arc<TaskInfo>], resources: &mut Resources) {
        let ids: Vec<String> = group.iter().map(|_| self.rng.uuid4().to_string()).collect();
        let by_itself = group.iter().zip(&ids).filter(|(info, _)| info.executor.is_none());
        let no_user = by_itself.into_iter().find_map(|(info, id)| self.without_user(agent, info, id));
        if let Some(refusal) = no_user {
            return group.iter().for_each(|info| {
                let at = now + self.executors.drop_latency(now);
                self.timers.set(at, Due::Dropped(Box::new(refusal.clone().status(at, info))));
            });
        }
        let mut left = resources.clone();
        match launch::take_all(group, &mut left) {
            Ok(taken) => {
                *resources = left;
                let parent = taken.executor.map(|held| {
                    let executor = group.first().and_then(|info| info.executor.as_ref());
                    executor.into_iter().for_each(|e| self.executors.launch_group(&e.id, agent, held.clone()));
                    self.rng.uuid4().to_string()
                });
                for ((info, resources), container_id) in group.iter().cloned().zip(taken.tasks).zip(ids) {
                    let refused =
                        parent.as_ref().and_then(|run| self.without_nested_user(agent, &info, (run, &container_id)));
                    let parent = parent.clone();
                    let (executors, context) = self.executors(now);
                    executors.launch(context, Launch { agent, container_id, parent, resources, info, refused });
                }
            }
            Err(refusal) => group.iter().for_each(|info| self.send(refusal.clone().status(now, info))),
        }
    }

    /// Refuses launches with an offer that is out no more.
    pub(super) fn refuse_all(&mut self, now: Time, offer: &OfferId, launch: &[TaskInfo]) {
        for info in launch {
            self.send(Refusal::OfferGone(offer.clone()).status(now, info));
        }
    }

    /// Why an agent drops a task whose user its machine does not have.
    fn without_user(&self, agent: usize, info: &TaskInfo, run: &str) -> Option<Refusal> {
        let (agent, user) = (&self.agents[agent], info.user.as_ref()?);
        let directory = agent.sandbox(self.master.framework_id(), info.id.as_str(), run);
        (!agent.knows(user)).then(|| Refusal::NoUser { directory, user: user.clone() })
    }

    /// Why an agent refuses the container of a task in a group whose user its machine does not have; the executor runs.
    fn without_nested_user(&self, agent: usize, info: &TaskInfo, (run, container): (&str, &str)) -> Option<String> {
        let (agent, user) = (&self.agents[agent], info.user.as_ref()?);
        let directory = agent.sandbox(self.master.framework_id(), &info.executor.as_ref()?.id, run);
        (!agent.knows(user)).then(|| messages::no_nested_user(&format!("{directory}/containers/{container}"), user))
    }
}

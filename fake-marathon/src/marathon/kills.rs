//! Kills under way: a limited number at a time, each repeated until the task's end confirms it.
//!
//! Rules from Marathon's `core/task/termination/impl/KillServiceActor.scala`.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use crate::{clock::Time, ids::TaskId, tuning::Tuning};

/// How long the executor waits between SIGTERM and SIGKILL; its own default when absent.
type Grace = Option<Duration>;

/// A kill to be sent to Mesos now.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Kill {
    pub(crate) task: TaskId,
    pub(crate) grace: Grace,
    /// When [`Kills::retry`] is due.
    pub(crate) retry_at: Time,
}

/// Kills that were sent and kills that wait for their turn.
#[derive(Debug)]
pub(crate) struct Kills {
    tuning: Arc<Tuning>,
    sent: BTreeMap<TaskId, Grace>,
    queue: VecDeque<TaskId>,
    /// The members of the queue that have not ended in the meantime.
    requested: BTreeMap<TaskId, Grace>,
}

impl Kills {
    pub(crate) fn new(tuning: Arc<Tuning>) -> Self {
        Self { tuning, sent: BTreeMap::new(), queue: VecDeque::new(), requested: BTreeMap::new() }
    }

    /// Queues a kill, unless the task already has one, and returns the kills that may be sent.
    #[must_use]
    pub(crate) fn request(&mut self, now: Time, task: TaskId, grace: Grace) -> Vec<Kill> {
        if !self.sent.contains_key(&task) && self.requested.insert(task.clone(), grace).is_none() {
            self.queue.push_back(task);
        }
        self.send_queued(now)
    }

    /// The queued kills for which there is room.
    #[must_use]
    pub(crate) fn send_queued(&mut self, now: Time) -> Vec<Kill> {
        let mut kills = Vec::new();
        while self.sent.len() < self.tuning.kill_chunk_size {
            let Some(task) = self.queue.pop_front() else { break };
            let Some(grace) = self.requested.remove(&task) else { continue };
            self.sent.insert(task.clone(), grace);
            kills.push(self.kill(now, task, grace));
        }
        kills
    }

    fn kill(&self, now: Time, task: TaskId, grace: Grace) -> Kill {
        Kill { task, grace, retry_at: now + self.tuning.kill_retry_timeout }
    }

    /// The kill once more, if it has not been confirmed.
    #[must_use]
    pub(crate) fn retry(&self, now: Time, task: TaskId) -> Option<Kill> {
        let grace = *self.sent.get(&task)?;
        Some(self.kill(now, task, grace))
    }

    /// The task has ended, or its instance is forgotten. Room for queued kills is used by the next
    /// [`Self::send_queued`].
    pub(crate) fn confirm(&mut self, task: &TaskId) {
        self.sent.remove(task);
        self.requested.remove(task);
    }

    /// Forgets all kills, as a new leader does.
    pub(crate) fn clear(&mut self) {
        self.sent.clear();
        self.queue.clear();
        self.requested.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::from_micros(1_000_000);

    fn kills(at_a_time: usize) -> Kills {
        Kills::new(Arc::new(Tuning { kill_chunk_size: at_a_time, ..Tuning::default() }))
    }

    fn tasks(kills: &[Kill]) -> Vec<&str> {
        kills.iter().map(|kill| kill.task.as_str()).collect()
    }

    #[test]
    fn kills_beyond_the_limit_wait_until_one_is_confirmed() {
        let mut kills = kills(2);
        assert_eq!(tasks(&kills.request(NOW, TaskId::new("a"), None)), ["a"]);
        assert_eq!(tasks(&kills.request(NOW, TaskId::new("b"), None)), ["b"]);
        assert!(kills.request(NOW, TaskId::new("c"), None).is_empty());
        assert!(kills.request(NOW, TaskId::new("a"), None).is_empty(), "a kill under way is not sent twice");
        kills.confirm(&TaskId::new("a"));
        assert_eq!(tasks(&kills.send_queued(NOW)), ["c"]);
    }

    #[test]
    fn a_kill_is_repeated_with_its_grace_until_it_is_confirmed() {
        let mut kills = kills(2);
        let grace = Some(Duration::from_secs(7));
        let sent = kills.request(NOW, TaskId::new("a"), grace);
        assert_eq!(sent, [Kill { task: TaskId::new("a"), grace, retry_at: NOW + Duration::from_secs(30) }]);
        let later = NOW + Duration::from_secs(30);
        let again = kills.retry(later, TaskId::new("a")).expect("not confirmed");
        assert_eq!((again.grace, again.retry_at), (grace, later + Duration::from_secs(30)));
        kills.confirm(&TaskId::new("a"));
        assert_eq!(kills.retry(later, TaskId::new("a")), None);
    }

    #[test]
    fn a_queued_kill_of_a_task_that_has_ended_is_dropped() {
        let mut kills = kills(1);
        drop(kills.request(NOW, TaskId::new("a"), None));
        drop(kills.request(NOW, TaskId::new("b"), None));
        drop(kills.request(NOW, TaskId::new("c"), None));
        kills.confirm(&TaskId::new("b"));
        kills.confirm(&TaskId::new("a"));
        assert_eq!(tasks(&kills.send_queued(NOW)), ["c"]);
    }
}

//! Every life of a run that is over.

use std::collections::BTreeMap;

use super::{
    life::{Happening, TaskLife},
    tally::StepLives,
};

/// The lives of all tasks of a run that is over, by task id, and its steps.
#[derive(Clone, Debug, Default)]
pub struct TaskLives {
    tasks: BTreeMap<String, TaskLife>,
    steps: Vec<StepLives>,
}

impl TaskLives {
    /// Links successors that came after their predecessors were let go, and sorts each timeline.
    pub(super) fn new(tasks: BTreeMap<String, TaskLife>, steps: Vec<StepLives>) -> Self {
        let mut lives = Self { tasks, steps };
        lives.link_late_successors();
        for life in lives.tasks.values_mut() {
            life.timeline.sort_by(|a, b| a.t.total_cmp(&b.t));
        }
        lives
    }

    /// All lives, by task id.
    pub fn all(&self) -> impl Iterator<Item = &TaskLife> {
        self.tasks.values()
    }

    /// Those with a bad result or an end, the earliest trouble first.
    #[must_use]
    pub fn troubled(&self) -> Vec<&TaskLife> {
        let mut troubled: Vec<&TaskLife> = self.all().filter(|life| life.is_troubled()).collect();
        let when = |life: &TaskLife| life.trouble_at().unwrap_or(f64::INFINITY);
        troubled.sort_by(|a, b| when(a).total_cmp(&when(b)).then_with(|| a.id.cmp(&b.id)));
        troubled
    }

    /// The steps in order.
    #[must_use]
    pub fn steps(&self) -> &[StepLives] {
        &self.steps
    }

    fn link_late_successors(&mut self) {
        let mut instances: BTreeMap<&str, Vec<(u64, &str, f64)>> = BTreeMap::new();
        for life in self.tasks.values() {
            let (instance, incarnation) = life.life();
            instances.entry(instance).or_default().push((incarnation, &life.id, life.first_seen));
        }
        let mut links: Vec<(String, String, f64)> = Vec::new();
        for mut lives in instances.into_values() {
            lives.sort_by_key(|(incarnation, ..)| *incarnation);
            links.extend(lives.windows(2).map(|pair| (pair[0].1.to_owned(), pair[1].1.to_owned(), pair[1].2)));
        }
        for (id, successor, t) in links {
            if let Some(life) = self.tasks.get_mut(&id).filter(|life| life.successor.is_none()) {
                life.note(t, Happening::Replaced(successor.clone()));
                life.successor = Some(successor);
            }
        }
    }
}

//! The tasks of an answer, most of which came in the answer before.

use std::{collections::HashMap, sync::Arc};

use serde_json::value::RawValue;

use super::observed::Observed;

/// The tasks of the latest answer in their order. Marathon lists them in the same order again, so that of most of them it can be
/// told by comparing bytes that nothing has changed but the moments of good results.
#[derive(Clone, Debug, Default)]
pub struct Recent {
    latest: Vec<Arc<Observed>>,
    next: Vec<Arc<Observed>>,
    /// The one of the latest that comes next, if the order is the same.
    at: usize,
    /// Where each id is in the latest; made when the order turns out to be another.
    places: Option<HashMap<Arc<str>, usize>>,
}

impl Recent {
    /// An answer begins. What was seen since the last call of [`Recent::settle`] is forgotten.
    pub fn begin(&mut self) {
        self.next.clear();
        self.at = 0;
        self.places = None;
    }

    /// The task that a text begins with, and its length in bytes, if it is the one that is expected here.
    pub fn foreseen(&mut self, rest: &str) -> Option<(Arc<Observed>, usize)> {
        let expected = self.latest.get(self.at)?;
        let task = if expected.begins(rest) { Arc::clone(expected) } else { Arc::new(expected.succeeded(rest)?) };
        let length = task.text().len();
        self.at += 1;
        self.next.push(Arc::clone(&task));
        Some((task, length))
    }

    /// The next task, read.
    pub fn read(&mut self, object: &RawValue) -> Arc<Observed> {
        let task = Observed::of(object);
        let places = self.places.get_or_insert_with(|| {
            self.latest.iter().enumerate().map(|(at, task)| (Arc::clone(task.id()), at)).collect()
        });
        let known = places.get(task.id()).map(|&at| (at, &self.latest[at]));
        // After a task that is new here, the expected one is still to come.
        self.at = known.map_or(self.at, |(at, _)| at + 1);
        let task = match known {
            Some((_, known)) if known.text() == task.text() => Arc::clone(known),
            // Found so, what both have in common is shared, and nobody has to compare them again.
            Some((_, known)) => Arc::new(known.succeeded(task.text()).unwrap_or(task)),
            None => Arc::new(task),
        };
        self.next.push(Arc::clone(&task));
        task
    }

    /// An answer is complete: only its tasks are kept.
    pub fn settle(&mut self) {
        self.latest = std::mem::take(&mut self.next);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(id: u8, host: u8, second: u8) -> String {
        format!(
            r#"{{"id":"hc.instance-{id}._app.1","host":"{host}","healthCheckResults":[{{"lastSuccess":"2026-01-01T00:00:{second:02}.000Z"}}]}}"#
        )
    }

    /// The tasks of an answer as they are polled; how many of them were read.
    fn answer(recent: &mut Recent, texts: &[String]) -> (Vec<Arc<Observed>>, usize) {
        let mut read = 0;
        recent.begin();
        let mut seen = Vec::new();
        for text in texts {
            seen.push(match recent.foreseen(text) {
                Some((task, length)) => {
                    assert_eq!(length, text.len());
                    task
                }
                None => {
                    read += 1;
                    recent.read(serde_json::from_str(text).unwrap())
                }
            });
        }
        recent.settle();
        (seen, read)
    }

    #[test]
    fn only_what_changes_is_read() {
        let mut recent = Recent::default();
        let mut next = |tasks: &[(u8, u8, u8)]| {
            answer(&mut recent, &tasks.iter().map(|&(id, host, second)| text(id, host, second)).collect::<Vec<_>>())
        };
        let (first, read) = next(&[(1, 0, 1), (2, 0, 1), (3, 0, 1)]);
        assert_eq!(read, 3);
        let (again, read) = next(&[(1, 0, 1), (2, 0, 2), (3, 0, 1)]);
        assert_eq!(read, 0, "a later success is no change");
        assert!(Arc::ptr_eq(&first[0], &again[0]) && !Arc::ptr_eq(&first[1], &again[1]));
        assert_eq!(next(&[(1, 0, 1), (2, 1, 2), (3, 0, 1)]).1, 1, "another host");
        assert_eq!(next(&[(1, 0, 1), (3, 0, 1)]).1, 1, "one is gone: the one behind it is looked for");
        assert_eq!(next(&[(4, 0, 1), (1, 0, 1), (3, 0, 1)]).1, 1, "one is new");
        assert_eq!(next(&[(3, 0, 1), (4, 0, 1), (1, 0, 1)]).1, 2, "another order");
    }

    #[test]
    fn an_answer_that_broke_off_is_forgotten() {
        let mut recent = Recent::default();
        let texts = [text(1, 0, 1), text(2, 0, 1)];
        answer(&mut recent, &texts);
        recent.begin();
        recent.foreseen(&texts[0]);
        assert_eq!(answer(&mut recent, &texts).1, 0);
        recent.begin();
        recent.settle();
        assert_eq!(answer(&mut recent, &texts).1, 2, "an answer without tasks leaves none to expect");
    }

    proptest! {
        #[test]
        fn what_is_foreseen_is_what_reading_finds(
            answers in prop::collection::vec(prop::collection::vec((0_u8..5, 0_u8..3, 0_u8..3), 0..7), 1..8),
        ) {
            let mut recent = Recent::default();
            for tasks in answers {
                let texts: Vec<_> = tasks.iter().map(|&(id, host, second)| text(id, host, second)).collect();
                for (seen, text) in answer(&mut recent, &texts).0.iter().zip(&texts) {
                    let whole = Observed::of(serde_json::from_str(text).unwrap());
                    prop_assert_eq!(seen.text(), text);
                    prop_assert_eq!((seen.id(), seen.state(), seen.last_result()),
                        (whole.id(), whole.state(), whole.last_result()));
                    prop_assert_eq!((seen.fresh(None), seen.to_value()), (whole.fresh(None), whole.to_value()));
                }
            }
        }
    }
}

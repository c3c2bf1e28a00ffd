//! The tasks of the lines of a record: most of them stand there as they stood in a line before, and are not read again.

use std::{borrow::Cow, collections::HashMap, ops::Range, sync::Arc};

use serde_json::{Value, value::RawValue};
use slab::Slab;

use super::{
    json,
    listed::{Listed, News, Task},
};
use crate::model::listing::Tasks;

/// A task of a line.
#[derive(Clone, Debug, PartialEq)]
pub enum Noted<'a> {
    /// Its text, the same as that of a line before but for its news.
    Text(&'a Known, News),
    /// An object of a line that had to be read whole.
    Whole(&'a Value),
}

impl Task for Noted<'_> {
    fn listed(&self) -> Cow<'_, Listed<'_>> {
        Cow::Owned(match self {
            // It was read when it was new.
            Self::Text(known, _) => serde_json::from_slice(&known.text).unwrap_or_default(),
            Self::Whole(object) => Listed::of(object),
        })
    }

    fn familiar(&self) -> Option<(&str, News)> {
        match self {
            Self::Text(known, news) => Some((&known.id, *news)),
            Self::Whole(_) => None,
        }
    }
}

/// A task as the latest line that holds it shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    id: Arc<str>,
    /// An object without a character that acts.
    text: Vec<u8>,
    /// The bytes that hold a `lastSuccess`, in order.
    successes: Vec<Range<usize>>,
    /// The line that holds it.
    line: u64,
    /// Its place in the latest complete list.
    place: usize,
}

impl Known {
    /// What is new in the text that `rest` begins with, if that is this task with other moments of success at most.
    fn news(&self, rest: &[u8]) -> Option<News> {
        let new = rest.get(..self.text.len())?;
        let (mut from, mut news) = (0, News::None);
        for success in &self.successes {
            let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-:.+".contains(byte);
            let moment = &new[success.clone()];
            if self.text[from..success.start] != new[from..success.start] {
                return None;
            }
            if self.text[success.clone()] != *moment {
                if !moment.iter().all(plain) {
                    return None;
                }
                news = News::Successes;
            }
            from = success.end;
        }
        (self.text[from..] == new[from..]).then_some(news)
    }
}

/// The tasks that the lines so far have shown. A complete list mostly has the order of the one before.
#[derive(Debug, Default)]
pub(super) struct Familiar {
    known: Slab<Known>,
    by_id: HashMap<Arc<str>, usize>,
    /// The latest complete list.
    order: Vec<usize>,
    /// The tasks of the present line so far.
    present: Vec<usize>,
    /// The one of the order that comes next, if it is the same.
    next: usize,
    /// Counts the lines.
    line: u64,
}

/// A task of the present line: where it is, and what is new of it; none of one that cannot be kept.
pub(super) type Placed = Option<(usize, News)>;

impl Tasks for Familiar {
    type Made = Placed;

    fn begin(&mut self) {
        self.present.clear();
        self.next = 0;
        self.line += 1;
    }

    fn foreseen(&mut self, rest: &str) -> Option<(Placed, usize)> {
        let at = *self.order.get(self.next)?;
        let known = self.known.get_mut(at).filter(|known| known.line != self.line)?;
        let news = known.news(rest.as_bytes())?;
        let length = known.text.len();
        if news == News::Successes {
            known.text.copy_from_slice(&rest.as_bytes()[..length]);
        }
        known.line = self.line;
        self.present.push(at);
        self.next += 1;
        Some((Some((at, news)), length))
    }

    fn read(&mut self, task: &RawValue) -> Placed {
        let new = self.keep(task.get())?;
        self.present.push(new.0);
        Some(new)
    }
}

impl Familiar {
    /// Takes a text that is not the expected one. None where the line has to be read whole: it holds characters that act, a
    /// task without a plain id, or one twice.
    fn keep(&mut self, text: &str) -> Placed {
        if json::may_act(text.as_bytes()) || !text.starts_with('{') {
            return None;
        }
        let listed: Listed<'_> = serde_json::from_str(text).ok()?;
        let Some(Cow::Borrowed(id)) = &listed.id else { return None };
        let within = |part: &Cow<'_, str>| match part {
            Cow::Borrowed(part) if !part.is_empty() => {
                let start = part.as_ptr().addr().checked_sub(text.as_ptr().addr())?;
                (text.get(start..start + part.len()) == Some(*part)).then(|| start..start + part.len())
            }
            Cow::Borrowed(_) | Cow::Owned(_) => None,
        };
        let successes = listed.results.iter().filter_map(|result| within(&result.last_success)).collect();
        let Some(&at) = self.by_id.get(*id) else {
            let id: Arc<str> = Arc::from(*id);
            let task = Known { id: id.clone(), text: text.into(), successes, line: self.line, place: usize::MAX };
            let at = self.known.insert(task);
            self.by_id.insert(id, at);
            return Some((at, News::All));
        };
        let known = &mut self.known[at];
        if known.line == self.line {
            return None;
        }
        // After a task that is new here, the expected one is still to come.
        if known.place != usize::MAX {
            self.next = known.place + 1;
        }
        let news = known.news(text.as_bytes()).filter(|_| known.text.len() == text.len()).unwrap_or(News::All);
        (known.line, known.successes) = (self.line, successes);
        known.text.clear();
        known.text.extend_from_slice(text.as_bytes());
        Some((at, news))
    }

    /// A line is over. Of a complete list only its tasks are kept, and of others all but those that are gone.
    pub(super) fn settle(&mut self, complete: bool, gone: &[String]) {
        if complete {
            std::mem::swap(&mut self.order, &mut self.present);
            for (place, at) in self.order.iter().enumerate() {
                self.known[*at].place = place;
            }
        }
        let line = self.line;
        if complete && self.known.len() > self.order.len() {
            self.known.retain(|_, known| known.line == line);
            self.by_id.retain(|_, at| self.known.contains(*at));
        }
        for id in gone {
            // One that this line lists all the same stays.
            if let Some(at) = self.by_id.get(id.as_str()).copied().filter(|at| self.known[*at].line != line) {
                self.by_id.remove(id.as_str());
                self.known.remove(at);
            }
        }
    }

    /// A line could not be read like this: nothing is known of the tasks from now on.
    pub(super) fn forget(&mut self) {
        *self = Self { line: self.line, ..Self::default() };
    }

    /// The tasks of the present line.
    pub(super) fn noted(&self, placed: &[(usize, News)]) -> Vec<Noted<'_>> {
        placed.iter().map(|&(at, news)| Noted::Text(&self.known[at], news)).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::listing;

    fn text(id: u8, host: u8, second: u8) -> String {
        format!(
            r#"{{"id":"hc.instance-{id}._app.1","host":"{host}","healthCheckResults":[{{"alive":true,"lastSuccess":"2026-01-01T00:00:{second:02}.000Z"}}]}}"#
        )
    }

    /// The next line: what is new of each of its tasks, none of a line that has to be read whole.
    fn line(familiar: &mut Familiar, complete: bool, texts: &[String], gone: &[&str]) -> Option<Vec<News>> {
        let line = format!(r#"{{"tasks": [{}]}}"#, texts.join(", "));
        let (_, placed) = listing::apart(&line, familiar).expect("a line");
        let placed: Vec<_> = placed.into_iter().collect::<Option<_>>()?;
        familiar.settle(complete, &gone.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>());
        for (noted, text) in familiar.noted(&placed).iter().zip(texts) {
            let listed: Listed<'_> = serde_json::from_str(text).expect("a task");
            assert_eq!((&*noted.listed(), noted.familiar().map(|(id, _)| id)), (&listed, Some(listed.id())));
        }
        Some(placed.into_iter().map(|(_, news)| news).collect())
    }

    #[test]
    fn what_is_new_of_a_task_is_told_without_reading_it() {
        use News::{All, None, Successes};
        let mut familiar = Familiar::default();
        let mut next = |complete: bool, tasks: &[(u8, u8, u8)]| {
            let texts: Vec<_> = tasks.iter().map(|&(id, host, second)| text(id, host, second)).collect();
            line(&mut familiar, complete, &texts, &[]).expect("familiar")
        };
        assert_eq!(next(true, &[(1, 0, 1), (2, 0, 1), (3, 0, 1)]), [All, All, All]);
        assert_eq!(next(true, &[(1, 0, 1), (2, 0, 2), (3, 0, 1)]), [None, Successes, None]);
        assert_eq!(next(false, &[(3, 0, 3), (2, 1, 2)]), [Successes, All]);
        assert_eq!(next(true, &[(1, 0, 1), (2, 0, 2), (3, 0, 3)]), [None, All, None], "it had another host in between");
        assert_eq!(next(true, &[(4, 0, 1), (3, 0, 3), (1, 0, 1)]), [All, None, None], "another order");
        assert_eq!(next(true, &[(2, 0, 2)]), [All], "it was gone in between");
    }

    #[test]
    fn a_line_with_a_task_that_cannot_be_kept_is_left_to_the_reader_of_json() {
        for odd in ["3".to_owned(), r#"{"id":3}"#.to_owned(), text(1, 0, 1).replace("hc.", "h\\u0063."), text(1, 0, 1)]
        {
            let mut familiar = Familiar::default();
            assert_eq!(line(&mut familiar, true, &[text(1, 0, 1), odd.clone()], &[]), None, "{odd}");
        }
    }

    #[test]
    fn tasks_that_are_gone_are_forgotten() {
        let mut familiar = Familiar::default();
        let gone = ["hc.instance-1._app.1", "hc.instance-2._app.1", "unknown"];
        line(&mut familiar, true, &[1, 2, 3].map(|id| text(id, 0, 1)), &[]).expect("familiar");
        line(&mut familiar, false, &[text(2, 0, 1)], &gone).expect("one that is listed all the same stays");
        assert_eq!((familiar.known.len(), familiar.by_id.len()), (2, 2));
        line(&mut familiar, true, &[text(3, 0, 1)], &[]).expect("familiar");
        assert_eq!((familiar.known.len(), familiar.by_id.len()), (1, 1));
    }

    proptest! {
        #[test]
        fn news_are_what_has_changed(
            lines in prop::collection::vec(
                (any::<bool>(), prop::collection::btree_map(0_u8..6, (0_u8..2, 0_u8..3), 0..6), any::<bool>()), 1..12),
        ) {
            let mut familiar = Familiar::default();
            let mut shown: HashMap<u8, (u8, u8)> = HashMap::new();
            for (complete, tasks, backwards) in lines {
                let mut tasks: Vec<_> = tasks.into_iter().collect();
                if backwards {
                    tasks.reverse();
                }
                let texts: Vec<_> = tasks.iter().map(|&(id, (host, second))| text(id, host, second)).collect();
                let told = line(&mut familiar, complete, &texts, &[]).expect("familiar");
                for (&(id, (host, second)), told) in tasks.iter().zip(told) {
                    let expected = match shown.get(&id) {
                        Some(&before) if before == (host, second) => News::None,
                        Some(&(before, _)) if before == host => News::Successes,
                        _ => News::All,
                    };
                    prop_assert_eq!(told, expected);
                }
                if complete {
                    shown.clear();
                }
                shown.extend(tasks);
            }
        }
    }
}

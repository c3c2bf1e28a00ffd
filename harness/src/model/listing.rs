//! The tasks of an answer or of a line of a record, taken out of its text one by one: nearly all of them are the same as
//! before, and need not be read as JSON.

use std::fmt::Write as _;

use serde_json::value::RawValue;

/// What becomes of the tasks of a text, one after the other.
pub trait Tasks {
    /// What becomes of one.
    type Made;

    /// A list begins. What was made of one before that broke off is forgotten.
    fn begin(&mut self);

    /// The task that `rest` begins with, and how many bytes of it the task takes, where that is known without reading it.
    fn foreseen(&mut self, rest: &str) -> Option<(Self::Made, usize)>;

    /// The next task.
    fn read(&mut self, task: &RawValue) -> Self::Made;
}

/// Nothing becomes of the tasks: for who needs only what is around them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unread;

impl Tasks for Unread {
    type Made = ();

    fn begin(&mut self) {}

    fn foreseen(&mut self, _: &str) -> Option<((), usize)> {
        None
    }

    fn read(&mut self, _: &RawValue) {}
}

/// Stands for all tasks in what is read of the rest.
pub(crate) const LISTED: &str = "listed";

/// A text without the elements of its list `tasks`, which holds [`LISTED`] instead, and what became of them. None where this
/// is not how the text is written.
///
/// An object deeper in the text may have a list of this name too: so the reader of the rest has to look where the mark is.
pub(crate) fn apart<T: Tasks>(text: &str, tasks: &mut T) -> Option<(String, Vec<T::Made>)> {
    const KEY: &str = r#""tasks":"#;
    // No text of JSON holds this: a quotation mark in it is escaped.
    let values = text.match_indices(KEY).map(|(at, key)| text[at + key.len()..].trim_start());
    let begins = text.len() - values.into_iter().find(|value| value.starts_with('['))?.len();
    tasks.begin();
    let (made, length) = list(&text[begins..], tasks)?;
    let (before, after) = (&text[..begins], &text[begins + length..]);
    let mut rest = String::with_capacity(before.len() + after.len() + LISTED.len() + 4);
    write!(rest, r#"{before}["{LISTED}"]{after}"#).ok()?;
    Some((rest, made))
}

/// What becomes of the elements of the list that a text begins with, and the length of the list.
fn list<T: Tasks>(text: &str, tasks: &mut T) -> Option<(Vec<T::Made>, usize)> {
    let mut made = Vec::new();
    let mut rest = text.strip_prefix('[')?.trim_start();
    if rest.starts_with(']') {
        return Some((made, text.len() - rest.len() + 1));
    }
    loop {
        let (task, taken) = match tasks.foreseen(rest) {
            Some(foreseen) => foreseen,
            None => {
                let mut values = serde_json::Deserializer::from_str(rest).into_iter::<&RawValue>();
                (tasks.read(values.next()?.ok()?), values.byte_offset())
            }
        };
        made.push(task);
        rest = rest[taken..].trim_start();
        let end = text.len() - rest.len() + 1;
        match rest.as_bytes().first()? {
            b',' => rest = rest[1..].trim_start(),
            b']' => return Some((made, end)),
            _ => return None,
        }
    }
}

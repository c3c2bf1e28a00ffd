//! Reading the record of a run back, line by line and with flat memory.

use std::{collections::VecDeque, io, marker::PhantomData, path::Path};

use serde::de::DeserializeOwned;
use serde_json::json;

use super::{
    event::{EventRecord, Remark},
    familiar::{Familiar, Noted},
    json,
    listed::News,
    sample::Sample,
};
use crate::{
    files,
    model::listing::{self, LISTED},
};

/// A line of the record.
#[derive(Clone, Debug, PartialEq)]
pub enum Line<'a> {
    /// Of `samples.jsonl`.
    Sample(&'a Sample<Noted<'a>>),
    /// Of `events.jsonl`.
    Event(EventRecord),
}

/// What reading met besides good lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scanned {
    /// Samples handed on.
    pub samples: u64,
    /// Lines of `samples.jsonl` that are no sample: the torn last line of a run that was killed or whose disk was full, or
    /// what has been changed since.
    pub torn: u64,
    /// Lines of `events.jsonl` that are no event.
    pub torn_events: u64,
}

impl Scanned {
    /// Which lines of the record could not be read, as a clause; nothing if all could.
    #[must_use]
    pub fn left_out(&self) -> Option<String> {
        let torn = [(self.torn, "samples.jsonl"), (self.torn_events, "events.jsonl")];
        let files: Vec<String> = torn
            .iter()
            .filter(|(lines, _)| *lines > 0)
            .map(|(lines, file)| format!("{} of {file}", text::count(*lines, "line")))
            .collect();
        (!files.is_empty()).then(|| format!("{} left out: not readable", files.join(" and ")))
    }
}

/// Hands every sample of `samples.jsonl` on, in order.
///
/// # Errors
/// The file cannot be opened or read. A line that is no sample is counted, not an error.
pub fn samples(path: &Path, mut each: impl FnMut(&Sample<Noted<'_>>)) -> io::Result<Scanned> {
    let mut lines = Lines::<Sample>::of(files::lines(path)?);
    let (mut read, mut scanned) = (Samples::default(), Scanned::default());
    while let Some(line) = lines.line()? {
        match read.read(line) {
            Ok(sample) => {
                scanned.samples += 1;
                each(&sample);
            }
            Err(_) => scanned.torn += 1,
        }
    }
    Ok(scanned)
}

/// Reads the lines of `samples.jsonl` in order.
#[derive(Debug, Default)]
struct Samples {
    familiar: Familiar,
    /// A line that had to be read whole: one that holds texts that have to be made visible, or a task without an id, or
    /// that is not written as the rig writes it.
    whole: Sample,
}

/// A line without its tasks, and where these are.
type Apart = (Sample<String>, Vec<(usize, News)>);

impl Samples {
    fn read(&mut self, line: &[u8]) -> serde_json::Result<Sample<Noted<'_>>> {
        if let Some((sample, placed)) = self.apart(line) {
            self.familiar.settle(sample.complete, &sample.gone);
            return Ok(sample.with_tasks(self.familiar.noted(&placed)));
        }
        self.familiar.forget();
        self.whole = object(line)?;
        Ok(self.whole.with_tasks(self.whole.tasks.iter().map(Noted::Whole).collect()))
    }

    fn apart(&mut self, line: &[u8]) -> Option<Apart> {
        let (rest, placed) = listing::apart(std::str::from_utf8(line).ok()?, &mut self.familiar)?;
        if json::may_act(rest.as_bytes()) {
            return None;
        }
        let sample: Sample<String> = serde_json::from_str(&rest).ok()?;
        let placed = placed.into_iter().collect::<Option<_>>()?;
        (sample.tasks == [LISTED]).then_some((sample, placed))
    }
}

/// Whether a line of `samples.jsonl` is a sample. A missing file has none.
///
/// # Errors
/// The file exists but cannot be read.
pub fn has_sample(path: &Path) -> io::Result<bool> {
    Ok(Lines::<Sample>::optional(path)?.next()?.is_some())
}

/// Hands every event of `events.jsonl` on, in order; lines that are no event are left out. A missing file has no events.
///
/// # Errors
/// The file exists but cannot be read.
pub fn events(path: &Path, mut each: impl FnMut(EventRecord)) -> io::Result<()> {
    let mut lines = Lines::<EventRecord>::optional(path)?;
    while let Some(event) = lines.next()? {
        each(event);
    }
    Ok(())
}

/// Hands the lines of both files on in the order in which they came about; a missing file has none. In records of before
/// steps were written down, the beginning of a step is put in where the samples show it.
///
/// # Errors
/// A file exists but cannot be read.
pub fn record(samples: &Path, events: &Path, mut each: impl FnMut(Line<'_>)) -> io::Result<Scanned> {
    let (mut samples, mut read) = (Lines::<Sample>::optional(samples)?, Samples::default());
    let mut events = Merge { events: Lines::optional(events)?, next: None, aside: VecDeque::new(), has_steps: false };
    let mut scanned = Scanned::default();
    let mut before: Option<(usize, u32, f64)> = None;
    while let Some(line) = samples.line()? {
        let Ok(sample) = read.read(line) else {
            scanned.torn += 1;
            continue;
        };
        // What the sample before was the last of must be known before the events after it.
        if events.begins_unwritten_step(&sample, before)? {
            let asked_at = before.map_or(sample.t, |(.., t)| t);
            let fields = json!({"step": sample.step, "target": sample.target});
            each(Line::Event(EventRecord::remark(sample.at.clone(), asked_at, Remark::Step.as_str(), fields)));
        }
        before = Some((sample.step, sample.target, sample.t));
        events.until(sample.t, &mut each)?;
        scanned.samples += 1;
        each(Line::Sample(&sample));
    }
    events.until(f64::INFINITY, &mut each)?;
    Ok(Scanned { torn_events: events.events.torn, ..scanned })
}

/// Events on their way to be merged with samples.
struct Merge {
    events: Lines<EventRecord>,
    next: Option<EventRecord>,
    /// Written by others than the driver, whose clock began a little earlier or later: they must not hold up its lines.
    aside: VecDeque<EventRecord>,
    /// The record says itself when steps begin.
    has_steps: bool,
}

impl Merge {
    fn begins_unwritten_step(
        &mut self,
        sample: &Sample<Noted<'_>>,
        before: Option<(usize, u32, f64)>,
    ) -> io::Result<bool> {
        self.peek()?;
        let same = before.is_some_and(|(step, target, _)| (step, target) == (sample.step, sample.target));
        Ok(!self.has_steps && !same)
    }

    /// Fills `next` with the driver's next line, and puts those of others aside.
    fn peek(&mut self) -> io::Result<()> {
        while self.next.is_none() {
            match self.events.next()? {
                None => break,
                Some(event) if event.is_aside() => self.aside.push_back(event),
                Some(event) => {
                    self.has_steps |= Remark::parse(event.kind()) == Some(Remark::Step);
                    self.next = Some(event);
                }
            }
        }
        Ok(())
    }

    /// Hands on what came about at `t` or before. Of one moment events come first: the driver takes care of that.
    fn until(&mut self, t: f64, each: &mut impl FnMut(Line<'_>)) -> io::Result<()> {
        loop {
            self.peek()?;
            match self.next.take_if(|event| event.t <= t) {
                Some(event) => each(Line::Event(event)),
                None => break,
            }
        }
        while self.aside.front().is_some_and(|event| event.t <= t) {
            self.aside.pop_front().into_iter().for_each(|event| each(Line::Event(event)));
        }
        Ok(())
    }
}

/// A line of a record is an object. Of a list, the fields of a sample would be read by their order.
fn object<T: DeserializeOwned>(line: &[u8]) -> serde_json::Result<T> {
    match line.trim_ascii_start().first() {
        Some(b'{') => json::read(line),
        Some(_) | None => Err(serde::de::Error::custom("it is no object")),
    }
}

/// The lines of one file.
struct Lines<T> {
    lines: Option<files::Lines>,
    /// Lines that [`Self::next`] left out.
    torn: u64,
    of: PhantomData<T>,
}

impl<T: DeserializeOwned> Lines<T> {
    fn of(lines: files::Lines) -> Self {
        Self { lines: Some(lines), torn: 0, of: PhantomData }
    }

    fn optional(path: &Path) -> io::Result<Self> {
        match files::lines(path) {
            Ok(lines) => Ok(Self::of(lines)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self { lines: None, torn: 0, of: PhantomData }),
            Err(error) => Err(error),
        }
    }

    /// The next line that is not empty.
    fn line(&mut self) -> io::Result<Option<&[u8]>> {
        self.lines.as_mut().map_or(Ok(None), files::Lines::next_filled)
    }

    /// The next line that can be read.
    fn next(&mut self) -> io::Result<Option<T>> {
        while let Some(line) = self.line()? {
            if let Ok(read) = object(line) {
                return Ok(Some(read));
            }
            self.torn += 1;
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Task as _;

    #[test]
    fn a_torn_last_line_costs_only_itself() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("samples.jsonl");
        std::fs::write(
            &path,
            "{\"v\": 1, \"request\": 1, \"counts\": {\"healthy\": 2}, \"new\": 0}\n\n{\"v\": 1, \"req",
        )
        .unwrap();
        let mut seen = Vec::new();
        let scanned = samples(&path, |sample| seen.push((sample.request, sample.counts))).unwrap();
        assert_eq!(scanned, Scanned { samples: 1, torn: 1, torn_events: 0 });
        assert_eq!((seen[0].0, seen[0].1.healthy, seen[0].1.total()), (1, 2, 2));
    }

    #[test]
    fn torn_lines_of_both_files_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        let [samples, events] = ["samples.jsonl", "events.jsonl"].map(|name| folder.path().join(name));
        std::fs::write(&samples, "[]\n{\"t\": 1}\n[[\n").unwrap();
        std::fs::write(&events, "no\n{\"at\": \"\", \"t\": 0.5, \"event\": {}}\n\n{\"at").unwrap();
        let mut lines = 0;
        let scanned = record(&samples, &events, |_| lines += 1).unwrap();
        assert_eq!(scanned, Scanned { samples: 1, torn: 2, torn_events: 2 });
        let both = "2 lines of samples.jsonl and 2 lines of events.jsonl left out: not readable";
        assert_eq!(scanned.left_out().as_deref(), Some(both));
        let one = Scanned { torn: 1, ..Scanned::default() }.left_out();
        assert_eq!(one.as_deref(), Some("1 line of samples.jsonl left out: not readable"));
        assert_eq!(Scanned::default().left_out(), None);
        assert!(has_sample(&samples).unwrap());
        std::fs::write(&samples, "[]\n{\"v\": -1}\n").unwrap();
        assert!(!has_sample(&samples).unwrap() && !has_sample(&folder.path().join("none")).unwrap());
    }

    #[test]
    fn a_line_is_read_task_by_task_or_whole_to_the_same_effect() {
        let plain = r#"{"t": 1.5, "tasks": [{"id": "a", "host": "h", "ports": [1]}], "gone": ["b"]}"#;
        let host = |line: &str| Samples::default().read(line.as_bytes()).unwrap().tasks[0].listed().host.to_string();
        let acting = plain.replace("\"h\"", "\"h\\u0007\"");
        assert_eq!((host(plain), host(&acting)), ("h".to_owned(), "h\\u0007".to_owned()));
        let is_whole = |line: &str| {
            let mut samples = Samples::default();
            let sample = samples.read(line.as_bytes()).unwrap();
            assert_eq!((sample.t, &sample.gone[..1]), (1.5, &["b".to_owned()][..]), "{line}");
            matches!(sample.tasks[0], Noted::Whole(_))
        };
        assert!(!is_whole(plain) && is_whole(&acting));
        for odd in [
            plain.replace("\"id\": \"a\"", "\"id\": 3"),
            plain.replace("\"a\"", "\"a\\\"\""),
            plain.replace("[1]}", "[1]}, {\"id\": \"a\"}"),
            plain.replace("[{", "[[], {"),
            plain.replace("\"t\"", "\"x\": {\"tasks\": []}, \"t\""),
            plain.replace("\"b\"", "\"b\", \"\\n\""),
        ] {
            assert!(is_whole(&odd), "{odd}");
        }
        let mut samples = Samples::default();
        let odd = plain.replace("\"id\": \"a\"", "\"id\": 3");
        assert_eq!(samples.read(odd.as_bytes()).unwrap().tasks[0].listed().id(), r#"{"id":3,"host":"h","ports":[1]}"#);
    }

    #[test]
    fn lines_come_in_the_order_in_which_they_came_about() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let sample = |t: f64, target: u32| format!("{{\"t\": {t}, \"target\": {target}}}\n");
        let event = |t: f64, kind: &str| format!("{{\"t\": {t}, \"event\": {{\"eventType\": \"{kind}\"}}}}\n");
        std::fs::write(at("s"), [sample(1.0, 5), sample(3.0, 5), sample(5.0, 2)].concat()).unwrap();
        let events = [event(4.5, "hc_rig_executor"), event(2.0, "a"), event(4.2, "b"), event(6.0, "c")].concat();
        std::fs::write(at("e"), events).unwrap();
        let mut order = Vec::new();
        let mut take = |line: Line| match line {
            Line::Sample(sample) => order.push(format!("sample {}", sample.t)),
            Line::Event(event) => order.push(format!("{} {}", event.kind(), event.t)),
        };
        record(&at("s"), &at("e"), &mut take).unwrap();
        let first = ["hc_rig_step 1", "sample 1", "a 2", "sample 3"];
        assert_eq!(order[..4], first);
        assert_eq!(order[4..], ["hc_rig_step 3", "b 4.2", "hc_rig_executor 4.5", "sample 5", "c 6"]);
        let all = std::fs::read_to_string(at("e")).unwrap();
        std::fs::write(at("e"), event(1.0, Remark::Step.as_str()) + &all).unwrap();
        let mut steps = 0;
        record(&at("s"), &at("e"), |line| {
            steps +=
                u32::from(matches!(&line, Line::Event(event) if Remark::parse(event.kind()) == Some(Remark::Step)));
        })
        .unwrap();
        assert_eq!(steps, 1, "only those that are written");
    }
}

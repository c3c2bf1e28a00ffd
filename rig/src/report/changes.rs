//! What changed during a run, and when: the few moments that explain its verdict, whatever its size.

use std::fmt::Write as _;

use harness::record::{Degradation, TaskLife, Weakness};
use text::count;

use crate::{
    chart::style::escape,
    folder::{
        Run,
        course::Point,
        incident::Incident,
        summary::{Step, Summary},
    },
    report::measured::Member,
    verdict::{EndReason, Tone, Verdict},
    why::facts::Cause,
};

/// From this many steps on only the first and the last of those that were reached are named.
const STEPS: usize = 6;
/// So many moments of one kind are shown at once on a page over several runs; of more only the first.
const SHOWN: usize = 4;
/// So many are on that page at all; each run's own page has its own.
const MOST: usize = 200;

/// One moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Seconds on the samples' clock.
    pub t: f64,
    /// As it should be, or not.
    pub tone: Tone,
    /// What happened, in one sentence without its end.
    pub what: String,
    /// Whether the verdict follows from it.
    pub decides: bool,
}

impl Change {
    fn new(t: f64, tone: Tone, what: impl Into<String>) -> Self {
        Self { t, tone, what: what.into(), decides: false }
    }

    fn deciding(self, decides: bool) -> Self {
        Self { decides, ..self }
    }
}

/// The moments of a run, in order of time.
pub fn changes(run: &Run) -> Vec<Change> {
    let mut all = Vec::new();
    if run.manifest.is_watch() {
        all.extend(run.course.first().map(|first| began(run, first)));
    } else {
        steps(&mut all, run);
    }
    thresholds(&mut all, &run.summary);
    tasks(&mut all, run);
    all.extend(run.summary.degraded.iter().map(|one| degraded(one, run.summary.verdict)));
    all.extend(run.summary.incidents.iter().map(incident));
    limit(&mut all, run);
    // Stable: of moments at one time the cause comes before its effect, as above.
    all.sort_by(|a, b| a.t.total_cmp(&b.t));
    all.extend(end(run, all.iter().any(|change| change.decides)));
    all
}

fn began(run: &Run, first: &Point) -> Change {
    let counts = first.counts;
    let (well, word) = run.well_of(&counts);
    let tone = if counts.unhealthy == 0 { Tone::Neutral } else { Tone::Bad };
    let bad = if counts.unhealthy == 0 { String::new() } else { format!(", {} unhealthy", counts.unhealthy) };
    Change::new(first.t, tone, format!("the watch began: {well} of {} {word}{bad}", first.target))
}

/// When targets were reached, and which one was not. A search fails on purpose, again and again.
fn steps(all: &mut Vec<Change>, run: &Run) {
    let (steps, word) = (&run.summary.steps, run.well().1);
    let searched = run.summary.limit.is_some();
    let until = run.course.last().map_or(0.0, |point| point.t);
    let last = steps.len().saturating_sub(1);
    let mut missed = false;
    for (index, step) in steps.iter().enumerate() {
        let target = count(step.target, "task");
        match step.reached_after {
            Some(after) if steps.len() <= STEPS || index == 0 || index == last => {
                all.push(Change::new(step.asked_at + after, Tone::Good, format!("all of {target} {word}")));
            }
            Some(_) => {}
            None if searched => {}
            // Of many that were not reached the first and the last say enough.
            None if std::mem::replace(&mut missed, true) && steps.len() > STEPS && index != last => {}
            None => {
                let ended = steps.get(index + 1).map_or(until, |next| next.asked_at);
                let what = step.why.clone().unwrap_or_else(|| format!("{target} not reached"));
                let decides = run.summary.reason == Some(EndReason::NotReached);
                let tone = if run.summary.verdict == Verdict::Stopped { Tone::Neutral } else { Tone::Bad };
                all.push(Change::new(ended, tone, what).deciding(decides));
            }
        }
    }
}

fn thresholds(all: &mut Vec<Change>, summary: &Summary) {
    let judged = summary.measures.iter().flat_map(|measures| &measures.thresholds);
    for crossing in judged.filter_map(|judgement| judgement.crossed.as_ref()) {
        let what = format!("threshold {} crossed: {}", crossing.threshold, crossing.found);
        let decides = summary.reason == Some(EndReason::Crossed);
        all.push(Change::new(crossing.at, Tone::Bad, what).deciding(decides));
    }
}

/// The first task in trouble of each kind, the worst moment, and whether all got well.
fn tasks(all: &mut Vec<Change>, run: &Run) {
    let first = |of: fn(&TaskLife) -> Option<f64>| {
        let troubled = run.lives.all().filter_map(|life| Some((of(life)?, life)));
        troubled.min_by(|a, b| a.0.total_cmp(&b.0))
    };
    if let Some((t, life)) = first(|life| life.check_failure.as_ref().map(|failure| failure.t)) {
        let cause = life.check_failure.as_ref().map_or("", |failure| failure.cause.as_str());
        let cause = if cause.is_empty() { String::new() } else { format!(": {}", Cause::of(cause).words()) };
        all.push(Change::new(t, Tone::Bad, format!("first unhealthy task, {}{cause}", life.id)));
    }
    if let Some((t, life)) = first(|life| life.killed) {
        all.push(Change::new(t, Tone::Bad, format!("first task killed by a health check, {}", life.id)));
    }
    if let Some((t, life)) = first(|life| life.end.as_ref().filter(|_| life.killed.is_none()).map(|end| end.t)) {
        let state = life.end.as_ref().map_or("", |end| end.state.as_str());
        all.push(Change::new(t, Tone::Bad, format!("first task that ended otherwise, {}: {state}", life.id)));
    }
    let in_grace = run.course.iter().find(|point| point.counts.unhealthy_in_grace > 0);
    all.extend(in_grace.map(|point| {
        let tasks = count(point.counts.unhealthy_in_grace, "task");
        Change::new(point.t, Tone::Neutral, format!("{tasks} failing within the grace period: not counted yet"))
    }));
    let unreachable = run.course.iter().find(|point| point.counts.unreachable > 0);
    all.extend(unreachable.map(|point| {
        let tasks = count(point.counts.unreachable, "task");
        Change::new(point.t, Tone::Bad, format!("{tasks} unreachable: their agent was lost"))
    }));
    worst(all, &run.course);
}

fn worst(all: &mut Vec<Change>, course: &[Point]) {
    let unhealthy = |point: &&Point| point.counts.unhealthy;
    // The first of the worst.
    let Some(worst) = course.iter().rev().max_by_key(unhealthy).filter(|point| point.counts.unhealthy > 0) else {
        return;
    };
    if worst.counts.unhealthy > 1 {
        let most = format!("most unhealthy at once: {} of {}", worst.counts.unhealthy, worst.target);
        all.push(Change::new(worst.t, Tone::Bad, most));
    }
    let well = course.iter().rev().take_while(|point| point.counts.unhealthy == 0).last();
    all.extend(well.map(|point| Change::new(point.t, Tone::Good, "no task unhealthy any more")));
}

fn degraded(one: &Degradation, verdict: Verdict) -> Change {
    let what = match one.weakness {
        Weakness::StaleResults | Weakness::EventsLost | Weakness::PollsMissed => one.to_string(),
    };
    Change::new(one.from, Tone::Warning, what).deciding(verdict == Verdict::Degraded)
}

fn incident(incident: &Incident) -> Change {
    let Incident { what, count, first, last, .. } = incident;
    let often = if *count > 1 { format!(", {count} times until {last:.1} s") } else { String::new() };
    Change::new(*first, Tone::Warning, format!("survived: {what}{often}"))
}

fn limit(all: &mut Vec<Change>, run: &Run) {
    let Some(limit) = &run.summary.limit else { return };
    let broke = run.summary.steps.iter().enumerate().find(|(_, step)| step.reached_after.is_none());
    if let Some((index, step)) = broke {
        all.push(Change::new(ended(run, index), Tone::Warning, broke_at(step)));
    }
    let until = run.course.last().map_or(0.0, |point| point.t);
    let found = match limit.breaks {
        Some(breaks) => format!("limit found: {} stay healthy, {breaks} do not", count(limit.holds, "task")),
        None => format!("no limit up to {}", count(limit.holds, "task")),
    };
    all.push(Change::new(until, Tone::Good, found).deciding(run.summary.verdict == Verdict::Limit));
}

fn broke_at(step: &Step) -> String {
    let why = step.why.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
    format!("the first number of tasks that did not stay healthy, {}{why}", step.target)
}

/// When a step ended: at the next one, or with the run.
fn ended(run: &Run, index: usize) -> f64 {
    let last = || run.course.last().map_or(0.0, |point| point.t);
    run.summary.steps.get(index + 1).map_or_else(last, |next| next.asked_at)
}

/// How a run ended that came to no end of its own, or whose verdict nothing above explains.
fn end(run: &Run, explained: bool) -> Option<Change> {
    let why = run.summary.why.as_str();
    let (tone, what) = match run.summary.verdict {
        Verdict::Stopped => (Tone::Neutral, "stopped by the user"),
        Verdict::Error => (Tone::Bad, why),
        Verdict::Degraded | Verdict::Failed if !explained && !why.is_empty() => (run.summary.verdict.row().tone, why),
        Verdict::Passed | Verdict::Degraded | Verdict::Failed | Verdict::Limit => return None,
    };
    run.course.last().map(|point| Change::new(point.t, tone, what).deciding(true))
}

/// The moments of one run as a list with the time of day and the request that showed each.
pub fn list(run: &Run) -> String {
    let changes = changes(run);
    if changes.is_empty() {
        return String::new();
    }
    let lines: String = changes.iter().map(|change| line(run, change, "")).collect();
    format!("<ol class=\"changes\">{lines}</ol>")
}

/// Of several runs the moments that their verdicts follow from: of many of one kind the first, the others on demand.
pub fn list_of(members: &[Member<'_>]) -> String {
    let mut kinds: Vec<(&'static str, Vec<(f64, String)>)> = Vec::new();
    for Member { name, folder, run } in members {
        let link = format!("<a href=\"{}/report.html\">{}</a>: ", escape(folder), escape(name));
        let Summary { verdict, reason, .. } = run.summary;
        let kind = reason.map_or(verdict.word(), EndReason::words);
        let deciding = changes(run).into_iter().filter(|change| change.decides && change.tone != Tone::Good);
        let lines = deciding.map(|change| (change.t, line(run, &change, &link)));
        match kinds.iter_mut().find(|(other, _)| *other == kind) {
            Some((_, all)) => all.extend(lines),
            None => kinds.push((kind, lines.collect())),
        }
    }
    kinds.iter_mut().map(|(kind, lines)| of_kind(kind, lines)).collect()
}

fn of_kind(kind: &str, lines: &mut [(f64, String)]) -> String {
    lines.sort_by(|a, b| a.0.total_cmp(&b.0));
    let list = |lines: &[(f64, String)]| {
        let items: String = lines.iter().map(|(_, line)| line.as_str()).collect();
        format!("<ol class=\"changes\">{items}</ol>")
    };
    if lines.is_empty() {
        return String::new();
    }
    let (shown, rest) = lines.split_at(if lines.len() <= SHOWN { lines.len() } else { 1 });
    let mut html = list(shown);
    if !rest.is_empty() {
        let more = list(&rest[..rest.len().min(MOST)]);
        let _ = write!(html, "<details><summary>{} more: {kind}</summary>{more}</details>", rest.len());
    }
    html
}

fn line(run: &Run, change: &Change, whose: &str) -> String {
    // The first sample that can show it.
    let shows = run.course.partition_point(|point| point.t < change.t);
    let point = run.course.get(shows).or(run.course.last());
    let time = point.and_then(|point| point.at.get(11..19)).unwrap_or_default();
    let request = point.map(|point| format!("request {}", point.request)).unwrap_or_default();
    let class = change.tone.class();
    let what = escape(&change.what);
    let what = if change.decides { format!("<strong>{what}</strong>") } else { what };
    format!(
        "<li class=\"{class}\"><b>{:.1} s</b><span>{} <br>{request}</span><p>{whose}{what}</p></li>",
        change.t,
        escape(time)
    )
}

//! What is drawn over time below the bars: checks asked and seen, age of the results, Marathon's answer times, flips and
//! ends; and how long the tasks took to become healthy.
//!
//! Each is a small picture on the axis of the bars. The lines lie in an inner `svg` with a view box of its own, so that
//! zooming is a change of that box.

use std::fmt::Write as _;

use serde_json::Value;
use text::decimal;

use crate::{
    chart::{
        Series,
        panel::plot_begins,
        style::{Theme, escape},
    },
    folder::{
        Run,
        course::Point,
        evidence::Machine,
        manifest::{CheckProtocol, Manifest},
    },
};

/// Height of one picture's plot.
const HEIGHT: f64 = 96.0;
/// Height of one picture.
const OUTER: f64 = 132.0;

/// What is asked of the checkers, from the definition.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Asked {
    /// Checks per task and second.
    pub rate: f64,
    /// As many new results as polls can show at most, per task and second.
    pub visible: f64,
    /// A check is native, which reports changes only.
    pub hidden: bool,
}

impl Asked {
    /// Of all the checks of the definition.
    pub fn of(manifest: &Manifest) -> Self {
        let checks = manifest.definition.get("healthChecks").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let mut asked = Self::default();
        for check in checks {
            // Marathon's defaults.
            let interval = check.get("intervalSeconds").and_then(Value::as_f64).unwrap_or(60.0).max(1.0);
            asked.rate += 1.0 / interval;
            asked.visible += 1.0 / interval.max(manifest.plan.poll_seconds);
            asked.hidden |= CheckProtocol::of(Some(check)).is_native();
        }
        asked
    }

    /// New results a second at this point.
    pub fn done(point: &Point) -> Option<f64> {
        (point.since > 0.0).then(|| point.fresh as f64 / point.since)
    }
}

/// One line of a picture.
struct Line<'a> {
    class: &'a str,
    name: String,
    values: Vec<Option<f64>>,
}

impl<'a> Line<'a> {
    fn new(class: &'a str, name: impl Into<String>, points: &[Point], value: impl Fn(&Point) -> Option<f64>) -> Self {
        Self { class, name: name.into(), values: points.iter().map(value).collect() }
    }
}

/// Where the plot of the bars lies, of which these pictures share the axis.
#[derive(Clone, Copy, Debug)]
struct Place {
    width: f64,
    left: f64,
    right: f64,
}

impl Place {
    fn of(series: &Series, width: f64) -> Self {
        let margin = Theme::Inherit.margin();
        Self { width, left: margin + plot_begins(series), right: width - margin }
    }
}

/// All pictures of a run below its bars, and in words what cannot be drawn.
pub fn trends(run: &Run, series: &Series) -> String {
    let points = &run.course;
    if points.len() < 2 {
        return String::new();
    }
    let asked = Asked::of(&run.manifest);
    let mut html = String::new();
    checks(&mut html, series, points, &asked, run.manifest.plan.poll_seconds);
    let ages = if asked.hidden { "Age of the last change" } else { "Age of the last check result" };
    let age = |pick: fn(&harness::record::Ages) -> f64| move |point: &Point| point.age.as_ref().map(pick);
    let hidden =
        if asked.hidden { "native checks report changes only: how old the last check is cannot be known" } else { "" };
    picture(
        &mut html,
        series,
        ages,
        "s",
        hidden,
        &[
            Line::new("t-max", "oldest", points, age(|age| age.max)),
            Line::new("t-p99", "99 %", points, age(|age| age.p99)),
            Line::new("t-p50", "median", points, age(|age| age.p50)),
        ],
    );
    let machine = run.evidence.busy(0.0..=f64::INFINITY).map(Machine::words).unwrap_or_default();
    picture(
        &mut html,
        series,
        "Marathon's answer to a poll",
        "ms",
        &machine,
        &[
            Line::new("t-p50", "answer time", points, |point| Some(point.took * 1e3)),
            Line::new("t-late", "poll began late by", points, |point| Some(point.late * 1e3)),
        ],
    );
    if points.iter().all(|point| point.flips == 0 && point.ended == 0) {
        html.push_str(
            "<p class=\"soft\"><b>Flips and deaths.</b> None: no task changed its health, and none died.</p>",
        );
        return html;
    }
    picture(
        &mut html,
        series,
        "Flips and deaths",
        "",
        "since the sample before",
        &[
            Line::new("t-flips", "flips", points, |point| Some(point.flips as f64)),
            Line::new("t-ended", "tasks that died", points, |point| Some(point.ended as f64)),
            Line::new("t-killed", "of these by a health check", points, |point| Some(point.killed as f64)),
        ],
    );
    html
}

fn checks(html: &mut String, series: &Series, points: &[Point], asked: &Asked, poll: f64) {
    if asked.rate == 0.0 {
        return;
    }
    let most = points.iter().map(Point::checked).max().unwrap_or(0) as f64 * asked.rate;
    let wanted = format!("at most {} checks a second were asked for", number(most));
    if asked.hidden {
        let _ = write!(
            html,
            "<p class=\"soft\"><b>Checks per second.</b> {wanted}; how many were done cannot be known: native checks run \
             on the agents and report changes only.</p>"
        );
        return;
    }
    let note = if asked.visible < asked.rate {
        format!(
            "{wanted}; a poll every {} s shows one new result a task and check at most, so less can be seen",
            decimal(poll, 2)
        )
    } else {
        wanted
    };
    picture(
        html,
        series,
        "Check results per second",
        "",
        &note,
        &[
            Line::new("t-asked", "expected to be seen", points, |point| Some(point.checked() as f64 * asked.visible)),
            Line::new("t-p50", "seen", points, Asked::done),
        ],
    );
}

/// One picture, wide and narrow. Left out when there is nothing to draw.
fn picture(html: &mut String, series: &Series, title: &str, unit: &str, note: &str, lines: &[Line<'_>]) {
    let all = || lines.iter().flat_map(|line| line.values.iter().flatten().copied());
    if all().next().is_none() {
        return;
    }
    let top = round_up(all().fold(0.0, f64::max));
    let measured = if unit.is_empty() { title.to_owned() } else { format!("{title}, {unit}") };
    let _ = write!(html, "<div class=\"trend\"><h3>{}</h3><p class=\"keys\">", escape(&measured));
    for line in lines {
        let largest = line.values.iter().flatten().copied().fold(0.0, f64::max);
        let unit = if unit.is_empty() { String::new() } else { format!(" {unit}") };
        let _ = write!(
            html,
            "<span><i class=\"{}\"></i>{}, at most {}{unit}</span>",
            line.class,
            line.name,
            number(largest)
        );
    }
    html.push_str("</p>");
    for (class, width) in [("wide", 1080.0), ("narrow", 400.0)] {
        let _ = write!(html, "<div class=\"{class}\">{}</div>", drawing(title, top, Place::of(series, width), lines));
    }
    if !note.is_empty() {
        let _ = write!(html, "<p class=\"soft\">{}</p>", escape(note));
    }
    html.push_str("</div>\n");
}

fn drawing(title: &str, top: f64, place: Place, lines: &[Line<'_>]) -> String {
    let Place { width, left, right } = place;
    let plot = right - left;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"hc-chart\" viewBox=\"0 0 {width:.0} {OUTER:.0}\" role=\"img\">\
         <title>{}</title>",
        escape(title)
    );
    for (part, label) in [(0.0, "0".to_owned()), (0.5, decimal(top / 2.0, 2)), (1.0, decimal(top, 2))] {
        let y = 12.0 + HEIGHT * (1.0 - part);
        let class = if part == 0.0 { "hc-axis" } else { "hc-grid" };
        let _ = write!(
            svg,
            "<path class=\"{class}\" d=\"M{left:.1} {y:.1}h{plot:.1}\"/><text class=\"hc-tick hc-end\" x=\"{:.1}\" \
             y=\"{:.1}\">{}</text>",
            left - 8.0,
            y + 4.0,
            escape(&label)
        );
    }
    let samples = lines.first().map_or(0, |line| line.values.len());
    let _ = write!(
        svg,
        "<g class=\"hc-plot\" data-panel=\"0\" data-every data-x=\"{left:.1}\" data-y=\"12\" data-w=\"{plot:.1}\" data-h=\"{HEIGHT:.0}\">\
         <svg class=\"hc-zoom\" x=\"{left:.1}\" y=\"12\" width=\"{plot:.1}\" height=\"{HEIGHT:.0}\" viewBox=\"0 0 {samples} {HEIGHT:.0}\" \
         preserveAspectRatio=\"none\">"
    );
    for line in lines {
        let _ = write!(svg, "<path class=\"hc-line {}\" d=\"{}\"/>", line.class, path(&line.values, top));
    }
    svg.push_str("</svg></g></svg>");
    svg
}

/// A line through the middles of the samples' slots, interrupted where there is no value.
fn path(values: &[Option<f64>], top: f64) -> String {
    let mut path = String::new();
    let mut drawn = None;
    for (index, value) in values.iter().enumerate() {
        let Some(value) = value else {
            drawn = None;
            continue;
        };
        let y = format!("{:.1}", HEIGHT * (1.0 - value / top));
        let next = values.get(index + 1).copied().flatten();
        // Of a level stretch its ends are enough.
        if drawn.as_ref() == Some(&y) && next == Some(*value) {
            continue;
        }
        let _ = write!(path, "{}{index}.5 {y}", if drawn.is_some() { "L" } else { "M" });
        drawn = Some(y);
    }
    path
}

/// With as many digits as say something.
fn number(value: f64) -> String {
    if value >= 10.0 { format!("{value:.0}") } else { decimal(value, 2) }
}

/// The next number that is 1, 2 or 5 times a power of ten, so that half of it is short too.
fn round_up(value: f64) -> f64 {
    if value <= 0.0 {
        return 1.0;
    }
    let power = 10f64.powf(value.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * power).find(|top| *top >= value).unwrap_or(10.0 * power)
}

/// How long the tasks took from staging to their first good result: a bar per range.
pub fn distribution(run: &Run) -> String {
    let mut waits: Vec<f64> = run.lives.all().filter_map(|story| story.seconds_to_healthy).collect();
    if waits.is_empty() {
        return String::new();
    }
    waits.sort_by(f64::total_cmp);
    let last = waits.last().copied().unwrap_or(0.0);
    let width = round_up(last.max(0.1) / 16.0);
    let mut bins = vec![0usize; (last / width).floor() as usize + 1];
    for wait in &waits {
        if let Some(bin) = bins.get_mut((wait / width).floor() as usize) {
            *bin += 1;
        }
    }
    let most = bins.iter().copied().max().unwrap_or(1).max(1);
    let mut html = String::from("<div class=\"bins\">");
    // Nobody is that fast: an empty beginning says nothing.
    for (index, count) in bins.iter().enumerate().skip_while(|(_, count)| **count == 0) {
        let from = index as f64 * width;
        let _ = write!(
            html,
            "<div><span>{} to {} s</span><i style=\"width:{:.1}%\"></i><b>{count}</b></div>",
            decimal(from, 2),
            decimal(from + width, 2),
            *count as f64 / most as f64 * 100.0
        );
    }
    html.push_str("</div>");
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_round() {
        assert_eq!([0.0, 0.7, 1.0, 12.0, 51.0].map(round_up), [1.0, 1.0, 1.0, 20.0, 100.0]);
    }

    #[test]
    fn a_line_is_interrupted_where_nothing_was_measured() {
        let path = path(&[Some(0.0), Some(0.0), Some(0.0), None, Some(1.0)], 1.0);
        assert_eq!(path, "M0.5 96.0L2.5 96.0M4.5 0.0");
    }
}

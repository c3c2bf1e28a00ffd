//! The procedure's chart: X request number, Y number of tasks, stacked bars by state.
//!
//! Drawn as SVG by hand rather than through a plotting library, because the same drawing must be a stand-alone file with
//! its own font and colours, a part of the report that follows the page's theme and shows numbers under the pointer,
//! and stay small and fast with thousands of samples (one path a state, not one element a bar).

pub mod axis;
pub mod curves;
pub mod panel;
pub mod png;
pub mod states;
pub mod style;

use std::fmt::Write as _;

use harness::{model::TaskState, record::Counts};
use text::{count, decimal};

use crate::{
    chart::{
        panel::{Frame, draw},
        style::{Theme, escape},
    },
    folder::{
        course::Point,
        manifest::{ClusterKind, Manifest},
    },
};

/// One bar: what a sample counted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bar {
    /// Request number.
    pub request: u64,
    /// Seconds on the samples' clock.
    pub t: f64,
    /// Second of the day, in UTC, at which the answer arrived; none where the sample does not say.
    pub second_of_day: Option<u32>,
    /// Instances asked for.
    pub target: u64,
    /// Tasks by state.
    pub counts: Counts,
    /// Age in seconds of the oldest last check result, where it was measured.
    pub age: Option<f64>,
}

impl From<&Point> for Bar {
    fn from(point: &Point) -> Self {
        Self {
            request: point.request,
            t: point.t,
            second_of_day: second_of_day(&point.at),
            target: point.target,
            counts: point.counts,
            age: point.age.map(|age| age.max),
        }
    }
}

/// The second of the day of an ISO 8601 time.
fn second_of_day(at: &str) -> Option<u32> {
    let mut parts = at.get(11..19)?.split(':').map(|part| part.parse::<u32>().ok());
    match [parts.next()??, parts.next()??, parts.next()??] {
        [hours @ 0..24, minutes @ 0..60, seconds @ 0..=60] => Some(hours * 3600 + minutes * 60 + seconds),
        _ => None,
    }
}

/// `17:00:02`.
pub fn time_of_day(second: u32) -> String {
    format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
}

/// What one panel shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// The line in bold: pair and verdict.
    pub title: String,
    /// The line below: check, agents, timeout.
    pub facts: String,
    /// What a request is, for the X axis.
    pub poll: String,
    /// The bars.
    pub bars: Vec<Bar>,
}

impl Series {
    /// The chart of one run: title with check, containerizer, agents, timeout.
    pub fn of(manifest: &Manifest, course: &[Point]) -> Self {
        let mut bars: Vec<Bar> = course.iter().map(Bar::from).collect();
        let check = manifest.check();
        if check.is_native() {
            // Native checks report changes only: their age says nothing about when the last check was.
            bars.iter_mut().for_each(|bar| bar.age = None);
        }
        let mut facts = Vec::new();
        if let Some(agents) = manifest.cluster.agents {
            facts.push(count(agents, "agent"));
        }
        if check.has_check() {
            facts.push(format!("check every {} s", check.interval));
            facts.push(format!("timeout {} s", check.timeout));
            facts.push(format!("grace {} s", check.grace));
            facts.push(format!("{} failures", check.failures));
        }
        if manifest.cluster.kind == ClusterKind::Embedded {
            let tasks = manifest.cluster.tasks.as_deref().unwrap_or("simulated");
            let offers = if manifest.cluster.prompt_offers { ", prompt offers" } else { "" };
            facts.push(format!("fake Marathon, {tasks} tasks{offers}"));
        }
        Self {
            title: format!("{} containerizer, {} check", manifest.containerizer(), check.protocol),
            facts: facts.join(" · "),
            poll: format!("request number (one every {} s) and time (UTC)", decimal(manifest.plan.poll_seconds, 2)),
            bars,
        }
    }
}

/// One run as one picture of this size.
pub fn single(series: &Series, width: f64, height: f64, theme: Theme) -> String {
    let mut svg = open(width, height, theme, &series.title);
    let mut y = 34.0;
    let x = theme.margin();
    if theme == Theme::Standalone {
        text(&mut svg, "hc-title", x, y, &series.title);
        y += 22.0;
        text(&mut svg, "hc-facts", x, y, &series.facts);
        y += 28.0;
    } else {
        y = 16.0;
    }
    y = legend(&mut svg, x, y, width - 2.0 * x, std::slice::from_ref(series));
    let frame = Frame {
        x,
        y: y + 14.0,
        width: width - 2.0 * x,
        height: height - y - 26.0,
        index: 0,
        axis_title: true,
        reach: 0,
        strip: false,
    };
    draw(&mut svg, series, &frame);
    svg.push_str("</svg>\n");
    svg
}

/// How several runs are drawn together.
#[derive(Clone, Copy, Debug)]
pub struct Grid<'a> {
    /// The title of a chart that stands alone.
    pub title: &'a str,
    /// The line below it.
    pub facts: &'a str,
    /// Pictures side by side, at most.
    pub columns: usize,
    /// Width of the whole.
    pub width: f64,
    /// One scale of Y for all, so that they compare; else each has its own.
    pub one_scale: bool,
    /// Who gives colours and fonts.
    pub theme: Theme,
}

/// Several runs as small pictures side by side, with one legend over all.
pub fn grid(all: &[Series], of: &Grid<'_>) -> String {
    let Grid { title, facts, width, theme, .. } = *of;
    let columns = of.columns.clamp(1, all.len().max(1));
    let rows = all.len().div_ceil(columns);
    let (gap, margin, row_height) = (22.0, theme.margin(), 304.0);
    let head = if theme == Theme::Standalone { 84.0 } else { 16.0 };
    let mut body = String::new();
    let legend_end = legend(&mut body, margin, head, width - 2.0 * margin, all);
    let top = legend_end + 30.0;
    let height = top + rows as f64 * row_height - 20.0;
    let mut svg = open(width, height, theme, title);
    if theme == Theme::Standalone {
        text(&mut svg, "hc-title", margin, 34.0, title);
        text(&mut svg, "hc-facts", margin, 56.0, facts);
    }
    svg.push_str(&body);
    let reach = if of.one_scale { all.iter().map(panel::highest).max().unwrap_or(0) } else { 0 };
    let strip = all.iter().any(panel::has_ages);
    let cell = (width - 2.0 * margin - gap * (columns - 1) as f64) / columns as f64;
    for (index, series) in all.iter().enumerate() {
        let x = margin + (index % columns) as f64 * (cell + gap);
        let y = top + (index / columns) as f64 * row_height;
        text(&mut svg, "hc-panel", x, y, &series.title);
        let frame =
            Frame { x, y: y + 12.0, width: cell, height: row_height - 46.0, index, axis_title: false, reach, strip };
        draw(&mut svg, series, &frame);
    }
    svg.push_str("</svg>\n");
    svg
}

pub(crate) fn open(width: f64, height: f64, theme: Theme, title: &str) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"hc-chart\" viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\""
    );
    if theme == Theme::Standalone {
        let _ = write!(svg, " width=\"{width:.0}\" height=\"{height:.0}\"");
    }
    let _ = write!(svg, ">\n<title>{}</title>\n", escape(title));
    svg.push_str(&theme.defs());
    if theme == Theme::Standalone {
        let _ = writeln!(svg, "<rect class=\"hc-paper\" width=\"{width:.0}\" height=\"{height:.0}\"/>");
    }
    svg
}

/// Writes one text element.
pub(crate) fn text(svg: &mut String, class: &str, x: f64, y: f64, content: &str) {
    let _ = writeln!(svg, "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>", escape(content));
}

/// The states that occur, and always the two that matter.
fn states_in(all: &[Series]) -> Vec<TaskState> {
    states::STACK
        .into_iter()
        .filter(|state| {
            matches!(state, TaskState::Healthy | TaskState::Unhealthy)
                || all.iter().any(|series| series.bars.iter().any(|bar| bar.counts.get(*state) > 0))
        })
        .collect()
}

/// About how wide a text of the legend is drawn.
fn text_width(text: &str) -> f64 {
    text.chars().map(|c| if "ijltfr ,.".contains(c) { 4.6 } else { 8.3 }).sum()
}

/// What the legend explains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    State(TaskState),
    Target,
    Age,
}

impl Mark {
    fn label(self) -> &'static str {
        match self {
            Self::State(state) => states::label(state),
            Self::Target => "target",
            Self::Age => "age of the oldest check result (full: 10 s)",
        }
    }

    fn draw(self, svg: &mut String, x: f64, line: f64) {
        let class = match self {
            Self::State(state) => state.as_str(),
            Self::Age => "age",
            Self::Target => {
                let _ = writeln!(svg, "<path class=\"hc-target\" d=\"M{x:.1} {:.1}h16\"/>", line - 5.0);
                return;
            }
        };
        let _ = writeln!(
            svg,
            "<rect class=\"hc-{class}\" x=\"{x:.1}\" y=\"{:.1}\" width=\"14\" height=\"14\" rx=\"3\"/>",
            line - 12.0
        );
        if self == Self::State(TaskState::Unhealthy) {
            let (left, right, above) = (x + 1.0, x + 3.0, line - 5.0);
            let _ =
                writeln!(svg, "<path class=\"hc-hatch\" d=\"M{right:.1} {line:.1}l9 -9M{left:.1} {above:.1}l5 -5\"/>");
        }
    }
}

/// Draws the legend from `y` and answers where its last line is.
fn legend(svg: &mut String, x: f64, y: f64, width: f64, all: &[Series]) -> f64 {
    let (mut at, mut line) = (x, y);
    let mut marks: Vec<_> = states_in(all).into_iter().map(Mark::State).collect();
    marks.push(Mark::Target);
    if all.iter().any(panel::has_ages) {
        marks.push(Mark::Age);
    }
    for mark in marks {
        let label = mark.label();
        let space = 21.0 + text_width(label) + 20.0;
        if at + space > x + width && at > x {
            at = x;
            line += 22.0;
        }
        mark.draw(svg, at, line);
        text(svg, "hc-legend", at + 21.0, line, label);
        at += space;
    }
    line
}

#[cfg(test)]
mod tests;

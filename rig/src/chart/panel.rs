//! One plot: axes, stacked bars, the target's line.

use std::fmt::Write as _;

use harness::model::TaskState;

use crate::chart::{
    Bar, Series,
    axis::{grouped, ticks},
    states::STACK,
    text, time_of_day,
};

/// Where a panel is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// Left edge, axis labels included.
    pub x: f64,
    /// Top edge.
    pub y: f64,
    /// Width, axis labels included.
    pub width: f64,
    /// Height, axis labels included.
    pub height: f64,
    /// Number of the panel, for the report's pointer.
    pub index: usize,
    /// Whether the axes have titles.
    pub axis_title: bool,
    /// The Y axis reaches at least this far, so that neighbours share a scale.
    pub reach: u64,
    /// Whether there is room for the strip of ages, used or not, so that neighbours share a base line.
    pub strip: bool,
}

/// Bars that are too narrow to be distinguished are merged: at least this wide.
pub const NARROWEST: f64 = 1.5;
/// A bad state is never drawn lower than this, however few of the tasks it concerns.
const LOWEST_BAD: f64 = 3.0;
/// Numbers at the Y axis of a single chart, about.
const Y_TICKS: u64 = 6;
/// Room for the times below the request numbers.
const TIMES: f64 = 15.0;
/// Width of a time, with a gap beside it.
const TIME: f64 = 68.0;
/// Room for the age strip.
const STRIP: f64 = 16.0;

/// Which bars a panel really draws: all, or of every few neighbours the worst.
///
/// Merging must not hide a short illness, so of each group the bar with the most bad tasks is taken, and of equals the
/// last.
pub fn merged(bars: &[Bar], width: f64) -> (Vec<Bar>, usize) {
    let group = ((bars.len() as f64 * NARROWEST / width.max(1.0)).ceil() as usize).max(1);
    let bad = |bar: &Bar| bar.counts.unhealthy + bar.counts.unreachable;
    let worst = |chunk: &[Bar]| chunk.iter().max_by_key(|bar| bad(bar)).copied();
    (bars.chunks(group).filter_map(worst).collect(), group)
}

/// Whether there is an age to be drawn.
pub fn has_ages(series: &Series) -> bool {
    series.bars.iter().any(|bar| bar.age.is_some())
}

/// The most tasks that any bar or target of a series has.
pub fn highest(series: &Series) -> u64 {
    series.bars.iter().map(|bar| bar.target.max(bar.counts.total())).max().unwrap_or(1)
}

/// Room left of the plot for the numbers of the Y axis and its title.
fn numbers_width(top: u64, titled: bool) -> f64 {
    16.0 + 7.8 * grouped(top).chars().count() as f64 + if titled { 18.0 } else { 0.0 }
}

/// How far from its frame's left edge the plot of a single chart begins: what is drawn below it keeps to the same axis.
pub fn plot_begins(series: &Series) -> f64 {
    numbers_width(ticks(highest(series), Y_TICKS).last().copied().unwrap_or(1), true)
}

/// Draws one panel.
pub fn draw(svg: &mut String, series: &Series, frame: &Frame) {
    let highest = highest(series).max(frame.reach);
    let aged = has_ages(series);
    let y_ticks = ticks(highest, if frame.axis_title { Y_TICKS } else { 4 });
    let top = y_ticks.last().copied().unwrap_or(1);
    let left = frame.x + numbers_width(top, frame.axis_title);
    let strip = if aged || frame.strip { STRIP } else { 0.0 };
    let bottom = frame.y + frame.height - if frame.axis_title { 44.0 } else { 22.0 } - TIMES - strip;
    let plot = Plot { left, top: frame.y, width: frame.x + frame.width - left, height: bottom - frame.y, highest: top };
    let (bars, group) = merged(&series.bars, plot.width);

    for tick in &y_ticks {
        let y = plot.y(*tick);
        let class = if *tick == 0 { "hc-axis" } else { "hc-grid" };
        let _ = writeln!(svg, "<path class=\"{class}\" d=\"M{:.1} {y:.1}h{:.1}\"/>", plot.left, plot.width);
        text(svg, "hc-tick hc-end", plot.left - 8.0, y + 4.0, &grouped(*tick));
    }
    let _ = writeln!(
        svg,
        "<g class=\"hc-plot\" data-panel=\"{}\" data-x=\"{:.1}\" data-y=\"{:.1}\" data-w=\"{:.1}\" data-h=\"{:.1}\" data-top=\"{top}\">",
        frame.index, plot.left, plot.top, plot.width, plot.height
    );
    stacks(svg, &bars, &plot);
    target(svg, &bars, &plot);
    svg.push_str("</g>\n");
    if aged {
        svg.push_str("<g class=\"hc-ages\">\n");
        ages(svg, &bars, &plot, bottom + 4.0);
        svg.push_str("</g>\n");
    }
    let below = bottom + strip;
    // A group of its own, because the report writes other numbers when it zooms.
    let _ = writeln!(svg, "<g class=\"hc-requests\" data-panel=\"{}\" data-y=\"{:.1}\">", frame.index, below + 17.0);
    requests(svg, &bars, &plot, below + 17.0);
    svg.push_str("</g>\n");
    if frame.axis_title {
        let mut label = series.poll.clone();
        if group > 1 {
            let _ = write!(label, ", each bar the worst of {group}");
        }
        text(svg, "hc-tick hc-mid", plot.left + plot.width / 2.0, below + 38.0 + TIMES, &label);
        let centre = plot.top + plot.height / 2.0;
        let x = frame.x + 12.0;
        let _ = writeln!(
            svg,
            "<text class=\"hc-tick hc-mid\" transform=\"translate({x:.1} {centre:.1}) rotate(-90)\">number of tasks</text>"
        );
    }
}

/// The inner rectangle and its scale.
struct Plot {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
    highest: u64,
}

impl Plot {
    fn y(&self, tasks: u64) -> f64 {
        self.top + self.height * (1.0 - tasks as f64 / self.highest as f64)
    }

    /// Left edge and width of a bar, with a gap where bars are wide enough for one.
    fn slot(&self, index: usize, of: usize) -> (f64, f64) {
        let slot = self.width / of.max(1) as f64;
        let gap = if slot >= 5.0 { (slot * 0.16).min(6.0) } else { 0.0 };
        (self.left + slot * index as f64 + gap / 2.0, slot - gap)
    }
}

/// The stacked bars: one path a state.
fn stacks(svg: &mut String, bars: &[Bar], plot: &Plot) {
    let mut paths: [String; STACK.len()] = Default::default();
    let mut hatch = String::new();
    let gapless = plot.slot(0, bars.len()).1 * bars.len() as f64 >= plot.width - 0.5;
    let mut index = 0;
    while let Some(bar) = bars.get(index) {
        let (x, mut width) = plot.slot(index, bars.len());
        index += 1;
        if gapless {
            // Neighbours that look the same become one shape: no seams between them, and a small file.
            let same = bars[index..].iter().take_while(|next| next.counts == bar.counts).count();
            width *= (same + 1) as f64;
            index += same;
        }
        let mut base = plot.top + plot.height;
        let bad = [TaskState::Unhealthy, TaskState::Unreachable];
        // What a bad state takes beyond its share is taken from the healthy below it.
        let lift = |state: TaskState| {
            let share = bar.counts.get(state) as f64 / plot.highest as f64 * plot.height;
            if share > 0.0 && bad.contains(&state) { share.max(LOWEST_BAD) - share } else { 0.0 }
        };
        for (state, path) in STACK.into_iter().zip(&mut paths) {
            let count = bar.counts.get(state);
            if count == 0 {
                continue;
            }
            let mut height = count as f64 / plot.highest as f64 * plot.height + lift(state);
            if state == TaskState::Healthy {
                height = (height - bad.into_iter().map(lift).sum::<f64>()).max(0.0);
            }
            // Corners, not lengths: rounded they still are the neighbours' corners, and no seam shows.
            let _ = write!(path, "M{x:.1} {base:.1}V{:.1}H{:.1}V{base:.1}z", base - height, x + width);
            if state == TaskState::Unhealthy && width >= 4.0 && height >= 4.0 {
                hatched(&mut hatch, x, base, width, height);
            }
            base -= height;
        }
    }
    for (state, path) in STACK.into_iter().zip(&paths) {
        if !path.is_empty() {
            let crisp = if gapless { " shape-rendering=\"crispEdges\"" } else { "" };
            let _ = writeln!(svg, "<path class=\"hc-{}\"{crisp} d=\"{path}\"/>", state.as_str());
        }
    }
    if !hatch.is_empty() {
        let _ = writeln!(svg, "<path class=\"hc-hatch\" d=\"{hatch}\"/>");
    }
}

/// Slanted lines inside a rectangle, clipped by arithmetic so that no clip path (and no id) is needed.
fn hatched(path: &mut String, x: f64, base: f64, width: f64, height: f64) {
    const APART: f64 = 6.0;
    let mut offset = APART / 2.0;
    while offset < width + height {
        // The line runs from the lower left up to the right: points (offset - s, s) for s from 0.
        let from = (offset - width).max(0.0);
        let to = offset.min(height);
        if to > from {
            let _ =
                write!(path, "M{:.1} {:.1}L{:.1} {:.1}", x + offset - from, base - from, x + offset - to, base - to);
        }
        offset += APART;
    }
}

/// The target's line with its last value.
fn target(svg: &mut String, bars: &[Bar], plot: &Plot) {
    let mut path = String::new();
    let mut steps = String::new();
    let slot = plot.width / bars.len().max(1) as f64;
    let mut last = None;
    let (mut before, mut nearest) = (plot.left, f64::INFINITY);
    for (index, bar) in bars.iter().enumerate() {
        let x = plot.left + slot * index as f64;
        if last != Some(bar.target) {
            let y = plot.y(bar.target);
            if last.is_some() {
                let _ = write!(path, "H{x:.1}V{y:.1}");
                let _ = write!(steps, "M{x:.1} {:.1}V{:.1}", plot.top + plot.height, plot.top);
                (before, nearest) = (x, nearest.min(x - before));
            } else {
                let _ = write!(path, "M{x:.1} {y:.1}");
            }
            last = Some(bar.target);
        }
    }
    if last.is_some() {
        // Lines closer than this are a grey wall, not steps.
        const APART: f64 = 14.0;
        if !steps.is_empty() && nearest >= APART {
            let _ = writeln!(svg, "<path class=\"hc-step\" d=\"{steps}\"/>");
        }
        let _ = writeln!(svg, "<path class=\"hc-target\" d=\"{path}H{:.1}\"/>", plot.left + plot.width);
    }
}

/// Round request numbers under the bars, and below them the time of day at as many as there is room for.
fn requests(svg: &mut String, bars: &[Bar], plot: &Plot, y: f64) {
    let (Some(first), Some(last)) = (bars.first(), bars.last()) else { return };
    let slot = plot.width / bars.len() as f64;
    let label = 14.0 + 8.0 * grouped(last.request).chars().count() as f64;
    let wanted = (plot.width / label.max(slot)).floor().max(1.0) as u64;
    let numbers = if bars.len() as u64 <= wanted {
        bars.iter().map(|bar| bar.request).collect()
    } else {
        ticks(last.request, wanted.min(14))
    };
    let mut free = f64::NEG_INFINITY;
    for number in numbers {
        if number < first.request || number > last.request {
            continue;
        }
        let index = bars.partition_point(|bar| bar.request < number);
        let (centre, edge) = (plot.left + slot * (index as f64 + 0.5), plot.left + plot.width);
        // The last number must not hang over the edge of the picture.
        let (class, x) =
            if centre + label / 2.0 > edge { ("hc-tick hc-end", edge) } else { ("hc-tick hc-mid", centre) };
        text(svg, class, x, y, &grouped(number));
        let second = bars.get(index).and_then(|bar| bar.second_of_day);
        let (class, x, begins) = if centre + TIME / 2.0 > edge {
            ("hc-tick hc-end", edge, edge - TIME)
        } else {
            ("hc-tick hc-mid", centre, centre - TIME / 2.0)
        };
        if let Some(second) = second.filter(|_| begins >= free) {
            text(svg, class, x, y + TIMES, &time_of_day(second));
            free = begins + TIME;
        }
    }
}

/// The age of the oldest check result under each bar: the paler the fresher, full at ten seconds.
fn ages(svg: &mut String, bars: &[Bar], plot: &Plot, y: f64) {
    const FULL: f64 = 10.0;
    for (index, bar) in bars.iter().enumerate() {
        if let Some(age) = bar.age {
            let (x, width) = plot.slot(index, bars.len());
            let opacity = (age / FULL).clamp(0.04, 1.0);
            let _ = writeln!(
                svg,
                "<rect class=\"hc-age\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"8\" opacity=\"{opacity:.2}\"/>"
            );
        }
    }
}

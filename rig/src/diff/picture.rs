//! Both sides in one chart: the middle run's healthy tasks at each request, A behind, B in front.

use std::fmt::Write as _;

use crate::{
    chart::{
        axis::{grouped, ticks},
        style::escape,
    },
    diff::side::Side,
};

/// Size of the drawing.
const WIDTH: f64 = 1000.0;
/// See [`WIDTH`].
const HEIGHT: f64 = 420.0;
/// More bars than this are too thin: neighbours are put together.
const BARS: usize = 240;

/// Healthy tasks at each request: the median over the runs of the side that got so far.
pub fn healthy(side: &Side) -> Vec<f64> {
    let longest = side.repeats.iter().map(|repeat| repeat.bars.len()).max().unwrap_or(0);
    let at = |index: usize| {
        let mut all: Vec<u64> =
            side.repeats.iter().filter_map(|repeat| repeat.bars.get(index)).map(|bar| bar.counts.healthy).collect();
        all.sort_unstable();
        all.get(all.len() / 2).copied().unwrap_or(0) as f64
    };
    (0..longest).map(at).collect()
}

/// The overlaid bars as an SVG that stands alone, on paper or on a dark page.
pub fn svg(a: &Side, b: &Side, title: &str) -> String {
    let (series_a, series_b) = (healthy(a), healthy(b));
    let requests = series_a.len().max(series_b.len()).max(1);
    let bucket = requests.div_ceil(BARS);
    let slots = requests.div_ceil(bucket);
    let target = [a, b].iter().flat_map(|side| &side.repeats).map(|repeat| repeat.summary.target).max().unwrap_or(0);
    let highest = series_a.iter().chain(&series_b).copied().fold(0.0, f64::max).max(target as f64);
    let ticks = ticks(highest as u64, 5);
    let top = ticks.last().copied().unwrap_or(1).max(1) as f64;
    let (left, right, upper, lower) = (64.0, WIDTH - 24.0, 84.0, HEIGHT - 48.0);
    let y = |value: f64| lower - value / top * (lower - upper);
    let slot = (right - left) / slots as f64;

    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">\n<style>\
         .p{{fill:#fff}}text{{font:13px 'DejaVu Sans',Verdana,sans-serif;fill:#3b4252}}.t{{font-size:18px;font-weight:bold}}\
         .g{{stroke:#e3e7ee}}.a{{fill:#b5bfd1}}.b{{fill:#1f7a5c}}.d{{stroke:#1c2333;stroke-dasharray:6 4}}\
         .e{{text-anchor:end}}.m{{text-anchor:middle}}\
         @media (prefers-color-scheme:dark){{.p{{fill:#161a22}}text{{fill:#c9d1e0}}.g{{stroke:#2c3342}}.a{{fill:#56617a}}\
         .b{{fill:#46c79b}}.d{{stroke:#e8ecf5}}}}</style>\n<rect class=\"p\" width=\"{WIDTH}\" height=\"{HEIGHT}\"/>\n\
         <text class=\"t\" x=\"24\" y=\"32\">{}</text>\n",
        escape(title),
        escape(title)
    );
    for (x, class, name, side) in [(24.0, "a", "A", a), (WIDTH / 2.0, "b", "B", b)] {
        let runs = side.repeats.len();
        let _ = writeln!(
            svg,
            "<rect class=\"{class}\" x=\"{x}\" y=\"48\" width=\"14\" height=\"14\"/><text x=\"{}\" y=\"60\">{name}: {} \
             ({runs} run{}, middle one)</text>",
            x + 22.0,
            escape(&shortened(&side.name)),
            if runs == 1 { "" } else { "s" }
        );
    }
    for tick in &ticks {
        let at = y(*tick as f64);
        let _ = writeln!(
            svg,
            "<line class=\"g\" x1=\"{left}\" x2=\"{right}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/><text class=\"e\" x=\"{}\" \
             y=\"{:.1}\">{}</text>",
            left - 8.0,
            at + 4.0,
            grouped(*tick)
        );
    }
    // A wide and behind, B narrow and in front: both tops are seen whichever is higher.
    for (class, series, part) in [("a", &series_a, 0.92), ("b", &series_b, 0.46)] {
        let mut path = String::new();
        for (index, values) in series.chunks(bucket).enumerate() {
            // The lowest of neighbours: a dip is what one looks for.
            let value = values.iter().copied().fold(f64::INFINITY, f64::min);
            let x = left + (index as f64 + (1.0 - part) / 2.0) * slot;
            let _ = write!(path, "M{x:.1} {lower:.1}V{:.1}h{:.1}V{lower:.1}z", y(value), slot * part);
        }
        let _ = writeln!(svg, "<path class=\"{class}\" d=\"{path}\"/>");
    }
    if target > 0 {
        let at = y(target as f64);
        let _ = writeln!(svg, "<line class=\"d\" x1=\"{left}\" x2=\"{right}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/>");
    }
    let each = if bucket > 1 { format!(", each bar the lowest of {bucket}") } else { String::new() };
    let _ = writeln!(
        svg,
        "<text class=\"m\" x=\"{}\" y=\"{}\">request number, 1 to {requests}{each}; healthy tasks upwards, the dashed line is the \
         target</text>\n</svg>",
        (left + right) / 2.0,
        HEIGHT - 16.0
    );
    svg
}

fn shortened(name: &str) -> String {
    let n = name.chars().count();
    if n <= 36 { name.to_owned() } else { format!("…{}", name.chars().skip(n - 35).collect::<String>()) }
}

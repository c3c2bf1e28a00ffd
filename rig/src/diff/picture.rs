//! Both sides in one chart: the healthy tasks of the median run at each request, A as a wide bar behind, B as a narrow one in front.

use std::fmt::Write as _;

use serde_json::{Value, json};
use text::{count, cut_start};

use crate::{
    chart::{
        axis::{grouped, ticks},
        style::{Theme, escape},
        text,
    },
    diff::side::Side,
};

/// More bars than this are too thin: neighbours are put together.
const BARS: usize = 240;

/// Classes and colours where no page gives them, on paper and in the dark.
const STANDALONE: &str = "<style>.hc-paper{fill:#fff}text{font:13px 'DejaVu Sans',Verdana,sans-serif;fill:#3b4252}\
.hc-title{font-size:18px;font-weight:bold}.hc-grid{stroke:#e3e7ee;fill:none}.hc-axis{stroke:#9aa3b5;fill:none}\
.hc-side-a{fill:#b5bfd1}.hc-side-b{fill:#1f7a5c}.hc-target{stroke:#1c2333;stroke-width:2;stroke-dasharray:6 4;fill:none}\
.hc-end{text-anchor:end}.hc-mid{text-anchor:middle}\
@media (prefers-color-scheme:dark){.hc-paper{fill:#161a22}text{fill:#c9d1e0}.hc-grid{stroke:#2c3342}.hc-axis{stroke:#5d6880}\
.hc-side-a{fill:#56617a}.hc-side-b{fill:#46c79b}.hc-target{stroke:#e8ecf5}}</style>\n";

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

/// What is drawn of two sides.
pub struct Overlay<'a> {
    a: &'a Side,
    b: &'a Side,
    /// Of each side the lowest of each few neighbours: a dip is what one looks for.
    bars: [Vec<f64>; 2],
    /// How many neighbours that are.
    bucket: usize,
    requests: usize,
    target: u64,
    top: u64,
}

impl<'a> Overlay<'a> {
    /// Of these two sides.
    pub fn of(a: &'a Side, b: &'a Side) -> Self {
        let series = [healthy(a), healthy(b)];
        let requests = series.iter().map(Vec::len).max().unwrap_or(0).max(1);
        let bucket = requests.div_ceil(BARS);
        let lowest = |all: &Vec<f64>| {
            all.chunks(bucket).map(|few| few.iter().copied().fold(f64::INFINITY, f64::min)).collect::<Vec<f64>>()
        };
        let bars = [lowest(&series[0]), lowest(&series[1])];
        let target =
            [a, b].iter().flat_map(|side| &side.repeats).map(|repeat| repeat.summary.target).max().unwrap_or(0);
        let highest = series.iter().flatten().copied().fold(0.0, f64::max).max(target as f64);
        let top = ticks(highest as u64, 5).last().copied().unwrap_or(1).max(1);
        Self { a, b, bars, bucket, requests, target, top }
    }

    fn slots(&self) -> usize {
        self.requests.div_ceil(self.bucket)
    }

    /// As an SVG that stands alone, on paper or in the dark, or as a part of a page.
    pub fn svg(&self, title: &str, width: f64, height: f64, theme: Theme) -> String {
        let alone = theme == Theme::Standalone;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"hc-chart\" viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\" \
             aria-label=\"{}\">\n",
            escape(title)
        );
        if alone {
            let _ = writeln!(svg, "{STANDALONE}<rect class=\"hc-paper\" width=\"{width:.0}\" height=\"{height:.0}\"/>");
            text(&mut svg, "hc-title", theme.margin(), 32.0, title);
        }
        let legend = if alone { 60.0 } else { 16.0 };
        let upper = self.legend(&mut svg, width, legend, theme) + 22.0;
        let (left, right, lower) = (theme.margin() + 44.0, width - theme.margin(), height - 48.0);
        let at = |tasks: u64| lower - tasks as f64 / self.top as f64 * (lower - upper);
        for tick in ticks(self.top, 5) {
            let (class, y) = (if tick == 0 { "hc-axis" } else { "hc-grid" }, at(tick));
            let _ = writeln!(svg, "<path class=\"{class}\" d=\"M{left:.1} {y:.1}H{right:.1}\"/>");
            text(&mut svg, "hc-tick hc-end", left - 8.0, y + 4.0, &grouped(tick));
        }
        self.bars(&mut svg, (left, upper), (right - left, lower - upper));
        if self.target > 0 {
            let _ = writeln!(svg, "<path class=\"hc-target\" d=\"M{left:.1} {:.1}H{right:.1}\"/>", at(self.target));
        }
        let _ = writeln!(svg, "<g class=\"hc-requests\" data-panel=\"0\" data-y=\"{:.1}\">", lower + 17.0);
        let midpoint = self.requests.div_ceil(2);
        for (part, request, class) in
            [(0.0, 1, "hc-tick"), (0.5, midpoint, "hc-tick hc-mid"), (1.0, self.requests, "hc-tick hc-end")]
        {
            let x = left + part * (right - left);
            text(&mut svg, class, x, lower + 17.0, &grouped(request as u64));
        }
        svg.push_str("</g>\n");
        let each = if self.bucket > 1 { format!(", each bar the lowest of {}", self.bucket) } else { String::new() };
        text(&mut svg, "hc-tick hc-mid", (left + right) / 2.0, height - 12.0, &format!("request number{each}"));
        svg.push_str("</svg>\n");
        svg
    }

    /// Answers where its last line is.
    fn legend(&self, svg: &mut String, width: f64, y: f64, theme: Theme) -> f64 {
        let (mut x, mut y) = (theme.margin(), y);
        for (class, name, side) in [("a", "A", self.a), ("b", "B", self.b)] {
            let runs = side.repeats.len();
            let label = format!("{name}: {} ({})", cut_start(&side.name, 36), count(runs, "run"));
            let space = 52.0 + 8.0 * label.chars().count() as f64;
            if x + space > width && x > theme.margin() {
                (x, y) = (theme.margin(), y + 20.0);
            }
            let _ = writeln!(
                svg,
                "<rect class=\"hc-side-{class}\" x=\"{x:.1}\" y=\"{:.1}\" width=\"14\" height=\"14\"/>",
                y - 12.0
            );
            text(svg, "hc-legend", x + 21.0, y, &label);
            x += space;
        }
        y
    }

    /// The bars in units of slots, so that zooming is a change of the view box.
    fn bars(&self, svg: &mut String, (x, y): (f64, f64), (width, height): (f64, f64)) {
        let slots = self.slots();
        let _ = writeln!(
            svg,
            "<g class=\"hc-plot\" data-panel=\"0\" data-every data-x=\"{x:.1}\" data-y=\"{y:.1}\" data-w=\"{width:.1}\" \
             data-h=\"{height:.1}\"><svg class=\"hc-zoom\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" \
             viewBox=\"0 0 {slots} {height:.1}\" preserveAspectRatio=\"none\">"
        );
        // Both tops are seen whichever is higher.
        for (class, values, part) in [("a", &self.bars[0], 0.92), ("b", &self.bars[1], 0.46)] {
            let mut path = String::new();
            for (index, value) in values.iter().enumerate() {
                let from = index as f64 + (1.0 - part) / 2.0;
                let high = value / self.top as f64 * height;
                let _ = write!(path, "M{from:.2} {height:.1}v-{high:.1}h{part}v{high:.1}z");
            }
            let _ = writeln!(svg, "<path class=\"hc-side-{class}\" d=\"{path}\"/>");
        }
        svg.push_str("</svg></g>\n");
    }

    /// The numbers behind the bars, for the page's script.
    pub fn numbers(&self) -> Value {
        let value = |side: usize, slot: usize| self.bars[side].get(slot).map_or(Value::Null, |value| json!(value));
        let rows: Vec<Value> = (0..self.slots())
            .map(|slot| json!([slot * self.bucket + 1, self.target, value(0, slot), value(1, slot)]))
            .collect();
        let columns = json!([["", "target", ""], ["sw-side-a", "A, healthy", ""], ["sw-side-b", "B, healthy", ""]]);
        json!({"title": "A and B", "columns": columns, "rows": rows})
    }
}

//! What is drawn over time below the bars: checks asked and seen, age of the results, Marathon's answer times, flips and
//! ends; and how long the tasks took to become healthy.
//!
//! Each is a small picture on the axis of the bars. The lines lie in an inner `svg` with a view box of its own, so that
//! zooming is a change of that box.

use std::fmt::Write as _;

use text::decimal;

use crate::{
    chart::{
        Series,
        panel::plot_begins,
        style::{Theme, escape},
    },
    folder::Run,
    report::panels::{Caption, Context, PANELS, Panel, number},
    verdict::Verdict,
};

/// Height of one picture's plot.
const HEIGHT: f64 = 96.0;
/// Height of one picture.
const OUTER: f64 = 132.0;

/// One line of a picture.
struct Line {
    class: &'static str,
    label: &'static str,
    values: Vec<Option<f64>>,
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

/// All panels of a run below its bars, and in words what cannot be drawn.
pub fn trends(run: &Run, series: &Series) -> String {
    if run.course.len() < 2 {
        return String::new();
    }
    let context = Context::of(run);
    let mut html = String::new();
    let mut titles = Vec::new();
    for panel in &PANELS {
        match (panel.caption)(&context) {
            Caption::Note(note) => titles.extend(picture(&mut html, series, panel, &context, &note)),
            Caption::Instead(subject, sentence) => {
                let _ = write!(html, "<p class=\"soft\"><b>{subject}.</b> {sentence}</p>");
            }
            Caption::Absent => {}
        }
    }
    // Of a run that ended well the bars tell all that most readers want to know.
    let open = match run.summary.verdict {
        Verdict::Passed | Verdict::Limit => "",
        Verdict::Degraded | Verdict::Failed | Verdict::Stopped | Verdict::Error => " open",
    };
    let what = if titles.is_empty() { "More".to_owned() } else { titles.join(" · ") };
    format!("<details class=\"trends\"{open}><summary>Over time: {}</summary>{html}</details>", escape(&what))
}

/// One panel, wide and narrow; returns its title. Left out when there is nothing to draw.
fn picture(
    html: &mut String,
    series: &Series,
    panel: &Panel,
    context: &Context<'_>,
    note: &str,
) -> Option<&'static str> {
    let lines = lines(panel, context);
    let all = || lines.iter().flat_map(|line| line.values.iter().flatten().copied());
    all().next()?;
    let top = round_up(all().fold(0.0, f64::max));
    let (title, unit) = ((panel.label)(&context.asked), panel.unit.symbol());
    let measured = format!("{title}, {}", panel.unit.words());
    let _ = write!(html, "<div class=\"trend\"><h3>{}</h3><p class=\"keys\">", escape(&measured));
    for line in &lines {
        let largest = line.values.iter().flatten().copied().fold(0.0, f64::max);
        let unit = if unit.is_empty() { String::new() } else { format!(" {unit}") };
        let _ = write!(
            html,
            "<span><i class=\"{}\"></i>{}, at most {}{unit}</span>",
            line.class,
            line.label,
            number(largest)
        );
    }
    html.push_str("</p>");
    for (class, width) in [("wide", 1080.0), ("narrow", 400.0)] {
        let _ = write!(html, "<div class=\"{class}\">{}</div>", drawing(title, top, Place::of(series, width), &lines));
    }
    if !note.is_empty() {
        let _ = write!(html, "<p class=\"soft\">{}</p>", escape(note));
    }
    html.push_str("</div>\n");
    Some(title)
}

fn lines(panel: &Panel, Context { points, asked, .. }: &Context<'_>) -> Vec<Line> {
    let expected = panel.expected.iter().map(|expected| Line {
        class: expected.class,
        label: expected.label,
        values: points.iter().map(|point| Some((expected.value)(point, asked))).collect(),
    });
    let measured = panel.series.iter().map(|measure| Line {
        class: measure.class,
        label: measure.label,
        values: points.iter().map(|point| measure.value(point)).collect(),
    });
    expected.chain(measured).collect()
}

fn drawing(title: &str, top: f64, place: Place, lines: &[Line]) -> String {
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
    let mut waits: Vec<f64> = run.lives.all().filter_map(|life| life.seconds_to_healthy).collect();
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

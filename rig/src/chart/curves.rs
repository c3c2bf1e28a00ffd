//! The picture that the field remembers: tasks healthy against tasks asked for, Marathon-level against Mesos-native.
//!
//! One panel a containerizer and family of checks, so that the two who do the same job share one; pairs that hold lie
//! on the diagonal, and where one leaves it its limit is marked.

use std::fmt::Write as _;

use crate::{
    chart::{
        axis::{grouped, ticks},
        open,
        style::{Theme, escape},
        text,
    },
    folder::matrix::{Cell, Matrix, Row},
};

/// Colours that stand out on white and on dark paper; the shape of the points tells them apart too.
const LINES: &str = "<style>
.hc-own{stroke:#d9772b;fill:none;stroke-width:3}.hc-own-dot{fill:#d9772b;stroke:none}
.hc-native{stroke:#2f8fd0;fill:none;stroke-width:3}.hc-native-dot{fill:#2f8fd0;stroke:none}
.hc-mark{stroke-width:4;paint-order:stroke}
.hc-all{stroke:#9aa3b5;fill:none;stroke-width:1.5;stroke-dasharray:4 4}
.hc-limit{fill:none;stroke-width:2;stroke-dasharray:6 6}
</style>\n";

const COLUMNS: usize = 4;
const ROW: f64 = 300.0;
const GAP: f64 = 30.0;

/// What a panel compares: the rows of one containerizer whose checks ask the same of a task.
struct Panel<'a> {
    title: String,
    rows: Vec<&'a Row>,
}

/// The whole picture.
pub fn curves(title: &str, facts: &str, matrix: &Matrix, width: f64, theme: Theme) -> String {
    let panels = panels(matrix);
    let wide = ((width / 280.0) as usize).clamp(1, COLUMNS);
    let columns = panels.len().clamp(1, wide);
    let margin = theme.margin();
    let head = if theme == Theme::Standalone { 62.0 } else { 0.0 };
    let legend = if width < 600.0 { 80.0 } else { 40.0 };
    let height = head + legend + panels.len().div_ceil(columns) as f64 * ROW;
    let mut svg = open(width, height, theme, title);
    svg.push_str(LINES);
    if theme == Theme::Standalone {
        text(&mut svg, "hc-title", margin, 34.0, title);
        text(&mut svg, "hc-facts", margin, 56.0, facts);
    }
    draw_legend(&mut svg, margin, head + 20.0, width);
    let cell = (width - 2.0 * margin - GAP * (columns - 1) as f64) / columns as f64;
    for (index, panel) in panels.iter().enumerate() {
        let x = margin + (index % columns) as f64 * (cell + GAP);
        let y = head + legend + (index / columns) as f64 * ROW;
        draw(&mut svg, panel, matrix, &Frame { x, y, width: cell, theme });
    }
    svg.push_str("</svg>\n");
    svg
}

fn panels(matrix: &Matrix) -> Vec<Panel<'_>> {
    let mut panels: Vec<Panel<'_>> = Vec::new();
    for row in &matrix.rows {
        let (containerizer, protocol) = row.pair.split_once(',').unwrap_or(("", &row.pair));
        let title = format!("{containerizer} · {}", protocol.trim_start_matches("MESOS_"));
        match panels.iter_mut().find(|panel| panel.title == title) {
            Some(panel) => panel.rows.push(row),
            None => panels.push(Panel { title, rows: vec![row] }),
        }
    }
    panels
}

fn draw_legend(svg: &mut String, margin: f64, y: f64, width: f64) {
    // Class, label, and whether its dot is that of native checks; the target has none.
    let entries = [
        ("hc-own", "checked by Marathon (TCP, HTTP, HTTPS)", Some(false)),
        ("hc-native", "checked by Mesos on the agent (MESOS_*, COMMAND)", Some(true)),
        ("hc-all", "all that were asked for", None),
    ];
    let (mut x, mut y) = (margin, y);
    for (class, label, native) in entries {
        let space = 30.0 + 7.6 * label.len() as f64;
        if x + space > width && x > margin {
            x = margin;
            y += 20.0;
        }
        let _ = writeln!(svg, "<path class=\"{class}\" d=\"M{x:.1} {:.1}h22\"/>", y - 5.0);
        if let Some(native) = native {
            dot(svg, native, x + 11.0, y - 5.0);
        }
        text(svg, "hc-legend", x + 30.0, y, label);
        x += space + 10.0;
    }
}

struct Frame {
    x: f64,
    y: f64,
    width: f64,
    theme: Theme,
}

fn draw(svg: &mut String, panel: &Panel<'_>, matrix: &Matrix, frame: &Frame) {
    let (left, top) = (frame.x + 42.0, frame.y + 24.0);
    let (width, height) = (frame.width - 52.0, ROW - 84.0);
    let marks = ticks(matrix.most(), if width < 160.0 { 2 } else { 4 });
    let reach = marks.last().copied().unwrap_or(1) as f64;
    let at_x = |n: u64| left + width * n as f64 / reach;
    let at_y = |n: u64| top + height * (1.0 - (n as f64 / reach).min(1.0));
    text(svg, "hc-panel", frame.x, frame.y + 8.0, &panel.title);
    for &mark in &marks {
        let (x, y) = (at_x(mark), at_y(mark));
        let _ = writeln!(svg, "<path class=\"hc-grid\" d=\"M{left:.1} {y:.1}h{width:.1}\"/>");
        text(svg, "hc-tick hc-end", left - 6.0, y + 4.0, &grouped(mark));
        text(svg, "hc-tick hc-mid", x, top + height + 17.0, &grouped(mark));
    }
    let _ = writeln!(svg, "<path class=\"hc-axis\" d=\"M{left:.1} {top:.1}v{height:.1}h{width:.1}\"/>");
    text(svg, "hc-tick hc-mid", left + width / 2.0, top + height + 34.0, "tasks asked for · up: tasks healthy");
    let _ = writeln!(
        svg,
        "<path class=\"hc-all\" d=\"M{:.1} {:.1}L{:.1} {:.1}\"/>",
        at_x(0),
        at_y(0),
        at_x(reach as u64),
        top
    );
    // Two that lie on each other are both seen: the one drawn first is wider.
    for (index, row) in panel.rows.iter().enumerate() {
        let class = if row.native { "hc-native" } else { "hc-own" };
        let points: Vec<String> =
            row.cells.iter().map(|cell| format!("{:.1} {:.1}", at_x(cell.asked), at_y(cell.healthy))).collect();
        let wide = if index == 0 { " style=\"stroke-width:7;stroke-opacity:.55\"" } else { "" };
        let _ = writeln!(svg, "<path class=\"{class}\"{wide} d=\"M{}\"/>", points.join("L"));
        for cell in &row.cells {
            let (x, y) = (at_x(cell.asked), at_y(cell.healthy));
            point(svg, row, cell, frame.theme, (x, y));
        }
        if row.breaks.is_some() {
            let x = at_x(row.holds);
            // Where both have their limit, each is seen in the gaps of the other.
            let shift = if index % 2 == 1 { " stroke-dashoffset=\"6\"" } else { "" };
            let _ = writeln!(svg, "<path class=\"hc-limit {class}\"{shift} d=\"M{x:.1} {top:.1}v{height:.1}\"/>");
            // Near the right edge the words stand on the other side of the line.
            let (end, shift) = if x > left + width * 0.6 { ("hc-mark hc-end", -6.0) } else { ("hc-mark", 6.0) };
            let line = top + 14.0 + 16.0 * index as f64;
            text(svg, end, x + shift, line, &format!("{} holds {}", short(row), grouped(row.holds)));
        }
    }
}

/// One run: on a page the way to its report, with what the page's script tells of it.
fn point(svg: &mut String, row: &Row, cell: &Cell, theme: Theme, (x, y): (f64, f64)) {
    let Cell { asked, healthy, verdict, .. } = cell;
    let close = match theme {
        Theme::Standalone => {
            let _ = writeln!(svg, "<g><title>{}: {healthy} of {asked} healthy</title>", escape(&row.pair));
            "</g>"
        }
        Theme::Inherit => {
            let seconds = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.1} s"));
            let description = format!(
                "{} × {asked}\nhealthy: {healthy} of {asked}\nverdict: {}\nall healthy after: {}\nage of results, 99 %: {}\nkilled \
                 by a check: {}",
                row.pair,
                verdict.word().to_lowercase(),
                seconds(cell.reached_after),
                if row.native { "not known".to_owned() } else { seconds(cell.check_age_p99) },
                cell.kills
            );
            let _ = writeln!(
                svg,
                "<a class=\"hc-point\" href=\"{}/report.html\" aria-label=\"{}\" data-tip=\"{}\">",
                escape(&cell.folder),
                escape(&description.replace('\n', ", ")),
                escape(&description)
            );
            "</a>"
        }
    };
    dot(svg, row.native, x, y);
    let _ = writeln!(svg, "{close}");
}

/// The check's name without the containerizer, which the panel names.
fn short(row: &Row) -> &str {
    row.pair.split_once(',').map_or(row.pair.as_str(), |(_, protocol)| protocol)
}

/// A round point for Marathon's checks, a square one for native ones.
fn dot(svg: &mut String, native: bool, x: f64, y: f64) {
    let _ = if native {
        writeln!(
            svg,
            "<rect class=\"hc-native-dot\" x=\"{:.1}\" y=\"{:.1}\" width=\"8\" height=\"8\"/>",
            x - 4.0,
            y - 4.0
        )
    } else {
        writeln!(svg, "<circle class=\"hc-own-dot\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"5\"/>")
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::png;

    fn row(pair: &str, native: bool, cells: &[(u64, u64)]) -> Row {
        let cells = cells.iter().map(|&(asked, healthy)| Cell { asked, healthy, ..Cell::default() }).collect();
        Row { pair: pair.to_owned(), native, cells, ..Row::default() }
    }

    #[test]
    fn the_two_who_do_the_same_job_share_a_panel_and_limits_are_marked() {
        let own = Row { holds: 10, breaks: Some(100), ..row("mesos,TCP", false, &[(10, 10), (100, 40)]) };
        let native = row("mesos,MESOS_TCP", true, &[(10, 10), (100, 100)]);
        let command = row("mesos,COMMAND", true, &[(10, 10), (100, 100)]);
        let matrix = Matrix { counts: vec![10, 100], rows: vec![own, native, command], ..Matrix::default() };
        assert_eq!(panels(&matrix).iter().map(|panel| panel.rows.len()).collect::<Vec<_>>(), [2, 1]);
        let svg = curves("a title", "facts", &matrix, 1200.0, Theme::Standalone);
        assert!(svg.contains("TCP holds 10") && !svg.contains("MESOS_TCP holds"), "{svg}");
        assert!(svg.contains("mesos,TCP: 40 of 100 healthy"));
        assert!(png::from_svg(&svg).unwrap().len() > 1_000);
        assert!(
            png::from_svg(&curves("", "", &Matrix::default(), 400.0, Theme::Standalone)).is_ok(),
            "nothing to draw"
        );
    }
}

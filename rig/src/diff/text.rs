//! The comparison for a terminal.

use std::fmt::Write as _;

use comfy_table::{CellAlignment, Table, presets};

use crate::diff::verdict::{Comparison, Outcome, Row, number, percent};

/// Verdict first, then the table, then what else differs.
pub fn render(comparison: &Comparison) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{:<12} {}", comparison.outcome.word(), comparison.sentence());
    let _ = writeln!(out, "{:<12} {}", "A", comparison.a);
    let _ = writeln!(out, "{:<12} {}\n", "B", comparison.b);
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["measure", "A", "B", "change", "interval", "verdict"]);
    for row in &comparison.rows {
        let unit = if row.unit.is_empty() { String::new() } else { format!(" {}", row.unit) };
        table.add_row([
            row.name.to_owned(),
            format!("{}{unit}", number(row.mean_a)),
            format!("{}{unit}", number(row.mean_b)),
            change(row),
            interval(row),
            if row.outcome == Outcome::NotJudged { "–".to_owned() } else { row.outcome.word().to_lowercase() },
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    for line in table.lines() {
        let _ = writeln!(out, " {}", line.trim_end());
    }
    out.push('\n');
    for remark in &comparison.remarks {
        let _ = writeln!(out, "{:<12} {remark}", "Also differs");
    }
    if comparison.outcome != Outcome::NotJudged {
        let _ = writeln!(
            out,
            "{:<12} means; intervals of the difference by expanded percentile bootstrap, {} % each, so that all together are \
             {} % sure; seed {}",
            "How",
            percent(comparison.confidence_of_a_row),
            percent(comparison.confidence),
            comparison.seed
        );
    }
    out
}

/// The change in the unit, with its part of A.
pub fn change(row: &Row) -> String {
    let change = row.mean_b - row.mean_a;
    // What rounds to nothing is none.
    if number(change.abs()) == "0" { "0".to_owned() } else { format!("{}{}", signed(change), row.relative()) }
}

/// `−22 … −18`.
pub fn interval(row: &Row) -> String {
    row.interval.map_or("–".to_owned(), |(low, high)| format!("{} … {}", signed(low), signed(high)))
}

fn signed(value: f64) -> String {
    let sign = if value > 0.0 {
        "+"
    } else if value < 0.0 {
        "−"
    } else {
        ""
    };
    format!("{sign}{}", number(value.abs()))
}

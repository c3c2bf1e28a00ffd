//! The comparison as Markdown, for a comment on a pull request.

use std::fmt::Write as _;

use crate::diff::{
    text::{change, interval},
    verdict::{Comparison, Outcome, number, percent},
};

/// Verdict, table, remarks.
pub fn render(comparison: &Comparison) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "**{}**: {}\n", comparison.outcome.word(), cell(&comparison.sentence()));
    let _ = writeln!(out, "| measure | A | B | change | interval | verdict |");
    let _ = writeln!(out, "|---|---:|---:|---:|---:|---|");
    for row in &comparison.rows {
        let verdict = match row.outcome {
            Outcome::NotJudged => "–".to_owned(),
            Outcome::NoChange => "no change".to_owned(),
            changed @ (Outcome::Better | Outcome::Worse) => format!("**{}**", changed.word().to_lowercase()),
        };
        let _ = writeln!(
            out,
            "| {} | {} {} | {} {} | {} | {} | {verdict} |",
            row.name,
            number(row.mean_a),
            row.unit,
            number(row.mean_b),
            row.unit,
            change(row),
            interval(row),
        );
    }
    let _ = writeln!(
        out,
        "\nA: `{}` ({} runs), B: `{}` ({} runs).",
        cell(&comparison.a),
        comparison.repeats.0,
        cell(&comparison.b),
        comparison.repeats.1
    );
    for remark in &comparison.remarks {
        let _ = writeln!(out, "Also differs: {}.", cell(remark));
    }
    let _ = writeln!(
        out,
        "\n<sub>Means; intervals of the difference by expanded percentile bootstrap, {} % each, {} % as a whole, seed {}.</sub>",
        percent(comparison.confidence_of_a_row),
        percent(comparison.confidence),
        comparison.seed
    );
    out
}

/// Text that cannot break a table or become mark-up.
fn cell(text: &str) -> String {
    text::visible(text).replace('|', "\\|").replace('`', "'").replace('<', "&lt;")
}

//! The comparison as one page that opens offline.

use std::fmt::Write as _;

use crate::{
    chart::style::escape,
    diff::{
        picture,
        side::Side,
        text::{change, interval},
        verdict::{Comparison, Outcome, number, percent},
    },
};

const STYLE: &str = "\
:root{color-scheme:light dark}\
body{font:16px/1.5 system-ui,sans-serif;max-width:64rem;margin:1.5rem auto;padding:0 1rem}\
.verdict{font-size:1.25rem}.scroll{overflow-x:auto}svg{width:100%;height:auto}\
table{border-collapse:collapse;width:100%}th,td{padding:.35rem .7rem;text-align:right;border-bottom:1px solid #8884}\
th:first-child,td:first-child,td:last-child{text-align:left}\
.worse{color:#b3202f;font-weight:bold}.better{color:#13734f;font-weight:bold}\
@media (prefers-color-scheme:dark){body{background:#11141b;color:#d8deea}.worse{color:#ff8793}.better{color:#5fdcae}}";

/// The page.
pub fn render(comparison: &Comparison, a: &Side, b: &Side) -> String {
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width,initial-scale=1\"><title>hc-rig diff: {}</title><style>{STYLE}</style></head><body>\n\
         <h1>{}</h1><p class=\"verdict\">{}</p>\n{}\n<div class=\"scroll\"><table><thead><tr><th>measure</th><th>A</th><th>B</th>\
         <th>change</th><th>interval</th><th>verdict</th></tr></thead><tbody>\n",
        comparison.outcome.word(),
        comparison.outcome.word(),
        escape(&comparison.sentence()),
        picture::svg(a, b, &title(comparison, a)),
    );
    for row in &comparison.rows {
        let (class, word) = match row.outcome {
            Outcome::Better => ("better", "better"),
            Outcome::Worse => ("worse", "worse"),
            Outcome::NoChange => ("", "no change"),
            Outcome::NotJudged => ("", "–"),
        };
        let _ = writeln!(
            html,
            "<tr><td>{}</td><td>{} {}</td><td>{} {}</td><td>{}</td><td>{}</td><td class=\"{class}\">{word}</td></tr>",
            row.name,
            number(row.mean_a),
            row.unit,
            number(row.mean_b),
            row.unit,
            change(row),
            interval(row)
        );
    }
    html.push_str("</tbody></table></div>\n");
    for remark in &comparison.remarks {
        let _ = writeln!(html, "<p>Also differs: {}</p>", escape(remark));
    }
    let _ = writeln!(
        html,
        "<p><small>Means; intervals of the difference by expanded percentile bootstrap, {} % each, {} % as a whole, seed {}.</small></p>\
         </body></html>",
        percent(comparison.confidence_of_a_row),
        percent(comparison.confidence),
        comparison.seed
    );
    html
}

/// `mesos,HTTP: BETTER`.
pub fn title(comparison: &Comparison, a: &Side) -> String {
    let pair = a.repeats.first().map(|repeat| repeat.manifest.pair.as_str()).unwrap_or_default();
    format!("{pair}: {}", comparison.outcome.word())
}

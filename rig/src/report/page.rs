//! The page around the report's sections: head, style, script.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::{
    chart::{
        Series, panel,
        states::{self, STACK},
        style::escape,
        time_of_day,
    },
    folder::course::Point,
    report::panels::{Measure, OLDEST, Reading, TIPS},
};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// A part of the page.
#[derive(Clone, Debug)]
pub struct Section {
    title: String,
    shown: Shown,
    body: String,
}

/// How a part of the page is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    /// Without a heading.
    Bare,
    /// Below its heading.
    Titled,
    /// On demand, and not on paper.
    OnDemand,
    /// On demand, and on paper.
    OnPaper,
}

impl Section {
    /// A part with a heading; left out of the page if its body is empty.
    pub fn titled(title: &str, body: String) -> Self {
        Self { title: title.to_owned(), shown: Shown::Titled, body }
    }

    /// A part that is shown on demand, and not on paper: what else there is.
    pub fn on_demand(title: &str, body: String) -> Self {
        Self { title: title.to_owned(), shown: Shown::OnDemand, body }
    }

    /// A part that is shown on demand, and on paper, where nobody can ask for it.
    pub fn on_paper(title: &str, body: String) -> Self {
        Self { title: title.to_owned(), shown: Shown::OnPaper, body }
    }

    /// A part without a heading.
    pub fn bare(body: String) -> Self {
        Self { title: String::new(), shown: Shown::Bare, body }
    }

    fn write(&self, html: &mut String) {
        let id = escape(&self.title.to_lowercase().replace([' ', ','], "-").replace("--", "-"));
        let (title, body) = (escape(&self.title), &self.body);
        let _ = match self.shown {
            Shown::Bare => writeln!(html, "<section>\n{body}\n</section>"),
            Shown::Titled => writeln!(html, "<section>\n<h2 id=\"{id}\">{title}</h2>\n{body}\n</section>"),
            Shown::OnDemand | Shown::OnPaper => {
                let class = if self.shown == Shown::OnPaper { "paper" } else { "screen" };
                writeln!(
                    html,
                    "<section class=\"folded {class}\"><details class=\"{class}\"><summary><h2 id=\"{id}\">{title}</h2></summary>\n\
                     {body}\n</details></section>"
                )
            }
        };
    }
}

/// The whole page. `panels` are the numbers behind what its figures draw, in the order in which these count them; see
/// [`bars`].
pub fn page(title: &str, started_at: &str, sections: &[Section], panels: &[Value]) -> String {
    let title = escape(title);
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
         script-src 'unsafe-inline'; img-src data:\">\n\
         <title>{title} · hc-rig report</title>\n<style>\n{STYLE}{}</style>\n</head>\n<body>\n<main>\n\
         <header><span class=\"brand\">hc-rig</span><h1>{title}</h1><time>{}</time></header>\n",
        states::page_rules(),
        escape(&started_at.replacen('T', " ", 1).replace('Z', " UTC"))
    );
    for section in sections.iter().filter(|section| !section.body.is_empty()) {
        section.write(&mut html);
    }
    let _ = write!(
        html,
        "<footer>Written by hc-rig {}. Format 1. This file needs no network.</footer>\n</main>\n\
         <script type=\"application/json\" id=\"charts\">{}</script>\n<script>\n{SCRIPT}</script>\n</body>\n</html>\n",
        env!("CARGO_PKG_VERSION"),
        in_script(&numbers(panels))
    );
    html
}

fn rounded(value: Option<f64>) -> Value {
    value.map_or(Value::Null, |value| json!((value * 10.0).round() / 10.0))
}

fn tip(measure: &Measure, point: &Point) -> Value {
    match measure.reading {
        Reading::Count(count) => json!(count(point)),
        Reading::Real(_) => rounded(measure.value(point)),
    }
}

/// What the script needs to know: the labels of the states once, then the panels.
fn numbers(panels: &[Value]) -> Value {
    let labels: Vec<&str> = STACK.map(states::label).to_vec();
    let keys: Vec<&str> = STACK.iter().map(|state| state.as_str()).collect();
    let extras: Vec<[&str; 2]> =
        std::iter::once(&OLDEST).chain(&TIPS).map(|measure| [measure.tip, measure.unit.symbol()]).collect();
    json!({"labels": labels, "keys": keys, "extras": extras, "narrowest": panel::NARROWEST, "panels": panels})
}

/// The numbers behind stacked bars: a row a bar (request, seconds and time of day, target, counts in the order of the labels, then the
/// extras, null where they were not measured). `course` is what was measured at each bar besides, or empty.
pub fn bars(series: &Series, course: &[Point]) -> Value {
    // The wide chart and the narrow one merge differently: the script merges again, by the same rule.
    let rows: Vec<Value> = series
        .bars
        .iter()
        .enumerate()
        .map(|(index, bar)| {
            let when = json!([rounded(Some(bar.t)), bar.second_of_day.map(time_of_day)]);
            let mut row = vec![json!(bar.request), when, json!(bar.target)];
            row.extend(STACK.iter().map(|state| json!(bar.counts.get(*state))));
            row.push(rounded(bar.age));
            if let Some(point) = course.get(index).filter(|point| point.request == bar.request) {
                row.extend(TIPS.iter().map(|measure| tip(measure, point)));
            }
            Value::Array(row)
        })
        .collect();
    json!({"title": series.title, "rows": rows})
}

/// JSON that cannot end the script element it stands in.
fn in_script(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

//! The report over a matrix: the picture and the table above the runs' own reports.

use std::fmt::Write as _;

use crate::{
    chart::{
        curves::curves,
        style::{Theme, escape},
        trim,
    },
    folder::{matrix::Matrix, summary::Verdict},
    report::{
        fragments::{banner, claims, repeat},
        page::{Section, page},
        several::{Named, verdict},
    },
};

/// `3 of 4 pairs hold 500 tasks`.
pub fn sentence(matrix: &Matrix) -> String {
    let hold = matrix.rows.iter().filter(|row| row.breaks.is_none()).count();
    let pairs = matrix.rows.len();
    let noun = if pairs == 1 { "pair holds" } else { "pairs hold" };
    format!("{hold} of {pairs} {noun} {} tasks", matrix.most())
}

/// What all runs of the matrix share: `tasks healthy at the end against tasks asked for, in turn`.
pub fn facts(matrix: &Matrix) -> String {
    let order = if matrix.side_by_side { "pairs side by side" } else { "one run at a time" };
    format!("tasks healthy at the end of each run against tasks asked for · {order}")
}

/// The page.
pub fn matrix(matrix: &Matrix, runs: &[Named]) -> String {
    let reasons: Vec<String> = matrix
        .rows
        .iter()
        .filter(|row| row.breaks.is_some())
        .map(|row| format!("{} {}: {}", row.pair, row.limit(), row.why))
        .collect();
    let mut head = banner(verdict(runs), &sentence(matrix), &reasons.join(" · "));
    let first = runs.first().map(|(_, run)| &run.manifest);
    head.push_str(&first.map(claims).unwrap_or_default());
    let figure = format!(
        "<figure class=\"chart\"><div class=\"wide\">{}</div><div class=\"narrow\">{}</div><figcaption>{}</figcaption></figure>",
        curves("", "", matrix, 1080.0, Theme::Inherit),
        curves("", "", matrix, 400.0, Theme::Inherit),
        escape(&facts(matrix)),
    );
    let sections = [
        Section::bare(head),
        Section::titled("Tasks healthy against tasks asked for", figure),
        Section::titled("Pairs", table(matrix)),
        Section::titled("Repeat it", first.map(repeat).unwrap_or_default()),
    ];
    page(
        "Marathon-level against Mesos-native checks",
        first.map_or("", |manifest| &manifest.started_at),
        &sections,
        &[],
        &[],
    )
}

fn table(matrix: &Matrix) -> String {
    let mut html =
        String::from("<div class=\"scroll\"><table><thead><tr><th>pair</th><th>checked by</th><th>limit</th>");
    for count in &matrix.counts {
        let _ = write!(html, "<th class=\"n\">{count} asked</th>");
    }
    html.push_str("</tr></thead><tbody>");
    for row in &matrix.rows {
        let by = if row.native { "Mesos" } else { "Marathon" };
        let _ = write!(html, "<tr><td>{}</td><td>{by}</td><td>{}</td>", escape(&row.pair), row.limit());
        for count in &matrix.counts {
            match row.cells.iter().find(|cell| cell.asked == *count) {
                None => html.push_str("<td class=\"n\">–</td>"),
                Some(cell) => {
                    let class = if cell.verdict == Verdict::Held { "held" } else { "not_reached" };
                    let age = cell.check_age_p99.map(|age| format!(" · news {} s", trim(age))).unwrap_or_default();
                    let _ = write!(
                        html,
                        "<td class=\"n\"><a href=\"{}/report.html\"><span class=\"pill {class}\">{}</span></a>{age}</td>",
                        escape(&cell.folder),
                        cell.healthy
                    );
                }
            }
        }
        html.push_str("</tr>");
    }
    html.push_str(
        "</tbody></table></div><p>The number is how many were healthy at the end of the run; news is the age of \
                   the last check results (p99), which cannot be known for native checks.</p>",
    );
    html
}

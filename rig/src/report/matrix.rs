//! The report over a matrix: the picture and the table above the runs' own reports.

use std::fmt::Write as _;

use text::{count_irregular, decimal};

use crate::{
    chart::{
        Series,
        curves::curves,
        style::{Theme, escape},
    },
    folder::{
        Named,
        matrix::{Cell, Matrix, Row},
    },
    report::{
        changes,
        fragments::{banner, breakable, claims, files, over_all, pill, repeat},
        measured::{self, Member},
        multiples::multiples,
        page::{Section, page},
        several::{shared_facts, verdict},
    },
};

/// `3 of 4 pairs keep 500 tasks healthy`.
pub fn sentence(matrix: &Matrix) -> String {
    let healthy = matrix.rows.iter().filter(|row| row.breaks.is_none()).count();
    let pairs = matrix.rows.len();
    format!("{healthy} of {} {} tasks healthy", count_irregular(pairs, "pair keeps", "pairs keep"), matrix.most())
}

/// What all runs of the matrix share: `tasks healthy at the end against tasks asked for, in turn`.
pub fn facts(matrix: &Matrix) -> String {
    let order = if matrix.side_by_side { "pairs side by side" } else { "one run at a time" };
    format!("tasks healthy at the end of each run against tasks asked for · {order}")
}

/// The runs in the order of the rows, each called by its pair and its number of tasks.
pub fn members<'a>(matrix: &Matrix, runs: &'a [Named]) -> Vec<Member<'a>> {
    let cells = matrix.rows.iter().flat_map(|row| row.cells.iter().map(move |cell| (row, cell)));
    let member = |(row, cell): (&Row, &Cell)| {
        let (folder, run) = runs.iter().find(|(folder, _)| *folder == cell.folder)?;
        Some(Member { name: format!("{} × {}", row.pair, cell.asked), folder, run })
    };
    cells.filter_map(member).collect()
}

/// Why pairs did not keep all tasks healthy, a line each.
pub fn reasons(matrix: &Matrix) -> Vec<String> {
    let broken = matrix.rows.iter().filter(|row| row.breaks.is_some());
    broken.map(|row| format!("{} {}: {}", row.pair, row.limit(), row.why)).collect()
}

/// The page.
pub fn matrix(matrix: &Matrix, runs: &[Named]) -> String {
    let members = members(matrix, runs);
    let first = runs.first().map(|(_, run)| &run.manifest);
    let mut head = banner(verdict(runs), &sentence(matrix), &[], None);
    head.push_str(&first.map(claims).unwrap_or_default());
    let figure = format!(
        "<figure class=\"chart\" data-points><div class=\"wide\">{}</div><div class=\"narrow\">{}</div>\
         <figcaption>{} · <span class=\"hint\">point at a run for its numbers, open it for its report</span></figcaption>\
         <output class=\"tip\" hidden></output></figure>",
        curves("", "", matrix, 1080.0, Theme::Inherit),
        curves("", "", matrix, 400.0, Theme::Inherit),
        escape(&facts(matrix)),
    );
    let series: Vec<Series> = members
        .iter()
        .map(|Member { name, run, .. }| Series { title: name.clone(), ..Series::of(&run.manifest, &run.course) })
        .collect();
    let caption =
        format!("{} · X: request number · Y: number of tasks, each with its own scale", shared_facts(&series));
    // A row a pair, as far as that fits.
    let (multiples, panels) = multiples(&series, matrix.counts.len().min(3), false, &caption);
    let sections = [
        Section::bare(head),
        Section::titled("Limits", table(matrix)),
        Section::titled("What changed, and when", changes::list_of(&members)),
        Section::titled("Tasks healthy against tasks asked for", figure),
        Section::titled("Diagnosis", measured::diagnoses(&members)),
        Section::titled("Survived on the way", measured::survived(&members)),
        Section::on_paper("Runs", measured::table(&members)),
        Section::on_demand("Thresholds", measured::thresholds(&members)),
        Section::on_demand("Tasks by state at each request", multiples),
        Section::on_demand("Repeat it", first.map(repeat).unwrap_or_default()),
        Section::on_demand("Files beside this report", files(&files_over())),
    ];
    let started = first.map_or("", |manifest| manifest.started_at.as_str());
    page("Marathon-level against Mesos-native checks", started, &sections, &panels)
}

fn files_over() -> Vec<(String, &'static str)> {
    let mut files = over_all("matrix");
    files.insert(1, ("matrix.json".to_owned(), "what each pair came to at each number of tasks, for scripts"));
    files
}

fn table(matrix: &Matrix) -> String {
    let mut html = String::from(
        "<div class=\"scroll\"><table class=\"runs\"><thead><tr><th>pair</th><th>checked by</th><th>limit</th>",
    );
    for count in &matrix.counts {
        let _ = write!(html, "<th class=\"n\">{count} asked</th>");
    }
    html.push_str("</tr></thead><tbody>");
    for row in &matrix.rows {
        let by = if row.native { "Mesos" } else { "Marathon" };
        let _ =
            write!(html, "<tr><th scope=\"row\">{}</th><td>{by}</td><td>{}</td>", breakable(&row.pair), row.limit());
        for count in &matrix.counts {
            match row.cells.iter().find(|cell| cell.asked == *count) {
                None => html.push_str("<td class=\"n\">–</td>"),
                Some(cell) => {
                    let age = cell.check_age_p99.map(|age| format!(" · age {} s", decimal(age, 2))).unwrap_or_default();
                    let _ = write!(
                        html,
                        "<td class=\"n\"><a href=\"{}/report.html\">{}</a>{age}</td>",
                        escape(&cell.folder),
                        pill(cell.verdict, &cell.healthy.to_string())
                    );
                }
            }
        }
        html.push_str("</tr>");
    }
    html.push_str(
        "</tbody></table></div><p class=\"soft\">The number is how many were healthy at the end of the run; the age is that of \
                   the last check results (p99), which cannot be known for native checks.</p>",
    );
    html
}

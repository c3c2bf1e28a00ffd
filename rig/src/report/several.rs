//! The report over the runs of several pairs.

use std::fmt::Write as _;

use crate::{
    chart::{
        self, Series,
        style::{Theme, escape},
    },
    folder::{Run, summary::Verdict},
    report::{
        fragments::{banner, claims, headline, repeat, steps},
        page::{Section, page},
    },
};

/// One run and the name of its folder, beside the report.
pub type Named = (String, Run);

/// The verdict over all: held if all held, else the worst.
pub fn verdict(runs: &[Named]) -> Verdict {
    let rank = |verdict: Verdict| match verdict {
        Verdict::Held => 0,
        Verdict::NotReached | Verdict::Crossed | Verdict::Limit => 1,
        Verdict::Stopped => 2,
        Verdict::Broken => 3,
    };
    runs.iter().map(|(_, run)| run.summary.verdict).max_by_key(|verdict| rank(*verdict)).unwrap_or_default()
}

/// `6 of 6 pairs healthy at target`.
pub fn sentence(runs: &[Named]) -> String {
    let held = runs.iter().filter(|(_, run)| run.summary.verdict == Verdict::Held).count();
    format!("{held} of {} pairs healthy at target", runs.len())
}

/// The panels of the chart over all.
pub fn all_series(runs: &[Named]) -> Vec<Series> {
    let title =
        |run: &Run| format!("{}: {} of {} healthy", run.manifest.pair, run.summary.last.healthy, run.summary.target);
    runs.iter().map(|(_, run)| Series { title: title(run), ..Series::of(&run.manifest, run.bars.clone()) }).collect()
}

/// The facts that the chart over all names, as far as the runs share them.
pub fn shared_facts(series: &[Series]) -> String {
    let Some(first) = series.first() else { return String::new() };
    let shared = |fact: &&str| series.iter().all(|other| other.facts.split(" · ").any(|theirs| theirs == *fact));
    first.facts.split(" · ").filter(shared).collect::<Vec<_>>().join(" · ")
}

/// The report over several runs.
pub fn several(runs: &[Named]) -> String {
    let series = all_series(runs);
    let facts = shared_facts(&series);
    let reasons: Vec<String> = runs
        .iter()
        .filter(|(_, run)| !run.summary.why.is_empty())
        .map(|(_, run)| format!("{}: {}", run.manifest.pair, run.summary.why))
        .collect();
    let mut head = banner(verdict(runs), &sentence(runs), &reasons.join(" · "));
    if let Some((_, run)) = runs.first() {
        head.push_str(&claims(&run.manifest));
    }
    let mut sections = vec![Section::bare(head)];
    sections.push(Section::titled("Pairs", table(runs)));
    let figure = format!(
        "<figure class=\"chart\" data-charts><div class=\"wide\">{}</div><div class=\"narrow\">{}</div>\
         <figcaption>{} · X: {} · Y: number of tasks · <span class=\"hint\">point at a bar for its numbers</span></figcaption>\
         <output class=\"tip\" hidden></output></figure>",
        chart::grid("", "", &series, 3, 1080.0, Theme::Inherit),
        chart::grid("", "", &series, 1, 400.0, Theme::Inherit),
        escape(&facts),
        escape(series.first().map_or("", |series| &series.poll)),
    );
    sections.push(Section::titled("Tasks by state at each request", figure));
    let mut all_steps = String::new();
    for (name, run) in runs {
        let _ = write!(
            all_steps,
            "<details><summary><b>{}</b> · {}</summary>{}<p><a href=\"{}/report.html\">full report of this pair</a></p></details>",
            escape(&run.manifest.pair),
            escape(&headline(&run.summary)),
            steps(&run.summary.steps),
            escape(name)
        );
    }
    sections.push(Section::titled("Steps", all_steps));
    let first = runs.first().map(|(_, run)| &run.manifest);
    sections.push(Section::titled("Repeat it", first.map(repeat).unwrap_or_default()));
    let started = first.map_or("", |manifest| &manifest.started_at);
    page(&format!("{} pairs of containerizer and check", runs.len()), started, &sections, &series, &[])
}

fn table(runs: &[Named]) -> String {
    let mut html = String::from(
        "<div class=\"scroll\"><table><thead><tr><th>pair</th><th>verdict</th><th class=\"n\">healthy</th>\
         <th class=\"n\">slowest step</th><th class=\"n\">ever unhealthy</th><th class=\"n\">ended early</th>\
         <th class=\"n\">samples</th></tr></thead><tbody>",
    );
    for (name, run) in runs {
        let summary = &run.summary;
        let class = match summary.verdict {
            Verdict::Held => "held",
            Verdict::Stopped => "stopped",
            Verdict::NotReached | Verdict::Crossed | Verdict::Limit | Verdict::Broken => "not_reached",
        };
        let slowest = summary.steps.iter().filter_map(|step| step.reached_after).max_by(f64::total_cmp);
        let _ = writeln!(
            html,
            "<tr><td><a href=\"{}/report.html\">{}</a></td><td><span class=\"pill {class}\">{}</span></td>\
             <td class=\"n\">{}/{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
            escape(name),
            escape(&run.manifest.pair),
            summary.verdict.word().to_lowercase(),
            summary.last.healthy,
            summary.target,
            slowest.map_or("–".to_owned(), |seconds| format!("{seconds:.1} s")),
            summary.sick_tasks,
            summary.ended_tasks,
            summary.samples
        );
    }
    html.push_str("</tbody></table></div>");
    html
}

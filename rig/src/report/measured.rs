//! Tables over several runs: what was measured, what it was judged by, what was survived, what it most likely was.

use std::fmt::Write as _;

use harness::record::Quantiles;
use text::{or_dash, seconds};

use crate::{
    chart::style::escape,
    folder::{Run, incident, summary::Summary},
    report::{
        fragments::pill,
        verdicts::{JUDGED, judged},
    },
    verdict::Verdict,
    why::Diagnosis,
};

/// A run on a page over several.
#[derive(Clone, Debug)]
pub struct Member<'a> {
    /// What it is called there: its pair, and what tells it from others of this pair.
    pub name: String,
    /// Its folder beside the page.
    pub folder: &'a str,
    /// The run.
    pub run: &'a Run,
}

/// One column of the table: heading, and what stands in it.
type Column = (&'static str, fn(&Summary) -> String);

const COLUMNS: [Column; 9] = [
    ("healthy", |summary| format!("{}/{}", summary.last.healthy, summary.target)),
    ("slowest<br>step", |summary| {
        or_dash(summary.steps.iter().filter_map(|step| step.reached_after).max_by(f64::total_cmp), seconds)
    }),
    ("time to healthy<br>median · 99 %", |summary| {
        or_dash(summary.measures.as_ref().and_then(|all| all.time_to_healthy), |of: Quantiles| {
            format!("{:.1} · {:.1} s", of.p50, of.p99)
        })
    }),
    ("age of results<br>99 % · oldest", |summary| {
        let measures = summary.measures.as_ref();
        if measures.is_some_and(|all| all.age_of_changes_only) {
            return "not known".to_owned();
        }
        or_dash(measures.and_then(|all| all.age), |of| format!("{:.1} · {:.1} s", of.p99, of.max))
    }),
    ("Marathon's<br>answer, 99 %", |summary| {
        or_dash(summary.measures.as_ref().and_then(|all| all.api), |of| format!("{:.0} ms", of.p99 * 1e3))
    }),
    ("were unhealthy<br>(in grace only)", |summary| match summary.grace_tasks {
        0 => summary.sick_tasks.to_string(),
        late => format!("{} ({late})", summary.sick_tasks),
    }),
    ("killed by<br>a check", |summary| or_dash(summary.measures.as_ref(), |all| all.kills.to_string())),
    ("died", |summary| summary.ended_tasks.to_string()),
    ("samples", |summary| match summary.missed_polls {
        0 => summary.samples.to_string(),
        missed => format!("{} of {}", summary.samples, summary.samples + missed),
    }),
];

/// A row a run, each with the way to its own report.
pub fn table(members: &[Member<'_>]) -> String {
    let mut html = String::from("<div class=\"scroll\"><table class=\"runs\"><thead><tr><th>run</th><th>verdict</th>");
    for (heading, _) in COLUMNS {
        let _ = write!(html, "<th class=\"n\">{heading}</th>");
    }
    html.push_str("</tr></thead><tbody>\n");
    for Member { name, folder, run } in members {
        let (folder, name) = (escape(folder), escape(name));
        let _ = write!(
            html,
            "<tr><th scope=\"row\"><a href=\"{folder}/report.html\">{name}</a></th><td>{}</td>",
            pill(run.summary.verdict, &run.summary.verdict.word().to_lowercase())
        );
        for (_, tell) in COLUMNS {
            let _ = write!(html, "<td class=\"n\">{}</td>", tell(&run.summary));
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody></table></div>");
    html
}

/// Why runs did not pass, a line each; empty if all did.
pub fn reasons(members: &[Member<'_>]) -> Vec<String> {
    let failed = members.iter().filter(|member| member.run.summary.verdict != Verdict::Passed);
    failed.map(|Member { name, run, .. }| format!("{name}: {}", run.summary.why)).collect()
}

/// What became of each threshold of each run.
pub fn thresholds(members: &[Member<'_>]) -> String {
    let mut rows = String::new();
    for Member { name, run, .. } in members {
        let measures = run.summary.measures.iter();
        for judgement in measures.flat_map(|measures| &measures.thresholds) {
            let _ = writeln!(rows, "<tr><th scope=\"row\">{}</th>{}</tr>", escape(name), judged(judgement));
        }
    }
    if rows.is_empty() {
        return rows;
    }
    format!(
        "<div class=\"scroll\"><table class=\"runs\"><thead><tr><th>run</th>{JUDGED}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
}

/// What went wrong between the rig and Marathon without ending the runs: whose it is, and the sentence. Runs that all went
/// on side by side have it in common.
pub fn incidents(members: &[Member<'_>]) -> Vec<(String, String)> {
    let side_by_side = members.len() > 1 && members.iter().all(|member| member.run.manifest.rig.side_by_side > 1);
    let accounts = members.iter().map(|member| &member.run.summary.incidents);
    let sentences = if side_by_side {
        vec![("all runs".to_owned(), incident::sentence(incident::fullest(accounts)))]
    } else {
        members.iter().zip(accounts).map(|(member, all)| (member.name.clone(), incident::sentence(all))).collect()
    };
    sentences.into_iter().filter(|(_, sentence)| !sentence.is_empty()).collect()
}

/// The same for the page.
pub fn survived(members: &[Member<'_>]) -> String {
    let mut html = String::new();
    for (whose, sentence) in incidents(members) {
        let _ = write!(html, "<li><b>{}</b>: {}</li>", escape(&whose), escape(&sentence));
    }
    if html.is_empty() { html } else { format!("<ul>{html}</ul>") }
}

/// The likeliest cause of each run's trouble.
pub fn diagnoses(members: &[Member<'_>]) -> String {
    let mut html = String::new();
    for Member { name, folder, run } in members {
        let diagnosis = Diagnosis::of(run);
        let Some(first) = diagnosis.conclusions.first() else { continue };
        let _ = writeln!(
            html,
            "<details{}><summary><b>{}</b>: {}</summary><p class=\"soft\">{}</p><p>{}</p><p><a href=\"{}/report.html#diagnosis\">\
             evidence, and the tasks one by one</a></p></details>",
            if html.is_empty() { " open" } else { "" },
            escape(name),
            escape(&first.title),
            first.confidence.words(),
            escape(&first.text),
            escape(folder)
        );
    }
    html
}

//! Tables over several runs: what was measured, what it was judged by, what was survived, what it most likely was.

use std::fmt::Write as _;

use harness::record::Quantiles;
use text::{or_dash, seconds};

use crate::{
    chart::style::escape,
    folder::{Run, incident, summary::Summary},
    report::{
        fragments::{breakable, pill},
        verdicts::{JUDGED, judged},
    },
    why::{Conclusion, Diagnosis, Reason},
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

/// Of runs that scaled their apps.
const START: [Column; 2] = [
    ("slowest<br>step", |summary| {
        or_dash(summary.steps.iter().filter_map(|step| step.reached_after).max_by(f64::total_cmp), seconds)
    }),
    ("time to healthy<br>median · 99 %", |summary| {
        or_dash(summary.measures.as_ref().and_then(|all| all.time_to_healthy), |of: Quantiles| {
            format!("{:.1} · {:.1} s", of.p50, of.p99)
        })
    }),
];

/// Of watches: nobody saw their tasks start.
const CHANGES: [Column; 1] = [("flips", |summary| or_dash(summary.measures.as_ref(), |all| all.flips.to_string()))];

/// Of all.
const COLUMNS: [Column; 7] = [
    ("healthy", |summary| format!("{}/{}", summary.last.healthy, summary.target)),
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
    let watched = members.iter().all(|member| member.run.manifest.is_watch());
    let own: &[Column] = if watched { &CHANGES } else { &START };
    let (healthy, others) = COLUMNS.split_at(1);
    let columns = || healthy.iter().chain(own).chain(others);
    for (heading, _) in columns() {
        let _ = write!(html, "<th class=\"n\">{heading}</th>");
    }
    html.push_str("</tr></thead><tbody>\n");
    for Member { name, folder, run } in members {
        let (folder, name) = (escape(folder), breakable(name));
        let _ = write!(
            html,
            "<tr><th scope=\"row\"><a href=\"{folder}/report.html\">{name}</a></th><td>{}</td>",
            pill(run.summary.verdict, &run.summary.verdict.word().to_lowercase())
        );
        for (_, tell) in columns() {
            let _ = write!(html, "<td class=\"n\">{}</td>", tell(&run.summary));
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody></table></div>");
    html
}

/// What became of each threshold of each run: those that were kept on demand.
pub fn thresholds(members: &[Member<'_>]) -> String {
    let (mut kept, mut others) = (Vec::new(), Vec::new());
    for Member { name, run, .. } in members {
        let measures = run.summary.measures.iter();
        for judgement in measures.flat_map(|measures| &measures.thresholds) {
            let row = format!("<tr><th scope=\"row\">{}</th>{}</tr>\n", escape(name), judged(judgement));
            let was_kept = judgement.crossed.is_none() && judgement.worst.is_some();
            if was_kept { &mut kept } else { &mut others }.push(row);
        }
    }
    let table = |rows: &[String]| {
        format!(
            "<div class=\"scroll\"><table class=\"runs\"><thead><tr><th>run</th>{JUDGED}</tr></thead><tbody>{}</tbody></table></div>",
            rows.concat()
        )
    };
    let mut html = if others.is_empty() { String::new() } else { table(&others) };
    if !kept.is_empty() {
        let _ = write!(html, "<details><summary>{} kept</summary>{}</details>", kept.len(), table(&kept));
    }
    html
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

/// The likeliest causes of the runs' trouble: runs of one cause together, with the first of them as the example.
pub fn diagnoses(members: &[Member<'_>]) -> String {
    let mut causes: Vec<(Conclusion, Vec<&Member<'_>>)> = Vec::new();
    for member in members {
        let Some(first) = Diagnosis::of(member.run).conclusions.into_iter().next() else { continue };
        match causes.iter_mut().find(|(cause, _)| cause.reason == first.reason) {
            Some((_, runs)) => runs.push(member),
            None => causes.push((first, vec![member])),
        }
    }
    // What is not known comes last. Stable: among equals in the order of the runs.
    causes.sort_by_key(|(cause, runs)| (cause.reason == Reason::Unknown, std::cmp::Reverse(runs.len())));
    let mut html = String::new();
    for (cause, runs) in &causes {
        let links: Vec<String> = runs.iter().map(|member| evidence(member)).collect();
        let whose = if runs.len() > 1 { format!("{} runs", runs.len()) } else { runs[0].name.clone() };
        let example = if runs.len() > 1 { format!("For example {}: ", escape(&runs[0].name)) } else { String::new() };
        let _ = writeln!(
            html,
            "<details class=\"paper\"{}><summary><b>{}</b>: {}</summary><p class=\"soft\">{}</p><p>{example}{}</p>\
             <p class=\"soft\">Evidence, and the tasks: {}</p></details>",
            if html.is_empty() { " open" } else { "" },
            escape(&whose),
            escape(&cause.title),
            cause.confidence.words(),
            escape(&cause.text),
            links.join(", ")
        );
    }
    html
}

/// The way to a run's own diagnosis.
fn evidence(member: &Member<'_>) -> String {
    format!("<a href=\"{}/report.html#diagnosis\">{}</a>", escape(member.folder), escape(&member.name))
}

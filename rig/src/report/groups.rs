//! The tasks in trouble by their causes: a group each with one example, and every task on demand.

use std::{collections::HashMap, fmt::Write as _};

use harness::record::TaskLife;
use text::count;

use crate::{
    chart::style::escape,
    folder::Run,
    report::fragments::command,
    verdict::Tone,
    why::{Alike, Finding, Groups, alike, findings},
};

/// So many groups are shown at once; the others are folded.
const SHOWN: usize = 6;
/// So many groups are on the page at all.
const MOST_GROUPS: usize = 40;
/// So many tasks of a group are listed; `tasks.csv` has all.
const LISTED: usize = 200;

/// The tasks that had a bad result or ended.
pub fn troubles(run: &Run) -> String {
    let findings = findings(run);
    if findings.is_empty() {
        return none(run);
    }
    let lives: HashMap<&str, &TaskLife> = run.lives.all().map(|life| (life.id.as_str(), life)).collect();
    let all: Vec<&TaskLife> = run.lives.all().collect();
    let groups = alike(&findings);
    let mut html = String::new();
    let (shown, rest) = groups.split_at(groups.len().min(SHOWN));
    let poll = run.manifest.plan.poll_seconds;
    let common = |of: &Alike<'_>| {
        let theirs: Vec<&TaskLife> =
            of.tasks.iter().filter_map(|task| lives.get(task.task.as_str()).copied()).collect();
        // The heading names the cause.
        Groups { causes: Vec::new(), ..Groups::of(&theirs, &all, poll) }.sentences()
    };
    for of in shown {
        group(&mut html, of, &common(of));
    }
    if !rest.is_empty() {
        let _ = write!(html, "<details><summary>{} of other causes</summary>", count(rest.len(), "group"));
        for of in rest.iter().take(MOST_GROUPS) {
            group(&mut html, of, &common(of));
        }
        html.push_str("</details>");
    }
    html
}

fn none(run: &Run) -> String {
    let grace = match run.summary.grace_tasks {
        0 => "no task had <code>\"alive\": false</code>".to_owned(),
        late => format!("{late} failed within the grace period and then got well"),
    };
    let until = if run.manifest.is_watch() { "while they were watched" } else { "before clean-up" };
    format!("<p class=\"soft\">None: {grace}, and none died {until}.</p>")
}

/// Several tasks of one cause; a single one is its own example.
fn group(html: &mut String, of: &Alike<'_>, common: &[String]) {
    let [example, others @ ..] = &of.tasks[..] else { return };
    if others.is_empty() {
        html.push_str("<div class=\"task\">");
        head(html, &example.task, example, &example.status);
    } else {
        html.push_str("<div class=\"task\">");
        head(html, &count(of.tasks.len(), "task"), example, &of.what);
        if !common.is_empty() {
            let _ = write!(html, "<p class=\"soft\">{}</p>", escape(&common.join("; ")));
        }
        let _ = write!(html, "<p class=\"soft\">For example <b>{}</b></p>", escape(&example.task));
    }
    facts(html, example);
    if !others.is_empty() {
        every(html, &of.tasks);
    }
    html.push_str("</div>\n");
}

fn head(html: &mut String, name: &str, example: &Finding, what: &str) {
    let tone = if example.status.starts_with("was unhealthy") { Tone::Neutral } else { Tone::Bad };
    let class = tone.class();
    let _ = write!(html, "<h3>{} <span class=\"pill {class}\">{}</span></h3>", escape(name), escape(what));
}

fn facts(html: &mut String, finding: &Finding) {
    let failures =
        if finding.failures > 0 { format!(", {} in a row", count(finding.failures, "failure")) } else { String::new() };
    let pid = finding.executor_pid.map_or(String::new(), |pid| format!("pid {pid}"));
    let facts = [
        ("check", format!("{}{failures}", finding.check)),
        ("where", finding.address.clone()),
        ("agent", finding.agent.clone()),
        ("executor", pid),
        ("since", finding.since.clone()),
        ("cause", finding.cause.clone()),
        ("end", finding.end.clone().unwrap_or_default()),
        ("look at", finding.look.clone()),
    ];
    html.push_str("<dl>");
    for (key, value) in facts.into_iter().filter(|(_, value)| !value.is_empty()) {
        let _ = write!(html, "<dt>{key}</dt><dd>{}</dd>", escape(&value));
    }
    html.push_str("</dl><details><summary>its timeline, and commands to look further</summary><ol class=\"timeline\">");
    for moment in &finding.timeline {
        let _ = write!(html, "<li><span>{:.1} s</span>{}</li>", moment.t, escape(&moment.what.to_string()));
    }
    html.push_str("</ol>");
    for line in finding.commands.iter().chain(&finding.ready) {
        html.push_str(&command(line));
    }
    html.push_str("</details>");
}

/// A row a task, with what tells it from the others of its group.
fn every(html: &mut String, tasks: &[&Finding]) {
    let _ = writeln!(
        html,
        "<details><summary>all {}</summary><div class=\"scroll\"><table class=\"runs\"><thead><tr><th>task</th>\
         <th>where</th><th>since</th><th class=\"n\">failures<br>in a row</th><th>end</th></tr></thead><tbody>",
        count(tasks.len(), "task")
    );
    for task in tasks.iter().take(LISTED) {
        let _ = writeln!(
            html,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td class=\"n\">{}</td><td>{}</td></tr>",
            escape(&task.task),
            escape(&task.address),
            escape(&task.since),
            task.failures,
            escape(task.end.as_deref().unwrap_or("–"))
        );
    }
    html.push_str("</tbody></table></div>");
    if tasks.len() > LISTED {
        let _ = write!(html, "<p class=\"soft\">and {} more in tasks.csv</p>", tasks.len() - LISTED);
    }
    html.push_str("</details>");
}

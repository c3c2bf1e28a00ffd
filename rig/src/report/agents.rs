//! The table of agents: where the tasks ran, and where they were in trouble.

use std::{collections::BTreeMap, fmt::Write as _};

use text::or_dash;

use crate::{
    chart::style::escape,
    folder::{Run, summary::percentile},
};

/// So many agents are shown at once, those with most trouble first; the others are folded.
const SHOWN: usize = 8;
/// So many agents are on the page at all.
const MOST: usize = 500;

#[derive(Debug, Default)]
struct Agent {
    tasks: u64,
    troubled: u64,
    killed: u64,
    died: u64,
    waits: Vec<f64>,
}

/// The agents that tasks ran on. One alone tells nothing.
pub fn agents(run: &Run) -> String {
    let mut by_host: BTreeMap<&str, Agent> = BTreeMap::new();
    for life in run.lives.all() {
        let agent = by_host.entry(life.host.as_str()).or_default();
        agent.tasks += 1;
        agent.troubled += u64::from(life.is_troubled());
        agent.killed += u64::from(life.killed.is_some());
        agent.died += u64::from(life.end.is_some());
        agent.waits.extend(life.seconds_to_healthy);
    }
    if by_host.len() < 2 {
        return String::new();
    }
    let mut agents: Vec<(&str, Agent)> = by_host.into_iter().collect();
    // Stable: among equals by name.
    agents.sort_by_key(|(_, agent)| std::cmp::Reverse(agent.troubled));
    let few = agents.len().min(SHOWN);
    let (shown, rest) = agents.split_at_mut(few);
    // Nobody saw the tasks of a watch start.
    let started = !run.manifest.is_watch();
    let mut html = table(shown, started);
    if !rest.is_empty() {
        let listed = rest.len().min(MOST);
        let _ = write!(
            html,
            "<details><summary>{} more, with at most {} in trouble each</summary>{}</details>",
            text::count(rest.len(), "agent"),
            rest.first().map_or(0, |(_, agent)| agent.troubled),
            table(&mut rest[..listed], started)
        );
    }
    html
}

fn table(agents: &mut [(&str, Agent)], started: bool) -> String {
    let times =
        if started { "<th class=\"n\">staged → healthy<br>median</th><th class=\"n\"><br>slowest</th>" } else { "" };
    let mut html = format!(
        "<div class=\"scroll\"><table><thead><tr><th>agent</th><th class=\"n\">tasks</th><th class=\"n\">in trouble</th>\
         <th class=\"n\">killed by<br>a check</th><th class=\"n\">died</th>{times}</tr></thead><tbody>\n"
    );
    for (host, agent) in agents {
        let host = if host.is_empty() { "not known" } else { host };
        let _ = write!(html, "<tr><th scope=\"row\">{}</th>", escape(host));
        for number in [agent.tasks, agent.troubled, agent.killed, agent.died] {
            let _ = write!(html, "<td class=\"n\">{number}</td>");
        }
        if started {
            agent.waits.sort_by(f64::total_cmp);
            for value in [percentile(&agent.waits, 50.0), agent.waits.last().copied()] {
                let _ = write!(html, "<td class=\"n\">{}</td>", or_dash(value, |value| format!("{value:.2} s")));
            }
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody></table></div>");
    html
}

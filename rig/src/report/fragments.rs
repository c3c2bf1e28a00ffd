//! The parts of a report. Everything that may come from a cluster goes through [`escape`].

use std::fmt::Write as _;

use harness::record::json;
use text::{count, decimal, seconds};

use crate::{
    chart::style::escape,
    exit::Code,
    folder::{
        Run,
        manifest::{ClusterKind, Manifest, NO_TLS},
        summary::{Step, Summary},
    },
    verdict::{Row, Tone, Verdict},
    why::{Diagnosis, Finding, SHOWN_BY_DEFAULT, findings},
};

/// The sentence that the verdict stands for.
pub fn headline(summary: &Summary) -> String {
    match summary.verdict {
        Verdict::Passed | Verdict::Degraded if summary.limit.as_ref().is_some_and(|limit| limit.breaks.is_none()) => {
            format!("no limit up to {}: all of them stay healthy", text::count(summary.target, "task"))
        }
        Verdict::Passed | Verdict::Degraded => {
            let healthy = format!("{} of {} tasks healthy at target", summary.last.healthy, summary.target);
            match (summary.sick_tasks, summary.grace_tasks) {
                (0, 0) => healthy,
                (0, late) => format!("{healthy}, {late} failed within the grace period first"),
                (1, _) => format!("{healthy}, 1 was unhealthy on the way"),
                (sick, _) => format!("{healthy}, {sick} were unhealthy on the way"),
            }
        }
        Verdict::Limit => {
            format!("{} tasks stay healthy, of up to {} that were to be tried", summary.reached, summary.target)
        }
        Verdict::Failed | Verdict::Stopped | Verdict::Error => {
            let reason = summary.reason.map(|reason| format!("{}; ", reason.words())).unwrap_or_default();
            format!(
                "{reason}{} of {} tasks healthy; largest target reached: {}",
                summary.last.healthy, summary.target, summary.reached
            )
        }
    }
}

/// The coloured head of the page: the verdict, why, and what it most likely was.
pub fn verdict(run: &Run, diagnosis: &Diagnosis) -> String {
    let summary = &run.summary;
    let why = if summary.why.is_empty() { Vec::new() } else { vec![summary.why.clone()] };
    let likely = diagnosis.conclusions.first().map(|first| first.title.as_str());
    banner(summary.verdict, &headline(summary), &why, likely)
}

/// A coloured head: sign, word, sentence; reasons, and the title of the diagnosis, which the page has further down.
pub fn banner(verdict: Verdict, headline: &str, reasons: &[String], likely: Option<&str>) -> String {
    let Row { word, sign, tone, .. } = verdict.row();
    let mut more: String = reasons.iter().map(|reason| format!("<p>{}</p>", escape(reason))).collect();
    if let Some(title) = likely {
        let how = if verdict == Verdict::Passed { "Yet" } else { "Most likely" };
        let _ = write!(more, "<p>{how}: <a href=\"#diagnosis\">{}</a></p>", escape(title));
    }
    head(tone.class(), sign, &format!("{word}: {headline}"), &more)
}

/// The coloured box itself; `more` is HTML.
pub fn head(class: &str, sign: &str, headline: &str, more: &str) -> String {
    format!(
        "<div class=\"verdict {class}\"><span class=\"sign\" aria-hidden=\"true\">{sign}</span><div>\
         <strong>{}</strong>{more}</div></div>\n",
        escape(headline)
    )
}

/// A word or a number in the colour of its verdict.
pub fn pill(verdict: Verdict, text: &str) -> String {
    format!("<span class=\"pill {}\">{}</span>", verdict.row().tone.class(), escape(text))
}

/// What this report may claim: fake or real, clock, cores, loopback.
pub fn claims(manifest: &Manifest) -> String {
    format!("<p class=\"claims\">{}</p>\n", escape(&claim_text(manifest)))
}

/// The claim as one line of plain text.
pub fn claim_text(manifest: &Manifest) -> String {
    let cluster = &manifest.cluster;
    let mut parts = Vec::new();
    if cluster.kind == ClusterKind::Embedded {
        let tasks = cluster.tasks.as_deref().unwrap_or("simulated");
        parts.push(format!("Fake Marathon in this program on loopback, {tasks} tasks"));
        if cluster.prompt_offers {
            parts.push("prompt offers (faster than Mesos's offer cycles; health timing is Marathon's own)".to_owned());
        }
    } else {
        parts.push(format!("Cluster {}", cluster.url));
        match cluster.tls.as_str() {
            "" => {}
            tls @ NO_TLS => parts.push(tls.to_owned()),
            tls => parts.push(format!("TLS: {tls}")),
        }
    }
    for (name, version) in [("Marathon", &cluster.marathon), ("Mesos", &cluster.mesos), ("DC/OS", &cluster.dcos)] {
        if let Some(version) = version {
            parts.push(format!("{name} {version}"));
        }
    }
    let cores = manifest.rig.cores;
    parts.push(count(cores, "core"));
    if !manifest.rig.clock.is_empty() {
        parts.push(format!("{} clock", manifest.rig.clock));
    }
    if manifest.rig.side_by_side > 1 {
        let what = if manifest.is_watch() { "apps watched at the same time" } else { "pairs side by side" };
        parts.push(format!("{} {what}", manifest.rig.side_by_side));
    }
    parts.extend(cluster.lowered.clone());
    parts.join(" · ")
}

/// The numbers that matter, large.
pub fn tiles(run: &Run) -> String {
    let summary = &run.summary;
    let slowest = summary.steps.iter().filter_map(|step| step.reached_after).max_by(f64::total_cmp);
    let tile = |value: String, label: &str| format!("<div class=\"tile\"><b>{value}</b><span>{label}</span></div>");
    let mut html = String::from("<div class=\"tiles\">");
    html.push_str(&match &summary.limit {
        Some(limit) => tile(limit.holds.to_string(), "tasks stay healthy"),
        None => tile(format!("{}/{}", summary.last.healthy, summary.target), "healthy at the end"),
    });
    html.push_str(&tile(format!("{} s", decimal(summary.seconds.round(), 2)), "first to last sample"));
    html.push_str(&tile(slowest.map_or("–".to_owned(), seconds), "slowest step"));
    html.push_str(&tile(summary.sick_tasks.to_string(), &format!("tasks that were unhealthy{}", in_grace(summary))));
    html.push_str(&tile(summary.ended_tasks.to_string(), "tasks that died"));
    let missed = if summary.missed_polls > 0 { format!(", {} missed", summary.missed_polls) } else { String::new() };
    html.push_str(&tile(summary.samples.to_string(), &format!("samples{missed}")));
    html.push_str("</div>");
    html
}

/// What is to be said beside the number of sick tasks: failures in grace are counted and drawn apart.
pub fn in_grace(summary: &Summary) -> String {
    if summary.grace_tasks == 0 { String::new() } else { format!(", {} more in grace only", summary.grace_tasks) }
}

/// The table of steps with times to healthy.
pub fn steps(steps: &[Step]) -> String {
    if steps.is_empty() {
        return String::new();
    }
    let mut html = String::from(
        "<div class=\"scroll\"><table><thead><tr><th class=\"n\">step</th><th class=\"n\">target</th>\
         <th class=\"n\">from request</th><th class=\"n\">all healthy after</th><th class=\"n\">new tasks</th>\
         <th class=\"n\">staged → healthy<br>median</th><th class=\"n\"><br>99 %</th><th class=\"n\"><br>slowest</th>\
         <th class=\"n\">most unhealthy<br>at once</th></tr></thead><tbody>\n",
    );
    for (index, step) in steps.iter().enumerate() {
        let _ = write!(
            html,
            "<tr><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>",
            index + 1,
            step.target,
            step.request
        );
        let reached = step.reached_after.map_or("not reached".to_owned(), seconds);
        let _ = write!(html, "<td class=\"n\">{reached}</td><td class=\"n\">{}</td>", step.tasks);
        for value in [step.task_p50, step.task_p99, step.task_max] {
            let _ =
                write!(html, "<td class=\"n\">{}</td>", value.map_or("–".to_owned(), |value| format!("{value:.2} s")));
        }
        let _ = writeln!(html, "<td class=\"n\">{}</td></tr>", step.worst_unhealthy);
    }
    html.push_str("</tbody></table></div>");
    html
}

/// The tasks that had a bad result or ended.
pub fn troubles(run: &Run) -> String {
    let findings = findings(run);
    if findings.is_empty() {
        let grace = match run.summary.grace_tasks {
            0 => "no task had <code>\"alive\": false</code>".to_owned(),
            late => format!("{late} failed within the grace period and then got well"),
        };
        return format!("<p class=\"soft\">None: {grace}, and none died before clean-up.</p>");
    }
    let mut html = String::new();
    let (shown, rest) = findings.split_at(findings.len().min(SHOWN_BY_DEFAULT));
    for finding in shown {
        task(&mut html, finding);
    }
    if !rest.is_empty() {
        let _ = write!(html, "<details><summary>{} more</summary>", rest.len());
        for finding in rest.iter().take(500) {
            task(&mut html, finding);
        }
        if rest.len() > 500 {
            let _ = write!(html, "<p class=\"soft\">and {} more in samples.jsonl</p>", rest.len() - 500);
        }
        html.push_str("</details>");
    }
    html
}

fn task(html: &mut String, finding: &Finding) {
    let tone = if finding.status.starts_with("was unhealthy") { Tone::Neutral } else { Tone::Bad };
    let class = tone.class();
    let _ = write!(
        html,
        "<div class=\"task\"><h3>{} <span class=\"pill {class}\">{}</span></h3><dl>",
        escape(&finding.task),
        escape(&finding.status)
    );
    let failures =
        if finding.failures > 0 { format!(", {} failures in a row", finding.failures) } else { String::new() };
    let pid = finding.executor_pid.map_or("not known".to_owned(), |pid| format!("pid {pid}"));
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
    for (key, value) in facts.into_iter().filter(|(_, value)| !value.is_empty()) {
        let _ = write!(html, "<dt>{key}</dt><dd>{}</dd>", escape(&value));
    }
    html.push_str("</dl>");
    for line in finding.commands.iter().chain(&finding.ready) {
        html.push_str(&command(line));
    }
    html.push_str("<details><summary class=\"soft\">timeline</summary><ol class=\"timeline\">");
    for moment in &finding.timeline {
        let _ = write!(html, "<li><span>{:.1} s</span>{}</li>", moment.t, escape(&moment.what.to_string()));
    }
    html.push_str("</ol></details></div>\n");
}

/// A command to be copied.
pub fn command(line: &str) -> String {
    let line = escape(line);
    format!(
        "<div class=\"command\"><code>{line}</code><button type=\"button\" hidden data-copy=\"{line}\">copy</button></div>"
    )
}

/// Settings and versions.
pub fn settings(run: &Run) -> String {
    let manifest = &run.manifest;
    let check = manifest.check();
    let cluster = &manifest.cluster;
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let targets: Vec<String> = manifest.plan.targets.iter().map(u64::to_string).collect();
    let mut rows = vec![("containerizer", manifest.containerizer().to_owned()), ("check", check.protocol.to_string())];
    if check.has_check() {
        let delay = check.delay.map(|delay| format!(", first after {delay} s")).unwrap_or_default();
        rows.push((
            "check timing",
            format!(
                "every {} s, timeout {} s, grace {} s, {} consecutive failures{delay}",
                check.interval, check.timeout, check.grace, check.failures
            ),
        ));
    }
    rows.extend([
        ("app", manifest.app.clone()),
        ("targets", targets.join(", ")),
        ("poll", format!("every {} s", decimal(manifest.plan.poll_seconds, 2))),
        ("time for one step", format!("{} s", decimal(manifest.plan.step_seconds, 2))),
        ("cluster", cluster.url.clone()),
        ("agents", cluster.agents.map(|n| n.to_string()).unwrap_or_default()),
        ("Marathon", text(&cluster.marathon)),
        ("Mesos", text(&cluster.mesos)),
        ("TLS", cluster.tls.clone()),
        ("hc-rig", format!("{} on {} cores", manifest.rig.version, manifest.rig.cores)),
        ("clean-up", run.summary.clean_up.to_string()),
        ("exit code", exit(run)),
    ]);
    if run.torn > 0 {
        rows.push(("torn lines", format!("{} in samples.jsonl, left out", run.torn)));
    }
    table(rows)
}

fn exit(run: &Run) -> String {
    let meaning = Code::of_status(run.summary.exit).map_or_else(String::new, |code| format!(" ({code})"));
    format!("{}{meaning}", run.summary.exit)
}

/// A table of names and values; empty values are left out.
pub fn table(rows: Vec<(&str, String)>) -> String {
    let mut html = String::from("<table class=\"facts\"><tbody>");
    for (key, value) in rows.into_iter().filter(|(_, value)| !value.is_empty()) {
        let _ = write!(html, "<tr><th scope=\"row\">{key}</th><td>{}</td></tr>", escape(&value));
    }
    html.push_str("</tbody></table>");
    html
}

/// The definition that was sent.
pub fn definition(manifest: &Manifest) -> String {
    if manifest.definition.is_null() {
        return String::new();
    }
    let text = json::pretty(&manifest.definition).unwrap_or_default();
    format!(
        "<details><summary>as it was sent, secrets left out</summary><pre>{}</pre></details>",
        escape(&text::visible_lines(text.trim_end()))
    )
}

/// The command that repeats the run.
pub fn repeat(manifest: &Manifest) -> String {
    if manifest.command.is_empty() { String::new() } else { command(&manifest.command) }
}

/// What else the folder of one run holds.
pub const FILES: [(&str, &str); 11] = [
    ("samples.jsonl", "one line a request: time, target, counts, Marathon's task objects; look for \"alive\": false"),
    ("events.jsonl", "Marathon's events as they came, which executor runs which task, and what the rig asked itself"),
    ("summary.json", "verdict, steps and counters for scripts"),
    ("run.json", "settings and versions"),
    ("summary.md", "the same for a comment on a change"),
    ("junit.xml", "a test case a step, for a CI system"),
    ("samples.csv", "counts and times of each request, for a spreadsheet"),
    ("tasks.csv", "the tasks, for a spreadsheet"),
    ("trace.json", "task timelines, to be opened in Perfetto"),
    ("chart.svg", "the picture above as a file"),
    ("chart.png", "the same as pixels"),
];

/// What the folder over several runs holds, `picture` without its ending.
pub fn over_all(picture: &str) -> Vec<(String, &'static str)> {
    let own = |name: &str, what| (name.to_owned(), what);
    vec![
        own("summary.json", "the verdict over all and the summary of each run, for scripts"),
        own("summary.md", "the same for a comment on a change"),
        own("junit.xml", "a suite a run, a test case a step, for a CI system"),
        (format!("{picture}.svg"), "the picture above as a file"),
        (format!("{picture}.png"), "the same as pixels"),
    ]
}

/// The files beside the page, with what they hold.
pub fn files<N: AsRef<str>>(rows: &[(N, &str)]) -> String {
    let mut html = String::from("<table class=\"facts\"><tbody>");
    for (name, what) in rows {
        let (name, what) = (escape(name.as_ref()), escape(what));
        let _ = write!(html, "<tr><th scope=\"row\"><a href=\"{name}\">{name}</a></th><td>{what}</td></tr>");
    }
    html.push_str("</tbody></table>");
    html
}

//! The parts of a report. Everything that may come from a cluster goes through [`escape`].

use std::fmt::Write as _;

use harness::record::json;
use text::{count, decimal};

use crate::{
    chart::style::escape,
    exit::Code,
    folder::{
        Run,
        manifest::{ClusterKind, Manifest, NO_TLS},
        summary::Summary,
    },
    verdict::{Row, Verdict},
    why::Diagnosis,
};

/// The sentence that the verdict stands for.
pub fn headline(run: &Run) -> String {
    let summary = &run.summary;
    match summary.verdict {
        Verdict::Passed | Verdict::Degraded if summary.limit.as_ref().is_some_and(|limit| limit.breaks.is_none()) => {
            format!("no limit up to {}: all of them stay healthy", text::count(summary.target, "task"))
        }
        Verdict::Passed | Verdict::Degraded => {
            let when = if run.manifest.is_watch() { "at the end" } else { "at target" };
            let (well, word) = run.well();
            let healthy = format!("{well} of {} tasks {word} {when}", summary.target);
            if run.is_unchecked() {
                return format!("{healthy}, without health checks");
            }
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
            let (well, word) = run.well();
            let healthy = format!("{reason}{well} of {} tasks {word}", summary.target);
            if run.manifest.is_watch() {
                return format!("{healthy} at the end");
            }
            format!("{healthy}; largest target reached: {}", summary.reached)
        }
    }
}

/// The coloured head of the page: the verdict, why, and what it most likely was.
pub fn verdict(run: &Run, diagnosis: &Diagnosis) -> String {
    let summary = &run.summary;
    let why = if summary.why.is_empty() { Vec::new() } else { vec![summary.why.clone()] };
    let likely = diagnosis.likely();
    banner(summary.verdict, &headline(run), &why, likely)
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

/// The name of a run, which a narrow table may break after the comma of its pair.
pub fn breakable(name: &str) -> String {
    escape(name).replace(',', ",<wbr>")
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
        if let Some(launching) = cluster.launching {
            parts.push(format!("launching not by Marathon's defaults: {launching}"));
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
    if let Some(late) = cluster.checks_late {
        let (p99, max) = (late.p99_seconds * 1e3, late.max_seconds * 1e3);
        parts.push(format!("checks began at most {max:.0} ms late (p99 {p99:.0} ms)"));
    }
    parts.join(" · ")
}

/// What is to be said beside the number of sick tasks: failures in grace are counted and drawn apart.
pub fn in_grace(summary: &Summary) -> String {
    if summary.grace_tasks == 0 { String::new() } else { format!(", {} more in grace only", summary.grace_tasks) }
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
    let scaled = |text: String| if manifest.is_watch() { String::new() } else { text };
    rows.extend([
        ("app", manifest.app.clone()),
        ("targets", scaled(few(&targets))),
        ("poll", format!("every {} s", decimal(manifest.plan.poll_seconds, 2))),
        ("time for one step", scaled(format!("{} s", decimal(manifest.plan.step_seconds, 2)))),
        ("cluster", cluster.url.clone()),
        ("agents", cluster.agents.map(|n| n.to_string()).unwrap_or_default()),
        ("Marathon", text(&cluster.marathon)),
        ("Mesos", text(&cluster.mesos)),
        ("TLS", cluster.tls.clone()),
        ("hc-rig", format!("{} on {} cores", manifest.rig.version, manifest.rig.cores)),
        ("clean-up", scaled(run.summary.clean_up.to_string())),
        ("exit code", exit(run)),
    ]);
    if let Some(left_out) = run.scanned.left_out() {
        rows.push(("record", left_out));
    }
    table(rows)
}

/// All of a few targets, else how many, the first and the last.
fn few(targets: &[String]) -> String {
    match targets {
        [first, second, .., last] if targets.len() > 12 => {
            format!("{first}, {second}, … {last} ({} in all)", targets.len())
        }
        all => all.join(", "),
    }
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
    let whose = if manifest.is_watch() { "As Marathon had it" } else { "As it was sent" };
    format!(
        "<p class=\"soft\">{whose}, secrets left out.</p><pre>{}</pre>",
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

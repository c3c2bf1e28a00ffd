//! The summary at the end of `hc-rig watch`: an app after the other with what was found.

use std::fmt::Write as _;

use crate::{
    command_line::quoted,
    folder::{Named, Run},
    report::{
        fragments::{claim_text, headline},
        several,
    },
    terminal::{
        closing::{Closing, Ending, next_why, results, took},
        diagnosis,
        layout::{INDENT, field, field_of_parts, paragraph},
    },
    verdict::Verdict,
    why::Diagnosis,
};

/// What the watch of one app or several found.
pub fn render(runs: &[Named], ending: Ending<'_>) -> Closing {
    let mut out = String::new();
    let (verdict, sentence) = match runs {
        [(_, run)] => {
            one(&mut out, run, ending);
            (run.summary.verdict, format!("{}: {}", run.manifest.app, headline(run)))
        }
        _ => {
            on(&mut out, runs);
            runs.iter().for_each(|(name, run)| of_several(&mut out, name, run, ending));
            (several::verdict(runs), several::sentence(runs))
        }
    };
    results(&mut out, ending.folder);
    let samples: u64 = runs.iter().map(|(_, run)| run.summary.samples).sum();
    field(&mut out, "Samples", format_args!("{samples} in {}", ending.folder.display()));
    field(&mut out, "Changed", "nothing: the apps were only read");
    took(&mut out, ending);
    Closing { verdict, sentence, body: out }
}

fn on(out: &mut String, runs: &[Named]) {
    if let Some((_, run)) = runs.first() {
        field_of_parts(out, "On", &claim_text(&run.manifest));
        out.push('\n');
    }
}

fn one(out: &mut String, run: &Run, ending: Ending<'_>) {
    let summary = &run.summary;
    if !summary.why.is_empty() {
        field(out, "Why", &summary.why);
    }
    field_of_parts(out, "On", &claim_text(&run.manifest));
    out.push('\n');
    field(out, "Seen", seen(run));
    out.push_str(&diagnosis::short(&Diagnosis::of(run)));
    if summary.verdict != Verdict::Passed {
        next_why(out, ending.folder);
    }
}

fn of_several(out: &mut String, name: &str, run: &Run, ending: Ending<'_>) {
    let _ = writeln!(out, "  {:<9} {:<24} {}", run.summary.verdict.word(), run.manifest.app, seen(run));
    if !run.summary.why.is_empty() {
        paragraph(out, INDENT, &run.summary.why);
    }
    if let Some(first) = Diagnosis::of(run).conclusions.first() {
        paragraph(out, INDENT, &format!("{} ({})", first.title, first.confidence.words()));
        let _ = writeln!(out, "{INDENT}hc-rig why {}", quoted(&ending.folder.join(name).display().to_string()));
    }
}

/// `2/3 healthy   1 unhealthy   4 flips   1 killed by a check`.
fn seen(run: &Run) -> String {
    let summary = &run.summary;
    let (well, word) = run.well();
    let mut text = format!("{well}/{} {word}", summary.target);
    let (flips, kills, losses) =
        summary.measures.as_ref().map(|all| (all.flips, all.kills, all.losses)).unwrap_or_default();
    let parts = [
        (summary.sick_tasks, "task that was unhealthy", "tasks that were unhealthy"),
        (flips, "flip", "flips"),
        (kills, "killed by a check", "killed by a check"),
        (losses, "ended otherwise", "ended otherwise"),
    ];
    for (n, one, many) in parts {
        if n > 0 {
            let _ = write!(text, "   {}", text::count_irregular(n, one, many));
        }
    }
    text
}

//! What the run was judged by: thresholds with value and bound, the limit, and the diagnosis in words.

use std::fmt::Write as _;

use harness::scale::Judgement;

use crate::{
    chart::style::escape,
    folder::summary::Summary,
    verdict::Tone,
    why::{Conclusion, Diagnosis},
};

/// The headings over [`judged`].
pub const JUDGED: &str = "<th>threshold</th><th></th><th class=\"n\">worst value</th><th class=\"n\">at</th>\
                          <th class=\"n\">longest beyond</th><th class=\"n\">crossed at</th>";

/// The cells of one threshold: its worst value, and when it was crossed.
pub fn judged(judgement: &Judgement) -> String {
    let (tone, word) = match (&judgement.crossed, judgement.worst) {
        (Some(_), _) => (Tone::Bad, "crossed"),
        (None, Some(_)) => (Tone::Good, "kept"),
        (None, None) => (Tone::Neutral, "cannot be judged: never measured"),
    };
    let class = tone.class();
    let at = |t: Option<f64>| t.map_or("–".to_owned(), |t| format!("{t:.1} s"));
    format!(
        "<td><code>{}</code></td><td><span class=\"pill {class}\">{word}</span></td><td class=\"n\">{}</td>\
         <td class=\"n\">{}</td><td class=\"n\">{:.1} s</td><td class=\"n\">{}</td>",
        escape(&judgement.threshold),
        escape(judgement.found.as_deref().unwrap_or("–")),
        at(judgement.worst_at),
        judgement.longest,
        at(judgement.crossed.as_ref().map(|crossing| crossing.at)),
    )
}

/// Each threshold with its worst value, its bound, and when it was crossed.
pub fn thresholds(summary: &Summary) -> String {
    let Some(measures) = summary.measures.as_ref().filter(|measures| !measures.thresholds.is_empty()) else {
        return String::new();
    };
    let rows: String =
        measures.thresholds.iter().map(|judgement| format!("<tr>{}</tr>\n", judged(judgement))).collect();
    format!("<div class=\"scroll\"><table><thead><tr>{JUDGED}</tr></thead><tbody>{rows}</tbody></table></div>")
}

/// The limit that a search found, and its tries.
pub fn limit(summary: &Summary) -> String {
    let Some(limit) = &summary.limit else { return String::new() };
    let breaks =
        limit.breaks.map_or(format!("no limit up to {}", limit.holds), |breaks| format!("{breaks} is too many"));
    let mut html = format!("<p><b>{} tasks stay healthy</b>; {breaks}.</p>", limit.holds);
    if let (Some(lowest), highest) = limit.spread
        && lowest <= highest
    {
        let _ = write!(
            html,
            "<p>Between {lowest} and {highest} chance decides: {lowest} broke once, {highest} stayed healthy once.</p>"
        );
    }
    let tried: Vec<String> = limit.tries.keys().map(u32::to_string).collect();
    let _ = write!(html, "<p class=\"soft\">Tried: {}</p>", tried.join(", "));
    html
}

/// What it most likely was, the surest first.
pub fn conclusions(diagnosis: &Diagnosis) -> String {
    let mut html = String::new();
    let mut conclusions = diagnosis.conclusions.iter();
    if let Some(first) = conclusions.next() {
        let _ = write!(html, "<h3>{}</h3>", escape(&first.title));
        conclude(&mut html, first);
    }
    for other in conclusions {
        let _ = write!(html, "<details class=\"also\"><summary>Also: {}</summary>", escape(&other.title));
        conclude(&mut html, other);
        html.push_str("</details>");
    }
    let common = diagnosis.groups.sentences();
    if !common.is_empty() {
        let _ = write!(html, "<p class=\"soft\">In common: {}.</p>", escape(&common.join("; ")));
    }
    html
}

fn conclude(html: &mut String, conclusion: &Conclusion) {
    let _ = write!(
        html,
        "<p class=\"soft\">{}</p><p>{}</p>",
        escape(conclusion.confidence.words()),
        escape(&conclusion.text)
    );
    list(html, "Evidence", &conclusion.evidence);
    list(html, "Next", &conclusion.next);
}

fn list(html: &mut String, title: &str, items: &[String]) {
    if items.is_empty() {
        return;
    }
    let _ = write!(html, "<p class=\"soft\">{title}</p><ul>");
    for item in items {
        let _ = write!(html, "<li>{}</li>", escape(item));
    }
    html.push_str("</ul>");
}

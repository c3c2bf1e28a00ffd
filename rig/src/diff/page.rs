//! The comparison as one page that opens offline, in the dress of the reports.

use std::fmt::Write as _;

use crate::{
    chart::style::{Theme, escape},
    command_line,
    diff::{
        picture::Overlay,
        side::Side,
        text::{change, interval},
        verdict::{Comparison, Outcome, Row, number, percent},
    },
    report::{
        fragments::{command, head},
        multiples::framed,
        page::{Section, page},
    },
    verdict::Tone,
};

/// The page.
pub fn render(comparison: &Comparison, a: &Side, b: &Side) -> String {
    let (tone, sign) = match comparison.outcome {
        Outcome::Better | Outcome::NoChange => (Tone::Good, "✓"),
        Outcome::Worse => (Tone::Bad, "✗"),
        Outcome::NotJudged => (Tone::Neutral, "!"),
    };
    let sentence = format!("<p>{}</p>", escape(&comparison.sentence()));
    let mut top = head(tone.class(), sign, comparison.outcome.word(), &sentence);
    for (name, side) in [("A", a), ("B", b)] {
        let _ = write!(top, "<p class=\"claims\"><b>{name}</b> {} · {}</p>", escape(&side.name), escape(&made(side)));
    }
    let overlay = Overlay::of(a, b);
    let title = title(comparison, a);
    let draw = |width, height| overlay.svg(&title, width, height, Theme::Inherit);
    let caption = "healthy tasks at each request, the median of each side's runs; A wide and behind, B narrow and in front; \
                   the dashed line is the target";
    let sections = [
        Section::bare(top),
        Section::titled("Measures", table(comparison)),
        Section::titled(
            "Tasks healthy at each request",
            framed(&draw(1080.0, 420.0), &draw(400.0, 340.0), caption, ""),
        ),
        Section::titled("Also differs", remarks(comparison)),
        Section::titled("Repeat it", command(&command_line::current())),
    ];
    let started = b.repeats.iter().map(|repeat| repeat.manifest.started_at.as_str()).max().unwrap_or_default();
    page(&title, started, &sections, &[overlay.numbers()])
}

/// `mesos,HTTP: BETTER`.
pub fn title(comparison: &Comparison, a: &Side) -> String {
    let pair = a.repeats.first().map(|repeat| repeat.manifest.pair.as_str()).unwrap_or_default();
    format!("{pair}: {}", comparison.outcome.word())
}

/// When and with what a side was made.
fn made(side: &Side) -> String {
    let started = || side.repeats.iter().map(|repeat| repeat.manifest.started_at.as_str());
    let day = |at: &str| at.get(..16).unwrap_or(at).replace('T', " ");
    let version = side.repeats.first().map(|repeat| repeat.manifest.rig.version.as_str()).unwrap_or_default();
    format!(
        "{} runs · {} to {} · hc-rig {version}",
        side.repeats.len(),
        day(started().min().unwrap_or_default()),
        day(started().max().unwrap_or_default())
    )
}

fn table(comparison: &Comparison) -> String {
    let mut html = String::from(
        "<div class=\"scroll\"><table class=\"runs\"><thead><tr><th>measure</th><th class=\"n\">A</th><th class=\"n\">B</th>\
         <th class=\"n\">change</th><th>change with its interval<br>(worse ← 0 → better)</th><th class=\"n\">interval</th>\
         <th>verdict</th></tr></thead><tbody>\n",
    );
    for row in &comparison.rows {
        let verdict = match row.outcome {
            Outcome::Better => "<span class=\"pill good\">better</span>",
            Outcome::Worse => "<span class=\"pill bad\">worse</span>",
            Outcome::NoChange => "no change",
            Outcome::NotJudged => "–",
        };
        let _ = writeln!(
            html,
            "<tr><th scope=\"row\">{}</th><td class=\"n\">{} {}</td><td class=\"n\">{} {}</td><td class=\"n\">{}</td><td>{}</td>\
             <td class=\"n\">{}</td><td>{verdict}</td></tr>",
            row.name,
            number(row.mean_a),
            row.unit,
            number(row.mean_b),
            row.unit,
            change(row),
            whisker(row),
            interval(row)
        );
    }
    let _ = write!(
        html,
        "</tbody></table></div><p class=\"soft\">Means over the runs of a side. The intervals of the difference are expanded \
         percentile bootstraps, {} % each, so that all together are {} % sure; seed {}. The grey band is the least change \
         that counts.</p>",
        percent(comparison.confidence_of_a_row),
        percent(comparison.confidence),
        comparison.seed
    );
    html
}

/// The interval as a line about nothing, with the change on it; to the right is better.
fn whisker(row: &Row) -> String {
    const WIDTH: f64 = 200.0;
    let Some((low, high)) = row.interval else { return "–".to_owned() };
    let change = row.mean_b - row.mean_a;
    let far = [low, high, change, row.least].into_iter().map(f64::abs).fold(f64::MIN_POSITIVE, f64::max) * 1.1;
    let good = row.better.sign();
    let at = |value: f64| WIDTH / 2.0 * (1.0 + good * value / far);
    let (from, to) = (at(low).min(at(high)), at(low).max(at(high)));
    let (least, class) = (WIDTH / 2.0 * row.least / far, row.outcome.word().to_lowercase().replace(' ', "-"));
    format!(
        "<svg class=\"whisker {class}\" viewBox=\"0 0 {WIDTH} 18\" role=\"img\" aria-label=\"{} in {}\">\
         <rect class=\"least\" x=\"{:.1}\" width=\"{:.1}\" height=\"18\"/><path class=\"zero\" d=\"M{:.1} 0v18\"/>\
         <path class=\"range\" d=\"M{from:.1} 5v8M{from:.1} 9H{to:.1}M{to:.1} 5v8\"/><circle cx=\"{:.1}\" cy=\"9\" r=\"4\"/></svg>",
        self::change(row),
        interval(row),
        WIDTH / 2.0 - least,
        2.0 * least,
        WIDTH / 2.0,
        at(change)
    )
}

fn remarks(comparison: &Comparison) -> String {
    let items: String = comparison.remarks.iter().map(|remark| format!("<li>{}</li>", escape(remark))).collect();
    if items.is_empty() { items } else { format!("<ul>{items}</ul>") }
}

//! `hc-rig diff`: whether B is better than A.

use std::path::{Path, PathBuf};

use clap::Args;
use harness::record::json;

use crate::{
    chart::style::Theme,
    diff::{
        Comparison, Outcome, Side, markdown, page,
        picture::Overlay,
        text,
        verdict::{CONFIDENCE, percent},
    },
    exit::{Code, Completion, Failure},
    flags::values::whole,
    folder::{self, locate, write_whole},
    results::{actions, render::warn_of_left_out},
};

/// Arguments of `hc-rig diff`.
#[derive(Args, Clone, Debug)]
pub struct DiffArgs {
    /// Before: a folder with five or more runs of one set-up, by its path or name, or latest
    pub a: String,
    /// After: a folder like A
    pub b: String,
    /// Confidence of the verdict as a whole
    #[arg(long, hide_short_help = true, default_value_t = CONFIDENCE, value_name = "SHARE", value_parser = confidence)]
    pub confidence: f64,
    /// Random seed of the bootstrap
    #[arg(long, hide_short_help = true, default_value_t = 1, value_name = "N", value_parser = whole(0, u64::MAX))]
    pub seed: u64,
    /// The comparison as JSON
    #[arg(long, conflicts_with = "markdown")]
    pub json: bool,
    /// The comparison as Markdown, for a comment on a pull request
    #[arg(long)]
    pub markdown: bool,
    /// Also write diff.html, diff.svg, diff.md and diff.json into this folder
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

fn confidence(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(part) if (0.5..1.0).contains(&part) => Ok(part),
        _ => Err("write a number from 0.5 to 0.999, such as 0.95".to_owned()),
    }
}

/// Compares two sides. What cannot be compared is listed and not judged.
///
/// # Errors
/// Both sides are the same folder, a side cannot be read, or a file cannot be written.
pub fn run(args: &DiffArgs) -> Result<Completion, Failure> {
    args.out.as_deref().map_or(Ok(()), folder::refuse_file)?;
    let (a, b) = (locate::path(Some(&args.a))?, locate::path(Some(&args.b))?);
    if let (Ok(one), Ok(other)) = (a.canonicalize(), b.canonicalize())
        && one == other
    {
        let one = a.display();
        return Err(Failure::usage(format!("A and B are the same folder, {one}; name two folders")));
    }
    let (a, b) = (Side::read(&a)?, Side::read(&b)?);
    for repeat in a.repeats.iter().chain(&b.repeats) {
        warn_of_left_out(&repeat.folder, &repeat.scanned);
    }
    let comparison = Comparison::of(&a, &b, args.confidence, args.seed);
    let data = || json::pretty(&comparison).map_err(|error| Failure::new(Code::Internal, error.to_string()));
    if let Some(folder) = &args.out {
        folder::make(folder)?;
        let write = |name: &str, text: &str| write_whole(&Path::new(folder).join(name), text.as_bytes());
        write("diff.json", &data()?)?;
        write("diff.md", &markdown::render(&comparison))?;
        let picture = Overlay::of(&a, &b).svg(&page::title(&comparison, &a), 1000.0, 420.0, Theme::Standalone);
        write("diff.svg", &picture)?;
        write("diff.html", &page::render(&comparison, &a, &b))?;
    }
    let text = if args.json {
        data()?
    } else if args.markdown {
        markdown::render(&comparison)
    } else {
        text::render(&comparison)
    };
    let problem = match comparison.outcome {
        Outcome::NotJudged => Some(format!("not judged: {}", comparison.sentence())),
        Outcome::Worse => Some(format!("B is worse than A ({} % confidence)", percent(comparison.confidence))),
        Outcome::Better | Outcome::NoChange => None,
    };
    let end = Completion { problem, code: comparison.outcome.code(), ..Completion::passed(text) };
    Ok(actions::of_comparison(&markdown::render(&comparison), !args.json && !args.markdown, end))
}

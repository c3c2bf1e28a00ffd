//! `hc-rig diff A B`.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::{
    chart::style::Theme,
    commands::Done,
    diff::{
        Comparison, Outcome, Side, markdown, page,
        picture::Overlay,
        text,
        verdict::{CONFIDENCE, percent},
    },
    exit::{Code, Failure},
    folder::{json, write_whole},
};

/// What `diff` can be told.
#[derive(Args, Clone, Debug)]
pub struct DiffArgs {
    /// What it was before: a folder with five or more run folders of one set-up
    pub a: PathBuf,
    /// What it is now: the same
    pub b: PathBuf,
    /// How sure the verdict as a whole must be
    #[arg(long, default_value_t = CONFIDENCE, value_name = "PART", value_parser = confidence)]
    pub confidence: f64,
    /// Seed of the bootstrap
    #[arg(long, default_value_t = 1, value_name = "N")]
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

/// Compares two sides. What cannot be compared is shown, not judged.
///
/// # Errors
/// Both sides are one, a side cannot be read, or a file not be written.
pub fn diff(args: &DiffArgs) -> Result<Done, Failure> {
    if let (Ok(a), Ok(b)) = (args.a.canonicalize(), args.b.canonicalize())
        && a == b
    {
        let one = args.a.display();
        return Err(Failure::usage(format!("A and B are one folder, {one}: name what is to be compared with it")));
    }
    let (a, b) = (Side::read(&args.a)?, Side::read(&args.b)?);
    let comparison = Comparison::of(&a, &b, args.confidence, args.seed);
    let data = || json::pretty(&comparison).map_err(|error| Failure::new(Code::Internal, error.to_string()));
    if let Some(folder) = &args.out {
        std::fs::create_dir_all(folder).map_err(|error| Failure::results(folder, &error))?;
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
    let trouble = match comparison.outcome {
        Outcome::NotJudged => Some(format!("not judged: {}", comparison.sentence())),
        Outcome::Worse => Some(format!("B is worse than A ({} % sure)", percent(comparison.confidence))),
        Outcome::Better | Outcome::NoChange => None,
    };
    Ok(Done { text, trouble, code: comparison.outcome.code() })
}

//! Reports to GitHub Actions, where this program runs in a job of it: the Markdown summary on the page of the job, and an annotation
//! for each failure.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::Path,
};

use harness::{environment::variable, files};

use crate::{
    exit::Completion,
    export::actions::annotations,
    folder::{Named, Run, matrix::Matrix},
    report::{self, measured::Member, several},
    terminal::stderr,
};

/// GitHub refuses a summary of a step that is larger.
const LARGEST: u64 = 1 << 20;

/// Reports one run. See [`of_runs`].
pub fn of_run(folder: &Path, run: &Run, end: Completion) -> Completion {
    report(folder, &[several::member("", run)], end)
}

/// Reports the runs of a matrix. See [`of_runs`].
pub fn of_matrix(folder: &Path, matrix: &Matrix, runs: &[Named], end: Completion) -> Completion {
    report(folder, &report::matrix::members(matrix, runs), end)
}

/// Reports several runs: appends the Markdown summary in `folder` to that of the job, and annotations to what is printed. What cannot
/// be written is a warning: the run is over, and its results are safe.
pub fn of_runs(folder: &Path, runs: &[Named], end: Completion) -> Completion {
    report(folder, &several::members(runs), end)
}

/// Reports the comparison of two sides: appends its Markdown to the summary of the job, and an annotation to what is printed if
/// `annotates`, which a document or Markdown on stdout does not bear.
pub fn of_comparison(markdown: &str, annotates: bool, mut end: Completion) -> Completion {
    if is_a_job() {
        summarize(|summary| append(markdown.as_bytes(), summary));
        if annotates {
            annotate(&[], &mut end);
        }
    }
    end
}

fn is_a_job() -> bool {
    variable("GITHUB_ACTIONS").as_deref() == Some("true")
}

fn report(folder: &Path, members: &[Member<'_>], mut end: Completion) -> Completion {
    if is_a_job() {
        summarize(|summary| append(&files::read_ordinary(&folder.join("summary.md"))?, summary));
        annotate(members, &mut end);
    }
    end
}

/// Writes to the summary of the job, if it has one.
fn summarize(write: impl FnOnce(&Path) -> io::Result<()>) {
    if let Some(summary) = variable("GITHUB_STEP_SUMMARY")
        && let Err(error) = write(Path::new(&summary))
    {
        stderr::warning(format_args!("no summary for the job: cannot write {summary} (GITHUB_STEP_SUMMARY): {error}"));
    }
}

/// A workflow command is a line of its own on stdout.
fn annotate(members: &[Member<'_>], end: &mut Completion) {
    for annotation in annotations(members, end.problem.as_deref()) {
        end.text.push_str(&annotation.to_string());
        end.text.push('\n');
    }
}

fn append(text: &[u8], summary: &Path) -> io::Result<()> {
    let there = match fs::metadata(summary) {
        Ok(found) if !found.is_file() => return Err(io::Error::other("it is not a file")),
        Ok(found) => found.len(),
        Err(_) => 0,
    };
    if there + text.len() as u64 > LARGEST {
        return Err(io::Error::other("it would have more than the 1 MiB that GitHub shows"));
    }
    let mut file = OpenOptions::new().append(true).create(true).open(summary)?;
    file.write_all(text)?;
    // What another step writes begins on a line of its own.
    file.write_all(b"\n")
}

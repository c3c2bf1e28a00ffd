//! What GitHub Actions shows of runs: a line of its workflow commands for each failure, which becomes an annotation.
//! <https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions>

use std::fmt;

use crate::{
    folder::Run,
    report::{fragments::headline, measured::Member},
    verdict::Verdict,
    why::Diagnosis,
};

/// GitHub shows ten annotations of a kind of one step.
const MOST: usize = 10;

/// What an annotation says of its subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Error,
    Warning,
}

/// An annotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    level: Level,
    title: String,
    message: String,
}

impl fmt::Display for Annotation {
    /// `::error title=hc-rig FAILED%3A mesos%2CTCP::step 2 of 3 …`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Error => "error",
            Level::Warning => "warning",
        };
        write!(f, "::{level} title={}::{}", property(&self.title), data(&self.message))
    }
}

/// An annotation for each run that was not well, and for what went wrong beside the runs.
pub fn annotations(members: &[Member<'_>], problem: Option<&str>) -> Vec<Annotation> {
    let mut all: Vec<Annotation> = members.iter().filter_map(of_run).collect();
    // A problem is often the sentence of a run.
    if let Some(problem) = problem
        && !members.iter().any(|member| member.run.summary.why == problem)
    {
        all.insert(0, Annotation { level: Level::Error, title: "hc-rig".to_owned(), message: problem.to_owned() });
    }
    if all.len() > MOST {
        let more = all.split_off(MOST - 1);
        let message = format!("{} more; the summary of the job has all", text::count(more.len(), "run"));
        all.push(Annotation { level: Level::Error, title: "hc-rig".to_owned(), message });
    }
    all
}

fn of_run(member: &Member<'_>) -> Option<Annotation> {
    let Member { name, run, .. } = member;
    let level = match run.summary.verdict {
        Verdict::Degraded if run.manifest.plan.allow_degraded => Level::Warning,
        Verdict::Degraded | Verdict::Failed | Verdict::Error => Level::Error,
        Verdict::Passed | Verdict::Limit | Verdict::Stopped => return None,
    };
    Some(Annotation { level, title: format!("hc-rig {}: {name}", run.summary.verdict.word()), message: message(run) })
}

fn message(run: &Run) -> String {
    let why = &run.summary.why;
    let mut text = if why.is_empty() { headline(run) } else { why.clone() };
    if let Some(likely) = Diagnosis::of(run).likely() {
        text.push_str("\nMost likely: ");
        text.push_str(likely);
    }
    text
}

/// Escaped as `escapeData` of `@actions/core` does.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escaped as `escapeProperty` of `@actions/core` does.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(verdict: Verdict, why: &str) -> Run {
        let mut run = Run::default();
        run.summary.verdict = verdict;
        run.summary.why = why.to_owned();
        run
    }

    fn lines(runs: &[Run], problem: Option<&str>) -> Vec<String> {
        let members: Vec<Member<'_>> =
            runs.iter().map(|run| Member { name: "mesos,TCP".to_owned(), folder: "", run }).collect();
        annotations(&members, problem).iter().map(Annotation::to_string).collect()
    }

    #[test]
    fn texts_are_escaped_as_the_toolkit_does() {
        let lines = lines(&[run(Verdict::Error, "100 %: a, b\r\n::error::forged")], None);
        assert_eq!(lines, ["::error title=hc-rig ERROR%3A mesos%2CTCP::100 %25: a, b%0D%0A::error::forged"]);
    }

    #[test]
    fn runs_that_were_not_well_are_annotated_and_others_are_not() {
        let mut allowed = run(Verdict::Degraded, "stale");
        allowed.manifest.plan.allow_degraded = true;
        let runs = [
            run(Verdict::Passed, ""),
            run(Verdict::Limit, "12 stay healthy"),
            run(Verdict::Stopped, "stopped"),
            allowed,
            run(Verdict::Degraded, "stale"),
        ];
        let lines = lines(&runs, Some("stale"));
        assert_eq!(
            lines,
            [
                "::warning title=hc-rig DEGRADED%3A mesos%2CTCP::stale",
                "::error title=hc-rig DEGRADED%3A mesos%2CTCP::stale"
            ],
            "a problem that a run has named is not named twice"
        );
    }

    #[test]
    fn there_are_no_more_than_are_shown() {
        let runs: Vec<Run> = (0..14).map(|_| run(Verdict::Error, "gone")).collect();
        let lines = lines(&runs, Some("clean-up incomplete"));
        assert_eq!((lines.len(), lines[0].as_str()), (MOST, "::error title=hc-rig::clean-up incomplete"));
        assert_eq!(lines[MOST - 1], "::error title=hc-rig::6 runs more; the summary of the job has all");
    }
}

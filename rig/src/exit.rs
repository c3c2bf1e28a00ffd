//! Exit codes, and how a command ends: completed with a text, or failed with a sentence; both with a code.

use std::{fmt, io, path::Path, process::ExitCode};

/// How the program ended. The numbers are part of the interface: scripts rely on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Code {
    /// Everything asked for was reached and stayed healthy, or the limit that was searched for was found.
    Passed = 0,
    /// A bug of the rig itself.
    Internal = 1,
    /// Bad usage, configuration or definition; nothing was deployed.
    Usage = 2,
    /// The target was not reached, a threshold was crossed, or the checks could not be relied on.
    Failed = 3,
    /// Login or certificate refused.
    Refused = 4,
    /// The cluster could not be reached.
    Unreachable = 5,
    /// Clean-up is incomplete; the results are safe.
    CleanUp = 6,
    /// Results could not be written; every complete sample is kept.
    Results = 7,
    /// Stopped by the user, after clean-up.
    Stopped = 130,
}

/// A row of the table of exit codes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// One word or two, for a list.
    pub word: &'static str,
    /// What it means, for `--help`.
    pub meaning: &'static str,
    /// Where several codes could end the program, the one with the largest severity does.
    pub severity: u8,
}

impl Code {
    /// Every code, by its number.
    pub const ALL: [Self; 9] = [
        Self::Passed,
        Self::Internal,
        Self::Usage,
        Self::Failed,
        Self::Refused,
        Self::Unreachable,
        Self::CleanUp,
        Self::Results,
        Self::Stopped,
    ];

    /// The table.
    pub fn row(self) -> Row {
        let row = |word, meaning, severity| Row { word, meaning, severity };
        match self {
            Self::Passed => row("passed", "every target reached, all tasks healthy; or the limit was found", 0),
            Self::Internal => row("internal error", "a bug of hc-rig", 8),
            Self::Usage => row("usage error", "bad usage, configuration or app definition; nothing was deployed", 4),
            Self::Failed => {
                row("failed", "target not reached, threshold crossed, or checks that could not be relied on", 1)
            }
            Self::Refused => row("refused", "login or certificate; nothing was deployed", 6),
            Self::Unreachable => row("unreachable", "the cluster does not answer", 5),
            Self::CleanUp => row("clean-up incomplete", "the results are safe", 3),
            Self::Results => row("results not written", "complete samples are kept", 7),
            Self::Stopped => row("stopped", "by the user, after clean-up", 2),
        }
    }

    /// The code with this number, if there is one.
    pub fn of_status(status: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.status() == status)
    }

    /// The severity of the table.
    pub fn severity(self) -> u8 {
        self.row().severity
    }

    /// The process's exit status.
    pub const fn status(self) -> u8 {
        self as u8
    }
}

impl From<Code> for ExitCode {
    fn from(code: Code) -> Self {
        Self::from(code.status())
    }
}

impl fmt::Display for Code {
    /// `failed: target not reached, threshold crossed, or checks that could not be relied on`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Row { word, meaning, .. } = self.row();
        write!(f, "{word}: {meaning}")
    }
}

/// How a command ended that came to its end.
#[derive(Clone, Debug, PartialEq)]
pub struct Completion {
    /// The word of the verdict and its sentence, if something was judged.
    pub verdict: Option<(&'static str, String)>,
    /// For stdout.
    pub text: String,
    /// A document that takes stdout for itself; verdict and text go to stderr then.
    pub document: Option<String>,
    /// One sentence for stderr, if something went wrong.
    pub problem: Option<String>,
    /// The exit code.
    pub code: Code,
}

impl Completion {
    /// Nothing went wrong.
    pub fn passed(text: impl Into<String>) -> Self {
        Self { verdict: None, text: text.into(), document: None, problem: None, code: Code::Passed }
    }

    /// Something went wrong, and there is a text all the same.
    pub fn failed(text: impl Into<String>, failure: Failure) -> Self {
        Self { problem: Some(failure.message), code: failure.code, ..Self::passed(text) }
    }

    /// Something more went wrong: the more severe of both counts.
    pub fn worsen(&mut self, failure: Failure) {
        if failure.code.severity() > self.code.severity() {
            self.code = failure.code;
            self.problem = Some(failure.message);
        }
    }
}

/// What ends the program early: one sentence for the user and the exit code.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The exit code.
    pub code: Code,
    /// What, where and what to do, in one sentence. Never holds a secret.
    pub message: String,
}

impl Failure {
    /// A failure with this code and sentence. Reasons of the system in it are said in our words.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: text::plain::system(&message.into()).into_owned() }
    }

    /// Bad usage, configuration or definition.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Code::Usage, message)
    }

    /// The same after something was deployed: then bad usage is not what it was, for which nothing would have been deployed.
    #[must_use]
    pub fn once_deployed(self, instead: Code) -> Self {
        if self.code == Code::Usage { Self { code: instead, ..self } } else { self }
    }

    /// A file of the results could not be written or read.
    pub fn results(path: &Path, error: &io::Error) -> Self {
        let hint = match error.kind() {
            io::ErrorKind::StorageFull => "; free some space, or choose another place with --out",
            io::ErrorKind::PermissionDenied => "; choose another place with --out",
            _ => "",
        };
        Self::new(Code::Results, format!("cannot write {}: {error}{hint}", path.display()))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_most_severe_failure_is_the_one_that_is_reported() {
        let mut completion = Completion::passed("text");
        for code in [Code::Failed, Code::Results, Code::CleanUp] {
            completion.worsen(Failure::new(code, format!("{code:?}")));
        }
        assert_eq!((completion.code, completion.problem.as_deref()), (Code::Results, Some("Results")));
        assert_eq!(completion.text, "text");
    }

    #[test]
    fn bad_usage_is_not_the_end_of_a_run_that_was_deployed() {
        for code in Code::ALL {
            let ended = Failure::new(code, "why").once_deployed(Code::Results);
            assert_eq!(ended.code, if code == Code::Usage { Code::Results } else { code });
        }
    }

    #[test]
    fn numbers_and_severities_are_distinct() {
        let numbers: BTreeSet<u8> = Code::ALL.map(Code::status).into_iter().collect();
        let severities: BTreeSet<u8> = Code::ALL.map(Code::severity).into_iter().collect();
        assert_eq!((numbers.len(), severities.len()), (Code::ALL.len(), Code::ALL.len()));
        assert_eq!((Code::of_status(130), Code::of_status(99)), (Some(Code::Stopped), None));
    }
}

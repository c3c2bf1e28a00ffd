//! Exit codes and the one error type that ends the program: a sentence and the code that goes with it.

use std::fmt;

/// How the program ended. The numbers are part of the interface: scripts rely on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Code {
    /// Everything asked for was reached and held.
    Held = 0,
    /// A bug of the rig itself.
    Internal = 1,
    /// Bad usage, configuration or definition; nothing was deployed.
    Usage = 2,
    /// The target was not reached, a limit was met or a threshold crossed.
    NotReached = 3,
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

impl Code {
    /// Every code, in order, with the text of the table in `--help`.
    pub const TABLE: [(Code, &'static str); 9] = [
        (Code::Held, "held: every target reached, all tasks healthy"),
        (Code::Internal, "internal error"),
        (Code::Usage, "bad usage, configuration or app definition; nothing was deployed"),
        (Code::NotReached, "target not reached, threshold crossed, or a limit was met"),
        (Code::Refused, "login or certificate refused; nothing was deployed"),
        (Code::Unreachable, "cluster unreachable"),
        (Code::CleanUp, "clean-up incomplete; the results are safe"),
        (Code::Results, "results could not be written; complete samples are kept"),
        (Code::Stopped, "stopped by the user, after clean-up"),
    ];

    /// Which of several codes a program ends with that did several things: the largest.
    pub fn gravity(self) -> u8 {
        match self {
            Code::Held => 0,
            Code::NotReached => 1,
            Code::Stopped => 2,
            Code::CleanUp => 3,
            Code::Usage => 4,
            Code::Unreachable => 5,
            Code::Refused => 6,
            Code::Results => 7,
            Code::Internal => 8,
        }
    }

    /// The process's exit status.
    pub fn status(self) -> u8 {
        self as u8
    }
}

impl From<Code> for std::process::ExitCode {
    fn from(code: Code) -> Self {
        Self::from(code.status())
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
    /// A failure with this code and sentence.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// Bad usage, configuration or definition.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Code::Usage, message)
    }

    /// A file of the results could not be written or read.
    pub fn results(path: &std::path::Path, error: &std::io::Error) -> Self {
        let hint = match error.kind() {
            std::io::ErrorKind::StorageFull => {
                "; the disk is full: free some space, or choose another place with --out"
            }
            std::io::ErrorKind::PermissionDenied => "; choose another place with --out",
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

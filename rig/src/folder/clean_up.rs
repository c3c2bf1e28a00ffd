//! How the clean-up of a run ended, as `summary.json` says it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How the clean-up of a run ended: one sentence in `summary.json`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum CleanUp {
    /// The run ended before it.
    #[default]
    NotReached,
    /// The run left nothing.
    Complete,
    /// The run left something, and the command of this name removed it.
    CompletedBy(String),
    /// What is left, and what to do.
    Incomplete(String),
}

impl CleanUp {
    /// Word of `summary.json` for a clean-up that left nothing.
    const COMPLETE: &str = "complete";
    /// What stands between that word and the command that completed it.
    const BY: &str = ", by ";

    /// Whether nothing is left on the cluster.
    pub fn is_complete(&self) -> bool {
        match self {
            Self::Complete | Self::CompletedBy(_) => true,
            Self::NotReached | Self::Incomplete(_) => false,
        }
    }
}

impl fmt::Display for CleanUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotReached => Ok(()),
            Self::Complete => f.write_str(Self::COMPLETE),
            Self::CompletedBy(command) => write!(f, "{}{}{command}", Self::COMPLETE, Self::BY),
            Self::Incomplete(left) => f.write_str(left),
        }
    }
}

impl From<String> for CleanUp {
    fn from(text: String) -> Self {
        match text.strip_prefix(Self::COMPLETE) {
            Some("") => return Self::Complete,
            Some(rest) => {
                if let Some(command) = rest.strip_prefix(Self::BY) {
                    return Self::CompletedBy(command.to_owned());
                }
            }
            None => {}
        }
        if text.is_empty() { Self::NotReached } else { Self::Incomplete(text) }
    }
}

impl From<CleanUp> for String {
    fn from(clean_up: CleanUp) -> Self {
        clean_up.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clean_ups_are_written_as_they_are_read() {
        let cases = [
            ("", CleanUp::NotReached, false),
            ("complete", CleanUp::Complete, true),
            ("complete, by hc-rig clean", CleanUp::CompletedBy("hc-rig clean".to_owned()), true),
            ("completely stuck", CleanUp::Incomplete("completely stuck".to_owned()), false),
        ];
        for (text, clean_up, complete) in cases {
            let read: CleanUp = serde_json::from_value(text.into()).unwrap();
            assert_eq!((&read, read.is_complete()), (&clean_up, complete));
            assert_eq!(serde_json::to_value(&read).unwrap(), text);
        }
    }
}

//! Why Marathon refuses a request. Definitions ([`crate::app`]) and the scheduler both answer with these.

use std::collections::{HashMap, HashSet};

use strum::IntoStaticStr;

use crate::ids::{DeploymentId, PathId};

/// One rule broken by a request: Marathon's `details[]` element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// For example `/healthChecks(0)`.
    pub path: String,
    /// One or more texts for this path.
    pub errors: Vec<String>,
}

/// Texts of all violations of one request together. Marathon has no such bound, but some of its rules quote a list for
/// every element of another one.
const MOST_BYTES: usize = 16 << 20;

/// The rules that a request breaks, one entry a path, in the order in which they are found.
#[derive(Debug, Default)]
pub struct Violations {
    listed: Vec<Violation>,
    /// Where each path is listed, and what is listed there: a request may break a rule at each of a million elements.
    places: HashMap<String, usize>,
    known: HashSet<(usize, String)>,
    bytes: usize,
}

impl Violations {
    /// Adds an error; errors of one path are grouped and listed once.
    pub(crate) fn add(&mut self, path: &str, error: &str) {
        if self.bytes > MOST_BYTES {
            return;
        }
        self.put(path, error);
        if self.bytes > MOST_BYTES {
            self.put("/", &format!("and more (this fake lists {} MiB at most)", MOST_BYTES >> 20));
        }
    }

    /// Adds an entry as it is, also with an error twice, for a path that has none yet.
    pub(crate) fn push(&mut self, violation: Violation) {
        self.places.insert(violation.path.clone(), self.listed.len());
        self.listed.push(violation);
    }

    fn put(&mut self, path: &str, error: &str) {
        let place = self.places.get(path).copied().unwrap_or_else(|| {
            let place = self.listed.len();
            self.places.insert(path.to_owned(), place);
            self.listed.push(Violation { path: path.to_owned(), errors: Vec::new() });
            self.bytes += path.len();
            place
        });
        if self.known.insert((place, error.to_owned())) {
            self.bytes += error.len();
            self.listed[place].errors.push(error.to_owned());
        }
    }

    /// Whether no rule is broken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }

    /// All of them.
    #[must_use]
    pub fn into_list(self) -> Vec<Violation> {
        self.listed
    }
}

/// A refused request; the REST layer turns it into status and body.
#[derive(Clone, Debug, PartialEq, IntoStaticStr)]
pub enum Refused {
    /// 409 `An app with id [/x] already exists.`
    AppExists(PathId),
    /// 409 with another text (groups).
    Conflict(String),
    /// 409 `App is locked by one or more deployments…`
    Locked(Vec<DeploymentId>),
    /// 404 `App '/x' does not exist`.
    UnknownApp(PathId),
    /// 404 `Pod '/x' does not exist`.
    UnknownPod(PathId),
    /// 404 `Group '/x' does not exist`.
    UnknownGroup(PathId),
    /// 404 `Task 'x' does not exist`.
    UnknownTask(String),
    /// 404 `DeploymentPlan x does not exist`.
    UnknownDeployment(DeploymentId),
    /// 404 of the queue.
    NotQueued(PathId),
    /// 422 `Object is not valid`.
    Invalid(Vec<Violation>),
    /// 422 `Invalid JSON` with details.
    BadShape(Vec<Violation>),
    /// Any other status with `message` only.
    Message(u16, String),
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looking for each among all before it would take minutes.
    #[test]
    fn a_rule_that_is_broken_300_000_times_is_listed_as_often() {
        let mut found = Violations::default();
        for n in 0..300_000 {
            found.add(&format!("/ports({n})"), "error.min");
            found.add(&format!("/ports({n})"), "error.min");
            found.add("/", &format!("got {n}"));
        }
        let listed = found.into_list();
        assert_eq!((listed.len(), listed[1].errors.len()), (300_001, 300_000));
        assert_eq!(listed[300_000], Violation { path: "/ports(299999)".into(), errors: vec!["error.min".into()] });
    }
}

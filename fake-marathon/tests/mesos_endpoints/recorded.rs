//! The recorded requests and answers.

use serde::Deserialize;
use serde_json::Value;

/// Who was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Who {
    Master,
    Agent,
}

/// A request and its answer.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Sample {
    pub(crate) who: Who,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) status: u16,
    #[serde(rename = "type")]
    pub(crate) content_type: Option<String>,
    pub(crate) location: Option<String>,
    #[serde(default)]
    pub(crate) json: Option<Value>,
}

impl Sample {
    /// The request in one line, ids left out.
    pub(crate) fn title(&self) -> String {
        let who = match self.who {
            Who::Master => "master",
            Who::Agent => "agent",
        };
        let path = match executor_path(&self.path) {
            Some(found) => self.path.replace(found.folder, &format!("<{}>", found.app)),
            None => without_ids(&self.path),
        };
        format!("{who} {} {path}", self.method)
    }
}

/// A path below the sandbox of an executor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ExecutorPath<'a> {
    /// The sandbox: `/var/lib/mesos/…/runs/<uuid>`.
    pub(crate) folder: &'a str,
    /// `web`, `docker`, `plain` or `pod`.
    pub(crate) app: &'a str,
}

/// The sandbox that a request's path names.
pub(crate) fn executor_path(path: &str) -> Option<ExecutorPath<'_>> {
    let start = path.find("/var/lib/mesos/")?;
    let runs = path[start..].find("/runs/")? + start + "/runs/".len();
    let end = runs + path[runs..].find(['/', '&']).unwrap_or(path.len() - runs);
    let app = path[path.find("g2m_")? + "g2m_".len()..].split('.').next()?;
    Some(ExecutorPath { folder: &path[start..end], app })
}

/// The text with uuids replaced by `<id>`.
pub(crate) fn without_ids(text: &str) -> String {
    const UUID: usize = 36;
    let is_uuid = |text: &str| {
        text.len() == UUID
            && text.bytes().enumerate().all(|(n, byte)| match n {
                8 | 13 | 18 | 23 => byte == b'-',
                _ => byte.is_ascii_hexdigit(),
            })
    };
    let (mut out, mut rest) = (String::new(), text);
    while let Some(first) = rest.chars().next() {
        if rest.get(..UUID).is_some_and(is_uuid) {
            out.push_str("<id>");
            rest = &rest[UUID..];
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    out
}

/// All recorded samples.
pub(crate) fn samples() -> Vec<Sample> {
    #[derive(Deserialize)]
    struct Recording {
        samples: Vec<Sample>,
    }
    let text = include_str!("../../../fixtures/recorded/mesos-endpoints.json");
    serde_json::from_str::<Recording>(text).unwrap().samples
}

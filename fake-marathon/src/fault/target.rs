//! What a rule is matched against, and what the journal says when one takes effect.

use std::net::IpAddr;

use serde_json::{Map, Value, json};

use super::{action::Action, rule::Match};

/// A request, event, check, task, message or agent at an injection point. What it does not have is absent.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Target<'a> {
    pub(crate) method: Option<&'a str>,
    pub(crate) path: Option<&'a str>,
    /// Usually one; a deployment may affect several.
    pub(crate) apps: &'a [&'a str],
    pub(crate) task: Option<&'a str>,
    pub(crate) agent: Option<usize>,
    pub(crate) kind: Option<&'a str>,
    /// How many living tasks of the app are older.
    pub(crate) older: u32,
    /// Who reads the stream; for the journal only.
    pub(crate) reader: Option<IpAddr>,
    /// Who logs in; for the journal only.
    pub(crate) uid: Option<&'a str>,
    /// Which deployment is about to advance; for the journal only.
    pub(crate) deployment: Option<&'a str>,
}

/// A rule that took effect, for the journal.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Trigger {
    pub(super) rule: String,
    pub(super) action: Action,
    /// The target, see [`Target::to_json`].
    pub(super) on: Value,
}

impl Trigger {
    /// The fields of its line in the journal.
    pub(crate) fn to_json(&self) -> Value {
        json!({"rule": self.rule, "act": self.action, "on": self.on})
    }
}

impl Target<'_> {
    /// The fields that are present.
    pub(super) fn to_json(self) -> Value {
        let texts = [
            ("method", self.method),
            ("path", self.path),
            ("task", self.task),
            ("kind", self.kind),
            ("uid", self.uid),
            ("deployment", self.deployment),
        ];
        let mut json: Map<String, Value> =
            texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), Value::from(text?)))).collect();
        match self.apps {
            [] => {}
            [app] => drop(json.insert(String::from("app"), Value::from(*app))),
            apps => drop(json.insert(String::from("apps"), json!(apps))),
        }
        if let Some(agent) = self.agent {
            json.insert(String::from("agent"), Value::from(agent));
        }
        if let Some(reader) = self.reader {
            json.insert(String::from("reader"), Value::from(reader.to_string()));
        }
        Value::Object(json)
    }
}

impl Match {
    /// Whether all fields but `nth` match.
    pub(super) fn matches(&self, target: &Target<'_>) -> bool {
        let same = |wanted: &Option<String>, is: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| is.is_some_and(|is| is == wanted))
        };
        same(&self.method, target.method)
            && same(&self.task, target.task)
            && same(&self.kind, target.kind)
            && self.app.as_deref().is_none_or(|wanted| target.apps.contains(&wanted))
            && self.agent.is_none_or(|wanted| target.agent == Some(wanted))
            && self.path.as_deref().is_none_or(|prefix| target.path.is_some_and(|path| path.starts_with(prefix)))
    }
}

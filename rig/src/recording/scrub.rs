//! Keeps the user and their credentials out of a recording.

use harness::{Secret, dcos::Credentials, settings::Access};
use serde_json::{Map, Value};

/// The replacement.
const SCRUBBED: &str = "<scrubbed>";

/// A secret shorter than this would be found in any text, so only whole words count.
const SHORT: usize = 6;

/// What is to be removed from the answers of a server.
#[derive(Clone, Debug, Default)]
pub struct Scrub {
    secrets: Vec<Secret>,
    /// Names are not secret, but private.
    names: Vec<String>,
}

impl Scrub {
    /// What is known before the first request.
    pub fn of(access: &Access) -> Self {
        let mut known = Self::default();
        match access {
            Access::Marathon { user: None, .. } => {}
            Access::Marathon { user: Some((user, password)), .. } => {
                known.name(user);
                known.secret(password);
            }
            Access::Dcos { credentials, .. } => match credentials {
                Credentials::Password { uid, password } => {
                    known.name(uid);
                    known.secret(password);
                }
                Credentials::ServiceAccount { uid, private_key } => {
                    known.name(uid);
                    known.secret(private_key);
                }
                Credentials::Token(secret) | Credentials::TokenCommand(secret) => known.secret(secret),
                Credentials::TokenFile(_) => {}
            },
        }
        known
    }

    /// One more secret.
    pub fn secret(&mut self, secret: &Secret) {
        if !secret.is_empty() && !self.secrets.contains(secret) {
            self.secrets.push(secret.clone());
        }
    }

    /// One more name of the user.
    pub fn name(&mut self, name: &str) {
        if !name.is_empty() && !self.names.iter().any(|known| known == name) {
            self.names.push(name.to_owned());
        }
    }

    /// A row without them; also without cookies, passwords in addresses, and secrets among the server's own flags.
    pub fn row(&self, row: &Value) -> Value {
        let flags = row["request"]["path"].as_str().is_some_and(|path| path.starts_with("/v2/info"));
        let mut row = row.clone();
        // The request is the case's own and contains nothing of the user.
        let asked = row.get_mut("request").map(Value::take);
        self.scrub(&mut row, flags);
        if let Some(asked) = asked {
            row["request"] = asked;
        }
        row
    }

    fn scrub(&self, value: &mut Value, flags: bool) {
        match value {
            Value::Object(fields) => {
                let scrubbed = std::mem::take(fields).into_iter().map(|(name, mut value)| {
                    let lower = name.to_lowercase();
                    let secret = ["password", "secret", "credential", "token"].iter().any(|word| lower.contains(word));
                    let header = ["set-cookie", "authorization"].contains(&lower.as_str());
                    if value.is_string() && (header || (flags && secret)) {
                        value = Value::from(SCRUBBED);
                    } else {
                        self.scrub(&mut value, flags);
                    }
                    (self.text(&name), value)
                });
                *fields = scrubbed.collect::<Map<_, _>>();
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.scrub(item, flags)),
            Value::String(text) => *text = self.text(&without_user(text)),
            _ => {}
        }
    }

    fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.secrets {
            let secret = secret.reveal();
            let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
            for secret in [secret, &encoded] {
                text = if secret.len() < SHORT { without_word(&text, secret) } else { text.replace(secret, SCRUBBED) };
            }
        }
        self.names.iter().fold(text, |text, name| without_word(&text, name))
    }
}

/// An address without user and password.
fn without_user(text: &str) -> String {
    if let Some((scheme, rest)) = text.split_once("://")
        && let Some((_, host)) = rest.split('/').next().unwrap_or_default().rsplit_once('@')
    {
        let path = rest.find('/').map_or("", |slash| &rest[slash..]);
        return format!("{scheme}://{SCRUBBED}@{host}{path}");
    }
    text.to_owned()
}

/// A text without a word, where no letter or digit stands beside it.
fn without_word(text: &str, word: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(word) {
        let after = &rest[at + word.len()..];
        kept += &rest[..at];
        let alone = !kept.ends_with(char::is_alphanumeric) && !after.starts_with(char::is_alphanumeric);
        kept += if alone { SCRUBBED } else { word };
        rest = after;
    }
    kept + rest
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_servers_own_secrets_do_not_reach_a_recording() {
        let row = json!({"request": {"path": "/v2/info"}, "response": {"headers": {"Set-Cookie": "sid=hunter2"},
            "json": {"marathon_config": {"http_credentials": "hunter2", "mesos_leader_ui_url": "http://u:hunter2@m:5050/x"},
                "zookeeper_config": {"zk": "zk://u:hunter2@h:2181/marathon"}}}});
        let kept = Scrub::default().row(&row);
        assert!(!kept.to_string().contains("hunter2"), "{kept}");
        assert_eq!(kept["response"]["json"]["zookeeper_config"]["zk"], "zk://<scrubbed>@h:2181/marathon");
        let definition = json!({"request": {"path": "/v2/apps", "body": {"token": "kept: it is a case's own"}}});
        assert_eq!(Scrub::default().row(&definition), definition);
    }

    #[test]
    fn who_recorded_and_what_proved_it_is_taken_out_of_every_answer() {
        let access = Access::Marathon { urls: Vec::new(), user: Some(("root".to_owned(), Secret::new("pass word"))) };
        let mut scrub = Scrub::of(&access);
        scrub.secret(&Secret::new("cm9vdDpo"));
        let row = json!({"kind": "http", "request": {"path": "/v2/apps", "body": {"user": "root"}}, "response": {
            "headers": {"X-User": "root"},
            "json": {"message": "root may not; sent Basic cm9vdDpo, pass word, pass+word", "path": "/rooted/root_1", "root": [1]}}});
        let kept = scrub.row(&row)["response"].clone();
        assert_eq!(
            kept,
            json!({"headers": {"X-User": SCRUBBED}, "json": {"path": "/rooted/<scrubbed>_1", "<scrubbed>": [1],
            "message": "<scrubbed> may not; sent Basic <scrubbed>, <scrubbed>, <scrubbed>"}})
        );
    }

    #[test]
    fn a_short_secret_is_found_as_a_word_only() {
        let mut scrub = Scrub::default();
        scrub.secret(&Secret::new("id"));
        assert_eq!(scrub.text("invalid id: id"), "invalid <scrubbed>: <scrubbed>");
    }
}

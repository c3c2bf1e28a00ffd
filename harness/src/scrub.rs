//! Secrets that were sent to a server, kept out of what it answers: a server that echoes a request must not get a password or
//! token into a message, an event or a file.

use std::{
    borrow::Cow,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use memchr::memmem;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::secret::Secret;

/// What stands in the place of a secret.
const REPLACEMENT: &str = "<secret>";

/// A secret shorter than this, in bytes, is found in any text by chance. There it is replaced only as a whole text of JSON.
const ANYWHERE: usize = 8;

/// A secret shorter than this is left alone. In a refusal, which is nothing but text for people, longer ones are replaced
/// anywhere.
const SHORTEST: usize = 4;

/// The secrets that are known to have been sent, in each form in which they were or may come back. Clones share them.
#[derive(Clone, Default)]
pub struct SentSecrets(Arc<Mutex<Vec<Secret>>>);

impl SentSecrets {
    /// One more: as it is, as it stands in JSON, and as it stands in a URL.
    pub fn learn(&self, secret: &Secret) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if secret.is_empty() || known.contains(secret) {
            return;
        }
        let json = serde_json::Value::from(secret.reveal()).to_string();
        let json = json.strip_prefix('"').and_then(|json| json.strip_suffix('"')).unwrap_or_default();
        let forms = [
            secret.clone(),
            Secret::new(json),
            Secret::new(utf8_percent_encode(secret.reveal(), NON_ALPHANUMERIC).to_string()),
        ];
        for form in forms {
            if !known.contains(&form) {
                known.push(form);
            }
        }
        // A longer one may hold a shorter one.
        known.sort_by_key(|secret| std::cmp::Reverse(secret.reveal().len()));
    }

    /// A whole answer without them.
    #[must_use]
    pub fn scrub(&self, answer: Bytes) -> Bytes {
        match self.without(&answer, ANYWHERE) {
            Cow::Borrowed(_) => answer,
            Cow::Owned(scrubbed) => scrubbed.into(),
        }
    }

    /// The body of a refusal without them.
    #[must_use]
    pub fn scrub_refusal(&self, body: Bytes) -> Bytes {
        match self.without(&body, SHORTEST) {
            Cow::Borrowed(_) => body,
            Cow::Owned(scrubbed) => scrubbed.into(),
        }
    }

    /// A text for people without them.
    #[must_use]
    pub fn scrub_text(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.without(text.as_bytes(), SHORTEST)).into_owned()
    }

    /// Secrets of fewer than `anywhere` bytes are replaced only between quotation marks.
    fn without<'a>(&self, text: &'a [u8], anywhere: usize) -> Cow<'a, [u8]> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = Cow::Borrowed(text);
        for secret in known.iter().map(|secret| secret.reveal().as_bytes()).filter(|secret| secret.len() >= SHORTEST) {
            let is_meant = |at: &usize| secret.len() >= anywhere || is_quoted(&text, *at, secret.len());
            let found: Vec<usize> = memmem::find_iter(&text, secret).filter(is_meant).collect();
            if found.is_empty() {
                continue;
            }
            let mut scrubbed = Vec::with_capacity(text.len());
            let mut from = 0;
            for at in found {
                scrubbed.extend_from_slice(&text[from..at]);
                scrubbed.extend_from_slice(REPLACEMENT.as_bytes());
                from = at + secret.len();
            }
            scrubbed.extend_from_slice(&text[from..]);
            text = Cow::Owned(scrubbed);
        }
        text
    }
}

/// Whether the part is a text of JSON, also of JSON in a text, and not the name of a field.
fn is_quoted(text: &[u8], at: usize, length: usize) -> bool {
    let rest = &text[at + length..];
    let rest = rest.strip_prefix(b"\\").unwrap_or(rest).strip_prefix(b"\"");
    text[..at].ends_with(b"\"") && rest.is_some_and(|rest| rest.trim_ascii_start().first() != Some(&b':'))
}

impl fmt::Debug for SentSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SentSecrets")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_secret_is_replaced_and_short_ones_only_in_refusals() {
        let sent = SentSecrets::default();
        sent.learn(&"pa\"ss/word 1".into());
        sent.learn(&"abcd".into());
        for form in ["pa\"ss/word 1", "pa\\\"ss/word 1", "pa%22ss%2Fword%201"] {
            let answer = Bytes::from(format!("a {form} b {form}"));
            assert_eq!(sent.scrub(answer), "a <secret> b <secret>", "{form}");
        }
        let answer = br#"{"abcd": "/abcd", "b" : "abcd", "c":["abcd"], "d": "{\"e\": \"abcd\"}"}"#;
        let scrubbed = br#"{"abcd": "/abcd", "b" : "<secret>", "c":["<secret>"], "d": "{\"e\": \"<secret>\"}"}"#;
        assert_eq!(sent.scrub(Bytes::from_static(answer)), scrubbed.as_slice(), "it may be part of an id");
        assert_eq!(sent.scrub_text("no abcd"), "no <secret>");
        assert_eq!(sent.scrub_refusal(Bytes::from_static(b"abc")), "abc");
        assert_eq!(format!("{sent:?}"), "SentSecrets");
    }
}

//! Secrets that were sent to a server, kept out of what it answers: a server that echoes a request must not get a password or
//! token into a message, an event or a file.

mod views;

use std::{
    borrow::Cow,
    fmt,
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD},
};
use bytes::Bytes;
use memchr::memmem;

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
    /// One more: as it is, and in base64. What escapes of JSON, HTML and URLs make of it is found when it is looked for.
    pub fn learn(&self, secret: &Secret) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if secret.is_empty() || known.contains(secret) {
            return;
        }
        let bytes = secret.reveal();
        let forms = [
            secret.clone(),
            Secret::new(BASE64_STANDARD_NO_PAD.encode(bytes)),
            Secret::new(BASE64_URL_SAFE_NO_PAD.encode(bytes)),
        ];
        for form in forms {
            if !known.contains(&form) {
                known.push(form);
            }
        }
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
        let mut found: Vec<Range<usize>> = Vec::new();
        views::each(text, &mut |view, source| {
            for secret in known.iter().map(|secret| secret.reveal().as_bytes()).filter(|known| known.len() >= SHORTEST)
            {
                let is_meant = |at: &usize| secret.len() >= anywhere || is_quoted(view, *at, secret.len());
                let places = memmem::find_iter(view, secret).filter(is_meant);
                found.extend(places.map(|at| source(at..at + secret.len())));
            }
        });
        if found.is_empty() {
            return Cow::Borrowed(text);
        }
        // Of those that begin together the longest, which may hold a shorter one.
        found.sort_by_key(|found| (found.start, std::cmp::Reverse(found.end)));
        let mut scrubbed = Vec::with_capacity(text.len());
        let mut from = 0;
        for found in found {
            if found.start >= from {
                scrubbed.extend_from_slice(&text[from..found.start]);
                scrubbed.extend_from_slice(REPLACEMENT.as_bytes());
            }
            from = from.max(found.end);
        }
        scrubbed.extend_from_slice(&text[from..]);
        Cow::Owned(scrubbed)
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

    /// Each server has its own way to write a text: Go escapes `<`, others all that is not ASCII, others the slash, and what a
    /// server passes on was written by another server.
    #[test]
    fn a_secret_is_found_however_a_server_escapes_it() {
        const SECRET: &str = "pä/ <w&o\"r\\d 😀'";
        let sent = SentSecrets::default();
        sent.learn(&SECRET.into());
        let json = serde_json::Value::from(SECRET).to_string();
        let escaped = |each: fn(u16) -> String| SECRET.encode_utf16().map(each).collect::<String>();
        let lower = escaped(|unit| format!("\\u{unit:04x}"));
        let upper = escaped(|unit| format!("\\u{unit:04X}"));
        let twice = serde_json::Value::from(json.as_str()).to_string();
        let ascii_twice = serde_json::Value::from(lower.as_str()).to_string();
        let url = |kept: &str, case: fn(u8) -> String| {
            let byte = |byte: u8| if kept.contains(char::from(byte)) { char::from(byte).into() } else { case(byte) };
            SECRET.bytes().map(byte).collect::<String>()
        };
        let upper_url = url("pword", |byte| format!("%{byte:02X}"));
        let forms = [
            json.clone(),
            json.replace('/', "\\/").replace('<', "\\u003c").replace('&', "\\u0026"),
            twice.clone(),
            serde_json::Value::from(twice).to_string(),
            ascii_twice,
            format!("\"{lower}\""),
            format!("\"{upper}\""),
            url("/pwrd", |byte| format!("%{byte:02x}")),
            upper_url.replace("%20", "+"),
            upper_url,
            SECRET.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;").replace('\'', "&#39;"),
            SECRET.chars().map(|c| format!("&#x{:X};", u32::from(c))).collect(),
            BASE64_STANDARD_NO_PAD.encode(SECRET),
        ];
        for form in forms {
            let scrubbed = sent.scrub(Bytes::from(format!("a % b \\ & c {form} d\\u00")));
            let scrubbed = String::from_utf8_lossy(&scrubbed).replace(['"', '\\'], "");
            assert_eq!(scrubbed, "a % b  & c <secret> du00", "{form}");
        }
    }
}

//! Text that must not be shown: passwords, tokens, keys.

use std::fmt;

use zeroize::Zeroizing;

/// A password, token or private key: wiped from memory when dropped, and invisible to `Debug`.
///
/// There is no `Display` on purpose; [`Secret::reveal`] names the few places that hand it over.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text over.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself, for the request that needs it. Never log or store it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// True if there is no text at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

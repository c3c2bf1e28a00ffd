//! Encodings of bodies other than UTF-8.

/// How a body is written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Encoding {
    /// Two bytes a unit, little end first, behind a byte order mark.
    Utf16Marked,
    /// The same without the mark.
    Utf16Le,
    /// Two bytes a unit, big end first.
    Utf16Be,
    /// Four bytes a character, little end first, behind a byte order mark.
    Utf32Marked,
    /// Four bytes a character, big end first.
    Utf32Be,
    /// One byte a character.
    Latin1,
}

impl Encoding {
    /// The encoding that the note of a recorded request names.
    pub(super) fn named(note: &str) -> Option<Self> {
        Some(match note {
            "UTF-16 with BOM" => Self::Utf16Marked,
            "UTF-16LE" => Self::Utf16Le,
            "UTF-16BE" => Self::Utf16Be,
            "UTF-32" => Self::Utf32Marked,
            "UTF-32BE" => Self::Utf32Be,
            "latin-1" => Self::Latin1,
            _ => return None,
        })
    }

    /// The text in this encoding, in UTF-8 without one.
    pub(super) fn bytes(this: Option<Self>, text: &str) -> Vec<u8> {
        let marked = |mark: &str| format!("{mark}{text}");
        match this {
            None => text.as_bytes().to_vec(),
            Some(Self::Utf16Marked) => marked("\u{feff}").encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Some(Self::Utf16Le) => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Some(Self::Utf16Be) => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            Some(Self::Utf32Marked) => marked("\u{feff}").chars().flat_map(|c| u32::from(c).to_le_bytes()).collect(),
            Some(Self::Utf32Be) => text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect(),
            Some(Self::Latin1) => text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect(),
        }
    }
}

//! Files that are no text, and texts in other encodings than UTF-8.

/// The first bytes of formats that are no text: what the format is, and what to do.
const MAGIC: [(&[u8], &str); 7] = [
    (b"\x1f\x8b", "it is compressed with gzip; unpack it first (gunzip, or tar xzf for an archive)"),
    (b"PK\x03\x04", "it is a ZIP archive, such as a package of the DC/OS Universe; unpack it and name a file in it"),
    (b"BZh", "it is compressed with bzip2; unpack it first (bunzip2)"),
    (b"\xfd7zXZ\x00", "it is compressed with xz; unpack it first (unxz)"),
    (b"\x28\xb5\x2f\xfd", "it is compressed with zstd; unpack it first (unzstd)"),
    (b"\x7fELF", "it is a program, not a definition"),
    (b"%PDF-", "it is a PDF, not JSON; copy the definition into a text file"),
];

/// Where an archive of tar says so.
const TAR: (usize, &[u8]) = (257, b"ustar");

/// The text of a file, without a byte order mark. UTF-16 and UTF-32 are told by the mark or by the zero bytes of the first
/// character, as Marathon's own parser does (Jackson's `ByteSourceJsonBootstrapper`).
///
/// # Errors
/// What the file is instead, and what to do.
pub fn text_of(bytes: &[u8]) -> Result<String, String> {
    if let Some((_, what)) = MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Err((*what).to_owned());
    }
    if bytes.get(TAR.0..).is_some_and(|rest| rest.starts_with(TAR.1)) {
        return Err("it is a tar archive; unpack it and name a file in it (tar xf)".to_owned());
    }
    let decoded = match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => return utf8(rest),
        [0xff, 0xfe, 0, 0, rest @ ..] => utf32(rest, u32::from_le_bytes),
        [0, 0, 0xfe, 0xff, rest @ ..] => utf32(rest, u32::from_be_bytes),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0, 0, 0, last, ..] if *last != 0 => utf32(bytes, u32::from_be_bytes),
        [first, 0, 0, 0, ..] if *first != 0 => utf32(bytes, u32::from_le_bytes),
        [0, second, ..] if *second != 0 => utf16(bytes, u16::from_be_bytes),
        [first, 0, ..] if *first != 0 => utf16(bytes, u16::from_le_bytes),
        _ => return utf8(bytes),
    };
    decoded.ok_or_else(|| "it is neither text in UTF-8 nor whole text in UTF-16 or UTF-32; save it in UTF-8".to_owned())
}

fn utf8(bytes: &[u8]) -> Result<String, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let what = if bytes.contains(&0) { "a program's data" } else { "perhaps Latin-1" };
        format!("it is not text in UTF-8 (from byte {} on; {what}); save it in UTF-8", error.valid_up_to() + 1)
    })?;
    Ok(text.to_owned())
}

fn utf16(bytes: &[u8], unit: impl Fn([u8; 2]) -> u16) -> Option<String> {
    let (units, rest) = bytes.as_chunks();
    rest.is_empty()
        .then(|| char::decode_utf16(units.iter().map(|bytes| unit(*bytes))).collect::<Result<_, _>>().ok())?
}

fn utf32(bytes: &[u8], unit: impl Fn([u8; 4]) -> u32) -> Option<String> {
    let (units, rest) = bytes.as_chunks();
    rest.is_empty().then(|| units.iter().map(|bytes| char::from_u32(unit(*bytes))).collect())?
}

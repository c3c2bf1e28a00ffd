//! The encoding of a body, found as Jackson finds it (`ByteSourceJsonBootstrapper.java`; recorded in `json.texts`): by a
//! byte order mark, else by the zeros among the first four bytes.

use std::borrow::Cow;

/// The body in UTF-8 and without a mark; what is none of the other encodings is returned as it is.
pub(super) fn as_utf8(body: &[u8]) -> Cow<'_, [u8]> {
    let decoded = match body {
        [0xef, 0xbb, 0xbf, rest @ ..] => return Cow::Borrowed(rest),
        [0x00, 0x00, 0xfe, 0xff, rest @ ..] => utf32(rest, u32::from_be_bytes),
        [0xff, 0xfe, 0x00, 0x00, rest @ ..] => utf32(rest, u32::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0, 0, 0, _, ..] => utf32(body, u32::from_be_bytes),
        [_, 0, 0, 0, ..] => utf32(body, u32::from_le_bytes),
        [0, _, ..] => utf16(body, u16::from_be_bytes),
        [_, 0, ..] => utf16(body, u16::from_le_bytes),
        _ => return Cow::Borrowed(body),
    };
    Cow::Owned(decoded.into_bytes())
}

fn utf16(body: &[u8], unit: impl Fn([u8; 2]) -> u16) -> String {
    let (units, _) = body.as_chunks();
    char::decode_utf16(units.iter().map(|bytes| unit(*bytes)))
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

fn utf32(body: &[u8], unit: impl Fn([u8; 4]) -> u32) -> String {
    let (units, _) = body.as_chunks();
    units.iter().map(|bytes| char::from_u32(unit(*bytes)).unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_of_json_is_read_with_and_without_a_mark() {
        let text = "{\"id\": \"/ä\u{1f600}\"}";
        let marked = format!("\u{feff}{text}");
        for text in [text, &marked] {
            let utf16: Vec<u16> = text.encode_utf16().collect();
            let utf32: Vec<u32> = text.chars().map(u32::from).collect();
            for body in [
                text.as_bytes().to_vec(),
                utf16.iter().flat_map(|unit| unit.to_le_bytes()).collect(),
                utf16.iter().flat_map(|unit| unit.to_be_bytes()).collect(),
                utf32.iter().flat_map(|unit| unit.to_le_bytes()).collect(),
                utf32.iter().flat_map(|unit| unit.to_be_bytes()).collect(),
            ] {
                assert_eq!(as_utf8(&body), "{\"id\": \"/ä\u{1f600}\"}".as_bytes(), "{body:?}");
            }
        }
    }

    #[test]
    fn other_bytes_stay_as_they_are() {
        for body in [&b""[..], b"5", b"{\xe4}"] {
            assert_eq!(as_utf8(body), body);
        }
    }
}

//! Bytes that are broken as such: torn, doubled, with signs that mean something to a parser.

use proptest::{prelude::*, sample::Index};

/// Bytes that mean something to a reader of JSON, or nothing anywhere.
const PIECES: [&[u8]; 24] = [
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b",",
    b":",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"\0",
    b"\xff",
    b"\xc3",
    b"\xef\xbb\xbf",
    b"1e999",
    b"-",
    b"0x1",
    b"NaN",
    b"null",
    b"true",
    b"//",
    b"\n",
    b"9999999999999999999999",
    b"[[[[[[[[[[[[[[[[[[[[[[[[",
];

/// One change of bytes, at the place that the index picks.
#[derive(Clone, Debug)]
enum Edit {
    /// This comes in between.
    Insert(Index, &'static [u8]),
    /// So many bytes go.
    Remove(Index, usize),
    /// So many bytes come twice.
    Repeat(Index, usize),
    /// These bits of a byte are turned over.
    Flip(Index, u8),
}

/// Any change.
fn edit() -> impl Strategy<Value = Edit> {
    let at = any::<Index>;
    prop_oneof![
        3 => (at(), prop::sample::select(PIECES.to_vec())).prop_map(|(at, piece)| Edit::Insert(at, piece)),
        2 => (at(), 1_usize..20).prop_map(|(at, bytes)| Edit::Remove(at, bytes)),
        1 => (at(), 1_usize..200).prop_map(|(at, bytes)| Edit::Repeat(at, bytes)),
        2 => (at(), any::<u8>()).prop_map(|(at, byte)| Edit::Flip(at, byte)),
    ]
}

/// The bytes after all changes.
fn edited(mut bytes: Vec<u8>, edits: &[Edit]) -> Vec<u8> {
    for edit in edits {
        let (Edit::Insert(at, _) | Edit::Remove(at, _) | Edit::Repeat(at, _) | Edit::Flip(at, _)) = edit;
        let at = at.index(bytes.len() + 1);
        let end = |bytes: &[u8], length: usize| bytes.len().min(at + length);
        match edit {
            Edit::Insert(_, piece) => drop(bytes.splice(at..at, piece.iter().copied())),
            Edit::Remove(_, length) => drop(bytes.drain(at..end(&bytes, *length))),
            Edit::Repeat(_, length) => {
                let piece = bytes[at..end(&bytes, *length)].to_vec();
                drop(bytes.splice(at..at, piece));
            }
            Edit::Flip(_, byte) => {
                if let Some(place) = bytes.get_mut(at) {
                    *place ^= byte;
                }
            }
        }
    }
    bytes
}

/// One of the texts after up to `most` changes.
pub fn broken(texts: Vec<Vec<u8>>, most: usize) -> impl Strategy<Value = Vec<u8>> {
    (prop::sample::select(texts), prop::collection::vec(edit(), 0..=most))
        .prop_map(|(text, edits)| edited(text, &edits))
}

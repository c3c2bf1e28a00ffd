//! The ways to read a text: as it is, without the escapes of JSON (of JSON in JSON too), and without those of URLs and of HTML.

use std::ops::Range;

use memchr::memchr2;

/// JSON in JSON in JSON; nobody nests deeper.
const DEEPEST: usize = 3;

/// The named characters that HTML needs.
const NAMED: [(&[u8], u8); 5] =
    [(b"&amp;", b'&'), (b"&lt;", b'<'), (b"&gt;", b'>'), (b"&quot;", b'"'), (b"&apos;", b'\'')];

/// Where a range of a view stands in the text.
type Source<'a> = &'a dyn Fn(Range<usize>) -> Range<usize>;

/// A text without escapes of one kind.
struct View {
    bytes: Vec<u8>,
    /// From this byte of the view on, it and the text run in parallel from that byte of the text.
    steps: Vec<(usize, usize)>,
}

impl View {
    /// `text` with what `unescape` finds; none if that is nothing. It gets the rest of the text, and says how many bytes
    /// it read and what they mean. Escapes begin with one of two bytes.
    fn of(text: &[u8], [begin, or]: [u8; 2], unescape: impl Fn(&[u8]) -> Option<(usize, Meaning)>) -> Option<Self> {
        let mut view = Self { bytes: Vec::new(), steps: Vec::new() };
        let mut from = 0;
        let mut at = 0;
        while let Some(next) = memchr2(begin, or, &text[at..]) {
            at += next;
            let Some((read, meaning)) = unescape(&text[at..]) else {
                at += 1;
                continue;
            };
            view.bytes.extend_from_slice(&text[from..at]);
            view.steps.push((view.bytes.len(), at));
            view.bytes.extend_from_slice(meaning.as_bytes());
            at += read;
            from = at;
            view.steps.push((view.bytes.len(), at));
        }
        view.bytes.extend_from_slice(&text[from..]);
        (!view.steps.is_empty()).then_some(view)
    }

    /// The range of the text that became this one.
    fn source(&self, range: Range<usize>) -> Range<usize> {
        let of = |at: usize| match self.steps.partition_point(|(view, _)| *view <= at).checked_sub(1) {
            Some(step) => self.steps[step].1 + (at - self.steps[step].0),
            None => at,
        };
        of(range.start)..of(range.end)
    }
}

/// What an escape means, of at most four bytes.
struct Meaning {
    bytes: [u8; 4],
    length: usize,
}

impl Meaning {
    fn byte(byte: u8) -> Self {
        Self { bytes: [byte, 0, 0, 0], length: 1 }
    }

    fn character(code: u32) -> Option<Self> {
        let mut bytes = [0; 4];
        let length = char::from_u32(code)?.encode_utf8(&mut bytes).len();
        Some(Self { bytes, length })
    }

    fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// Calls `look` with each way to read the text, and where its ranges stand in it. Without escapes there is one way.
pub(super) fn each(text: &[u8], look: &mut dyn FnMut(&[u8], Source<'_>)) {
    nested(text, &|range| range, DEEPEST, look);
}

fn nested(text: &[u8], source: Source<'_>, deeper: usize, look: &mut dyn FnMut(&[u8], Source<'_>)) {
    look(text, source);
    let others = [
        View::of(text, *b"%%", percent),
        View::of(text, *b"%+", |rest| if rest[0] == b'+' { Some((1, Meaning::byte(b' '))) } else { percent(rest) }),
        View::of(text, *b"&&", html),
    ];
    for view in others.iter().flatten() {
        look(&view.bytes, &|range| source(view.source(range)));
    }
    if deeper > 0
        && let Some(view) = View::of(text, *b"\\\\", json)
    {
        nested(&view.bytes, &|range| source(view.source(range)), deeper - 1, look);
    }
}

/// `\n`, `\u00e4`, or a pair of the latter.
fn json(rest: &[u8]) -> Option<(usize, Meaning)> {
    let plain = match rest.get(1)? {
        byte @ (b'"' | b'\\' | b'/') => *byte,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'u' => return unicode(rest),
        _ => return None,
    };
    Some((2, Meaning::byte(plain)))
}

fn unicode(rest: &[u8]) -> Option<(usize, Meaning)> {
    let unit = |at: usize| number(rest.get(at..at + 6)?.strip_prefix(b"\\u")?, 16);
    let first = unit(0)?;
    if let Some(meaning) = Meaning::character(first) {
        return Some((6, meaning));
    }
    let second = unit(6).filter(|second| (0xdc00..0xe000).contains(second))?;
    let high = first.checked_sub(0xd800).filter(|high| *high < 0x400)?;
    Some((12, Meaning::character(0x1_0000 + (high << 10) + (second - 0xdc00))?))
}

fn percent(rest: &[u8]) -> Option<(usize, Meaning)> {
    let byte = number(rest.get(1..3)?, 16)?;
    Some((3, Meaning::byte(u8::try_from(byte).ok()?)))
}

fn html(rest: &[u8]) -> Option<(usize, Meaning)> {
    if let Some((name, byte)) = NAMED.iter().find(|(name, _)| rest.starts_with(name)) {
        return Some((name.len(), Meaning::byte(*byte)));
    }
    let digits = rest.strip_prefix(b"&#")?;
    let end = digits.iter().take(10).position(|byte| *byte == b';')?;
    let code = match &digits[..end] {
        [b'x' | b'X', hex @ ..] => number(hex, 16)?,
        decimal => number(decimal, 10)?,
    };
    Some((2 + end + 1, Meaning::character(code)?))
}

/// Digits and nothing else.
fn number(digits: &[u8], radix: u32) -> Option<u32> {
    let digits = std::str::from_utf8(digits).ok()?;
    let plain = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
    u32::from_str_radix(digits, radix).ok().filter(|_| plain)
}

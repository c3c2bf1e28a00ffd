//! Server-sent events from chunks of bytes.
//!
//! A few lines of our own instead of another dependency. What matters here: Marathon ends lines with CRLF, its
//! heartbeat is a bare CRLF, and a chunk may end between the two bytes or inside a character.

/// One event as it was framed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frame {
    /// The `event:` line; empty if there was none.
    pub event: String,
    /// The `data:` lines, joined by line feeds.
    pub data: String,
}

/// The most bytes of one event, and of one line. The largest events of a real Marathon are those of deployments, with the
/// whole plan: some kilobytes an app.
pub(super) const EVENT_LIMIT: usize = 32 << 20;

/// A line or an event is longer than this parser accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

/// Takes chunks, gives frames. Lines may end with CRLF, LF or CR (the WHATWG's rules).
#[derive(Debug, Default)]
pub struct Parser {
    line: Vec<u8>,
    /// The last byte was a CR, so that an LF next is its other half.
    after_cr: bool,
    begun: bool,
    event: String,
    data: Option<String>,
}

impl Parser {
    /// An empty parser, for one connection.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a chunk and returns the frames that it completed.
    ///
    /// # Errors
    /// A line or event exceeds its limit; the rest cannot be read.
    pub fn feed(&mut self, chunk: &[u8]) -> Result<Vec<Frame>, TooLong> {
        let mut frames = Vec::new();
        for &byte in chunk {
            match byte {
                b'\n' if self.after_cr => self.after_cr = false,
                b'\n' | b'\r' => {
                    self.after_cr = byte == b'\r';
                    frames.extend(self.end_of_line());
                }
                _ if self.line.len() + self.data.as_ref().map_or(0, String::len) >= EVENT_LIMIT => return Err(TooLong),
                _ => {
                    self.after_cr = false;
                    self.line.push(byte);
                }
            }
        }
        Ok(frames)
    }

    fn end_of_line(&mut self) -> Option<Frame> {
        let bytes = std::mem::take(&mut self.line);
        let mut line = &*String::from_utf8_lossy(&bytes);
        if !std::mem::replace(&mut self.begun, true) {
            line = line.strip_prefix('\u{feff}').unwrap_or(line);
        }
        if line.is_empty() {
            let event = std::mem::take(&mut self.event);
            return self.data.take().map(|data| Frame { event, data });
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.event),
            "data" => match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            },
            // Comments, `id` and `retry`: Marathon sends none and replays nothing.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame(event: &str, data: &str) -> Frame {
        Frame { event: event.to_owned(), data: data.to_owned() }
    }

    #[test]
    fn marathons_frames_are_read() {
        let text = "event: event_stream_attached\r\ndata: {\"a\":1}\r\n\r\n\r\n\r\nevent: x\r\ndata: 2\r\n\r\n";
        let frames = Parser::new().feed(text.as_bytes()).unwrap();
        assert_eq!(frames, [frame("event_stream_attached", "{\"a\":1}"), frame("x", "2")]);
    }

    #[test]
    fn an_incomplete_frame_is_kept_back() {
        let mut parser = Parser::new();
        assert_eq!(parser.feed(b"event: x\r\ndata: 1\r\n").unwrap(), []);
        assert_eq!(parser.feed(b"\r\n").unwrap(), [frame("x", "1")]);
    }

    #[test]
    fn other_line_ends_comments_and_several_data_lines_are_read() {
        let frames = Parser::new().feed(b"\xef\xbb\xbf: hi\ndata:a\ndata: b\n\ndata: c\r\rid: 7\n\n").unwrap();
        assert_eq!(frames, [frame("", "a\nb"), frame("", "c")]);
    }

    #[test]
    fn an_endless_line_and_an_endless_event_end_the_stream() {
        let block = [b'x'; 1 << 16];
        let mut parser = Parser::new();
        let blocks = (0..2 * EVENT_LIMIT / block.len()).take_while(|_| parser.feed(&block).is_ok()).count();
        assert_eq!(blocks, EVENT_LIMIT / block.len());
        let line = [b"data: ".as_slice(), &block, b"\n"].concat();
        let mut parser = Parser::new();
        let lines = (0..2 * EVENT_LIMIT / block.len()).take_while(|_| parser.feed(&line).is_ok()).count();
        assert!(lines <= EVENT_LIMIT / block.len(), "{lines}");
    }

    /// A frame as Marathon writes it, and heartbeats between frames.
    fn marathon_text(frames: &[Frame], heartbeats: &[u8]) -> String {
        let mut text = String::new();
        for (n, Frame { event, data }) in frames.iter().enumerate() {
            text += &format!("event: {event}\r\ndata: {data}\r\n\r\n");
            text += &"\r\n".repeat(usize::from(*heartbeats.get(n).unwrap_or(&0)));
        }
        text
    }

    proptest! {
        #[test]
        fn any_bytes_are_frames_or_none(chunks in prop::collection::vec(prop::collection::vec(
            prop_oneof![Just(b'\n'), Just(b'\r'), Just(b':'), Just(b' '), Just(b'd'), any::<u8>()], 0..40), 0..10)) {
            let mut parser = Parser::new();
            let bytes: usize = chunks.iter().map(Vec::len).sum();
            // A byte that is no UTF-8 becomes a sign of three.
            let read: usize = chunks.iter().flat_map(|chunk| parser.feed(chunk).unwrap()).map(|frame| frame.data.len()).sum();
            prop_assert!(read <= 3 * bytes);
        }

        #[test]
        fn chunks_may_be_cut_anywhere(
            contents in prop::collection::vec(("[a-z_]{1,12}", "[^\r\n]{1,40}"), 0..6),
            heartbeats in prop::collection::vec(0u8..3, 6),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        ) {
            // A leading blank of the data is part of the framing and would be lost.
            let frames: Vec<Frame> = contents.iter().map(|(event, data)| frame(event, data.trim_start())).collect();
            let text = marathon_text(&frames, &heartbeats).into_bytes();
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let mut parser = Parser::new();
            let read: Vec<Frame> = cuts.windows(2).flat_map(|cut| parser.feed(&text[cut[0]..cut[1]]).unwrap()).collect();
            prop_assert_eq!(read, frames);
        }
    }
}

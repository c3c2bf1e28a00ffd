//! The event stream: server-sent events of `GET /v2/events`, over any byte stream, with reconnection.

mod parser;
mod stream;

pub use parser::{Frame, Parser, TooLong};
pub use stream::{EventStream, StreamItem};

//! The stream that reconnects, and says so.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use futures::{Stream, StreamExt};
use tokio::{
    sync::mpsc,
    task::AbortHandle,
    time::{Instant, sleep, timeout},
};

use super::parser::{EVENT_LIMIT, Parser, TooLong};
use crate::{
    marathon::{
        Error, IncidentKind, Result,
        ask::{Ask, Target},
        client::Client,
        connection::Answer,
    },
    model::{Event, EventKind},
};

/// Events that are held for a reader that is busy. Beyond that the connection is not read, and Marathon closes it
/// after 1024 more; the reader then sees [`StreamItem::Reconnected`].
const HELD: usize = 4096;

/// The first pause before a reconnection; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// A stream that was open for this long has lived: after it the first reconnection has no pause. One that ends sooner goes
/// on with the pause before, so that a server which closes at once is not asked thousands of times.
const LIVED: Duration = LONGEST_PAUSE;

/// An item of the stream.
#[derive(Debug, Clone)]
pub enum StreamItem {
    /// An event of Marathon's.
    Event(Event),
    /// The connection is gone; it is being opened again.
    Lost {
        /// Why.
        why: String,
    },
    /// It is open again. Marathon replays nothing: what happened in the gap must be asked for with `GET`.
    Reconnected {
        /// How long it was closed.
        gap: Duration,
    },
    /// It cannot be opened again (login refused, for one); the stream ends here.
    Gone {
        /// Why.
        error: Error,
    },
}

impl StreamItem {
    /// The event, if it is one.
    #[must_use]
    pub fn event(self) -> Option<Event> {
        match self {
            Self::Event(event) => Some(event),
            Self::Lost { .. } | Self::Reconnected { .. } | Self::Gone { .. } => None,
        }
    }
}

/// Events as they come. Dropping it closes the connection.
#[derive(Debug)]
pub struct EventStream {
    items: mpsc::Receiver<StreamItem>,
    reader: AbortHandle,
}

impl EventStream {
    pub(crate) async fn open(client: Client, types: &[EventKind]) -> Result<Self> {
        let base = Target::path("v2/events");
        let target = types.iter().fold(base, |target, kind| target.query("event_type", kind.as_str()));
        // Exactly this: with a list of types Marathon answers 405.
        let ask = Ask::get(target).accept("text/event-stream");
        let first = open_once(&client, &ask).await?;
        let (sender, items) = mpsc::channel(HELD);
        let reader = tokio::spawn(read_for_ever(client, ask, first, sender)).abort_handle();
        Ok(Self { items, reader })
    }

    /// The next item; `None` after [`StreamItem::Gone`].
    pub async fn next_item(&mut self) -> Option<StreamItem> {
        self.items.recv().await
    }

    /// What has arrived and not been taken yet, without waiting.
    pub fn try_next(&mut self) -> Option<StreamItem> {
        self.items.try_recv().ok()
    }
}

impl Stream for EventStream {
    type Item = StreamItem;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<StreamItem>> {
        self.items.poll_recv(cx)
    }
}

impl Drop for EventStream {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

async fn open_once(client: &Client, ask: &Ask) -> Result<Answer> {
    let answer = match client.connection.open(ask.clone()).await {
        Err(error) if !error.is_transient() => {
            client.connection.incidents.note(&IncidentKind::EventsRefused { error: error.clone() });
            return Err(error);
        }
        opened => opened?,
    };
    let kind = answer.response.headers.get(http::header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    match kind {
        Some(kind) if kind.starts_with("text/event-stream") => Ok(answer),
        other => {
            let why = format!("this is not an event stream but {}", other.unwrap_or("without a content type"));
            Err(Error::body(&ask.method, answer.url, why, b""))
        }
    }
}

async fn read_for_ever(client: Client, ask: Ask, mut answer: Answer, items: mpsc::Sender<StreamItem>) {
    let mut pause = Duration::ZERO;
    loop {
        let opened = Instant::now();
        let why = match read_to_end(&client, answer, &items).await {
            Some(why) => why,
            None => return,
        };
        let lost = Instant::now();
        if lost - opened >= LIVED {
            pause = Duration::ZERO;
        }
        client.connection.incidents.note(&IncidentKind::EventsLost { why: why.clone() });
        if items.send(StreamItem::Lost { why }).await.is_err() {
            return;
        }
        answer = match reopen(&client, &ask, &mut pause).await {
            Ok(answer) => answer,
            Err(error) => {
                let _ = items.send(StreamItem::Gone { error }).await;
                return;
            }
        };
        let gap = lost.elapsed();
        client.connection.incidents.note(&IncidentKind::EventsBack { gap });
        if items.send(StreamItem::Reconnected { gap }).await.is_err() {
            return;
        }
    }
}

/// Reads one connection. Returns why it ended; `None` if the receiver is gone.
async fn read_to_end(client: &Client, answer: Answer, items: &mpsc::Sender<StreamItem>) -> Option<String> {
    let idle = client.connection.idle;
    let mut body = answer.response.body;
    let mut parser = Parser::new();
    loop {
        let chunk = match timeout(idle, body.next()).await {
            Err(_) => return Some(format!("nothing received for {} s, not even a heartbeat", idle.as_secs())),
            Ok(None) => return Some("the server closed it".to_owned()),
            Ok(Some(Err(error))) => return Some(error.to_string()),
            Ok(Some(Ok(chunk))) => chunk,
        };
        let frames = match parser.feed(&chunk) {
            Ok(frames) => frames,
            Err(TooLong) => return Some(format!("it sent an event of more than {} MiB", EVENT_LIMIT >> 20)),
        };
        for frame in frames {
            let data = client.connection.sent.scrub(frame.data.into_bytes().into());
            let event = match serde_json::from_slice(&data) {
                Ok(data) => Event::new(&frame.event, data),
                Err(error) => {
                    let error = text::plain::json(&error.to_string());
                    tracing::warn!(event = frame.event, error, "an event could not be read");
                    continue;
                }
            };
            items.send(StreamItem::Event(event)).await.ok()?;
        }
    }
}

/// Opens it again after the pause, which grows with every attempt.
async fn reopen(client: &Client, ask: &Ask, pause: &mut Duration) -> Result<Answer> {
    loop {
        sleep(*pause).await;
        *pause = (*pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
        match open_once(client, ask).await {
            Err(error) if error.is_transient() => tracing::debug!(%error, ?pause, "the event stream is still away"),
            done => return done,
        }
    }
}

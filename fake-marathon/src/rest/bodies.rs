//! Reads bodies within bounds: of each, and of all that are held at a time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::body::{Body, Bytes, HttpBody as _};
use bytes::BytesMut;
use http::header;
use http_body_util::{BodyExt as _, Limited};

use super::answer::Answered;

/// The most bytes of all bodies that are held at a time: a few of the largest, and thousands of ordinary ones.
const ALL: usize = 256 << 20;

/// All bodies that are held. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Bodies {
    held: Arc<AtomicUsize>,
}

/// A body that was read, counted until it is dropped.
#[derive(Debug, Default)]
pub(super) struct Held {
    bodies: Bodies,
    counted: usize,
}

impl Held {
    /// Counts more bytes of it, if there is room.
    fn grow(&mut self, bytes: usize) -> bool {
        let before = self.bodies.held.fetch_add(bytes, Ordering::Relaxed);
        self.counted += bytes;
        before + bytes <= ALL
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.bodies.held.fetch_sub(self.counted, Ordering::Relaxed);
    }
}

impl Bodies {
    /// Reads a body of at most `limit` bytes and without a pause longer than `idle_timeout`.
    ///
    /// # Errors
    /// The answer instead: too large, too slow, or too much at a time.
    pub(super) async fn read(
        &self,
        body: Body,
        limit: usize,
        idle_timeout: Duration,
    ) -> Result<(Bytes, Held), Answered> {
        let too_large = || Answered::message(413, "Request Entity Too Large");
        if body.size_hint().lower() > limit as u64 {
            return Err(too_large());
        }
        let mut held = Held { bodies: self.clone(), counted: 0 };
        let mut body = Limited::new(body, limit);
        let mut pieces = BytesMut::new();
        loop {
            match tokio::time::timeout(idle_timeout, body.frame()).await {
                Err(_) => return Err(Answered::message(408, "Request Timeout").with(header::CONNECTION, "close")),
                Ok(None) => return Ok((pieces.freeze(), held)),
                Ok(Some(Err(_))) => return Err(too_large()),
                Ok(Some(Ok(frame))) => {
                    let Ok(piece) = frame.into_data() else { continue };
                    if !held.grow(piece.len()) {
                        let why = format!("this fake holds at most {} MiB of bodies at a time", ALL >> 20);
                        return Err(Answered::message(503, &why).with(header::CONNECTION, "close"));
                    }
                    pieces.extend_from_slice(&piece);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn all_bodies_together_have_a_bound_and_give_back_what_they_took() {
        let (bodies, part) = (Bodies::default(), ALL / 4);
        let read = || bodies.read(Body::from(vec![b' '; part]), part, Duration::from_secs(1));
        let mut four = Vec::new();
        for _ in 0..4 {
            four.push(read().await.expect("there is room"));
        }
        assert!(read().await.is_err_and(|refused| refused.status == 503), "there is none");
        drop(four.pop());
        assert!(read().await.is_ok(), "there is room again");
        drop(four);
        assert_eq!(bodies.held.load(Ordering::Relaxed), 0);
    }
}

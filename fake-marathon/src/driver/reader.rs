//! One reader of the event stream, and when it is too slow.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::mpsc::{self, error::TrySendError},
    time::{Instant, timeout},
};

use crate::{clock::Time, engine::Subscription, events::Published};

/// A reader at a socket that takes nothing for this long leaves its bytes there: it is too slow.
const STALLED: Duration = Duration::from_millis(100);

/// A reader at a socket is waited for no longer than this in all, until it has caught up: the engine has more to do.
const LONGEST: Duration = Duration::from_secs(2);

/// A reader in this process that takes nothing in so many turns of the runtime does not read.
const TURNS: u32 = 64;

/// What became of an event for one reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// It waits in the reader's queue, or the reader did not ask for its kind.
    Done,
    /// The queue is full and the reader too slow.
    Missed,
    /// The reader has left.
    Gone,
}

#[derive(Debug)]
pub(super) struct Reader {
    sender: mpsc::Sender<Arc<Published>>,
    pub(super) subscription: Subscription,
    /// When its next heartbeat would be written; a reader that left is noticed then at the latest.
    pub(super) heartbeat: Time,
    /// How long it has been waited for since its queue was empty; `None` once that was too long.
    patience: Option<Duration>,
}

impl Reader {
    /// A reader with a queue of `backlog` events, and the end of it that the reader takes from.
    pub(super) fn new(
        subscription: Subscription,
        backlog: usize,
        heartbeat: Time,
    ) -> (Self, mpsc::Receiver<Arc<Published>>) {
        let (sender, receiver) = mpsc::channel(backlog);
        (Self { sender, subscription, heartbeat, patience: Some(LONGEST) }, receiver)
    }

    pub(super) fn has_left(&self) -> bool {
        self.sender.is_closed()
    }

    /// Puts an event into the queue. While that is full, a reader that goes on reading is waited for.
    pub(super) async fn send(&mut self, event: &Arc<Published>) -> Sent {
        if !self.wants(event.kind) {
            return Sent::Done;
        }
        if self.sender.capacity() == self.sender.max_capacity() {
            self.patience = Some(LONGEST);
        }
        match self.sender.try_send(Arc::clone(event)) {
            Ok(()) => return Sent::Done,
            Err(TrySendError::Closed(_)) => return Sent::Gone,
            Err(TrySendError::Full(_)) => {}
        }
        self.wait_for_room().await;
        match self.sender.try_send(Arc::clone(event)) {
            Ok(()) => Sent::Done,
            Err(TrySendError::Closed(_)) => Sent::Gone,
            Err(TrySendError::Full(_)) => Sent::Missed,
        }
    }

    fn wants(&self, kind: &str) -> bool {
        let types = &self.subscription.types;
        types.is_empty() || types.iter().any(|wanted| wanted == kind)
    }

    /// Returns when the reader has taken something, has left or is too slow. Who was too slow once is not waited for
    /// again before it has caught up: otherwise it would hold up the engine at every event.
    async fn wait_for_room(&mut self) {
        let Some(left) = self.patience else { return };
        let (made_room, spent) = if self.subscription.socket {
            let began = Instant::now();
            let made_room = timeout(STALLED.min(left), self.sender.reserve()).await.is_ok();
            (made_room, began.elapsed())
        } else {
            (self.takes_turns().await, Duration::ZERO)
        };
        self.patience = left.checked_sub(spent).filter(|left| made_room && !left.is_zero());
    }

    /// Whether there is room after some turns of the runtime; time does not pass, be it virtual or not.
    async fn takes_turns(&self) -> bool {
        for _ in 0..TURNS {
            tokio::task::yield_now().await;
            if self.sender.capacity() > 0 || self.sender.is_closed() {
                return true;
            }
        }
        false
    }
}

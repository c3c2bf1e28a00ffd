//! Probes whose peers have not answered yet, but most likely will within a moment: they are looked at again a few times
//! before they become tasks with a poll, which cost as much as all the rest of a probe.

use std::time::Duration;

use tokio::time::Instant;

use super::quick::Begun;

/// Between two looks.
const APART: Duration = Duration::from_millis(1);
/// A peer that has not answered by then may take long.
const LOOKS: u8 = 8;

/// A probe to be looked at again.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) begun: Begun,
    pub(super) so_far: SoFar,
    /// Whether its request was sent.
    pub(super) sent: bool,
}

/// What has been done for a probe.
#[derive(Clone, Copy, Debug)]
pub(super) struct SoFar {
    /// When its connection was begun.
    pub(super) since: Instant,
    /// How often it was looked at again.
    pub(super) looks: u8,
}

impl SoFar {
    /// Its connection was begun.
    pub(super) fn begun(since: Instant) -> Self {
        Self { since, looks: 0 }
    }
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Soon {
    waiting: Vec<Waiting>,
    next: Option<Instant>,
}

impl Soon {
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// When the next look is due.
    pub(super) fn next(&self) -> Option<Instant> {
        self.next
    }

    /// Keeps a probe; hands it back when it was looked at often enough.
    pub(super) fn keep(&mut self, mut one: Waiting) -> Option<Waiting> {
        if one.so_far.looks == LOOKS {
            return Some(one);
        }
        one.so_far.looks += 1;
        self.waiting.push(one);
        if self.next.is_none() {
            self.next = Some(Instant::now() + APART);
        }
        None
    }

    /// Takes all, if a look is due.
    pub(super) fn take_due(&mut self) -> Vec<Waiting> {
        if self.next.is_none_or(|next| Instant::now() < next) {
            return Vec::new();
        }
        self.next = None;
        std::mem::take(&mut self.waiting)
    }
}

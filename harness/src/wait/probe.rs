//! Where a wait gets its views from, and what makes it observe sooner.

use std::error::Error;

use tokio::sync::watch;

use super::report::Section;

/// Observes something again and again.
pub trait Probe: Send {
    /// What one observation sees.
    type View: View + Send;

    /// Observes once. That something does not exist is a view like any other, not an error.
    fn observe(&mut self) -> impl Future<Output = Result<Self::View, AttemptError>> + Send;
}

/// What one observation saw, as far as a wait's report needs it.
pub trait View {
    /// One line that differs exactly when a reader would say that something changed. The timeline consists of these.
    fn line(&self) -> String;

    /// What a failed wait shows of the last view, after the timeline.
    fn sections(&self) -> Vec<Section> {
        Vec::new()
    }
}

/// Why an attempt to observe or to change something failed, and whether another one may succeed.
#[derive(Debug)]
pub enum AttemptError {
    /// The next attempt may succeed.
    Transient(Box<dyn Error + Send + Sync>),
    /// No later attempt can succeed.
    Fatal(Box<dyn Error + Send + Sync>),
}

impl AttemptError {
    /// The error of an attempt; `is_transient` says whether another one may succeed.
    pub fn new(error: impl Into<Box<dyn Error + Send + Sync>>, is_transient: bool) -> Self {
        if is_transient { Self::Transient(error.into()) } else { Self::Fatal(error.into()) }
    }
}

/// Wakes waits because something may have changed. Any number of them may listen.
///
/// A notification carries no content: it only makes the next observation come sooner. A lost one costs at most a polling
/// interval, and can never make a wait believe something untrue.
#[derive(Clone, Debug)]
pub struct Notifier {
    notifications: watch::Sender<u64>,
}

impl Default for Notifier {
    fn default() -> Self {
        Self { notifications: watch::Sender::new(0) }
    }
}

impl Notifier {
    /// Wakes every listener.
    pub fn notify(&self) {
        self.notifications.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// A listener for one wait. It receives the notifications from now on.
    #[must_use]
    pub fn listener(&self) -> Listener {
        Listener { notifications: self.notifications.subscribe() }
    }
}

/// Receives the notifications of a [`Notifier`].
#[derive(Clone, Debug)]
pub struct Listener {
    notifications: watch::Receiver<u64>,
}

impl Listener {
    /// Discards what has been received: the observation that follows sees what it was about.
    pub fn discard(&mut self) {
        self.notifications.mark_unchanged();
    }

    /// Ready after the first notification since [`discard`](Self::discard); never when the notifier is gone.
    pub async fn notified(&mut self) {
        if self.notifications.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

//! Where a wait gets its views from, and what hastens it.

use std::error::Error;

use tokio::sync::watch;

use super::report::Section;

/// Observes something again and again.
pub trait Probe: Send {
    /// What one observation sees.
    type View: View + Send;

    /// Looks once. That something is not there is a view like any other, not a trouble.
    fn observe(&mut self) -> impl Future<Output = Result<Self::View, Trouble>> + Send;
}

/// What one observation saw, as far as a wait's report needs it.
pub trait View {
    /// One line that differs exactly when a reader would say that something changed: the timeline is made of these.
    fn line(&self) -> String;

    /// What a failed wait shows of the last view, after the timeline.
    fn sections(&self) -> Vec<Section> {
        Vec::new()
    }
}

/// Why an observation saw nothing.
#[derive(Debug)]
pub enum Trouble {
    /// The next one may work; noted in the timeline.
    Passing(Box<dyn Error + Send + Sync>),
    /// No later one will; ends the wait.
    Final(Box<dyn Error + Send + Sync>),
}

/// Tells waits that something may have changed. Any number of waits may listen.
///
/// A ring carries no news, it only makes the next look come sooner. So a lost ring costs time, at most a polling
/// interval, and can never make a wait believe something untrue.
#[derive(Clone, Debug)]
pub struct Bell {
    rings: watch::Sender<u64>,
}

impl Default for Bell {
    fn default() -> Self {
        Self { rings: watch::Sender::new(0) }
    }
}

impl Bell {
    /// Something may have changed.
    pub fn ring(&self) {
        self.rings.send_modify(|rings| *rings = rings.wrapping_add(1));
    }

    /// An ear for one wait. It hears rings from now on.
    #[must_use]
    pub fn ear(&self) -> Ear {
        Ear { rings: self.rings.subscribe() }
    }
}

/// Hears a [`Bell`].
#[derive(Clone, Debug)]
pub struct Ear {
    rings: watch::Receiver<u64>,
}

impl Ear {
    /// Forgets what has rung so far: called before a look, which will see what those rings were about.
    pub fn forget(&mut self) {
        self.rings.mark_unchanged();
    }

    /// Ready as soon as the bell has rung since [`forget`](Self::forget); never when the bell is gone.
    pub async fn rung(&mut self) {
        if self.rings.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

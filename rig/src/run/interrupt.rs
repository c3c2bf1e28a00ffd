//! Ctrl-C and SIGTERM: once to stop with clean-up, twice to quit at once.

use tokio_util::sync::CancellationToken;

use crate::exit::{Code, Failure};

/// What the user asked for during a run.
#[derive(Clone, Debug, Default)]
pub struct Interrupt {
    /// Stop: keep the samples, delete, wait, report.
    pub stop: CancellationToken,
    /// Quit at once: whatever is left stays.
    pub quit: CancellationToken,
}

impl Interrupt {
    /// Finishes the work, unless the user stops it first: for what comes before anything is deployed.
    ///
    /// # Errors
    /// The work fails; exit code 130 when it was stopped.
    pub async fn before_deployment<T>(&self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        tokio::select! {
            done = work => done,
            () = self.stop.cancelled() => Err(Failure::new(Code::Stopped, "stopped before anything was deployed")),
        }
    }

    /// Listens from now on, on the present runtime.
    pub fn listen() -> Self {
        let interrupt = Self::default();
        let heard = interrupt.clone();
        tokio::spawn(async move {
            signal().await;
            heard.stop.cancel();
            signal().await;
            heard.quit.cancel();
        });
        interrupt
    }
}

/// Waits for the next SIGINT or SIGTERM.
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut stream) => {
                stream.recv().await;
            }
            // Without the handler the system's own takes the process down, as it would any other.
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminate => {}
    }
}

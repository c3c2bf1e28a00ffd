//! Ctrl-C and SIGTERM: once to stop well, twice to quit.

use tokio_util::sync::CancellationToken;

/// What the user asked for while something runs.
#[derive(Clone, Debug, Default)]
pub struct Interrupt {
    /// Stop: keep the samples, delete, wait, report.
    pub stop: CancellationToken,
    /// Quit at once: whatever is left stays.
    pub quit: CancellationToken,
}

impl Interrupt {
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

//! Why a fake does not start.

use std::{io, net::SocketAddr, path::PathBuf};

use crate::tasks::process;

/// Why a fake did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {cause}")]
    Listen {
        /// What was asked for.
        address: SocketAddr,
        /// The error of the system. Not its `source`: the text above has it already.
        cause: io::Error,
    },
    /// The locks on ports of process tasks cannot be used.
    #[error("cannot use {} for locks on ports: {cause}", folder.display())]
    Ports {
        /// Below the temporary directory.
        folder: PathBuf,
        /// The error of the system. Not its `source`: the text above has it already.
        cause: io::Error,
    },
    /// Process tasks cannot be used.
    #[error(transparent)]
    Tasks(#[from] process::StartError),
    /// Light tasks cannot be used.
    #[error("cannot listen for light tasks: {0}")]
    Light(io::Error),
    /// There is no thread for checks.
    #[error("cannot start the thread that makes checks: {0}")]
    Checks(io::Error),
    /// The settings contradict each other, or one of them is unusable.
    #[error("{0}")]
    Config(String),
}

//! What a test needs to drive any Marathon: a client, a login, waits and measurements.
//!
//! The crate knows nothing of the fake Marathon. What it reads, it reads leniently, and recordings of a real one
//! hold it to the truth.

pub mod clock;
pub mod cluster;
pub mod dcos;
pub mod environment;
pub mod files;
pub mod marathon;
pub mod model;
pub mod record;
pub mod scale;
pub mod scrub;
pub mod secret;
pub mod settings;
pub mod tls;
pub mod transport;
pub mod wait;
pub mod watch;

pub use clock::Clock;
pub use marathon::{Client, Error, Result};
pub use secret::Secret;
pub use settings::Settings;
pub use transport::Transport;

//! A cluster that others use as well: look before touching it, own what is created, leave nothing.
//!
//! Everything lives in `/hc-rig/<run>`, a group of the run's own, and every app carries labels that say whose it
//! is and until when. What does not carry them is never changed or deleted. The parent `/hc-rig` stays: to delete
//! it would delete what somebody else creates in it at that very moment.

mod docker;
mod endings;
mod error;
mod labels;
mod lease;
mod names;
mod preflight;
mod removal;
mod sweep;

pub use docker::DockerSupport;
pub use endings::{Endings, endings};
pub use error::{CleanUpError, ClusterError};
pub use labels::{LABEL_EXPIRES, LABEL_OWNER, LABEL_RUN, LABEL_SUITE, Ownership};
pub use lease::{Kept, KeptGroup, Lease, LeaseOptions};
pub use names::{ROOT, RunName, id_in_group};
pub use preflight::{AgentSummary, Limits, Needs, Preflight, Refusal, Resource, preflight};
pub use removal::{remove_run, time_to_kill};
pub use sweep::{Leases, RunGroup, Swept, leases, sweep};

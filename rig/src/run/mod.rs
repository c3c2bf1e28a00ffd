//! A measured run of one app: deploy in a group of its own, drive, sample, clean up.
//!
//! [`definition`] is what is run, [`scaled`] how it is scaled and judged, [`reach`] and [`embedded`] connect to the cluster
//! or the fake and map errors to exit codes, [`allowance`] limits what a run may use, [`capacity`] what this machine can
//! hold, [`measure()`] does it, [`continued`] resumes a run of an earlier process. [`sink`] writes what is observed,
//! [`executors`] asks agents for the process ids of executors while the tasks run, [`machine`] samples the load of this machine,
//! [`programs`] finds out what the agents have, [`interrupt`] is Ctrl-C, and [`rehearsal`] runs against a stand-in that
//! accepts everything.

pub mod allowance;
pub mod capacity;
pub mod continued;
pub mod definition;
pub mod embedded;
pub mod executors;
pub mod interrupt;
pub mod machine;
pub mod measure;
pub mod programs;
pub mod reach;
pub mod rehearsal;
pub mod scaled;
pub mod sink;

pub use allowance::Allowance;
pub use definition::Definition;
pub use interrupt::Interrupt;
pub use measure::{Job, Outcome, measure};
pub use scaled::Scaled;

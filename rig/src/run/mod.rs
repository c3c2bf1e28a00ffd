//! A measured run of one app: deploy in a group of its own, drive, sample, clean up, report.
//!
//! [`definition`] says what is run, [`scaled`] how it is scaled and judged, [`reach`] and [`embedded`] how the cluster
//! or the fake is reached and which errors end with which exit code, [`allowance`] how much of it may be used, [`capacity`] how many process
//! tasks this machine can hold, [`measure()`] does it, [`continued`] lets a run go on that an earlier process began,
//! [`sink`] keeps what it sees, [`executors`] asks the agents for the executors' process ids while
//! the tasks still run, [`machine`] looks at how busy this machine is meanwhile, [`interrupt`] is Ctrl-C, [`rehearsal`] a run
//! before a stand-in that agrees to everything.

pub mod allowance;
pub mod capacity;
pub mod continued;
pub mod definition;
pub mod embedded;
pub mod executors;
pub mod interrupt;
pub mod machine;
pub mod measure;
pub mod prompt;
pub mod reach;
pub mod rehearsal;
pub mod scaled;
pub mod sink;

pub use allowance::Allowance;
pub use definition::Definition;
pub use interrupt::Interrupt;
pub use measure::{Job, Outcome, measure};
pub use scaled::Scaled;

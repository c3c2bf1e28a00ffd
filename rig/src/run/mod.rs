//! A measured run of one app: deploy in a group of its own, drive, sample, clean up.
//!
//! [`definition`] is what is run ([`recognise`] names what is none), [`scaled`] how it is scaled and judged, [`cells`] are the runs of a matrix. [`reach`] and
//! [`embedded`] connect to the cluster or the fake and map errors to exit codes, [`allowance`] limits what a run may use,
//! [`capacity`] what this machine can hold. [`measure()`] makes the run, [`judge`] its verdict, [`outcome`] writes it,
//! [`continued`] resumes a run of an earlier process. [`sink`] writes what is observed. [`observers`] run beside the driver:
//! [`executors`] reads the process ids of executors from the agents, [`machine`] samples the load of this machine.
//! [`programs`] finds out what the agents have, [`ready`] whether a run can begin, [`watch()`] observes an app that exists already, [`interrupt`] is Ctrl-C, and
//! [`rehearsal`] runs against a stand-in that accepts everything.

pub mod allowance;
pub mod capacity;
pub mod cells;
pub mod continued;
pub mod definition;
pub mod embedded;
pub mod executors;
pub mod fitness;
pub mod interrupt;
pub mod judge;
pub mod machine;
pub mod measure;
pub mod observers;
pub mod outcome;
pub mod programs;
pub mod reach;
pub mod ready;
pub mod recognise;
pub mod rehearsal;
pub mod scaled;
pub mod sink;
pub mod watch;

pub use allowance::Allowance;
pub use definition::Definition;
pub use interrupt::Interrupt;
pub use measure::{Job, measure};
pub use outcome::Outcome;
pub use scaled::{DEGRADED_AFTER, Scaled};
pub use watch::{Watch, watch};

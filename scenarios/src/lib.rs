//! The arena: one set of scenarios for a fake Marathon in the test's process, the same fake in a container, and a real
//! cluster.
//!
//! The scenarios themselves are in `tests/scenarios/`. A test target names its backend and includes them by path, so
//! that `arena(async |arena| { … })` inside them means that backend's:
//!
//! - [`offline::simulated`]: embedded fake, simulated tasks, virtual time, no socket;
//! - [`offline::process`]: embedded fake, real processes, real sockets, real time;
//! - `container::arena` (feature `container`): the image of the fake, real time;
//! - `live::arena` (feature `live-cluster`): the cluster that the environment names.
//!
//! A scenario gets a group of its own and never has to tidy up. A failed one keeps its evidence under
//! `target/hc-rig/failed/<test>/`; a passing one keeps nothing. What a backend cannot run is *not applicable*, is printed,
//! and is collected in `target/hc-rig/not-applicable/`.

mod arena;
mod backends;
pub mod conditions;
mod deployed;
mod environment;
mod evidence;
mod failure;
mod name;
mod needs;
mod not_applicable;
mod outages;
pub mod transitions;

pub use arena::Arena;
#[cfg(feature = "container")]
pub use backends::container;
#[cfg(feature = "live-cluster")]
pub use backends::live;
pub use backends::offline;
pub use deployed::Deployed;
pub use name::TestName;
pub use needs::{Needs, needs};
pub use not_applicable::NotApplicable;

/// What a scenario returns. A failed wait brings its whole report.
pub type Result<T = (), E = eyre::Report> = std::result::Result<T, E>;

/// Calls a macro with the names of the files in `tests/scenarios/` that run on every backend. A new file is named here.
#[macro_export]
macro_rules! scenario_files {
    ($macro:ident) => {
        $macro! {
            cleanup deployments flapping grace hanging login matrix outages pods procedure refusals sickness smoke steps
        }
    };
}

/// Scenarios that several of those files run, with other definitions.
pub mod bodies;

/// What every scenario needs.
pub mod prelude {
    pub use fixtures::{
        App,
        Check::{self, Command, Http, Https, MesosHttp, MesosHttps, MesosTcp, Tcp},
        Containerizer::{self, Docker, Mesos, Pod},
        Pair, millis, secs,
    };
    pub use harness::{
        wait::{Condition, holds},
        watch::{
            all_alive, crash_looping, deploying, flapped, gone, healthy, killed_by_health_check, replaced, running,
            settled, stays_healthy_for, time_to_healthy, unhealthy, unhealthy_within,
        },
    };
    pub use rstest::rstest;

    pub use crate::{Arena, Deployed, Result, conditions::*, needs};
}

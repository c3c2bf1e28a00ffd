//! The named conditions. Each looks at one view and is pure but for what it remembers of earlier views.

mod counts;
mod death;
mod life;
mod replaced;
mod rest;
mod steady;
mod times;

pub use counts::{AllAlive, Exactly, all_alive, healthy, running, unhealthy};
pub use death::{Counted, Death, KilledByHealthCheck, killed_by_health_check};
pub use replaced::{Replaced, TaskRef, replaced};
pub use rest::{Deploying, Gone, Settled, deploying, gone, settled};
pub use steady::{
    CrashLoop, CrashLooping, Flapped, StaysHealthy, UnhealthyWithin, crash_looping, flapped, stays_healthy_for,
    unhealthy_within,
};
pub use times::{TimeToHealthy, time_to_healthy};

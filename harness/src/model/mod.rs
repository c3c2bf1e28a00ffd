//! What Marathon answers, read leniently.
//!
//! Versions differ in the fields they send and clusters carry plugins that add more. So a missing field is
//! empty, `null` is the same as missing, an unknown field stays in the `raw` value, and an element that cannot
//! be read at all is kept as [`Unreadable`] beside its readable neighbours instead of failing a whole answer.

mod app;
mod deployment;
mod event;
mod event_kind;
mod info;
mod kind;
mod lenient;
pub mod listing;
mod pod;
mod protocol;
mod queue;
mod server_time;
mod task;
mod task_state;
mod task_status;

pub use app::{App, Apps, Group, HealthCheck, TaskFailure, VersionInfo};
pub use deployment::{Deployment, DeploymentAction, DeploymentResult, DeploymentStep};
pub use event::Event;
pub use event_kind::EventKind;
pub use info::{Info, MarathonConfig};
pub use kind::Kind;
pub(crate) use lenient::{Raw, read_each};
pub use lenient::{Unreadable, parse_timestamp};
pub(crate) use pod::tasks_of;
pub use protocol::Protocol;
pub use queue::{OffersSummary, QueueDelay, QueueEntry, RejectReason};
pub use server_time::ServerTime;
pub use task::{Container, HealthResult, IpAddress, Task, TaskId};
pub use task_state::TaskState;
pub use task_status::TaskStatus;

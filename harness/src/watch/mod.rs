//! Waiting for apps and tasks: how they are observed, and the named conditions.
//!
//! ```no_run
//! # async fn example(client: harness::Client) -> Result<(), Box<dyn std::error::Error>> {
//! use harness::wait::Condition;
//! use harness::watch::{EventLog, Watch, healthy, settled};
//!
//! let watch = Watch::new(client.clone()).with_events(EventLog::open(&client).await?);
//! watch.wait_for("/hc", healthy(2).and(settled())).await?;
//! # Ok(())
//! # }
//! ```

mod conditions;
mod describe;
mod event_log;
mod probe;
mod view;

pub use conditions::*;
pub use describe::{event_line, short, task_lines};
pub use event_log::{EventLog, Logged, concerns};
pub use probe::{AppProbe, PodId, TaskProbe, Watch, Watchable};
pub use view::{AppView, Events, TaskView, state_of};

//! How tasks end: an app whose tasks end by themselves answers a question about the agents that they ran on.

use std::{collections::BTreeMap, time::Duration};

use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use super::{ClusterError, Lease};
use crate::{
    marathon::events::StreamItem,
    model::{EventKind, TaskStatus},
};

/// The polling interval while no events arrive.
const PAUSE: Duration = Duration::from_millis(500);

/// How the tasks of an app ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Endings {
    /// Host → exit status of a task that ended there.
    pub by_host: BTreeMap<String, u8>,
    /// The message of the last task that ended without an exit status, such as an image that cannot be pulled.
    pub failure: Option<String>,
}

impl Endings {
    fn take(&mut self, host: &str, message: &str) {
        match exit_status(message) {
            Some(status) => drop(self.by_host.insert(host.to_owned(), status)),
            None if !message.is_empty() => self.failure = Some(message.to_owned()),
            None => {}
        }
    }
}

/// The executors' own words, `Command exited with status 3` and `Container exited with status 3`. A fetcher or a
/// `docker pull` that fails says more than that.
fn exit_status(message: &str) -> Option<u8> {
    let rest = message.strip_prefix("Command ").or_else(|| message.strip_prefix("Container "))?;
    rest.strip_prefix("exited with status ")?.trim().parse().ok()
}

/// Deploys the app in the lease's group and waits until a task has ended on as many hosts as it has instances, or
/// `timeout` is over. The caller releases the lease.
///
/// # Errors
/// If Marathon refuses the app or does not answer. That no task ends is no error: the endings are empty then.
pub async fn endings(lease: &Lease, definition: &Value, timeout: Duration) -> Result<Endings, ClusterError> {
    let wanted = definition.get("instances").and_then(Value::as_u64).unwrap_or(1);
    let deadline = Instant::now() + timeout;
    let client = lease.client();
    // Opened before there is anything to miss. Without events the last failure of the app must do.
    let mut events = client.events(&[EventKind::StatusUpdate]).await.ok();
    let id = lease.deploy(definition).await?.id;
    let mut endings = Endings::default();
    let enough = |endings: &Endings| usize::try_from(wanted).is_ok_and(|wanted| endings.by_host.len() >= wanted);
    loop {
        let look = (Instant::now() + PAUSE).min(deadline);
        while let Some(stream) = &mut events {
            match timeout_at(look, stream.next_item()).await {
                Err(_) => break,
                Ok(Some(StreamItem::Event(event))) if event.app_id() == Some(&id) => {
                    if matches!(event.terminal_status(), Some(TaskStatus::Failed | TaskStatus::Finished)) {
                        endings.take(event.text("host").unwrap_or_default(), event.text("message").unwrap_or_default());
                    }
                    if enough(&endings) {
                        return Ok(endings);
                    }
                }
                Ok(Some(_)) => {}
                Ok(None) => events = None,
            }
        }
        tokio::time::sleep_until(look).await;
        if let Some(failure) = client.app(&id).await?.last_task_failure {
            endings.take(&failure.host, &failure.message);
        }
        // An image that cannot be pulled will not be there at the next try either.
        let hopeless = endings.by_host.is_empty() && endings.failure.is_some();
        if enough(&endings) || hopeless || Instant::now() >= deadline {
            return Ok(endings);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_executors_own_words_are_an_exit_status() {
        assert_eq!(exit_status("Command exited with status 77"), Some(77));
        assert_eq!(exit_status("Container exited with status 0"), Some(0));
        let pull = "Failed to launch container: Failed to run 'docker -H unix:///var/run/docker.sock pull x': exited \
                    with status 1; stderr='no such image'";
        for other in ["", "Command terminated with signal Killed", "Command exited with status 300", pull] {
            assert_eq!(exit_status(other), None, "{other}");
        }
    }

    #[test]
    fn a_message_without_exit_status_is_kept() {
        let mut endings = Endings::default();
        endings.take("a", "Command exited with status 40");
        endings.take("b", "no such image");
        endings.take("b", "");
        assert_eq!(endings.by_host, BTreeMap::from([("a".to_owned(), 40)]));
        assert_eq!(endings.failure.as_deref(), Some("no such image"));
    }
}

//! The outages that the owner of a cluster allows.

use std::{process::Stdio, time::Duration};

use eyre::{bail, ensure, eyre};
use tokio::{process::Command, time::timeout};

use crate::{NotApplicable, Result, needs::Outage};

/// The timeout of a command on an agent, for example over ssh.
const TIMEOUT: Duration = Duration::from_secs(60);

/// `HC_RIG_LIVE_FAULTS`, with the commands that stop and start an agent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outages {
    leader: bool,
    agent: Option<(String, String)>,
}

impl Outages {
    /// What the environment allows: `HC_RIG_LIVE_FAULTS=leader,agent`, and for `agent` the shell commands
    /// `HC_RIG_AGENT_DOWN` and `HC_RIG_AGENT_UP`. Nothing by default.
    ///
    /// # Errors
    /// A word that is neither, or `agent` without its commands.
    #[cfg_attr(not(feature = "live-cluster"), expect(dead_code, reason = "only clusters have owners"))]
    pub(crate) fn environment() -> Result<Self> {
        Self::resolve(harness::environment::variable)
    }

    fn resolve(variable: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let mut outages = Self::default();
        let variable = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        for word in variable("HC_RIG_LIVE_FAULTS").unwrap_or_default().split(',').map(str::trim) {
            match word {
                "" => {}
                "leader" => outages.leader = true,
                "agent" => {
                    let commands = variable("HC_RIG_AGENT_DOWN").zip(variable("HC_RIG_AGENT_UP"));
                    outages.agent = Some(commands.ok_or_else(|| {
                        eyre!("HC_RIG_LIVE_FAULTS=agent needs the commands HC_RIG_AGENT_DOWN and HC_RIG_AGENT_UP")
                    })?);
                }
                other => bail!("HC_RIG_LIVE_FAULTS={other}: use leader, agent, or both separated by a comma"),
            }
        }
        Ok(outages)
    }

    /// Whether the owner allows it.
    ///
    /// # Errors
    /// What to set.
    #[cfg_attr(not(any(test, feature = "live-cluster")), expect(dead_code, reason = "only clusters have owners"))]
    pub(crate) fn allows(&self, outage: Outage) -> Result<(), NotApplicable> {
        match outage {
            Outage::Leader if !self.leader => Err(NotApplicable(
                "it makes the leader step down, which HC_RIG_LIVE_FAULTS=leader has to allow".to_owned(),
            )),
            Outage::Agent if self.agent.is_none() => {
                Err(NotApplicable("it takes an agent away, which HC_RIG_LIVE_FAULTS=agent has to allow".to_owned()))
            }
            Outage::Leader | Outage::Agent => Ok(()),
        }
    }

    /// The command that takes an agent away.
    pub(crate) fn agent_down(&self) -> Option<&str> {
        self.agent.as_ref().map(|(down, _)| down.as_str())
    }

    /// The command that brings it back.
    pub(crate) fn agent_up(&self) -> Option<&str> {
        self.agent.as_ref().map(|(_, up)| up.as_str())
    }
}

/// Runs `sh -c command`.
pub(crate) async fn shell(command: &str) -> Result {
    let run = Command::new("/bin/sh").args(["-c", command]).stdin(Stdio::null()).kill_on_drop(true).status();
    let status = timeout(TIMEOUT, run).await.map_err(|_| eyre!("`{command}` did not end within {TIMEOUT:?}"))??;
    ensure!(status.success(), "`{command}` ended with {status}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(variables: &[(&str, &str)]) -> Result<Outages> {
        Outages::resolve(|name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn nothing_is_allowed_by_default() {
        let outages = resolve(&[]).unwrap();
        assert!(outages.allows(Outage::Leader).is_err() && outages.allows(Outage::Agent).is_err());
        let down_up = [("HC_RIG_LIVE_FAULTS", "leader, agent"), ("HC_RIG_AGENT_DOWN", "a"), ("HC_RIG_AGENT_UP", "b")];
        let outages = resolve(&down_up).unwrap();
        assert!(outages.allows(Outage::Leader).is_ok() && outages.allows(Outage::Agent).is_ok());
        assert_eq!((outages.agent_down(), outages.agent_up()), (Some("a"), Some("b")));
    }

    #[test]
    fn an_unknown_word_or_a_missing_command_is_an_error() {
        let error = |variables: &[(&str, &str)]| resolve(variables).unwrap_err().to_string();
        assert!(error(&[("HC_RIG_LIVE_FAULTS", "all")]).contains("use leader, agent"));
        assert!(error(&[("HC_RIG_LIVE_FAULTS", "agent")]).contains("HC_RIG_AGENT_DOWN"));
    }
}

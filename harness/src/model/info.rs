//! `GET /v2/info`.

use serde::Deserialize;

use super::lenient::null_as_default;

/// Who this Marathon is.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Info {
    /// The framework's name in Mesos.
    #[serde(default, deserialize_with = "null_as_default")]
    pub name: String,
    /// Marathon's version, such as `1.11.26`.
    #[serde(default, deserialize_with = "null_as_default")]
    pub version: String,
    /// The framework's id in Mesos; none before the first registration.
    #[serde(default)]
    pub framework_id: Option<String>,
    /// The leader as `host:port`; none during an election.
    #[serde(default)]
    pub leader: Option<String>,
    /// Whether the one that answered is the leader.
    #[serde(default, deserialize_with = "null_as_default")]
    pub elected: bool,
    /// The settings that matter to us.
    #[serde(default, rename = "marathon_config", deserialize_with = "null_as_default")]
    pub marathon_config: MarathonConfig,
}

impl Info {
    /// The version; `None` if the server does not show it to this user.
    #[must_use]
    pub fn known_version(&self) -> Option<&str> {
        Some(self.version.as_str()).filter(|version| !version.is_empty())
    }
}

/// Some of Marathon's own settings. Here the names have underscores.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
pub struct MarathonConfig {
    /// Where Mesos's leading master answers, such as `http://127.0.0.1:5050/`.
    #[serde(default)]
    pub mesos_leader_ui_url: Option<String>,
    /// The role of the framework.
    #[serde(default)]
    pub mesos_role: Option<String>,
    /// Milliseconds that a decline of an offer lasts.
    #[serde(default)]
    pub decline_offer_duration: Option<u64>,
}

//! Names of runs, and ids inside their groups.

use std::fmt;

use time::{OffsetDateTime, macros::format_description};

/// The group above all runs.
pub const ROOT: &str = "/hc-rig";

/// The name of a run: when it began and a few random digits, such as `20261122-220405-3f9a`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RunName(String);

impl RunName {
    /// A new name.
    #[must_use]
    pub fn new(now: OffsetDateTime) -> Self {
        let date = now.format(format_description!("[year][month][day]-[hour][minute][second]")).unwrap_or_default();
        let random = uuid::Uuid::new_v4().simple().to_string();
        Self(format!("{date}-{}", &random[..4]))
    }

    /// A name that is known, such as a test's or an earlier run's. Whatever Marathon does not take in an id becomes
    /// a hyphen.
    #[must_use]
    pub fn known(name: &str) -> Self {
        let name: String =
            name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
        let parts: Vec<&str> = name.split('-').filter(|part| !part.is_empty()).collect();
        Self(if parts.is_empty() { "run".to_owned() } else { parts.join("-") })
    }

    /// The run's group: `/hc-rig/<run>`.
    #[must_use]
    pub fn group(&self) -> String {
        format!("{ROOT}/{}", self.0)
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RunName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The id inside a group: the last element is kept, so `/hc` and `/team/hc` become `<group>/hc`.
///
/// `None` if the id has no element at all.
#[must_use]
pub fn id_in_group(group: &str, id: &str) -> Option<String> {
    let last = id.split('/').rfind(|part| !part.is_empty())?;
    Some(format!("{}/{last}", group.trim_end_matches('/')))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn ids_keep_their_last_element() {
        assert_eq!(id_in_group("/hc-rig/r", "/hc").as_deref(), Some("/hc-rig/r/hc"));
        assert_eq!(id_in_group("/hc-rig/r/", "team/web/hc/").as_deref(), Some("/hc-rig/r/hc"));
        assert_eq!(id_in_group("/hc-rig/r", "/"), None);
    }

    #[test]
    fn names_are_elements_that_marathon_takes() {
        let name = RunName::new(datetime!(2026-11-22 22:04:05 UTC));
        assert!(name.as_str().starts_with("20261122-220405-"), "{name}");
        assert_eq!(RunName::known("live::sick_task [Mesos, TCP]").as_str(), "live-sick-task-mesos-tcp");
        assert_eq!(RunName::known("::").as_str(), "run");
        assert_eq!(RunName::known("a").group(), "/hc-rig/a");
    }
}

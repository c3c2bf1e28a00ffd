//! Apps and pods: what Marathon runs under an id.

use serde_json::Value;

/// What Marathon runs under an id. It calls both *run specs*; no two of them share an id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Tasks of one container each, checked by Marathon or by Mesos.
    #[default]
    App,
    /// Instances of several containers under one executor, checked by Mesos alone.
    Pod,
}

impl Kind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::App, Self::Pod];

    /// What a definition is of: only a pod's has a list of `containers`.
    #[must_use]
    pub fn of_definition(definition: &Value) -> Self {
        match definition.get("containers") {
            Some(Value::Array(_)) => Self::Pod,
            Some(_) | None => Self::App,
        }
    }

    /// `app` or `pod`.
    #[must_use]
    pub const fn noun(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Pod => "pod",
        }
    }

    /// Its resource, such as `v2/apps`.
    #[must_use]
    pub const fn resource(self) -> &'static str {
        match self {
            Self::App => "v2/apps",
            Self::Pod => "v2/pods",
        }
    }

    /// The path that shows one with its tasks, such as `/v2/pods/hc::status`; `id` is absolute.
    #[must_use]
    pub fn path(self, id: &str) -> String {
        let status = match self {
            Self::App => "",
            Self::Pod => "::status",
        };
        format!("/{}{id}{status}", self.resource())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_list_of_containers_is_of_a_pod() {
        assert_eq!(Kind::of_definition(&json!({"id": "/a", "containers": []})), Kind::Pod);
        for app in [json!({"id": "/a"}), json!({"container": {}}), json!({"containers": {}}), json!([1])] {
            assert_eq!(Kind::of_definition(&app), Kind::App, "{app}");
        }
    }
}

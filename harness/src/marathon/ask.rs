//! One request before it knows its server.

use bytes::Bytes;
use http::Method;
use url::Url;

/// A path below the base, with its query.
#[derive(Debug, Clone, Default)]
pub(super) struct Target {
    segments: Vec<String>,
    query: Vec<(&'static str, String)>,
}

impl Target {
    /// From a fixed path such as `v2/apps`, or an app's id: empty parts do not count.
    pub(super) fn path(path: &str) -> Self {
        Self::default().then(path)
    }

    pub(super) fn then(mut self, path: &str) -> Self {
        self.segments.extend(path.split('/').filter(|part| !part.is_empty()).map(str::to_owned));
        self
    }

    /// The same path with another before it.
    pub(super) fn below(self, path: &str) -> Self {
        let mut whole = Self::path(path);
        whole.segments.extend(self.segments);
        whole.query = self.query;
        whole
    }

    pub(super) fn query(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.query.push((key, value.into()));
        self
    }

    /// `key=true`, or nothing.
    pub(super) fn flag(self, key: &'static str, set: bool) -> Self {
        if set { self.query(key, "true") } else { self }
    }

    pub(super) fn under(&self, base: &Url) -> Url {
        let mut url = base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(&self.segments);
        }
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        url
    }
}

/// One request, without its base.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    pub(super) method: Method,
    pub(super) target: Target,
    pub(super) body: Option<Bytes>,
    pub(super) accept: &'static str,
}

impl Ask {
    pub(super) fn new(method: Method, target: Target) -> Self {
        Self { method, target, body: None, accept: "application/json" }
    }

    pub(super) fn get(target: Target) -> Self {
        Self::new(Method::GET, target)
    }

    pub(super) fn json(mut self, body: &serde_json::Value) -> Self {
        self.body = Some(body.to_string().into());
        self
    }

    pub(super) fn accept(mut self, accept: &'static str) -> Self {
        self.accept = accept;
        self
    }
}

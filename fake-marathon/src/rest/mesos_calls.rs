//! Calls of Mesos's operator API, `POST /api/v1` (`master/http.cpp`, `slave/http.cpp`): how they are refused, and the
//! reads that need nothing of the cluster's state.

use http::header;
use serde_json::{Value, json};

use super::{answer::Answered, request::Call};

const PLAIN: &str = "text/plain; charset=utf-8";

/// The calls that are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read {
    Health,
    Version,
    Flags,
    Metrics,
    LoggingLevel,
}

impl Read {
    const TABLE: [(&str, Self); 5] = [
        ("GET_HEALTH", Self::Health),
        ("GET_VERSION", Self::Version),
        ("GET_FLAGS", Self::Flags),
        ("GET_METRICS", Self::Metrics),
        ("GET_LOGGING_LEVEL", Self::LoggingLevel),
    ];

    /// The call that the body names.
    ///
    /// # Errors
    ///
    /// The answer of Mesos to a call that it refuses; 501 with a sentence for one that only this fake does not answer.
    pub(super) fn of(call: &Call) -> Result<Self, Answered> {
        let content_type = call.header(header::CONTENT_TYPE);
        read(content_type, &call.body).map_err(|(status, text)| Answered::bytes(status, PLAIN, text))
    }

    fn name(self) -> &'static str {
        Self::TABLE.iter().find(|(_, read)| *read == self).map_or("", |(name, _)| name)
    }

    /// The one of these endpoints that its answer is made of, if it is made of any.
    pub(super) fn made_of<E>(self, version: E, flags: E, metrics: E) -> Option<E> {
        match self {
            Self::Health | Self::LoggingLevel => None,
            Self::Version => Some(version),
            Self::Flags => Some(flags),
            Self::Metrics => Some(metrics),
        }
    }

    /// The answer, made of what the endpoint of the same purpose answers.
    pub(super) fn answer(self, endpoint: &Value) -> Value {
        let pairs = |object: &Value| {
            let all = object.as_object().into_iter().flatten();
            all.map(|(name, value)| json!({"name": name, "value": value})).collect::<Vec<_>>()
        };
        let inner = match self {
            Self::Health => json!({"healthy": true}),
            Self::Version => json!({"version_info": endpoint}),
            Self::Flags => json!({"flags": pairs(&endpoint["flags"])}),
            Self::Metrics => json!({"metrics": pairs(endpoint)}),
            Self::LoggingLevel => json!({"level": 0}),
        };
        json!({"type": self.name(), (self.name().to_lowercase()): inner})
    }
}

fn read(content_type: Option<&str>, body: &[u8]) -> Result<Read, (u16, String)> {
    let Some(content_type) = content_type else {
        return Err((400, String::from("Expecting 'Content-Type' to be present")));
    };
    if content_type.split(';').next().is_none_or(|kind| kind.trim() != "application/json") {
        let text = "Expecting 'Content-Type' of application/json or application/x-protobuf";
        return Err((415, String::from(text)));
    }
    let call: Value = serde_json::from_slice(body)
        .map_err(|_| (400, String::from("Failed to parse body into JSON: syntax error at line 1")))?;
    let Some(name) = call["type"].as_str() else {
        return Err((400, String::from("Failed to validate Call: Expecting 'type' to be present")));
    };
    let known = Read::TABLE.iter().find(|(known, _)| *known == name).map(|(_, read)| *read);
    known.ok_or_else(|| {
        let names: Vec<&str> = Read::TABLE.iter().map(|(name, _)| *name).collect();
        (
            501,
            format!("this fake answers {} of Mesos's operator API; read the HTTP endpoints instead", names.join(", ")),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_read_as_mesos_reads_it() {
        let json = Some("application/json; charset=utf-8");
        let status = |content_type, body: &str| read(content_type, body.as_bytes()).map_err(|(status, _)| status);
        assert_eq!(status(json, r#"{"type": "GET_HEALTH"}"#), Ok(Read::Health));
        assert_eq!(status(None, "{}"), Err(400));
        assert_eq!(status(Some("text/plain"), "{}"), Err(415));
        assert_eq!(status(json, "{"), Err(400));
        assert_eq!(status(json, "{}"), Err(400));
        assert_eq!(status(json, r#"{"type": "GET_STATE"}"#), Err(501));
    }

    #[test]
    fn an_answer_has_the_shape_of_its_message() {
        let flags = Read::Flags.answer(&json!({"flags": {"port": "5050"}}));
        let listed = json!([{"name": "port", "value": "5050"}]);
        assert_eq!(flags, json!({"type": "GET_FLAGS", "get_flags": {"flags": listed}}));
        let health = json!({"type": "GET_HEALTH", "get_health": {"healthy": true}});
        assert_eq!(Read::Health.answer(&Value::Null), health);
    }
}

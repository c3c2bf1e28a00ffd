//! Calls of Mesos's operator API, `POST /api/v1` (`master/http.cpp`, `slave/http.cpp`): how they are refused, and the reads
//! that are answered.

use http::header;
use serde_json::{Value, json};

use super::{answer::Answered, request::Call};
use crate::{
    ids::AgentId,
    mesos::{AgentEndpoint, MasterEndpoint, MesosQuery, OperatorCall},
};

const PLAIN: &str = "text/plain; charset=utf-8";
const JSON: &str = "application/json";
const PROTOBUF: &str = "application/x-protobuf";

/// Who is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Process {
    Master,
    Agent(AgentId),
}

/// The calls that are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read {
    Health,
    Version,
    Flags,
    Metrics,
    LoggingLevel,
    /// Of the master only.
    Cluster(OperatorCall),
    /// Of the master only, which has none of it: the message's field, empty, or no field at all.
    Nothing(Option<&'static str>),
}

/// The calls of both.
const OF_BOTH: [(&str, Read); 6] = [
    ("GET_HEALTH", Read::Health),
    ("GET_VERSION", Read::Version),
    ("GET_FLAGS", Read::Flags),
    ("GET_METRICS", Read::Metrics),
    ("GET_LOGGING_LEVEL", Read::LoggingLevel),
    ("GET_OPERATIONS", Read::Nothing(None)),
];

/// The master's own.
const OF_MASTER: [(&str, Read); 11] = [
    ("GET_STATE", Read::Cluster(OperatorCall::State)),
    ("GET_TASKS", Read::Cluster(OperatorCall::Tasks)),
    ("GET_EXECUTORS", Read::Cluster(OperatorCall::Executors)),
    ("GET_FRAMEWORKS", Read::Cluster(OperatorCall::Frameworks)),
    ("GET_AGENTS", Read::Cluster(OperatorCall::Agents)),
    ("GET_ROLES", Read::Cluster(OperatorCall::Roles)),
    ("GET_MASTER", Read::Cluster(OperatorCall::Master)),
    ("GET_WEIGHTS", Read::Nothing(None)),
    ("GET_QUOTA", Read::Nothing(Some("status"))),
    ("GET_MAINTENANCE_STATUS", Read::Nothing(Some("status"))),
    ("GET_MAINTENANCE_SCHEDULE", Read::Nothing(Some("schedule"))),
];

/// Those of the master that only a real one answers.
const REFUSED_BY_MASTER: &str = "UNKNOWN SET_LOGGING_LEVEL LIST_FILES READ_FILE UPDATE_WEIGHTS SUBSCRIBE RESERVE_RESOURCES \
     UNRESERVE_RESOURCES CREATE_VOLUMES DESTROY_VOLUMES GROW_VOLUME SHRINK_VOLUME UPDATE_MAINTENANCE_SCHEDULE START_MAINTENANCE \
     STOP_MAINTENANCE DRAIN_AGENT DEACTIVATE_AGENT REACTIVATE_AGENT UPDATE_QUOTA SET_QUOTA REMOVE_QUOTA TEARDOWN \
     MARK_AGENT_GONE";

/// The same of an agent.
const REFUSED_BY_AGENT: &str = "UNKNOWN SET_LOGGING_LEVEL LIST_FILES READ_FILE GET_STATE GET_CONTAINERS GET_FRAMEWORKS \
     GET_EXECUTORS GET_TASKS GET_AGENT GET_RESOURCE_PROVIDERS LAUNCH_NESTED_CONTAINER WAIT_NESTED_CONTAINER \
     KILL_NESTED_CONTAINER REMOVE_NESTED_CONTAINER LAUNCH_NESTED_CONTAINER_SESSION ATTACH_CONTAINER_INPUT \
     ATTACH_CONTAINER_OUTPUT LAUNCH_CONTAINER WAIT_CONTAINER KILL_CONTAINER REMOVE_CONTAINER ADD_RESOURCE_PROVIDER_CONFIG \
     UPDATE_RESOURCE_PROVIDER_CONFIG REMOVE_RESOURCE_PROVIDER_CONFIG MARK_RESOURCE_PROVIDER_GONE PRUNE_IMAGES";

impl Process {
    fn answers(&self) -> impl Iterator<Item = &'static (&'static str, Read)> {
        let own: &[_] = match self {
            Self::Master => &OF_MASTER,
            Self::Agent(_) => &[],
        };
        OF_BOTH.iter().chain(own)
    }

    fn refuses(&self, name: &str) -> bool {
        let refused = match self {
            Self::Master => REFUSED_BY_MASTER,
            Self::Agent(_) => REFUSED_BY_AGENT,
        };
        refused.split_whitespace().any(|known| known == name)
    }

    /// The message's package.
    fn name(&self) -> &'static str {
        match self {
            Self::Master => "master",
            Self::Agent(_) => "agent",
        }
    }
}

impl Read {
    /// The call that the body names, with its name.
    ///
    /// # Errors
    ///
    /// The answer of Mesos to a call that it refuses; 501 with a sentence for one that only this fake does not answer.
    pub(super) fn of(call: &Call, process: &Process) -> Result<(&'static str, Self), Answered> {
        let content_type = call.header(header::CONTENT_TYPE);
        let found = read(content_type, &call.body, process).and_then(|found| match call {
            _ if call.accepts(&[JSON]) => Ok(found),
            _ if call.accepts(&[PROTOBUF]) => Err(no_protobuf()),
            _ => Err((406, format!("Expecting 'Accept' to allow '{PROTOBUF}' or '{JSON}'"))),
        });
        found.map_err(|(status, text)| Answered::bytes(status, PLAIN, text))
    }

    /// What of Mesos's state its answer is made of, if it is made of any.
    pub(super) fn made_of(self, process: Process) -> Option<MesosQuery> {
        let of_both = |master, agent| {
            Some(match process {
                Process::Master => MesosQuery::Master(master),
                Process::Agent(id) => MesosQuery::Agent(id, agent),
            })
        };
        match self {
            Self::Health | Self::LoggingLevel | Self::Nothing(_) => None,
            Self::Version => of_both(MasterEndpoint::Version, AgentEndpoint::Version),
            Self::Flags => of_both(MasterEndpoint::Flags, AgentEndpoint::Flags),
            Self::Metrics => of_both(MasterEndpoint::Metrics, AgentEndpoint::Metrics),
            Self::Cluster(call) => Some(MesosQuery::Operator(call)),
        }
    }

    /// The answer to the call of this name, made of what was read.
    pub(super) fn answer(self, name: &str, made_of: Value) -> Value {
        let pairs = |object: &Value| {
            let all = object.as_object().into_iter().flatten();
            all.map(|(name, value)| json!({"name": name, "value": value})).collect::<Vec<_>>()
        };
        let inner = match self {
            Self::Health => json!({"healthy": true}),
            Self::Version => json!({"version_info": made_of}),
            Self::Flags => json!({"flags": pairs(&made_of["flags"])}),
            Self::Metrics => json!({"metrics": pairs(&made_of)}),
            Self::LoggingLevel => json!({"level": 0}),
            Self::Cluster(_) => made_of,
            Self::Nothing(None) => json!({}),
            Self::Nothing(Some(field)) => json!({(field): {}}),
        };
        json!({"type": name, (name.to_lowercase()): inner})
    }
}

fn no_protobuf() -> (u16, String) {
    (501, format!("this fake speaks JSON only, not {PROTOBUF}; ask with 'Content-Type' and 'Accept' {JSON}"))
}

fn read(content_type: Option<&str>, body: &[u8], process: &Process) -> Result<(&'static str, Read), (u16, String)> {
    let Some(content_type) = content_type else {
        return Err((400, String::from("Expecting 'Content-Type' to be present")));
    };
    match content_type.split(';').next().map(str::trim) {
        Some(JSON) => {}
        Some(PROTOBUF) => return Err(no_protobuf()),
        _ => return Err((415, format!("Expecting 'Content-Type' of {JSON} or {PROTOBUF}"))),
    }
    let call: Value = serde_json::from_slice(body)
        .map_err(|_| (400, String::from("Failed to parse body into JSON: syntax error at line 1")))?;
    if !call.is_object() {
        return Err((400, String::from("Failed to convert JSON into Call protobuf: Expecting a JSON object")));
    }
    let refused = |why: &str| (400, format!("Failed to validate {}::Call: {why}", process.name()));
    let name = call["type"].as_str().unwrap_or_default();
    if let Some((name, read)) = process.answers().find(|(known, _)| *known == name) {
        return match read {
            Read::Metrics if !call["get_metrics"].is_object() => Err(refused("Expecting 'get_metrics' to be present")),
            read => Ok((name, *read)),
        };
    }
    if !process.refuses(name) {
        // Protobuf drops a value that an enumeration does not have.
        return Err(refused("Expecting 'type' to be present"));
    }
    let names: Vec<&str> = process.answers().map(|(name, _)| *name).collect();
    let names = names.join(", ");
    Err((501, format!("this fake answers {names} of Mesos's operator API; read the HTTP endpoints instead")))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rstest::rstest;

    use super::*;

    const AGENT: fn() -> Process = || Process::Agent(AgentId::new("S0"));

    #[rstest]
    #[case(Some("application/json; charset=utf-8"), r#"{"type": "GET_HEALTH"}"#, 200, "")]
    #[case(Some(JSON), r#"{"type": "GET_STATE"}"#, 200, "")]
    #[case(Some(JSON), r#"{"type": "GET_METRICS", "get_metrics": {"timeout": {"nanoseconds": 1}}}"#, 200, "")]
    #[case(
        Some(JSON),
        r#"{"type": "GET_METRICS"}"#,
        400,
        "validate master::Call: Expecting 'get_metrics' to be present"
    )]
    #[case(None, "{}", 400, "Expecting 'Content-Type' to be present")]
    #[case(Some("text/plain"), "{}", 415, "of application/json or application/x-protobuf")]
    #[case(Some(PROTOBUF), "", 501, "speaks JSON only")]
    #[case(Some(JSON), "{", 400, "Failed to parse body into JSON: syntax error at line 1")]
    #[case(Some(JSON), "[]", 400, "Failed to convert JSON into Call protobuf: Expecting a JSON object")]
    #[case(Some(JSON), "{}", 400, "Failed to validate master::Call: Expecting 'type' to be present")]
    #[case(Some(JSON), r#"{"type": "GET_NOTHING"}"#, 400, "Expecting 'type' to be present")]
    #[case(Some(JSON), r#"{"type": "GET_AGENT"}"#, 400, "Expecting 'type' to be present")]
    #[case(Some(JSON), r#"{"type": "TEARDOWN"}"#, 501, "this fake answers GET_HEALTH, ")]
    fn a_call_is_read_as_mesos_reads_it(
        #[case] content_type: Option<&str>,
        #[case] body: &str,
        #[case] status: u16,
        #[case] says: &str,
    ) {
        match read(content_type, body.as_bytes(), &Process::Master) {
            Ok(_) => assert_eq!(status, 200, "{body}"),
            Err((found, text)) => {
                assert_eq!(found, status, "{text}");
                assert!(text.contains(says), "{text}");
            }
        }
    }

    #[test]
    fn the_master_and_an_agent_know_other_calls() {
        let status = |body: &str, process| read(Some(JSON), body.as_bytes(), &process).map_or_else(|(n, _)| n, |_| 200);
        for (name, of_master, of_agent) in
            [("GET_VERSION", 200, 200), ("GET_MASTER", 200, 400), ("GET_STATE", 200, 501), ("GET_AGENT", 400, 501)]
        {
            let body = format!(r#"{{"type": "{name}"}}"#);
            assert_eq!((status(&body, Process::Master), status(&body, AGENT())), (of_master, of_agent), "{name}");
        }
    }

    #[test]
    fn each_call_of_mesos_is_answered_or_refused() {
        for (process, all) in [(Process::Master, 40), (AGENT(), 33)] {
            let answered = process.answers().map(|(name, _)| *name);
            let refused = match process {
                Process::Master => REFUSED_BY_MASTER,
                Process::Agent(_) => REFUSED_BY_AGENT,
            };
            let names: Vec<&str> = answered.chain(refused.split_whitespace()).collect();
            assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
            assert_eq!(names.len(), all, "as many as the enumeration of the messages has");
        }
    }

    #[test]
    fn an_answer_has_the_shape_of_its_message() {
        let flags = Read::Flags.answer("GET_FLAGS", json!({"flags": {"port": "5050"}}));
        let listed = json!([{"name": "port", "value": "5050"}]);
        assert_eq!(flags, json!({"type": "GET_FLAGS", "get_flags": {"flags": listed}}));
        let health = json!({"type": "GET_HEALTH", "get_health": {"healthy": true}});
        assert_eq!(Read::Health.answer("GET_HEALTH", Value::Null), health);
        let quota = json!({"type": "GET_QUOTA", "get_quota": {"status": {}}});
        assert_eq!(Read::Nothing(Some("status")).answer("GET_QUOTA", Value::Null), quota);
    }
}

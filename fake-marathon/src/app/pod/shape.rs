//! The fields of a pod (`docs/rest-api/public/api/v2/types/{pod,podContainer,…}.raml`).

use serde_json::{Map, Value, json};
use strum::VariantNames as _;

use super::refuse;
use crate::{
    app::{
        KillSelection, NetworkMode, Scheme, Violations, fields,
        normalise::drop_nulls,
        schema::{self, ANY_PORT, COUNT, FILLED, Field, Shape, TEXT, list, optional, required},
    },
    refusal::Refused,
};

const LABELS: Shape = Shape::Map(&TEXT);
const AMOUNT: Shape = Shape::Number { min: 0.0, max: f64::MAX };
const SHARE: Shape = Shape::Number { min: 0.0, max: 1.0 };
const NAME: Shape = Shape::Text { min: 1, max: 63, pattern: Some(is_name) };
const VARIABLES: Shape = Shape::Map(&Shape::Either(&[&TEXT, &Shape::Record(&[required("secret", TEXT)])]));

/// The longest name of a variable.
const LONGEST_VARIABLE: usize = 254;

const COMMAND: Shape = Shape::Either(&[
    &Shape::Object(&[required("shell", FILLED)]),
    &Shape::Object(&[required("argv", Shape::List { min: 1, set: false, item: &TEXT })]),
]);

const EXEC: Shape = Shape::Object(&[required("command", COMMAND), optional("overrideEntrypoint", Shape::Bool)]);

/// A text of a bounded length (`strings.Path`, `strings.Uri`).
const PATH: Shape = Shape::Text { min: 1, max: 1024, pattern: None };

/// The bound of the CPUs, 0.1, is cut to a whole number.
const EXECUTOR: Shape = Shape::Object(&[
    optional("cpus", AMOUNT),
    optional("mem", Shape::Number { min: 32.0, max: f64::MAX }),
    optional("disk", Shape::Number { min: 10.0, max: f64::MAX }),
]);

const RESOURCES: Shape = Shape::Object(&[
    optional("cpus", AMOUNT),
    optional("mem", AMOUNT),
    optional("disk", AMOUNT),
    optional("gpus", COUNT),
]);

const LIMIT: Shape = Shape::Either(&[&AMOUNT, &Shape::Word(&["unlimited"])]);

const ENDPOINT: Shape = Shape::Object(&[
    required("name", NAME),
    optional("containerPort", Shape::Int { min: 1, max: 65_535 }),
    optional("hostPort", ANY_PORT),
    // Elements of lists have no bounds, so that any word is a protocol.
    optional("protocol", Shape::List { min: 1, set: false, item: &TEXT }),
    optional("labels", LABELS),
    optional("networkNames", list(&TEXT)),
]);

const HEALTH_CHECK: Shape = Shape::Object(&[
    optional(
        "http",
        Shape::Object(&[
            required("endpoint", NAME),
            optional("path", PATH),
            optional("scheme", Shape::Word(Scheme::VARIANTS)),
        ]),
    ),
    optional("tcp", Shape::Object(&[required("endpoint", NAME)])),
    optional("exec", Shape::Object(&[required("command", COMMAND)])),
    optional("gracePeriodSeconds", COUNT),
    optional("intervalSeconds", COUNT),
    optional("maxConsecutiveFailures", COUNT),
    optional("timeoutSeconds", COUNT),
    optional("delaySeconds", COUNT),
]);

const IMAGE: Shape = Shape::Object(&[
    required("kind", Shape::Word(&["DOCKER"])),
    required("id", PATH),
    optional("forcePull", Shape::Bool),
    optional("labels", LABELS),
    optional("pullConfig", Shape::Object(&[required("secret", FILLED)])),
]);

const ARTIFACT: Shape = Shape::Object(&[
    required("uri", PATH),
    optional("extract", Shape::Bool),
    optional("executable", Shape::Bool),
    optional("cache", Shape::Bool),
    optional("destPath", PATH),
]);

const MOUNT: Shape =
    Shape::Object(&[required("name", NAME), required("mountPath", PATH), optional("readOnly", Shape::Bool)]);

const LINUX: Shape = Shape::Object(&[
    optional("seccomp", Shape::Object(&[optional("profileName", TEXT), optional("unconfined", Shape::Bool)])),
    optional(
        "ipcInfo",
        Shape::Object(&[required("mode", Shape::Word(&["PRIVATE", "SHARE_PARENT"])), optional("shmSize", schema::INT)]),
    ),
]);

const CONTAINER: Shape = Shape::Object(&[
    required("name", NAME),
    optional("exec", EXEC),
    required("resources", RESOURCES),
    optional("resourceLimits", Shape::Object(&[optional("cpus", LIMIT), optional("mem", LIMIT)])),
    optional("endpoints", list(&ENDPOINT)),
    optional("linuxInfo", LINUX),
    optional("image", IMAGE),
    optional("environment", VARIABLES),
    optional("user", TEXT),
    optional("healthCheck", HEALTH_CHECK),
    optional("volumeMounts", list(&MOUNT)),
    optional("artifacts", list(&ARTIFACT)),
    optional("labels", LABELS),
    optional("lifecycle", Shape::Object(&[optional("killGracePeriodSeconds", AMOUNT)])),
    optional("tty", Shape::Bool),
]);

const CONSTRAINT: Shape = Shape::Record(&[
    required("fieldName", TEXT),
    required("operator", Shape::Word(&["UNIQUE", "CLUSTER", "GROUP_BY", "LIKE", "UNLIKE", "MAX_PER", "IS"])),
    optional("value", TEXT),
]);

const SCHEDULING: Shape = Shape::Object(&[
    optional(
        "backoff",
        Shape::Object(&[
            optional("backoff", AMOUNT),
            optional("backoffFactor", AMOUNT),
            optional("maxLaunchDelay", AMOUNT),
        ]),
    ),
    optional(
        "upgrade",
        Shape::Object(&[optional("minimumHealthCapacity", SHARE), optional("maximumOverCapacity", SHARE)]),
    ),
    optional(
        "placement",
        Shape::Object(&[
            optional("constraints", schema::set(&CONSTRAINT)),
            optional("acceptedResourceRoles", schema::set(&TEXT)),
        ]),
    ),
    optional("killSelection", Shape::Word(KillSelection::VARIANTS)),
    optional("unreachableStrategy", fields::UNREACHABLE),
]);

const POD: &[Field] = &[
    required("id", fields::PATH_ID),
    required("containers", Shape::List { min: 1, set: false, item: &CONTAINER }),
    optional("labels", LABELS),
    optional("user", TEXT),
    optional("environment", VARIABLES),
    optional("secrets", Shape::Map(&Shape::Record(&[required("source", FILLED)]))),
    optional("volumes", list(&Shape::Object(&[required("name", FILLED)]))),
    optional(
        "networks",
        list(&Shape::Object(&[
            optional("mode", Shape::Word(NetworkMode::VARIANTS)),
            optional("name", Shape::Text { min: 1, max: 63, pattern: Some(is_network_name) }),
            optional("labels", LABELS),
        ])),
    ),
    optional("scheduling", SCHEDULING),
    optional("executorResources", EXECUTOR),
    optional("role", FILLED),
    optional("linuxInfo", LINUX),
    optional("version", Shape::Moment),
    optional("legacySharedCgroups", Shape::Bool),
];

/// The first stage: the definition without its nulls.
pub(super) fn read(body: &Value) -> Result<Map<String, Value>, Refused> {
    let mut found = Violations::default();
    schema::check_fields(POD, body, "", &mut found);
    if let Some(scaling) = body.get("scaling").filter(|scaling| !scaling.is_null())
        && scaling["kind"].as_str() != Some("fixed")
    {
        schema::add(&mut found, "/scaling", "error.expected.jsstring");
    }
    variable_names(body, "", &mut found);
    for (i, container) in body["containers"].as_array().into_iter().flatten().enumerate() {
        variable_names(container, &format!("/containers({i})"), &mut found);
    }
    refuse(found, Refused::BadShape)?;
    let mut body = body.clone();
    drop_nulls(&mut body);
    match body {
        Value::Object(mut object) => {
            schema::settle_fields(POD, &mut object);
            Ok(object)
        }
        _ => Ok(json!({}).as_object().cloned().unwrap_or_default()),
    }
}

fn variable_names(of: &Value, path: &str, found: &mut Violations) {
    for name in of["environment"].as_object().into_iter().flat_map(Map::keys) {
        let mut letters = name.chars();
        let first = letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
        if !(first && letters.all(|c| c.is_ascii_alphanumeric() || c == '_')) || name.len() > LONGEST_VARIABLE {
            schema::add(found, &format!("{path}/environment/{name}"), "error.pattern");
        }
    }
}

fn is_name(text: &str) -> bool {
    is_made_of(text, |byte| byte == b'-')
}

fn is_network_name(text: &str) -> bool {
    is_made_of(text, |byte| byte == b'-' || byte == b'_')
}

/// Whether it begins and ends with a lower-case letter or a digit and has nothing but those and `joints` between.
fn is_made_of(text: &str, joints: fn(u8) -> bool) -> bool {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    bytes.first().is_some_and(|byte| letter(*byte))
        && bytes.last().is_some_and(|byte| letter(*byte))
        && bytes.iter().all(|byte| letter(*byte) || joints(*byte))
}

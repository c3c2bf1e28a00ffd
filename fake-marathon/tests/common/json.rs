//! JSON of small depth with fields that mean something to Marathon.

use proptest::{collection::vec, prelude::*};
use serde_json::Value;

/// Field names that mean something to Marathon.
pub(crate) const FIELD_NAMES: [&str; 44] = [
    "id",
    "cmd",
    "args",
    "container",
    "docker",
    "image",
    "type",
    "healthChecks",
    "protocol",
    "command",
    "value",
    "portDefinitions",
    "ports",
    "port",
    "networks",
    "mode",
    "ipAddress",
    "discovery",
    "upgradeStrategy",
    "env",
    "secret",
    "fetch",
    "uri",
    "uris",
    "unreachableStrategy",
    "constraints",
    "version",
    "apps",
    "groups",
    "readinessChecks",
    "secrets",
    "instances",
    "portMappings",
    "hostPort",
    "name",
    "networkNames",
    "volumes",
    "persistent",
    "residency",
    "role",
    "acceptedResourceRoles",
    "scaleBy",
    "dependencies",
    "enforceRole",
];

/// Arrays and objects of such leaves, `depth` levels deep, of about `size` values in all.
pub(crate) fn nested(leaf: BoxedStrategy<Value>, depth: u32, size: u32) -> impl Strategy<Value = Value> {
    leaf.prop_recursive(depth, size, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((prop::sample::select(FIELD_NAMES.to_vec()), inner), 0..6).prop_map(|fields| {
                Value::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
            }),
        ]
    })
}

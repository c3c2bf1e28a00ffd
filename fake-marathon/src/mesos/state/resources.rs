//! Resources in the long form of `/slaves` and of an agent's `/state`.

use serde_json::{Value, json};

use crate::mesos::resources::{Resources, scalar};

/// `[{"name": "cpus", …}]` without what there is none of; `allocated` ones say to which role.
pub(super) fn full(resources: &Resources, allocated: bool) -> Value {
    let scalars =
        [("cpus", resources.cpus), ("mem", resources.mem), ("disk", resources.disk), ("gpus", resources.gpus * 1000)];
    let amounts = scalars.into_iter().filter(|(_, amount)| *amount > 0).map(
        |(name, amount)| json!({"name": name, "type": "SCALAR", "scalar": {"value": scalar(amount)}, "role": "*"}),
    );
    let ranges = || resources.ports.ranges().map(|range| json!({"begin": range.start(), "end": range.end()}));
    let ports = (!resources.ports.is_empty()).then(
        || json!({"name": "ports", "type": "RANGES", "ranges": {"range": ranges().collect::<Vec<_>>()}, "role": "*"}),
    );
    amounts
        .chain(ports)
        .map(|mut resource| {
            if allocated {
                resource["allocation_info"] = json!({"role": "*"});
            }
            resource
        })
        .collect()
}

/// The amounts as numbers, ports counted: `/roles` writes them so. What there is none of is left out.
pub(super) fn amounts(resources: &Resources) -> Value {
    let ports = resources.ports.ranges().flatten().count();
    let all = [
        ("cpus", scalar(resources.cpus)),
        ("disk", scalar(resources.disk)),
        ("mem", scalar(resources.mem)),
        ("gpus", scalar(resources.gpus * 1000)),
        ("ports", super::count(ports)),
    ];
    all.into_iter().filter(|(_, amount)| *amount > 0.0).map(|(name, amount)| (name, Value::from(amount))).collect()
}

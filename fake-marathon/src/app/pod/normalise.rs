//! Defaults and the form in which a pod is echoed (`api/v2/PodNormalization.scala`, `raml/PodConversion.scala`).

use serde_json::{Map, Value, json};

use super::{networks::mode, validate::Object};
use crate::app::absolute;

/// The fields of a pod that are echoed as they are, if they are not empty.
const AS_POSTED: [&str; 3] = ["labels", "user", "environment"];
/// The same for a container.
const OF_CONTAINER: [&str; 4] = ["environment", "user", "labels", "tty"];
/// Its objects that are echoed with these of their fields.
const OBJECTS_OF_CONTAINER: [(&str, &[&str]); 3] = [
    ("image", &["kind", "id", "pullConfig", "forcePull", "labels"]),
    ("resourceLimits", &["cpus", "mem"]),
    ("lifecycle", &["killGracePeriodSeconds"]),
];

/// A valid definition as it is echoed, without `version`.
pub(super) fn pod(posted: Object, default_role: &str) -> Object {
    let posted = Value::Object(posted);
    let networks = networks(&posted["networks"]);
    let of_containers = networks.iter().any(|network| network["mode"] == "container");
    let mut pod = Object::new();
    let mut put = |name: &str, value: Value| drop(pod.insert(name.to_owned(), value));
    put("id", absolute(posted["id"].as_str().unwrap_or_default(), "/").into());
    for name in AS_POSTED {
        if !is_empty(&posted[name]) {
            put(name, posted[name].clone());
        }
    }
    if posted["legacySharedCgroups"] == true {
        put("legacySharedCgroups", json!(true));
    }
    if posted["linuxInfo"].is_object() {
        put("linuxInfo", linux(&posted["linuxInfo"]));
    }
    let containers = posted["containers"].as_array().into_iter().flatten();
    put("containers", containers.map(|one| container(one, of_containers)).collect());
    if !networks.is_empty() {
        put("networks", Value::from(networks));
    }
    if !is_empty(&posted["volumes"]) {
        put("volumes", posted["volumes"].as_array().into_iter().flatten().map(volume).collect());
    }
    put(
        "executorResources",
        with_defaults(&posted["executorResources"], &[("cpus", 0.1), ("mem", 32.0), ("disk", 10.0)]),
    );
    put("role", posted["role"].as_str().unwrap_or(default_role).into());
    let instances = whole(&posted["scaling"]["instances"]).unwrap_or(1);
    put("scaling", json!({"kind": "fixed", "instances": instances}));
    put("scheduling", scheduling(&posted["scheduling"]));
    pod
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(object) => object.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// A whole number, however it was written.
fn whole(value: &Value) -> Option<u64> {
    let number =
        value.as_f64().filter(|number| number.fract() == 0.0 && (0.0..=f64::from(i32::MAX)).contains(number))?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked just now")]
    let whole = number as u64;
    Some(whole)
}

/// These fields of an object, as far as they are not empty.
fn picked(posted: &Value, fields: &[&str]) -> Value {
    let there = fields.iter().filter(|name| !is_empty(&posted[**name]));
    Value::Object(there.map(|name| ((*name).to_owned(), posted[*name].clone())).collect())
}

fn linux(posted: &Value) -> Value {
    let mut all = json!({});
    if posted["seccomp"].is_object() {
        all["seccomp"] = picked(&posted["seccomp"], &["profileName"]);
        all["seccomp"]["unconfined"] = json!(posted["seccomp"]["unconfined"] == true);
    }
    if posted["ipcInfo"].is_object() {
        all["ipcInfo"] = picked(&posted["ipcInfo"], &["mode", "shmSize"]);
        upper(&mut all["ipcInfo"]["mode"]);
    }
    all
}

/// Words of a closed set are read in any case.
fn upper(word: &mut Value) {
    if let Value::String(word) = word {
        word.make_ascii_uppercase();
    }
}

fn with_defaults(posted: &Value, defaults: &[(&str, f64)]) -> Value {
    let amount = |(name, otherwise): &(&str, f64)| {
        ((*name).to_owned(), Value::from(posted[*name].as_f64().unwrap_or(*otherwise)))
    };
    Value::Object(defaults.iter().map(amount).collect())
}

fn networks(posted: &Value) -> Vec<Value> {
    let network = |network: &Value| {
        let mut all = json!({"mode": mode(network)});
        for name in ["name", "labels"] {
            if !is_empty(&network[name]) {
                all[name] = network[name].clone();
            }
        }
        all
    };
    posted.as_array().into_iter().flatten().map(network).collect()
}

fn volume(posted: &Value) -> Value {
    let mut volume = json!({"name": posted["name"]});
    // The first kind that fits.
    let kind = [("persistent", posted["persistent"].is_object()), ("secret", posted["secret"].is_string())];
    let kind = kind.into_iter().chain([("host", posted["host"].is_string())]).find(|(_, fits)| *fits);
    if let Some((name, _)) = kind {
        volume[name] = posted[name].clone();
    }
    volume
}

fn container(posted: &Value, of_containers: bool) -> Value {
    let mut all = json!({"name": posted["name"]});
    if posted["exec"].is_object() {
        all["exec"] = json!({"command": command(&posted["exec"]["command"])});
        if posted["exec"]["overrideEntrypoint"].is_boolean() {
            all["exec"]["overrideEntrypoint"] = posted["exec"]["overrideEntrypoint"].clone();
        }
    }
    let mut resources = with_defaults(&posted["resources"], &[("cpus", 1.0), ("mem", 128.0), ("disk", 0.0)]);
    resources["gpus"] = Value::from(whole(&posted["resources"]["gpus"]).unwrap_or(0));
    all["resources"] = resources;
    for name in OF_CONTAINER {
        if !is_empty(&posted[name]) {
            all[name] = posted[name].clone();
        }
    }
    for (name, fields) in OBJECTS_OF_CONTAINER.iter().filter(|(name, _)| posted[*name].is_object()) {
        all[*name] = picked(&posted[*name], fields);
    }
    if all["image"].is_object() {
        upper(&mut all["image"]["kind"]);
    }
    if let Some(grace) = posted["lifecycle"]["killGracePeriodSeconds"].as_f64() {
        all["lifecycle"]["killGracePeriodSeconds"] = json!(grace);
    }
    if posted["linuxInfo"].is_object() {
        all["linuxInfo"] = linux(&posted["linuxInfo"]);
    }
    for (name, form) in [
        ("endpoints", &(|value: &Value| endpoint(value, of_containers)) as &dyn Fn(&Value) -> Value),
        ("volumeMounts", &mount),
        ("artifacts", &artifact),
    ] {
        if !is_empty(&posted[name]) {
            all[name] = posted[name].as_array().into_iter().flatten().map(form).collect();
        }
    }
    if posted["healthCheck"].is_object() {
        all["healthCheck"] = health_check(&posted["healthCheck"]);
    }
    all
}

/// With its defaults (recorded in `pods.artifacts`).
fn artifact(posted: &Value) -> Value {
    let flag = |name: &str, otherwise: bool| posted[name].as_bool().unwrap_or(otherwise);
    let mut all = json!({
        "uri": posted["uri"], "cache": flag("cache", false), "executable": flag("executable", false),
        "extract": flag("extract", true),
    });
    if !is_empty(&posted["destPath"]) {
        all["destPath"] = posted["destPath"].clone();
    }
    all
}

/// A shell command wins over arguments.
fn command(posted: &Value) -> Value {
    match posted["shell"].as_str().filter(|shell| !shell.is_empty()) {
        Some(shell) => json!({"shell": shell}),
        None => json!({"argv": posted["argv"]}),
    }
}

fn endpoint(posted: &Value, of_containers: bool) -> Value {
    let mut all = Map::new();
    for name in ["name", "containerPort", "hostPort", "protocol", "labels", "networkNames"] {
        if !is_empty(&posted[name]) {
            all.insert(name.to_owned(), posted[name].clone());
        }
    }
    if !of_containers {
        all.entry("hostPort").or_insert_with(|| json!(0));
    }
    Value::Object(all)
}

fn mount(posted: &Value) -> Value {
    let read_only = posted["readOnly"].as_bool().unwrap_or(false);
    json!({"name": posted["name"], "mountPath": posted["mountPath"], "readOnly": read_only})
}

fn health_check(posted: &Value) -> Value {
    let mut all = Object::new();
    for (name, otherwise) in [
        ("gracePeriodSeconds", 300),
        ("intervalSeconds", 60),
        ("maxConsecutiveFailures", 3),
        ("timeoutSeconds", 20),
        ("delaySeconds", 15),
    ] {
        all.insert(name.to_owned(), Value::from(whole(&posted[name]).unwrap_or(otherwise)));
    }
    let http = &posted["http"];
    if http.is_object() {
        let scheme = http["scheme"].as_str().unwrap_or("HTTP").to_uppercase();
        let mut check = json!({"endpoint": http["endpoint"], "scheme": scheme});
        if http["path"].is_string() {
            check["path"] = http["path"].clone();
        }
        all.insert(String::from("http"), check);
    }
    if posted["tcp"].is_object() {
        all.insert(String::from("tcp"), json!({"endpoint": posted["tcp"]["endpoint"]}));
    }
    if posted["exec"].is_object() {
        all.insert(String::from("exec"), json!({"command": command(&posted["exec"]["command"])}));
    }
    Value::Object(all)
}

fn scheduling(posted: &Value) -> Value {
    let backoff = [("backoff", 1.0), ("backoffFactor", 1.15), ("maxLaunchDelay", 300.0)];
    let upgrade = [("minimumHealthCapacity", 1.0), ("maximumOverCapacity", 1.0)];
    let mut placement = Object::new();
    for name in ["constraints", "acceptedResourceRoles"] {
        if !is_empty(&posted["placement"][name]) {
            placement.insert(name.to_owned(), posted["placement"][name].clone());
        }
    }
    let constraints = placement.get_mut("constraints").and_then(Value::as_array_mut);
    constraints.into_iter().flatten().for_each(|constraint| upper(&mut constraint["operator"]));
    let kill = posted["killSelection"].as_str().unwrap_or("YOUNGEST_FIRST").to_uppercase();
    let unreachable = match &posted["unreachableStrategy"] {
        posted @ (Value::Null | Value::Object(_)) => {
            let seconds = |name: &str| whole(&posted[name]).unwrap_or(0);
            let (inactive, expunge) = (seconds("inactiveAfterSeconds"), seconds("expungeAfterSeconds"));
            json!({"inactiveAfterSeconds": inactive, "expungeAfterSeconds": expunge})
        }
        posted => posted.clone(),
    };
    json!({
        "backoff": with_defaults(&posted["backoff"], &backoff),
        "upgrade": with_defaults(&posted["upgrade"], &upgrade),
        "killSelection": kill,
        "placement": placement,
        "unreachableStrategy": unreachable,
    })
}

//! JSON that is no app definition.

use serde_json::{Map, Value};

use super::text::{FILL_IN, template};

type Fields = Map<String, Value>;

/// A kind of object that is no app.
struct Kind {
    /// Whether it is one.
    is: fn(&Fields) -> bool,
    /// What it is, and what to do.
    what: &'static str,
}

/// The kinds that are known, asked in this order.
const KINDS: [Kind; 13] = [
    Kind {
        is: |fields| fields.contains_key("apiVersion") && fields.contains_key("kind"),
        what: "this is an object of Kubernetes; hc-rig runs Marathon's apps, so write one with the same command and checks",
    },
    Kind {
        is: |fields| is_list(fields, "apps") && !fields.contains_key("id"),
        what: "this is Marathon's answer about apps ({\"apps\": […]}); put one of them into a file of its own",
    },
    Kind {
        is: |fields| fields.contains_key("apps") || fields.contains_key("groups"),
        what: "this is a group; use a file with one app",
    },
    Kind {
        is: |fields| is_object(fields, "spec") && is_list(fields, "instances"),
        what: "this is Marathon's answer about a pod (its ::status); use what stands in \"spec\"",
    },
    Kind {
        is: |fields| is_object(fields, "app"),
        what: "this is Marathon's answer about an app ({\"app\": …}); use what stands in \"app\"",
    },
    Kind {
        is: |fields| is_object(fields, "marathon") && fields.contains_key("packagingVersion"),
        what: "this describes a package of DC/OS; use its app: dcos package describe NAME --app --render",
    },
    Kind {
        is: |fields| {
            ["packagingVersion", "assets", "$schema"].iter().any(|key| fields.contains_key(*key)) && !has_id(fields)
        },
        what: "this is a file of a DC/OS package without its app; use the app: dcos package describe NAME --app --render",
    },
    Kind {
        is: |fields| fields.contains_key("message") && !has_id(fields),
        what: "this is an error that Marathon answered, not an app; use the definition that was sent",
    },
    Kind {
        is: |fields| is_object(fields, "definition") && fields.contains_key("pair"),
        what: "this is run.json of a run; use what stands in \"definition\", or hc-rig resume",
    },
    Kind {
        is: |fields| is_object(fields, "run") && has_id(fields),
        what: "this is a job of Metronome, which ends by itself; hc-rig runs apps, which do not",
    },
    Kind {
        is: |fields| fields.contains_key("schedule") && fields.contains_key("command"),
        what: "this is a job of Chronos, which ends by itself; hc-rig runs apps, which do not",
    },
    Kind {
        is: |fields| fields.contains_key("containerDefinitions"),
        what: "this is a task definition of Amazon ECS; hc-rig runs Marathon's apps, so write one with the same command and checks",
    },
    Kind {
        is: |fields| is_object(fields, "services") && !has_id(fields),
        what: "this is a file of Docker Compose; hc-rig runs Marathon's apps, so write one for a service",
    },
];

fn has_id(fields: &Fields) -> bool {
    fields.contains_key("id")
}

fn is_list(fields: &Fields, key: &str) -> bool {
    fields.get(key).is_some_and(Value::is_array)
}

fn is_object(fields: &Fields, key: &str) -> bool {
    fields.get(key).is_some_and(Value::is_object)
}

/// What JSON is that is no app definition, and what to do; none for an app.
pub fn is_no_app(json: &Value) -> Option<String> {
    let fields = match json {
        Value::Object(fields) => fields,
        Value::Array(items) => return Some(list(items)),
        Value::String(_) => {
            return Some("this is a text in JSON; an app definition is one JSON object ({\"id\": …})".to_owned());
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {
            return Some(format!("this is {json}; an app definition is one JSON object ({{\"id\": …}})"));
        }
    };
    if let Some(kind) = KINDS.iter().find(|kind| (kind.is)(fields)) {
        return Some(kind.what.to_owned());
    }
    // In a command braces may mean something else; no id has them.
    let id = fields.get("id").and_then(Value::as_str).unwrap_or_default();
    template(id).map(|variable| format!("this is a template (its \"id\" has {variable}); {FILL_IN}"))
}

fn list(items: &[Value]) -> String {
    let apps = items.iter().filter(|item| item.get("id").is_some()).count();
    if apps > 0 && apps == items.len() {
        return format!("this is a list of {}; put one of them into a file of its own", text::count(apps, "app"));
    }
    "this is a list; an app definition is one JSON object ({\"id\": …})".to_owned()
}

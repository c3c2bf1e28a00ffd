//! What of an app definition is a secret, and stays out of files and output.

use serde_json::Value;

use crate::command_line::without_password;

/// What stands in place of a secret.
const LEFT_OUT: &str = "(left out)";

/// Parts of the names of variables, labels and settings whose values are secrets, or addresses that hold one.
const MARKS: [&str; 14] = [
    "PASS",
    "PWD",
    "SECRET",
    "TOKEN",
    "KEY",
    "CREDENTIAL",
    "AUTH",
    "BEARER",
    "JWT",
    "COOKIE",
    "DSN",
    "JDBC",
    "PRIVATE",
    "SIGNATURE",
];

/// Whether what bears this name is better not shown.
pub fn sounds_secret(name: &str) -> bool {
    let upper = name.to_uppercase();
    MARKS.iter().any(|mark| upper.contains(mark))
}

/// The definition without the values of secret-looking variables and labels, and without the users, passwords and queries
/// of the addresses in it.
pub fn without_secrets(definition: &Value) -> Value {
    let mut clean = definition.clone();
    clear("", &mut clean);
    clean
}

fn clear(key: &str, value: &mut Value) {
    match value {
        Value::Object(map) => {
            let named = ["env", "environment", "labels"].contains(&key);
            for (name, value) in map.iter_mut() {
                if named && value.is_string() && sounds_secret(name) {
                    *value = LEFT_OUT.into();
                } else {
                    // What is below a variable is a text whatever the variable is called.
                    clear(if named { "" } else { name }, value);
                }
            }
            clear_parameter(map);
        }
        Value::Array(items) => items.iter_mut().for_each(|item| clear(key, item)),
        Value::String(text) => {
            // An address alone, or a command with addresses in it, whose blanks must stay.
            let words: Vec<_> = text.split(' ').map(without_user_info).collect();
            *text = words.join(" ");
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A parameter of Docker that sets a variable: `{"key": "env", "value": "NAME=VALUE"}`.
fn clear_parameter(parameter: &mut serde_json::Map<String, Value>) {
    if !parameter.get("key").is_some_and(|key| ["env", "e", "label", "l"].map(Value::from).contains(key)) {
        return;
    }
    if let Some(Value::String(text)) = parameter.get_mut("value")
        && let Some((name, _)) = text.split_once('=')
        && sounds_secret(name)
    {
        *text = format!("{name}={LEFT_OUT}");
    }
}

/// Of somebody else's app only what its checks depend on: never commands, variables, labels or secrets.
pub fn of_others(app: &Value) -> Value {
    const KEPT: [&str; 15] = [
        "id",
        "instances",
        "scaling",
        "scheduling",
        "executorResources",
        "cpus",
        "mem",
        "disk",
        "gpus",
        "healthChecks",
        "networks",
        "portDefinitions",
        "constraints",
        "taskKillGracePeriodSeconds",
        "upgradeStrategy",
    ];
    const KEPT_OF_CONTAINER: [&str; 2] = ["type", "portMappings"];
    const KEPT_IN_A_POD: [&str; 4] = ["name", "resources", "endpoints", "healthCheck"];
    let of = |object: &Value, kept: &[&str]| -> serde_json::Map<String, Value> {
        let fields = object.as_object().into_iter().flatten();
        fields
            .filter(|(key, _)| kept.contains(&key.as_str()))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    };
    let mut definition = of(app, &KEPT);
    if let Some(container) = app.get("container").filter(|container| container.is_object()) {
        let mut of_container = of(container, &KEPT_OF_CONTAINER);
        if let Some(image) = container.pointer("/docker/image") {
            of_container.insert("docker".to_owned(), serde_json::json!({ "image": image }));
        }
        definition.insert("container".to_owned(), of_container.into());
    }
    if let Some(Value::Array(containers)) = app.get("containers") {
        let kept = containers.iter().map(|container| Value::from(of(container, &KEPT_IN_A_POD)));
        definition.insert("containers".to_owned(), kept.collect());
    }
    definition.into()
}

/// A word without what an address in it tells of users and passwords.
fn without_user_info(word: &str) -> String {
    match word.split_once("://") {
        Some((_, rest)) if rest.contains('@') || rest.contains('?') => without_password(word).into_owned(),
        Some(_) | None => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_of_the_definition_stay_out_of_the_folder() {
        let clean = without_secrets(&json!({
            "id": "/hc", "cmd": "curl -s  http://me:p4ss@db:80/x && sleep 1",
            "env": {"DB_PASSWORD": "p4ss", "PWD": "p4ss", "API_JWT": "p4ss", "SENTRY_DSN": "p4ss", "JDBC_URL": "p4ss",
                "BEARER": "p4ss", "HOME": "/", "DATABASE": "postgres://me:p4ss@db/x"},
            "environment": {"POD_TOKEN": "p4ss"},
            "labels": {"token": "p4ss", "team": "web"},
            "fetch": [{"uri": "https://me:p4ss@store/app.tgz?sig=p4ss", "extract": true}],
            "uris": ["ftp://me:p4ss@store/x"],
            "container": {"docker": {"image": "registry:5000/a:1", "parameters": [{"key": "env", "value": "MY_TOKEN=p4ss"}]}},
            "healthChecks": [{"protocol": "COMMAND", "command": {"value": "wget http://u:p4ss@localhost/"}}],
        }));
        assert!(!clean.to_string().contains("p4ss"), "{clean}");
        assert_eq!(clean["cmd"], "curl -s  http://db:80/x && sleep 1");
        assert_eq!((&clean["env"]["HOME"], &clean["env"]["DATABASE"]), (&json!("/"), &json!("postgres://db/x")));
        assert_eq!(clean["env"]["PWD"], LEFT_OUT);
        assert_eq!((&clean["labels"]["team"], &clean["fetch"][0]["extract"]), (&json!("web"), &json!(true)));
        assert_eq!(clean["container"]["docker"]["image"], "registry:5000/a:1");
    }

    #[test]
    fn of_an_app_of_others_only_what_its_checks_depend_on_is_kept() {
        let app = json!({"id": "/prod/api", "cmd": "serve --key k", "env": {"A": "b"}, "labels": {"c": "d"},
            "secrets": {}, "healthChecks": [{"protocol": "TCP"}], "instances": 2,
            "container": {"type": "DOCKER", "docker": {"image": "a:1", "parameters": []}, "volumes": []}});
        let kept = json!({"id": "/prod/api", "healthChecks": [{"protocol": "TCP"}], "instances": 2,
            "container": {"type": "DOCKER", "docker": {"image": "a:1"}}});
        assert_eq!(of_others(&app), kept);
        let pod = json!({"id": "/prod/pod", "environment": {"A": "b"}, "scaling": {"instances": 2}, "containers": [
            {"name": "web", "exec": {"command": {"shell": "serve --key k"}}, "environment": {"A": "b"}, "endpoints": []}]});
        let kept =
            json!({"id": "/prod/pod", "scaling": {"instances": 2}, "containers": [{"name": "web", "endpoints": []}]});
        assert_eq!(of_others(&pod), kept);
    }
}

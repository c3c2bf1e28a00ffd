//! The definition of a run, of an app or a pod: a file, or one of the embedded definitions by its pair.

use std::path::Path;

use fixtures::Containerizer;
use harness::{files, model::Kind};
use serde_json::Value;

use crate::{
    exit::{Code, Failure},
    folder::{
        checks::check_facts,
        spec::{self, containerizer},
    },
    run::recognise,
};

/// An app definition that was checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// The JSON object as written.
    pub json: Value,
    /// `containerizer,PROTOCOL`.
    pub pair: String,
    /// How the user named it.
    pub named: String,
}

impl Definition {
    /// The definition that the user named: a pair such as `mesos,TCP`, or a JSON file.
    ///
    /// # Errors
    /// Exit code 2: there is no such pair or file, or it is not an app definition.
    pub fn load(named: &str) -> Result<Self, Failure> {
        let path = Path::new(named);
        // A file that exists wins; a name with a comma and without a file can only be a pair.
        if !path.exists()
            && let Some(found) = Self::embedded(named)?
        {
            return Ok(found);
        }
        let unread = |why: &str| Failure::usage(format!("cannot read the app definition {named}: {why}"));
        if path.is_dir() {
            return Err(unread("it is a folder; name a file in it"));
        }
        let bytes = files::read(path).map_err(|error| {
            let why = format!("cannot read the app definition {named}: {error}");
            if error.kind() == std::io::ErrorKind::Interrupted {
                return Failure::new(Code::Stopped, why);
            }
            Failure::usage(format!("{why} (a pair such as mesos,TCP works too)"))
        })?;
        Self::parse(named, &recognise::text_of(&bytes).map_err(|what| unread(&what))?)
    }

    /// The same for a real cluster: a pair is made of the images and programs that `HC_RIG_*` names ([`fixtures::WorkloadTools`]);
    /// a file stays as it is.
    ///
    /// # Errors
    /// As [`Definition::load`]; a variable that cannot be used.
    pub fn for_cluster(named: &str) -> Result<Self, Failure> {
        let mut definition = Self::load(named)?;
        if definition.pair == definition.named {
            let tools = fixtures::WorkloadTools::resolve(harness::environment::variable)
                .map_err(|error| Failure::usage(error.to_string()))?;
            tools.adapt(&mut definition.json, None).map_err(|lacking| Failure::usage(lacking.to_string()))?;
        }
        Ok(definition)
    }

    fn embedded(named: &str) -> Result<Option<Self>, Failure> {
        match named.parse::<fixtures::Definition>() {
            Ok(found) => {
                Ok(Some(Self { json: found.json(), pair: found.pair.to_string(), named: found.pair.to_string() }))
            }
            Err(unknown) if named.contains(',') => Err(Failure::usage(unknown.to_string())),
            Err(_) => Ok(None),
        }
    }

    /// The definition in a text; `named` is how messages call it.
    ///
    /// # Errors
    /// As [`Definition::load`].
    pub fn parse(named: &str, text: &str) -> Result<Self, Failure> {
        let wrong = |what: &str| Failure::usage(format!("{named}: {what}"));
        let json: Value = serde_json::from_str(text).map_err(|error| match recognise::is_no_json(text) {
            Some(what) => wrong(&what),
            None => {
                let what = text::plain::json_reason(&error.to_string());
                Failure::usage(format!("{named}:{}:{}: not JSON: {what}", error.line(), error.column()))
            }
        })?;
        if let Some(what) = recognise::is_no_app(&json) {
            return Err(wrong(&what));
        }
        let Some(fields) = json.as_object() else {
            return Err(wrong("an app definition is one JSON object ({\"id\": …})"));
        };
        match fields.get("id").and_then(Value::as_str) {
            None => return Err(wrong("the app definition has no \"id\" (write \"id\": \"/hc\")")),
            Some(id) if id.trim_matches('/').is_empty() => return Err(wrong("the app's \"id\" has no name in it")),
            Some(_) => {}
        }
        if spec::instances(&json).is_some_and(|n| n.as_u64().is_none_or(|n| u32::try_from(n).is_err())) {
            return Err(wrong("\"instances\" is not a number of tasks"));
        }
        let pair = format!("{},{}", containerizer(&json), check_facts(&json).protocol);
        Ok(Self { json, pair, named: named.to_owned() })
    }

    /// Whether it is of an app or of a pod.
    pub fn kind(&self) -> Kind {
        Kind::of_definition(&self.json)
    }

    /// The containerizer of its tasks.
    pub fn containerizer(&self) -> Containerizer {
        containerizer(&self.json)
    }

    /// The number of instances; Marathon's default is 1.
    pub fn instances(&self) -> u32 {
        let instances = spec::instances(&self.json).and_then(Value::as_u64).unwrap_or(1);
        u32::try_from(instances).unwrap_or(u32::MAX)
    }

    /// CPUs and memory (MB) of one task, with Marathon's defaults; of a pod's instance with its executor.
    pub fn needs(&self) -> (f64, f64) {
        spec::needs(&self.json)
    }

    /// Ports of its agent that one task is given. On the host's network that is one unless the definition says otherwise;
    /// behind a bridge every mapping takes one; on a network of its own only a mapping with a `hostPort` does
    /// (`AppNormalization.scala`), and so of a pod only an endpoint with one.
    pub fn ports(&self) -> u64 {
        if self.kind() == Kind::Pod {
            return spec::host_ports(&self.json).count() as u64;
        }
        let at = |path: &str| self.json.pointer(path).filter(|value| !value.is_null());
        let mode = at("/networks/0/mode").and_then(Value::as_str);
        let mode = mode.or_else(|| at("/container/docker/network").and_then(Value::as_str)).unwrap_or("host");
        let mappings = at("/container/portMappings").or_else(|| at("/container/docker/portMappings"));
        let mappings = mappings.and_then(Value::as_array).map(Vec::as_slice);
        let number = match mode {
            "container/bridge" | "BRIDGE" => mappings.map_or(1, <[Value]>::len),
            "container" | "USER" => {
                let published = |mapping: &&Value| mapping.get("hostPort").is_some_and(Value::is_number);
                mappings.unwrap_or_default().iter().filter(published).count()
            }
            _ => {
                let listed = at("/portDefinitions").or_else(|| at("/ports")).and_then(Value::as_array);
                listed.map_or(1, Vec::len)
            }
        };
        number as u64
    }

    /// The name of a folder for it: `mesos-mesos_tcp`.
    pub fn stem(&self) -> String {
        self.pair.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric() && c != '_', "-")
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;
    use crate::exit::Code;

    fn refused(text: &str) -> String {
        let failure = Definition::parse("app.json", text).unwrap_err();
        assert_eq!(failure.code, Code::Usage);
        failure.message
    }

    #[test]
    fn every_pair_of_the_procedure_is_known_by_name() {
        for pair in fixtures::Pair::PROCEDURE {
            let definition = Definition::load(&pair.to_string()).unwrap();
            assert_eq!((definition.pair.as_str(), definition.instances()), (pair.to_string().as_str(), 1));
        }
    }

    #[test]
    fn an_error_names_its_place() {
        assert_eq!(refused("{\n  \"id\": \"/hc\",\n}"), "app.json:3:1: not JSON: a comma stands before the end");
        assert_eq!(
            refused("{\"cmd\": \"true\"}"),
            "app.json: the app definition has no \"id\" (write \"id\": \"/hc\")"
        );
        assert_eq!(refused("{\"id\": \"/hc\", \"instances\": -1}"), "app.json: \"instances\" is not a number of tasks");
        assert!(Definition::load("nothing.json").unwrap_err().message.starts_with("cannot read the app definition"));
        assert!(Definition::load("mesos,UDP").unwrap_err().message.contains("UDP"));
    }

    #[rstest]
    #[case::default(json!({}), 1)]
    #[case::none(json!({"portDefinitions": []}), 0)]
    #[case::old_format(json!({"ports": [0, 0]}), 2)]
    #[case::bridge(json!({"networks": [{"mode": "container/bridge"}], "container": {"portMappings": [{}, {}]}}), 2)]
    #[case::old_bridge(json!({"container": {"docker": {"network": "BRIDGE", "portMappings": [{"containerPort": 1}]}}}), 1)]
    #[case::own_network(
        json!({"networks": [{"mode": "container"}], "container": {"portMappings": [{"hostPort": 0}, {"containerPort": 1}]}}),
        1
    )]
    fn ports_are_counted_as_marathon_gives_them(#[case] mut app: Value, #[case] ports: u64) {
        app["id"] = "/hc".into();
        assert_eq!(Definition::parse("app.json", &app.to_string()).unwrap().ports(), ports);
    }
}

//! A copy of a run's files without hosts, ids, URLs and users, so that the run can be shown to others. The same original
//! always gets the same name, so that what belongs together still does.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs::{self, File},
    io::{BufWriter, Write as _},
    path::Path,
    sync::LazyLock,
};

use aho_corasick::{AhoCorasick, MatchKind};
use harness::{cluster::LABEL_OWNER, files, record::json};
use regex::Regex;
use serde_json::Value;

use crate::{
    exit::{Code, Failure},
    folder::RunFolder,
};

/// Files of JSON lines; version 0.1 wrote the last one.
const LINES: [&str; 3] = ["samples.jsonl", "events.jsonl", "tasks.jsonl"];
/// Files of one JSON document.
const DOCUMENTS: [&str; 3] = ["run.json", "summary.json", "matrix.json"];
/// Fields whose values are words of Marathon, of Mesos or of the rig: readers need them as they are.
const WORDS: [&str; 14] = [
    "eventType",
    "taskStatus",
    "state",
    "end_state",
    "condition",
    "protocol",
    "verdict",
    "reason",
    "confidence",
    "kind",
    "pair",
    "tasks",
    "clock",
    "version",
];

/// Fields of a definition that hold commands: what a person wrote there may be anything.
const COMMANDS: [&str; 2] = ["cmd", "args"];

/// A word of more bytes is one name: looking for names inside of it would take time by the square of its length.
const LONGEST_WORD: usize = 1024;

/// What is recognized by its form alone: URLs, UUIDs (agents' ids too), addresses, mail addresses, home folders, and
/// names of hosts with three parts or more.
static PATTERNS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?P<url>[A-Za-z][A-Za-z0-9+.-]*://[^\s\x22'<>]+)",
        r"|(?P<id>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?:-[SO][0-9]+)?)",
        r"|(?P<host>[0-9]{1,3}(?:\.[0-9]{1,3}){3}|(?:[0-9a-fA-F]{0,4}:){4,7}[0-9a-fA-F]{0,4})",
        r"|(?P<user>[\w.+-]+@[\w.-]+\w)",
        r"|(?P<home>/(?:home|Users)/[^/\s]+)",
        r"|(?P<name>\b(?:[A-Za-z0-9-]+\.){2,}[a-z]{2,}\b)",
    ))
    .ok()
});

/// The names that stand for originals.
#[derive(Debug, Default)]
struct Names {
    given: HashMap<String, String>,
    used: BTreeMap<&'static str, u64>,
    /// Originals that only their field tells: host names, parts of the app's id, users.
    literals: Option<AhoCorasick>,
}

impl Names {
    fn name(&mut self, kind: &'static str, original: &str) -> String {
        if let Some(name) = self.given.get(original) {
            return name.clone();
        }
        let number = self.used.entry(kind).or_insert(0);
        *number += 1;
        let name = format!("{kind}-{number}");
        self.given.insert(original.to_owned(), name.clone());
        name
    }

    /// Remembers what the fields of this value tell.
    fn learn(&mut self, key: &str, value: &Value) {
        match value {
            Value::Object(map) => map.iter().for_each(|(key, value)| self.learn(key, value)),
            Value::Array(items) => items.iter().for_each(|value| self.learn(key, value)),
            Value::String(text) if !text.is_empty() => match key {
                "host" | "hostname" | "clientIp" | "remoteAddress" => drop(self.name("host", text)),
                "image" => drop(self.name("image", text)),
                "user" | "owner" | LABEL_OWNER => drop(self.name("user", text)),
                "run" => drop(self.name("app", text)),
                "command" => self.learn_command(text),
                "app" | "appId" | "runSpecId" | "groupId" => {
                    for part in text.split('/').filter(|part| !part.is_empty() && *part != "hc-rig") {
                        drop(self.name("app", part));
                    }
                }
                "url" => self.learn_address(text),
                _ => {}
            },
            _ => {}
        }
    }

    /// The hosts of an address, or of several with commas between; a scheme need not be there.
    fn learn_address(&mut self, text: &str) {
        for address in text.split(',') {
            let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
            let rest = rest.split(['/', '?']).next().unwrap_or(rest);
            let host = rest.rsplit('@').next().unwrap_or(rest).split(':').next().unwrap_or(rest);
            if !host.is_empty() {
                drop(self.name("host", host));
            }
        }
    }

    /// What was typed names the cluster and the user.
    fn learn_command(&mut self, text: &str) {
        let mut words = text.split_whitespace();
        while let Some(word) = words.next() {
            let (flag, value) = word.split_once('=').map_or((word, None), |(flag, value)| (flag, Some(value)));
            if !["--url", "--user", "--ssh"].contains(&flag) {
                continue;
            }
            let Some(value) = value.or_else(|| words.next()) else { return };
            let value = value.trim_matches(['\'', '"']);
            match (flag, value.split_once('@')) {
                ("--url", _) => self.learn_address(value),
                (_, Some((user, host))) => {
                    drop(self.name("user", user));
                    drop(self.name("host", host));
                }
                (_, None) => drop(self.name("user", value)),
            }
        }
    }

    /// Makes the learned originals findable in any text; of two at one place the longer counts.
    fn finish(&mut self) -> Result<(), Failure> {
        let known: Vec<&str> =
            self.given.keys().map(String::as_str).filter(|known| (1..=LONGEST_WORD).contains(&known.len())).collect();
        let literals = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(known);
        self.literals =
            Some(literals.map_err(|error| Failure::new(Code::Internal, format!("cannot redact: {error}")))?);
        Ok(())
    }

    fn value(&mut self, key: &str, value: &mut Value) {
        match value {
            // What a person wrote into variables and labels may be anything, and their names may be too.
            Value::Object(map) if ["env", "environment", "labels"].contains(&key) => {
                let entries = std::mem::take(map).into_iter();
                *map = entries.map(|(name, value)| self.written(name, value)).collect();
            }
            Value::Object(map) => {
                for (inner, value) in map.iter_mut() {
                    // `"command": {"value": …}` of a check; the command of the run is a text and no object.
                    let command = COMMANDS.contains(&inner.as_str()) || key == "command";
                    if command && !value.is_null() {
                        *value = Value::from("(left out)");
                    } else {
                        self.value(inner, value);
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|value| self.value(key, value)),
            // Whoever knows the definition would know it again.
            Value::String(text) if key == "definition_sha256" => "(left out)".clone_into(text),
            Value::String(text) if !WORDS.contains(&key) => *text = self.text(text),
            _ => {}
        }
    }

    /// A variable or label.
    fn written(&mut self, name: String, mut value: Value) -> (String, Value) {
        if name == "HC_RIG_BEHAVIOUR" {
            self.value(&name, &mut value);
            return (name, value);
        }
        (self.text(&name), Value::from("(left out)"))
    }

    fn text(&mut self, text: &str) -> String {
        if !text.split_whitespace().any(|word| word.len() > LONGEST_WORD) {
            let clean = self.by_form(text);
            return self.by_literal(&clean);
        }
        let mut clean = String::with_capacity(text.len());
        for word in text.split_inclusive(char::is_whitespace) {
            match word.trim_end() {
                long if long.len() > LONGEST_WORD => {
                    clean.push_str(&self.name("word", long));
                    clean.push_str(&word[long.len()..]);
                }
                _ => clean.push_str(&self.text(word)),
            }
        }
        clean
    }

    fn by_form(&mut self, text: &str) -> String {
        let Some(patterns) = PATTERNS.as_ref() else { return "(left out)".to_owned() };
        let mut clean = String::with_capacity(text.len());
        let mut end = 0;
        for found in patterns.captures_iter(text) {
            let Some(whole) = found.get(0) else { continue };
            clean.push_str(&text[end..whole.start()]);
            end = whole.end();
            if found.name("name").is_some() {
                // The path of a Java class goes on with a name in capitals and is no host.
                let class = text[end..].starts_with('.');
                let name = if class { whole.as_str().to_owned() } else { self.name("host", whole.as_str()) };
                clean.push_str(&name);
                continue;
            }
            if let Some(url) = found.name("url") {
                let (scheme, rest) = url.as_str().split_once("://").unwrap_or(("http", ""));
                let host = rest.split(['/', '?']).next().unwrap_or(rest);
                let host = host.rsplit('@').next().unwrap_or(host).split(':').next().unwrap_or(host);
                clean.push_str(&format!("{scheme}://{}/", self.name("host", host)));
            } else if found.name("home").is_some() {
                clean.push_str(&format!("/home/{}", self.name("user", whole.as_str())));
            } else {
                let kind = ["id", "host", "user"].into_iter().find(|kind| found.name(kind).is_some()).unwrap_or("id");
                clean.push_str(&self.name(kind, whole.as_str()));
            }
        }
        clean.push_str(&text[end..]);
        clean
    }

    /// Whole words only, where a hyphen is a letter: `hc` is not a part of `hc-rig`.
    fn by_literal(&self, text: &str) -> String {
        let Some(literals) = &self.literals else { return text.to_owned() };
        let letter = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let (mut clean, mut end) = (String::with_capacity(text.len()), 0);
        for found in literals.find_iter(text) {
            let alone = !text[..found.start()].ends_with(letter) && !text[found.end()..].starts_with(letter);
            if let Some(name) = self.given.get(&text[found.range()]).filter(|_| alone) {
                clean.push_str(&text[end..found.start()]);
                clean.push_str(name);
                end = found.end();
            }
        }
        clean.push_str(&text[end..]);
        clean
    }
}

/// Writes the redacted files of all `runs` below `from` to the same places below `to`. What is drawn from them is not
/// copied: it has to be drawn again.
///
/// # Errors
/// A file cannot be read or written.
pub fn copy(from: &Path, runs: &[RunFolder], to: &Path) -> Result<(), Failure> {
    let mut names = Names::default();
    let folders: BTreeSet<&Path> = runs.iter().map(RunFolder::path).chain([from]).collect();
    each(&folders, |_, _, key, value| {
        names.learn(key, &value);
        Ok(())
    })?;
    names.finish()?;
    let mut open: Option<(std::path::PathBuf, BufWriter<File>)> = None;
    each(&folders, |folder, name, key, mut value| {
        names.value(key, &mut value);
        let path = to.join(folder.strip_prefix(from).unwrap_or(folder)).join(name);
        let wrong = |error: std::io::Error| Failure::results(&path, &error);
        if open.as_ref().is_none_or(|(opened, _)| *opened != path) {
            fs::create_dir_all(path.parent().unwrap_or(to)).map_err(wrong)?;
            open = Some((path.clone(), BufWriter::new(File::create_new(&path).map_err(wrong)?)));
        }
        let Some((_, file)) = &mut open else { return Ok(()) };
        let line = json::line(&value).map_err(|error| Failure::new(Code::Internal, error.to_string()))?;
        writeln!(file, "{line}").and_then(|()| file.flush()).map_err(wrong)
    })
}

/// Hands on every JSON value of these folders' files, in order; a torn line is left out.
fn each(
    folders: &BTreeSet<&Path>,
    mut take: impl FnMut(&Path, &str, &str, Value) -> Result<(), Failure>,
) -> Result<(), Failure> {
    for folder in folders {
        for name in DOCUMENTS.into_iter().chain(LINES) {
            let path = folder.join(name);
            if !path.is_file() {
                continue;
            }
            let wrong = |error: std::io::Error| Failure::usage(format!("cannot read {}: {error}", path.display()));
            if DOCUMENTS.contains(&name) {
                if let Ok(value) = serde_json::from_slice(&files::read_ordinary(&path).map_err(wrong)?) {
                    take(folder, name, "", value)?;
                }
                continue;
            }
            for line in files::lines(&path).map_err(wrong)? {
                if let Ok(value) = serde_json::from_slice(&line.map_err(wrong)?) {
                    take(folder, name, "", value)?;
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::results::render;

    #[test]
    fn short_names_of_hosts_and_users_are_known_from_where_the_run_says_them() {
        let mut names = Names::default();
        names.learn(
            "",
            &json!({"host": "node7", "hostname": "web.lan", "url": "http://boss:8080/,http://deputy:8080/"}),
        );
        names.learn("command", &json!("hc-rig run mesos,TCP --url=boss:8080 --user carol --target 5"));
        names.finish().unwrap();
        let clean =
            names.text("carol asked boss of node7 (web.lan, then deputy), not node70; http://boss:8080/v2/apps");
        for original in ["carol", "boss", "node7 ", "web.lan", "deputy"] {
            assert!(!clean.contains(original), "{original} in {clean}");
        }
        assert!(clean.contains("node70"), "another word: {clean}");
    }

    #[test]
    fn the_owner_is_known_from_the_label_of_the_app() {
        let mut names = Names::default();
        names.learn("definition", &json!({"labels": {"HC_RIG_OWNER": "carol", "team": "x"}}));
        names.finish().unwrap();
        let mut value = json!({"definition": {"labels": {"HC_RIG_OWNER": "carol"}}, "why": "carol may not deploy"});
        names.value("", &mut value);
        assert!(!value.to_string().contains("carol"), "{value}");
    }

    #[test]
    fn commands_of_a_definition_are_left_out_and_a_long_id_is_one_name() {
        let mut names = Names::default();
        let long = "10.1.2.3-".repeat(100_000);
        names.learn("appId", &json!(long));
        names.finish().unwrap();
        let mut value = json!({
            "command": "hc-rig run a.json",
            "definition": {"cmd": "sh internal-tool", "args": ["--me", "x"], "healthChecks": [
                {"protocol": "COMMAND", "command": {"value": "internal-tool check"}}],
                "environment": {"INTERNAL": "internal-tool"},
                "containers": [{"exec": {"command": {"shell": "internal-tool", "argv": ["internal-tool"]}}}]},
            "tasks": [{"id": long}, {"id": format!("about {long}\nof 10.1.2.3")}],
        });
        names.value("", &mut value);
        assert_eq!(value["command"], "hc-rig run a.json");
        assert!(!value["definition"].to_string().contains("internal-tool"), "{}", value["definition"]);
        assert_eq!(
            (&value["definition"]["cmd"], &value["definition"]["args"]),
            (&json!("(left out)"), &json!("(left out)"))
        );
        let name = names.given[&long].clone();
        assert_eq!(value["tasks"][0]["id"], name);
        assert_eq!(value["tasks"][1]["id"], format!("about {name}\nof host-1"));
    }

    #[test]
    fn nothing_of_the_original_is_left_and_what_belongs_together_still_does() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("run"), folder.path().join("shown"));
        fs::create_dir(&from).unwrap();
        let id = "hc-rig_k7_billing.instance-435aa001-49e0-11f0-99a3-7d5757aaf520._app.1";
        let manifest = json!({
            "format": 1, "run": "k7", "pair": "mesos,TCP", "app": "/hc-rig/k7/billing", "started_at": "2026-11-22T17:00:00.000Z",
            "command": "hc-rig run /home/alice/billing.json --url https://alice@dcos.acme.example:8443/service",
            "definition": {"id": "/billing", "cmd": "curl db7.acme.example", "env": {"DB": "db7.acme.example"}, "user": "alice",
                "labels": {"traefik.acme.example/billing": "x", "HC_RIG_OWNER": "alice"}},
            "cluster": {"url": "https://dcos.acme.example:8443/service/marathon/", "kind": "cluster"}, "plan": {"targets": [1]},
        });
        fs::write(from.join("run.json"), manifest.to_string()).unwrap();
        let sample = json!({"v": 1, "t": 1, "request": 1, "target": 1, "counts": {"unhealthy": 1}, "complete": true, "tasks": [{
            "id": id, "appId": "/hc-rig/k7/billing", "host": "node-10.acme.example", "slaveId": "6f6ab06d-31f2-474d-99d3-2cd7ef85da57-S2",
            "state": "TASK_RUNNING", "healthCheckResults": [{"alive": false, "lastFailure": "2026-11-22T17:00:01.000Z",
                "lastFailureCause": "refused: node-10.acme.example/10.1.2.3:31004"}]}]});
        fs::write(from.join("samples.jsonl"), format!("{sample}\n{{\"torn")).unwrap();
        let event = json!({"v": 1, "t": 2.0, "event": {"eventType": "status_update_event", "taskId": id, "taskStatus": "TASK_KILLED",
            "host": "node-10.acme.example", "message": "by alice@acme.example"}});
        fs::write(from.join("events.jsonl"), format!("{event}\n")).unwrap();

        copy(&from, &RunFolder::find(&from).unwrap(), &to).unwrap();
        render::all(&to, &crate::export::Format::ALL).unwrap();
        for entry in fs::read_dir(&to).unwrap() {
            let path = entry.unwrap().path();
            let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
            for original in ["acme", "billing", "alice", "10.1.2.3", "435aa001", "6f6ab06d", "node-10"] {
                assert!(!text.contains(original), "{original} in {}: {text}", path.display());
            }
        }
        let run = RunFolder::open(&to).unwrap().read().unwrap();
        let stories: Vec<_> = run.lives.all().collect();
        assert_eq!(stories.len(), 1, "sample and event still tell of one task");
        assert_eq!(stories[0].end.as_ref().map(|end| end.state.as_str()), Some("TASK_KILLED"));
        assert!(stories[0].host.starts_with("host-"), "{}", stories[0].host);
    }
}

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

/// Flags whose values are names of files and folders.
const PATHS: [&str; 7] = ["--out", "--config", "--ca", "--cert", "--key", "--metrics-file", "--below"];

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
        r"|(?P<home>/(?:home|Users)/[^/\s\x22'<>]+)(?:/[^\s\x22'<>]*)?",
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
    #[cfg(test)]
    searched: std::cell::Cell<Searched>,
}

/// All texts that were searched, which bound the work together: a search in a word takes time by the square of its length.
#[cfg(test)]
#[derive(Clone, Copy, Debug, Default)]
struct Searched {
    bytes: usize,
    longest_word: usize,
}

#[cfg(test)]
impl Searched {
    fn and(self, text: &str) -> Self {
        let longest = text.split_whitespace().map(str::len).max().unwrap_or(0);
        Self { bytes: self.bytes + text.len(), longest_word: self.longest_word.max(longest) }
    }
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
                "framework" | "frameworkId" => drop(self.name("id", text)),
                "app" | "appId" | "runSpecId" | "groupId" | "dependencies" => self.learn_id(text),
                // A task's or a deployment's does not begin so.
                "id" if text.starts_with('/') => self.learn_id(text),
                // Of a check; a part of a URL.
                "path" if text.starts_with('/') && text != "/" => drop(self.name("/path", text)),
                "url" => self.learn_address(text),
                _ => {}
            },
            _ => {}
        }
    }

    /// The parts of an app's or a group's id.
    fn learn_id(&mut self, id: &str) {
        for part in id.split('/').filter(|part| !part.is_empty() && *part != "hc-rig" && *part != "..") {
            drop(self.name("app", part));
        }
    }

    /// A file that was named, whole and without its folder, if no word could be meant by that.
    fn learn_file(&mut self, path: &str) {
        let name = path.rsplit('/').next().unwrap_or(path);
        for known in [path, name].into_iter().filter(|known| known.contains(['/', '.'])) {
            drop(self.name("file", known));
        }
    }

    /// A command line in which files have other names.
    fn command(&mut self, line: &str) -> String {
        let mut is_path = false;
        let words = line.split(' ').map(|word| {
            let was_path = std::mem::replace(&mut is_path, PATHS.contains(&word));
            match word.split_once('=') {
                _ if was_path => self.name("file", word),
                Some((flag, path)) if PATHS.contains(&flag) => format!("{flag}={}", self.name("file", path)),
                _ => word.to_owned(),
            }
        });
        let line = words.collect::<Vec<_>>().join(" ");
        self.text(&line)
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

    /// What was typed names the cluster, the user, and files, which are called after whom and what they belong to.
    fn learn_command(&mut self, text: &str) {
        let mut words = text.split_whitespace();
        while let Some(word) = words.next() {
            let (flag, value) = word.split_once('=').map_or((word, None), |(flag, value)| (flag, Some(value)));
            let plain = word.trim_matches(['\'', '"']);
            let is_file = plain.ends_with(".json") || (plain.contains('/') && !plain.contains("://"));
            if !flag.starts_with('-') && is_file {
                self.learn_file(plain);
            }
            if PATHS.contains(&flag) {
                if let Some(path) = value.or_else(|| words.next()) {
                    self.learn_file(path.trim_matches(['\'', '"']));
                }
                continue;
            }
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
            Value::String(text) if key == "command" => *text = self.command(text),
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
        #[cfg(test)]
        self.searched.set(self.searched.get().and(text));
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
            } else if let Some(home) = found.name("home") {
                // What is below it, too, is called as its user likes.
                clean.push_str(&format!("/home/{}", self.name("user", home.as_str())));
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
        #[cfg(test)]
        self.searched.set(self.searched.get().and(text));
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
            let mut lines = files::lines(&path).map_err(wrong)?;
            while let Some(line) = lines.next_line().map_err(wrong)? {
                if let Ok(value) = serde_json::from_slice(line) {
                    take(folder, name, "", value)?;
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;

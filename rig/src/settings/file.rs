//! The TOML file: keys are the long names of flags, at the top for every command that has them, or in a table that is
//! called like a command.

use std::path::{Component, Path, PathBuf};

use clap::Command;
use toml::{Table, Value};

use crate::{command_line, exit::Failure};

/// Parts of keys that name secrets.
const SECRETS: [&str; 5] = ["password", "token", "secret", "private", "credential"];

const NO_SECRETS: &str = "secrets do not belong in a file; use the environment (DCOS_PASSWORD, DCOS_ACS_TOKEN_FILE, …)";

/// Where a file is found that nobody named: whoever made the working directory made it.
const IN_WORKING_DIRECTORY: &str = "hc-rig.toml";

/// What a file that nobody named does not set: which server is asked, whom it is trusted to be, as whom, what is run, how
/// much of a cluster is used, and that the user agrees.
const NOT_BY_CHANCE: [&str; 19] = [
    "url",
    "user",
    "ca",
    "pin",
    "ca-from-cluster",
    "cert",
    "key",
    "insecure",
    "insecure-http",
    "ssh",
    "ssh-option",
    "sudo",
    "max-tasks",
    "max-cpus",
    "max-mem",
    "id-as-is",
    "metrics",
    "metrics-file",
    "yes",
];

/// Whether the path leads below the folder that it is relative to. Results go nowhere else because of such a file.
fn stays_inside(path: &Path) -> bool {
    path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

/// A settings file that was read.
#[derive(Clone, Debug)]
pub struct SettingsFile {
    name: String,
    text: String,
    table: Table,
    /// It lay in the working directory, and nobody named it.
    by_chance: bool,
}

impl SettingsFile {
    /// The file that was asked for, else `hc-rig.toml` in the working directory, else `hc-rig/config.toml` in the user's
    /// folder for settings; none if there is none of the latter two. The one in the working directory does not set
    /// everything ([`Self::ignored`]).
    ///
    /// # Errors
    /// Exit code 2: it cannot be read, or it is not TOML.
    pub fn find(asked: Option<&Path>, variable: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, Failure> {
        if let Some(path) = asked {
            return Self::read(path).map(Some);
        }
        let home = variable("XDG_CONFIG_HOME")
            .map(PathBuf::from)
            .or_else(|| variable("HOME").map(|home| Path::new(&home).join(".config")));
        let here = Path::new(IN_WORKING_DIRECTORY);
        if here.is_file() {
            return Self::read(here).map(|file| Some(Self { by_chance: true, ..file }));
        }
        let own = home.map(|home| home.join("hc-rig/config.toml")).filter(|path| path.is_file());
        own.map(|path| Self::read(&path)).transpose()
    }

    /// The keys that are ignored, since nobody named the file.
    pub fn ignored(&self) -> Vec<&str> {
        let tables = self.table.values().filter_map(Value::as_table);
        let keys = self.table.iter().chain(tables.flatten());
        let ignored = keys.filter(|(key, value)| self.is_ignored(key, value)).map(|(key, _)| key.as_str());
        let mut ignored: Vec<&str> = ignored.collect();
        ignored.sort_unstable();
        ignored.dedup();
        ignored
    }

    fn is_ignored(&self, flag: &str, value: &Value) -> bool {
        let leads_away = || flag == "out" && value.as_str().is_none_or(|path| !stays_inside(Path::new(path)));
        self.by_chance && (NOT_BY_CHANCE.contains(&flag) || leads_away())
    }

    /// Which keys are ignored, and what to do about it; nothing if none is.
    pub fn ignored_sentence(&self) -> Option<String> {
        let ignored = self.ignored();
        let keys = ignored.join(", ");
        (!ignored.is_empty()).then(|| {
            format!(
                "{0} lies in the working directory and nobody named it, so it does not set {keys}; if it is yours, use \
                 --config {0}",
                self.name
            )
        })
    }

    fn read(path: &Path) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let text = harness::files::read_to_string(path)
            .map_err(|error| Failure::usage(format!("cannot read the settings {name}: {error}")))?;
        Self::parse(&name, text)
    }

    /// The settings in a text.
    ///
    /// # Errors
    /// Exit code 2: it is not TOML; the message names the line.
    pub fn parse(name: &str, text: String) -> Result<Self, Failure> {
        let table = text.parse::<Table>().map_err(|error| {
            let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].lines().count().max(1));
            Failure::usage(format!("{name}:{line}: not TOML: {}", text::plain::toml(error.message())))
        })?;
        Ok(Self { name: name.to_owned(), text, table, by_chance: false })
    }

    /// Its name in messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Every key is a flag of some command, and none is a secret.
    ///
    /// # Errors
    /// Exit code 2 with file, line and key.
    pub fn check_keys(&self, root: &Command) -> Result<(), Failure> {
        let knows = |command: &Command, key: &str| command.get_arguments().any(|arg| arg.get_long() == Some(key));
        for (key, value) in &self.table {
            match (root.find_subcommand(key), value) {
                (Some(command), Value::Table(table)) => {
                    for inner in table.keys() {
                        self.no_secret(inner)?;
                        if !knows(command, inner) {
                            return Err(self.wrong(inner, &format!("`hc-rig {key}` has no flag --{inner}")));
                        }
                    }
                }
                (_, Value::Table(_)) => return Err(self.wrong(key, &format!("there is no command `{key}`"))),
                _ => {
                    self.no_secret(key)?;
                    if !root.get_subcommands().any(|command| knows(command, key)) {
                        return Err(self.wrong(key, &format!("no command has a flag --{key}")));
                    }
                }
            }
        }
        Ok(())
    }

    /// The value of a flag of a command, as it would be typed.
    ///
    /// # Errors
    /// Exit code 2: a value that is not a text, number or list.
    pub fn values(&self, command: &str, flag: &str) -> Result<Option<Vec<String>>, Failure> {
        let own = self.table.get(command).and_then(Value::as_table).and_then(|table| table.get(flag));
        let value = own.or_else(|| self.table.get(flag).filter(|value| !value.is_table()));
        let Some(value) = value.filter(|value| !self.is_ignored(flag, value)) else { return Ok(None) };
        let one = |value: &Value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Integer(_) | Value::Float(_) | Value::Boolean(_) => Some(value.to_string()),
            _ => None,
        };
        let all = match value {
            Value::Array(values) => values.iter().map(one).collect::<Option<Vec<_>>>(),
            value => one(value).map(|value| vec![value]),
        };
        let hides_one = |text: &String| command_line::without_password(text) != text.as_str();
        if all.as_ref().is_some_and(|all| all.iter().any(hides_one)) {
            return Err(self.wrong(flag, NO_SECRETS));
        }
        all.map(Some).ok_or_else(|| self.wrong(flag, "write a text, a number, true or false, or a list of these"))
    }

    fn no_secret(&self, key: &str) -> Result<(), Failure> {
        if SECRETS.iter().any(|secret| key.to_lowercase().contains(secret)) {
            return Err(self.wrong(key, NO_SECRETS));
        }
        Ok(())
    }

    /// The failure for what is wrong with a key, with file and line.
    pub(super) fn wrong(&self, key: &str, why: &str) -> Failure {
        let names = |line: &str| {
            let line = line.trim_start().trim_start_matches('[');
            line.strip_prefix(key)
                .or_else(|| line.strip_prefix(&format!("\"{key}\"")))
                .is_some_and(|rest| rest.trim_start().starts_with(['=', ']']))
        };
        let line = self.text.lines().position(names).map_or(1, |line| line + 1);
        Failure::usage(format!("{}:{line}: {why}", self.name))
    }
}

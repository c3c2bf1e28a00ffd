//! Values of flags that were not typed: from `HC_RIG_*` variables, then a TOML file.
//!
//! There is no second list of options: the flags are clap's, a flag's key in the file is its long name, its variable
//! `HC_RIG_` and the name in capitals. Values are put on the command line before the typed ones, so that clap parses
//! all of them in one way.

mod file;
mod refused;

use std::{collections::BTreeMap, ffi::OsString};

use clap::{Arg, ArgAction, Command};
pub use file::SettingsFile;

use crate::exit::Failure;

/// Flags that are about the file and the log, not about a command.
const GLOBAL: [&str; 4] = ["config", "verbose", "log-format", "color"];

/// Variables of DC/OS and Marathon that mean the same as a flag: where one is set, the file's value is ignored.
const SAME: [(&str, &[&str]); 7] = [
    ("url", &["DCOS_URL", "MARATHON_URL"]),
    ("user", &["DCOS_USERNAME", "DCOS_UID", "MARATHON_USER"]),
    ("ca", &["DCOS_SSL_VERIFY", "DCOS_SSL_PIN"]),
    ("pin", &["DCOS_SSL_VERIFY", "DCOS_SSL_PIN"]),
    ("insecure", &["DCOS_SSL_VERIFY", "DCOS_SSL_PIN"]),
    ("cert", &["DCOS_CLIENT_CERT"]),
    ("key", &["DCOS_CLIENT_KEY"]),
];

/// The variable of DC/OS or Marathon that is set and means the same as this flag.
pub fn said_by(flag: &str, variable: impl Fn(&str) -> Option<String>) -> Option<&'static str> {
    let names = SAME.iter().find(|(same, _)| *same == flag).map(|(_, names)| *names)?;
    names.iter().copied().find(|name| variable(name).is_some_and(|value| !value.trim().is_empty()))
}

/// Where a flag's value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// It was typed.
    Typed,
    /// This variable.
    Variable(String),
    /// This file.
    File(String),
    /// Nothing set it.
    Default,
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Typed => f.write_str("the command line"),
            Self::Variable(name) | Self::File(name) => f.write_str(name),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A flag of a command with its value as it would be typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its long name, without dashes.
    pub flag: String,
    /// The values; none for a switch that is off.
    pub values: Vec<String>,
    /// Where they came from.
    pub source: Source,
    /// Whether it is a switch, which has no value.
    pub switch: bool,
}

/// The variable of a flag.
pub fn variable_of(flag: &str) -> String {
    format!("HC_RIG_{}", flag.to_uppercase().replace('-', "_"))
}

/// The settings of one command's flags when these were typed.
///
/// # Errors
/// Exit code 2: a key of the file that no command knows, a secret in the file, or a value of the wrong kind.
pub fn settings(
    command: &Command,
    typed: &[String],
    variable: impl Fn(&str) -> Option<String>,
    file: Option<&SettingsFile>,
) -> Result<Vec<Setting>, Failure> {
    let is_typed = |arg: &Arg| {
        let long = arg.get_long_and_visible_aliases().unwrap_or_default();
        typed.iter().any(|word| long.iter().any(|name| flag_name(word) == Some(name)))
            || arg.get_short().is_some_and(|short| typed.iter().any(|word| *word == format!("-{short}")))
    };
    let named = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
    let said_so = |flag: &str| said_by(flag, &variable).is_some();
    let mut all = Vec::new();
    for arg in command.get_arguments() {
        let Some(long) = arg.get_long().filter(|long| !["help", "version"].contains(long) && !GLOBAL.contains(long))
        else {
            continue;
        };
        let switch = matches!(arg.get_action(), ArgAction::SetTrue);
        let mut setting = Setting { flag: long.to_owned(), values: Vec::new(), source: Source::Default, switch };
        // If a flag that excludes this one was typed, the file's value of this one does not apply.
        let excluded = command.get_arg_conflicts_with(arg).into_iter().any(&is_typed);
        let own = variable_of(long);
        if is_typed(arg) {
            setting.source = Source::Typed;
        } else if let Some(value) = named(&own).filter(|_| !excluded) {
            // Thresholds contain commas and blanks, so several values are separated by semicolons.
            let many = matches!(arg.get_action(), ArgAction::Append) && arg.get_value_delimiter().is_none();
            setting.values =
                if many { value.split(';').map(|each| each.trim().to_owned()).collect() } else { vec![value] };
            setting.source = Source::Variable(own);
        } else if let Some(file) = file.filter(|_| !(excluded || said_so(long)))
            && let Some(values) = file.values(command.get_name(), long)?
        {
            setting.values = values;
            setting.source = Source::File(file.name().to_owned());
        } else {
            setting.values =
                arg.get_default_values().iter().map(|value| value.to_string_lossy().into_owned()).collect();
        }
        if switch {
            let on = |value: &String| ["true", "1", "yes", "on"].contains(&value.to_lowercase().as_str());
            setting.values.retain(on);
        }
        all.push(setting);
    }
    Ok(all)
}

/// Flags that were not typed, and where their values come from.
#[derive(Clone, Debug, Default)]
pub struct Sources(BTreeMap<String, String>);

impl Sources {
    /// Where a flag's value came from: the flag itself (with dashes), or the variable or file that set it.
    pub fn of<'a>(&'a self, flag: &'a str) -> &'a str {
        self.0.get(flag.trim_start_matches('-')).map_or(flag, String::as_str)
    }
}

/// A command line with values from variables and the file for flags that were not typed.
#[derive(Clone, Debug, Default)]
pub struct Expanded {
    /// The arguments for the parser.
    pub line: Vec<OsString>,
    /// The settings that were added.
    added: Vec<Setting>,
}

impl Expanded {
    /// Where the added settings came from.
    pub fn sources(&self) -> Sources {
        Sources(self.added.iter().map(|setting| (setting.flag.clone(), setting.source.to_string())).collect())
    }
}

/// Adds the values from variables and the file behind the command's name.
///
/// # Errors
/// As [`settings`]; the file cannot be read.
pub fn expand(
    root: &Command,
    line: Vec<OsString>,
    variable: impl Fn(&str) -> Option<String>,
    file: Option<&SettingsFile>,
) -> Result<Expanded, Failure> {
    if let Some(file) = file {
        file.check_keys(root)?;
    }
    let words: Vec<String> = line.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let Some((place, command)) = words.iter().enumerate().skip(1).find_map(|(place, word)| {
        root.get_subcommands()
            .find(|command| command.get_name_and_visible_aliases().contains(&word.as_str()))
            .map(|command| (place, command))
    }) else {
        return Ok(Expanded { line, added: Vec::new() });
    };
    if has_own_command_line(command) {
        return Ok(Expanded { line, added: Vec::new() });
    }
    let mut added = settings(command, &words[place + 1..], variable, file)?;
    added.retain(|setting| !matches!(setting.source, Source::Typed | Source::Default));
    let words = added.iter().flat_map(|setting| {
        let flag = format!("--{}", setting.flag);
        setting
            .values
            .iter()
            .map(move |value| OsString::from(if setting.switch { flag.clone() } else { format!("{flag}={value}") }))
    });
    let mut line = line;
    line.splice(place + 1..place + 1, words);
    Ok(Expanded { line, added })
}

/// Whether another program reads what follows the command, as for `hc-rig fake`.
pub fn has_own_command_line(command: &Command) -> bool {
    command.get_arguments().any(Arg::is_trailing_var_arg_set)
}

/// `target` of `--target` and `--target=5`.
fn flag_name(word: &str) -> Option<&str> {
    let rest = word.strip_prefix("--")?;
    Some(rest.split_once('=').map_or(rest, |(name, _)| name))
}

#[cfg(test)]
mod tests;

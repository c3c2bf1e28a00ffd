//! `hc-rig config`: each setting and where it comes from.

use std::fmt::Write as _;

use clap::{Args, Command};

use crate::{
    command_line,
    exit::{Completion, Failure},
    folder::secrets::sounds_secret,
    settings::{SettingsFile, has_own_command_line, settings},
};

/// Arguments of `hc-rig config`.
#[derive(Args, Clone, Debug)]
pub struct ConfigArgs {
    /// Only the settings of this command
    #[arg(value_name = "COMMAND")]
    pub of: Option<String>,
}

/// Lists the flags of every command of `root`, or of one, and the variables that name the cluster and the workload tools.
///
/// # Errors
/// Exit code 2: there is no such command, or the file is wrong.
pub fn run(
    args: &ConfigArgs,
    root: &Command,
    variable: impl Fn(&str) -> Option<String>,
    file: Option<&SettingsFile>,
) -> Result<Completion, Failure> {
    let only = args.of.as_deref();
    if let Some(name) = only
        && root.find_subcommand(name).is_none()
    {
        return Err(Failure::usage(format!("there is no command `{name}`; hc-rig --help lists them")));
    }
    if let Some(file) = file {
        file.check_keys(root)?;
    }
    let mut text = String::new();
    let _ =
        writeln!(text, "{:<12} {}\n", "file", file.map_or("none (hc-rig.toml, or --config FILE)", SettingsFile::name));
    for command in root.get_subcommands() {
        let name = command.get_name();
        if only.is_some_and(|only| only != name) || has_own_command_line(command) {
            continue;
        }
        let all = settings(command, &[], &variable, file)?;
        if all.is_empty() {
            continue;
        }
        let _ = writeln!(text, "[{name}]");
        for setting in all {
            let value = match (setting.switch, setting.values.is_empty()) {
                (true, off) => (!off).to_string(),
                (false, true) => "(not set)".to_owned(),
                (false, false) => without_password(&setting.values.join("; ")),
            };
            let _ = writeln!(text, "{:<16} {value:<28} from {}", setting.flag, setting.source);
        }
        text.push('\n');
    }
    text.push_str("[environment]\n");
    for (name, meaning) in harness::settings::VARIABLES.iter().chain(fixtures::WORKLOAD_TOOLS_VARIABLES) {
        let value = match variable(name).filter(|value| !value.trim().is_empty()) {
            None => "(not set)".to_owned(),
            Some(_) if sounds_secret(name) => "(set)".to_owned(),
            Some(value) => without_password(&value),
        };
        let _ = writeln!(text, "{name:<32} {value:<28} {meaning}");
    }
    Ok(Completion::passed(text))
}

fn without_password(text: &str) -> String {
    text.split("; ").map(|part| command_line::without_password(part).into_owned()).collect::<Vec<_>>().join("; ")
}

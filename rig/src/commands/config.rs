//! `hc-rig config`: each setting and where it comes from.

use std::fmt::Write as _;

use clap::{Args, Command, FromArgMatches as _};

use crate::{
    command_line,
    exit::{Completion, Failure},
    folder::secrets::sounds_secret,
    run::reach::Reach,
    settings::{SettingsFile, Source, expand, has_own_command_line, said_by, settings},
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
    text.push_str(&cluster(root, &variable, file)?);
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
            if let (Source::Default, Some(name)) = (&setting.source, said_by(&setting.flag, &variable)) {
                let _ = writeln!(text, "{:<16} {:<28} from {name}", setting.flag, "(see [cluster])");
                continue;
            }
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

/// Which cluster is asked, as whom, and how it is trusted, with what decides it: the settings that commands resolve
/// from flags, variables and the file together.
fn cluster(
    root: &Command,
    variable: impl Fn(&str) -> Option<String>,
    file: Option<&SettingsFile>,
) -> Result<String, Failure> {
    let mut text = "[cluster]\n".to_owned();
    let expanded = expand(root, vec!["hc-rig".into(), "login".into()], &variable, file)?;
    let parsed = root.clone().try_get_matches_from(&expanded.line).ok();
    let reach = parsed.as_ref().and_then(|matches| Reach::from_arg_matches(matches.subcommand_matches("login")?).ok());
    match reach.unwrap_or_default().decided(&variable, &expanded.sources()) {
        Ok(decided) => {
            for (name, value, origin) in decided {
                let _ = writeln!(text, "{name:<16} {:<28} from {origin}", without_password(&text::visible(&value)));
            }
        }
        Err(undecided) => {
            let _ = writeln!(text, "{:<16} {}", "(none)", without_password(&text::visible(&undecided.message)));
        }
    }
    text.push('\n');
    Ok(text)
}

fn without_password(text: &str) -> String {
    text.split("; ").map(|part| command_line::without_password(part).into_owned()).collect::<Vec<_>>().join("; ")
}

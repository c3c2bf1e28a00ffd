use clap::{CommandFactory as _, FromArgMatches as _};

use super::*;
use crate::cli::Cli;

fn file(text: &str) -> SettingsFile {
    SettingsFile::parse("hc-rig.toml", text.to_owned()).unwrap()
}

fn expanded(line: &str, variables: &[(&str, &str)], text: &str) -> Result<Vec<String>, String> {
    let variable = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
    let line = line.split_whitespace().map(OsString::from).collect();
    let file = file(text);
    let whole = expand(&Cli::command(), line, variable, Some(&file)).map_err(|failure| failure.message)?;
    // Whatever comes out must be what clap takes.
    Cli::command()
        .try_get_matches_from(&whole.line)
        .and_then(|matches| Cli::from_arg_matches(&matches))
        .map_err(|error| whole.refused(&error, Some(&file)).map_or(error.to_string(), |failure| failure.message))?;
    Ok(whole.line.into_iter().map(|word| word.to_string_lossy().into_owned()).collect())
}

#[test]
fn the_command_line_wins_over_the_variable_and_that_over_the_file() {
    let text =
        "step = 7\n[run]\ntarget = 70\nfail-if = [\"killed > 0\", \"lost > 0\"]\nquiet = true\n[try]\nagents = 3\n";
    let run = |line: &str, variables: &[(&str, &str)]| expanded(line, variables, text).unwrap().join(" ");
    assert_eq!(
        run("hc-rig run a.json", &[]),
        "hc-rig run --step=7 --target=70 --fail-if=killed > 0 --fail-if=lost > 0 --quiet a.json"
    );
    let typed =
        run("hc-rig run a.json --target 9 -q --fail-if late>1s", &[("HC_RIG_STEP", "8"), ("HC_RIG_TARGET", "80")]);
    assert_eq!(typed, "hc-rig run --step=8 a.json --target 9 -q --fail-if late>1s");
    assert_eq!(run("hc-rig try", &[("HC_RIG_FAITHFUL_OFFERS", "false")]), "hc-rig try --step=7 --agents=3");
    assert_eq!(run("hc-rig why run", &[("HC_RIG_STEP", "8")]), "hc-rig why run", "no flag of this command");
}

#[test]
fn the_clusters_own_variables_win_over_the_file() {
    let text = "url = \"http://file.example\"\n";
    assert_eq!(expanded("hc-rig apps", &[], text).unwrap()[2], "--url=http://file.example");
    assert_eq!(expanded("hc-rig apps", &[("MARATHON_URL", "http://x")], text).unwrap().len(), 2);
    let trust = "ca = \"file.pem\"\nuser = \"filed\"\n";
    let both = [("DCOS_SSL_VERIFY", "false"), ("DCOS_UID", "me")];
    assert_eq!(expanded("hc-rig apps", &both, trust).unwrap().len(), 2);
}

#[test]
fn a_wrong_key_is_reported_with_its_line() {
    for (text, said) in [
        ("step = 1\nspead = 5\n", "hc-rig.toml:2: no command has a flag --spead"),
        ("url = \"http://me:hunter2@host\"\n", "hc-rig.toml:1: secrets do not belong in a file"),
        ("[run]\nagents = 5\n", "hc-rig.toml:2: `hc-rig run` has no flag --agents"),
        ("\n[runs]\nstep = 5\n", "hc-rig.toml:2: there is no command `runs`"),
        ("[run]\n\npassword = \"x\"\n", "hc-rig.toml:3: secrets do not belong in a file"),
        ("[run]\nstep = { n = 1 }\n", "hc-rig.toml:2: write a text, a number"),
    ] {
        let why = expanded("hc-rig run a.json", &[], text).unwrap_err();
        assert!(why.starts_with(said), "{why}");
    }
    let broken = SettingsFile::parse("hc-rig.toml", "step = 1\nstep == 2\n".to_owned()).unwrap_err();
    assert!(broken.message.starts_with("hc-rig.toml:2: "), "{}", broken.message);
}

#[test]
fn a_refused_value_is_reported_with_its_origin() {
    let poll = "step = 5\npoll = \"1ms\"\n";
    for (line, variables, text, said) in [
        ("hc-rig run a.json", &[][..], poll, "hc-rig.toml:2: poll cannot be \"1ms\": must be 100ms to 60s"),
        ("hc-rig try", &[("HC_RIG_POLL", "5x")], poll, "HC_RIG_POLL: poll cannot be \"5x\": "),
        (
            "hc-rig try",
            &[],
            "[try]\npolicy = \"up\"\n",
            "hc-rig.toml:2: policy cannot be \"up\": write one of linear, ",
        ),
        ("hc-rig try --poll 2ms", &[], poll, "error: invalid value '2ms' for '--poll <TIME>'"),
    ] {
        let why = expanded(line, variables, text).unwrap_err();
        assert!(why.starts_with(said), "{why}");
    }
}

#[test]
fn every_flag_has_a_variable_of_its_own_that_no_other_setting_uses() {
    let others: Vec<&str> =
        harness::settings::VARIABLES.iter().chain(fixtures::WORKLOAD_TOOLS_VARIABLES).map(|(name, _)| *name).collect();
    for command in Cli::command().get_subcommands() {
        for setting in settings(command, &[], |_| None, None).unwrap() {
            let variable = variable_of(&setting.flag);
            assert!(!others.contains(&variable.as_str()), "{variable} of --{} means something else too", setting.flag);
        }
    }
}

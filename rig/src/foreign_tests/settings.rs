//! Settings files and command lines.

use clap::CommandFactory as _;
use fuzz::{bytes::broken, rounds};
use proptest::prelude::*;

use crate::{
    cli::Cli,
    command_line::without_password,
    settings::{SettingsFile, expand},
};

const FILE: &str = r#"url = "http://127.0.0.1:8080"
color = "never"
[run]
step = 10
targets = [1, 2, 3]
hold = "30s"
threshold = ["unhealthy_pct > 1 for 10s"]
yes = true
[try]
pair = ["mesos,TCP"]
"#;

fn read(text: String) {
    if let Ok(file) = SettingsFile::parse("hc-rig.toml", text) {
        for command in ["run", "try", "report"] {
            let line = ["hc-rig", command].map(Into::into).to_vec();
            drop(expand(&Cli::command(), line, |_| None, Some(&file)));
        }
    }
}

#[test]
fn any_settings_file_is_read_or_refused() {
    let keys = ("[a-z-]{1,12}|\\PC{1,5}", any::<String>(), any::<f64>());
    let keys = keys.prop_map(|(key, value, number)| format!("{key} = \"{value}\"\n[run]\n{key} = {number}"));
    let texts = prop_oneof![
        4 => broken(vec![FILE.into()], 4).prop_map(|text| String::from_utf8_lossy(&text).into_owned()),
        2 => keys,
        1 => any::<String>(),
        1 => (1_usize..100_000).prop_map(|levels| "a = ".to_owned() + &"[".repeat(levels)),
    ];
    rounds("settings files", 128, &texts, |text| {
        read(text.clone());
        Ok(())
    });
}

#[test]
fn any_command_line_is_shown_without_passwords() {
    rounds("command lines", 256, &"\\PC{0,40}", |words| {
        drop(without_password(words));
        Ok(())
    });
}

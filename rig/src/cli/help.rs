//! The help: examples, the tables at the end of `--help`, and what `-h` leaves out.

use std::ffi::{OsStr, OsString};

use clap::{Command, CommandFactory as _};

use crate::{
    cli::Cli,
    exit::Code,
    verdict::{Row, Verdict},
};

pub(super) const TRY: &str = "  hc-rig try                      the procedure, on a fake Marathon
  hc-rig try --pair mesos,TCP --target 50
";
pub(super) const RUN: &str = "  hc-rig run docker,HTTP --url http://marathon.example:8080 --target 100
  hc-rig run app.json --step 100 --target 1000
  hc-rig run app.json --find-limit
";
pub(super) const WATCH: &str = "  hc-rig watch /prod/api --for 2m  one app; nothing is changed
  hc-rig watch --label team==web --alert --fail-if 'unhealthy_pct > 5 for 10s'
";
pub(super) const ADVISE: &str = "  hc-rig advise app.json --prove  on its own, replayed before and after
  hc-rig advise /prod/api         with the load and the start-up of its cluster
";
pub(super) const MATRIX: &str = "  hc-rig matrix --counts 10,100   all pairs on a fake Marathon
  hc-rig matrix --pair mesos,HTTP --pair mesos,MESOS_HTTP --side-by-side
";
pub(super) const RESULTS: &str = "  hc-rig why RUN                  explain a run: causes, tasks, what to do next
  hc-rig report RUN               draw chart and report again
";

/// The examples of `hc-rig -h`.
const FIRST_EXAMPLES: &str = "  hc-rig try                      the procedure, on a fake Marathon
  hc-rig run app.json --dry-run   what it would do on the cluster of DCOS_URL
";

/// The commands that `hc-rig -h` names.
const FIRST: [&str; 9] = ["try", "run", "matrix", "watch", "why", "advise", "diff", "doctor", "clean"];

/// The end of `-h`.
pub(super) fn examples(examples: &[&str]) -> String {
    format!("Examples:\n{}", examples.concat())
}

/// The end of `--help`: examples and the tables of exit codes and verdicts.
pub(super) fn tables(of: &[&str]) -> String {
    let mut text = examples(of);
    text.push_str("\nExit codes:\n");
    for code in Code::ALL {
        text.push_str(&format!("  {:>3}  {code}\n", code.status()));
    }
    text.push_str("\nVerdicts:\n");
    for verdict in Verdict::ALL {
        let Row { word, code, meaning, .. } = verdict.row();
        text.push_str(&format!("  {word:<9} {meaning} (exit {})\n", code.status()));
    }
    text
}

/// The parser for a command line. Where it asks for the short help, the few flags of that are one list without headings,
/// and only the commands that a newcomer needs are named.
pub fn command(line: &[OsString]) -> Command {
    let command = Cli::command();
    let asks = line.len() < 2 || line.iter().any(|word| word == OsStr::new("-h"));
    if asks { brief(command) } else { command }
}

fn brief(command: Command) -> Command {
    let one_list = |command: Command| command.disable_version_flag(true).mut_args(|arg| arg.help_heading(None::<&str>));
    let mut command = one_list(command).disable_help_subcommand(true).after_help(format!(
        "{}\nAll commands: hc-rig --help. Flags of one: hc-rig COMMAND -h, all: --help.",
        examples(&[FIRST_EXAMPLES])
    ));
    let names: Vec<String> = command.get_subcommands().map(|each| each.get_name().to_owned()).collect();
    for name in names {
        let hidden = !FIRST.contains(&name.as_str());
        command = command.mut_subcommand(name, |each| one_list(each).hide(hidden));
    }
    command
}

#[cfg(test)]
mod tests {
    use clap::error::ErrorKind;

    use super::*;

    /// The help as it is printed with these words, at most 80 columns wide.
    fn help(words: &[&str]) -> String {
        let line: Vec<OsString> = std::iter::once("hc-rig").chain(words.iter().copied()).map(OsString::from).collect();
        let refused = command(&line).term_width(80).try_get_matches_from(&line).expect_err("help ends it");
        refused.to_string()
    }

    #[test]
    fn the_short_help_fits_a_terminal_and_the_long_one_has_all() {
        let root = Cli::command();
        let long = help(&["--help"]);
        assert!(help(&["-h"]).lines().count() <= 24, "{}", help(&["-h"]));
        for each in root.get_subcommands().filter(|each| each.get_name() != "fake") {
            let name = each.get_name();
            assert!(long.contains(&format!("\n  {name}")), "{name} in {long}");
            let (short, long) = (help(&[name, "-h"]), help(&[name, "--help"]));
            assert!(short.lines().count() <= 24, "{name}:\n{short}");
            assert!(short.lines().all(|line| line.chars().count() <= 80), "{name}:\n{short}");
            for flag in each.get_arguments().filter_map(clap::Arg::get_long) {
                assert!(long.contains(&format!("--{flag}")), "--{flag} in {long}");
            }
        }
    }

    #[test]
    fn the_commands_of_the_short_help_exist() {
        let root = Cli::command();
        for name in FIRST {
            assert!(root.find_subcommand(name).is_some(), "{name}");
        }
    }

    #[test]
    fn the_long_help_has_headings_and_the_short_one_has_none() {
        let headings =
            ["What to run:", "The plan:", "Limits and verdict:", "The cluster:", "Output:", "Global options:"];
        let (short, long) = (help(&["run", "-h"]), help(&["run", "--help"]));
        for heading in headings {
            assert!(long.contains(&format!("\n{heading}\n")), "{heading} in {long}");
            assert!(!short.contains(heading), "{heading} in {short}");
        }
        assert!(short.contains("--target") && !short.contains("--precision"), "{short}");
    }

    #[test]
    fn the_help_of_fail_if_lists_every_measure() {
        for command in ["run", "try", "matrix", "watch"] {
            let long = help(&[command, "--help"]);
            for measure in harness::scale::Metric::families() {
                let row = measure.row();
                let line = format!("{:<18}  {:<7}  {}", measure.family(), row.unit, row.meaning);
                assert!(long.contains(&line), "{line} in {long}");
            }
        }
    }

    /// Parts of sentences that a library writes about a value.
    const FOREIGN: [&str; 9] = [
        "invalid digit",
        "number too",
        "float literal",
        "cannot parse",
        "unexpected character",
        "is not in ",
        "relative URL",
        "out of range",
        "socket address syntax",
    ];

    #[test]
    fn what_a_flag_refuses_is_explained_in_words_of_our_own() {
        let root = Cli::command();
        // One for all: what a program's command line can be is put together once.
        let mut parser = root.clone();
        let mut refused = 0;
        for each in root.get_subcommands() {
            for flag in
                each.get_arguments().filter(|arg| arg.get_action().takes_values()).filter_map(clap::Arg::get_long)
            {
                for value in
                    ["", "x", "-1", "1x", "nan", "1e999", "99999999999999999999999", "3 fortnights", "1,,2", "> 1"]
                {
                    let line = ["hc-rig", each.get_name(), &format!("--{flag}={value}")];
                    let Err(error) = parser.try_get_matches_from_mut(line) else { continue };
                    if [ErrorKind::ValueValidation, ErrorKind::InvalidValue].contains(&error.kind()) {
                        let text = error.to_string();
                        refused += 1;
                        assert!(!FOREIGN.iter().any(|part| text.contains(part)), "{line:?}: {text}");
                    }
                }
            }
        }
        assert!(refused > 100, "{refused}");
    }
}

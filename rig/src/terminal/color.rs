//! Whether stderr and stdout have colours: the progress lines and the log follow one decision, verdicts on stdout another.

use std::{io::IsTerminal as _, sync::OnceLock};

use clap::ColorChoice;
use console::{Color, Style};

use crate::verdict::{Tone, Verdict};

/// The decision for stdout; no colours before it was made.
static ON_STDOUT: OnceLock<bool> = OnceLock::new();

/// Decides it for the whole program, before the first line.
pub fn decide(choice: ColorChoice) {
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    console::set_colors_enabled_stderr(colored(choice, no_color, std::io::stderr().is_terminal() && !dumb));
    // The first decision stands.
    let _ = ON_STDOUT.set(colored(choice, no_color, std::io::stdout().is_terminal() && !dumb));
}

/// The word of a verdict for stdout, padded to `width` columns, in its colour where stdout has colours.
pub fn word(verdict: Verdict, width: usize) -> String {
    paint(verdict, width, ON_STDOUT.get().is_some_and(|on| *on))
}

fn paint(verdict: Verdict, width: usize, colored: bool) -> String {
    let row = verdict.row();
    let word = format!("{:<width$}", row.word);
    let color = match row.tone {
        Tone::Good => Color::Green,
        Tone::Warning => Color::Yellow,
        Tone::Bad => Color::Red,
        Tone::Neutral => return word,
    };
    Style::new().fg(color).bold().force_styling(colored).apply_to(word).to_string()
}

/// The decision.
pub fn on_stderr() -> bool {
    console::colors_enabled_stderr()
}

/// The flag wins over `NO_COLOR` (<https://no-color.org>), and that over the terminal.
fn colored(choice: ColorChoice, no_color: bool, terminal: bool) -> bool {
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => terminal && !no_color,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_has_its_colour_and_without_colours_only_its_word() {
        for verdict in Verdict::ALL {
            let (plain, colored) = (paint(verdict, 12, false), paint(verdict, 12, true));
            assert_eq!(plain, format!("{:<12}", verdict.word()));
            assert_eq!(console::strip_ansi_codes(&colored), plain);
        }
        assert!(paint(Verdict::Degraded, 12, true).contains("\u{1b}[33m"), "amber");
        assert!(paint(Verdict::Limit, 12, true).contains("\u{1b}[32m"), "green");
    }

    #[test]
    fn the_flag_wins_over_the_environment_and_that_over_the_terminal() {
        for (choice, no_color, terminal, expected) in [
            (ColorChoice::Always, true, false, true),
            (ColorChoice::Never, false, true, false),
            (ColorChoice::Auto, false, true, true),
            (ColorChoice::Auto, true, true, false),
            (ColorChoice::Auto, false, false, false),
        ] {
            assert_eq!(colored(choice, no_color, terminal), expected, "{choice} {no_color} {terminal}");
        }
    }
}

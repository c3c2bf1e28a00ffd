//! Whether stderr and stdout have colours: the progress lines and the log follow one decision, verdicts on stdout another.

use std::{io::IsTerminal as _, sync::OnceLock};

use clap::ColorChoice;
use console::{Color, Style};

use crate::{
    terminal::screen,
    verdict::{Tone, Verdict},
};

/// The decision for stdout; no colours before it was made.
static ON_STDOUT: OnceLock<bool> = OnceLock::new();

/// Decides it for the whole program, before the first line.
pub fn decide(choice: ColorChoice) {
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let plain = !screen::has_name();
    console::set_colors_enabled_stderr(colored(choice, no_color, std::io::stderr().is_terminal() && !plain));
    // The first decision stands.
    let _ = ON_STDOUT.set(colored(choice, no_color, std::io::stdout().is_terminal() && !plain));
}

/// The word of a verdict for stdout, in its colour where stdout has colours.
pub fn word(word: &str) -> String {
    let verdict = Verdict::ALL.into_iter().find(|verdict| verdict.word() == word);
    verdict.map_or_else(|| word.to_owned(), |verdict| paint(verdict, ON_STDOUT.get().is_some_and(|on| *on)))
}

fn paint(verdict: Verdict, colored: bool) -> String {
    let row = verdict.row();
    let word = row.word.to_owned();
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
            let (plain, colored) = (paint(verdict, false), paint(verdict, true));
            assert_eq!(plain, verdict.word());
            assert_eq!(console::strip_ansi_codes(&colored), plain);
        }
        assert!(paint(Verdict::Degraded, true).contains("\u{1b}[33m"), "amber");
        assert!(paint(Verdict::Limit, true).contains("\u{1b}[32m"), "green");
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

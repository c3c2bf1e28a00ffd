//! Whether stderr has colours: the progress lines and the log follow one decision.

use std::io::IsTerminal as _;

use clap::ColorChoice;

/// Decides it for the whole program, before the first line.
pub fn decide(choice: ColorChoice) {
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    console::set_colors_enabled_stderr(colored(choice, no_color, std::io::stderr().is_terminal() && !dumb));
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

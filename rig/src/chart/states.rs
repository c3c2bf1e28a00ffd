//! The states of a task as charts show them: the order of the stack, the words of the legend, and the colours.

use std::fmt::Write as _;

use harness::model::TaskState;

/// The states in the order in which bars stack them, bottom first. Tables and exports keep this order.
pub const STACK: [TaskState; 8] = [
    TaskState::Healthy,
    TaskState::Unhealthy,
    TaskState::UnhealthyInGrace,
    TaskState::Unreachable,
    TaskState::Killing,
    TaskState::Running,
    TaskState::Staged,
    TaskState::Scheduled,
];

/// What the legend calls a state.
pub fn label(state: TaskState) -> &'static str {
    match state {
        TaskState::Running => "running, no result yet",
        TaskState::Killing => "killing or ended",
        TaskState::UnhealthyInGrace => "failing within the grace period",
        TaskState::Healthy
        | TaskState::Unhealthy
        | TaskState::Unreachable
        | TaskState::Staged
        | TaskState::Scheduled => state.as_str(),
    }
}

/// The colours of a state, for style sheets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colours {
    /// On paper, and on a page in light colours.
    pub light: &'static str,
    /// On a page in dark colours.
    pub dark: &'static str,
}

/// The colours of a state. Chosen to differ in lightness as well as in hue; bad results are hatched too.
pub fn colours(state: TaskState) -> Colours {
    let colours = |light, dark| Colours { light, dark };
    match state {
        TaskState::Healthy => colours("#2fa37c", "#2f9d78"),
        TaskState::Unhealthy => colours("#c8283c", "#f0566a"),
        TaskState::UnhealthyInGrace => colours("#e0a03a", "#d9a441"),
        TaskState::Unreachable => colours("#7a4fb0", "#a982dd"),
        TaskState::Killing => colours("#5a4a3f", "#a08c7d"),
        TaskState::Running => colours("#8cc3f0", "#4f8fc4"),
        TaskState::Staged => colours("#56627c", "#a3afc6"),
        TaskState::Scheduled => colours("#8a95aa", "#66748f"),
    }
}

/// The rules of a chart that stands alone: `.hc-healthy{fill:#2fa37c}`, a line a state.
pub fn rules() -> String {
    STACK.iter().fold(String::new(), |mut css, state| {
        // Writing to a text cannot fail.
        let _ = writeln!(css, ".hc-{}{{fill:{}}}", state.as_str(), colours(*state).light);
        css
    })
}

/// The rules of a page: its variables such as `--healthy`, and the classes of bars and of the legend, which use them.
pub fn page_rules() -> String {
    let variables = |colour: fn(Colours) -> &'static str| -> String {
        STACK.iter().map(|state| format!(" --{}: {};", state.as_str(), colour(colours(*state)))).collect()
    };
    let mut css = format!(
        ":root {{{} }}\n@media (prefers-color-scheme: dark) {{ :root {{{} }} }}\n",
        variables(|colours| colours.light),
        variables(|colours| colours.dark)
    );
    for state in STACK.map(TaskState::as_str) {
        // Writing to a text cannot fail.
        let _ = writeln!(css, ".hc-{state} {{ fill: var(--{state}); }} .sw-{state} {{ background: var(--{state}); }}");
    }
    css
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_stack_holds_every_state_once() {
        let mut stacked = STACK;
        stacked.sort();
        assert_eq!(stacked, TaskState::ALL);
    }

    /// Relative luminance, as WCAG 2 defines it.
    fn luminance(colour: &str) -> f64 {
        let channel = |from: usize| {
            let value = f64::from(u8::from_str_radix(&colour[from..from + 2], 16).unwrap()) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    }

    fn contrast(one: &str, other: &str) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn scheduled_and_staged_are_seen_on_paper_and_on_a_dark_page_and_differ() {
        assert!(include_str!("../report/page.css").contains("--card: #191f2b"), "the dark page");
        for state in [TaskState::Scheduled, TaskState::Staged] {
            let Colours { light, dark } = colours(state);
            assert!(contrast(light, "#ffffff") >= 3.0 && contrast(dark, "#191f2b") >= 3.0, "{state:?}");
        }
        let (scheduled, staged) = (colours(TaskState::Scheduled), colours(TaskState::Staged));
        let apart = [contrast(scheduled.light, staged.light), contrast(scheduled.dark, staged.dark)];
        assert!(apart.iter().all(|contrast| *contrast >= 1.8), "{apart:?}");
    }

    #[test]
    fn every_state_has_its_own_colours_and_rules() {
        let light: BTreeSet<_> = STACK.map(|state| colours(state).light).into();
        let dark: BTreeSet<_> = STACK.map(|state| colours(state).dark).into();
        assert_eq!((light.len(), dark.len()), (STACK.len(), STACK.len()));
        assert!(rules().starts_with(".hc-healthy{fill:#2fa37c}\n.hc-unhealthy{fill:#c8283c}\n"), "{}", rules());
        let page = page_rules();
        assert!(page.contains(" --running: #8cc3f0;") && page.contains(" --running: #4f8fc4;"), "{page}");
        assert!(page.contains(".sw-staged { background: var(--staged); }"), "{page}");
    }
}

//! The live line of one run: one row at any width, what matters most first to stay.

use console::Style;
use harness::record::{Ages, Counts, Sample};

use crate::terminal::layout::fit;

/// A poll that is later than this, in seconds, is shown as late.
const LATE: f64 = 0.1;

/// What one poll found, as far as the line shows it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Poll {
    /// Tasks by state.
    pub counts: Counts,
    /// Instances asked for.
    pub target: u32,
    /// Its number.
    pub request: u64,
    /// Seconds since the start.
    pub t: f64,
    /// Seconds until the answer.
    pub took: f64,
    /// Seconds that it began late.
    pub late: f64,
    /// Age of the oldest check result in seconds, where it is known.
    pub oldest: Option<f64>,
}

impl<T> From<&Sample<T>> for Poll {
    fn from(sample: &Sample<T>) -> Self {
        let Sample { counts, target, request, t, took, late, age, .. } = *sample;
        // Mesos reports only changes, so the age of a native check's last result is not known.
        let oldest = age.filter(|age| !age.changes_only).map(|Ages { max, .. }| max);
        Self { counts, target, request, t, took, late, oldest }
    }
}

/// How far the run is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// It is polled.
    #[default]
    Running,
    /// Its tasks are being deleted; so many are gone.
    Deleting(u64),
    /// It is over, in one word or two.
    Over(String),
}

/// The line of one run.
#[derive(Clone, Debug, Default)]
pub struct PairLine {
    /// The pair, or whatever names the run.
    pub name: String,
    /// Tasks of the last step.
    pub target: u32,
    /// The last poll.
    pub poll: Poll,
    /// What is known of the search for a limit.
    pub search: Option<String>,
    /// The time that should be left.
    pub left: Option<String>,
    /// How far it is.
    pub phase: Phase,
}

impl PairLine {
    /// Tasks that were there at the last poll.
    pub fn tasks(&self) -> u64 {
        self.poll.counts.total() - self.poll.counts.scheduled
    }

    /// Whether the run is over.
    pub fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Over(_))
    }

    /// The line in at most so many columns, behind a name of `name_columns`.
    pub fn render(&self, name_columns: usize, columns: usize) -> String {
        let name = text::visible(&self.name);
        let fits = name.chars().count() <= name_columns;
        let name = if fits { name.into_owned() } else { text::cut(&name, name_columns.saturating_sub(1)) };
        let mut line = format!("{name:<name_columns$}  ");
        let cells = cells(columns);
        let mut room = columns.saturating_sub(name_columns + 2);
        if cells > 0 {
            line.push_str(&stack(&self.poll.counts, self.target, cells));
            line.push_str("  ");
            room = room.saturating_sub(cells as usize + 2);
        }
        line.push_str(&text::cut(&fit(&self.parts(cells == 0), room), room.saturating_sub(1)));
        line
    }

    /// What the line says, in the order in which it stands there, each with its rank: the lowest ranks stay longest.
    /// Where there is little room, the words are few.
    fn parts(&self, few: bool) -> Vec<(u8, String)> {
        let Poll { counts, target, request, t, took, late, oldest } = self.poll;
        let healthy = format!("{}/{}{}", counts.healthy, self.target, if few { "" } else { " healthy" });
        match &self.phase {
            Phase::Over(word) => return vec![(1, healthy), (0, word.clone())],
            Phase::Deleting(gone) => return vec![(0, format!("deleted {gone}/{}", self.tasks()))],
            Phase::Running => {}
        }
        let mut parts = vec![(0, healthy)];
        let mut part = |rank: u8, shown: bool, text: &dyn Fn() -> String| {
            if shown {
                parts.push((rank, text()));
            }
        };
        part(1, counts.unhealthy > 0, &|| format!("{} unhealthy", counts.unhealthy));
        part(3, counts.unreachable > 0, &|| format!("{} unreachable", counts.unreachable));
        if let Some(oldest) = oldest {
            part(2, true, &|| format!("oldest {}{oldest:.1} s", if few { "" } else { "result " }));
        }
        if let Some(search) = &self.search {
            part(4, true, &|| search.clone());
        }
        part(6, self.search.is_none() && target != self.target, &|| format!("target {target}"));
        if let Some(left) = &self.left {
            part(5, true, &|| left.clone());
        }
        part(5, late >= LATE, &|| format!("{:.0} ms late", late * 1e3));
        part(8, request > 0, &|| format!("poll {request}"));
        part(7, request > 0, &|| format!("{t:.0} s"));
        part(9, request > 0, &|| format!("answered in {:.0} ms", took * 1e3));
        parts
    }
}

/// Cells of the bar at this width: none where names and numbers need all of it.
fn cells(columns: usize) -> u32 {
    match columns {
        0..=51 => 0,
        52..=69 => 8,
        70..=129 => 14,
        130.. => 24,
    }
}

/// The tasks by state as a bar that grows to the target. Each state has a sign of its own, so that colours, which
/// `NO_COLOR` turns off, never carry the meaning alone. A state with any task gets at least one cell.
fn stack(counts: &Counts, target: u32, cells: u32) -> String {
    let parts = [
        (counts.healthy, "█", Style::new().green()),
        (counts.unhealthy, "▒", Style::new().red()),
        (counts.unreachable, "?", Style::new().yellow()),
        (counts.killing, "x", Style::new().red()),
        (counts.running, "▓", Style::new().blue()),
        (counts.staged, "·", Style::new().dim()),
    ];
    let mut free = cells;
    let mut bar = String::new();
    for (n, sign, style) in parts {
        let wanted = n * u64::from(cells) / u64::from(target.max(1));
        let wanted = u32::try_from(wanted).unwrap_or(cells).max(u32::from(n > 0)).min(free);
        free -= wanted;
        if wanted > 0 {
            bar.push_str(&style.for_stderr().apply_to(sign.repeat(wanted as usize)).to_string());
        }
    }
    bar.push_str(&" ".repeat(free as usize));
    bar
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn line() -> PairLine {
        let counts = Counts { healthy: 19, unhealthy: 2, running: 10, ..Counts::default() };
        let poll = Poll { counts, target: 21, request: 12, t: 24.2, took: 0.012, late: 0.0, oldest: Some(15.61) };
        let left = Some("about 10 s left".to_owned());
        PairLine { name: "docker,MESOS_HTTP".to_owned(), target: 31, poll, left, ..PairLine::default() }
    }

    fn plain(line: &PairLine, columns: usize) -> String {
        console::strip_ansi_codes(&line.render(17, columns)).trim_end().to_owned()
    }

    #[test]
    fn what_matters_most_stays_where_there_is_little_room() {
        assert_eq!(plain(&line(), 39), "docker,MESOS_HTTP  19/31  2 unhealthy");
        let wide = plain(&line(), 199);
        for part in ["19/31 healthy  2 unhealthy  oldest result 15.6 s", "target 21", "left", "poll 12", "in 12 ms"] {
            assert!(wide.contains(part), "{part} is missing in {wide}");
        }
        let few = PairLine { name: "mesos,TCP".to_owned(), ..line() };
        let few = PairLine { poll: Poll { counts: Counts::default(), ..few.poll }, ..few };
        assert_eq!(plain(&few, 39).replace("         ", " "), "mesos,TCP  0/31  oldest 15.6 s");
        let well =
            PairLine { poll: Poll { counts: Counts { unhealthy: 0, ..line().poll.counts }, ..line().poll }, ..line() };
        assert!(plain(&well, 79).ends_with("19/31 healthy  oldest result 15.6 s"), "{}", plain(&well, 79));
    }

    #[rstest]
    fn no_line_is_wider_than_its_terminal(#[values(30, 39, 51, 52, 69, 70, 79, 109, 110, 119, 199)] columns: usize) {
        let search = Some("8 hold, 16 broke, trying 12".to_owned());
        let phases = [Phase::Running, Phase::Deleting(7), Phase::Over("DEGRADED".to_owned())];
        for phase in phases {
            let line = PairLine { phase, search: search.clone(), ..line() };
            assert!(plain(&line, columns).chars().count() <= columns, "{}", plain(&line, columns));
        }
        assert!(plain(&PairLine { phase: Phase::Over("PASSED".to_owned()), ..line() }, 39).ends_with("PASSED"));
    }

    #[test]
    fn a_search_shows_its_bracket() {
        let searching = PairLine { search: Some("8 hold, 16 broke, trying 12".to_owned()), ..line() };
        assert!(plain(&searching, 119).contains("8 hold, 16 broke, trying 12"), "{}", plain(&searching, 119));
    }

    #[test]
    fn a_bar_has_a_sign_for_each_state_and_a_cell_for_each_problem() {
        let counts = Counts { healthy: 500, unhealthy: 1, running: 200, staged: 100, ..Counts::default() };
        let bar = console::strip_ansi_codes(&stack(&counts, 1_000, 24)).into_owned();
        assert_eq!(bar, format!("{}▒{}··{}", "█".repeat(12), "▓".repeat(4), " ".repeat(5)));
        let all = stack(&Counts { healthy: 3, ..Counts::default() }, 3, 24);
        assert_eq!(console::strip_ansi_codes(&all), "█".repeat(24));
    }
}

//! The one table of what is measured at each sample and shown over time: the panels below the report's bars, the numbers
//! under the pointer, the columns of `samples.csv` and the counters of `trace.json` take label, unit and values from here.

use serde_json::Value;
use text::decimal;

use crate::folder::{Run, checks::CheckProtocol, course::Point, evidence::Machine, manifest::Manifest, spec};

/// The unit in which a report shows a measure. Exports say it in the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A number, or the label says it.
    None,
    /// Seconds.
    Seconds,
    /// Milliseconds, of a value in seconds.
    Milliseconds,
    /// So many in a second.
    PerSecond,
}

impl Unit {
    /// Its symbol; empty for none.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Seconds => "s",
            Self::Milliseconds => "ms",
            Self::PerSecond => "/s",
        }
    }

    /// The unit in words, for the heading of a panel.
    pub fn words(self) -> &'static str {
        match self {
            Self::None => "number",
            Self::Seconds => "seconds",
            Self::Milliseconds => "milliseconds",
            Self::PerSecond => "per second",
        }
    }

    /// What a value in seconds, or a number, is multiplied with.
    fn factor(self) -> f64 {
        match self {
            Self::None | Self::Seconds | Self::PerSecond => 1.0,
            Self::Milliseconds => 1e3,
        }
    }
}

/// What a sample shows of a measure.
#[derive(Clone, Copy, Debug)]
pub enum Reading {
    /// A number of things.
    Count(fn(&Point) -> u64),
    /// Seconds or a rate; none where it was not measured.
    Real(fn(&Point) -> Option<f64>),
}

/// One number of each sample.
#[derive(Clone, Copy, Debug)]
pub struct Measure {
    /// Name of its line in the legend of its panel.
    pub label: &'static str,
    /// Class of its line in `page.css`; empty for a measure that no panel draws.
    pub class: &'static str,
    /// The unit of the panel and under the pointer.
    pub unit: Unit,
    /// The value in seconds, or the number.
    pub reading: Reading,
    /// Its column in `samples.csv`, times in seconds.
    pub column: Option<&'static str>,
    /// Its name under the pointer.
    pub tip: &'static str,
    /// Its counter in `trace.json`.
    pub counter: Option<&'static str>,
}

impl Measure {
    /// The value at a sample in [`Self::unit`].
    pub fn value(&self, point: &Point) -> Option<f64> {
        match self.reading {
            Reading::Count(count) => Some(count(point) as f64),
            Reading::Real(value) => value(point).map(|value| value * self.unit.factor()),
        }
    }

    const fn line(label: &'static str, class: &'static str, unit: Unit, reading: Reading) -> Self {
        Self { label, class, unit, reading, column: None, tip: "", counter: None }
    }

    const fn column(self, column: &'static str) -> Self {
        Self { column: Some(column), ..self }
    }

    const fn tip(self, tip: &'static str) -> Self {
        Self { tip, ..self }
    }

    const fn counter(self, counter: &'static str) -> Self {
        Self { counter: Some(counter), ..self }
    }
}

const ANSWER: Measure =
    Measure::line("answer time", "t-p50", Unit::Milliseconds, Reading::Real(|point| Some(point.took)))
        .column("api_seconds")
        .tip("answer")
        .counter("API answer");
const LATE: Measure =
    Measure::line("poll began late by", "t-late", Unit::Milliseconds, Reading::Real(|point| Some(point.late)))
        .column("late_seconds");
const MISSED: Measure =
    Measure::line("missed polls", "", Unit::None, Reading::Count(|point| point.missed)).column("missed_ticks");
const MEDIAN_AGE: Measure =
    Measure::line("median of the tasks", "t-p50", Unit::Seconds, Reading::Real(|point| point.age.map(|age| age.p50)))
        .column("age_p50_seconds");
const P99_AGE: Measure =
    Measure::line("99 % of the tasks", "t-p99", Unit::Seconds, Reading::Real(|point| point.age.map(|age| age.p99)))
        .column("age_p99_seconds");
/// The age of the oldest result. A chart's bar has it, too, where its points are not at hand.
pub const OLDEST: Measure =
    Measure::line("oldest result", "t-max", Unit::Seconds, Reading::Real(|point| point.age.map(|age| age.max)))
        .column("age_max_seconds")
        .tip("age of the oldest result")
        .counter("age of the oldest result");
const FRESH: Measure =
    Measure::line("new results", "", Unit::None, Reading::Count(|point| point.fresh)).column("fresh_results");
const RESULT_RATE: Measure = Measure::line(
    "seen",
    "t-p50",
    Unit::PerSecond,
    Reading::Real(|point| point.recent.map(|recent| recent.results_per_second)),
)
.tip("check results");
const FLIPS: Measure =
    Measure::line("flips", "t-flips", Unit::None, Reading::Count(|point| point.flips)).column("flips").tip("flips");
const DIED: Measure = Measure::line("tasks that died", "t-ended", Unit::None, Reading::Count(|point| point.ended))
    .column("ended")
    .tip("died");
const KILLED: Measure =
    Measure::line("of these by a health check", "t-killed", Unit::None, Reading::Count(|point| point.killed))
        .column("killed_by_check");

/// Every measure, in the order of the columns of `samples.csv`.
pub const MEASURES: [Measure; 11] =
    [ANSWER, LATE, MISSED, MEDIAN_AGE, P99_AGE, OLDEST, FRESH, RESULT_RATE, FLIPS, DIED, KILLED];

/// What the page shows under the pointer after [`OLDEST`].
pub const TIPS: [Measure; 4] = [ANSWER, RESULT_RATE, FLIPS, DIED];

/// A picture below the bars: a line a measure.
#[derive(Clone, Copy, Debug)]
pub struct Panel {
    /// What it shows.
    pub label: fn(&Asked) -> &'static str,
    /// The unit of all its lines.
    pub unit: Unit,
    /// What is expected, drawn below the lines.
    pub expected: Option<Expected>,
    /// Its lines.
    pub series: &'static [Measure],
    /// What is said beside it, or in its place.
    pub caption: fn(&Context<'_>) -> Caption,
}

/// A line that comes from the definition rather than from what was measured.
#[derive(Clone, Copy, Debug)]
pub struct Expected {
    /// Name of the line in the legend.
    pub label: &'static str,
    /// Class of the line in `page.css`.
    pub class: &'static str,
    /// The value, in the panel's unit.
    pub value: fn(&Point, &Asked) -> f64,
}

/// What becomes of a panel in the report of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caption {
    /// It is drawn, with this note below; empty for none.
    Note(String),
    /// A sentence stands in its place: what it is about, and why nothing is drawn.
    Instead(&'static str, String),
    /// It has no meaning for this run.
    Absent,
}

/// What panels need to know of the run.
#[derive(Clone, Debug)]
pub struct Context<'a> {
    /// What was measured.
    pub points: &'a [Point],
    /// What the definition asks for.
    pub asked: Asked,
    /// Seconds between two polls.
    poll: f64,
    /// Seconds over which rates are averaged.
    averaged: f64,
    /// How busy the rig's own machine was; empty if that is not known.
    machine: String,
}

impl<'a> Context<'a> {
    /// Of this run.
    pub fn of(run: &'a Run) -> Self {
        Self {
            points: &run.course,
            asked: Asked::of(&run.manifest),
            poll: run.manifest.plan.poll_seconds,
            averaged: run.manifest.averaging_seconds(),
            machine: run.evidence.busy(0.0..=f64::INFINITY).map(Machine::words).unwrap_or_default(),
        }
    }
}

/// The panels of the report of one run, from top to bottom.
pub const PANELS: [Panel; 4] = [
    Panel {
        label: |_| "Check results",
        unit: Unit::PerSecond,
        expected: Some(Expected {
            label: "expected to be seen",
            class: "t-asked",
            value: |point, asked| point.recent.map_or(point.checked() as f64, |recent| recent.checked) * asked.visible,
        }),
        series: &[RESULT_RATE],
        caption: checks,
    },
    Panel {
        label: |asked| if asked.hidden { "Age of the last change" } else { "Age of the check results" },
        unit: Unit::Seconds,
        expected: None,
        series: &[OLDEST, P99_AGE, MEDIAN_AGE],
        caption: |context| {
            let hidden = "native checks report changes only: how old the last check is cannot be known";
            Caption::Note(if context.asked.hidden { hidden } else { "" }.to_owned())
        },
    },
    Panel {
        label: |_| "Marathon's answer to a poll",
        unit: Unit::Milliseconds,
        expected: None,
        series: &[ANSWER, LATE],
        caption: |context| Caption::Note(context.machine.clone()),
    },
    Panel {
        label: |_| "Flips and deaths",
        unit: Unit::None,
        expected: None,
        series: &[FLIPS, DIED, KILLED],
        caption: |context| {
            if context.points.iter().all(|point| point.flips == 0 && point.ended == 0) {
                let none = "None: no task changed its health, and none died.";
                return Caption::Instead("Flips and deaths", none.to_owned());
            }
            Caption::Note("since the sample before".to_owned())
        },
    },
];

fn checks(Context { points, asked, poll, averaged, .. }: &Context<'_>) -> Caption {
    if asked.rate == 0.0 {
        return Caption::Absent;
    }
    let most = points.iter().map(Point::checked).max().unwrap_or(0) as f64 * asked.rate;
    let wanted = format!("at most {} checks a second were asked for", number(most));
    if asked.hidden {
        let why = "how many were done cannot be known: native checks run on the agents and report changes only";
        return Caption::Instead("Checks per second", format!("{wanted}; {why}."));
    }
    let wanted = format!("{wanted}; means over {} s", decimal(*averaged, 2));
    Caption::Note(if asked.visible < asked.rate {
        format!(
            "{wanted}; a poll every {} s shows one new result a task and check at most, so less can be seen",
            decimal(*poll, 2)
        )
    } else {
        wanted
    })
}

/// A number with as many digits as say something.
pub fn number(value: f64) -> String {
    if value >= 10.0 { format!("{value:.0}") } else { decimal(value, 2) }
}

/// What is asked of the checkers, from the definition.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Asked {
    /// Checks per task and second.
    pub rate: f64,
    /// As many new results as polls can show at most, per task and second.
    pub visible: f64,
    /// A check is native, which reports changes only.
    pub hidden: bool,
}

impl Asked {
    /// Of all the checks of the definition.
    pub fn of(manifest: &Manifest) -> Self {
        let checks = spec::health_checks(&manifest.definition);
        let mut asked = Self::default();
        for check in checks.iter() {
            // Marathon's defaults.
            let interval = check.get("intervalSeconds").and_then(Value::as_f64).unwrap_or(60.0).max(1.0);
            asked.rate += 1.0 / interval;
            asked.visible += 1.0 / interval.max(manifest.plan.poll_seconds);
            asked.hidden |= CheckProtocol::of(Some(check)).is_native();
        }
        asked
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::folder::course::Recent;

    #[test]
    fn columns_are_distinct() {
        let columns: Vec<&str> = MEASURES.iter().filter_map(|measure| measure.column).collect();
        assert_eq!(columns.iter().collect::<BTreeSet<_>>().len(), columns.len());
    }

    #[test]
    fn lines_have_the_unit_of_their_panel_and_a_class_of_the_style_sheet() {
        let style = include_str!("page.css");
        for panel in &PANELS {
            for measure in panel.series {
                assert_eq!(panel.unit, measure.unit, "{measure:?}");
                assert!(style.contains(&format!(".{}", measure.class)), "{measure:?}");
                assert!(MEASURES.iter().any(|known| known.label == measure.label), "exports lack {measure:?}");
            }
        }
    }

    #[test]
    fn what_is_shown_under_the_pointer_has_a_name() {
        assert!([OLDEST].iter().chain(&TIPS).all(|measure| !measure.tip.is_empty()));
    }

    #[test]
    fn times_are_shown_in_the_unit_of_the_measure() {
        let point = Point {
            took: 0.25,
            flips: 3,
            recent: Some(Recent { results_per_second: 5.0, checked: 5.0 }),
            ..Point::default()
        };
        let values = [ANSWER, FLIPS, RESULT_RATE, OLDEST].map(|measure| measure.value(&point));
        assert_eq!(values, [Some(250.0), Some(3.0), Some(5.0), None]);
    }
}

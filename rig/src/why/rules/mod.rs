//! The rules: one [`TABLE`], a row for each. To add a rule, write its function and its row; nothing else knows of it.

pub mod checks_ended;
pub mod cluster;
pub mod lateness;
pub mod machine;
pub mod readiness;
pub mod result_age;
pub mod tasks;
pub mod unjudged;

#[cfg(test)]
mod recorded_tests;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;

use crate::why::{
    conclusion::{Conclusion, Confidence, Reason},
    facts::Facts,
};

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// What the rule is called.
    pub name: &'static str,
    /// What its conclusion explains.
    pub explains: &'static str,
    /// Conclusions that are dropped because this one explains them: their reason, and the highest confidence at which they
    /// are dropped. A conclusion that names tasks explains only those that name no others.
    pub outranks: &'static [(Reason, Confidence)],
    /// Where its conclusion is listed.
    pub place: Place,
    /// The rule itself: what it concludes from the facts, and from what the rows above concluded.
    pub conclude: fn(&Facts<'_>, &Found) -> Option<Conclusion>,
}

/// Where a conclusion is listed. Up to [`Place::Others`] the more confident ones come first, and the place decides among
/// equals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// What makes everything else doubtful; a later row comes before an earlier one.
    Machine,
    /// What affects many tasks in one way.
    AllTasks,
    /// What affects single tasks, most tasks first.
    Tasks,
    /// What is left.
    Others,
    /// What repeats because of one of the above.
    Repetition,
    /// What has no explanation.
    Unexplained,
}

/// All rules, in the order in which they are asked.
pub const TABLE: &[Rule] = &[
    Rule {
        name: "checks_ended",
        explains: "Marathon makes no check of its own any more, for no app",
        outranks: &[
            (Reason::HeadOfLine, Confidence::High),
            (Reason::ChecksLate, Confidence::High),
            (Reason::MachineBusy, Confidence::High),
            (Reason::Unjudged, Confidence::High),
        ],
        place: Place::AllTasks,
        conclude: checks_ended::all_of_them,
    },
    Rule {
        name: "head_of_line",
        explains: "one hung task delays the checks of all others under Marathon's own checks",
        outranks: &[(Reason::Hung, Confidence::High)],
        place: Place::AllTasks,
        conclude: result_age::head_of_line,
    },
    Rule {
        name: "checks_late",
        explains: "all checks are late, and no task stands out as the cause",
        outranks: &[],
        place: Place::AllTasks,
        conclude: result_age::checks_late,
    },
    Rule {
        name: "no_offers",
        explains: "instances wait in the launch queue",
        outranks: &[],
        place: Place::AllTasks,
        conclude: cluster::no_offers,
    },
    Rule {
        name: "not_ready",
        explains: "a deployment waits for readiness checks",
        outranks: &[],
        place: Place::AllTasks,
        conclude: readiness::not_passed,
    },
    Rule {
        name: "agent_lost",
        explains: "an agent was lost with its tasks",
        outranks: &[],
        place: Place::AllTasks,
        conclude: cluster::agent_lost,
    },
    tasks::WRONG_ANSWER,
    tasks::NEVER_LISTENED,
    tasks::APP_DOWN,
    tasks::HUNG,
    tasks::TIMEOUT_TOO_SHORT,
    tasks::GRACE_TOO_SHORT,
    tasks::CHECKER_LATE,
    tasks::FLAPPING,
    tasks::UNREACHABLE,
    tasks::UNKNOWN,
    Rule {
        name: "unjudged",
        explains: "tasks ran until the end of the run and no check result of theirs counted",
        outranks: &[],
        place: Place::Others,
        conclude: unjudged::without_a_result,
    },
    Rule {
        name: "hung_neighbour",
        explains: "a hung task of another app affects nobody else under native checks",
        outranks: &[],
        place: Place::Others,
        conclude: tasks::hung_neighbour,
    },
    Rule {
        name: "crash_loop",
        explains: "tasks end by themselves, again and again",
        outranks: &[],
        place: Place::Others,
        conclude: cluster::crash_loop,
    },
    Rule {
        name: "kill_loop",
        explains: "health checks kill a task and its successors",
        outranks: &[],
        place: Place::Repetition,
        conclude: cluster::kill_loop,
    },
    Rule {
        name: "machine_busy",
        explains: "the processors of the machine that everything runs on are fully used",
        outranks: &[(Reason::ChecksLate, Confidence::High), (Reason::HeadOfLine, Confidence::Low)],
        place: Place::Machine,
        conclude: machine::busy,
    },
    Rule {
        name: "connections_full",
        explains: "the kernel of that machine drops new connections",
        outranks: &[],
        place: Place::Machine,
        conclude: machine::connections_full,
    },
    Rule {
        name: "not_yet_judged",
        explains: "the run ended before the first check results were due; asked only if nothing else explains a failed run",
        outranks: &[],
        place: Place::Others,
        conclude: unjudged::too_early,
    },
    Rule {
        name: "unknown",
        explains: "nothing: a failed run without any evidence is reported as such",
        outranks: &[],
        place: Place::Unexplained,
        conclude: unknown,
    },
];

/// What the rows above a rule concluded.
#[derive(Debug, Default)]
pub struct Found(Vec<(usize, Conclusion)>);

impl Found {
    /// Whether any conclusion has one of these reasons.
    pub fn any(&self, reasons: &[Reason]) -> bool {
        self.0.iter().any(|(_, one)| reasons.contains(&one.reason))
    }

    /// Whether a conclusion has this reason and is no more confident than this.
    pub fn any_up_to(&self, reason: Reason, confidence: Confidence) -> bool {
        self.0.iter().any(|(_, one)| one.reason == reason && one.confidence >= confidence)
    }

    /// Whether nothing was concluded.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes a conclusion of the rule in this row, and drops what is outranked.
    fn add(&mut self, row: usize, conclusion: Conclusion) {
        self.0.push((row, conclusion));
        let outranked = |other: &Conclusion| {
            self.0.iter().any(|(row, one)| {
                let explained = one.tasks.is_empty() || other.tasks.iter().all(|task| one.tasks.contains(task));
                let outranks = TABLE[*row].outranks;
                explained && outranks.iter().any(|(reason, most)| other.reason == *reason && other.confidence >= *most)
            })
        };
        let kept: Vec<bool> = self.0.iter().map(|(_, one)| !outranked(one)).collect();
        let mut kept = kept.into_iter();
        self.0.retain(|_| kept.next().unwrap_or(true));
    }

    /// The conclusions in the order in which they are listed.
    fn sorted(mut self) -> Vec<Conclusion> {
        self.0.sort_by_key(|(row, one)| {
            let place = TABLE[*row].place;
            let order = match place {
                Place::Machine => (Reverse(*row), 0),
                Place::Tasks => (Reverse(one.tasks.len()), *row),
                Place::AllTasks | Place::Others | Place::Repetition | Place::Unexplained => (Reverse(0), *row),
            };
            (place.max(Place::Others), one.confidence, place, order)
        });
        self.0.into_iter().map(|(_, one)| one).collect()
    }
}

/// All that the rules conclude, the most confident first.
pub fn conclude(facts: &Facts<'_>) -> Vec<Conclusion> {
    let mut found = Found::default();
    for (row, rule) in TABLE.iter().enumerate() {
        if let Some(conclusion) = (rule.conclude)(facts, &found) {
            found.add(row, conclusion);
        }
    }
    found.sorted()
}

fn unknown(facts: &Facts<'_>, found: &Found) -> Option<Conclusion> {
    (found.is_empty() && facts.failed).then(|| Conclusion {
        reason: Reason::Unknown,
        title: "No cause found".to_owned(),
        text: if facts.unreliable {
            "All tasks became healthy, none had a bad result, and none died; only the checks were not reliable. The samples \
             do not show the cause."
        } else {
            "The run did not reach its target, yet no task had a bad result, none died, and the launch queue gave no reason. \
             The samples do not show the cause."
        }
        .to_owned(),
        evidence: Vec::new(),
        confidence: Confidence::Low,
        tasks: Vec::new(),
        next: vec!["look at Marathon's log for the app's deployment".to_owned()],
    })
}

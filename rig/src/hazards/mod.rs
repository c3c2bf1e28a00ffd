//! Definitions that break a real Marathon for everybody, and not only for their own app: one [`TABLE`], a row for each.
//!
//! Marathon accepts all of them. `hc-rig run`, `matrix` and `resume` refuse them before anything is deployed, `hc-rig advise`
//! names them. On the embedded fake they break nothing but that fake, so nothing asks there.

pub mod rules;
pub mod uri;

use json_patch::Patch;
use serde_json::Value;

use crate::exit::Failure;

/// What is to be deployed.
#[derive(Clone, Copy, Debug)]
pub struct Plan<'a> {
    /// The definition of an app or a pod, as the user wrote it or as Marathon shows it.
    pub definition: &'a Value,
    /// The number of tasks that are there already.
    pub before: u32,
    /// The numbers of tasks in their order, after those that are there; empty if they are not known.
    pub targets: &'a [u32],
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// What the rule is called.
    pub name: &'static str,
    /// What a real Marathon does then, as a clause; with the source.
    pub breaks: &'static str,
    /// Looks for it.
    pub find: fn(Plan<'_>) -> Option<Found>,
}

/// What a rule finds in a definition.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// What it is, as a clause.
    pub what: String,
    /// What to do instead, as a clause in the imperative.
    pub instead: String,
    /// The change of the definition that does it, RFC 6902; empty if it is none of the definition.
    pub patch: Patch,
}

/// A rule that applies, with what it found.
#[derive(Clone, Debug)]
pub struct Hazard {
    /// The row.
    pub rule: &'static Rule,
    /// What it found.
    pub found: Found,
}

/// All rules.
pub const TABLE: [Rule; 4] = [
    Rule {
        name: "path-is-no-uri",
        // A field case, seen on Marathon 1.11.26; `HealthCheckWorker.scala` throws where the checks of all apps are made.
        breaks: "Marathon then makes no health check of its own any more, for no app, until it has a new leader",
        find: rules::path_is_no_uri,
    },
    Rule {
        name: "check-with-argv",
        // Recorded: `check.bodies`.
        breaks: "Marathon answers 500 and keeps it, and from then on answers 500 to everybody who lists apps or groups, \
                 until the app is deleted",
        find: rules::check_with_argv,
    },
    Rule {
        name: "endpoint-without-network",
        // Recorded: `pods.endpoints_without_network`; `PortDiscovery.scala` throws in the launch queue.
        breaks: "Marathon then launches nothing any more, no app and no pod, until it has a new leader",
        find: rules::endpoint_without_network,
    },
    Rule {
        name: "large-step",
        // A field case: one POST with 5,000 instances of an app that fit nowhere.
        breaks: "thousands of waiting instances of one app have ended a real Marathon (StackOverflowError)",
        find: rules::large_step,
    },
];

/// Everything in a plan that breaks a real Marathon, in the order of the table.
pub fn of(plan: Plan<'_>) -> Vec<Hazard> {
    TABLE.iter().filter_map(|rule| Some(Hazard { rule, found: (rule.find)(plan)? })).collect()
}

/// Refuses a plan that breaks a real Marathon, unless the user insists; `named` is what the definition is called.
///
/// # Errors
/// Exit code 2: the first hazard, with the reason and what to do.
pub fn refuse(named: &str, plan: Plan<'_>, insists: bool) -> Result<(), Failure> {
    match of(plan).first() {
        Some(Hazard { rule, found }) if !insists => Err(Failure::usage(format!(
            "{named}: {}: {}; {}, or use --yes to insist",
            found.what, rule.breaks, found.instead
        ))),
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_row_has_a_name_of_its_own_and_says_what_breaks() {
        let names: BTreeSet<&str> = TABLE.iter().map(|rule| rule.name).collect();
        assert_eq!(names.len(), TABLE.len());
        assert!(TABLE.iter().all(|rule| rule.breaks.contains("Marathon") && !rule.breaks.ends_with('.')));
    }
}

//! Which settings have a better value.

mod numbers;
mod shared;
mod without_effect;

use harness::model::Protocol;
use json_patch::{AddOperation, Patch, PatchOperation, RemoveOperation, jsonptr::PointerBuf};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    advise::facts::{CheckSettings, Facts},
    hazards::{self, Hazard, Plan},
};

/// Something that would be better.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// Its rule.
    pub rule: &'static str,
    /// In one line.
    pub title: String,
    /// Why, with the numbers.
    pub text: String,
    /// The better value, RFC 6902.
    pub patch: Patch,
}

type Rule = fn(&Facts, &CheckSettings) -> Option<Finding>;

/// The rules about one check, the most serious first.
const RULES: [(&str, Rule); 13] = [
    ("blinds-all", shared::blinds_all),
    ("no-timeout", numbers::no_timeout),
    ("never-kills", numbers::never_kills),
    ("grace-too-short", numbers::grace_too_short),
    ("one-failure-kills", numbers::one_failure_kills),
    ("delay-outlasts-grace", numbers::delay_outlasts_grace),
    ("checks-overlap", shared::checks_overlap),
    ("no-interval", numbers::no_interval),
    ("grace-too-long", numbers::grace_too_long),
    ("second-native-check", without_effect::second_native_check),
    ("delay-without-effect", without_effect::delay),
    ("path-without-effect", without_effect::path),
    ("two-ports", without_effect::two_ports),
];

/// What would be better, the most serious first: what would break Marathon for everybody before all else.
pub fn findings(facts: &Facts) -> Vec<Finding> {
    let plan = Plan { definition: &facts.definition, before: 0, targets: &[facts.instances] };
    let mut findings: Vec<Finding> = hazards::of(plan).into_iter().map(hazardous).collect();
    if facts.checks.is_empty() {
        findings.push(no_check());
        return findings;
    }
    let of_rule = |(name, rule): (&'static str, Rule)| {
        facts.checks.iter().filter_map(move |check| rule(facts, check).map(|found| Finding { rule: name, ..found }))
    };
    findings.extend(RULES.into_iter().flat_map(of_rule));
    findings
}

fn hazardous(Hazard { rule, found }: Hazard) -> Finding {
    Finding {
        rule: rule.name,
        title: found.what,
        text: format!("{}. Better: {}.", capitalised(rule.breaks), found.instead),
        patch: found.patch,
    }
}

/// A clause as the beginning of a sentence.
fn capitalised(clause: &str) -> String {
    let mut characters = clause.chars();
    characters.next().into_iter().flat_map(char::to_uppercase).chain(characters).collect()
}

fn no_check() -> Finding {
    let better = json!([{"protocol": "MESOS_TCP", "portIndex": 0, "gracePeriodSeconds": 60, "intervalSeconds": 10,
        "timeoutSeconds": 5, "maxConsecutiveFailures": 3, "delaySeconds": 0}]);
    Finding {
        rule: "no-check",
        title: "there is no health check".to_owned(),
        text: "Marathon calls a task good as long as its process runs: one that hangs or never listens is kept, and an upgrade \
               goes on over it. A connection that Mesos makes beside the task costs the scheduler nothing."
            .to_owned(),
        patch: Patch(vec![add("/healthChecks", better)]),
    }
}

/// A finding without the name of its rule.
fn finding(title: impl Into<String>, text: String, patch: Vec<PatchOperation>) -> Option<Finding> {
    Some(Finding { rule: "", title: title.into(), text, patch: Patch(patch) })
}

/// Sets a value, whether it is there or not.
fn add(path: &str, value: Value) -> PatchOperation {
    PatchOperation::Add(AddOperation { path: pointer(path), value })
}

fn pointer(path: &str) -> PointerBuf {
    // Every path here is a constant with a number in it.
    PointerBuf::parse(path).unwrap_or_default()
}

impl CheckSettings {
    /// Sets one of its settings.
    fn set(&self, name: &str, value: impl Into<Value>) -> PatchOperation {
        add(&format!("/healthChecks/{}/{name}", self.index), value.into())
    }

    /// Removes one of its settings.
    fn unset(&self, name: &str) -> PatchOperation {
        PatchOperation::Remove(RemoveOperation { path: pointer(&format!("/healthChecks/{}/{name}", self.index)) })
    }

    /// The protocol with which Mesos makes the same check.
    fn native(&self) -> Protocol {
        match self.protocol {
            Protocol::Http | Protocol::MesosHttp => Protocol::MesosHttp,
            Protocol::Https | Protocol::MesosHttps => Protocol::MesosHttps,
            Protocol::Tcp | Protocol::MesosTcp => Protocol::MesosTcp,
            Protocol::Command => Protocol::Command,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rstest::rstest;

    use super::*;
    use crate::advise::facts::Load;

    /// Settings that nothing is to be said about.
    fn well(protocol: &str) -> Value {
        json!({"protocol": protocol, "gracePeriodSeconds": 30, "intervalSeconds": 10, "timeoutSeconds": 5,
            "maxConsecutiveFailures": 3})
    }

    fn with(protocol: &str, changes: Value) -> Value {
        let mut check = well(protocol);
        for (name, value) in changes.as_object().expect("an object") {
            check[name] = value.clone();
        }
        check
    }

    fn facts(check: &Value, load: Option<Load>) -> Facts {
        Facts::of(&json!({"id": "/a", "instances": 2, "healthChecks": [check]}), 256, load)
    }

    fn started(seconds: f64) -> Option<Load> {
        Some(Load { start_up: Some(seconds), measured: 2, ..Load::default() })
    }

    #[rstest]
    #[case("blinds-all", with("HTTP", json!({})), Some(Load { others_per_second: 100.0, ..Load::default() }), json!(["timeoutSeconds", 2]))]
    #[case("blinds-all", with("HTTP", json!({})), Some(Load { others_per_second: 900.0, ..Load::default() }), json!(["protocol", "MESOS_HTTP"]))]
    #[case("no-timeout", with("MESOS_HTTP", json!({"timeoutSeconds": 0})), None, json!(["timeoutSeconds", 5]))]
    #[case("never-kills", with("TCP", json!({"maxConsecutiveFailures": 0})), None, json!(["maxConsecutiveFailures", 3]))]
    #[case("grace-too-short", well("HTTP"), started(40.0), json!(["gracePeriodSeconds", 80]))]
    #[case("one-failure-kills", with("MESOS_TCP", json!({"maxConsecutiveFailures": 1})), None, json!(["maxConsecutiveFailures", 3]))]
    #[case("delay-outlasts-grace", with("MESOS_TCP", json!({"delaySeconds": 40})), None, json!(["gracePeriodSeconds", 50]))]
    #[case("checks-overlap", with("HTTP", json!({"timeoutSeconds": 20})), None, json!(["timeoutSeconds", 10]))]
    #[case("no-interval", with("HTTP", json!({"intervalSeconds": 0, "timeoutSeconds": 1})), None, json!(["intervalSeconds", 10]))]
    #[case("grace-too-long", with("HTTP", json!({"gracePeriodSeconds": 300})), started(2.0), json!(["gracePeriodSeconds", 10]))]
    #[case("delay-without-effect", with("HTTP", json!({"delaySeconds": 5})), None, json!(["delaySeconds", null]))]
    #[case("path-without-effect", with("TCP", json!({"path": "/"})), None, json!(["path", null]))]
    #[case("two-ports", with("TCP", json!({"port": 80, "portIndex": 0})), None, json!(["portIndex", null]))]
    fn each_rule_has_a_case_a_better_value_and_is_silent_when_that_is_set(
        #[case] rule: &str,
        #[case] check: Value,
        #[case] load: Option<Load>,
        #[case] better: Value,
    ) {
        let found = findings(&facts(&check, load.clone()));
        let finding = found.iter().find(|finding| finding.rule == rule).unwrap_or_else(|| panic!("{found:#?}"));
        let [operation] = &finding.patch[..] else { panic!("{finding:#?}") };
        let (path, value) = match operation {
            PatchOperation::Add(add) => (&add.path, add.value.clone()),
            PatchOperation::Remove(remove) => (&remove.path, Value::Null),
            other => panic!("{other:?}"),
        };
        assert_eq!(
            (path.to_string(), value),
            (format!("/healthChecks/0/{}", better[0].as_str().unwrap()), better[1].clone())
        );
        let mut definition = facts(&check, None).definition;
        json_patch::patch(&mut definition, &finding.patch).unwrap();
        let again = findings(&facts(&definition["healthChecks"][0], load));
        assert!(again.iter().all(|finding| finding.rule != rule), "{again:#?}");
    }

    #[test]
    fn what_breaks_marathon_comes_first() {
        let definition = json!({"id": "/a", "instances": 1001, "healthChecks": [with("HTTP", json!({"path": "/a b", "timeoutSeconds": 0}))]});
        let found = findings(&Facts::of(&definition, 256, None));
        let names: Vec<&str> = found.iter().map(|finding| finding.rule).collect();
        assert_eq!(names, ["path-is-no-uri", "large-step", "no-timeout"], "{found:#?}");
        let patch = serde_json::to_value(&found[0].patch).unwrap();
        assert_eq!(patch, json!([{"op": "add", "path": "/healthChecks/0/path", "value": "/a%20b"}]));
        assert!(found[0].text.starts_with("Marathon then makes no health check of its own"), "{:#?}", found[0]);
        let bare = json!({"id": "/a", "check": {"exec": {"command": {"argv": ["true"]}}}});
        let names: Vec<&str> = findings(&Facts::of(&bare, 256, None)).iter().map(|finding| finding.rule).collect();
        assert_eq!(names, ["check-with-argv", "no-check"]);
    }

    #[test]
    fn of_several_native_checks_only_the_first_is_made() {
        let checks = json!([{"protocol": "COMMAND", "command": {"value": "true"}}, well("MESOS_TCP")]);
        let found = findings(&Facts::of(&json!({"id": "/a", "healthChecks": checks}), 256, None));
        let second = found.iter().find(|finding| finding.rule == "second-native-check").expect("it is found");
        assert_eq!(serde_json::to_value(&second.patch).unwrap(), json!([{"op": "remove", "path": "/healthChecks/1"}]));
    }

    #[test]
    fn good_settings_are_left_alone_and_an_app_without_a_check_gets_one() {
        for protocol in ["HTTP", "TCP", "MESOS_HTTP", "MESOS_TCP", "COMMAND"] {
            assert_eq!(findings(&facts(&well(protocol), started(10.0))), [], "{protocol}");
        }
        assert_eq!(findings(&Facts::of(&json!({"id": "/a"}), 256, None))[0].rule, "no-check");
        let names: BTreeSet<&str> = RULES.iter().map(|(name, _)| *name).collect();
        assert_eq!(names.len(), RULES.len());
    }
}

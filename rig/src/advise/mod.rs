//! `hc-rig advise`: what the health checks of an app mean on its cluster, before anything breaks.
//!
//! [`facts`] are the app's settings and the load of the cluster, [`arithmetic`] what follows from them, [`rules`] which
//! setting has a better value; [`prove`] replays both on the fake in virtual time.

pub mod arithmetic;
pub mod facts;
pub mod prove;
pub mod rules;

use json_patch::{Patch, PatchOperation};
use serde::Serialize;
use serde_json::Value;

use crate::{
    advise::{facts::Facts, rules::Finding},
    exit::{Code, Failure},
};

/// What there is to say about the checks of an app.
#[derive(Clone, Debug, Serialize)]
pub struct Advice {
    /// Version of the format.
    pub format: u32,
    /// What it follows from.
    #[serde(flatten)]
    pub facts: Facts,
    /// What would be better, the most serious first.
    pub findings: Vec<Finding>,
    /// The patches of all findings in one, RFC 6902: applied to the definition it gives the better one.
    pub patch: Patch,
}

impl Advice {
    /// The advice on an app.
    pub fn of(facts: Facts) -> Self {
        let findings = rules::findings(&facts);
        let mut operations: Vec<PatchOperation> = Vec::new();
        for operation in findings.iter().flat_map(|finding| finding.patch.iter()) {
            // The most serious finding has the say about a setting that several change.
            if !operations.iter().any(|earlier| earlier.path() == operation.path()) {
                operations.push(operation.clone());
            }
        }
        // A check is removed last, the later one first: the places of the others stay what they were.
        operations.sort_by_key(|operation| removes_a_check(operation).map(|index| usize::MAX - index));
        Self { format: 1, facts, findings, patch: Patch(operations) }
    }

    /// The definition with the better values.
    ///
    /// # Errors
    /// The patch does not fit the definition, which is a bug.
    pub fn better(&self) -> Result<Value, Failure> {
        let mut definition = self.facts.definition.clone();
        json_patch::patch(&mut definition, &self.patch)
            .map_err(|error| Failure::new(Code::Internal, format!("the patch does not fit: {error}")))?;
        Ok(definition)
    }
}

/// The place of the check that the operation removes.
fn removes_a_check(operation: &PatchOperation) -> Option<usize> {
    match operation {
        PatchOperation::Remove(remove) => {
            remove.path.as_str().strip_prefix("/healthChecks/").and_then(|index| index.parse().ok())
        }
        PatchOperation::Add(_)
        | PatchOperation::Replace(_)
        | PatchOperation::Move(_)
        | PatchOperation::Copy(_)
        | PatchOperation::Test(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_whole_patch_gives_a_definition_with_nothing_left_to_say() {
        let check = json!({"protocol": "HTTP", "portIndex": 0, "port": 80, "intervalSeconds": 5, "timeoutSeconds": 30,
            "maxConsecutiveFailures": 0, "delaySeconds": 3});
        let definition = json!({"id": "/a", "instances": 10, "healthChecks": [check]});
        let advice = Advice::of(Facts::of(&definition, 256, None));
        assert!(advice.findings.len() >= 3, "{:#?}", advice.findings);
        let again = Advice::of(Facts::of(&advice.better().unwrap(), 256, None));
        assert_eq!(again.findings, [], "{}", advice.better().unwrap());
        let patch = serde_json::to_value(&advice.patch).unwrap();
        assert!(patch.as_array().is_some_and(|all| all.iter().all(|one| one["op"].is_string())), "{patch}");
    }
}

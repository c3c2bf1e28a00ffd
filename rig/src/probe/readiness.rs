//! Which readiness checks a deployment waits for: `GET /v2/deployments`.

use harness::model::Deployment;
use serde_json::Value;

use crate::folder::evidence::{NotReady, Readiness};

/// Characters of a response that are kept.
const ANSWER: usize = 200;

/// The readiness checks of the app's tasks that have not passed, as the deployments list them (recorded on Marathon 1.11,
/// `readiness.answers_503`: `currentActions[].readinessCheckResults`).
pub fn not_ready(deployments: &[Deployment], app: &str) -> Readiness {
    let actions = deployments.iter().flat_map(|deployment| list(&deployment.raw["currentActions"]));
    let results =
        actions.filter(|action| action["app"] == app).flat_map(|action| list(&action["readinessCheckResults"]));
    let failing = results.filter(|result| result["ready"] == false);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let not_ready = failing.map(|result| {
        let last = &result["lastResponse"];
        NotReady {
            task: text(&result["taskId"]),
            check: text(&result["name"]),
            status: last["status"].as_u64().and_then(|status| u16::try_from(status).ok()),
            answer: text::cut(last["body"].as_str().unwrap_or_default(), ANSWER),
        }
    });
    Readiness { t: 0.0, not_ready: not_ready.collect() }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What a real Marathon 1.11.26 answered 4 s after the deployment began (case `readiness.answers_503`).
    #[test]
    fn a_recorded_deployment_names_the_check_that_has_not_passed() {
        let task = "g2r.instance-64fc06a3-ec6b-11f1-9b6d-0242dbdaf3b9._app.1";
        let response = json!({"body": "warming up", "contentType": "", "status": 503});
        let result = json!({"lastResponse": response, "name": "r", "ready": false, "taskId": task});
        let passed = json!({"lastResponse": null, "name": "r", "ready": true, "taskId": "another"});
        let action = json!({"action": "ScaleApplication", "app": "/g2r", "readinessCheckResults": [result, passed]});
        let raw = json!({"id": "5a06dfa6", "affectedApps": ["/g2r"], "currentActions": [action], "currentStep": 2});
        let deployment = Deployment { raw, ..Deployment::default() };
        let seen = not_ready(std::slice::from_ref(&deployment), "/g2r").not_ready;
        let expected = NotReady {
            task: task.to_owned(),
            check: "r".to_owned(),
            status: Some(503),
            answer: "warming up".to_owned(),
        };
        assert_eq!(seen, [expected]);
        assert_eq!(not_ready(&[deployment], "/other").not_ready, []);
    }
}

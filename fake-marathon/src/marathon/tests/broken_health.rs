//! What ends all Marathon-level checks of a real Marathon.

use serde_json::json;

use super::rig::{Rig, plain};

/// A field case: a path with a blank is accepted, and throws where all checks are made.
#[test]
fn a_path_that_is_no_uri_ends_the_checks_of_all_apps_until_there_is_a_new_leader() {
    let mut rig = Rig::new();
    let check = |path: &str| {
        json!([{"protocol": "HTTP", "path": path, "portIndex": 0, "intervalSeconds": 1, "timeoutSeconds": 1,
            "gracePeriodSeconds": 1, "maxConsecutiveFailures": 0}])
    };
    let mut well = plain("/well", 1);
    well["healthChecks"] = check("/");
    rig.create(well).unwrap();
    rig.until(5.0);
    assert_eq!(rig.app("/well").counts.healthy, 1);
    let mut odd = plain("/odd", 1);
    odd["healthChecks"] = check("/a b");
    rig.create(odd).unwrap();
    rig.until(9.0);
    let last = rig.app("/well").tasks[0].health[0].last_success;
    assert_eq!(
        rig.broken,
        ["no Marathon-level health check is made until there is a new leader: the path `/a b` of a \
                             health check of /odd is not a URI"]
    );
    rig.until(20.0);
    assert_eq!(rig.app("/well").tasks[0].health[0].last_success, last, "nothing is checked any more");
}

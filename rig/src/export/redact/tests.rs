use serde_json::json;

use super::*;
use crate::results::render;

#[test]
fn short_names_of_hosts_and_users_are_known_from_where_the_run_says_them() {
    let mut names = Names::default();
    names.learn("", &json!({"host": "node7", "hostname": "web.lan", "url": "http://boss:8080/,http://deputy:8080/"}));
    names.learn("command", &json!("hc-rig run mesos,TCP --url=boss:8080 --user carol --target 5"));
    names.finish().unwrap();
    let clean = names.text("carol asked boss of node7 (web.lan, then deputy), not node70; http://boss:8080/v2/apps");
    for original in ["carol", "boss", "node7 ", "web.lan", "deputy"] {
        assert!(!clean.contains(original), "{original} in {clean}");
    }
    assert!(clean.contains("node70"), "another word: {clean}");
}

#[test]
fn files_groups_and_paths_of_checks_are_names_of_the_run_too() {
    let mut names = Names::default();
    let command = "hc-rig run /srv/acme/ledger.json --out results --ca=acme.pem --step 5 --url http://m:1/";
    let mut value = json!({
        "command": command, "cluster": {"framework": "acme-framework-0000"},
        "definition": {"id": "/acme-pay/ledger", "dependencies": ["/acme-db"],
            "healthChecks": [{"protocol": "HTTP", "path": "/acme-health"}, {"protocol": "HTTP", "path": "/"}]},
        "why": "ledger.json of /home/bob/acme.d/x: no /acme-health at acme-db of acme-pay",
    });
    names.learn("", &value);
    names.finish().unwrap();
    names.value("", &mut value);
    let text = value.to_string();
    for original in ["acme", "ledger", "results", "bob"] {
        assert!(!text.contains(original), "{original} in {text}");
    }
    assert_eq!(value["definition"]["healthChecks"][1]["path"], "/", "the same for all");
    assert!(text.contains("hc-rig run ") && text.contains("--step 5 --url http://host-"), "{text}");
}

#[test]
fn the_owner_is_known_from_the_label_of_the_app() {
    let mut names = Names::default();
    names.learn("definition", &json!({"labels": {"HC_RIG_OWNER": "carol", "team": "x"}}));
    names.finish().unwrap();
    let mut value = json!({"definition": {"labels": {"HC_RIG_OWNER": "carol"}}, "why": "carol may not deploy"});
    names.value("", &mut value);
    assert!(!value.to_string().contains("carol"), "{value}");
}

#[test]
fn commands_of_a_definition_are_left_out_and_a_long_id_is_one_name() {
    let mut names = Names::default();
    let long = "10.1.2.3-".repeat(100_000);
    names.learn("appId", &json!(long));
    names.finish().unwrap();
    let mut value = json!({
        "command": "hc-rig run a.json",
        "definition": {"cmd": "sh internal-tool", "args": ["--me", "x"], "healthChecks": [
            {"protocol": "COMMAND", "command": {"value": "internal-tool check"}}],
            "environment": {"INTERNAL": "internal-tool"},
            "containers": [{"exec": {"command": {"shell": "internal-tool", "argv": ["internal-tool"]}}}]},
        "tasks": [{"id": long}, {"id": format!("about {long}\nof 10.1.2.3")}],
    });
    names.value("", &mut value);
    assert_eq!(value["command"], "hc-rig run a.json");
    assert!(!value["definition"].to_string().contains("internal-tool"), "{}", value["definition"]);
    assert_eq!(
        (&value["definition"]["cmd"], &value["definition"]["args"]),
        (&json!("(left out)"), &json!("(left out)"))
    );
    let name = names.given[&long].clone();
    assert_eq!(value["tasks"][0]["id"], name);
    assert_eq!(value["tasks"][1]["id"], format!("about {name}\nof host-1"));
}

/// One long id once took 55 s. The work is counted: each text is searched once by form and once for what is known, and no
/// word that is searched is long.
#[test]
fn the_work_grows_with_the_length_of_a_text_and_not_faster() {
    for piece in ["10.1.2.3-", "a.", "a@", ":0", "/home/", "x://", "a-b.c", "0123abcd-", "known", "known ", "a.b@c.d\t"]
    {
        let work = |times: usize| {
            let mut names = Names::default();
            names.learn("host", &json!("known"));
            names.finish().unwrap();
            let long = piece.repeat(times);
            let mut value =
                json!({"tasks": [{"id": long, "message": format!("{long} of {long}\nx")}], "command": long});
            names.value("", &mut value);
            let searched = names.searched.get();
            assert!(searched.longest_word <= LONGEST_WORD, "{piece}: {searched:?}");
            searched.bytes
        };
        let (once, four_times) = (work(2_500), work(10_000));
        assert!(four_times <= once * 4 + 100, "{piece}: {once} bytes, then {four_times}");
        assert!(four_times <= 16 * piece.len() * 10_000 + 100, "{piece}: {four_times}");
    }
}

#[test]
fn nothing_of_the_original_is_left_and_what_belongs_together_still_does() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("run"), folder.path().join("shown"));
    fs::create_dir(&from).unwrap();
    let id = "hc-rig_k7_billing.instance-435aa001-49e0-11f0-99a3-7d5757aaf520._app.1";
    let manifest = json!({
        "format": 1, "run": "k7", "pair": "mesos,TCP", "app": "/hc-rig/k7/billing", "started_at": "2026-11-22T17:00:00.000Z",
        "command": "hc-rig run /home/alice/billing.json --url https://alice@dcos.acme.example:8443/service",
        "definition": {"id": "/billing", "cmd": "curl db7.acme.example", "env": {"DB": "db7.acme.example"}, "user": "alice",
            "labels": {"traefik.acme.example/billing": "x", "HC_RIG_OWNER": "alice"}},
        "cluster": {"url": "https://dcos.acme.example:8443/service/marathon/", "kind": "cluster"}, "plan": {"targets": [1]},
    });
    fs::write(from.join("run.json"), manifest.to_string()).unwrap();
    let sample = json!({"v": 1, "t": 1, "request": 1, "target": 1, "counts": {"unhealthy": 1}, "complete": true, "tasks": [{
        "id": id, "appId": "/hc-rig/k7/billing", "host": "node-10.acme.example", "slaveId": "6f6ab06d-31f2-474d-99d3-2cd7ef85da57-S2",
        "state": "TASK_RUNNING", "healthCheckResults": [{"alive": false, "lastFailure": "2026-11-22T17:00:01.000Z",
            "lastFailureCause": "refused: node-10.acme.example/10.1.2.3:31004"}]}]});
    fs::write(from.join("samples.jsonl"), format!("{sample}\n{{\"torn")).unwrap();
    let event = json!({"v": 1, "t": 2.0, "event": {"eventType": "status_update_event", "taskId": id, "taskStatus": "TASK_KILLED",
        "host": "node-10.acme.example", "message": "by alice@acme.example"}});
    fs::write(from.join("events.jsonl"), format!("{event}\n")).unwrap();

    copy(&from, &RunFolder::find(&from).unwrap(), &to).unwrap();
    render::all(&to, &crate::export::Format::ALL).unwrap();
    for entry in fs::read_dir(&to).unwrap() {
        let path = entry.unwrap().path();
        let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
        for original in ["acme", "billing", "alice", "10.1.2.3", "435aa001", "6f6ab06d", "node-10"] {
            assert!(!text.contains(original), "{original} in {}: {text}", path.display());
        }
    }
    let run = RunFolder::open(&to).unwrap().read().unwrap();
    let stories: Vec<_> = run.lives.all().collect();
    assert_eq!(stories.len(), 1, "sample and event still tell of one task");
    assert_eq!(stories[0].end.as_ref().map(|end| end.state.as_str()), Some("TASK_KILLED"));
    assert!(stories[0].host.starts_with("host-"), "{}", stories[0].host);
}

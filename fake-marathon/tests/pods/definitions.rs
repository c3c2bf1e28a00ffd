//! What is refused, in which words, and how what is accepted is echoed.
//!
//! Each line of a table has the fields of a pod, or of its only container and perhaps, after `&`, of the pod; after `=>` it
//! has what comes of it. `LONG` stands for a text that is one longer than any may be, `NAME` for such a name.

use fake_marathon::FakeMarathon;
use serde_json::{Value, json};

use super::{ask, container, pod, with};

const BOUNDS: &str = r#"
pod {"executorResources": {"mem": 31}} => /executorResources/mem: error.min
pod {"executorResources": {"disk": 9.9}} => /executorResources/disk: error.min
pod {"role": ""} => /role: error.minLength
pod {"version": 5} => /version: error.expected.date
pod {"version": "today"} => /version: error.expected.date.isoformat
pod {"networks": [{"name": "Net"}]} => /networks(0)/name: error.pattern
pod {"networks": [{"name": "-"}]} => /networks(0)/name: error.pattern
pod {"environment": {"NAME": "1"}} => /environment/NAME: error.pattern
pod {"linuxInfo": {"ipcInfo": {}}} => /linuxInfo/ipcInfo/mode: 'mode' is undefined on object: {}
container {"linuxInfo": {"ipcInfo": {"mode": "X"}}} => /containers(0)/linuxInfo/ipcInfo/mode: error.unknown.enum.literal
container {"linuxInfo": {"seccomp": {"unconfined": "no"}}} => /containers(0)/linuxInfo/seccomp/unconfined: error.expected.jsboolean
container {"image": {"kind": "APPC", "id": "a"}} => /containers(0)/image/kind: error.unknown.enum.literal
container {"image": {"kind": "DOCKER", "id": "LONG"}} => /containers(0)/image/id: error.maxLength
container {"artifacts": [{"uri": "file:///x", "destPath": "LONG"}]} => /containers(0)/artifacts(0)/destPath: error.maxLength
container {"artifacts": [{"uri": "file:///x", "destPath": ""}]} => /containers(0)/artifacts(0)/destPath: error.minLength
container {"endpoints": [{"name": "web", "protocol": []}]} => /containers(0)/endpoints(0)/protocol: error.minLength
container {"endpoints": [{"name": "web", "containerPort": 0}]} => /containers(0)/endpoints(0)/containerPort: error.min
container {"volumeMounts": [{"name": "V", "mountPath": "x"}]} => /containers(0)/volumeMounts(0)/name: error.pattern
container {"volumeMounts": [{"name": "v", "mountPath": ""}]} => /containers(0)/volumeMounts(0)/mountPath: error.minLength
container {"healthCheck": {"http": {"endpoint": "Web"}}} => /containers(0)/healthCheck/http/endpoint: error.pattern
container {"healthCheck": {"tcp": {"endpoint": ""}}} => /containers(0)/healthCheck/tcp/endpoint: error.minLength, error.pattern
container {"healthCheck": {"http": {"endpoint": "web", "path": "LONG"}}} => /containers(0)/healthCheck/http/path: error.maxLength
"#;

const NETWORKS: &str = r#"
pod {"networks": [{"mode": "container/bridge", "name": "b"}]} => /networks: Bridge networks may not have names
pod {"networks": [{"mode": "host", "labels": {"a": "b"}}]} => /networks: Host networks may not have names or labels
pod {"networks": [{}, {}]} => /networks: Duplicate networks are not allowed, Network name must be specified when container network is selected.
pod {"networks": [{"mode": "host", "name": "h"}, {"mode": "container/bridge"}]} => /networks: Host networks may not have names or labels, May specify a single host network, single bridge network, or else 1-to-n container networks
pod {"networks": [{"mode": "container/bridge"}, {"name": "n"}]} => /networks: May specify a single host network, single bridge network, or else 1-to-n container networks
container {"endpoints": [{"name": "web", "hostPort": 0}]} & {"networks": [{"name": "n1"}]} => /containers(0)/endpoints(0)/containerPort: is required when using container-mode networking
container {"endpoints": [{"name": "web"}]} & {"networks": [{"name": "n1"}]} => /containers(0)/endpoints(0)/containerPort: is required when using container-mode networking
container {"endpoints": [{"name": "web", "containerPort": 80}]} & {"networks": [{"mode": "host"}]} => /containers(0)/endpoints(0)/containerPort: is not allowed when using host-mode networking
container {"endpoints": [{"name": "web", "containerPort": 80, "hostPort": 0}]} & {"networks": [{"name": "n1"}, {"name": "n2"}]} => /containers(0)/endpoints(0): networkNames must be a single item list when hostPort is specified and more than 1 container network is defined
container {"endpoints": [{"name": "web", "containerPort": 80, "hostPort": 0, "networkNames": ["n1", "n2"]}]} & {"networks": [{"name": "n1"}, {"name": "n2"}]} => /containers(0)/endpoints(0): networkNames must be a single item list when hostPort is specified and more than 1 container network is defined
container {"endpoints": [{"name": "web", "containerPort": 80, "networkNames": ["n3"]}]} & {"networks": [{"name": "n1"}, {"name": "n2"}]} => /containers(0)/endpoints(0)/networkNames(0): is not one of (n1,n2)
"#;

const OTHER_RULES: &str = r#"
pod {"scheduling": {"placement": {"constraints": [{"fieldName": "", "operator": "UNIQUE"}]}}} => /scheduling/placement/constraints: must be empty; /scheduling/placement/constraints(0): missing field for constraint declaration
pod {"scheduling": {"placement": {"constraints": [{"fieldName": "hostname", "operator": "UNIQUE", "value": "x"}]}}} => /scheduling/placement/constraints: must be empty; /scheduling/placement/constraints(0): UNIQUE does not accept a value
pod {"scheduling": {"placement": {"constraints": [{"fieldName": "hostname", "operator": "MAX_PER", "value": "x"}]}}} => /scheduling/placement/constraints: must be empty; /scheduling/placement/constraints(0): MAX_PER requires an integer value
pod {"scheduling": {"placement": {"constraints": [{"fieldName": "hostname", "operator": "LIKE"}]}}} => /scheduling/placement/constraints: must be empty; /scheduling/placement/constraints(0): LIKE and UNLIKE require a non-empty, regular expression value
pod {"scheduling": {"placement": {"constraints": [{"fieldName": "hostname", "operator": "LIKE", "value": "("}]}}} => /scheduling/placement/constraints: must be empty; /scheduling/placement/constraints(0): is not a valid regular expression
container {"linuxInfo": {"seccomp": {}}} => /containers(0)/linuxInfo/seccomp: Seccomp unconfined must be true when Profile is NOT defined
container {"linuxInfo": {"seccomp": {"profileName": "x", "unconfined": true}}} => /containers(0)/linuxInfo/seccomp: Seccomp unconfined can NOT be true when Profile is defined
container {"linuxInfo": {"ipcInfo": {"mode": "SHARE_PARENT", "shmSize": 5}}} => /containers(0)/linuxInfo/ipcInfo: ipcInfo shmSize can NOT be set when mode is SHARE_PARENT
pod {"linuxInfo": {"ipcInfo": {"mode": "share_parent", "shmSize": 5}}} => /linuxInfo/ipcInfo: ipcInfo shmSize can NOT be set when mode is SHARE_PARENT
container {"resourceLimits": {"cpus": 1}} & {"legacySharedCgroups": true} => /containers(0)/resourceLimits: resourceLimits cannot be defined if legacySharedCgroups is enabled
pod {"user": ""} => /user: must not be empty
container {"volumeMounts": [{"name": "v", "mountPath": "x"}]} & {"volumes": [{"name": "v", "persistent": {"size": 10}}]} => /role: Resident pods cannot have the role *
container {"volumeMounts": [{"name": "v", "mountPath": "x"}]} & {"volumes": [{"name": "v", "persistent": {"size": 10}}], "scheduling": {"unreachableStrategy": {}}} => /: unreachableStrategy must be disabled for pods with persistent volumes
container {"volumeMounts": [{"name": "v", "mountPath": "x"}]} & {"volumes": [{"name": "v", "persistent": {"size": 10}}], "scheduling": {"upgrade": {"maximumOverCapacity": 0.5}}} => /upgrade/maximumOverCapacity: got 0.5, expected 0.0
container {"volumeMounts": [{"name": "v", "mountPath": "x"}]} & {"volumes": [{"name": "v", "secret": "s"}]} => /podSecretVolumes(pod): must be empty, Feature secrets is not enabled. Enable with --enable_features secrets), must be empty; /podSecretVolumes(pod)(0)/secret: volume.secret must refer to an existing secret
pod {"user": "", "role": "nope"} => /user: must not be empty
"#;

/// After `=>`: a pointer and what stands there.
const ECHOED: &str = r#"
pod {"id": "/a/b/../c/"} => /id "/a/c"
container {"user": ""} => /containers/0/user ""
pod {"scaling": {"kind": "fixed", "instances": 0.0}} => /scaling/instances 0
pod {"executorResources": {"cpus": 0.0}} => /executorResources {"cpus": 0.0, "mem": 32.0, "disk": 10.0}
pod {"linuxInfo": {"ipcInfo": {"mode": "private", "shmSize": 64}}} => /linuxInfo {"ipcInfo": {"mode": "PRIVATE", "shmSize": 64}}
pod {"version": "2010-01-01T00:00:00.000Z", "secrets": {}} => /secrets null
pod {"legacySharedCgroups": false} => /legacySharedCgroups null
container {"linuxInfo": {"seccomp": {"profileName": "x"}}} => /containers/0/linuxInfo {"seccomp": {"profileName": "x", "unconfined": false}}
container {"image": {"kind": "docker", "id": "alpine", "forcePull": false, "labels": {}, "bogus": 1}} => /containers/0/image {"kind": "DOCKER", "id": "alpine", "forcePull": false}
container {"exec": {"command": {"argv": ["true"]}, "overrideEntrypoint": false}} => /containers/0/exec {"command": {"argv": ["true"]}, "overrideEntrypoint": false}
container {"lifecycle": {}} => /containers/0/lifecycle {}
container {"tty": false} => /containers/0/tty false
container {"resourceLimits": {"cpus": "unlimited", "bogus": 1}} => /containers/0/resourceLimits {"cpus": "unlimited"}
container {"endpoints": [{"name": "web", "protocol": ["sctp"]}]} & {"networks": [{"mode": "host"}]} => /containers/0/endpoints/0/protocol ["sctp"]
container {"endpoints": [{"name": "web", "containerPort": 80}]} & {"networks": [{"name": "n_1"}]} => /containers/0/endpoints/0 {"name": "web", "containerPort": 80}
container {"endpoints": [{"name": "web", "containerPort": 80, "hostPort": 0, "networkNames": ["n2"]}]} & {"networks": [{"name": "n1"}, {"name": "n2"}]} => /networks/1/mode "container"
container {"volumeMounts": [{"name": "v", "mountPath": "x"}]} & {"volumes": [{"name": "v", "host": 5}]} => /volumes [{"name": "v"}]
container {"volumeMounts": [{"name": "v", "mountPath": "x"}]} & {"volumes": [{"name": "v", "host": "/tmp", "bogus": 1}]} => /volumes [{"name": "v", "host": "/tmp"}]
container {"volumeMounts": [{"name": "v", "mountPath": "x"}]} & {"volumes": [{"name": "v"}]} => /containers/0/volumeMounts [{"name": "v", "mountPath": "x", "readOnly": false}]
pod {"scheduling": {"placement": {"constraints": [{"fieldName": "hostname", "operator": "UNIQUE"}, {"fieldName": "hostname", "operator": "UNIQUE"}]}}} => /scheduling/placement/constraints [{"fieldName": "hostname", "operator": "UNIQUE"}]
pod {"scheduling": {"placement": {"constraints": [{"fieldName": "hostname", "operator": "unique"}]}}} => /scheduling/placement/constraints/0/operator "UNIQUE"
pod {"scheduling": {"placement": {"acceptedResourceRoles": ["*", "*"]}}} => /scheduling/placement/acceptedResourceRoles ["*"]
pod {"scheduling": {"unreachableStrategy": {"expungeAfterSeconds": 9}}} => /scheduling/unreachableStrategy {"inactiveAfterSeconds": 0, "expungeAfterSeconds": 9}
pod {"scheduling": {"killSelection": "oldest_first"}} => /scheduling/killSelection "OLDEST_FIRST"
pod {"scheduling": {"upgrade": {"minimumHealthCapacity": 0}}} => /scheduling/upgrade {"minimumHealthCapacity": 0.0, "maximumOverCapacity": 1.0}
"#;

/// The bodies of a table, each with what comes of it.
fn lines(table: &str) -> Vec<(Value, String)> {
    let table = table.replace("LONG", &"x".repeat(1025)).replace("NAME", &"A".repeat(255));
    let read = |line: &str| {
        let (body, outcome) = line.split_once(" => ").unwrap();
        let (kind, fields) = body.split_once(' ').unwrap();
        let (fields, of_pod) = fields.split_once(" & ").unwrap_or((fields, "{}"));
        let [fields, of_pod]: [Value; 2] = [fields, of_pod].map(|json| serde_json::from_str(json).unwrap());
        let nobody = with(pod("/p"), json!({"scaling": {"kind": "fixed", "instances": 0}}));
        let fields = match kind {
            "pod" => fields,
            "container" => json!({"containers": [with(container("c"), fields)]}),
            other => panic!("{other}"),
        };
        (with(with(nobody, fields), of_pod), outcome.to_owned())
    };
    table.lines().filter(|line| !line.is_empty()).map(read).collect()
}

/// `path: error, error; …` of a refusal.
fn complaints(body: &Value) -> String {
    let words = |errors: &Value| {
        errors.as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
    };
    let one = |detail: &Value| format!("{}: {}", detail["path"].as_str().unwrap_or_default(), words(&detail["errors"]));
    body["details"].as_array().into_iter().flatten().map(one).collect::<Vec<_>>().join("; ")
}

#[tokio::test]
async fn what_a_pod_must_not_say_is_refused_in_marathons_words() {
    let fake = FakeMarathon::builder().start().await.unwrap();
    for table in [BOUNDS, NETWORKS, OTHER_RULES] {
        for (body, words) in lines(table) {
            let (status, answer) = ask(&fake, "POST /v2/pods", &body).await;
            assert_eq!((status, complaints(&answer)), (422, words), "{body}");
        }
    }
    fake.shutdown().await;
}

#[tokio::test]
async fn what_is_accepted_is_echoed_as_marathon_reads_it() {
    let fake = FakeMarathon::builder().start().await.unwrap();
    for (n, (body, outcome)) in lines(ECHOED).into_iter().enumerate() {
        let id = if body["id"] == "/p" { json!(format!("/p{n}")) } else { body["id"].clone() };
        let (status, answer) = ask(&fake, "POST /v2/pods", &with(body.clone(), json!({"id": id}))).await;
        assert_eq!(status, 201, "{body}: {answer}");
        let (pointer, echoed) = outcome.split_once(' ').unwrap();
        let echoed: Value = serde_json::from_str(echoed).unwrap();
        assert_eq!(answer.pointer(pointer).unwrap_or(&Value::Null), &echoed, "{pointer} of {body}");
    }
    fake.shutdown().await;
}

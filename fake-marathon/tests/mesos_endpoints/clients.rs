//! What other people's tools read: the fields that mesos-dns (`records/state/state.go`), Prometheus
//! (`discovery/marathon/marathon.go`) and marathon_exporter (`exporter.go`) decode, of the types that they decode them to.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;

use crate::cluster::Cluster;

mod mesos_dns {
    use super::*;

    #[derive(Deserialize)]
    pub(super) struct State {
        pub(super) frameworks: Vec<Framework>,
        pub(super) slaves: Vec<Slave>,
        pub(super) leader: String,
    }

    #[derive(Deserialize)]
    pub(super) struct Framework {
        pub(super) tasks: Vec<Task>,
        pub(super) pid: String,
        pub(super) name: String,
        pub(super) hostname: String,
    }

    #[derive(Deserialize)]
    pub(super) struct Slave {
        pub(super) id: String,
        pub(super) hostname: String,
        pub(super) pid: String,
        pub(super) attributes: HashMap<String, Value>,
    }

    #[derive(Deserialize)]
    pub(super) struct Task {
        pub(super) id: String,
        pub(super) name: String,
        pub(super) slave_id: String,
        pub(super) framework_id: String,
        pub(super) state: String,
        pub(super) statuses: Vec<Status>,
        pub(super) resources: Resources,
        pub(super) discovery: Discovery,
    }

    #[derive(Deserialize)]
    pub(super) struct Status {
        pub(super) timestamp: f64,
        pub(super) state: String,
        pub(super) container_status: ContainerStatus,
    }

    #[derive(Deserialize)]
    pub(super) struct ContainerStatus {
        #[serde(default)]
        pub(super) network_infos: Vec<NetworkInfo>,
    }

    #[derive(Deserialize)]
    pub(super) struct NetworkInfo {
        pub(super) ip_addresses: Vec<Address>,
    }

    #[derive(Deserialize)]
    pub(super) struct Address {
        pub(super) ip_address: String,
    }

    #[derive(Deserialize)]
    pub(super) struct Resources {
        #[serde(default)]
        pub(super) ports: String,
    }

    #[derive(Deserialize)]
    pub(super) struct Discovery {
        pub(super) visibility: String,
        pub(super) name: String,
        pub(super) ports: Ports,
    }

    #[derive(Deserialize)]
    pub(super) struct Ports {
        #[serde(default)]
        pub(super) ports: Vec<Port>,
    }

    #[derive(Deserialize)]
    pub(super) struct Port {
        pub(super) protocol: String,
        pub(super) number: u16,
        #[serde(default)]
        pub(super) name: String,
    }
}

#[tokio::test]
async fn service_discovery_finds_what_it_reads() {
    let cluster = Cluster::start().await;
    let state: mesos_dns::State = serde_json::from_value(cluster.get("/mesos/master/state").await).unwrap();
    assert!(state.leader.starts_with("master@127.0.0.1:"), "{}", state.leader);
    let slave = &state.slaves[0];
    assert!(slave.pid.contains(&slave.hostname) && slave.attributes.is_empty());
    let framework = &state.frameworks[0];
    assert_eq!((framework.name.as_str(), framework.hostname.as_str()), ("marathon", "127.0.0.1"));
    assert!(framework.pid.contains('@'));
    for task in framework.tasks.iter().filter(|task| task.id.contains("._app.")) {
        assert_eq!((task.slave_id.as_str(), task.state.as_str()), (slave.id.as_str(), "TASK_RUNNING"));
        assert!(task.framework_id.ends_with("-0000"));
        let status = task.statuses.last().unwrap();
        assert!(status.timestamp > 0.0 && status.state == "TASK_RUNNING");
        assert!(status.container_status.network_infos[0].ip_addresses[0].ip_address.starts_with("127."));
        assert_eq!((task.discovery.visibility.as_str(), &task.discovery.name), ("FRAMEWORK", &task.name));
        assert!(task.resources.ports.contains(&task.discovery.ports.ports[0].number.to_string()));
    }
    let web = framework.tasks.iter().find(|task| task.name == "web.g2m").unwrap();
    let ports = web.discovery.ports.ports.iter().map(|port| (port.name.as_str(), port.protocol.as_str()));
    assert_eq!(ports.collect::<Vec<_>>(), [("http", "tcp"), ("", "tcp"), ("dns", "udp"), ("dns", "tcp")]);

    let of_pod = framework.tasks.iter().filter(|task| task.discovery.name == "pod.g2m");
    assert_eq!(
        of_pod.flat_map(|task| &task.discovery.ports.ports).map(|port| port.name.as_str()).collect::<Vec<_>>(),
        ["web"; 2]
    );

    prometheus(&cluster.get("/v2/apps/?embed=apps.tasks").await);
    marathon_exporter(&cluster.get("/v2/apps?embed=apps.taskStats").await, &cluster.get("/metrics").await);
}

/// Numbers of each app, and every metric of the five kinds; what has another type is left out by it without a word.
fn marathon_exporter(apps: &Value, metrics: &Value) {
    for app in apps["apps"].as_array().unwrap() {
        assert!(app["id"].is_string() && app["version"].is_string(), "{app:#}");
        for number in ["instances", "tasksRunning", "tasksStaged", "tasksHealthy", "tasksUnhealthy"] {
            assert!(app[number].is_u64(), "{number}: {app:#}");
        }
        for number in ["cpus", "mem", "disk", "gpus"] {
            assert!(app[number].is_number(), "{number}: {app:#}");
        }
        // The exporter asks for `taskStats`; a real Marathon says `tasksStats` (recorded), so the uptime is missing there too.
        let life = app.pointer("/tasksStats/startedAfterLastScaling/stats/lifeTime/averageSeconds");
        assert!(life.is_some_and(Value::is_number), "{app:#}");
    }
    assert!(metrics["version"].is_string());
    let rates = ["count", "mean_rate", "m1_rate", "m5_rate", "m15_rate"];
    let spread = ["count", "min", "max", "mean", "stddev", "p50", "p75", "p95", "p98", "p99", "p999"];
    let timed = [&rates[..], &spread].concat();
    for (kind, numbers, units) in [
        ("counters", &["count"][..], None),
        ("gauges", &["value"], None),
        ("meters", &rates, Some("units")),
        ("histograms", &spread, None),
        ("timers", &timed, Some("rate_units")),
    ] {
        let all = metrics[kind].as_object().unwrap();
        // The recorded server has no histogram.
        assert!(kind == "histograms" || !all.is_empty(), "{kind}");
        for (name, metric) in all {
            assert!(numbers.iter().all(|number| metric[number].is_number()), "{kind} {name}: {metric}");
            assert!(units.is_none_or(|units| metric[units].is_string()), "{kind} {name}: {metric}");
        }
    }
}

/// `marathon_sd_configs`: targets are tasks with their ports; labels come from the definitions of the ports.
fn prometheus(apps: &Value) {
    for app in apps["apps"].as_array().unwrap() {
        assert!(app["id"].is_string() && app["labels"].is_object() && app["requirePorts"].is_boolean(), "{app:#}");
        assert_eq!(app["tasksRunning"], 1);
        let task = &app["tasks"][0];
        assert!(task["id"].is_string() && task["host"].is_string() && task["ports"][0].is_u64(), "{task:#}");
        assert!(task["ipAddresses"][0]["ipAddress"].is_string(), "{task:#}");
    }
    let app = |id: &str| apps["apps"].as_array().unwrap().iter().find(|app| app["id"] == id).unwrap();
    assert_eq!(app("/g2m/web")["portDefinitions"][0]["labels"]["VIP_0"], "/web:80");
    let docker = app("/g2m/docker");
    assert_eq!(docker["container"]["docker"]["image"], "python:2");
    let mapping = &docker["container"]["portMappings"][0];
    assert!(mapping["containerPort"].is_u64() && mapping["hostPort"].is_u64() && mapping["servicePort"].is_u64());
    assert_eq!(mapping["labels"]["VIP_0"], "/d:80");
    assert_eq!(docker["networks"][0]["mode"], "container/bridge");
}

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
    // Mesos-DNS knows hosts and ports of masters, and no path before `/master`.
    let state: mesos_dns::State = serde_json::from_value(cluster.get("/master/state").await).unwrap();
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

    mesos_exporter(&cluster).await;
    prometheus(&cluster.get("/v2/apps/?embed=apps.tasks").await);
    marathon_exporter(&cluster.get("/v2/apps?embed=apps.taskStats").await, &cluster.get("/metrics").await);
}

/// What mesos_exporter reads of `/state` beyond what is above, of the agents, and by name in the two snapshots.
async fn mesos_exporter(cluster: &Cluster) {
    let state = cluster.get("/mesos/state").await;
    let numbers = |resources: &Value| ["cpus", "mem", "disk"].iter().all(|name| resources[name].is_number());
    let ports = |resources: &Value| resources.get("ports").is_none_or(Value::is_string);
    let slave = &state["slaves"][0];
    for resources in ["used_resources", "unreserved_resources", "resources"].map(|name| &slave[name]) {
        assert!(numbers(resources) && ports(resources), "{resources}");
    }
    let framework = &state["frameworks"][0];
    assert!(framework["active"].is_boolean() && framework["completed_tasks"].is_array());
    let agent = format!("/agent/{}", slave["id"].as_str().unwrap());
    let of_agent = cluster.get(&format!("{agent}/slave(1)/state")).await;
    assert!(of_agent["attributes"].is_object());
    let executors = of_agent["frameworks"][0]["executors"].as_array().unwrap();
    let shown: Vec<&Value> = executors.iter().flat_map(|executor| executor["tasks"].as_array().unwrap()).collect();
    let named = ["id", "name", "source"];
    assert!(executors.iter().all(|executor| named.iter().all(|name| executor[name].is_string())), "{executors:#?}");
    for task in shown.into_iter().chain(framework["tasks"].as_array().unwrap()) {
        let named = ["name", "id", "executor_id", "framework_id", "slave_id", "state"];
        assert!(named.iter().all(|name| task[name].is_string()) && numbers(&task["resources"]), "{task:#}");
        let labels = task.get("labels").and_then(Value::as_array).into_iter().flatten();
        assert!(labels.into_iter().all(|label| label["key"].is_string() && label["value"].is_string()), "{task:#}");
    }
    for executor in cluster.get(&format!("{agent}/monitor/statistics")).await.as_array().unwrap() {
        let named = ["executor_id", "executor_name", "framework_id", "source"];
        assert!(named.iter().all(|name| executor[name].is_string()), "{executor:#}");
        // The other numbers that it decodes need control groups; the recorded agent had none, and it takes them as 0.
        let there = ["cpus_system_time_secs", "cpus_user_time_secs", "mem_limit_bytes", "mem_rss_bytes"];
        assert!(there.iter().all(|name| executor["statistics"][name].is_number()), "{executor:#}");
    }
    let snapshots = [(EXPORTED_OF_MASTER, "/mesos".to_owned(), "master/"), (EXPORTED_OF_AGENT, agent, "slave/")];
    for (names, door, prefix) in snapshots {
        let snapshot = cluster.get(&format!("{door}/metrics/snapshot")).await;
        for name in names.split_whitespace() {
            let name = if name.contains('/') { name.to_owned() } else { format!("{prefix}{name}") };
            assert!(snapshot[&name].is_number(), "{name}");
        }
    }
}

/// The metrics that mesos_exporter asks for by name, without the two of the registry that no recorded master had.
const EXPORTED_OF_MASTER: &str = "allocator/event_queue_dispatches allocator/mesos/allocation_run_latency_ms \
    allocator/mesos/allocation_run_latency_ms/count allocator/mesos/allocation_run_latency_ms/max \
    allocator/mesos/allocation_run_latency_ms/min allocator/mesos/allocation_run_latency_ms/p50 \
    allocator/mesos/allocation_run_latency_ms/p90 allocator/mesos/allocation_run_latency_ms/p95 \
    allocator/mesos/allocation_run_latency_ms/p99 allocator/mesos/allocation_run_latency_ms/p999 \
    allocator/mesos/allocation_run_latency_ms/p9999 allocator/mesos/allocation_run_ms \
    allocator/mesos/allocation_run_ms/max allocator/mesos/allocation_run_ms/min allocator/mesos/allocation_run_ms/p50 \
    allocator/mesos/allocation_run_ms/p90 allocator/mesos/allocation_run_ms/p95 allocator/mesos/allocation_run_ms/p99 \
    allocator/mesos/allocation_run_ms/p999 allocator/mesos/allocation_run_ms/p9999 allocator/mesos/allocation_runs \
    allocator/mesos/event_queue_dispatches allocator/mesos/resources/cpus/offered_or_allocated \
    allocator/mesos/resources/cpus/total allocator/mesos/resources/disk/offered_or_allocated \
    allocator/mesos/resources/disk/total allocator/mesos/resources/mem/offered_or_allocated \
    allocator/mesos/resources/mem/total cpus_percent cpus_revocable_percent cpus_revocable_total cpus_revocable_used \
    cpus_total cpus_used disk_percent disk_revocable_percent disk_revocable_total disk_revocable_used disk_total \
    disk_used dropped_messages elected event_queue_dispatches event_queue_http_requests event_queue_messages \
    frameworks_active frameworks_disconnected frameworks_inactive gpus_percent gpus_revocable_percent \
    gpus_revocable_total gpus_revocable_used gpus_total gpus_used invalid_executor_to_framework_messages \
    invalid_framework_to_executor_messages invalid_status_update_acknowledgements invalid_status_updates mem_percent \
    mem_revocable_percent mem_revocable_total mem_revocable_used mem_total mem_used messages_authenticate \
    messages_deactivate_framework messages_decline_offers messages_executor_to_framework messages_exited_executor \
    messages_framework_to_executor messages_kill_task messages_launch_tasks messages_reconcile_tasks \
    messages_register_framework messages_register_slave messages_reregister_framework messages_reregister_slave \
    messages_resource_request messages_revive_offers messages_status_update messages_status_update_acknowledgement \
    messages_suppress_offers messages_unregister_framework messages_unregister_slave messages_update_slave \
    outstanding_offers recovery_slave_removals slave_registrations slave_removals slave_reregistrations \
    slave_shutdowns_canceled slave_shutdowns_completed slave_shutdowns_scheduled slave_unreachable_canceled \
    slave_unreachable_completed slave_unreachable_scheduled slaves_active slaves_disconnected slaves_inactive \
    slaves_unreachable tasks_dropped tasks_error tasks_failed tasks_finished tasks_gone tasks_gone_by_operator \
    tasks_killed tasks_killing tasks_lost tasks_running tasks_staging tasks_starting tasks_unreachable uptime_secs \
    valid_executor_to_framework_messages valid_framework_to_executor_messages valid_status_update_acknowledgements \
    valid_status_updates registrar/log/ensemble_size registrar/log/recovered registrar/queued_operations \
    registrar/registry_size_bytes registrar/state_fetch_ms registrar/state_store_ms registrar/state_store_ms/max \
    registrar/state_store_ms/min registrar/state_store_ms/p50 registrar/state_store_ms/p90 registrar/state_store_ms/p95 \
    registrar/state_store_ms/p99 registrar/state_store_ms/p999 registrar/state_store_ms/p9999";

/// The same of an agent, without four that the recorded one did not have.
const EXPORTED_OF_AGENT: &str = "containerizer/fetcher/cache_size_total_bytes containerizer/fetcher/cache_size_used_bytes \
    containerizer/fetcher/task_fetches_failed containerizer/fetcher/task_fetches_succeeded \
    containerizer/mesos/container_destroy_errors containerizer/mesos/provisioner/bind/remove_rootfs_errors \
    containerizer/mesos/provisioner/remove_container_errors gc/path_removals_failed gc/path_removals_pending \
    gc/path_removals_succeeded container_launch_errors cpus_percent cpus_revocable_percent cpus_revocable_total \
    cpus_revocable_used cpus_total cpus_used disk_percent disk_revocable_percent disk_revocable_total \
    disk_revocable_used disk_total disk_used executor_directory_max_allowed_age_secs executors_preempted \
    executors_registering executors_running executors_terminated executors_terminating frameworks_active gpus_percent \
    gpus_revocable_percent gpus_revocable_total gpus_revocable_used gpus_total gpus_used invalid_framework_messages \
    invalid_status_updates mem_percent mem_revocable_percent mem_revocable_total mem_revocable_used mem_total mem_used \
    recovery_errors recovery_time_secs registered tasks_failed tasks_finished tasks_gone tasks_killed tasks_killing \
    tasks_lost tasks_running tasks_staging tasks_starting uptime_secs valid_framework_messages valid_status_updates";

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

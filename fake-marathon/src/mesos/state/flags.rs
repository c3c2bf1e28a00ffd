//! The flags of master and agents: all strings, as Mesos writes them; durations are worded as Mesos does. Values are the
//! recorded ones, and on the agent those that describe what the fake is like.

use serde_json::{Map, Value};

use crate::mesos::config::AgentConfig;

/// The master's.
const MASTER: &[(&str, &str)] = &[
    ("agent_ping_timeout", "15secs"),
    ("agent_reregister_timeout", "10mins"),
    ("allocation_interval", "1secs"),
    ("allocator", "hierarchical"),
    ("allocator_agent_recovery_factor", "0.8"),
    ("allocator_recovery_timeout", "10mins"),
    ("authenticate_agents", "false"),
    ("authenticate_frameworks", "false"),
    ("authenticate_http_frameworks", "false"),
    ("authenticate_http_readonly", "false"),
    ("authenticate_http_readwrite", "false"),
    ("authentication_v0_timeout", "15secs"),
    ("authenticators", "crammd5"),
    ("authorizers", "local"),
    ("cluster", "fake"),
    ("filter_gpu_resources", "true"),
    ("framework_sorter", "drf"),
    ("help", "false"),
    ("hostname", "127.0.0.1"),
    ("hostname_lookup", "false"),
    ("http_authenticators", "basic"),
    ("initialize_driver_logging", "true"),
    ("ip", "127.0.0.1"),
    ("log_auto_initialize", "true"),
    ("logbufsecs", "0"),
    ("logging_level", "WARNING"),
    ("max_agent_ping_timeouts", "5"),
    ("max_completed_frameworks", "50"),
    ("max_completed_tasks_per_framework", "1000"),
    ("max_operator_event_stream_subscribers", "1000"),
    ("max_unreachable_tasks_per_framework", "1000"),
    ("memory_profiling", "false"),
    ("min_allocatable_resources", "cpus:0.01|mem:32"),
    ("offer_constraints_re2_max_mem", "4KB"),
    ("offer_constraints_re2_max_program_size", "100"),
    ("port", "5050"),
    ("publish_per_framework_metrics", "true"),
    ("quiet", "false"),
    ("quorum", "1"),
    ("recovery_agent_removal_limit", "100%"),
    ("registry", "replicated_log"),
    ("registry_fetch_timeout", "1mins"),
    ("registry_gc_interval", "15mins"),
    ("registry_max_agent_age", "2weeks"),
    ("registry_max_agent_count", "102400"),
    ("registry_store_timeout", "20secs"),
    ("registry_strict", "false"),
    ("require_agent_domain", "false"),
    ("role_sorter", "drf"),
    ("root_submissions", "true"),
    ("version", "false"),
    ("webui_dir", "/usr/share/mesos/webui"),
    ("work_dir", "/var/lib/mesos/master"),
    ("zk", "zk://127.0.0.1:2181/mesos"),
    ("zk_session_timeout", "10secs"),
];

/// An agent's that do not depend on its configuration.
const AGENT: &[(&str, &str)] = &[
    ("appc_simple_discovery_uri_prefix", "http://"),
    ("appc_store_dir", "/tmp/mesos/store/appc"),
    ("authenticate_http_readonly", "false"),
    ("authenticate_http_readwrite", "false"),
    ("authenticatee", "crammd5"),
    ("authentication_backoff_factor", "1secs"),
    ("authentication_timeout_max", "1mins"),
    ("authentication_timeout_min", "5secs"),
    ("authorizer", "local"),
    ("cgroups_cpu_enable_pids_and_tids_count", "false"),
    ("cgroups_destroy_timeout", "1mins"),
    ("cgroups_enable_cfs", "false"),
    ("cgroups_hierarchy", "/sys/fs/cgroup"),
    ("cgroups_limit_swap", "false"),
    ("cgroups_root", "mesos"),
    ("container_disk_watch_interval", "15secs"),
    ("default_role", "*"),
    ("disallow_sharing_agent_ipc_namespace", "false"),
    ("disallow_sharing_agent_pid_namespace", "false"),
    ("disk_watch_interval", "1mins"),
    ("docker", "docker"),
    ("docker_ignore_runtime", "false"),
    ("docker_kill_orphans", "false"),
    ("docker_registry", "https://registry-1.docker.io"),
    ("docker_remove_delay", "1mins"),
    ("docker_socket", "/var/run/docker.sock"),
    ("docker_stop_timeout", "0ns"),
    ("docker_store_dir", "/tmp/mesos/store/docker"),
    ("docker_volume_checkpoint_dir", "/var/run/mesos/isolators/docker/volume"),
    ("docker_volume_chown", "false"),
    ("enforce_container_disk_quota", "false"),
    (
        "executor_environment_variables",
        "{\"PATH\":\"/usr/sbin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\"}",
    ),
    ("executor_registration_timeout", "1mins"),
    ("executor_reregistration_timeout", "2secs"),
    ("executor_shutdown_grace_period", "5secs"),
    ("fetcher_cache_dir", "/tmp/mesos/fetch"),
    ("fetcher_cache_size", "2GB"),
    ("fetcher_stall_timeout", "1mins"),
    ("frameworks_home", ""),
    ("gc_delay", "10mins"),
    ("gc_disk_headroom", "0.1"),
    ("gc_non_executor_container_sandboxes", "false"),
    ("help", "false"),
    ("hostname_lookup", "true"),
    ("http_command_executor", "false"),
    ("http_executor_domain_sockets", "false"),
    ("http_heartbeat_interval", "30secs"),
    ("image_providers", "DOCKER"),
    ("initialize_driver_logging", "true"),
    ("isolation", "docker/runtime,filesystem/linux"),
    ("launcher", "linux"),
    ("launcher_dir", "/usr/libexec/mesos"),
    ("logbufsecs", "0"),
    ("logging_level", "WARNING"),
    ("max_completed_executors_per_framework", "150"),
    ("memory_profiling", "false"),
    ("network_cni_metrics", "true"),
    ("network_cni_root_dir_persist", "false"),
    ("oversubscribed_resources_interval", "15secs"),
    ("perf_duration", "10secs"),
    ("perf_interval", "1mins"),
    ("qos_correction_interval_min", "0ns"),
    ("quiet", "false"),
    ("reconfiguration_policy", "equal"),
    ("recover", "reconnect"),
    ("recovery_timeout", "15mins"),
    ("registration_backoff_factor", "1secs"),
    ("revocable_cpu_low_priority", "true"),
    ("runtime_dir", "/var/run/mesos"),
    ("sandbox_directory", "/mnt/mesos/sandbox"),
    ("strict", "true"),
    ("switch_user", "true"),
    ("systemd_enable_support", "false"),
    ("systemd_runtime_directory", "/run/systemd/system"),
    ("version", "false"),
    ("zk_session_timeout", "10secs"),
];

fn table(flags: &[(&str, &str)]) -> Map<String, Value> {
    flags.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect()
}

/// The master's flags.
pub(super) fn of_master() -> Value {
    Value::Object(table(MASTER))
}

/// The flags of an agent that listens on `port`.
pub(super) fn of_agent(config: &AgentConfig, port: u16, master: &str) -> Value {
    let ports: Vec<String> = config.ports.iter().map(|range| format!("{}-{}", range.start(), range.end())).collect();
    let mut resources =
        format!("cpus:{};mem:{};disk:{};ports:[{}]", config.cpus, config.mem, config.disk, ports.join(","));
    if config.gpus > 0 {
        resources.push_str(&format!(";gpus:{}", config.gpus));
    }
    let mut flags = table(AGENT);
    let mut set = |name: &str, value: String| drop(flags.insert(name.to_owned(), Value::from(value)));
    set("containerizers", String::from(if config.docker { "docker,mesos" } else { "mesos" }));
    set("hostname", config.hostname.clone());
    set("ip", config.hostname.clone());
    set("master", master.to_owned());
    set("port", port.to_string());
    set("resources", resources);
    set("work_dir", config.work_dir.clone());
    if !config.attributes.is_empty() {
        let attributes: Vec<String> = config.attributes.iter().map(|(name, value)| format!("{name}:{value}")).collect();
        set("attributes", attributes.join(";"));
    }
    Value::Object(flags)
}

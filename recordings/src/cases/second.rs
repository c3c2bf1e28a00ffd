//! The second set: further health checks, the general check, pods, public bug reports, admin reads.

use std::ops::RangeInclusive;

use futures::future::FutureExt as _;

use super::{Case, repeated};

/// The ports of the recorded agent.
const PORTS: RangeInclusive<u16> = 25000..=28999;

/// What the recorded agent could not fetch.
const MISSING: &[&str] =
    &["file:///tmp/golden2-none/x", "file:///tmp/golden2-none/x.tar.gz", "http://127.0.0.1:9/x.tar.gz"];

/// All cases of the second set (`fixtures/recorded2/`). Their flow is their recording, so they are only replayed.
pub static SECOND: &[Case] = &[
    again("admin.reads"),
    again("bridge.mesos_http"),
    again("bridge.mesos_tcp"),
    again("check.beside_health"),
    tidied("check.bodies"),
    again("check.exec"),
    again("check.http"),
    again("check.http_404"),
    again("check.tcp"),
    again("command.sees_environment"),
    again("command.timeout"),
    again("delay.mesos_http"),
    again("environment.docker_bridge_zero"),
    again("environment.names_and_labels"),
    again("environment.plain"),
    again("fetch.files"),
    again("fetch.missing").missing(MISSING),
    again("groups.relative_ids"),
    again("https.http_check_http"),
    again("https.http_check_mesos_http"),
    again("https.mesos_https"),
    again("https.plain_server_https"),
    again("interval_0.http"),
    again("ipv6.asked_by_ipv4_mesos_http"),
    again("ipv6.listens_on_1_mesos_http"),
    again("ipv6.listens_on_1_mesos_tcp"),
    again("ipv6.listens_on_ipv4_mesos_http"),
    again("ipv6.listens_on_ipv4_mesos_tcp"),
    tidied("json.texts"),
    again("kill_grace.0"),
    again("kill_grace.5"),
    again("kill_grace.default"),
    again("kill_grace.unhealthy"),
    again("leader.abdicates"),
    again("no_length.http"),
    again("no_length.mesos_http"),
    again("not_http.http"),
    again("not_http.mesos_http"),
    again("path.query_mesos_http"),
    again("pods.artifacts").missing(MISSING),
    tidied("pods.bodies"),
    again("pods.checks"),
    again("pods.clashes"),
    again("pods.crash_loop"),
    again("pods.endpoints_without_network"),
    again("pods.environment"),
    again("pods.fails_after_healthy_http"),
    again("pods.health_http"),
    again("pods.health_tcp"),
    again("pods.in_group"),
    again("pods.life"),
    again("pods.never_healthy"),
    again("pods.one_finishes"),
    again("pods.shared_volume"),
    again("pods.support"),
    again("pods.two_containers"),
    again("pods.update"),
    again("pods.upgrade_health"),
    again("pods.versions"),
    again("pods.waits").ports(27000..=28999).disk(50_000.0),
    again("port.number_mesos_http"),
    again("port.number_mesos_tcp"),
    again("port.number_tcp"),
    again("ports.same_host_port_twice"),
    again("readiness.answers_503"),
    again("readiness.listens_after_0"),
    again("readiness.listens_after_8"),
    again("readiness.never_listens_timeout_10"),
    again("readiness.never_listens_timeout_2"),
    again("redirect.loop_http"),
    again("redirect.to_200_http"),
    again("redirect.to_200_mesos_http"),
    again("redirect.to_404_http"),
    again("rollback.bad_upgrade_mesos_http"),
    again("rollback.no_capacity_http"),
    again("slow.above_timeout_http"),
    again("slow.above_timeout_mesos_http"),
    again("slow.below_timeout_http"),
    again("slow.interval_shorter_http"),
    again("slow.interval_shorter_mesos_http"),
    again("status_102.http"),
    again("status_102.http_ignored"),
    again("status_102.then_200_http"),
    again("status_102.then_200_mesos_http"),
    again("status_399.http"),
    again("status_399.mesos_http"),
    tidied("text.refusals"),
    again("two_checks.one_fails"),
    again("two_checks.two_native"),
    again("two_checks.two_ports"),
    again("user.unknown"),
    again("waiting.constraint_relaxed"),
    again("waiting.mended_cpus"),
    again("waiting.mended_ports"),
    again("waiting.suspended"),
    again("zero.grace_and_failures_http"),
    again("zero.grace_and_failures_mesos_http"),
    again("zero.grace_http"),
    again("zero.grace_mesos_http"),
];

const fn again(name: &'static str) -> Case {
    Case::new(name, |r, golden| repeated::run(r, golden, false).boxed_local()).ports(PORTS)
}

/// A case whose recorder deleted each app or pod before it posted the next one.
const fn tidied(name: &'static str) -> Case {
    Case::new(name, |r, golden| repeated::run(r, golden, true).boxed_local()).ports(PORTS)
}

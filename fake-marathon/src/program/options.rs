//! The flags of the program, and the fake that they ask for.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Parser;

use super::failure::Failure;
use crate::{
    Builder, ClockMode, FakeMarathon, Isolator, PROCESS_PORTS, Tasks, Tls,
    tuning::{Quirks, Tuning},
};

/// A fake Marathon 1.11 on a fake Mesos 1.12, faithful to recordings of the real ones.
///
/// It answers at `/`, and at `/service/marathon/` as DC/OS does. The first line on stdout is
/// `listening on http(s)://HOST:PORT` (with --standbys: all addresses, separated by commas);
/// with --admin, the second line is `admin on http://HOST:PORT`. SIGTERM or Ctrl-C stops the
/// program and every task that it started.
#[derive(Debug, Parser)]
#[command(name = "fake-marathon", version, verbatim_doc_comment)]
pub(super) struct Options {
    /// Address to listen on; port 0 takes a free port.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub(super) listen: SocketAddr,

    /// Further name, with or without a port, that clients may call this server by; repeatable. Requests over loopback,
    /// and all requests with --tasks process, must name in their `Host` header an address that it listens on,
    /// `localhost`, or such a name.
    #[arg(long = "allow-host", value_name = "HOST")]
    allow_hosts: Vec<String>,

    /// Web site whose pages may use this server, such as https://ui.example; repeatable. Pages of others may not, not
    /// even those on other ports of this machine.
    #[arg(long = "allow-origin", value_name = "ORIGIN")]
    allow_origins: Vec<String>,

    /// Write the port to this file once it is known.
    #[arg(long, value_name = "FILE")]
    pub(super) port_file: Option<PathBuf>,

    /// Version of Marathon whose rules apply.
    #[arg(long, value_name = "VERSION", default_value_t = Quirks::default())]
    marathon_version: Quirks,

    /// Run tasks as scripts without a process, as listeners of the fake on real sockets, or run each app's own command in
    /// a process.
    #[arg(long, value_enum, default_value_t = Tasks::Simulated)]
    tasks: Tasks,

    /// Number of agents; the n-th has the address 127.0.0.n.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    agents: u16,

    /// CPUs of each agent.
    #[arg(long, value_name = "C", default_value_t = 64.0)]
    agent_cpus: f64,

    /// Memory of each agent in MiB.
    #[arg(long, value_name = "M", default_value_t = 64_000.0)]
    agent_mem: f64,

    /// Number of ports for all process tasks, or for the light tasks of each agent, in blocks of 1000 that no other fake on
    /// this machine uses.
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u16).range(1..=i64::from(PROCESS_PORTS)))]
    process_ports: u16,

    /// Isolators of the agents that make volumes for process tasks, separated by commas (see Mesos's `--isolation`). Without
    /// one its volumes are not made, as on a Mesos agent.
    #[arg(long, value_enum, value_name = "LIST", value_delimiter = ',')]
    isolation: Vec<Isolator>,

    /// Run agents without the Docker containerizer: Docker tasks fail.
    #[arg(long)]
    no_docker: bool,

    /// Serve TLS, with a generated certificate (`self-signed`) or with two PEM files (`CERT,KEY`).
    #[arg(long, value_name = "self-signed|CERT,KEY", value_parser = tls)]
    tls: Option<Tls>,

    /// User who may log in; repeatable. With at least one, every request needs a token.
    #[arg(long = "user", value_name = "UID:PASSWORD", value_parser = secret)]
    users: Vec<Secret>,

    /// Service account that may log in with a token signed by its key; repeatable.
    #[arg(long = "service-account", value_name = "UID:PUBLIC_KEY.pem")]
    service_accounts: Vec<String>,

    /// Require HTTP basic authentication by this user, as a Marathon without DC/OS does.
    #[arg(long, value_name = "USER:PASSWORD", value_parser = secret)]
    basic_auth: Option<Secret>,

    /// Require client certificates signed by the authority in this PEM file.
    #[arg(long, value_name = "FILE")]
    client_ca: Option<PathBuf>,

    /// Number of further Marathon processes, each on a port of its own, that proxy requests to the leader. `DELETE
    /// /v2/leader` elects the next one. The first line of output lists all addresses.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=8))]
    standbys: u8,

    /// Lifetime of a token.
    #[arg(long, value_name = "DURATION", value_parser = text::duration::parse_with_unit, default_value = "5d")]
    token_ttl: Duration,

    /// Serve the admin API on this address: faults, inspection, journal, manual clock.
    #[arg(long, value_name = "ADDR")]
    pub(super) admin: Option<SocketAddr>,

    /// Use the machine's clock, or advance the time only by the admin API.
    #[arg(long, value_enum, default_value_t = ClockMode::Real)]
    clock: ClockMode,

    /// Maximum number of Marathon's own health checks in flight.
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..))]
    max_checks: u32,

    /// Launches that Marathon allows within 30 s, beside those whose tasks run by then (Marathon's `--launch_tokens`).
    #[arg(long, value_name = "N", default_value_t = Tuning::default().launch_tokens, value_parser = clap::value_parser!(u32).range(1..))]
    launch_tokens: u32,

    /// Maximum number of instances that Marathon launches with one offer (its `--max_instances_per_offer`).
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    max_instances_per_offer: u16,

    /// Time that an agent takes from an accepted offer to TASK_STARTING. Recorded were 0.14 to 1.96 s.
    #[arg(long, value_name = "DURATION", value_parser = text::duration::parse_with_unit, default_value = "400ms")]
    launch_latency: Duration,

    /// Maximum number of events that a reader of the event stream may be behind; it misses further ones.
    #[arg(long, value_name = "N", default_value_t = 1024, value_parser = clap::value_parser!(u16).range(1..))]
    event_stream_max_outstanding_messages: u16,

    /// Let only this many tasks of each app answer their health checks, in order of start.
    #[arg(long, value_name = "N")]
    hold_at_most: Option<u32>,

    /// Vary that limit by at most this share of itself, such as 0.1.
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, requires = "hold_at_most")]
    hold_noise: f64,

    /// Maximum number of instances of all apps together; more is refused with 422.
    #[arg(long, value_name = "N", default_value_t = Tuning::default().max_instances)]
    max_instances: u32,

    /// Maximum time by which one request to the admin API may advance a manual clock.
    #[arg(long, value_name = "DURATION", value_parser = text::duration::parse_with_unit, default_value = "31d")]
    max_advance: Duration,

    /// Random seed of ids, ports and phases.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    /// Filter of the log on stderr, such as `info` or `fake_marathon=debug`.
    #[arg(long, value_name = "FILTER", default_value = "warn")]
    pub(super) log: String,
}

/// A value with a password: never printed, not even in an error, so it is validated after parsing.
#[derive(Clone)]
struct Secret(String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[expect(clippy::unnecessary_wraps, reason = "clap wants a result")]
fn secret(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret(text.to_owned()))
}

impl Secret {
    fn login(&self, flag: &str) -> Result<(&str, &str), Failure> {
        let login = self.0.split_once(':').filter(|(uid, password)| !uid.is_empty() && !password.is_empty());
        login.ok_or_else(|| Failure::usage(format!("{flag}: expected NAME:PASSWORD, both not empty")))
    }
}

fn tls(text: &str) -> Result<Tls, String> {
    if text == "self-signed" {
        return Ok(Tls::SelfSigned);
    }
    let files = text.split_once(',').filter(|(certificate, key)| !certificate.is_empty() && !key.is_empty());
    let (certificate, key) = files.ok_or_else(|| "expected self-signed, or two PEM files as CERT,KEY".to_owned())?;
    Ok(Tls::Files { certificate: certificate.into(), key: key.into() })
}

impl Options {
    /// The fake that the flags ask for. `task_tools` is the program for process tasks.
    pub(super) fn builder(&self, task_tools: Option<&Path>) -> Result<Builder, Failure> {
        let builder = self.add_logins(self.sized()?)?;
        let mut builder = builder
            .listen(self.listen)
            .clock(self.clock)
            .token_ttl(self.token_ttl)
            .standbys(self.standbys.into())
            .seed(self.seed)
            .tuning(Tuning {
                max_checks: usize::try_from(self.max_checks).unwrap_or(usize::MAX),
                launch_tokens: self.launch_tokens,
                max_launches_per_offer: self.max_instances_per_offer.into(),
                launch_latency: self.launch_latency,
                event_backlog: self.event_stream_max_outstanding_messages.into(),
                max_instances: self.max_instances,
                max_advance: self.max_advance,
                quirks: self.marathon_version,
                ..Tuning::default()
            });
        if let Some(limit) = self.hold_at_most {
            if !(0.0..=1.0).contains(&self.hold_noise) {
                let noise = self.hold_noise;
                return Err(Failure::usage(format!("--hold-noise: {noise} is out of range; use a number from 0 to 1")));
            }
            builder = builder.hold_at_most(limit, self.hold_noise);
        }
        builder = self.allow_hosts.iter().fold(builder, |builder, host| builder.allow_host(host));
        builder = self.allow_origins.iter().fold(builder, |builder, origin| builder.allow_origin(origin));
        if let Some(tls) = &self.tls {
            builder = builder.tls(tls.clone());
        }
        if let Some(file) = &self.client_ca {
            builder = builder.client_ca(file);
        }
        if let Some(program) = task_tools {
            builder = builder.task_tools(program);
        }
        Ok(builder)
    }

    /// A builder with the agents and the kind of tasks.
    fn sized(&self) -> Result<Builder, Failure> {
        for (name, value) in [("--agent-cpus", self.agent_cpus), ("--agent-mem", self.agent_mem)] {
            if !value.is_finite() || value <= 0.0 {
                return Err(Failure::usage(format!("{name}: {value} is not a positive amount")));
            }
        }
        let builder = FakeMarathon::builder()
            .tasks(self.tasks)
            .agents(self.agents.into())
            .agent_cpus(self.agent_cpus)
            .agent_mem(self.agent_mem)
            .process_ports(self.process_ports)
            .isolation(self.isolation.clone());
        Ok(if self.no_docker { builder.without_docker() } else { builder })
    }

    /// Adds everybody who may log in.
    fn add_logins(&self, mut builder: Builder) -> Result<Builder, Failure> {
        for user in &self.users {
            let (uid, password) = user.login("--user")?;
            builder = builder.user(uid, password);
        }
        for account in &self.service_accounts {
            let Some((uid, file)) = account.split_once(':').filter(|(uid, _)| !uid.is_empty()) else {
                return Err(Failure::usage("--service-account: expected UID:PUBLIC_KEY.pem"));
            };
            let key = std::fs::read_to_string(file)
                .map_err(|error| Failure::usage(format!("--service-account: cannot read {file}: {error}")))?;
            builder = builder.service_account(uid, key);
        }
        if let Some(user) = &self.basic_auth {
            let (user, password) = user.login("--basic-auth")?;
            builder = builder.basic_auth(user, password);
        }
        Ok(builder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_neither_repeated_nor_printed() {
        let user = Secret("bob:hunter2".to_owned());
        assert!(!format!("{user:?}").contains("hunter2"));
        assert!(user.login("--user").is_ok_and(|(uid, password)| (uid, password) == ("bob", "hunter2")));
        assert!(Secret("hunter2".to_owned()).login("--user").is_err_and(|failure| !failure.text.contains("hunter2")));
    }

    #[test]
    fn the_options_are_those_of_the_documentation() {
        use clap::CommandFactory as _;
        Options::command().debug_assert();
        let names: Vec<_> = Options::command()
            .get_opts()
            .filter_map(|arg| arg.get_long().map(str::to_owned))
            .filter(|name| name != "help" && name != "version")
            .collect();
        let wanted = "listen allow-host allow-origin port-file marathon-version tasks agents agent-cpus agent-mem process-ports isolation no-docker tls user service-account basic-auth client-ca standbys token-ttl admin clock max-checks launch-tokens max-instances-per-offer launch-latency event-stream-max-outstanding-messages hold-at-most hold-noise max-instances max-advance seed log";
        assert_eq!(names.join(" "), wanted);
    }
}

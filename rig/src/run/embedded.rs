//! The fake Marathon in this program, with a user and a login like a cluster.

use std::{net::SocketAddr, num::NonZeroU32, sync::LazyLock, time::Duration};

use clap::{Args, ValueEnum};
use fake_marathon::{
    Builder, FakeMarathon, PROCESS_PORTS, Tasks,
    tuning::{Quirks, Tuning},
};
use harness::{
    Client,
    cluster::{Preflight, preflight},
    dcos::Credentials,
    settings::{Access, Settings},
};
use uuid::Uuid;

use crate::{
    exit::{Code, Failure},
    flags::{
        FAKE,
        values::{positive, whole},
    },
    folder::{
        RunFolder,
        manifest::{ChecksLate, Cluster, ClusterKind, Launching},
    },
    run::{Definition, reach},
};

/// Flags of the embedded fake.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = FAKE)]
pub struct EmbeddedArgs {
    /// What tasks are: processes, or listeners in this program
    ///
    /// A process runs the app's own command. A light task is a listener in this program, on a real socket: no command is
    /// run, so that this machine holds ten times as many.
    #[arg(long, hide_short_help = true, value_enum, default_value_t = TaskKind::Process, value_name = "KIND")]
    pub tasks: TaskKind,
    /// Agents of the fake cluster
    #[arg(long, hide_short_help = true, default_value_t = 5, value_name = "N", value_parser = whole(1, 200_u16))]
    pub agents: u16,
    /// Random seed of the fake
    #[arg(long, hide_short_help = true, default_value_t = 1, value_name = "N", value_parser = whole(0, u64::MAX))]
    pub seed: u64,
    /// Version of Marathon whose rules the fake follows
    #[arg(long, hide_short_help = true, value_name = "VERSION", default_value_t = Quirks::default())]
    pub marathon_version: Quirks,
    /// Offers in Mesos's cycles, as on a real cluster
    #[arg(long, hide_short_help = true, conflicts_with = "prompt_offers")]
    pub faithful_offers: bool,
    /// Offers at once instead of in Mesos's cycles: faster than any real cluster
    #[arg(long, hide_short_help = true)]
    pub prompt_offers: bool,
    /// Marathon's flag `--launch_tokens`.
    #[arg(
        long, hide_short_help = true, value_name = "N", value_parser = positive,
        help = with_defaults("Launches that Marathon allows within 30 s, beside those whose tasks run by then; Marathon's flag --launch_tokens", |of| of.launch_tokens),
    )]
    pub launch_tokens: Option<NonZeroU32>,
    /// Marathon's flag `--max_instances_per_offer`.
    #[arg(
        long, hide_short_help = true, value_name = "N", value_parser = positive,
        help = with_defaults("Instances that Marathon launches with one offer; Marathon's flag --max_instances_per_offer", |of| of.max_instances_per_offer),
    )]
    pub max_instances_per_offer: Option<NonZeroU32>,
    /// Let only the N oldest tasks of each app pass their checks; N~2% varies N by that much at each check
    #[arg(long, hide_short_help = true, value_name = "N[~NOISE%]", value_parser = bound)]
    pub hold_at_most: Option<Bound>,
}

/// What the tasks of the fake are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum TaskKind {
    /// The app's own command in a process.
    #[default]
    Process,
    /// A listener in this program.
    Light,
}

impl TaskKind {
    /// The word in `run.json`, in reports and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::Light => "light",
        }
    }

    /// How quickly Marathon launches them, unless that is asked for.
    fn launching(self) -> Launching {
        match self {
            Self::Process => marathons_own(),
            Self::Light => LIGHT,
        }
    }

    /// What a run tells of its tasks and their checks.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Process => "real processes, real checks",
            Self::Light => "light tasks (listeners in this program, no processes), real checks",
        }
    }
}

impl From<TaskKind> for Tasks {
    fn from(kind: TaskKind) -> Self {
        match kind {
            TaskKind::Process => Self::Process,
            TaskKind::Light => Self::Light,
        }
    }
}

/// When the fake makes offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offers {
    /// In Mesos's cycles.
    Faithful,
    /// At once.
    Prompt,
}

impl EmbeddedArgs {
    /// The offers that were asked for, or else the command's own default.
    pub fn offers(&self, default: Offers) -> Offers {
        match (self.faithful_offers, self.prompt_offers) {
            (true, _) => Offers::Faithful,
            (false, true) => Offers::Prompt,
            (false, false) => default,
        }
    }

    /// How quickly Marathon launches. With its own defaults it launches about 20 tasks a second; so many light tasks as a
    /// machine holds would take it a quarter of an hour.
    fn launching(&self) -> Launching {
        let usual = self.tasks.launching();
        let or = |asked: Option<NonZeroU32>, usual| asked.map_or(usual, NonZeroU32::get);
        Launching {
            launch_tokens: or(self.launch_tokens, usual.launch_tokens),
            max_instances_per_offer: or(self.max_instances_per_offer, usual.max_instances_per_offer),
        }
    }
}

/// For light tasks: five agents that are offered once a second take 500 tasks a second, which two processors start and check.
const LIGHT: Launching = Launching { launch_tokens: 10_000, max_instances_per_offer: 100 };

/// A line of help about a flag of Marathon's, with its default for each kind of task.
fn with_defaults(what: &str, flag: fn(Launching) -> u32) -> String {
    let [process, light] = [TaskKind::Process, TaskKind::Light].map(|kind| flag(kind.launching()));
    format!("{what} [default: {process}; {light} of light tasks]")
}

/// Marathon's own defaults.
fn marathons_own() -> Launching {
    let Tuning { launch_tokens, max_launches_per_offer, .. } = Tuning::default();
    Launching { launch_tokens, max_instances_per_offer: u32::try_from(max_launches_per_offer).unwrap_or(u32::MAX) }
}

/// A limit for the fake, so that a search has one to find.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bound {
    tasks: u32,
    noise: f64,
}

fn bound(text: &str) -> Result<Bound, String> {
    let wrong = || format!("`{text}` is not a bound; write a number of tasks such as 137, or 137~2% with noise");
    let (tasks, noise) = text.split_once('~').unwrap_or((text, "0%"));
    let tasks = tasks.trim().parse().map_err(|_| wrong())?;
    let percent: f64 = noise.trim().strip_suffix('%').and_then(|noise| noise.parse().ok()).ok_or_else(wrong)?;
    if (0.0..=100.0).contains(&percent) { Ok(Bound { tasks, noise: percent / 100.0 }) } else { Err(wrong()) }
}

/// What runs at the same time need, each at its last target. The fake's agents are made large enough for it, so that
/// this machine or the checks limit a run, not the size of agents that do not exist.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Size {
    /// Tasks.
    pub tasks: u32,
    /// CPUs of all.
    pub cpus: f64,
    /// Memory of all in MB.
    pub mem: f64,
}

impl Size {
    /// So many tasks of each of these definitions at the same time.
    pub fn of<'a>(runs: impl IntoIterator<Item = (&'a Definition, u32)>) -> Self {
        runs.into_iter().fold(Self::default(), |all, (definition, target)| {
            let (cpus, mem) = definition.needs();
            let tasks = f64::from(target);
            Self { tasks: all.tasks.saturating_add(target), cpus: all.cpus + tasks * cpus, mem: all.mem + tasks * mem }
        })
    }

    /// The larger of both in each resource: what is needed at any time.
    #[must_use]
    pub fn or_more(self, other: Self) -> Self {
        Self { tasks: self.tasks.max(other.tasks), cpus: self.cpus.max(other.cpus), mem: self.mem.max(other.mem) }
    }

    /// A builder whose agents are large enough; never smaller than the builder's default.
    fn hold(self, builder: Builder, kind: TaskKind, agents: u16) -> Builder {
        // An upgrade, and a task that is still being killed, need room beside the others; and no agent is filled evenly.
        let each = |all: f64, least: f64| least.max((all * MORE / f64::from(agents)).ceil());
        // The ports of process tasks are those of the machine; the agents of light ones each have all of theirs.
        let sharing = match kind {
            TaskKind::Process => 1,
            TaskKind::Light => u64::from(agents.max(1)),
        };
        let ports = u16::try_from((u64::from(self.tasks) * 5 / 4).div_ceil(sharing)).unwrap_or(u16::MAX);
        builder
            .agent_cpus(each(self.cpus, 64.0))
            .agent_mem(each(self.mem, 64_000.0))
            .process_ports(ports.clamp(1_000, PROCESS_PORTS))
    }
}

/// See [`Size::hold`].
const MORE: f64 = 1.25;

/// A fake that runs, and a client that is logged in.
#[derive(Debug)]
pub struct Embedded {
    /// The fake.
    pub fake: FakeMarathon,
    /// A client of it.
    pub client: Client,
    /// What the client found there.
    pub found: Preflight,
    /// What a run's manifest says of it.
    pub cluster: Cluster,
}

impl Embedded {
    /// Notes in the manifests of runs on a fake, which have ended, how late it began their checks.
    ///
    /// # Errors
    /// A manifest cannot be written.
    pub async fn note_lateness(fake: &FakeMarathon, folders: &[RunFolder]) -> Result<(), Failure> {
        let Ok(inspection) = fake.inspect().await else { return Ok(()) };
        let seconds = |micros: u64| Duration::from_micros(micros).as_secs_f64();
        let late = inspection.check_lateness;
        let late = ChecksLate { p99_seconds: seconds(late.p99_micros), max_seconds: seconds(late.max_micros) };
        for folder in folders {
            // A run that ended before it began has none.
            if let Ok(mut manifest) = folder.manifest() {
                manifest.cluster.checks_late = Some(late);
                folder.write_json("run.json", &manifest)?;
            }
        }
        Ok(())
    }

    /// Starts it on loopback with a user, as DC/OS has one: the login is a part of the procedure. It has
    /// room for `size`.
    ///
    /// # Errors
    /// The fake does not start or does not answer.
    pub async fn start(args: &EmbeddedArgs, offers: Offers, size: Size) -> Result<Self, Failure> {
        let fake = start(args, offers, size).await?;
        let settings = login(fake.url())?;
        let client = reach::client(&settings)?;
        let found = preflight(&client).await.map_err(|error| reach::failure(&error))?;
        let cluster = Cluster {
            kind: ClusterKind::Embedded,
            tasks: Some(args.tasks.as_str().to_owned()),
            prompt_offers: offers == Offers::Prompt,
            launching: Some(args.launching()).filter(|launching| *launching != marathons_own()),
            ..reach::describe(&settings, &client, &found)
        };
        Ok(Self { fake, client, found, cluster })
    }
}

async fn start(args: &EmbeddedArgs, offers: Offers, size: Size) -> Result<FakeMarathon, Failure> {
    let Launching { launch_tokens, max_instances_per_offer } = args.launching();
    let mut builder = size
        .hold(FakeMarathon::builder(), args.tasks, args.agents)
        .tasks(args.tasks.into())
        .agents(usize::from(args.agents))
        .seed(args.seed)
        .launch_tokens(launch_tokens)
        .max_instances_per_offer(max_instances_per_offer as usize)
        .marathon_version(args.marathon_version)
        .listen(SocketAddr::from(([127, 0, 0, 1], 0)))
        .user(USER, password());
    if args.tasks == TaskKind::Process {
        let tools = fake_marathon::task_tools::program("hc-rig-task-tools")
            .map_err(|error| Failure::new(Code::Internal, format!("cannot find the file of this program: {error}")))?;
        builder = builder.task_tools(tools);
    }
    match offers {
        Offers::Faithful => {}
        Offers::Prompt => builder = builder.prompt_offers(),
    }
    if let Some(Bound { tasks, noise }) = args.hold_at_most {
        builder = builder.hold_at_most(tasks, noise);
    }
    builder
        .start()
        .await
        .map_err(|error| Failure::new(Code::Internal, format!("the fake Marathon did not start: {error}")))
}

const USER: &str = "bootstrapuser";

/// One password for this process: nobody else can use its fake.
fn password() -> String {
    static PASSWORD: LazyLock<String> = LazyLock::new(|| Uuid::new_v4().to_string());
    PASSWORD.clone()
}

fn login(url: &str) -> Result<Settings, Failure> {
    let credentials = Credentials::Password { uid: USER.to_owned(), password: password().into() };
    let access = Access::dcos(url, credentials);
    access.map(Settings::from).map_err(|error| Failure::new(Code::Internal, error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_is_large_enough_for_its_share_and_never_smaller_than_usual() {
        let pair = Definition::load("mesos,TCP").unwrap();
        let (cpus, mem) = pair.needs();
        assert_eq!(Size::of([(&pair, 2), (&pair, 3)]), Size { tasks: 5, cpus: 5.0 * cpus, mem: 5.0 * mem });
        let large = Size { tasks: 10_000, cpus: 10.0, mem: 640_000.0 };
        for (kind, ports) in [(TaskKind::Process, "process_ports: 12500"), (TaskKind::Light, "process_ports: 2500")] {
            let built = format!("{:?}", large.hold(FakeMarathon::builder(), kind, 5));
            for part in ["agent_cpus: 64.0", "agent_mem: 160000.0", ports] {
                assert!(built.contains(part), "{part} in {built}");
            }
        }
    }

    #[test]
    fn a_bound_is_a_number_with_or_without_noise() {
        assert_eq!(bound("137"), Ok(Bound { tasks: 137, noise: 0.0 }));
        assert_eq!(bound("137~2%"), Ok(Bound { tasks: 137, noise: 0.02 }));
        for wrong in ["", "many", "137~", "137~2", "137~-1%", "137~101%"] {
            assert!(bound(wrong).is_err_and(|why| why.contains("is not a bound")), "{wrong}");
        }
    }
}

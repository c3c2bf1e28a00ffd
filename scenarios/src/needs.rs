//! What a scenario needs beyond one agent and a Marathon.

use std::time::Duration;

/// An outage that a cluster can suffer too, if its owner allows it (`HC_RIG_LIVE_FAULTS`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outage {
    /// The leader steps down: `DELETE /v2/leader`.
    Leader,
    /// An agent cannot be reached for a while.
    Agent,
}

/// What a scenario asks of its arena. A backend that cannot give it reports the scenario as not applicable.
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use]
pub struct Needs {
    pub(crate) login: bool,
    pub(crate) token_ttl: Option<Duration>,
    pub(crate) agents: usize,
    pub(crate) tasks: u32,
    pub(crate) faults: Option<&'static str>,
    pub(crate) outage: Option<Outage>,
    pub(crate) no_events: bool,
    pub(crate) fatal_waiting_instances: Option<usize>,
}

/// Nothing special.
pub fn needs() -> Needs {
    Needs::default()
}

impl Needs {
    /// A login by user and password.
    pub fn a_login(mut self) -> Self {
        self.login = true;
        self
    }

    /// A login whose tokens end after `ttl`.
    pub fn tokens_that_expire_after(mut self, ttl: Duration) -> Self {
        self.login = true;
        self.token_ttl = Some(ttl);
        self
    }

    /// This many agents.
    pub fn agents(mut self, agents: usize) -> Self {
        self.agents = agents;
        self
    }

    /// Room for this many tasks at once. State it where it is more than a small agent has.
    pub fn tasks(mut self, tasks: u32) -> Self {
        self.tasks = tasks;
        self
    }

    /// A fault to inject; `what` completes "it …", for example "takes an agent away".
    pub fn a_fault(mut self, what: &'static str) -> Self {
        self.faults = Some(what);
        self
    }

    /// A Marathon that may be broken for everybody who uses it.
    pub fn a_marathon_to_break(self) -> Self {
        self.a_fault("breaks Marathon for everybody")
    }

    /// A Marathon whose process ends of this many waiting instances of one app; a real one ends of thousands.
    pub fn a_marathon_that_dies_of(mut self, waiting_instances: usize) -> Self {
        self.fatal_waiting_instances = Some(waiting_instances);
        self.a_marathon_to_break()
    }

    /// A leader that may be asked to step down ([`crate::Arena::leader_steps_down`]).
    pub fn a_leader_that_steps_down(mut self) -> Self {
        self.outage = Some(Outage::Leader);
        self
    }

    /// Two agents, one of which may be lost and come back ([`crate::Arena::lose_an_agent`]).
    pub fn an_agent_to_lose(mut self) -> Self {
        self.outage = Some(Outage::Agent);
        self.agents(2)
    }

    /// Waits that only poll, without the event stream.
    pub fn no_events(mut self) -> Self {
        self.no_events = true;
        self
    }
}

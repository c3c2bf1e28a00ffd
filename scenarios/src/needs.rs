//! What a scenario needs beyond one agent and a Marathon.

use std::time::Duration;

/// What a scenario asks of its arena. An arm that cannot give it does not run the scenario, and says so.
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use]
pub struct Needs {
    pub(crate) login: bool,
    pub(crate) token_ttl: Option<Duration>,
    pub(crate) agents: usize,
    pub(crate) faults: Option<&'static str>,
    pub(crate) no_events: bool,
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

    /// So many agents.
    pub fn agents(mut self, agents: usize) -> Self {
        self.agents = agents;
        self
    }

    /// To make something fail; `what` completes "it …", for example "takes an agent away".
    pub fn a_fault(mut self, what: &'static str) -> Self {
        self.faults = Some(what);
        self
    }

    /// That waits get by without the event stream.
    pub fn no_events(mut self) -> Self {
        self.no_events = true;
        self
    }
}

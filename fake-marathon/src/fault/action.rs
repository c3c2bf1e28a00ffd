//! What a rule does, by injection point. The variants' names in snake case are the words of the admin API.

use std::time::Duration;

use serde::Serialize;
use strum::{EnumDiscriminants, EnumString, IntoStaticStr, VariantNames};

/// What happens, and at which injection point.
#[derive(Clone, Debug, PartialEq, Serialize, EnumDiscriminants)]
#[serde(rename_all = "snake_case")]
#[strum_discriminants(name(ActionWord), vis(pub(super)), strum(serialize_all = "snake_case"))]
#[strum_discriminants(derive(EnumString, VariantNames))]
pub enum Action {
    /// To an HTTP request.
    Http(HttpAction),
    /// To an event of one reader's stream.
    Events(EventAction),
    /// To one health check.
    Checks(CheckAction),
    /// To a task at its start.
    Tasks(TaskAction),
    /// To a status update from Mesos to Marathon.
    StatusUpdates(MessageAction),
    /// To an offer from Mesos to Marathon.
    Offers(MessageAction),
    /// To DC/OS's login and tokens.
    Login(LoginAction),
    /// To an agent: when the rule takes effect, and again at each `every`.
    Agents(AgentAction),
    /// To Marathon's own process: when the rule takes effect, and again at each `every`.
    Scheduler(SchedulerAction),
    /// To a deployment that is about to advance: to its first step, from one step to the next, or to its end.
    Deployments(DeploymentAction),
    /// To an app that enters the launch queue.
    Queue(QueueAction),
}

/// To an HTTP request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, EnumDiscriminants)]
#[serde(rename_all = "snake_case")]
#[strum_discriminants(name(HttpWord), vis(pub(super)), strum(serialize_all = "snake_case"))]
#[strum_discriminants(derive(EnumString, VariantNames))]
pub enum HttpAction {
    /// Answers with this status and `{"message": …}`, without reaching Marathon.
    Status {
        /// 200 to 599.
        code: u16,
        /// The text.
        message: String,
    },
    /// Reaches Marathon this much later.
    Delay(#[serde(with = "super::duration")] Duration),
    /// Makes the change, then resets the connection before the answer.
    Reset,
    /// Sends all headers and this many bytes of the body, then closes the connection.
    Truncate(usize),
    /// Replaces the last byte of the body, so that it is not JSON.
    Malformed,
    /// Promises more in `Content-Length` than it sends, then closes the connection.
    WrongLength,
}

/// To an event of one reader's stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, EnumDiscriminants)]
#[serde(rename_all = "snake_case")]
#[strum_discriminants(name(EventWord), vis(pub(super)), strum(serialize_all = "snake_case"))]
#[strum_discriminants(derive(EnumString, VariantNames))]
pub enum EventAction {
    /// Never sent.
    Drop,
    /// Sent this much later, with all events behind it.
    Delay(#[serde(with = "super::duration")] Duration),
    /// Sent twice.
    Duplicate,
    /// Sent after the event that follows it.
    Reorder,
    /// The stream ends instead.
    Disconnect,
}

/// To one health check.
#[derive(Clone, Debug, PartialEq, Serialize, EnumDiscriminants)]
#[serde(rename_all = "snake_case")]
#[strum_discriminants(name(CheckWord), vis(pub(super)), strum(serialize_all = "snake_case"))]
#[strum_discriminants(derive(EnumString, VariantNames))]
pub enum CheckAction {
    /// The connection is refused.
    Refuse,
    /// No answer comes; the check times out.
    Hang,
    /// The check is made this much later, within the same time-out.
    Slow(#[serde(with = "super::duration")] Duration),
    /// Answered with this HTTP status; a check that is not HTTP fails.
    Status(u16),
    /// Checks time out for tasks of an app that have at least this many older ones beside them.
    HoldAtMost(HoldAtMost),
}

/// How many tasks of an app answer their checks, in order of start among the living ones.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct HoldAtMost {
    /// The limit.
    pub tasks: u32,
    /// Varies the limit by at most this share of itself, drawn for each check (0.1 is ±10 %).
    pub noise: f64,
}

/// To a task at its start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, EnumDiscriminants)]
#[serde(rename_all = "snake_case")]
#[strum_discriminants(name(TaskWord), vis(pub(super)), strum(serialize_all = "snake_case"))]
#[strum_discriminants(derive(EnumString, VariantNames))]
pub enum TaskAction {
    /// Cannot be started at all.
    Refuse,
    /// Exits after this time; a real process is killed.
    CrashAfter(#[serde(with = "super::duration")] Duration),
    /// Behaves as if this were its label `HC_RIG_BEHAVIOUR` (`hangs`, `slow=300ms`, `flaps=up:5s,down:2s`); simulated
    /// tasks only.
    Behave(String),
}

/// To a message from Mesos to Marathon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, EnumDiscriminants)]
#[serde(rename_all = "snake_case")]
#[strum_discriminants(name(MessageWord), vis(pub(super)), strum(serialize_all = "snake_case"))]
#[strum_discriminants(derive(EnumString, VariantNames))]
pub enum MessageAction {
    /// Never arrives. An offer's resources return to the master after 5 s.
    Drop,
    /// Arrives this much later.
    Delay(#[serde(with = "super::duration")] Duration),
}

/// To DC/OS's login and tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, EnumString, VariantNames)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum LoginAction {
    /// Refuses a login with the right password.
    Refuse,
    /// Issues a token that has expired already.
    Expired,
    /// Issues a token signed with a key that Admin Router does not trust.
    WrongKey,
    /// Refuses a valid token.
    Revoked,
}

/// To an agent. Agents that are gone for good are left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, EnumDiscriminants)]
#[serde(rename_all = "snake_case")]
#[strum_discriminants(name(AgentWord), vis(pub(super)), strum(serialize_all = "snake_case"))]
#[strum_discriminants(derive(EnumString, VariantNames))]
pub enum AgentAction {
    /// Disconnected while the rule is in force; after `Tuning::agent_timeout` its tasks are TASK_UNREACHABLE.
    Lost,
    /// The same, but it is back after this time at the latest.
    Out(#[serde(with = "super::duration")] Duration),
    /// Its process restarts; clients notice nothing.
    Restart,
    /// Removed for good with its tasks.
    Gone,
}

/// To Marathon's own process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, EnumString, VariantNames)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum SchedulerAction {
    /// Gives up leadership and takes it again.
    Abdicates,
    /// Restarts without its records of instances (see [`super::Fault::LeaderRestartsEmpty`]).
    RestartsEmpty,
}

/// To a deployment that is about to advance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, EnumString, VariantNames)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum DeploymentAction {
    /// Stays in its step while the rule is in force. What the step has begun continues; it can be cancelled.
    Stuck,
}

/// To an app that enters the launch queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, EnumDiscriminants)]
#[serde(rename_all = "snake_case")]
#[strum_discriminants(name(QueueWord), vis(pub(super)), strum(serialize_all = "snake_case"))]
#[strum_discriminants(derive(EnumString, VariantNames))]
pub enum QueueAction {
    /// Delays its launches this long, as after a failure; `DELETE /v2/queue/{app}/delay` resets it.
    Delay(#[serde(with = "super::duration")] Duration),
}

/// Where rules take effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub(crate) enum InjectionPoint {
    Http,
    Events,
    Checks,
    Tasks,
    StatusUpdates,
    Offers,
    /// Where tokens are issued.
    Login,
    /// Where tokens are checked.
    #[strum(serialize = "login")]
    TokenCheck,
    Agents,
    Scheduler,
    Deployments,
    Queue,
}

impl InjectionPoint {
    /// Its bit in a set of points.
    pub(super) const fn bit(self) -> u32 {
        1 << self as u32
    }

    /// The fields of a match that make sense at this point, beside `nth`.
    pub(super) fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Http | Self::TokenCheck => &["method", "path", "app"],
            Self::Events | Self::StatusUpdates => &["app", "task", "agent", "kind"],
            Self::Checks | Self::Tasks => &["app", "task", "agent"],
            Self::Offers | Self::Agents => &["agent"],
            Self::Deployments | Self::Queue => &["app"],
            Self::Login | Self::Scheduler => &[],
        }
    }

    /// Whether rules take effect here outside the engine, which has to be woken then.
    pub(super) fn is_outside(self) -> bool {
        match self {
            Self::Http | Self::Events | Self::Login | Self::TokenCheck => true,
            Self::Checks
            | Self::Tasks
            | Self::StatusUpdates
            | Self::Offers
            | Self::Agents
            | Self::Scheduler
            | Self::Deployments
            | Self::Queue => false,
        }
    }

    /// Its word in a rule.
    pub(super) fn name(self) -> &'static str {
        self.into()
    }
}

/// An action that the clock triggers, instead of a request or a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Timed {
    Agents(AgentAction),
    Scheduler(SchedulerAction),
}

impl Action {
    pub(super) fn point(&self) -> InjectionPoint {
        match self {
            Self::Http(_) => InjectionPoint::Http,
            Self::Events(_) => InjectionPoint::Events,
            Self::Checks(_) => InjectionPoint::Checks,
            Self::Tasks(_) => InjectionPoint::Tasks,
            Self::StatusUpdates(_) => InjectionPoint::StatusUpdates,
            Self::Offers(_) => InjectionPoint::Offers,
            Self::Login(LoginAction::Refuse | LoginAction::Expired | LoginAction::WrongKey) => InjectionPoint::Login,
            Self::Login(LoginAction::Revoked) => InjectionPoint::TokenCheck,
            Self::Agents(_) => InjectionPoint::Agents,
            Self::Scheduler(_) => InjectionPoint::Scheduler,
            Self::Deployments(_) => InjectionPoint::Deployments,
            Self::Queue(_) => InjectionPoint::Queue,
        }
    }

    pub(super) fn timed(&self) -> Option<Timed> {
        match self {
            Self::Agents(action) => Some(Timed::Agents(*action)),
            Self::Scheduler(action) => Some(Timed::Scheduler(*action)),
            Self::Http(_)
            | Self::Events(_)
            | Self::Checks(_)
            | Self::Tasks(_)
            | Self::StatusUpdates(_)
            | Self::Offers(_)
            | Self::Login(_)
            | Self::Deployments(_)
            | Self::Queue(_) => None,
        }
    }
}

//! The requests of the admin API: adding a rule, injecting a fault now, advancing the clock.

use std::time::Duration;

use super::{
    Fault, FaultWord,
    action::{
        Action, ActionWord, AgentAction, AgentWord, CheckAction, CheckWord, DeploymentAction, EventAction, EventWord,
        HoldAtMost, HttpAction, HttpWord, LoginAction, MessageAction, MessageWord, QueueAction, QueueWord,
        SchedulerAction, TaskAction, TaskWord,
    },
    json::{Field, document},
    rule::{Match, Rule, Window},
};

/// A body of `POST /fake/faults`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum FaultRequest {
    /// Adds a rule, perhaps with a name.
    Rule(Option<String>, Box<Rule>),
    /// Injects a fault at once.
    Now(Fault),
}

impl FaultRequest {
    /// Reads the body of `POST /fake/faults`.
    ///
    /// # Errors
    ///
    /// One sentence that names the field.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, String> {
        let document = document(body)?;
        let root = Field::root(&document);
        if document.get("now").is_some() {
            return Ok(Self::Now(fault(&root.fields(&["now"])?.required("now")?)?));
        }
        let fields = root.fields(&["name", "match", "act", "times", "probability", "window", "every"])?;
        let name = fields.optional("name", name)?;
        let rule = Rule {
            matches: fields.optional("match", matches)?.unwrap_or_default(),
            action: action(&fields.required("act")?)?,
            times: fields.optional("times", Field::integer)?,
            probability: fields.optional("probability", Field::number)?.unwrap_or(1.0),
            window: fields.optional("window", window)?,
            every: fields.optional("every", Field::duration)?,
        };
        Ok(Self::Rule(name, Box::new(rule)))
    }
}

/// Reads the body of `POST /fake/clock`.
///
/// # Errors
///
/// One sentence that names the field.
pub(crate) fn parse_advance(body: &[u8]) -> Result<Duration, String> {
    let document = document(body)?;
    Field::root(&document).fields(&["advance"])?.required("advance")?.duration()
}

fn name(field: &Field<'_>) -> Result<String, String> {
    let name = field.text().ok().filter(|name| !name.is_empty() && !name.contains('/'));
    name.ok_or_else(|| field.error("expected a string without a slash; it may be omitted"))
}

fn matches(field: &Field<'_>) -> Result<Match, String> {
    let fields = field.fields(&["method", "path", "app", "task", "agent", "kind", "nth"])?;
    Ok(Match {
        method: fields.optional("method", Field::text)?,
        path: fields.optional("path", Field::text)?,
        app: fields.optional("app", Field::text)?,
        task: fields.optional("task", Field::text)?,
        agent: fields.optional("agent", Field::integer)?,
        kind: fields.optional("kind", Field::text)?,
        nth: fields.optional("nth", Field::integer)?,
    })
}

fn window(field: &Field<'_>) -> Result<Window, String> {
    let fields = field.fields(&["from", "until"])?;
    let from = fields.optional("from", Field::duration)?.unwrap_or_default();
    Ok(Window { from, until: fields.optional("until", Field::duration)? })
}

fn action(field: &Field<'_>) -> Result<Action, String> {
    let (point, argument) = field.word::<ActionWord>()?;
    let field = argument.required()?;
    Ok(match point {
        ActionWord::Http => Action::Http(http(&field)?),
        ActionWord::Events => Action::Events(event(&field)?),
        ActionWord::Checks => Action::Checks(check(&field)?),
        ActionWord::Tasks => Action::Tasks(task(&field)?),
        ActionWord::StatusUpdates => Action::StatusUpdates(message(&field)?),
        ActionWord::Offers => Action::Offers(message(&field)?),
        ActionWord::Login => {
            let (action, argument) = field.word::<LoginAction>()?;
            Action::Login(argument.none(action)?)
        }
        ActionWord::Agents => Action::Agents(agent(&field)?),
        ActionWord::Scheduler => {
            let (action, argument) = field.word::<SchedulerAction>()?;
            Action::Scheduler(argument.none(action)?)
        }
        ActionWord::Deployments => {
            let (action, argument) = field.word::<DeploymentAction>()?;
            Action::Deployments(argument.none(action)?)
        }
        ActionWord::Queue => Action::Queue(queue(&field)?),
    })
}

fn http(field: &Field<'_>) -> Result<HttpAction, String> {
    let (word, argument) = field.word::<HttpWord>()?;
    Ok(match word {
        HttpWord::Status => {
            let fields = argument.fields(&["code", "message"])?;
            let message = fields.optional("message", Field::text)?.unwrap_or_default();
            HttpAction::Status { code: fields.required("code")?.integer()?, message }
        }
        HttpWord::Delay => HttpAction::Delay(argument.duration()?),
        HttpWord::Reset => argument.none(HttpAction::Reset)?,
        HttpWord::Truncate => HttpAction::Truncate(argument.integer()?),
        HttpWord::Malformed => argument.none(HttpAction::Malformed)?,
        HttpWord::WrongLength => argument.none(HttpAction::WrongLength)?,
    })
}

fn event(field: &Field<'_>) -> Result<EventAction, String> {
    let (word, argument) = field.word::<EventWord>()?;
    Ok(match word {
        EventWord::Drop => argument.none(EventAction::Drop)?,
        EventWord::Delay => EventAction::Delay(argument.duration()?),
        EventWord::Duplicate => argument.none(EventAction::Duplicate)?,
        EventWord::Reorder => argument.none(EventAction::Reorder)?,
        EventWord::Disconnect => argument.none(EventAction::Disconnect)?,
    })
}

fn check(field: &Field<'_>) -> Result<CheckAction, String> {
    let (word, argument) = field.word::<CheckWord>()?;
    Ok(match word {
        CheckWord::Refuse => argument.none(CheckAction::Refuse)?,
        CheckWord::Hang => argument.none(CheckAction::Hang)?,
        CheckWord::Slow => CheckAction::Slow(argument.duration()?),
        CheckWord::Status => CheckAction::Status(argument.integer()?),
        CheckWord::HoldAtMost => {
            let fields = argument.fields(&["tasks", "noise"])?;
            let noise = fields.optional("noise", Field::number)?.unwrap_or_default();
            CheckAction::HoldAtMost(HoldAtMost { tasks: fields.required("tasks")?.integer()?, noise })
        }
    })
}

fn task(field: &Field<'_>) -> Result<TaskAction, String> {
    let (word, argument) = field.word::<TaskWord>()?;
    Ok(match word {
        TaskWord::Refuse => argument.none(TaskAction::Refuse)?,
        TaskWord::CrashAfter => TaskAction::CrashAfter(argument.duration()?),
        TaskWord::Behave => TaskAction::Behave(argument.text()?),
    })
}

fn message(field: &Field<'_>) -> Result<MessageAction, String> {
    let (word, argument) = field.word::<MessageWord>()?;
    Ok(match word {
        MessageWord::Drop => argument.none(MessageAction::Drop)?,
        MessageWord::Delay => MessageAction::Delay(argument.duration()?),
    })
}

fn agent(field: &Field<'_>) -> Result<AgentAction, String> {
    let (word, argument) = field.word::<AgentWord>()?;
    Ok(match word {
        AgentWord::Lost => argument.none(AgentAction::Lost)?,
        AgentWord::Out => AgentAction::Out(argument.duration()?),
        AgentWord::Restart => argument.none(AgentAction::Restart)?,
        AgentWord::Gone => argument.none(AgentAction::Gone)?,
    })
}

fn queue(field: &Field<'_>) -> Result<QueueAction, String> {
    let (word, argument) = field.word::<QueueWord>()?;
    Ok(match word {
        QueueWord::Delay => QueueAction::Delay(argument.duration()?),
    })
}

fn fault(field: &Field<'_>) -> Result<Fault, String> {
    let (word, argument) = field.word::<FaultWord>()?;
    Ok(match word {
        FaultWord::AgentRestart => Fault::AgentRestart(argument.integer()?),
        FaultWord::AgentGone => Fault::AgentGone(argument.integer()?),
        FaultWord::TaskExits => {
            let fields = argument.fields(&["task", "status"])?;
            Fault::TaskExits { task: fields.required("task")?.text()?, status: fields.required("status")?.integer()? }
        }
        FaultWord::TaskBehaves => {
            let fields = argument.fields(&["task", "behaviour"])?;
            Fault::TaskBehaves {
                task: fields.required("task")?.text()?,
                behaviour: fields.required("behaviour")?.text()?,
            }
        }
        FaultWord::LeaderAbdicates => argument.none(Fault::LeaderAbdicates)?,
        FaultWord::LeaderRestartsEmpty => argument.none(Fault::LeaderRestartsEmpty)?,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// One of each; a new action does not compile before it is here.
    fn every_action() -> Vec<Action> {
        let first = Action::Http(HttpAction::Status { code: 503, message: "x".into() });
        std::iter::successors(Some(first), |action| {
            Some(match action {
                Action::Http(HttpAction::Status { .. }) => Action::Http(HttpAction::Delay(secs(2))),
                Action::Http(HttpAction::Delay(_)) => Action::Http(HttpAction::Reset),
                Action::Http(HttpAction::Reset) => Action::Http(HttpAction::Truncate(10)),
                Action::Http(HttpAction::Truncate(_)) => Action::Http(HttpAction::Malformed),
                Action::Http(HttpAction::Malformed) => Action::Http(HttpAction::WrongLength),
                Action::Http(HttpAction::WrongLength) => Action::Events(EventAction::Drop),
                Action::Events(EventAction::Drop) => Action::Events(EventAction::Delay(secs(2))),
                Action::Events(EventAction::Delay(_)) => Action::Events(EventAction::Duplicate),
                Action::Events(EventAction::Duplicate) => Action::Events(EventAction::Reorder),
                Action::Events(EventAction::Reorder) => Action::Events(EventAction::Disconnect),
                Action::Events(EventAction::Disconnect) => Action::Checks(CheckAction::Refuse),
                Action::Checks(CheckAction::Refuse) => Action::Checks(CheckAction::Hang),
                Action::Checks(CheckAction::Hang) => Action::Checks(CheckAction::Slow(secs(1))),
                Action::Checks(CheckAction::Slow(_)) => Action::Checks(CheckAction::Status(500)),
                Action::Checks(CheckAction::Status(_)) => {
                    Action::Checks(CheckAction::HoldAtMost(HoldAtMost { tasks: 3, noise: 0.5 }))
                }
                Action::Checks(CheckAction::HoldAtMost(_)) => Action::Tasks(TaskAction::Refuse),
                Action::Tasks(TaskAction::Refuse) => Action::Tasks(TaskAction::CrashAfter(secs(3))),
                Action::Tasks(TaskAction::CrashAfter(_)) => Action::Tasks(TaskAction::Behave("hangs".into())),
                Action::Tasks(TaskAction::Behave(_)) => Action::StatusUpdates(MessageAction::Drop),
                Action::StatusUpdates(MessageAction::Drop) => Action::StatusUpdates(MessageAction::Delay(secs(4))),
                Action::StatusUpdates(MessageAction::Delay(_)) => Action::Offers(MessageAction::Drop),
                Action::Offers(MessageAction::Drop) => Action::Offers(MessageAction::Delay(secs(5))),
                Action::Offers(MessageAction::Delay(_)) => Action::Login(LoginAction::Refuse),
                Action::Login(LoginAction::Refuse) => Action::Login(LoginAction::Expired),
                Action::Login(LoginAction::Expired) => Action::Login(LoginAction::WrongKey),
                Action::Login(LoginAction::WrongKey) => Action::Login(LoginAction::Revoked),
                Action::Login(LoginAction::Revoked) => Action::Agents(AgentAction::Lost),
                Action::Agents(AgentAction::Lost) => Action::Agents(AgentAction::Out(secs(30))),
                Action::Agents(AgentAction::Out(_)) => Action::Agents(AgentAction::Restart),
                Action::Agents(AgentAction::Restart) => Action::Agents(AgentAction::Gone),
                Action::Agents(AgentAction::Gone) => Action::Scheduler(SchedulerAction::Abdicates),
                Action::Scheduler(SchedulerAction::Abdicates) => Action::Scheduler(SchedulerAction::RestartsEmpty),
                Action::Scheduler(SchedulerAction::RestartsEmpty) => Action::Deployments(DeploymentAction::Stuck),
                Action::Deployments(DeploymentAction::Stuck) => Action::Queue(QueueAction::Delay(secs(6))),
                Action::Queue(QueueAction::Delay(_)) => return None,
            })
        })
        .collect()
    }

    #[test]
    fn every_rule_is_read_as_it_is_listed() {
        for action in every_action() {
            let matches = Match { nth: Some(2), ..Match::default() };
            let rule = Rule::new(matches, action).times(3).probability(0.5).within(secs(5), secs(9));
            let read = FaultRequest::parse(json!(rule).to_string().as_bytes());
            assert_eq!(read, Ok(FaultRequest::Rule(None, Box::new(rule))));
        }
        let timed = Rule::agent(1, AgentAction::Restart).every(secs(60)).starting(secs(1));
        assert_eq!(
            FaultRequest::parse(json!(timed).to_string().as_bytes()),
            Ok(FaultRequest::Rule(None, Box::new(timed)))
        );
    }

    #[test]
    fn every_fault_is_read_as_the_journal_writes_it() {
        let (task, behaviour) = (String::from("t"), String::from("hangs"));
        for fault in [
            Fault::AgentRestart(0),
            Fault::AgentGone(1),
            Fault::TaskExits { task: task.clone(), status: -1 },
            Fault::TaskBehaves { task, behaviour },
            Fault::LeaderAbdicates,
            Fault::LeaderRestartsEmpty,
        ] {
            assert_eq!(FaultRequest::parse(json!({"now": fault}).to_string().as_bytes()), Ok(FaultRequest::Now(fault)));
        }
    }

    #[test]
    fn an_error_is_one_sentence_that_names_the_field_and_its_values() {
        for (body, error) in [
            ("{", "the body is not JSON: it ends too early"),
            ("{]", "the body is not JSON: see line 1, column 2"),
            ("[]", "expected an object with name, match, act, times, probability, window or every"),
            ("{}", "act: required field is missing"),
            (
                r#"{"act": {"http": "explode"}}"#,
                "act.http: unknown word `explode`; use status, delay, reset, truncate, malformed or wrong_length",
            ),
            (
                r#"{"act": {"htp": "reset"}}"#,
                "act: unknown word `htp`; use http, events, checks, tasks, status_updates, offers, login, agents, scheduler, deployments or queue",
            ),
            (r#"{"act": "http"}"#, r#"act: `http` needs an argument: use {"http": …}"#),
            (r#"{"act": {"http": {"reset": 1}}}"#, r#"act.http: `reset` takes no argument: use "reset""#),
            (
                r#"{"act": {"http": 7}}"#,
                "act.http: expected one of status, delay, reset, truncate, malformed or wrong_length",
            ),
            (
                r#"{"act": {"http": {"delay": "soon"}}}"#,
                "act.http.delay: 'soon' is not a duration; write a number with ms, s, m, h or d, such as 500ms, 90s or 1m30s",
            ),
            (
                r#"{"act": {"http": {"delay": 2}}}"#,
                "act.http.delay: '2' has no unit; write it with ms, s, m, h or d, such as 2s",
            ),
            (r#"{"act": {"http": {"status": {"message": "x"}}}}"#, "act.http.status.code: required field is missing"),
            (r#"{"act": {"http": {"truncate": -1}}}"#, "act.http.truncate: -1 is too small; use 0 or more"),
            (
                r#"{"act": {"http": "reset"}, "match": {"pth": "/"}}"#,
                "match.pth: unknown field; use method, path, app, task, agent, kind or nth",
            ),
            (r#"{"act": {"http": "reset"}, "match": {"path": 1}}"#, "match.path: expected a string"),
            (
                r#"{"act": {"http": "reset"}, "tmes": 1}"#,
                "tmes: unknown field; use name, match, act, times, probability, window or every",
            ),
            (
                r#"{"act": {"http": "reset"}, "name": "a/b"}"#,
                "name: expected a string without a slash; it may be omitted",
            ),
            (r#"{"act": {"http": "reset"}, "window": "1s"}"#, "window: expected an object with from or until"),
            (r#"{"now": "agent_gone"}"#, r#"now: `agent_gone` needs an argument: use {"agent_gone": …}"#),
            (r#"{"now": {"agent_gone": 0}, "name": "x"}"#, "name: unknown field; use now"),
            (r#"{"now": {"task_exits": {"task": "x"}}}"#, "now.task_exits.status: required field is missing"),
        ] {
            assert_eq!(FaultRequest::parse(body.as_bytes()).expect_err(body), error, "{body}");
        }
        assert_eq!(parse_advance(br#"{"by": "1s"}"#).expect_err("no such field"), "by: unknown field; use advance");
    }
}

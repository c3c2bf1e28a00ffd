//! An app's `check` as Mesos gets it (`raml/CheckConversion.scala`, `core/check/Check.scala`).

use std::time::Duration;

use serde_json::Value;

use crate::{app::AppDefinition, checkers::ProbeKind, wire::GeneralCheck};

/// The general check of an app; `port_at` finds the port of an index. `None` without one, and when its port is unknown.
pub(super) fn of(app: &AppDefinition, port_at: impl Fn(usize) -> Option<u16>) -> Option<GeneralCheck> {
    let check = app.echoed.get("check")?;
    let seconds = |name: &str| Duration::from_secs(check.get(name).and_then(Value::as_u64).unwrap_or(0));
    let port = |own: &Value| {
        let number = |name: &str| own.get(name).and_then(Value::as_u64);
        match number("port") {
            Some(port) => u16::try_from(port).ok(),
            None => port_at(usize::try_from(number("portIndex").unwrap_or(0)).ok()?),
        }
    };
    let (kind, port) = if let Some(http) = check.get("http") {
        let path = http.get("path").and_then(Value::as_str).unwrap_or_default().to_owned();
        (ProbeKind::Http { path, tls: false }, port(http)?)
    } else if let Some(tcp) = check.get("tcp") {
        (ProbeKind::Tcp, port(tcp)?)
    } else {
        let shell = check.pointer("/exec/command/shell")?.as_str()?.to_owned();
        (ProbeKind::Command { shell }, 0)
    };
    let [delay, interval, timeout] = ["delaySeconds", "intervalSeconds", "timeoutSeconds"].map(seconds);
    Some(GeneralCheck { kind, port, delay, interval, timeout })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::app::parse;

    #[test]
    fn a_check_goes_to_its_port_or_runs_its_command() {
        let of = |check: Value| {
            let app = json!({"id": "/a", "cmd": "sleep 1", "portDefinitions": [{"port": 0}], "check": check});
            super::of(&parse::create(&app).expect("a definition"), |index| (index == 0).then_some(31000))
        };
        let secs = Duration::from_secs;
        let path = "/v1".to_owned();
        let whole = GeneralCheck {
            kind: ProbeKind::Http { path, tls: false },
            port: 31000,
            delay: secs(15),
            interval: secs(60),
            timeout: secs(20),
        };
        assert_eq!(of(json!({"http": {"path": "/v1"}})), Some(whole.clone()));
        let tcp = GeneralCheck { kind: ProbeKind::Tcp, port: 8080, ..whole.clone() };
        assert_eq!(of(json!({"tcp": {"port": 8080, "portIndex": 0}})), Some(tcp));
        let kind = ProbeKind::Command { shell: "true".into() };
        assert_eq!(of(json!({"exec": {"command": {"shell": "true"}}})), Some(GeneralCheck { kind, port: 0, ..whole }));
    }
}

//! Rules about settings that do nothing.

use harness::model::Protocol;
use json_patch::{PatchOperation, RemoveOperation};

use super::{Finding, finding, pointer};
use crate::advise::facts::{CheckSettings, Facts};

/// What Marathon echoes for a delay that it ignores.
const ECHOED_DELAY: u32 = 15;

/// Marathon's own checks have no delay.
pub(super) fn delay(_: &Facts, check: &CheckSettings) -> Option<Finding> {
    if check.is_native() || !check.has("delaySeconds") || check.delay == ECHOED_DELAY {
        return None;
    }
    finding(
        "delaySeconds has no effect",
        "Only checks that Mesos makes wait for it; Marathon's own begin at once, and failures count after gracePeriodSeconds."
            .to_owned(),
        vec![check.unset("delaySeconds")],
    )
}

/// A connection has no path.
pub(super) fn path(_: &Facts, check: &CheckSettings) -> Option<Finding> {
    let connects = match check.protocol {
        Protocol::Tcp | Protocol::MesosTcp | Protocol::Command => true,
        Protocol::Http | Protocol::Https | Protocol::MesosHttp | Protocol::MesosHttps => false,
    };
    if !connects || !check.has("path") {
        return None;
    }
    finding(
        "path has no effect",
        format!("A check of protocol {} requests nothing; Marathon drops the path.", check.protocol.as_str()),
        vec![check.unset("path")],
    )
}

/// `port` wins over `portIndex`.
pub(super) fn two_ports(_: &Facts, check: &CheckSettings) -> Option<Finding> {
    if !check.has("port") || !check.has("portIndex") {
        return None;
    }
    finding(
        "port and portIndex contradict each other",
        "Where both are given, port is probed and portIndex is ignored.".to_owned(),
        vec![check.unset("portIndex")],
    )
}

/// Marathon hands only the first native check to Mesos.
pub(super) fn second_native_check(facts: &Facts, check: &CheckSettings) -> Option<Finding> {
    let first = facts.checks.iter().find(|check| check.is_native())?;
    if !check.is_native() || first.index == check.index {
        return None;
    }
    finding(
        format!("the check {} is never made", check.protocol.as_str()),
        format!(
            "A task can have one check that Mesos makes, and Marathon hands it the first one ({}).",
            first.protocol.as_str()
        ),
        vec![PatchOperation::Remove(RemoveOperation { path: pointer(&format!("/healthChecks/{}", check.index)) })],
    )
}

//! The sysdig filter of a task.

use harness::record::TaskLife;

use crate::exit::Failure;

/// What the manual procedure looks at: the executor, all that it started (`proc.apid`), and the task's port
/// (`fd.sport`), which shows the checks of Marathon too.
///
/// # Errors
/// Exit code 2: neither is known.
pub fn of(life: &TaskLife) -> Result<String, Failure> {
    let executor = life.executor_pid.map(|pid| format!("proc.pid={pid} or proc.apid={pid}"));
    let port = life.ports.first().map(|port| format!("fd.sport={port}"));
    let parts: Vec<String> = [executor, port].into_iter().flatten().collect();
    if parts.is_empty() {
        let why = "neither its executor's pid nor its port is known, so there is nothing to filter by";
        return Err(Failure::usage(format!("{}: {why}", life.id)));
    }
    Ok(parts.join(" or "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn executor_and_port_make_the_filter() {
        let life =
            |executor_pid, ports: &[u64]| TaskLife { executor_pid, ports: ports.to_vec(), ..TaskLife::default() };
        assert_eq!(of(&life(Some(7), &[31000])).unwrap(), "proc.pid=7 or proc.apid=7 or fd.sport=31000");
        assert_eq!(of(&life(None, &[31000])).unwrap(), "fd.sport=31000");
        assert!(of(&life(None, &[])).unwrap_err().message.contains("nothing to filter by"));
    }
}

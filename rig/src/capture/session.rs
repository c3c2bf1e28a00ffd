//! One ssh session that captures on the agent and sends the files. It never asks for input and never hangs: ssh has
//! its own limits (batch mode, connect timeout, keep-alives), and the session has one, too.

use std::{fs::File, io::Write as _, process::Stdio, time::Duration};

use tokio::{
    io::AsyncReadExt as _,
    process::{Child, Command},
    time::{Instant, timeout, timeout_at},
};
use tokio_util::sync::CancellationToken;

use crate::{
    command_line::quoted,
    exit::{Code, Failure},
    run::Interrupt,
};

/// What runs on the agent.
const SCRIPT: &str = include_str!("remote.sh");

/// Timeout of connecting, logging in and starting sysdig, beside the capture itself. The script gives sysdig ten seconds
/// to end before it kills it.
const OVERHEAD: Duration = Duration::from_secs(60);

/// How long the files may pause on their way; also how long a session may take to stop.
const SILENCE: Duration = Duration::from_secs(30);

/// Where and how.
#[derive(Clone, Debug)]
pub struct Agent {
    /// What ssh calls the destination: `user@host`, `ssh://user@host:port`, or a name of its configuration.
    pub destination: String,
    /// More settings in the words of `ssh_config`, such as `IdentityFile=key`.
    pub options: Vec<String>,
    /// Whether the user has to become root by `sudo`.
    pub sudo: bool,
}

/// What is captured.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The sysdig filter.
    pub filter: String,
    /// The executor that must be there.
    pub executor: Option<i64>,
    /// How long, in whole seconds.
    pub seconds: u64,
}

/// Captures into `tar`. A first Ctrl-C ends the capture early and brings what there is, a second one drops it; the agent
/// is left clean either way.
///
/// # Errors
/// Exit code 2: no sysdig there, or no such executor; 4: ssh is refused; 5: the agent cannot be reached or falls silent;
/// 7: the tar cannot be written; 130: stopped before there was anything.
pub async fn capture(agent: &Agent, wanted: &Wanted, tar: &mut File, interrupt: &Interrupt) -> Result<(), Failure> {
    let mut child = agent
        .command(wanted)
        .spawn()
        .map_err(|error| Failure::usage(format!("ssh cannot be started: {error}; install an OpenSSH client")))?;
    let mut stderr = child.stderr.take();
    let complaints = tokio::spawn(async move {
        let mut text = Vec::new();
        if let Some(stderr) = &mut stderr {
            // What ssh or sysdig says is short; more of it helps nobody.
            drop(stderr.take(16 * 1024).read_to_end(&mut text).await);
        }
        String::from_utf8_lossy(&text).into_owned()
    });
    let outcome = tokio::select! {
        outcome = receive(&mut child, wanted.seconds, tar, &interrupt.stop) => outcome,
        () = interrupt.quit.cancelled() => Err(Failure::new(Code::Stopped, "stopped; nothing was brought back")),
    };
    let status = match outcome {
        Ok(()) => timeout(SILENCE, child.wait()).await.ok().and_then(Result::ok),
        Err(failure) => {
            // Its end is the end of the script's stdin, which cleans up there.
            drop(child.kill().await);
            return Err(failure);
        }
    };
    // A child of ssh's own (a control master) may hold stderr open.
    let stderr = timeout(Duration::from_secs(2), complaints).await.ok().and_then(Result::ok).unwrap_or_default();
    match status.and_then(|status| status.code()) {
        Some(0) => Ok(()),
        _ if interrupt.stop.is_cancelled() => Err(Failure::new(Code::Stopped, "stopped before anything was captured")),
        code => Err(agent.failure(code, &stderr, wanted)),
    }
}

/// Takes what the session sends until it ends. A token that is cancelled ends the capture, not the transfer.
async fn receive(child: &mut Child, seconds: u64, tar: &mut File, stop: &CancellationToken) -> Result<(), Failure> {
    let mut stdin = child.stdin.take();
    let Some(mut stdout) = child.stdout.take() else { return Ok(()) };
    let mut until = Instant::now() + Duration::from_secs(seconds) + OVERHEAD;
    let mut chunk = vec![0; 64 * 1024];
    loop {
        let read = tokio::select! {
            read = timeout_at(until, stdout.read(&mut chunk)) => read,
            () = stop.cancelled(), if stdin.is_some() => {
                stdin = None;
                until = Instant::now() + SILENCE;
                continue;
            }
        };
        let unreachable = |why: String| Failure::new(Code::Unreachable, why);
        match read {
            Err(_) => return Err(unreachable("the agent fell silent, and the capture was given up".to_owned())),
            Ok(Err(error)) => return Err(unreachable(format!("the capture broke off: {error}"))),
            Ok(Ok(0)) => return Ok(()),
            Ok(Ok(n)) => {
                tar.write_all(&chunk[..n])
                    .map_err(|error| Failure::new(Code::Results, format!("cannot keep the capture: {error}")))?;
                until = Instant::now() + SILENCE;
            }
        }
    }
}

impl Agent {
    /// The ssh command. It gets a group of its own, so that Ctrl-C at a terminal reaches the rig alone.
    fn command(&self, wanted: &Wanted) -> Command {
        let mut command = Command::new("ssh");
        command.arg("-T");
        // The first value of a setting counts: nobody can make it ask.
        for option in ["BatchMode=yes", "ConnectTimeout=10", "ServerAliveInterval=5", "ServerAliveCountMax=3"] {
            command.args(["-o", option]);
        }
        for option in &self.options {
            command.args(["-o", option]);
        }
        command.args(["-o", "ClearAllForwardings=yes", "-o", "EscapeChar=none", "--", &self.destination]);
        command.arg(self.remote(wanted));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0).kill_on_drop(true);
        command
    }

    /// One line for the login shell there: every word is quoted.
    fn remote(&self, wanted: &Wanted) -> String {
        let seconds = wanted.seconds.to_string();
        let executor = wanted.executor.map(|pid| pid.to_string()).unwrap_or_default();
        let words = ["sh", "-c", SCRIPT, "hc-rig", &seconds, &wanted.filter, &executor];
        let sudo: &[&str] = if self.sudo { &["sudo", "-n"] } else { &[] };
        sudo.iter().chain(&words).map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
    }

    /// What the status of the session means.
    fn failure(&self, code: Option<i32>, stderr: &str, wanted: &Wanted) -> Failure {
        let there = &self.destination;
        let message: String =
            stderr.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ");
        let message: String = message.chars().filter(|c| !c.is_control()).take(400).collect();
        match code {
            Some(91) => Failure::usage(format!("there is no sysdig on {there}; install it")),
            Some(92) => {
                let pid = wanted.executor.unwrap_or_default();
                let why = "the task has ended, or this is not its agent (hc-rig why names it)";
                Failure::usage(format!("there is no process {pid} on {there}: {why}"))
            }
            Some(93) => Failure::usage(format!("no temporary folder can be made on {there}")),
            Some(94) => {
                Failure::usage(format!("sysdig on {there} captured nothing: {message}; it needs root (--sudo)"))
            }
            Some(255) if message.contains("Permission denied") || message.contains("verification failed") => {
                Failure::new(
                    Code::Refused,
                    format!("ssh {there}: {message}; `ssh {there} true` must work without a prompt"),
                )
            }
            Some(255) => {
                Failure::new(Code::Unreachable, format!("ssh {there}: {message}; check the name and the network"))
            }
            Some(code) => Failure::usage(format!("the capture on {there} ended with status {code}: {message}")),
            None => Failure::new(Code::Unreachable, format!("the session with {there} was killed: {message}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_for_the_other_shell_is_quoted() {
        let agent = Agent { destination: "me@host".to_owned(), options: Vec::new(), sudo: true };
        let filter = "fd.sport=1; touch '/tmp/evil' $(id)".to_owned();
        let line = agent.remote(&Wanted { filter, executor: None, seconds: 3 });
        assert!(line.starts_with("sudo -n sh -c '"), "{line}");
        assert!(line.ends_with(r"hc-rig 3 'fd.sport=1; touch '\''/tmp/evil'\'' $(id)' ''"), "{line}");
    }
}

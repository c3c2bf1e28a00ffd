//! A command of the user's that prints a token.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    process::{ExitStatus, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::{
    io::AsyncReadExt as _,
    net::unix::pipe,
    process::{Child, Command},
};

/// Runs `sh -c command`: how it ended and what it printed, which has a limit in bytes, for it may print for ever. Its stderr
/// goes where ours goes: it is the user's own program. What it leaves in the background may hold its output for ever and is
/// not waited for.
///
/// If this is dropped before the command has ended, all its processes are killed. They share our process group, because a
/// command may ask its user for a password on the terminal, which only the foreground's group can do.
pub(super) async fn output_of(command: &str, limit: usize) -> io::Result<(ExitStatus, Vec<u8>)> {
    let (writes, mut reads) = pipe::pipe()?;
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", command]).stdin(Stdio::null()).stdout(writes.into_blocking_fd()?).stderr(Stdio::inherit());
    let mut running = Running(shell.kill_on_drop(true).spawn()?);
    // It holds the writing end too.
    drop(shell);
    let mut printed = Vec::new();
    let mut ended = None;
    while ended.is_none() && printed.len() <= limit {
        tokio::select! {
            read = reads.read_buf(&mut printed) => if read? == 0 { break },
            status = running.0.wait() => ended = Some(status?),
        }
    }
    if ended.is_some() {
        // All that it has printed is in the pipe by now.
        read_what_is_there(&mut File::from(reads.into_nonblocking_fd()?), &mut printed, limit)?;
    }
    if printed.len() > limit {
        return Err(io::Error::other(format!("it printed more than {} MiB", limit >> 20)));
    }
    let status = match ended {
        Some(status) => status,
        None => running.0.wait().await?,
    };
    Ok((status, printed))
}

/// Reads from a pipe until it is empty, or a little more than the limit has been read.
fn read_what_is_there(pipe: &mut File, printed: &mut Vec<u8>, limit: usize) -> io::Result<()> {
    let left = (limit + 1).saturating_sub(printed.len()) as u64;
    match pipe.take(left).read_to_end(printed) {
        Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// A command whose processes end with this value.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It has none once it has been waited for.
        let Some(shell) = self.0.id().and_then(|id| i32::try_from(id).ok()) else { return };
        for process in descendants(shell) {
            // One that has ended meanwhile is what was wanted.
            let _ = kill(Pid::from_raw(process), Signal::SIGKILL);
        }
    }
}

/// The processes that a process started, and those that they started; none where the system does not list them.
fn descendants(of: i32) -> Vec<i32> {
    let mut found = Vec::new();
    let mut parents = vec![of];
    while let Some(parent) = parents.pop() {
        let listed = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).unwrap_or_default();
        let children: Vec<i32> = listed.split_whitespace().filter_map(|id| id.parse().ok()).collect();
        parents.extend(&children);
        found.extend(children);
    }
    found
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::Read as _;

    use super::*;

    /// The one in the background ends when the test does.
    #[tokio::test]
    async fn what_a_command_leaves_in_the_background_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let fifo = folder.path().join("fifo");
        nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let command = format!("read word <{} 2>/dev/null & echo a token; exit 3", fifo.display());
        let (status, printed) = output_of(&command, 100).await.unwrap();
        assert_eq!((status.code(), printed), (Some(3), b"a token\n".to_vec()));
        fs::write(fifo, "end\n").unwrap();
    }

    /// The grandchildren hold the writing end of a FIFO, whose end shows that they are gone.
    #[tokio::test]
    async fn a_command_that_is_given_up_leaves_no_process() {
        let folder = tempfile::tempdir().unwrap();
        let fifo = folder.path().join("fifo");
        nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
        // The first word tells that they run.
        let command = format!("(sh -c 'echo runs; sleep 600; true'; true) >{} & wait", fifo.display());
        let given_up = tokio::spawn(async move { output_of(&command, 100).await });
        #[expect(clippy::disallowed_methods, reason = "a FIFO is read, in real time")]
        let read = tokio::task::spawn_blocking(move || {
            let mut fifo = fs::File::open(fifo).unwrap();
            let mut word = [0; 5];
            fifo.read_exact(&mut word).unwrap();
            given_up.abort();
            let mut rest = Vec::new();
            fifo.read_to_end(&mut rest).unwrap();
            (word, rest)
        });
        assert_eq!(read.await.unwrap(), (*b"runs\n", Vec::new()));
    }
}

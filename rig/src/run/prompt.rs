//! Questions to the person at the terminal. Where there is none, nothing is asked.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use harness::Secret;

use crate::exit::{Code, Failure};

/// The password of a DC/OS user, typed without an echo; `None` if nobody is there to ask.
///
/// # Errors
/// Exit code 4: the terminal was closed instead.
pub fn password_of(user: &str) -> Result<Option<Secret>, Failure> {
    if !io::stdin().is_terminal() {
        return Ok(None);
    }
    rpassword::prompt_password(format!("Password of {user}: "))
        .map(|password| Some(Secret::new(password)))
        .map_err(|error| Failure::new(Code::Refused, format!("no password was given: {error}")))
}

/// Whether the person at the terminal says yes; no without one.
///
/// # Errors
/// Exit code 1: the terminal cannot be read.
pub fn agrees(question: &str) -> Result<bool, Failure> {
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        return Ok(false);
    }
    let mut answer = String::new();
    let mut asked = || -> io::Result<usize> {
        let mut stderr = io::stderr();
        write!(stderr, "{question} [y/N] ")?;
        stderr.flush()?;
        stdin.lock().read_line(&mut answer)
    };
    asked().map_err(|error| Failure::new(Code::Internal, format!("cannot ask at the terminal: {error}")))?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

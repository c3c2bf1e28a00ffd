//! Questions to the user at the terminal. Without a terminal nothing is asked.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use harness::Secret;

use crate::exit::{Code, Failure};

/// The password of a DC/OS user, typed without an echo; `None` without a terminal.
///
/// # Errors
/// Exit code 4: the terminal was closed instead.
pub fn password_of(user: &str) -> Result<Option<Secret>, Failure> {
    if !io::stdin().is_terminal() {
        return Ok(None);
    }
    rpassword::prompt_password(format!("Password of {}: ", text::visible(user)))
        .map(|password| Some(Secret::new(password)))
        .map_err(|error| Failure::new(Code::Refused, format!("no password was entered: {error}")))
}

/// Whether the user confirms with `y`; `false` without a terminal.
///
/// # Errors
/// Exit code 1: the terminal cannot be read.
pub fn confirm(question: &str) -> Result<bool, Failure> {
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        return Ok(false);
    }
    let mut answer = String::new();
    let mut asked = || -> io::Result<usize> {
        let mut stderr = io::stderr();
        write!(stderr, "{} [y/N] ", text::visible_lines(question))?;
        stderr.flush()?;
        stdin.lock().read_line(&mut answer)
    };
    asked().map_err(|error| Failure::new(Code::Internal, format!("cannot read from the terminal: {error}")))?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

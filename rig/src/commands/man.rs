//! `hc-rig man`: the manual page.

use clap::Command;

use crate::exit::{Code, Completion, Failure};

/// Renders the page of this command and its subcommands.
///
/// # Errors
/// Exit code 1: the page cannot be rendered.
pub fn run(root: Command) -> Result<Completion, Failure> {
    let mut page = Vec::new();
    clap_mangen::Man::new(root).render(&mut page).map_err(|error| Failure::new(Code::Internal, error.to_string()))?;
    Ok(Completion::passed(String::from_utf8_lossy(&page)))
}

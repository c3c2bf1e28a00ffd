//! Several runs of one set-up: when the next one is worth its time, and how the command ends.

use std::path::Path;

use crate::{
    exit::{Code, Completion},
    results::{Gathered, actions, gathered::Ended},
    terminal::closing::{self, Ending},
};

/// Whether another run follows this one: not after what would end it too, and not when something was left behind.
pub fn goes_on(ended: &Ended) -> bool {
    match ended.as_ref().map_or_else(|failure| failure.code, |outcome| outcome.code()) {
        Code::Passed | Code::Failed => true,
        Code::Internal
        | Code::Usage
        | Code::Refused
        | Code::Unreachable
        | Code::CleanUp
        | Code::Results
        | Code::Stopped => false,
    }
}

/// Draws what lies over the runs of a folder and reports how they ended: the verdict is the worst.
pub fn conclude(path: &Path, mut gathered: Gathered, seconds: f64) -> Completion {
    gathered.draw_over(path);
    let Gathered { runs, end } = gathered;
    let end = closing::over(&runs, Ending { folder: path, code: end.code, seconds }).end(end);
    actions::of_runs(path, &runs, end)
}

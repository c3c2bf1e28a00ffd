//! The task tools as a program of their own, beside `hc-rig`: linked at a fixed address, so that thousands of tasks cost
//! less. `hc-rig` itself does what it does where it is missing.

use std::process::ExitCode;

fn main() -> ExitCode {
    fake_marathon::task_tools::main().unwrap_or(ExitCode::from(2))
}

//! The programs that process tasks find in front of their PATH, for the scenarios: it is nothing but
//! `fake_marathon::task_tools`.

fn main() -> std::process::ExitCode {
    fake_marathon::task_tools::main().unwrap_or_else(|| {
        eprintln!("scenario-task-tools is started by the fake Marathon, under the name of a tool");
        std::process::ExitCode::from(2)
    })
}

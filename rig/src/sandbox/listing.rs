//! Where a sandbox is and what lies in it, as text.

use std::fmt::Write as _;

use comfy_table::{CellAlignment, Table, presets};
use harness::marathon::sandbox::{FileInfo, Sandbox};

use crate::folder::moment;

/// The facts of a sandbox.
pub fn head(task: &str, sandbox: &Sandbox, executor_pid: Option<u32>) -> String {
    let mut out = String::new();
    let ended = if sandbox.ended { " (ended)" } else { "" };
    let pid = executor_pid.map_or("no pid (it does not run any more)".to_owned(), |pid| format!("pid {pid}"));
    let agent = &sandbox.agent;
    for (key, value) in [
        ("task", format!("{task}{ended}")),
        ("agent", format!("{} {}", agent.hostname, agent.id)),
        ("executor", pid),
        ("container", sandbox.container.clone()),
        ("sandbox", sandbox.directory.clone()),
    ] {
        let _ = writeln!(out, "{key:<10} {}", clean(&value));
    }
    out
}

/// The entries of a folder: mode, size, time, name.
pub fn files(files: &[FileInfo]) -> String {
    if files.is_empty() {
        return "(nothing)\n".to_owned();
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    for file in files {
        let name = file.path.rsplit('/').next().unwrap_or_default();
        let name = format!("{}{}", clean(name), if file.is_folder() { "/" } else { "" });
        table.add_row([clean(&file.mode), file.size.to_string(), moment::of_unix(file.mtime), name]);
    }
    if let Some(sizes) = table.column_mut(1) {
        sizes.set_cell_alignment(CellAlignment::Right);
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    format!("{}\n", lines.join("\n"))
}

/// Names come from the task: they must not steer the terminal.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_steer_the_terminal_and_folders_show() {
        let file = |path: &str, mode: &str| FileInfo {
            path: path.to_owned(),
            mode: mode.to_owned(),
            size: 12,
            ..FileInfo::default()
        };
        let text = files(&[file("/s/a\u{1b}[2J", "-rw-r--r--"), file("/s/logs", "drwxr-xr-x")]);
        assert!(text.contains("a\u{fffd}[2J") && text.contains("logs/") && !text.contains('\u{1b}'), "{text}");
        assert_eq!(text.lines().count(), 2);
    }
}

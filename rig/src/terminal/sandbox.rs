//! A sandbox as text: where it is and which files it holds.

use std::fmt::Write as _;

use comfy_table::{CellAlignment, Table, presets};
use harness::marathon::sandbox::{FileInfo, Sandbox};

use crate::folder::moment;

/// The facts of a sandbox.
pub fn head(task: &str, sandbox: &Sandbox, executor_pid: Option<u32>) -> String {
    let mut out = String::new();
    let ended = if sandbox.ended { " (ended)" } else { "" };
    let pid = executor_pid.map_or("no pid (it is no longer running)".to_owned(), |pid| format!("pid {pid}"));
    let agent = &sandbox.agent;
    for (key, value) in [
        ("task", format!("{task}{ended}")),
        ("agent", format!("{} {}", agent.hostname, agent.id)),
        ("executor", pid),
        ("container", sandbox.container.clone()),
        ("sandbox", sandbox.directory.clone()),
    ] {
        let _ = writeln!(out, "{key:<10} {}", text::visible(&value));
    }
    out
}

/// The entries of a folder: mode, size, time, name.
pub fn files(files: &[FileInfo]) -> String {
    if files.is_empty() {
        return "(empty)\n".to_owned();
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    for file in files {
        let name = file.path.rsplit('/').next().unwrap_or_default();
        let name = format!("{}{}", text::visible(name), if file.is_folder() { "/" } else { "" });
        table.add_row([
            text::visible(&file.mode).into_owned(),
            file.size.to_string(),
            moment::of_unix(file.mtime),
            name,
        ]);
    }
    if let Some(sizes) = table.column_mut(1) {
        sizes.set_cell_alignment(CellAlignment::Right);
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    format!("{}\n", lines.join("\n"))
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
        assert!(text.contains("a\\u001b[2J") && text.contains("logs/") && !text.contains('\u{1b}'), "{text}");
        assert_eq!(text.lines().count(), 2);
    }
}

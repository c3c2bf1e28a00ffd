//! The last values as a file, for the textfile collector of Prometheus' node_exporter: text format 0.0.4, whole or not at all.
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>

use std::{
    fs,
    io::{self, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// Where the values go.
#[derive(Clone, Debug)]
pub struct TextFile {
    path: PathBuf,
    failed: Arc<AtomicBool>,
}

impl TextFile {
    /// At this path. The first writing shows whether that is possible.
    pub fn at(path: PathBuf) -> Self {
        Self { path, failed: Arc::default() }
    }

    /// Replaces the values by these, given in OpenMetrics. An error is returned once: one warning is enough for a run.
    ///
    /// # Errors
    /// The file cannot be written, for the first time.
    pub fn write(&self, openmetrics: &str) -> io::Result<()> {
        match replace(&self.path, &text_format(openmetrics)) {
            Err(error) if !self.failed.swap(true, Ordering::Relaxed) => Err(error),
            Err(_) | Ok(()) => Ok(()),
        }
    }

    /// Where they go.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// The collector reads every `*.prom` at any time, so the file is written beside it, under another ending, and renamed. Not
/// synced: after a crash of the machine the values are old anyway.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut beside = tempfile::Builder::new()
        .prefix(".hc-rig-")
        .suffix(".partial")
        // The collector is another user: what the umask leaves of it.
        .permissions(fs::Permissions::from_mode(0o666))
        .tempfile_in(folder)?;
    beside.write_all(text.as_bytes())?;
    beside.persist(path).map(drop).map_err(|error| error.error)
}

/// OpenMetrics as text format 0.0.4, where HELP and TYPE of a counter have the name of its samples, and there is no EOF.
pub fn text_format(openmetrics: &str) -> String {
    let counters: Vec<&str> =
        openmetrics.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" counter")).collect();
    let mut text = String::with_capacity(openmetrics.len());
    for line in openmetrics.lines().filter(|line| *line != "# EOF" && !line.starts_with("# UNIT ")) {
        let named = ["# HELP ", "# TYPE "].into_iter().find_map(|kind| {
            let (name, rest) = line.strip_prefix(kind)?.split_once(' ')?;
            counters.contains(&name).then(|| format!("{kind}{name}_total {rest}"))
        });
        text.push_str(named.as_deref().unwrap_or(line));
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_replaced_whole_and_an_error_is_told_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hc_rig.prom");
        let file = TextFile::at(path.clone());
        file.write("a 1\n# EOF\n").unwrap();
        file.write("a 2\n# EOF\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "a 2\n");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
        let nowhere = TextFile::at(folder.path().join("not there/hc_rig.prom"));
        assert!(nowhere.write("a 1\n").is_err());
        assert!(nowhere.write("a 1\n").is_ok(), "once");
    }
}

//! The evidence of a failed test: `target/hc-rig/failed/<test>/`.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use tracing::subscriber::DefaultGuard;
use tracing_subscriber::EnvFilter;

use crate::name::TestName;

/// The folder of one running test, with its log. It is deleted when dropped, unless [`Self::keep`] was called.
#[derive(Debug)]
pub(crate) struct Evidence {
    running: PathBuf,
    failed: PathBuf,
    log: Option<DefaultGuard>,
}

/// `target/hc-rig`, where tests, reports and evidence go.
pub(crate) fn root() -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."));
    // As in cargo, a relative one counts from the workspace, and tests run in the folder of their package.
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    workspace.join(target).join("hc-rig")
}

impl Evidence {
    /// Creates the folder, and writes the log of this thread there.
    ///
    /// # Errors
    /// When the folder or the log cannot be created.
    pub(crate) fn begin(name: &TestName) -> io::Result<Self> {
        let running = root().join("running").join(format!("{}-{}", name.folder(), std::process::id()));
        let failed = root().join("failed").join(name.folder());
        fs::create_dir_all(&running)?;
        // An older failure would be mistaken for one of this run.
        remove(&failed)?;
        let file = File::create(running.join("log.txt"))?;
        let filter = EnvFilter::try_from_env("HC_RIG_LOG").unwrap_or_else(|_| EnvFilter::new("info,harness=debug"));
        let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(Arc::new(file));
        let log = tracing::subscriber::set_default(subscriber.finish());
        Ok(Self { running, failed, log: Some(log) })
    }

    /// The folder as long as the test runs.
    pub(crate) fn folder(&self) -> &Path {
        &self.running
    }

    /// Where the folder will be if the test fails.
    pub(crate) fn kept_as(&self) -> &Path {
        &self.failed
    }

    /// Keeps everything: the test has failed.
    ///
    /// # Errors
    /// When the folder cannot be moved.
    pub(crate) fn keep(mut self) -> io::Result<PathBuf> {
        self.log = None;
        if let Some(parent) = self.failed.parent() {
            fs::create_dir_all(parent)?;
        }
        remove(&self.failed)?;
        fs::rename(&self.running, &self.failed)?;
        Ok(self.failed.clone())
    }
}

impl Drop for Evidence {
    fn drop(&mut self) {
        self.log = None;
        // Nothing is there any more if it was kept; a passing test must not fail for a folder that cannot be removed.
        let _ = fs::remove_dir_all(&self.running);
    }
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(path: &str) -> TestName {
        TestName { path: path.to_owned(), target: "unit" }
    }

    #[test]
    fn a_passing_test_keeps_nothing() {
        let evidence = Evidence::begin(&name("evidence::passes")).unwrap();
        let folder = evidence.folder().to_owned();
        fs::write(folder.join("journal.jsonl"), "{}").unwrap();
        drop(evidence);
        assert!(!folder.exists());
    }

    #[test]
    fn a_failing_test_keeps_its_log_and_what_was_put_there() {
        let evidence = Evidence::begin(&name("evidence::fails")).unwrap();
        fs::write(evidence.folder().join("journal.jsonl"), "{}").unwrap();
        tracing::info!("the last words");
        let kept = evidence.keep().unwrap();
        assert!(fs::read_to_string(kept.join("log.txt")).unwrap().contains("the last words"));
        assert_eq!(fs::read_to_string(kept.join("journal.jsonl")).unwrap(), "{}");
        fs::remove_dir_all(kept).unwrap();
    }
}

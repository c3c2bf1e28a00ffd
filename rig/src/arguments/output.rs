//! Where results and progress go.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use clap::Args;
use time::{OffsetDateTime, macros::format_description};

use crate::{
    exit::{Completion, Failure},
    flags::{OUTPUT, values::address},
    folder::{RunFolder, locate},
    metrics::Metrics,
    results::{add_redacted_copy, with_document},
    run::Interrupt,
    terminal::progress::Progress,
};

/// When this program began: its folder has one name, whenever it is asked for.
static STARTED: LazyLock<OffsetDateTime> = LazyLock::new(OffsetDateTime::now_utc);

/// Where results and progress go.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = OUTPUT)]
pub struct Output {
    /// Folder for the results [default: below hc-rig-runs]
    ///
    /// It must be new or empty. The default is hc-rig-runs/COMMAND-TIME.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// The summary as JSON on stdout
    ///
    /// Everything else goes to stderr. The document is that of summary.json, or matrix.json, in the folder of the results.
    #[arg(long)]
    pub json: bool,
    /// Print no progress
    #[arg(long, short, hide_short_help = true)]
    pub quiet: bool,
    /// Also make a copy of the results, FOLDER-redacted, without hosts, ids, URLs and users, to share with others
    #[arg(long, hide_short_help = true)]
    pub redact: bool,
    /// Serve metrics for Prometheus at http://ADDR/metrics during the run, such as 127.0.0.1:9464
    #[arg(long, hide_short_help = true, value_name = "ADDR", value_parser = address)]
    pub metrics: Option<SocketAddr>,
    /// Keep the last metrics in this file, for node_exporter's textfile collector, such as hc_rig.prom
    #[arg(long, hide_short_help = true, value_name = "FILE")]
    pub metrics_file: Option<PathBuf>,
}

impl Output {
    /// Progress on stderr, and for Prometheus if that was asked for. A command that deletes what it deployed when the user
    /// stops it says so at once.
    ///
    /// # Errors
    /// Exit code 2: the address cannot be listened on, or the file cannot be written.
    pub async fn progress(&self, command: &str, deleting: Option<&Interrupt>) -> Result<Progress, Failure> {
        let mut progress = Progress::new(self.quiet);
        if let Some(interrupt) = deleting {
            progress = progress.until(interrupt.stop.clone());
        }
        if self.metrics.is_none() && self.metrics_file.is_none() {
            return Ok(progress);
        }
        let folder = self.folder(command);
        let run = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let mut metrics = Metrics::of(run);
        if let Some(file) = &self.metrics_file {
            metrics = metrics.kept_in(file.clone())?;
        }
        if let Some(address) = self.metrics {
            let there = metrics.serve(address).await?;
            progress.note(&format!("metrics on http://{there}/metrics"));
        }
        Ok(progress.with_metrics(metrics))
    }

    /// What the line asks for beside the results in their folder: a copy to share, and the document of that name on stdout.
    pub fn finish(&self, folder: &Path, document: &str, mut end: Completion) -> Completion {
        if self.redact {
            end = add_redacted_copy(folder, end);
        }
        if self.json { with_document(folder, document, end) } else { end }
    }

    /// Makes the folder that was asked for, or a new one below `hc-rig-runs`, which is the latest from now on.
    ///
    /// # Errors
    /// As [`RunFolder::create`].
    pub fn make_folder(&self, command: &str) -> Result<RunFolder, Failure> {
        let folder = RunFolder::create(self.folder(command))?;
        locate::mark_latest(folder.path());
        Ok(folder)
    }

    /// The folder that was asked for, or a new one below `hc-rig-runs`; not made yet.
    pub fn folder(&self, command: &str) -> PathBuf {
        self.out.clone().unwrap_or_else(|| {
            let name =
                STARTED.format(format_description!("[year][month][day]-[hour][minute][second]")).unwrap_or_default();
            let first = PathBuf::from(locate::BELOW).join(format!("{command}-{name}"));
            // Two runs may begin in the same second.
            let mut folder = first.clone();
            for n in 2.. {
                if !folder.exists() {
                    break;
                }
                folder = PathBuf::from(format!("{}-{n}", first.display()));
            }
            folder
        })
    }
}

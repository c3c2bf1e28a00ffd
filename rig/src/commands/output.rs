//! Where results go.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use clap::Args;
use time::{OffsetDateTime, macros::format_description};

use crate::{
    cli::values::address,
    commands::{Done, render},
    exit::Failure,
    export::Format,
    folder::locate::BELOW,
    metrics::Metrics,
    progress::Progress,
};

/// Where results go, and how much is said meanwhile.
#[derive(Args, Clone, Debug, Default)]
pub struct Output {
    /// The folder for the results; it must be new or empty [default: hc-rig-runs/COMMAND-TIME]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Show no progress
    #[arg(long, short)]
    pub quiet: bool,
    /// Also make a copy beside the results, FOLDER-redacted, without hosts, ids, URLs and users, to be shown to others
    #[arg(long)]
    pub redact: bool,
    /// Serve the numbers for Prometheus at http://ADDR/metrics while the run lasts, such as 127.0.0.1:9464
    #[arg(long, value_name = "ADDR", value_parser = address)]
    pub metrics: Option<SocketAddr>,
}

impl Output {
    /// Where progress is told: on stderr, and for Prometheus if that was asked for.
    ///
    /// # Errors
    /// Exit code 2: nobody can listen on the address.
    pub async fn progress(&self) -> Result<Progress, Failure> {
        let progress = Progress::new(self.quiet);
        let Some(address) = self.metrics else { return Ok(progress) };
        let (metrics, there) = Metrics::serve(address).await?;
        progress.say(&format!("metrics on http://{there}/metrics"));
        Ok(progress.with_metrics(metrics))
    }

    /// What a run in this folder has to say, with the copy to be shown if that was asked for.
    pub fn with_copy(&self, folder: &Path, mut done: Done) -> Done {
        if !self.redact {
            return done;
        }
        let copied = render::redacted(folder).and_then(|copy| render::all(&copy, &Format::ALL));
        match copied {
            Ok(page) => done.text.push_str(&format!("{:<12} {}\n", "To be shown", page.display())),
            Err(failure) => {
                if failure.code.severity() > done.code.severity() {
                    done.code = failure.code;
                }
                done.trouble.get_or_insert(failure.message);
            }
        }
        done
    }

    /// The folder: the one asked for, or a new name below `hc-rig-runs`.
    pub fn folder(&self, command: &str) -> PathBuf {
        self.out.clone().unwrap_or_else(|| {
            let now = OffsetDateTime::now_utc();
            let name = now.format(format_description!("[year][month][day]-[hour][minute][second]")).unwrap_or_default();
            let first = PathBuf::from(BELOW).join(format!("{command}-{name}"));
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

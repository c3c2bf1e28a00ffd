//! Where results go.

use std::path::PathBuf;

use crate::folder::locate::BELOW;
use clap::Args;
use time::{OffsetDateTime, macros::format_description};

/// Where results go, and how much is said meanwhile.
#[derive(Args, Clone, Debug, Default)]
pub struct Output {
    /// The folder for the results; it must be new or empty [default: hc-rig-runs/COMMAND-TIME]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Show no progress
    #[arg(long, short)]
    pub quiet: bool,
}

impl Output {
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

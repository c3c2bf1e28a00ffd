//! `hc-rig watch`: observes apps that exist already. Changes nothing.

use std::time::Duration;

use clap::Args;
use tokio::time::Instant;

use crate::{
    arguments::{Judging, Output, judging},
    exit::{Completion, Failure},
    flags::{WHAT, values::duration},
    folder::locate,
    results::actions,
    run::{
        Interrupt,
        reach::Reach,
        watch::{Terms, WELL},
    },
    terminal::{closing::Ending, watched},
    watch::{Watching, select::Selection},
};

/// Arguments of `hc-rig watch`.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = WHAT, mut_arg("fail_if", |arg| {
    let default = format!(" [default: {}]", WELL.join(", "));
    arg.help(format!("Fail when crossed{default}")).long_help(judging::fail_if(&default))
}))]
pub struct WatchArgs {
    /// Ids of apps such as /prod/api, or of groups of apps
    #[arg(value_name = "APP", required_unless_present = "label")]
    pub apps: Vec<String>,
    /// Only apps with these labels: team==web, 'tier in (a, b)'
    ///
    /// A selector of Marathon's.
    #[arg(long, value_name = "SELECTOR")]
    pub label: Option<String>,
    /// Time to watch for
    #[arg(long = "for", default_value = "5m", value_parser = duration, value_name = "TIME")]
    pub span: Duration,
    /// End as soon as a threshold is crossed, and say so
    ///
    /// Prints a line ALERT on stderr, also with --quiet, and ends the watch of all apps with exit code 3.
    #[arg(long)]
    pub alert: bool,
    /// How they are polled and judged.
    #[command(flatten)]
    pub judging: Judging,
    /// Which cluster.
    #[command(flatten)]
    pub reach: Reach,
    /// Where results go.
    #[command(flatten)]
    pub output: Output,
}

/// Watches the apps.
///
/// # Errors
/// There is no such app, the cluster cannot be read, or results cannot be written.
pub async fn run(args: &WatchArgs, interrupt: Interrupt) -> Result<Completion, Failure> {
    let begun = Instant::now();
    let progress = args.output.progress("watch", None).await?;
    let path = args.output.folder("watch");
    let watching = Watching {
        selection: Selection { named: &args.apps, label: args.label.as_deref() },
        terms: Terms {
            span: args.span,
            poll: args.judging.poll,
            thresholds: args.judging.fail_if.clone(),
            degraded_after: args.judging.degraded.degraded_after,
            allow_degraded: args.judging.degraded.allow_degraded,
        },
        alert: args.alert,
        path: &path,
    };
    let mut gathered = watching.run(&args.reach, &progress, &interrupt).await?;
    locate::mark_latest(&path);
    gathered.draw_over(&path);
    let end = gathered.end;
    let end = watched::render(
        &gathered.runs,
        Ending { folder: &path, code: end.code, seconds: begun.elapsed().as_secs_f64() },
    )
    .end(end);
    let end = actions::of_runs(&path, &gathered.runs, end);
    Ok(args.output.finish(&path, "summary.json", end))
}

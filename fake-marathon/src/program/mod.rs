//! The program `fake-marathon`, as a function, so that `hc-rig fake …` is the same program.

mod failure;
mod options;

use std::{
    ffi::OsString,
    io::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Parser as _;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use self::{failure::Failure, options::Options};
use crate::{Builder, FakeMarathon, rest, tuning::Tuning};

/// Runs the program with these arguments, the name of the program first, and returns its exit code: 0 when a signal
/// stopped it, 2 for wrong use or configuration, 1 for anything else. `task_tools` is the program that calls
/// [`crate::task_tools::main`] first, needed for process tasks; normally the running one.
pub fn run(args: impl IntoIterator<Item = OsString>, task_tools: Option<&Path>) -> ExitCode {
    let options = match Options::try_parse_from(args) {
        Ok(options) => options,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS };
        }
    };
    match start(options, task_tools) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("fake-marathon: {}", failure.text);
            ExitCode::from(failure.code)
        }
    }
}

fn start(options: Options, task_tools: Option<&Path>) -> Result<(), Failure> {
    let filter = tracing_subscriber::EnvFilter::try_new(&options.log)
        .map_err(|_| Failure::usage(format!("--log: `{}` is not a filter; use for example info", options.log)))?;
    // A second call in one process keeps the first subscriber; its logs go there.
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
    let builder = options.builder(task_tools)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::broken(format!("cannot start the runtime: {error}")))?;
    runtime.block_on(serve(options, builder))
}

async fn serve(options: Options, builder: Builder) -> Result<(), Failure> {
    let broken = |error: std::io::Error| Failure::broken(format!("cannot wait for signals: {error}"));
    let listen = |kind| signal(kind).map_err(broken);
    let (mut terminate, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    // A terminal that is closed, and Ctrl-\: process tasks must not stay behind.
    let (mut hangup, mut quit) = (listen(SignalKind::hangup())?, listen(SignalKind::quit())?);
    let fake = builder.start().await?;
    let stop = CancellationToken::new();
    let mut greeting = format!("listening on {}\n", fake.urls().join(","));
    let admin = serve_admin(&options, &fake, &stop, &mut greeting).await?;
    if let Some(file) = &options.port_file {
        write_port(file, fake.address().map_or(0, |address| address.port()))
            .map_err(|error| Failure::broken(format!("--port-file: cannot write {}: {error}", file.display())))?;
    }
    let mut stdout = std::io::stdout();
    // The parent may not read stdout; that is not an error.
    let _ = stdout.write_all(greeting.as_bytes()).and_then(|()| stdout.flush());
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        _ = hangup.recv() => {}
        _ = quit.recv() => {}
    }
    stop.cancel();
    if let Some(admin) = admin {
        let _ = admin.await;
    }
    fake.shutdown().await;
    Ok(())
}

/// Serves the admin API, if it was asked for, and adds its address to the greeting.
async fn serve_admin(
    options: &Options,
    fake: &FakeMarathon,
    stop: &CancellationToken,
    greeting: &mut String,
) -> Result<Option<JoinHandle<()>>, Failure> {
    let Some(address) = options.admin else { return Ok(None) };
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| Failure::broken(format!("--admin: cannot listen on {address}: {error}")))?;
    let address = listener.local_addr().unwrap_or(address);
    tracing::info!(%address, "admin API");
    greeting.push_str(&format!("admin on http://{address}\n"));
    let socket = rest::Socket { tls: None, idle_timeout: Tuning::default().idle_timeout };
    Ok(Some(tokio::spawn(rest::serve(listener, socket, fake.operator(), stop.clone()))))
}

/// Writes beside the file and renames, so that a reader never finds half a number.
fn write_port(file: &Path, port: u16) -> std::io::Result<()> {
    let mut beside = file.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    std::fs::write(&beside, format!("{port}\n"))?;
    std::fs::rename(&beside, file)
}

//! Fetches a task's files into its sandbox, as Mesos's fetcher does (`launcher/fetcher.cpp`): copies and downloads them,
//! unpacks archives by their names, makes others executable.

mod unpack;

use std::{
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use nix::fcntl::OFlag;
use reqwest::{StatusCode, redirect::Policy};
use tokio::{
    fs::{File, OpenOptions},
    io::{AsyncReadExt as _, AsyncWriteExt as _},
};

use self::unpack::unpack;
use super::{Shared, sandbox::below, volumes};
use crate::wire::{FetchedFile, TaskInfo, TaskReport};

/// No download is larger.
const LARGEST: u64 = 1 << 30;
/// As many redirects are followed.
const MOST_REDIRECTS: usize = 50;
/// How long a server may stay silent.
const SILENCE: Duration = Duration::from_secs(60);

/// Fetches everything; the first failure ends it and is written to the sandbox's `stderr`. So does the end of the fake: a
/// server may send a byte a minute for ever.
pub(super) async fn report(shared: &Shared, info: &TaskInfo) -> TaskReport {
    let task = info.id.clone();
    let Some(sandbox) = shared.sandbox(&task) else {
        return TaskReport::NotFetched { why: format!("{task} cannot be the name of a folder"), task };
    };
    if let Err(why) = volumes::mount(shared, info, &sandbox) {
        return TaskReport::NotStarted { task, why };
    }
    let fetched = shared.ends.run_until_cancelled(all(&info.fetch, &sandbox, &shared.fetch_cache())).await;
    match fetched.unwrap_or_else(|| Err(String::from("the fake is shutting down"))) {
        Ok(()) => TaskReport::Fetched { task },
        Err(why) => {
            // Only for who looks for the reason.
            let _ = fs::write(sandbox.join("stderr"), format!("{why}\n"));
            TaskReport::NotFetched { task, why }
        }
    }
}

async fn all(files: &[FetchedFile], sandbox: &Path, cache: &Path) -> Result<(), String> {
    fs::create_dir_all(sandbox).map_err(|error| format!("cannot make {}: {error}", sandbox.display()))?;
    // Those of the volumes.
    let ours = links_in(sandbox);
    for file in files {
        one(file, sandbox, cache, &ours).await.map_err(|why| format!("Failed to fetch '{}': {why}", file.uri))?;
    }
    Ok(())
}

async fn one(file: &FetchedFile, sandbox: &Path, cache: &Path, ours: &[PathBuf]) -> Result<(), String> {
    let name = file.dest_path.as_deref().unwrap_or_else(|| base_name(&file.uri));
    let target = below(sandbox, name)?;
    let mut way = target.ancestors().take_while(|part| *part != sandbox);
    if way.any(|part| part.is_symlink() && !ours.iter().any(|link| link == part)) {
        return Err(format!("'{name}' leads through a link in the sandbox"));
    }
    if let Some(folder) = target.parent() {
        fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    }
    let archive = file.extract && !file.executable;
    if file.cache {
        let kept = cached(file, cache).await?;
        // What is unpacked stays in the cache.
        if archive && unpack(&kept, base_name(&file.uri), sandbox, ours).await? {
            return Ok(());
        }
        copy(&kept, &target).await?;
    } else {
        obtain(&file.uri, &target).await?;
        if archive {
            unpack(&target, name, sandbox, ours).await?;
        }
    }
    match file.executable {
        true => set_mode(&target, 0o755),
        false => Ok(()),
    }
}

/// The name that a URI gives its file, whatever stands in it.
fn base_name(uri: &str) -> &str {
    uri.rsplit('/').next().unwrap_or_default()
}

/// A file in the cache, which is not compared with its source again.
async fn cached(file: &FetchedFile, cache: &Path) -> Result<PathBuf, String> {
    let kept = cache.join(key(&file.uri));
    if kept.exists() {
        return Ok(kept);
    }
    keep(&file.uri, &kept).await.map_err(|why| format!("cannot cache it: {why}"))?;
    Ok(kept)
}

fn set_mode(file: &Path, mode: u32) -> Result<(), String> {
    fs::set_permissions(file, fs::Permissions::from_mode(mode)).map_err(|error| error.to_string())
}

async fn obtain(uri: &str, target: &Path) -> Result<(), String> {
    match uri.strip_prefix("file://").or_else(|| uri.starts_with('/').then_some(uri)) {
        // A host is not looked at, but for this one.
        Some(path) => copy(Path::new(path.strip_prefix("localhost").unwrap_or(path)), target).await,
        None => download(uri, target).await,
    }
}

/// The name of a URI's file in the cache.
fn key(uri: &str) -> String {
    let mut hasher = DefaultHasher::new();
    uri.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// Fetches a file into the cache, whole or not at all.
async fn keep(uri: &str, kept: &Path) -> Result<(), String> {
    static FETCHES: AtomicU64 = AtomicU64::new(0);
    let failed = |error: io::Error| error.to_string();
    fs::create_dir_all(kept.parent().unwrap_or(kept)).map_err(failed)?;
    // Another task may fetch the same file at this moment.
    let part = kept.with_extension(format!("part{}", FETCHES.fetch_add(1, Ordering::Relaxed)));
    let fetched = obtain(uri, &part).await;
    if let Err(why) = fetched {
        // It may not be there.
        let _ = fs::remove_file(&part);
        return Err(why);
    }
    fs::rename(part, kept).map_err(failed)
}

/// All links below a folder, without what lies behind them.
fn links_in(folder: &Path) -> Vec<PathBuf> {
    let (mut links, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(kind) if kind.is_symlink() => links.push(entry.path()),
                Ok(_) | Err(_) => {}
            }
        }
    }
    links
}

/// Copies an ordinary file of a bounded size with its mode: a pipe might never open or end, a device never end.
async fn copy(path: &Path, target: &Path) -> Result<(), String> {
    let failed = |error: std::io::Error| error.to_string();
    let flags = OFlag::O_NONBLOCK.bits();
    let from = OpenOptions::new().read(true).custom_flags(flags).open(path).await.map_err(failed)?;
    let found = from.metadata().await.map_err(failed)?;
    if !found.is_file() {
        return Err(String::from("it is no ordinary file"));
    }
    let mut out = File::create(target).await.map_err(failed)?;
    let size = tokio::io::copy(&mut from.take(LARGEST + 1), &mut out).await.map_err(failed)?;
    out.flush().await.map_err(failed)?;
    if size > LARGEST {
        return Err(format!("it is larger than {LARGEST} bytes"));
    }
    // As `cp` leaves it: who may run the one may run the other.
    set_mode(target, (found.permissions().mode() & 0o755) | 0o600)
}

async fn download(uri: &str, target: &Path) -> Result<(), String> {
    let failed = |error: reqwest::Error| error.without_url().to_string();
    let client = reqwest::Client::builder().connect_timeout(SILENCE).read_timeout(SILENCE);
    let client = client.redirect(Policy::limited(MOST_REDIRECTS)).build().map_err(failed)?;
    let mut answer = client.get(uri).send().await.map_err(failed)?;
    if answer.status() != StatusCode::OK {
        let code = answer.status().as_u16();
        return Err(format!("Error downloading resource, received HTTP return code {code}"));
    }
    let mut out = File::create(target).await.map_err(|error| error.to_string())?;
    let mut size = 0;
    while let Some(chunk) = answer.chunk().await.map_err(failed)? {
        size += chunk.len() as u64;
        if size > LARGEST {
            return Err(format!("it is larger than {LARGEST} bytes"));
        }
        out.write_all(&chunk).await.map_err(|error| error.to_string())?;
    }
    out.flush().await.map_err(|error| error.to_string())?;
    set_mode(target, 0o644)
}

#[cfg(test)]
mod tests;

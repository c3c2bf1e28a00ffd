//! Fetches a task's files into its sandbox, as Mesos's fetcher does (`launcher/fetcher.cpp`): copies and downloads them,
//! unpacks archives by their names, makes others executable.

use std::{
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    time::Duration,
};

use nix::fcntl::OFlag;
use tokio::{
    fs::{File, OpenOptions},
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    process::Command,
};

use super::{Shared, sandbox::below, volumes};
use crate::wire::{FetchedFile, TaskInfo, TaskReport};

/// No download is larger.
const LARGEST: u64 = 1 << 30;
/// How long a server may stay silent.
const SILENCE: Duration = Duration::from_secs(60);
/// The ends of names of what `tar` unpacks.
const TAR: [&str; 7] = [".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz"];

/// Fetches everything; the first failure ends it and is written to the sandbox's `stderr`.
pub(super) async fn report(shared: &Shared, info: &TaskInfo) -> TaskReport {
    let task = info.id.clone();
    let Some(sandbox) = shared.sandbox(&task) else {
        return TaskReport::NotFetched { why: format!("{task} cannot be the name of a folder"), task };
    };
    if let Err(why) = volumes::mount(shared, info, &sandbox) {
        return TaskReport::NotStarted { task, why };
    }
    match all(&info.fetch, &sandbox, &shared.fetch_cache()).await {
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
    for file in files {
        one(file, sandbox, cache).await.map_err(|why| format!("Failed to fetch '{}': {why}", file.uri))?;
    }
    Ok(())
}

async fn one(file: &FetchedFile, sandbox: &Path, cache: &Path) -> Result<(), String> {
    let name = file.dest_path.as_deref().or_else(|| file.uri.rsplit('/').next()).unwrap_or_default();
    let target = below(sandbox, name)?;
    if let Some(folder) = target.parent() {
        fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    }
    let kept = file.cache.then(|| cache.join(key(&file.uri)));
    match kept.as_ref().filter(|kept| kept.exists()) {
        // It is not compared with its source again.
        Some(kept) => drop(fs::copy(kept, &target).map_err(|error| error.to_string())?),
        None => obtain(&file.uri, &target).await?,
    }
    if let Some(kept) = kept.filter(|kept| !kept.exists()) {
        keep(&target, &kept).map_err(|error| format!("cannot cache it: {error}"))?;
    }
    let mode = if file.executable { 0o755 } else { 0o644 };
    fs::set_permissions(&target, fs::Permissions::from_mode(mode)).map_err(|error| error.to_string())?;
    match file.extract && !file.executable {
        true => unpack(&target, sandbox).await,
        false => Ok(()),
    }
}

async fn obtain(uri: &str, target: &Path) -> Result<(), String> {
    match uri.strip_prefix("file://").or_else(|| uri.starts_with('/').then_some(uri)) {
        Some(path) => copy(Path::new(path), target).await,
        None => download(uri, target).await,
    }
}

/// The name of a URI's file in the cache.
fn key(uri: &str) -> String {
    let mut hasher = DefaultHasher::new();
    uri.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// Keeps a fetched file in the cache, whole or not at all.
fn keep(fetched: &Path, kept: &Path) -> io::Result<()> {
    fs::create_dir_all(kept.parent().unwrap_or(kept))?;
    // Another task may keep the same file at this moment.
    let part = kept.with_extension(key(&fetched.to_string_lossy()));
    fs::copy(fetched, &part)?;
    fs::rename(part, kept)
}

/// Copies an ordinary file of a bounded size: a pipe might never open or end, a device never end.
async fn copy(path: &Path, target: &Path) -> Result<(), String> {
    let failed = |error: std::io::Error| error.to_string();
    let flags = OFlag::O_NONBLOCK.bits();
    let from = OpenOptions::new().read(true).custom_flags(flags).open(path).await.map_err(failed)?;
    if !from.metadata().await.map_err(failed)?.is_file() {
        return Err(String::from("it is no ordinary file"));
    }
    let mut out = File::create(target).await.map_err(failed)?;
    let size = tokio::io::copy(&mut from.take(LARGEST + 1), &mut out).await.map_err(failed)?;
    out.flush().await.map_err(failed)?;
    if size > LARGEST { Err(format!("it is larger than {LARGEST} bytes")) } else { Ok(()) }
}

async fn download(uri: &str, target: &Path) -> Result<(), String> {
    let failed = |error: reqwest::Error| error.without_url().to_string();
    let client = reqwest::Client::builder().connect_timeout(SILENCE).read_timeout(SILENCE).build().map_err(failed)?;
    let answer = client.get(uri).send().await.and_then(reqwest::Response::error_for_status).map_err(failed)?;
    let mut answer = answer;
    let mut out = File::create(target).await.map_err(|error| error.to_string())?;
    let mut size = 0;
    while let Some(chunk) = answer.chunk().await.map_err(failed)? {
        size += chunk.len() as u64;
        if size > LARGEST {
            return Err(format!("it is larger than {LARGEST} bytes"));
        }
        out.write_all(&chunk).await.map_err(|error| error.to_string())?;
    }
    out.flush().await.map_err(|error| error.to_string())
}

/// Unpacks an archive beside it; what has no archive's name stays as it is.
async fn unpack(archive: &Path, sandbox: &Path) -> Result<(), String> {
    let name = archive.to_string_lossy().into_owned();
    let folder = sandbox.to_string_lossy().into_owned();
    if TAR.iter().any(|end| name.ends_with(end)) {
        return run("tar", &["-C", &folder, "-xf", &name]).await;
    }
    if name.ends_with(".gz") {
        return run("gzip", &["-dkf", &name]).await;
    }
    if !name.ends_with(".zip") {
        return Ok(());
    }
    match run("unzip", &["-o", "-q", "-d", &folder, &name]).await {
        // Python has an unzip of its own, where the machine has none.
        Err(why) if why.starts_with(NOT_THERE) => run("python3", &["-m", "zipfile", "-e", &name, &folder]).await,
        outcome => outcome,
    }
}

const NOT_THERE: &str = "cannot run ";

async fn run(program: &str, args: &[&str]) -> Result<(), String> {
    let status = Command::new(program).args(args).output().await;
    match status {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(format!("{program} failed: {}", String::from_utf8_lossy(&output.stderr).trim())),
        Err(error) => Err(format!("{NOT_THERE}{program}: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(uri: String) -> FetchedFile {
        FetchedFile { uri, extract: true, executable: false, cache: false, dest_path: None }
    }

    /// Recorded in `fetch.files`.
    #[tokio::test]
    async fn files_are_copied_and_archives_unpacked() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(from.path().join("a"), "hi\n").unwrap();
        fs::create_dir(from.path().join("d")).unwrap();
        fs::write(from.path().join("d/inside"), "in\n").unwrap();
        let folder = from.path().to_str().unwrap().to_owned();
        run("tar", &["-C", &folder, "-czf", &format!("{folder}/b.tar.gz"), "d"]).await.unwrap();
        let files = [
            FetchedFile { dest_path: Some("other".into()), ..file(format!("file://{folder}/a")) },
            FetchedFile { executable: true, ..file(format!("{folder}/a")) },
            file(format!("file://{folder}/b.tar.gz")),
        ];
        all(&files, to.path(), &to.path().join("cache")).await.unwrap();
        let text = |name: &str| fs::read_to_string(to.path().join(name)).unwrap();
        assert_eq!([text("other"), text("a"), text("d/inside")], ["hi\n", "hi\n", "in\n"]);
        let mode = |name: &str| fs::metadata(to.path().join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!([mode("other"), mode("a"), mode("b.tar.gz")], [0o644, 0o755, 0o644]);
    }

    #[tokio::test]
    async fn what_is_cached_is_fetched_once() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let source = from.path().join("a");
        let cached = |name: &str, cache| FetchedFile {
            cache,
            dest_path: Some(name.into()),
            ..file(format!("file://{}", source.display()))
        };
        let cache = to.path().join("cache");
        for (content, name, from_cache) in [("1", "first", true), ("2", "second", true), ("3", "third", false)] {
            fs::write(&source, content).unwrap();
            all(&[cached(name, from_cache)], to.path(), &cache).await.unwrap();
        }
        let text = |name: &str| fs::read_to_string(to.path().join(name)).unwrap();
        assert_eq!(["first", "second", "third"].map(text), ["1", "1", "3"]);
    }

    #[tokio::test]
    async fn what_is_missing_or_outside_the_sandbox_is_named() {
        let to = tempfile::tempdir().unwrap();
        let missing = all(&[file("file:///none/x.tar.gz".into())], to.path(), to.path()).await.unwrap_err();
        assert_eq!(missing, "Failed to fetch 'file:///none/x.tar.gz': No such file or directory (os error 2)");
        for (name, why) in [("/dev/zero", "it is no ordinary file"), ("/", "it is no ordinary file")] {
            let file = FetchedFile { dest_path: Some("x".into()), ..file(name.into()) };
            assert_eq!(
                all(&[file], to.path(), to.path()).await.unwrap_err(),
                format!("Failed to fetch '{name}': {why}")
            );
        }
        let outside = FetchedFile { dest_path: Some("../x".into()), ..file("/etc/hostname".into()) };
        let why = all(&[outside], to.path(), to.path()).await.unwrap_err();
        assert!(why.ends_with("'../x' is not the name of a file in the sandbox"), "{why}");
    }

    /// A task that waited for a pipe would keep its fake from ending.
    #[tokio::test]
    async fn a_pipe_that_nobody_opens_is_refused_at_once() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let pipe = from.path().join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let why = all(&[file(format!("file://{}", pipe.display()))], to.path(), to.path()).await.unwrap_err();
        assert!(why.ends_with("it is no ordinary file"), "{why}");
    }
}

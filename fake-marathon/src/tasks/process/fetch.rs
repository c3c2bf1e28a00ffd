//! Fetches a task's files into its sandbox, as Mesos's fetcher does (`launcher/fetcher.cpp`): copies and downloads them,
//! unpacks archives by their names, makes others executable.

use std::{
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Stdio,
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
/// What is kept of what a program that unpacks complains of; the status of the task repeats it.
const COMPLAINT: u64 = 1000;
/// How long a server may stay silent.
const SILENCE: Duration = Duration::from_secs(60);
/// The ends of names of what `tar` unpacks.
const TAR: [&str; 7] = [".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz"];

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
    let name = file.dest_path.as_deref().or_else(|| file.uri.rsplit('/').next()).unwrap_or_default();
    let target = below(sandbox, name)?;
    let mut way = target.ancestors().take_while(|part| *part != sandbox);
    if way.any(|part| part.is_symlink() && !ours.iter().any(|link| link == part)) {
        return Err(format!("'{name}' leads through a link in the sandbox"));
    }
    if let Some(folder) = target.parent() {
        fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    }
    let kept = file.cache.then(|| cache.join(key(&file.uri)));
    match kept.as_ref().filter(|kept| kept.exists()) {
        // It is not compared with its source again.
        Some(kept) => drop(tokio::fs::copy(kept, &target).await.map_err(|error| error.to_string())?),
        None => obtain(&file.uri, &target).await?,
    }
    if let Some(kept) = kept.filter(|kept| !kept.exists()) {
        keep(&target, &kept).await.map_err(|error| format!("cannot cache it: {error}"))?;
    }
    let mode = if file.executable { 0o755 } else { 0o644 };
    fs::set_permissions(&target, fs::Permissions::from_mode(mode)).map_err(|error| error.to_string())?;
    match file.extract && !file.executable {
        true => unpack(&target, sandbox, ours).await,
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
async fn keep(fetched: &Path, kept: &Path) -> io::Result<()> {
    fs::create_dir_all(kept.parent().unwrap_or(kept))?;
    // Another task may keep the same file at this moment.
    let part = kept.with_extension(key(&fetched.to_string_lossy()));
    tokio::fs::copy(fetched, &part).await?;
    fs::rename(part, kept)
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

/// A link in the sandbox that an archive has left and that leads out of it, or nowhere yet: what is unpacked next could be
/// written there.
fn link_out_of(sandbox: &Path, ours: &[PathBuf]) -> Option<PathBuf> {
    let real = sandbox.canonicalize().ok()?;
    let leads_out = |link: &PathBuf| !link.canonicalize().is_ok_and(|to| to.starts_with(&real));
    links_in(sandbox).into_iter().filter(|link| !ours.contains(link)).find(leads_out)
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
async fn unpack(archive: &Path, sandbox: &Path, ours: &[PathBuf]) -> Result<(), String> {
    let name = archive.to_string_lossy().into_owned();
    let folder = sandbox.to_string_lossy().into_owned();
    let run = |program, args: Vec<String>| run(program, args, sandbox);
    if let Some(link) = link_out_of(sandbox, ours) {
        return Err(format!("it is not unpacked beside a link that leads out of the sandbox ('{}')", link.display()));
    }
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    if TAR.iter().any(|end| name.ends_with(end)) {
        return run("tar", words(&["-C", &folder, "-xf", &name])).await;
    }
    if name.ends_with(".gz") {
        return run("gzip", words(&["-dkf", &name])).await;
    }
    if !name.ends_with(".zip") {
        return Ok(());
    }
    match run("unzip", words(&["-o", "-q", "-d", &folder, &name])).await {
        // Python has an unzip of its own, where the machine has none.
        Err(why) if why.starts_with(NOT_THERE) => run("python3", words(&["-m", "zipfile", "-e", &name, &folder])).await,
        outcome => outcome,
    }
}

const NOT_THERE: &str = "cannot run ";

/// Runs a program in the sandbox, by which a keeper knows it again: it ends with the fake, however that ends.
async fn run(program: &str, args: Vec<String>, sandbox: &Path) -> Result<(), String> {
    let failed = |error: io::Error| format!("{program} failed: {error}");
    let mut command = Command::new(program);
    command.args(args).current_dir(sandbox).env("MESOS_SANDBOX", sandbox).kill_on_drop(true);
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
    let mut child = child.map_err(|error| format!("{NOT_THERE}{program}: {error}"))?;
    let mut complaint = Vec::new();
    if let Some(mut stderr) = child.stderr.take() {
        (&mut stderr).take(COMPLAINT).read_to_end(&mut complaint).await.map_err(failed)?;
        // It may complain of each of a million files, and goes on.
        tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await.map_err(failed)?;
    }
    match child.wait().await.map_err(failed)?.success() {
        true => Ok(()),
        false => Err(format!("{program} failed: {}", String::from_utf8_lossy(&complaint).trim())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(uri: String) -> FetchedFile {
        FetchedFile { uri, extract: true, executable: false, cache: false, dest_path: None }
    }

    /// Packs what is in a folder into an archive there.
    async fn pack(folder: &Path, archive: &str, what: &str) {
        run("tar", ["-czf", archive, what].map(str::to_owned).into(), folder).await.unwrap();
    }

    /// Recorded in `fetch.files`.
    #[tokio::test]
    async fn files_are_copied_and_archives_unpacked() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(from.path().join("a"), "hi\n").unwrap();
        fs::create_dir(from.path().join("d")).unwrap();
        fs::write(from.path().join("d/inside"), "in\n").unwrap();
        let folder = from.path().to_str().unwrap().to_owned();
        pack(from.path(), "b.tar.gz", "d").await;
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

    /// What an archive leaves behind must not lead what is fetched next out of the sandbox.
    #[tokio::test]
    async fn nothing_is_written_through_a_link_that_an_archive_has_left() {
        let (from, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::os::unix::fs::symlink(outside.path(), from.path().join("out")).unwrap();
        pack(from.path(), "link.tgz", "out").await;
        fs::remove_file(from.path().join("out")).unwrap();
        fs::create_dir(from.path().join("out")).unwrap();
        fs::write(from.path().join("out/x"), "x").unwrap();
        pack(from.path(), "file.tgz", "out/x").await;
        let from = |name: &str| file(from.path().join(name).to_str().unwrap().to_owned());
        let through = FetchedFile { dest_path: Some("out/x".into()), ..from("out/x") };
        for (second, why) in [(through, "leads through a link"), (from("file.tgz"), "beside a link that leads out")] {
            let to = tempfile::tempdir().unwrap();
            let refused = all(&[from("link.tgz"), second], to.path(), to.path()).await.unwrap_err();
            assert!(refused.contains(why), "{refused}");
        }
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    }

    /// A server that answers each connection with these bytes, and then sends no more and does not close.
    async fn server(answer: String) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let mut open = Vec::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                stream.write_all(answer.as_bytes()).await.unwrap();
                open.push(stream);
            }
        });
        format!("http://{address}/x.tgz")
    }

    #[tokio::test]
    async fn a_redirect_leads_to_no_file_of_this_machine() {
        let to = tempfile::tempdir().unwrap();
        let moved = "HTTP/1.1 302 Found\r\nLocation: file:///etc/hostname\r\nContent-Length: 0\r\n\r\n";
        let uri = server(moved.to_owned()).await;
        assert!(all(&[file(uri)], to.path(), to.path()).await.is_err());
        assert!(!to.path().join("x.tgz").exists());
    }

    #[tokio::test]
    async fn endless_headers_are_refused() {
        let to = tempfile::tempdir().unwrap();
        let uri = server(format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(4 << 20))).await;
        assert!(all(&[file(uri)], to.path(), to.path()).await.is_err());
    }
}

//! Unpacks archives by their names.

use std::{
    io,
    path::{Path, PathBuf},
    process::Stdio,
};

use tokio::{io::AsyncReadExt as _, process::Command};

use super::{base_name, below, links_in};

/// What is kept of what a program that unpacks complains of; the status of the task repeats it.
const COMPLAINT: u64 = 1000;
/// The ends of names of what `tar` unpacks.
const TAR: [&str; 7] = [".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz"];

/// Unpacks an archive into the sandbox; false for what is not called like one.
pub(super) async fn unpack(archive: &Path, called: &str, sandbox: &Path, ours: &[PathBuf]) -> Result<bool, String> {
    let name = archive.to_string_lossy().into_owned();
    let folder = sandbox.to_string_lossy().into_owned();
    let run = |program, args: Vec<String>| run(program, args, sandbox);
    let is_tar = TAR.iter().any(|end| called.ends_with(end));
    if !is_tar && !called.ends_with(".gz") && !called.ends_with(".zip") {
        return Ok(false);
    }
    if let Some(link) = link_out_of(sandbox, ours) {
        return Err(format!("it is not unpacked beside a link that leads out of the sandbox ('{}')", link.display()));
    }
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    if is_tar {
        run("tar", words(&["-C", &folder, "-xf", &name])).await?;
    } else if let Some(inside) = called.strip_suffix(".gz") {
        // Whatever folder the archive itself is in.
        let target = below(sandbox, base_name(inside))?;
        let script = "exec gzip -dc <\"$1\" >\"$2\"";
        run("sh", words(&["-c", script, "gzip", &name, &target.to_string_lossy()])).await?;
    } else {
        match run("unzip", words(&["-o", "-q", "-d", &folder, &name])).await {
            // Python has an unzip of its own, where the machine has none.
            Err(why) if why.starts_with(NOT_THERE) => {
                run("python3", words(&["-m", "zipfile", "-e", &name, &folder])).await?;
            }
            outcome => outcome?,
        }
    }
    Ok(true)
}

const NOT_THERE: &str = "cannot run ";

/// Runs a program in the sandbox, by which a keeper knows it again: it ends with the fake, however that ends.
pub(super) async fn run(program: &str, args: Vec<String>, sandbox: &Path) -> Result<(), String> {
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

/// A link in the sandbox that an archive has left and that leads out of it, or nowhere yet: what is unpacked next could be
/// written there.
fn link_out_of(sandbox: &Path, ours: &[PathBuf]) -> Option<PathBuf> {
    let real = sandbox.canonicalize().ok()?;
    let leads_out = |link: &PathBuf| !link.canonicalize().is_ok_and(|to| to.starts_with(&real));
    links_in(sandbox).into_iter().filter(|link| !ours.contains(link)).find(leads_out)
}

//! Finding runs by their name or folder, and all that lie below a folder.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use crate::{exit::Failure, folder::RunFolder};

/// Where runs go if nobody says otherwise.
pub const BELOW: &str = "hc-rig-runs";

/// The link below [`BELOW`] to what ran last.
pub const LATEST: &str = "latest";

/// The folder of a run, or of several: a folder, the name of one below [`BELOW`] or of a run there, or without any the
/// latest.
///
/// # Errors
/// Exit code 2: there is none.
pub fn path(named: Option<&str>) -> Result<PathBuf, Failure> {
    let below = Path::new(BELOW);
    let named = match named {
        Some(named) if Path::new(named) != below.join(LATEST) && named != LATEST => named,
        Some(_) | None => return latest(below),
    };
    let found = [PathBuf::from(named), below.join(named)].into_iter().find(|path| path.exists());
    found.or_else(|| by_name(named, below).map(|folder| folder.path().to_owned())).ok_or_else(|| {
        Failure::usage(format!(
            "there is no run folder {named}, and no run of that name below {BELOW}; name its folder, or leave it out \
             for the latest run"
        ))
    })
}

/// The one run that [`path()`] finds.
///
/// # Errors
/// Exit code 2: there is none, or there are several.
pub fn run(named: Option<&str>) -> Result<RunFolder, Failure> {
    RunFolder::open(path(named)?)
}

/// What ran last, by its own path and not by that of the link.
fn latest(below: &Path) -> Result<PathBuf, Failure> {
    let link = below.join(LATEST);
    let target = fs::read_link(&link).map(|target| below.join(target)).ok().filter(|target| target.is_dir());
    target.ok_or_else(|| {
        let why = if link.is_symlink() { "the latest run is gone" } else { "nothing ran yet" };
        Failure::usage(format!("{why} ({} leads to no folder); name a run or its folder", link.display()))
    })
}

/// Makes the link to what ran last lead to this folder: one below [`BELOW`], or another if there is such a folder. It is
/// a convenience only, so nothing fails where it cannot be made.
pub fn mark_latest(run: &Path) {
    mark_latest_below(run, Path::new(BELOW));
}

fn mark_latest_below(run: &Path, below: &Path) {
    let target = match run.strip_prefix(below) {
        Ok(inside) => Some(inside.to_owned()),
        Err(_) if below.is_dir() => run.canonicalize().ok(),
        Err(_) => None,
    };
    let Some(target) = target else { return };
    // Another run may do the same at this moment, so the link is made aside and put in place at once.
    let aside = below.join(format!(".{LATEST}-{}", std::process::id()));
    if symlink(target, &aside).is_ok() && fs::rename(&aside, below.join(LATEST)).is_err() {
        drop(fs::remove_file(&aside));
    }
}

/// The run of this name, at or below a folder.
pub fn by_name(name: &str, below: &Path) -> Option<RunFolder> {
    all(below).into_iter().find(|folder| folder.manifest().is_ok_and(|manifest| manifest.run == name))
}

/// Every run folder at most three levels below `path` (a run; a pair or count of a run of several), in order of path.
pub fn all(path: &Path) -> Vec<RunFolder> {
    let mut found = Vec::new();
    let mut level = vec![PathBuf::from(path)];
    for _ in 0..4 {
        let mut next = Vec::new();
        for path in level {
            if path.join("run.json").is_file() {
                found.push(RunFolder::at(path));
                continue;
            }
            let entries = fs::read_dir(&path).into_iter().flatten().flatten();
            // A link may lead back up, or out of what is ours.
            next.extend(
                entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())).map(|entry| entry.path()),
            );
        }
        level = next;
    }
    found.sort_by(|a, b| a.path().cmp(b.path()));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_found_by_name_at_any_depth() {
        let folder = tempfile::tempdir().unwrap();
        for (place, name) in [("a", "one"), ("several/mesos-tcp", "two"), ("matrix/mesos-tcp/10", "three")] {
            let run = RunFolder::create(folder.path().join(place)).unwrap();
            run.write("run.json", format!("{{\"format\": 1, \"run\": \"{name}\"}}").as_bytes()).unwrap();
        }
        assert_eq!(all(folder.path()).len(), 3);
        assert!(by_name("three", folder.path()).unwrap().path().ends_with("matrix/mesos-tcp/10"));
        assert_eq!(by_name("four", folder.path()), None);
        assert!(run(Some("nowhere")).unwrap_err().message.contains("nowhere"));
    }

    #[test]
    fn the_link_leads_to_what_ran_last_inside_and_outside() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("runs");
        let outside = folder.path().join("elsewhere");
        mark_latest_below(&outside, &below);
        assert!(!below.exists(), "nothing is made for its sake");
        for run in ["one", "two"] {
            fs::create_dir_all(below.join(run)).unwrap();
            mark_latest_below(&below.join(run), &below);
            assert_eq!(latest(&below).unwrap(), below.join(run));
        }
        fs::create_dir(&outside).unwrap();
        mark_latest_below(&outside, &below);
        assert_eq!(latest(&below).unwrap(), outside.canonicalize().unwrap());
        fs::remove_dir(&outside).unwrap();
        assert!(latest(&below).unwrap_err().message.starts_with("the latest run is gone"));
        assert_eq!(fs::read_dir(&below).unwrap().count(), 3, "no link is left aside");
    }
}

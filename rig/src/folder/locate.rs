//! Finding runs by their name or folder, and all that lie below a folder.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{exit::Failure, folder::RunFolder};

/// Where runs go if nobody says otherwise.
pub const BELOW: &str = "hc-rig-runs";

/// The run of this folder, or the one below [`BELOW`] whose folder or run has this name.
///
/// # Errors
/// Exit code 2: there is none.
pub fn run(named: &str) -> Result<RunFolder, Failure> {
    for path in [PathBuf::from(named), Path::new(BELOW).join(named)] {
        if path.exists() {
            return RunFolder::open(path);
        }
    }
    by_name(named, Path::new(BELOW)).ok_or_else(|| {
        Failure::usage(format!(
            "there is no run folder {named}, and no run of that name below {BELOW}: name its folder"
        ))
    })
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
        assert!(run("nowhere").unwrap_err().message.contains("nowhere"));
    }
}

//! A control group (cgroup v2) for the supervisors and tasks of one fake, where one can be had: it holds whatever they
//! start, also what forgets its environment, its folder and its session.
//!
//! The group lies in the fake's own and is called as the fake's folder, in which the file [`FILE`] has its path. Nobody
//! needs rights for it beyond those over the own group: root has them, and so has a user where systemd delegates (as
//! `user@.service` does). Without them the fake does without.

use std::{
    fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Component, Path, PathBuf},
    time::Duration,
};

use nix::unistd::geteuid;

/// The file in the fake's folder that holds the group's path.
const FILE: &str = "cgroup";

/// How often a group whose processes were killed is asked whether it is empty.
const ROUNDS: u32 = 200;

/// Makes a group for the fake with this folder; none where that cannot be had.
pub(crate) fn create(folder: &Path) -> Option<PathBuf> {
    let group = own()?.join(folder.file_name()?);
    fs::create_dir(&group).ok()?;
    // Linux before 5.14 cannot kill a group. The supervisor that joins must have the right to.
    let usable = group.join("cgroup.kill").exists()
        && fs::write(folder.join(FILE), group.as_os_str().as_encoded_bytes()).is_ok();
    if !usable {
        let _ = fs::remove_dir(&group);
    }
    usable.then_some(group)
}

/// Puts a process into the group; what it starts from now on is in it too.
pub(crate) fn join(group: &Path, process: u32) -> io::Result<()> {
    fs::write(group.join("cgroup.procs"), process.to_string())
}

/// Kills what is in the group of the fake with this folder, and removes it; nothing where there is none. Blocks.
pub(crate) fn kill_all_of(folder: &Path) {
    let Some(group) = of(folder) else { return };
    let _ = (fs::write(group.join("cgroup.kill"), "1"), fs::remove_file(folder.join(FILE)));
    for _ in 0..ROUNDS {
        // It is busy as long as a process has not quite ended.
        match fs::remove_dir(&group) {
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => std::thread::sleep(Duration::from_millis(5)),
            Ok(()) | Err(_) => return,
        }
    }
}

/// The group that the folder names. The root of the folders may be everybody's, so neither a folder of somebody else's nor
/// a group by any other name is believed.
fn of(folder: &Path) -> Option<PathBuf> {
    if fs::symlink_metadata(folder).ok()?.uid() != geteuid().as_raw() {
        return None;
    }
    let group = PathBuf::from(fs::read_to_string(folder.join(FILE)).ok()?);
    let straight = group.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
    (straight && group.file_name() == folder.file_name() && group.starts_with(mounted()?)).then_some(group)
}

/// Where cgroup v2 is mounted.
fn mounted() -> Option<PathBuf> {
    let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
    let mut lines = mounts.lines().map(|line| line.split(' '));
    lines.find_map(|mut fields| {
        let (_, place, kind) = (fields.next()?, fields.next()?, fields.next()?);
        (kind == "cgroup2").then(|| PathBuf::from(place))
    })
}

/// The group of this process.
fn own() -> Option<PathBuf> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let path = groups.lines().find_map(|line| line.strip_prefix("0::/"))?;
    let own = mounted()?.join(path);
    own.is_dir().then_some(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_cannot_name_any_group_but_its_own() {
        let Some(mounted) = mounted() else { return };
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("fake-marathon-1-0");
        fs::create_dir(&folder).unwrap();
        let named = |group: &Path| {
            fs::write(folder.join(FILE), group.as_os_str().as_encoded_bytes()).unwrap();
            of(&folder)
        };
        let right = mounted.join("a/fake-marathon-1-0");
        assert_eq!(named(&right), Some(right.clone()));
        for wrong in ["fake-marathon-1-1", "../fake-marathon-1-0", "fake-marathon-1-0/.."] {
            assert_eq!(named(&mounted.join(wrong)), None, "{wrong}");
        }
        assert_eq!(named(Path::new("/etc/fake-marathon-1-0")), None);
    }
}

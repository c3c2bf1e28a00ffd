//! The volumes of a task of a group: links in its sandbox, as Mesos's isolators make them where nothing is mounted
//! (`isolators/volume/sandbox_path.cpp`, `isolators/volume/host_path.cpp`).

use std::{
    fs, io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use super::{Shared, sandbox::below};
use crate::wire::{TaskInfo, Volume, VolumeSource};

/// An isolator of Mesos's agents that makes volumes visible (`--isolation`). Without it such a volume is not made, and
/// nothing says so (recorded in `pods.shared_volume`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Isolator {
    /// A folder that the containers of a pod share.
    #[value(name = "volume/sandbox_path")]
    SandboxPath,
    /// A path of the agent.
    #[value(name = "volume/host_path")]
    HostPath,
}

impl Isolator {
    fn of(volume: &Volume) -> Self {
        match volume.source {
            VolumeSource::Shared(_) => Self::SandboxPath,
            VolumeSource::Host(_) => Self::HostPath,
        }
    }
}

/// Makes those volumes of a task that the agent has an isolator for visible in its sandbox, unless they are already.
pub(super) fn mount(shared: &Shared, task: &TaskInfo, sandbox: &Path) -> Result<(), String> {
    let mut volumes = task.volumes.iter().filter(|volume| shared.isolation.contains(&Isolator::of(volume))).peekable();
    if volumes.peek().is_none() {
        return Ok(());
    }
    let of_group = shared.shared_volumes(&task.id).ok_or_else(|| format!("{} is no task of a group", task.id))?;
    volumes.try_for_each(|volume| link(volume, &of_group, sandbox))
}

fn link(volume: &Volume, of_group: &Path, sandbox: &Path) -> Result<(), String> {
    let path = &volume.container_path;
    let failed = |error: io::Error| format!("cannot make the volume at {path}: {error}");
    if path.starts_with('/') {
        return Err(format!(
            "a process task cannot see a volume at the absolute path {path}: give its volumeMounts a mountPath below the \
             sandbox"
        ));
    }
    let source = match &volume.source {
        VolumeSource::Shared(name) => {
            let folder = below(of_group, name)?;
            fs::create_dir_all(&folder).map_err(failed)?;
            folder
        }
        VolumeSource::Host(path) if Path::new(path).exists() => PathBuf::from(path),
        VolumeSource::Host(path) => return Err(format!("Path '{path}' in HOST_PATH volume does not exist")),
    };
    let target = below(sandbox, path)?;
    if fs::read_link(&target).is_ok_and(|there| there == source) {
        return Ok(());
    }
    fs::create_dir_all(target.parent().unwrap_or(sandbox)).map_err(failed)?;
    symlink(&source, &target).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn volume(container_path: &str, source: VolumeSource) -> Volume {
        Volume { container_path: container_path.to_owned(), source }
    }

    #[test]
    fn containers_see_one_folder_and_a_host_volume_is_its_path() {
        let (group, one, other) =
            (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let shared = || VolumeSource::Shared(String::from("v"));
        for (sandbox, path) in [(&one, "data"), (&other, "deep/in"), (&one, "data")] {
            link(&volume(path, shared()), group.path(), sandbox.path()).unwrap();
        }
        fs::write(one.path().join("data/now"), "1").unwrap();
        assert_eq!(fs::read_to_string(other.path().join("deep/in/now")).unwrap(), "1");
        let host = VolumeSource::Host(one.path().to_str().unwrap().to_owned());
        link(&volume("host", host), group.path(), other.path()).unwrap();
        assert_eq!(fs::read_to_string(other.path().join("host/data/now")).unwrap(), "1");
    }

    #[test]
    fn what_cannot_be_a_volume_is_refused_with_a_sentence() {
        let (group, sandbox) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let shared = || VolumeSource::Shared(String::from("v"));
        for (volume, why) in [
            (volume("/data", shared()), "a process task cannot see a volume at the absolute path /data: give its"),
            (volume("../up", shared()), "'../up' is not the name of a file in the sandbox"),
            (
                volume("h", VolumeSource::Host(String::from("/none/x"))),
                "Path '/none/x' in HOST_PATH volume does not exist",
            ),
        ] {
            let refused = link(&volume, group.path(), sandbox.path()).unwrap_err();
            assert!(refused.starts_with(why), "{refused}");
        }
    }
}

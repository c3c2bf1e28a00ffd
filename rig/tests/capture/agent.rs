//! An agent: sshd on a free port of loopback with keys, home for temporary files and PATH of its own.

use std::{
    cell::RefCell,
    fs,
    net::TcpStream,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Child, Command, Stdio},
};

use tokio::net::TcpSocket;

use crate::until;

/// Where Debian and most others put it; sshd wants to be called by its whole path.
const SSHD: &str = "/usr/sbin/sshd";

/// Writes down how it was called without the file's name, and ends on request, as sysdig does.
const SYSDIG: &str = r#"#!/bin/sh
trap 'echo ended >>"$file"; exit 0' TERM
file=${7}0
echo "$*" | sed "s| [^ ]*/cap.scap.gz | |" >"$file"
while :; do sleep 0.05; done
"#;

/// Ends with its sshd when dropped.
pub(crate) struct Agent {
    folder: tempfile::TempDir,
    port: u16,
    /// Bound without listening: sshd may listen on the port, and no test beside this one is given it.
    _bound: TcpSocket,
    sshd: RefCell<Child>,
}

impl Agent {
    pub(crate) fn with_sysdig() -> Self {
        Self::start(Some(SYSDIG))
    }

    pub(crate) fn without_sysdig() -> Self {
        Self::start(None)
    }

    fn start(sysdig: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        for name in ["bin", "tmp"] {
            fs::create_dir(path.join(name)).unwrap();
        }
        if let Some(script) = sysdig {
            fs::write(path.join("bin/sysdig"), script).unwrap();
            fs::set_permissions(path.join("bin/sysdig"), fs::Permissions::from_mode(0o755)).unwrap();
        }
        for name in ["host", "user"] {
            let made =
                Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(path.join(name)).status();
            assert!(made.unwrap().success(), "ssh-keygen");
        }
        fs::copy(path.join("user.pub"), path.join("authorized")).unwrap();
        let bound = TcpSocket::new_v4().unwrap();
        bound.set_reuseaddr(true).unwrap();
        bound.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let port = bound.local_addr().unwrap().port();
        let host_key = fs::read_to_string(path.join("host.pub")).unwrap();
        fs::write(path.join("known"), format!("[127.0.0.1]:{port} {host_key}")).unwrap();
        let config = format!(
            "ListenAddress 127.0.0.1:{port}\nHostKey {0}/host\nAuthorizedKeysFile {0}/authorized\nPidFile none\n\
             StrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n\
             PermitRootLogin prohibit-password\nSetEnv PATH={0}/bin:/usr/bin:/bin TMPDIR={0}/tmp\n",
            path.display()
        );
        fs::write(path.join("sshd_config"), config).unwrap();
        let log = fs::File::create(path.join("sshd.log")).unwrap();
        let sshd = Command::new(SSHD)
            .args(["-D", "-e", "-f"])
            .arg(path.join("sshd_config"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let agent = Self { folder, port, _bound: bound, sshd: RefCell::new(sshd) };
        until("sshd listens", || {
            let ended = agent.sshd.borrow_mut().try_wait().unwrap();
            assert!(ended.is_none(), "sshd: {}", fs::read_to_string(agent.path().join("sshd.log")).unwrap());
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        agent
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// As `--ssh` takes it.
    pub(crate) fn destination(&self) -> String {
        let user = nix::unistd::User::from_uid(nix::unistd::getuid()).unwrap().unwrap().name;
        format!("ssh://{user}@127.0.0.1:{}", self.port)
    }

    /// As `--ssh-option` takes them: nothing of this machine's user counts.
    pub(crate) fn options(&self) -> Vec<String> {
        let path = self.path().display();
        vec![
            format!("IdentityFile={path}/user"),
            "IdentitiesOnly=yes".to_owned(),
            "IdentityAgent=none".to_owned(),
            format!("UserKnownHostsFile={path}/known"),
            "GlobalKnownHostsFile=/dev/null".to_owned(),
        ]
    }

    /// Whether nothing lies in its folder for temporary files.
    pub(crate) fn is_clean(&self) -> bool {
        fs::read_dir(self.path().join("tmp")).unwrap().next().is_none()
    }

    /// Whether the stand-in has something to show.
    pub(crate) fn captures(&self) -> bool {
        let folders = fs::read_dir(self.path().join("tmp")).unwrap().flatten();
        folders
            .into_iter()
            .any(|folder| fs::read(folder.path().join("cap.scap.gz0")).is_ok_and(|file| !file.is_empty()))
    }

    /// Lets nobody in any more.
    pub(crate) fn forget_key(&self) {
        fs::write(self.path().join("authorized"), "").unwrap();
    }

    /// Ends sshd.
    pub(crate) fn stop(&self) {
        let mut sshd = self.sshd.borrow_mut();
        drop(sshd.kill());
        drop(sshd.wait());
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        self.stop();
    }
}

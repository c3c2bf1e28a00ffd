//! Files that the user names, read up to a limit and never for ever: a device has no end, and a FIFO may have no writer.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read as _},
    os::{
        fd::AsFd as _,
        unix::fs::{FileTypeExt as _, OpenOptionsExt as _},
    },
    path::Path,
    time::Duration,
};

use nix::{
    fcntl::OFlag,
    poll::{PollFd, PollFlags, PollTimeout, poll},
};

/// The most bytes of a definition, a file of settings, certificates or a token.
pub const LIMIT: u64 = 16 << 20;

/// How long a FIFO, or what is given as one (`<(command)`), may send nothing.
const SILENCE: Duration = Duration::from_secs(10);

/// The bytes of a file, at most [`LIMIT`].
///
/// # Errors
/// It cannot be read, is larger, or sends nothing for ten seconds.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    read_up_to(path, LIMIT, SILENCE)
}

/// The same for a text.
///
/// # Errors
/// As [`read`], and if it is not UTF-8.
pub fn read_to_string(path: &Path) -> io::Result<String> {
    String::from_utf8(read(path)?).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not text in UTF-8"))
}

fn read_up_to(path: &Path, limit: u64, silence: Duration) -> io::Result<Vec<u8>> {
    // Without waiting, or a FIFO without a writer would not even open.
    let mut file = OpenOptions::new().read(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(path)?;
    let is_fifo = file.metadata()?.file_type().is_fifo();
    let (mut bytes, mut block) = (Vec::new(), [0; 1 << 16]);
    loop {
        match file.read(&mut block) {
            // Its writer may not have opened it yet.
            Ok(0) if is_fifo && bytes.is_empty() => {}
            Ok(0) => return Ok(bytes),
            Ok(n) => {
                bytes.extend_from_slice(&block[..n]);
                if bytes.len() as u64 > limit {
                    let size = format!("it is larger than {} MiB", limit >> 20);
                    return Err(io::Error::new(io::ErrorKind::FileTooLarge, size));
                }
                continue;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
        if !has_more(&file, silence)? {
            return Ok(bytes);
        }
    }
}

/// Waits until there is something to read; false if the writer is gone.
fn has_more(file: &File, silence: Duration) -> io::Result<bool> {
    let mut polled = [PollFd::new(file.as_fd(), PollFlags::POLLIN)];
    let timeout = PollTimeout::try_from(silence).unwrap_or(PollTimeout::MAX);
    match poll(&mut polled, timeout) {
        Ok(0) => {
            let silent = format!("nothing came from it for {} s", silence.as_secs());
            Err(io::Error::new(io::ErrorKind::TimedOut, silent))
        }
        Ok(_) => Ok(polled[0].revents().is_some_and(|seen| seen.contains(PollFlags::POLLIN))),
        Err(nix::errno::Errno::EINTR) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::{io::Write as _, thread};

    use nix::{sys::stat::Mode, unistd::mkfifo};

    use super::*;

    #[test]
    fn a_file_is_read_whole_and_a_device_up_to_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, vec![7; 200_000]).unwrap();
        assert_eq!(read(&path).unwrap().len(), 200_000);
        assert_eq!(read_to_string(Path::new("/dev/null")).unwrap(), "");
        let endless = read(Path::new("/dev/zero")).unwrap_err();
        assert_eq!(endless.to_string(), "it is larger than 16 MiB");
    }

    #[test]
    fn a_fifo_is_read_when_its_writer_comes_and_given_up_without_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fifo");
        mkfifo(&path, Mode::S_IRWXU).unwrap();
        let silent = read_up_to(&path, LIMIT, Duration::ZERO).unwrap_err();
        assert_eq!(silent.to_string(), "nothing came from it for 0 s");
        let to = path.clone();
        let writer = thread::spawn(move || {
            let mut file = OpenOptions::new().write(true).open(to).unwrap();
            file.write_all(b"{}").unwrap();
        });
        assert_eq!(read(&path).unwrap(), b"{}");
        writer.join().unwrap();
    }
}

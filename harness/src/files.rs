//! Files that the user names, and those of a run folder, read up to a limit and never for ever: a device has no end, and a
//! FIFO may have no writer.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read as _},
    ops::Range,
    os::{
        fd::AsFd as _,
        unix::fs::{FileTypeExt as _, OpenOptionsExt as _},
    },
    path::{self, Path},
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use nix::{
    fcntl::OFlag,
    poll::{PollFd, PollFlags, PollTimeout, poll},
};

/// The most bytes of a definition, a file of settings, certificates or a token.
pub const LIMIT: u64 = 16 << 20;

/// The most bytes of a JSON document in a run folder, and of one line of a record: as much as of what a server answers.
const RECORD_LIMIT: u64 = 256 << 20;

/// How long a FIFO, or what is given as one (`<(command)`), may send nothing.
const SILENCE: Duration = Duration::from_secs(10);

/// How often somebody who waits for a FIFO looks whether that is still wanted.
const LOOK: Duration = Duration::from_millis(100);

/// Whether the user wants the program to end.
static STOPPED: AtomicBool = AtomicBool::new(false);

/// Whoever waits for a FIFO gives up, since the user wants the program to end. Later reads wait as before: the clean-up may
/// need one.
pub fn stop_waiting() {
    STOPPED.store(true, Ordering::Relaxed);
}

/// An ordinary file, also behind a link, but no FIFO or device: a run folder may come from anybody.
///
/// # Errors
/// It cannot be opened, or is something else.
pub fn open_ordinary(path: &Path) -> io::Result<File> {
    // Without waiting: a FIFO without a writer would not open.
    let file = OpenOptions::new().read(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no ordinary file"))
    }
}

/// The bytes of an ordinary file, at most 256 MiB.
///
/// # Errors
/// As [`open_ordinary`]; it cannot be read, or is larger.
pub fn read_ordinary(path: &Path) -> io::Result<Vec<u8>> {
    let file = open_ordinary(path)?;
    let mut bytes = Vec::new();
    // It may grow while it is read.
    if file.metadata()?.len() <= RECORD_LIMIT {
        file.take(RECORD_LIMIT + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 <= RECORD_LIMIT {
            return Ok(bytes);
        }
    }
    Err(too_large("it", RECORD_LIMIT))
}

/// The lines of an ordinary file, each without its end and at most 256 MiB long.
///
/// # Errors
/// As [`open_ordinary`]. Of a line: it cannot be read, or is longer; no line follows then.
pub fn lines(path: &Path) -> io::Result<Lines> {
    Ok(Lines { file: open_ordinary(path)?, limit: RECORD_LIMIT, buffer: Vec::new(), read: 0..0, over: false })
}

/// The lines of a file.
#[derive(Debug)]
pub struct Lines {
    file: File,
    limit: u64,
    buffer: Vec<u8>,
    /// What of the buffer was read from the file and not handed on.
    read: Range<usize>,
    /// The file is at its end, or no line follows because of an error.
    over: bool,
}

impl Lines {
    /// The next line. It lies where it was read: nothing is copied, and a record has hundreds of megabytes.
    ///
    /// # Errors
    /// As [`lines`].
    pub fn next_line(&mut self) -> io::Result<Option<&[u8]>> {
        Ok(self.find()?.map(|line| &self.buffer[line]))
    }

    /// The next line that does not consist of blanks.
    ///
    /// # Errors
    /// As [`lines`].
    pub fn next_filled(&mut self) -> io::Result<Option<&[u8]>> {
        loop {
            match self.find()? {
                Some(line) if self.buffer[line.clone()].trim_ascii_start().is_empty() => {}
                found => return Ok(found.map(|line| &self.buffer[line])),
            }
        }
    }

    /// Where the next line lies in the buffer.
    fn find(&mut self) -> io::Result<Option<Range<usize>>> {
        let mut looked = 0;
        loop {
            let unread = &self.buffer[self.read.clone()];
            let length = memchr::memchr(b'\n', &unread[looked..]).map(|at| looked + at);
            let length = length.or_else(|| Some(unread.len()).filter(|length| self.over && *length > 0));
            if length.unwrap_or(unread.len()) as u64 > self.limit {
                (self.over, self.read) = (true, 0..0);
                return Err(too_large("a line of it", self.limit));
            }
            if let Some(length) = length {
                let line = self.read.start..self.read.start + length;
                self.read.start = (line.end + 1).min(self.read.end);
                return Ok(Some(line));
            }
            if self.over {
                return Ok(None);
            }
            looked = unread.len();
            self.fill()?;
        }
    }

    /// Reads more, behind what is there, which comes to the beginning of the buffer.
    fn fill(&mut self) -> io::Result<()> {
        const BLOCK: usize = 256 << 10;
        let unread = self.read.len();
        if self.buffer.len() < unread + BLOCK {
            // What the system hands out is zero; growing in place would write zeros byte by byte.
            let mut larger = vec![0; 2 * unread + BLOCK];
            larger[..unread].copy_from_slice(&self.buffer[self.read.clone()]);
            self.buffer = larger;
        } else {
            self.buffer.copy_within(self.read.clone(), 0);
        }
        self.read = 0..unread;
        match self.file.read(&mut self.buffer[unread..]) {
            Ok(0) => self.over = true,
            Ok(read) => self.read.end += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                (self.over, self.read) = (true, 0..0);
                return Err(error);
            }
        }
        Ok(())
    }
}

fn too_large(what: &str, limit: u64) -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, format!("{what} is larger than {} MiB", limit >> 20))
}

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

/// The name of a file that holds a secret, as messages show it. None where there is no such file: what was to name it may be the
/// secret itself then.
pub(crate) fn shown(path: &Path) -> Option<path::Display<'_>> {
    path.exists().then(|| path.display())
}

fn read_up_to(path: &Path, limit: u64, silence: Duration) -> io::Result<Vec<u8>> {
    let stopped = STOPPED.load(Ordering::Relaxed);
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
                    return Err(too_large("it", limit));
                }
                continue;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
        if !has_more(&file, silence, stopped)? {
            return Ok(bytes);
        }
    }
}

/// Waits until there is something to read; false if the writer is gone.
fn has_more(file: &File, silence: Duration, stopped: bool) -> io::Result<bool> {
    let mut left = silence;
    loop {
        if STOPPED.load(Ordering::Relaxed) != stopped {
            return Err(io::Error::new(io::ErrorKind::Interrupted, "stopped while nothing came from it"));
        }
        let mut polled = [PollFd::new(file.as_fd(), PollFlags::POLLIN)];
        let look = left.min(LOOK);
        match poll(&mut polled, PollTimeout::try_from(look).unwrap_or(PollTimeout::MAX)) {
            Ok(0) if left.is_zero() => {
                let silent = format!("nothing came from it for {} s", silence.as_secs());
                return Err(io::Error::new(io::ErrorKind::TimedOut, silent));
            }
            Ok(0) => left -= look,
            Ok(_) => return Ok(polled[0].revents().is_some_and(|seen| seen.contains(PollFlags::POLLIN))),
            Err(nix::errno::Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
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

    #[test]
    fn what_lies_in_a_run_folder_is_an_ordinary_file_with_lines_up_to_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let (path, fifo) = (folder.path().join("file"), folder.path().join("fifo"));
        mkfifo(&fifo, Mode::S_IRWXU).unwrap();
        for other in [&fifo, Path::new("/dev/zero"), folder.path()] {
            assert_eq!(read_ordinary(other).unwrap_err().to_string(), "it is no ordinary file");
        }
        std::fs::write(&path, "a\n\nbcd\nef").unwrap();
        let all = |limit| {
            let mut lines = Lines { limit, ..lines(&path).unwrap() };
            let mut next = || match lines.next_line() {
                Ok(line) => line.map(|line| Ok(line.to_vec())),
                Err(error) => Some(Err(error.kind())),
            };
            std::iter::from_fn(&mut next).collect::<Vec<_>>()
        };
        assert_eq!(all(3), [&b"a"[..], b"", b"bcd", b"ef"].map(|line| Ok(line.to_vec())));
        assert_eq!(all(2).last(), Some(&Err(io::ErrorKind::FileTooLarge)));
        assert_eq!(all(2).len(), 3, "nothing follows a line that is too long");
        let mut filled = lines(&path).unwrap();
        filled.next_filled().unwrap();
        assert_eq!(filled.next_filled().unwrap(), Some(&b"bcd"[..]), "one of blanks is left out");
    }
}

//! Writing the record of a run: JSON lines that survive whatever happens next.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read as _, Seek as _, SeekFrom},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use nix::fcntl::OFlag;
use serde::Serialize;

use super::json;

/// A file of JSON lines. Every line is handed to the system as soon as it is made, and if it does not fit (disk full), what was
/// written of it is taken back, so that the file holds complete lines only.
#[derive(Debug)]
pub struct Lines {
    file: File,
    path: PathBuf,
    good: u64,
}

impl Lines {
    /// Makes the file, or goes on after its last complete line: a torn one, which a killed run may have left, is taken
    /// back, since it would spoil the line that comes after it.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn append(path: &Path) -> io::Result<Self> {
        // Never through a link, which would lead out of the folder of the run.
        let mut options = OpenOptions::new();
        options.create(true).read(true).write(true).truncate(false).custom_flags(OFlag::O_NOFOLLOW.bits());
        let mut file = options.open(path)?;
        let good = complete(&mut file)?;
        let mut lines = Self { file, path: path.to_owned(), good };
        lines.take_back();
        Ok(lines)
    }

    /// Appends one line.
    ///
    /// # Errors
    /// It could not be written whole; the lines before it are safe.
    pub fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> io::Result<()> {
        match json::write(value, "\n", &self.file).and_then(|()| self.file.stream_position()) {
            Ok(good) => {
                self.good = good;
                Ok(())
            }
            Err(error) => {
                self.take_back();
                Err(error)
            }
        }
    }

    /// Makes sure that everything is on the disk.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    /// Where the lines go.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn take_back(&mut self) {
        // If even this fails, the reader still skips the torn line.
        drop(self.file.set_len(self.good));
        drop(self.file.seek(SeekFrom::Start(self.good)));
    }
}

/// How many bytes of the file are complete lines.
fn complete(file: &mut File) -> io::Result<u64> {
    const CHUNK: u64 = 64 * 1024;
    let mut end = file.seek(SeekFrom::End(0))?;
    while end > 0 {
        let begin = end.saturating_sub(CHUNK);
        let mut chunk = Vec::new();
        file.seek(SeekFrom::Start(begin))?;
        (&*file).take(end - begin).read_to_end(&mut chunk)?;
        if let Some(at) = chunk.iter().rposition(|byte| *byte == b'\n') {
            return Ok(begin + at as u64 + 1);
        }
        end = begin;
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lines_are_on_disk_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        let mut lines = Lines::append(&path).unwrap();
        lines.push(&json!({"a": 1})).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "{\"a\": 1}\n");
        Lines::append(&path).unwrap().push(&json!([true, false])).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "{\"a\": 1}\n[true, false]\n");
    }

    #[test]
    fn a_torn_line_is_taken_back_before_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        let long = format!("{{\"a\": \"{}", "x".repeat(100_000));
        for (before, after) in
            [("", ""), ("1\n", "1\n"), ("1\n{\"a", "1\n"), (&long, ""), (&format!("1\n{long}"), "1\n")]
        {
            std::fs::write(&path, before).unwrap();
            Lines::append(&path).unwrap().push(&json!(2)).unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), format!("{after}2\n"));
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_an_error_of_the_line_that_does_not_fit() {
        let mut lines = Lines::append(Path::new("/dev/full")).unwrap();
        let error = lines.push(&json!({"a": 1})).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }
}

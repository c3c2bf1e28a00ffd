//! Whether some process is writing to a run folder just now.

use std::fs::{File, TryLockError};

use harness::files;

use crate::{exit::Failure, folder::RunFolder};

/// Held by the process that writes to the folder. The system lets it go when the process ends, however it ends.
#[derive(Debug)]
pub struct Occupied {
    _file: File,
}

impl RunFolder {
    /// Claims the folder for this process.
    ///
    /// # Errors
    /// Exit code 2: another process writes to it; 7: it cannot be claimed.
    pub fn occupy(&self) -> Result<Occupied, Failure> {
        let path = self.file("run.json");
        let file = files::open_ordinary(&path).map_err(|error| Failure::results(&path, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(Occupied { _file: file }),
            Err(TryLockError::WouldBlock) => Err(Failure::usage(format!(
                "{} is still being written by a run that goes on: stop that with Ctrl-C first",
                self.path().display()
            ))),
            // A file system without locks (some network shares) cannot say; nobody is kept out there.
            Err(TryLockError::Error(_)) => Ok(Occupied { _file: file }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Code;

    #[test]
    fn a_folder_has_one_writer_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::create(folder.path().join("run")).unwrap();
        run.write("run.json", b"{}").unwrap();
        let held = run.occupy().unwrap();
        assert_eq!(run.occupy().unwrap_err().code, Code::Usage);
        drop(held);
        run.occupy().unwrap();
    }
}

//! Room on the disk that a run sets aside for its last words: when the disk fills meanwhile, the verdict is still written.

use std::{fs::File, io::Write as _};

use crate::{exit::Failure, folder::RunFolder};

/// A summary with a hundred steps takes half of it.
const BYTES: usize = 64 * 1024;

/// The room; given back when dropped, and by the system when the process ends in any other way.
#[derive(Debug)]
pub struct Reserve {
    _file: File,
}

impl RunFolder {
    /// Sets room aside. The file has no name, so that nothing of it is ever left behind.
    ///
    /// # Errors
    /// Exit code 7: the disk is full already.
    pub fn reserve(&self) -> Result<Reserve, Failure> {
        let taken = tempfile::tempfile_in(self.path()).and_then(|mut file| {
            file.write_all(&vec![0; BYTES])?;
            Ok(file)
        });
        taken.map(|_file| Reserve { _file }).map_err(|error| Failure::results(self.path(), &error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_aside_has_no_name() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::create(folder.path().join("run")).unwrap();
        let reserve = run.reserve().unwrap();
        assert_eq!(reserve._file.metadata().unwrap().len(), BYTES as u64);
        assert_eq!(std::fs::read_dir(run.path()).unwrap().count(), 0);
    }
}

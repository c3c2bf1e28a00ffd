//! The files of a capture, out of the tar that the agent sent.

use std::{
    fs::File,
    io::{self, Seek as _},
    path::{Path, PathBuf},
};

/// What the files are called on the agent, before the number that sysdig appends.
const STEM: &str = "cap.scap.gz";

/// Writes the files of the tar as `out` with sysdig's numbers behind it: `out0`, `out1`, …. Any other name in the tar is
/// left out, so that the agent does not choose where we write. A file that is there already is not touched.
///
/// # Errors
/// The tar is none or breaks off, or a file cannot be written.
pub fn unpack(tar: &mut File, out: &Path) -> io::Result<Vec<PathBuf>> {
    tar.rewind()?;
    let mut written = Vec::new();
    for entry in tar::Archive::new(tar).entries()? {
        let mut entry = entry?;
        let name = entry.path()?.to_string_lossy().into_owned();
        let Some(number) = name.strip_prefix(STEM) else { continue };
        if !number.chars().all(|digit| digit.is_ascii_digit()) || !entry.header().entry_type().is_file() {
            continue;
        }
        let path = numbered(out, number);
        io::copy(&mut entry, &mut File::create_new(&path)?)?;
        written.push(path);
    }
    Ok(written)
}

/// `out` with a number behind it.
pub fn numbered(out: &Path, number: &str) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(number);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_agent_does_not_choose_where_files_are_written() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = tempfile::tempfile().unwrap();
        let mut builder = tar::Builder::new(&mut file);
        for name in ["cap.scap.gz0", "cap.scap.gz1", "cap.scap.gz2/evil", "stderr"] {
            let mut header = tar::Header::new_gnu();
            header.set_size(4);
            header.set_mode(0o644);
            builder.append_data(&mut header, name, &b"data"[..]).unwrap();
        }
        builder.finish().unwrap();
        drop(builder);
        let out = folder.path().join("t.scap.gz");
        let written = unpack(&mut file, &out).unwrap();
        assert_eq!(written, [folder.path().join("t.scap.gz0"), folder.path().join("t.scap.gz1")]);
        assert_eq!(std::fs::read(&written[1]).unwrap(), b"data");
        let again = unpack(&mut file, &out).unwrap_err();
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
    }
}

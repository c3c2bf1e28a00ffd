//! `samples.jsonl`: one line a poll, see [`harness::record::Sample`].

use std::{
    fs::File,
    io::{self, BufRead, BufReader},
    path::Path,
};

use harness::record::Sample;

/// What [`scan`] met besides good lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scanned {
    /// Samples handed on.
    pub samples: u64,
    /// Lines that are no sample: the torn last line of a run that was killed or whose disk was full.
    pub torn: u64,
}

/// Hands every sample of the file on, in order; memory stays flat.
///
/// # Errors
/// The file cannot be opened or read. A line that is no sample is counted, not an error.
pub fn scan(path: &Path, mut each: impl FnMut(Sample)) -> io::Result<Scanned> {
    let mut scanned = Scanned::default();
    for line in BufReader::new(File::open(path)?).split(b'\n') {
        let line = line?;
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match serde_json::from_slice::<Sample>(&line) {
            Ok(sample) => {
                scanned.samples += 1;
                each(sample);
            }
            Err(_) => scanned.torn += 1,
        }
    }
    Ok(scanned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_last_line_costs_only_itself() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("samples.jsonl");
        std::fs::write(
            &path,
            "{\"v\": 1, \"request\": 1, \"counts\": {\"healthy\": 2}, \"new\": 0}\n\n{\"v\": 1, \"req",
        )
        .unwrap();
        let mut seen = Vec::new();
        let scanned = scan(&path, |sample| seen.push(sample)).unwrap();
        assert_eq!(scanned, Scanned { samples: 1, torn: 1 });
        assert_eq!((seen[0].request, seen[0].counts.healthy, seen[0].counts.total()), (1, 2, 2));
    }
}

//! Names of files in a sandbox, as definitions give them.

use std::path::{Component, Path, PathBuf};

/// A file in the sandbox and nowhere else.
pub(super) fn below(sandbox: &Path, name: &str) -> Result<PathBuf, String> {
    let plain = Path::new(name).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    match plain && !name.is_empty() {
        true => Ok(sandbox.join(name)),
        false => Err(format!("'{name}' is not the name of a file in the sandbox")),
    }
}

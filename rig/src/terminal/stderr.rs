//! Lines on stderr. A reader that went away, as behind `2>&1 | head`, must not end a run without its clean-up, which is
//! what `eprintln!` would do.

use std::{fmt::Display, io::Write as _};

/// Writes a line.
pub fn line(text: impl Display) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

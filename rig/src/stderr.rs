//! Lines on stderr. Nobody there to read them, as behind `2>&1 | head`, is no reason to end a run without its clean-up,
//! which is what `eprintln!` would do.

use std::{fmt::Display, io::Write as _};

/// Says a line.
pub fn line(text: impl Display) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

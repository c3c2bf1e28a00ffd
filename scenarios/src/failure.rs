//! How a failed scenario is printed: its message and place, without a backtrace through the runtime.

use std::{error::Error, fmt, panic::Location, sync::Once};

/// Installs this format for all failures of this process.
pub(crate) fn print_plainly() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Somebody else's hook prints as well as ours.
        let _ = eyre::set_hook(Box::new(|_| Box::new(Plain { at: None })));
    });
}

/// The place in the scenario where a failure occurred.
struct Plain {
    at: Option<&'static Location<'static>>,
}

impl eyre::EyreHandler for Plain {
    fn debug(&self, error: &(dyn Error + 'static), f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{error}")?;
        let mut source = error.source();
        while let Some(cause) = source {
            write!(f, "\nbecause: {cause}")?;
            source = cause.source();
        }
        match self.at {
            Some(at) => write!(f, "\nat {}:{}", at.file(), at.line()),
            None => Ok(()),
        }
    }

    fn track_caller(&mut self, location: &'static Location<'static>) {
        self.at = Some(location);
    }
}

#[cfg(test)]
mod tests {
    use eyre::WrapErr;

    #[test]
    fn a_failure_reports_what_why_and_where() {
        super::print_plainly();
        let inner: Result<(), _> = Err(std::io::Error::other("the disk is full"));
        let failure = inner.wrap_err("the journal cannot be written").unwrap_err();
        let text = format!("{failure:?}");
        assert!(text.starts_with("the journal cannot be written\nbecause: the disk is full\nat "), "{text}");
        assert!(text.contains("failure.rs:"), "{text}");
    }
}

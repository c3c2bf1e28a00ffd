//! How many files this process may have open: each light task needs one for each of its ports.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Raises the limit to `wanted`, as far as the system lets it, and returns it. The soft limit may go up to the hard one; the
/// hard one only with a privilege.
#[must_use]
pub fn raise_open_files(wanted: u64) -> u64 {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return 0 };
    if soft >= wanted {
        return soft;
    }
    let set = |soft: u64, hard: u64| setrlimit(Resource::RLIMIT_NOFILE, soft, hard).is_ok();
    if wanted > hard && set(wanted, wanted) {
        return wanted;
    }
    let most = wanted.min(hard);
    if set(most, hard) { most } else { soft }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_raised_and_never_lowered() {
        let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        assert_eq!(raise_open_files(1), soft);
        assert_eq!(raise_open_files(hard), hard);
        assert_eq!(getrlimit(Resource::RLIMIT_NOFILE).unwrap().0, hard);
    }
}

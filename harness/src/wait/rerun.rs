//! The command that reruns the current test.

use crate::environment::variable;

/// The command that reruns the current test; `None` outside of a test.
///
/// nextest names the test in the environment; under `cargo test` the thread that runs a test has its name.
#[must_use]
pub fn rerun_command() -> Option<String> {
    command(
        variable("NEXTEST_BINARY_ID").as_deref(),
        variable("NEXTEST_TEST_NAME").as_deref(),
        variable("CARGO_PKG_NAME").as_deref(),
        std::thread::current().name(),
    )
}

fn command(
    binary: Option<&str>,
    nextest_name: Option<&str>,
    package: Option<&str>,
    thread: Option<&str>,
) -> Option<String> {
    let thread = thread.filter(|name| *name != "main" && !name.starts_with("tokio-"));
    if let (Some(binary), Some(name)) = (binary, nextest_name.or(thread)) {
        return Some(format!("cargo nextest run -E 'binary_id({binary}) & test(={name})'"));
    }
    let package = package.map(|package| format!(" -p {package}")).unwrap_or_default();
    Some(format!("cargo test{package} -- --exact {}", thread?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nextest_names_the_test() {
        let command =
            command(Some("hc-rig-scenarios::offline"), Some("health::sick"), Some("hc-rig-scenarios"), Some("main"));
        let expected = "cargo nextest run -E 'binary_id(hc-rig-scenarios::offline) & test(=health::sick)'";
        assert_eq!(command.as_deref(), Some(expected));
    }

    #[test]
    fn without_nextest_the_thread_names_the_test() {
        let found = command(None, None, Some("hc-rig-scenarios"), Some("health::sick"));
        assert_eq!(found.as_deref(), Some("cargo test -p hc-rig-scenarios -- --exact health::sick"));
        assert_eq!(command(None, None, None, Some("main")), None);
        assert_eq!(command(None, None, None, Some("tokio-rt-worker")), None);
    }
}

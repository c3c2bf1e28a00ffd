//! The name of the running test, for folders and groups.

use std::thread;

/// The running test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestName {
    /// Path inside its target, for example `simulated::sickness::sick_task_is_replaced::case_1`.
    pub path: String,
    /// The test target: `offline`, `container` or `live`.
    pub target: &'static str,
}

impl TestName {
    /// nextest sets it in the environment; libtest names the thread after it. Outside a test it is `unnamed`.
    #[must_use]
    pub fn current(target: &'static str) -> Self {
        let path =
            harness::environment::variable("NEXTEST_TEST_NAME").or_else(|| thread::current().name().map(str::to_owned));
        Self { path: path.unwrap_or_else(|| "unnamed".to_owned()), target }
    }

    /// One path segment that no other test has.
    #[must_use]
    pub fn folder(&self) -> String {
        format!("{}-{}", self.target, self.path.replace("::", "-"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_the_name_of_its_test() {
        let name = TestName { path: "smoke::app_is_deployed".to_owned(), target: "live" };
        assert_eq!(name.folder(), "live-smoke-app_is_deployed");
    }

    #[test]
    fn a_test_knows_its_name() {
        assert!(TestName::current("offline").path.ends_with("a_test_knows_its_name"));
    }
}

//! A task's files: what the agent refuses to fetch, and what follows when it cannot (`containerizer/fetcher.cpp`).

use std::sync::Arc;

use super::{Launching, Stage, Task, Turn};
use crate::{
    mesos::{messages, status::Status, turn::Event},
    wire::{FetchedFile, Reason, TaskCall, TaskState},
};

impl Task {
    /// The agent fetches the task's files; without any it goes on at once.
    pub(super) fn fetch(&mut self, turn: &mut Turn<'_>) {
        if let Some(why) = self.info.fetch.iter().find_map(refused) {
            return self.without_files(turn, &format!("Could not fetch: {why}"));
        }
        let missing = &turn.agents[self.agent].config().missing;
        if self.info.fetch.iter().any(|file| missing.contains(&file.uri)) {
            return self.not_fetched(turn);
        }
        match self.info.fetch.is_empty() {
            true => self.fetched(turn),
            false => turn.events.push(Event::Task(TaskCall::Fetch(Arc::clone(&self.info)))),
        }
    }

    /// The files are in the sandbox.
    pub(in crate::mesos) fn fetched(&mut self, turn: &mut Turn<'_>) {
        if self.launching == Some(Launching::Asked) {
            turn.events.push(Event::Task(TaskCall::Start(Arc::clone(&self.info))));
        } else if self.stage == Stage::Staging {
            self.reach_executor(turn);
        }
    }

    /// The files could not be fetched.
    pub(in crate::mesos) fn not_fetched(&mut self, turn: &mut Turn<'_>) {
        let why = messages::not_fetched(&self.container_id);
        self.without_files(turn, &why);
    }

    /// There is no container and no address (recorded in `fetch.missing`).
    fn without_files(&mut self, turn: &mut Turn<'_>, why: &str) {
        if self.launching.is_some() {
            self.launching = Some(Launching::NotFetched);
            return;
        }
        let message = format!("Failed to launch container: {why}");
        let status = Status::because(TaskState::Failed, message, Reason::ContainerLaunchFailed);
        self.send_masters(turn, status);
    }
}

/// Why an agent does not even try to fetch a file (`Fetcher::validateUri`, `Fetcher::validateOutputFile`).
fn refused(file: &FetchedFile) -> Option<String> {
    let uri = &file.uri;
    if uri.contains(['\\', '\'', '\0']) {
        return Some(String::from("Illegal characters in URI"));
    }
    let behind = uri.find("://").filter(|at| *at > 1).map(|at| &uri[at + 3..]);
    if behind.is_some_and(|behind| behind.split_once('/').is_none_or(|(_, path)| path.is_empty())) {
        return Some(format!("Malformed URI (missing path): {uri}"));
    }
    let outside = file.dest_path.as_ref().is_some_and(|path| path.starts_with('/'));
    outside.then(|| String::from("URI output file must be within the sandbox directory"))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::usual("http://host/a/b.tgz?x=1", None, None)]
    #[case::file("file:///a", Some("sub/b"), None)]
    #[case::path("/a", None, None)]
    #[case::quote("http://host/a'b", None, Some("Illegal characters in URI"))]
    #[case::no_path("http://host", None, Some("Malformed URI (missing path): http://host"))]
    #[case::root("http://host/", None, Some("Malformed URI (missing path): http://host/"))]
    #[case::outside("http://host/a", Some("/tmp/a"), Some("URI output file must be within the sandbox directory"))]
    fn some_files_are_never_fetched(#[case] uri: &str, #[case] to: Option<&str>, #[case] why: Option<&str>) {
        let dest_path = to.map(str::to_owned);
        let file = FetchedFile { uri: uri.to_owned(), extract: true, executable: false, cache: false, dest_path };
        assert_eq!(refused(&file).as_deref(), why);
    }
}

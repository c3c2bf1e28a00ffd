//! Records one case after the other, each in an empty group that is removed afterwards.

use std::{path::Path, time::Duration};

use harness::{
    Client,
    cluster::{Lease, LeaseOptions, RunName},
};
use recordings::{
    cases::{self, Case},
    recorder::Recorder,
    scope::Scope,
};
use serde_json::Value;
use tokio::task::LocalSet;

use crate::{
    exit::{Code, Completion, Failure},
    folder::write_whole,
    recording::{proxy::Proxy, scrub::Scrub},
    run::{Interrupt, reach},
    terminal::progress::Progress,
};

/// The bodies that the case `create.bodies` posts.
const BODIES: &str = include_str!("../../../fixtures/recorded/create.bodies.jsonl");

/// Timeout of removing a case's apps.
const CLEAN_UP_TIMEOUT: Duration = Duration::from_secs(60);

/// The named cases, or all.
///
/// # Errors
/// Exit code 2: there is no such case.
pub fn select(wanted: &[String]) -> Result<Vec<&'static Case>, Failure> {
    if wanted.is_empty() {
        return Ok(cases::ALL.iter().collect());
    }
    wanted.iter().map(find).collect()
}

/// The case of this name that can be recorded. Some of the second set break a real Marathon for everybody, and the flow of all
/// of them is a recording.
fn find(name: &String) -> Result<&'static Case, Failure> {
    if let Some(case) = cases::ALL.iter().find(|case| case.name == name) {
        return Ok(case);
    }
    let known: Vec<&str> = cases::ALL.iter().map(|case| case.name).collect();
    let why = match Case::named(name) {
        Some(_) => format!("the case `{name}` is only replayed on the fake"),
        None => format!("there is no case `{name}`"),
    };
    Err(Failure::usage(format!("{why}; there are {}", known.join(", "))))
}

/// A recording of several cases.
pub struct Session<'a> {
    /// The folder of the recordings.
    pub out: &'a Path,
    /// A client of the Marathon to record.
    pub client: Client,
    /// Names the group in which each case begins anew.
    pub run: RunName,
    /// What is known of the user.
    pub scrub: Scrub,
    /// Ctrl-C.
    pub interrupt: Interrupt,
}

impl Session<'_> {
    /// Records these cases, and reports the rows of each. The first case that fails ends it.
    ///
    /// # Errors
    /// None: a failure is part of the completion, beside the cases before it.
    pub async fn record(&self, cases: &[&'static Case], progress: &Progress) -> Completion {
        LocalSet::new().run_until(self.all(cases, progress)).await
    }

    async fn all(&self, cases: &[&'static Case], progress: &Progress) -> Completion {
        let bodies: Vec<Value> = BODIES.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let (group, run) = (self.run.group(), &self.run);
        progress.note(&format!("recording in {group} (what a kill leaves there: hc-rig clean {run})"));
        let mut text = String::new();
        for (n, case) in cases.iter().enumerate() {
            let name = case.name;
            progress.note(&format!("case {} of {}: {name}", n + 1, cases.len()));
            match self.record_case(case, &bodies, progress).await {
                Ok(rows) => text += &format!("{name}  {}\n", text::count(rows, "row")),
                Err(failure) => return Completion::failed(text, failure),
            }
        }
        Completion::passed(text)
    }

    /// Records one case and returns the number of its rows. A case that is cut short leaves no file.
    async fn record_case(&self, case: &Case, bodies: &[Value], progress: &Progress) -> Result<usize, Failure> {
        let name = case.name;
        let lease = Lease::take(
            &self.client,
            LeaseOptions { run: Some(self.run.clone()), ..LeaseOptions::of_user(&self.client).await },
        );
        let proxy = Proxy::new(self.client.clone(), lease.group(), self.scrub.clone());
        let recorder = Recorder::new(proxy.service(), &[]).within(Scope::new(&lease.group(), lease.labels()));
        let all = async {
            recorder.make_group().await;
            recorder.restart();
            case.run(&recorder, bodies).await;
        };
        let stopped = tokio::select! {
            biased;
            () = self.interrupt.stop.cancelled() => true,
            () = proxy.broken() => false,
            () = all => false,
        };
        recorder.stop_events();
        if stopped || proxy.problem().is_some() {
            let within = CLEAN_UP_TIMEOUT.as_secs();
            progress.note(&format!("case {name} is cut short: removing its apps, for at most {within} s"));
        }
        let left = self.remove(&proxy, &lease).await;
        let code = |code| if left.is_none() { code } else { Code::CleanUp };
        if stopped {
            let gone = left.as_deref().unwrap_or("its apps are removed");
            let what = format!("stopped in case {name}, which is left out; {gone}");
            return Err(Failure::new(code(Code::Stopped), what));
        }
        if let Some(problem) = proxy.problem() {
            let gone = left.map_or(String::new(), |left| format!("; {left}"));
            let what = format!("case {name}: {}; the case is left out{gone}", problem.message);
            return Err(Failure::new(problem.code, what));
        }
        let (rows, scrub) = (recorder.rows(), proxy.scrub());
        let path = self.out.join(format!("{name}.jsonl"));
        let lines: String = rows.iter().map(|row| format!("{}\n", scrub.row(row))).collect();
        write_whole(&path, lines.as_bytes())?;
        match left {
            None => Ok(rows.len()),
            Some(left) => Err(Failure::new(Code::CleanUp, format!("case {name} is recorded, but {left}"))),
        }
    }

    /// Removes the group; returns what is left. A second Ctrl-C cuts it short.
    async fn remove(&self, proxy: &Proxy, lease: &Lease) -> Option<String> {
        let all = async {
            proxy.idle().await;
            match lease.release(CLEAN_UP_TIMEOUT).await {
                Ok(foreign) if foreign.is_empty() => None,
                Ok(foreign) => {
                    Some(format!("{} in {} stays: hc-rig did not make it", foreign.join(", "), lease.group()))
                }
                Err(error) => Some(reach::unfinished(&error)),
            }
        };
        tokio::select! {
            left = all => left,
            () = self.interrupt.quit.cancelled() => {
                Some(format!("something may be left in {}: hc-rig clean {}", lease.group(), self.run))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use bytes::Bytes;
    use harness::{Transport, transport::BoxError};
    use http::{Request, Response};
    use http_body_util::Full;

    use super::*;
    use crate::hazards::{self, Plan};

    /// A server without any group that disappears after so many answers.
    fn answers(times: usize) -> Client {
        let left = Arc::new(AtomicUsize::new(times));
        client(move |path| {
            left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
                .map_err(|_| BoxError::from("connection refused"))?;
            let mut response = Response::new(Full::from("[]"));
            if path.starts_with("/v2/groups/") {
                *response.status_mut() = http::StatusCode::NOT_FOUND;
            }
            Ok(response)
        })
    }

    fn client(
        answer: impl Fn(&str) -> Result<Response<Full<Bytes>>, BoxError> + Clone + Send + Sync + 'static,
    ) -> Client {
        let service = tower::service_fn(move |request: Request<Full<Bytes>>| {
            let answered = answer(request.uri().path());
            async move { answered }
        });
        Client::builder("http://marathon.in-process".parse().expect("a URL")).transport(Transport::in_process(service))
    }

    fn case(name: &str) -> &'static Case {
        Case::named(name).expect("a known case")
    }

    async fn record(out: &Path, cases: &[&'static Case], client: Client) -> Completion {
        let run = RunName::known("r");
        let session = Session { out, client, run, scrub: Scrub::default(), interrupt: Interrupt::default() };
        session.record(cases, &Progress::new(true)).await
    }

    #[tokio::test(start_paused = true)]
    async fn a_case_without_an_answer_leaves_no_file_and_those_before_it_stay() {
        let folder = tempfile::tempdir().expect("a folder");
        let (out, file) = (folder.path(), folder.path().join("empty.reads.jsonl"));
        let empty = case("empty.reads");
        let cut = record(out, &[empty], answers(3)).await;
        assert_eq!((cut.code, cut.text.as_str(), file.exists()), (Code::Unreachable, "", false), "{cut:?}");
        let why = cut.problem.expect("a reason");
        assert!(why.starts_with("case empty.reads: GET /v2/") && why.contains("connection refused"), "{why}");

        let rows = record(out, &[empty], answers(usize::MAX)).await;
        assert!(rows.problem.is_none() && file.exists(), "{rows:?}");
        // The row that names the group has no request.
        let requests = std::fs::read_to_string(&file).expect("the case").lines().count() - 1;
        // Creating the group and reading it twice are not part of the case.
        let both = record(out, &[empty, empty], answers(requests + 3)).await;
        assert_eq!(
            (both.code, both.text),
            (Code::Unreachable, rows.text),
            "the first case is reported, the second is not"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_request_is_named_and_no_case_is_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        for (path, says) in
            [("/v2/groups", "PUT /v2/groups is refused with 403"), ("/v2/info", "GET /v2/info is refused with 403")]
        {
            let server = client(move |asked| {
                let mut response = Response::new(Full::from("[]"));
                if asked == path {
                    *response.status_mut() = http::StatusCode::FORBIDDEN;
                } else if asked.starts_with("/v2/groups/") {
                    *response.status_mut() = http::StatusCode::NOT_FOUND;
                }
                Ok(response)
            });
            let refused = record(folder.path(), &[case("empty.reads")], server).await;
            assert_eq!(refused.code, Code::Refused);
            assert!(refused.problem.as_ref().is_some_and(|why| why.contains(says)), "{refused:?}");
        }
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0, "no case is kept");
    }

    #[tokio::test(start_paused = true)]
    async fn a_link_in_the_folder_is_replaced_and_not_followed() {
        let folder = tempfile::tempdir().expect("a folder");
        let (out, elsewhere) = (folder.path().join("out"), folder.path().join("elsewhere"));
        std::fs::create_dir(&out).expect("a folder");
        std::fs::write(&elsewhere, "theirs").expect("a file");
        std::os::unix::fs::symlink(&elsewhere, out.join("empty.reads.jsonl")).expect("a link");
        let done = record(&out, &[case("empty.reads")], answers(usize::MAX)).await;
        assert!(done.problem.is_none(), "{done:?}");
        assert_eq!(std::fs::read_to_string(&elsewhere).expect("the file"), "theirs");
        assert!(std::fs::read_to_string(out.join("empty.reads.jsonl")).expect("the case").lines().count() > 1);
    }

    #[test]
    fn an_unknown_case_is_named() {
        assert!(select(&["nope".to_owned()]).is_err_and(|failure| failure.message.contains("`nope`")));
        for case in cases::SECOND {
            let refused = select(&[case.name.to_owned()]).expect_err("never on a real Marathon").message;
            assert!(refused.contains("only replayed on the fake; there are empty.reads, "), "{refused}");
        }
    }

    /// `create.bodies` posts what was recorded, in a group that may be on a cluster of many.
    #[test]
    fn nothing_that_is_recorded_breaks_a_marathon() {
        for row in BODIES.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
            let plan = Plan { definition: &row["request"]["body"], before: 0, targets: &[] };
            assert!(hazards::of(plan).is_empty(), "{row}");
        }
    }
}

//! `hc-rig record`: the fixed cases, taken from a Marathon of the user's own, in a group that is made for them.

use std::{path::Path, time::Duration};

use harness::{
    Client,
    cluster::{Lease, LeaseOptions, RunName},
};
use recordings::{cases, recorder::Recorder, scope::Scope};
use serde_json::Value;
use tokio::task::LocalSet;

use crate::{
    commands::Done,
    exit::{Code, Failure},
    progress::Progress,
    record::{scrub::Scrub, way::Way},
    run::{
        Interrupt,
        reach::{self, Reach},
    },
};

/// Recorded bodies that `create.bodies` posts: the list is the project's own.
const BODIES: &str = include_str!("../../../fixtures/recorded/create.bodies.jsonl");

/// How long a case's apps may take to go.
const GONE_WITHIN: Duration = Duration::from_secs(60);

/// Records the cases into `out`.
///
/// # Errors
/// Unknown case (2), login, certificate or right refused (4), no answer (5), something
/// left behind (6), a file that cannot be written (7), stopped by the user (130).
pub async fn record(out: &Path, wanted: &[String], reach: &Reach, interrupt: Interrupt) -> Result<Done, Failure> {
    let names = select(wanted)?;
    let settings = reach.settings().await?;
    let client = reach::client(&settings)?;
    client.info_if_allowed().await.map_err(|error| reach::failure(&error))?;
    let run = Lease::take(&client, LeaseOptions::default()).run().clone();
    let job = Job { out, client, run, scrub: Scrub::of(&settings.access.value), interrupt };
    std::fs::create_dir_all(out)
        .map_err(|error| Failure::new(Code::Results, format!("cannot make {}: {error}", out.display())))?;
    LocalSet::new().run_until(job.take(&names, &Progress::new(false))).await
}

fn select(wanted: &[String]) -> Result<Vec<&'static str>, Failure> {
    if wanted.is_empty() {
        return Ok(cases::NAMES.to_vec());
    }
    let find = |name: &String| {
        let known = cases::NAMES.iter().copied().find(|case| case == name);
        known.ok_or_else(|| Failure::usage(format!("there is no case `{name}`; there are {}", cases::NAMES.join(", "))))
    };
    wanted.iter().map(find).collect()
}

/// What all cases have in common.
struct Job<'a> {
    out: &'a Path,
    client: Client,
    /// Names the group; each case has it from the beginning.
    run: RunName,
    scrub: Scrub,
    interrupt: Interrupt,
}

impl Job<'_> {
    async fn take(&self, names: &[&'static str], progress: &Progress) -> Result<Done, Failure> {
        let bodies: Vec<Value> = BODIES.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let (group, run) = (self.run.group(), &self.run);
        progress.say(&format!("recording in {group} (what a kill leaves there: hc-rig clean {run})"));
        let mut text = String::new();
        for (n, name) in names.iter().enumerate() {
            progress.say(&format!("case {} of {}: {name}", n + 1, names.len()));
            match self.take_one(name, &bodies, progress).await {
                Ok(rows) => text += &format!("{name}  {rows} rows\n"),
                // What was recorded before stays, and is told.
                Err(failure) => return Ok(Done { text, trouble: Some(failure.message), code: failure.code }),
            }
        }
        Ok(Done::well(text))
    }

    /// Records one case and tells how many rows it has. A case that is cut short is no recording: it leaves no file.
    async fn take_one(&self, name: &str, bodies: &[Value], progress: &Progress) -> Result<usize, Failure> {
        let lease = Lease::take(&self.client, LeaseOptions { run: Some(self.run.clone()), ..LeaseOptions::default() });
        let way = Way::new(self.client.clone(), lease.group(), self.scrub.clone());
        let recorder = Recorder::new(way.service(), &[]).within(Scope::new(&lease.group(), lease.labels()));
        let all = async {
            recorder.make_group().await;
            recorder.restart();
            cases::run(name, &recorder, bodies).await;
        };
        let stopped = tokio::select! {
            biased;
            () = self.interrupt.stop.cancelled() => true,
            () = way.broken() => false,
            () = all => false,
        };
        recorder.stop_events();
        if stopped || way.trouble().is_some() {
            let within = GONE_WITHIN.as_secs();
            progress.say(&format!("case {name} is cut short: removing what it made, within {within} s"));
        }
        let left = self.remove(&way, &lease).await;
        let code = |code| if left.is_none() { code } else { Code::CleanUp };
        if stopped {
            let gone = left.as_deref().unwrap_or("what it made is removed");
            let what = format!("stopped in case {name}, which is left out; {gone}");
            return Err(Failure::new(code(Code::Stopped), what));
        }
        if let Some(trouble) = way.trouble() {
            let gone = left.map_or(String::new(), |left| format!("; {left}"));
            let what = format!("case {name}: {}; the case is left out{gone}", trouble.message);
            return Err(Failure::new(trouble.code, what));
        }
        let (rows, scrub) = (recorder.rows(), way.scrub());
        let path = self.out.join(format!("{name}.jsonl"));
        let lines: String = rows.iter().map(|row| format!("{}\n", scrub.row(row))).collect();
        std::fs::write(&path, lines).map_err(|error| Failure::results(&path, &error))?;
        match left {
            None => Ok(rows.len()),
            Some(left) => Err(Failure::new(Code::CleanUp, format!("case {name} is recorded, but {left}"))),
        }
    }

    /// Removes the group; tells what stays. A second Ctrl-C cuts it short.
    async fn remove(&self, way: &Way, lease: &Lease) -> Option<String> {
        let all = async {
            way.quiet().await;
            match lease.release(GONE_WITHIN).await {
                Ok(foreign) if foreign.is_empty() => None,
                Ok(foreign) => Some(format!("{} in {} stays: it is not ours", foreign.join(", "), lease.group())),
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

    /// A server without any group that gives so many answers and is gone.
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

    async fn take(out: &Path, names: &[&'static str], client: Client) -> Done {
        let run = RunName::known("r");
        let job = Job { out, client, run, scrub: Scrub::default(), interrupt: Interrupt::default() };
        LocalSet::new().run_until(job.take(names, &Progress::new(true))).await.expect("an end that is told")
    }

    #[tokio::test(start_paused = true)]
    async fn a_case_without_an_answer_leaves_no_file_and_those_before_it_stay() {
        let folder = tempfile::tempdir().expect("a folder");
        let (out, file) = (folder.path(), folder.path().join("empty.reads.jsonl"));
        let cut = take(out, &["empty.reads"], answers(3)).await;
        assert_eq!((cut.code, cut.text.as_str(), file.exists()), (Code::Unreachable, "", false), "{cut:?}");
        let why = cut.trouble.expect("it is told");
        assert!(why.starts_with("case empty.reads: GET /v2/") && why.contains("connection refused"), "{why}");

        let names = ["empty.reads", "empty.reads"];
        let rows = take(out, &names[..1], answers(usize::MAX)).await;
        assert!(rows.trouble.is_none() && file.exists(), "{rows:?}");
        // The row that names the group is none of a request.
        let requests = std::fs::read_to_string(&file).expect("the case").lines().count() - 1;
        // The making of the group and two looks after it are no part of the case.
        let both = take(out, &names, answers(requests + 3)).await;
        assert_eq!((both.code, both.text), (Code::Unreachable, rows.text), "the first is told, the second is not");
    }

    #[tokio::test(start_paused = true)]
    async fn who_may_not_do_it_is_told_and_no_case_is_kept() {
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
            let refused = take(folder.path(), &["empty.reads"], server).await;
            assert_eq!(refused.code, Code::Refused);
            assert!(refused.trouble.as_ref().is_some_and(|why| why.contains(says)), "{refused:?}");
        }
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0, "no case is kept");
    }

    #[test]
    fn an_unknown_case_is_named() {
        assert!(select(&["nope".to_owned()]).is_err_and(|failure| failure.message.contains("`nope`")));
    }
}

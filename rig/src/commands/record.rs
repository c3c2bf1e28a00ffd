//! `hc-rig record`: the fixed cases, taken from a Marathon of the user's own.
//!
//! The cases use ids at the root, since ids are part of what is compared. So the server must be empty, and only what a
//! case made itself is removed.

use std::{collections::BTreeSet, path::Path, time::Duration};

use axum::{Router, body::Body, extract::Request, response::Response};
use harness::{settings::Access, transport::Transport};
use http::{Uri, header};
use http_body_util::BodyExt as _;
use recordings::{cases, recorder::Recorder};
use serde_json::Value;
use tokio::task::LocalSet;
use url::Url;

use crate::{
    commands::Done,
    exit::{Code, Failure},
    run::reach::Reach,
};

/// How long a case's apps may take to go.
const GONE_WITHIN: Duration = Duration::from_secs(60);
/// Stands for an answer that did not come: no server answers with this status.
const NO_ANSWER: u16 = 599;
/// Recorded bodies that `create.bodies` posts: the list is the project's own.
const BODIES: &str = include_str!("../../../fixtures/recorded/create.bodies.jsonl");

/// Records the cases into `out`.
///
/// # Errors
/// Unknown case or a server that is not empty (2), no answer (5), something left behind (6), a file that cannot be
/// written (7).
pub async fn record(out: &Path, wanted: &[String], reach: &Reach) -> Result<Done, Failure> {
    let names = select(wanted)?;
    let settings = reach.settings().await?;
    let url = match &settings.access.value {
        Access::Marathon { urls, user: None } => urls.first().cloned(),
        _ => None,
    };
    let Some(url) = url else {
        let how = "record from a Marathon without login, named by --url or MARATHON_URL";
        return Err(Failure::usage(format!("recording with a login is not supported; {how}")));
    };
    let transport =
        Transport::sockets(&settings.trust.value).map_err(|error| Failure::new(Code::Refused, error.to_string()))?;
    std::fs::create_dir_all(out)
        .map_err(|error| Failure::new(Code::Results, format!("cannot make {}: {error}", out.display())))?;
    let service = way_to(&transport, &url);
    LocalSet::new().run_until(take(out, &names, service)).await
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

async fn take(out: &Path, names: &[&'static str], service: Router) -> Result<Done, Failure> {
    let bodies: Vec<Value> = BODIES.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let mut text = String::new();
    for name in names {
        match take_one(out, name, &service, &bodies).await {
            Ok(rows) => text += &format!("{name}  {rows} rows\n"),
            // What was recorded before stays, and is told.
            Err(failure) => return Ok(Done { text, trouble: Some(failure.message), code: failure.code }),
        }
    }
    Ok(Done::well(text))
}

/// Records one case and tells how many rows it has. A case in which an answer is missing is no recording: it leaves no
/// file.
async fn take_one(out: &Path, name: &str, service: &Router, bodies: &[Value]) -> Result<usize, Failure> {
    let recorder = Recorder::new(service.clone(), &[]);
    must_be_empty(&recorder).await?;
    recorder.restart();
    cases::run(name, &recorder, bodies).await;
    recorder.stop_events();
    let rows = recorder.rows();
    let gone = remove(&recorder, &rows).await;
    if let Some(request) = unanswered(&rows) {
        let left = if gone { "" } else { " and may have left apps behind, see /v2/apps" };
        let what = format!("{request} of case {name} had no answer: the case is left out{left}; record it again");
        return Err(Failure::new(Code::Unreachable, what));
    }
    let path = out.join(format!("{name}.jsonl"));
    let lines: String = rows.iter().map(|row| format!("{}\n", scrubbed(row))).collect();
    std::fs::write(&path, lines).map_err(|error| Failure::results(&path, &error))?;
    if gone {
        return Ok(rows.len());
    }
    let within = GONE_WITHIN.as_secs();
    let what = format!("case {name} is recorded, but its apps did not go within {within} s; look at /v2/apps");
    Err(Failure::new(Code::CleanUp, what))
}

/// The first request that the server did not answer, as method and path.
fn unanswered(rows: &[Value]) -> Option<String> {
    let row = rows.iter().find(|row| row["response"]["status"] == NO_ANSWER)?;
    let of = |key: &str| row["request"][key].as_str().unwrap_or_default().to_owned();
    Some(format!("{} {}", of("method"), of("path")))
}

/// Somebody else's apps must not be touched, nor stand in the recording.
async fn must_be_empty(recorder: &Recorder) -> Result<(), Failure> {
    let root = recorder.get("/v2/groups?embed=group.groups&embed=group.apps&embed=group.pods").quietly().await;
    if root.status == NO_ANSWER {
        let why = root.json.as_str().unwrap_or_default();
        return Err(Failure::new(Code::Unreachable, format!("no answer to /v2/groups: {why}; check the URL")));
    }
    if root.status != 200 {
        let why = format!("/v2/groups answers {}: {}", root.status, root.json);
        return Err(Failure::new(Code::Unreachable, why));
    }
    let holds = |kind: &str| root.json[kind].as_array().is_some_and(|all| !all.is_empty());
    if holds("apps") || holds("groups") || holds("pods") {
        return Err(Failure::usage(
            "this Marathon is not empty: the cases use ids at the root, so record from one without apps, pods and groups",
        ));
    }
    Ok(())
}

/// Removes what the case asked to be made, and nothing else; false when it does not go.
async fn remove(recorder: &Recorder, rows: &[Value]) -> bool {
    let made = |resource: &str| -> BTreeSet<String> {
        let posted = rows.iter().filter(|row| {
            row["request"]["path"].as_str().is_some_and(|path| path.starts_with(resource))
                && matches!(row["response"]["status"].as_u64(), Some(200 | 201))
        });
        let ids =
            posted.filter_map(|row| row["request"]["body"]["id"].as_str().or(row["response"]["json"]["id"].as_str()));
        ids.map(|id| format!("/{}", id.trim_start_matches('/'))).collect()
    };
    let put =
        rows.iter().filter(|row| row["request"]["method"] == "PUT").filter_map(|row| row["request"]["path"].as_str());
    let put: Vec<String> = put
        .filter_map(|path| path.strip_prefix("/v2/apps/"))
        .map(|id| format!("/{}", id.split('?').next().unwrap_or_default()))
        .collect();
    for id in made("/v2/apps").into_iter().chain(put) {
        recorder.delete(format!("/v2/apps{id}?force=true")).quietly().await;
    }
    for id in made("/v2/groups").iter().filter(|id| id.len() > 1) {
        recorder.delete(format!("/v2/groups{id}?force=true")).quietly().await;
    }
    let looks = GONE_WITHIN.as_millis() / 500;
    for _ in 0..looks {
        let deployments = recorder.get("/v2/deployments").quietly().await;
        if deployments.json == Value::Array(Vec::new()) && must_be_empty(recorder).await.is_ok() {
            return true;
        }
        recorder.pause(0.5).await;
    }
    false
}

/// A row without what must not be passed on: cookies, passwords in addresses, secrets among the server's own flags.
fn scrubbed(row: &Value) -> Value {
    let flags = row["request"]["path"].as_str().is_some_and(|path| path.starts_with("/v2/info"));
    let mut row = row.clone();
    scrub(&mut row, flags);
    row
}

fn scrub(value: &mut Value, flags: bool) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let name = name.to_lowercase();
                let secret = ["password", "secret", "credential", "token"].iter().any(|word| name.contains(word));
                let header = ["set-cookie", "authorization"].contains(&name.as_str());
                if value.is_string() && (header || (flags && secret)) {
                    *value = Value::from("<scrubbed>");
                } else {
                    scrub(value, flags);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| scrub(item, flags)),
        Value::String(text) => {
            if let Some((scheme, rest)) = text.split_once("://")
                && let Some((_, host)) = rest.split('/').next().unwrap_or_default().rsplit_once('@')
            {
                let path = rest.find('/').map_or("", |slash| &rest[slash..]);
                *text = format!("{scheme}://<scrubbed>@{host}{path}");
            }
        }
        _ => {}
    }
}

/// The server as a service: what comes in goes out over sockets.
fn way_to(transport: &Transport, url: &Url) -> Router {
    let (transport, base) = (transport.clone(), url.as_str().trim_end_matches('/').to_owned());
    Router::new().fallback(move |request: Request| {
        let (transport, base) = (transport.clone(), base.clone());
        async move { forward(&transport, &base, request).await.unwrap_or_else(no_answer) }
    })
}

async fn forward(transport: &Transport, base: &str, request: Request) -> Result<Response, String> {
    let (mut head, body) = request.into_parts();
    let path = head.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    head.uri = format!("{base}{path}").parse::<Uri>().map_err(|error| error.to_string())?;
    head.headers.remove(header::HOST);
    let body = body.collect().await.map_err(|error| error.to_string())?.to_bytes();
    let answer = transport.send(http::Request::from_parts(head, body)).await.map_err(|error| error.to_string())?;
    let mut response = Response::new(Body::from_stream(answer.body));
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    Ok(response)
}

fn no_answer(why: String) -> Response {
    let mut response = Response::new(Body::from(why));
    *response.status_mut() = http::StatusCode::from_u16(NO_ANSWER).unwrap_or(http::StatusCode::BAD_GATEWAY);
    response
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_do_not_reach_a_recording() {
        let row = json!({"request": {"path": "/v2/info"}, "response": {"headers": {"Set-Cookie": "sid=hunter2"},
            "json": {"marathon_config": {"http_credentials": "hunter2", "mesos_leader_ui_url": "http://u:hunter2@m:5050/x"},
                "zookeeper_config": {"zk": "zk://u:hunter2@h:2181/marathon"}}}});
        let kept = scrubbed(&row);
        assert!(!kept.to_string().contains("hunter2"), "{kept}");
        assert_eq!(kept["response"]["json"]["zookeeper_config"]["zk"], "zk://<scrubbed>@h:2181/marathon");
        let definition = json!({"request": {"path": "/v2/apps", "body": {"token": "kept: it is a case's own"}}});
        assert_eq!(scrubbed(&definition), definition);
    }

    /// A server that gives so many answers and is gone.
    fn answers(times: usize) -> Router {
        let left = Arc::new(AtomicUsize::new(times));
        Router::new().fallback(move |_: Request| {
            let there = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
            async move {
                if there {
                    Response::new(Body::from("[]"))
                } else {
                    no_answer("connection refused".to_owned())
                }
            }
        })
    }

    #[tokio::test(start_paused = true)]
    async fn a_case_without_an_answer_leaves_no_file_and_those_before_it_stay() {
        let nobody = must_be_empty(&Recorder::new(answers(0), &[])).await.expect_err("nobody answers");
        assert_eq!(nobody.message, "no answer to /v2/groups: connection refused; check the URL");

        let folder = tempfile::tempdir().expect("a folder");
        let (out, file) = (folder.path(), folder.path().join("empty.reads.jsonl"));
        let cut = LocalSet::new().run_until(take(out, &["empty.reads"], answers(3))).await.expect("an end");
        assert_eq!((cut.code, cut.text.as_str(), file.exists()), (Code::Unreachable, "", false));
        assert!(cut.trouble.is_some_and(|what| what.contains(" of case empty.reads had no answer")));

        let names = ["empty.reads", "empty.reads"];
        let rows = LocalSet::new().run_until(take(out, &names[..1], answers(usize::MAX))).await.expect("an end");
        assert!(rows.trouble.is_none() && file.exists(), "{rows:?}");
        let requests = std::fs::read_to_string(&file).expect("the case").lines().count();
        // Three looks at the empty server are no part of the case, and a fourth begins the next one.
        let both = LocalSet::new().run_until(take(out, &names, answers(requests + 4))).await.expect("an end");
        assert_eq!((both.code, both.text), (Code::Unreachable, rows.text), "the first is told, the second is not");
    }

    #[test]
    fn an_unknown_case_is_named() {
        assert!(select(&["nope".to_owned()]).is_err_and(|failure| failure.message.contains("`nope`")));
    }
}

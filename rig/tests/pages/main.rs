//! The report in a real browser: it opens from a file, says nothing on the console, asks for nothing over the network,
//! tells numbers under the pointer and zooms. Needs Chromium; `.ci/test` says so when it is missing.
//!
//! `HC_RIG_PICTURES=DIR` keeps the pictures of the page in DIR, for somebody to look at.

mod browser;

use std::{fs, path::Path, process::Command};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::browser::Browser;

/// A run of so many samples on so many tasks, drawn by the program: some tasks turn unhealthy on the way.
fn report(samples: u64, tasks: u64) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let manifest = json!({
        "format": 1, "run": "r", "pair": "mesos,HTTP", "started_at": "2026-11-22T17:00:00.000Z", "app": "/hc-rig/r/hc",
        "command": "hc-rig run mesos,HTTP", "plan": {"targets": [tasks], "poll_seconds": 2.0, "step_seconds": 300.0},
        "definition": {"id": "/hc", "healthChecks": [{"protocol": "HTTP", "intervalSeconds": 1}]},
        "cluster": {"kind": "cluster", "url": "http://marathon.example"}, "rig": {"cores": 2, "clock": "real"},
    });
    fs::write(folder.path().join("run.json"), manifest.to_string()).expect("run.json");
    let mut lines = String::new();
    for request in 1..=samples {
        let unhealthy = if request % 50 > 40 { 3.min(tasks) } else { 0 };
        let listed: Vec<Value> = (0..tasks.min(20)).map(|task| one(request, task, task >= unhealthy)).collect();
        let line = json!({
            "v": 1, "at": "2026-11-22T17:00:00.000Z", "t": request * 2, "request": request, "target": tasks,
            "counts": {"healthy": tasks - unhealthy, "unhealthy": unhealthy}, "took": 0.01, "late": 0.001,
            "age": {"p50": 0.5, "p99": 1.0, "max": 1.5}, "complete": request == 1, "tasks": listed,
        });
        lines.push_str(&format!("{line}\n"));
    }
    fs::write(folder.path().join("samples.jsonl"), lines).expect("samples.jsonl");
    let run = Command::new(env!("CARGO_BIN_EXE_hc-rig")).arg("report").arg(folder.path()).output().expect("hc-rig");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    folder
}

fn one(request: u64, task: u64, alive: bool) -> Value {
    let at = format!("2026-11-22T{}:{:02}:{:02}.000Z", 17 + request / 1800, request / 30 % 60, request % 30 * 2);
    json!({
        "id": format!("hc.instance-{task}._app.1"), "host": "10.0.0.1", "ports": [31000 + task], "state": "TASK_RUNNING",
        "stagedAt": "2026-11-22T17:00:00.000Z",
        "healthCheckResults": [{"alive": alive, "firstSuccess": "2026-11-22T17:00:02.000Z",
            "lastSuccess": if alive { json!(at) } else { Value::Null }, "lastFailure": if alive { Value::Null } else { json!(at) },
            "lastFailureCause": "Connection refused", "consecutiveFailures": u64::from(!alive)}],
    })
}

/// Middle of the first visible plot and its width, in the page's own pixels.
fn plot(browser: &mut Browser) -> (f64, f64, f64) {
    let place = browser.value(
        "(() => { const g = [...document.querySelectorAll('.hc-plot')].find((g) => g.getBoundingClientRect().width > 0); \
         g.ownerSVGElement.scrollIntoView({block: 'center'}); const d = g.dataset, m = g.ownerSVGElement.getScreenCTM(); \
         return [m.a * (+d.x + +d.w / 2) + m.e, m.d * (+d.y + +d.h / 2) + m.f, m.a * +d.w]; })()",
    );
    let number = |index: usize| place[index].as_f64().expect("a number");
    (number(0), number(1), number(2))
}

fn pictures(browser: &mut Browser, name: &str) {
    let Some(folder) = std::env::var_os("HC_RIG_PICTURES") else { return };
    let looks =
        [("light", 1200, "light"), ("dark", 1200, "dark"), ("narrow", 390, "light"), ("narrow-dark", 390, "dark")];
    for (look, width, scheme) in looks {
        browser.look(width, scheme);
        fs::write(Path::new(&folder).join(format!("{name}-{look}.png.base64")), browser.picture(false))
            .expect("a picture");
    }
    fs::write(Path::new(&folder).join(format!("{name}.pdf.base64")), browser.picture(true)).expect("a picture");
    browser.look(1200, "light");
}

fn nothing_is_wrong(browser: &Browser) {
    for event in &browser.events {
        let method = event["method"].as_str().unwrap_or_default();
        let loud = ["Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"].contains(&method);
        assert!(!loud, "the console is silent: {event}");
        if method == "Network.requestWillBeSent" {
            let url = event["params"]["request"]["url"].as_str().unwrap_or_default();
            assert!(url.starts_with("file://") && url.ends_with("report.html"), "no request leaves the page: {url}");
        }
    }
}

#[test]
fn the_report_opens_hovers_and_zooms() {
    let mut browser = Browser::start();
    let folder = report(300, 40);
    browser.look(1200, "light");
    browser.open(&folder.path().join("report.html"));
    let (x, y, width) = plot(&mut browser);

    browser.mouse("mouseMoved", x, y);
    let tip = browser.value("document.querySelector('.tip').innerText");
    let tip = tip.as_str().expect("text");
    assert!(tip.contains("request 1") && tip.contains("healthy") && tip.contains("40"), "{tip}");

    browser.mouse("mousePressed", x - width / 4.0, y);
    browser.mouse("mouseMoved", x, y);
    browser.mouse("mouseReleased", x, y);
    nothing_is_wrong(&browser);
    let shown = browser.value("document.querySelector('.zoom span').textContent");
    let shown = shown.as_str().expect("text").to_owned();
    let first: u64 = shown.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or_else(|| panic!("{shown}"));
    assert!((70..=82).contains(&first) && shown.ends_with("of 300"), "a quarter from the left: {shown}");
    browser.mouse("mouseMoved", x - width / 2.0 + 3.0, y);
    let tip = browser.value("document.querySelector('.tip strong').textContent");
    assert!(tip.as_str().is_some_and(|tip| tip.starts_with(&format!("request {first} "))), "{tip} after {shown}");
    let lines = browser.value("document.querySelector('.hc-zoom').getAttribute('viewBox')");
    assert!(
        lines.as_str().is_some_and(|lines| lines.starts_with(&format!("{} ", first - 1))),
        "all zoom together: {lines}"
    );
    browser.value("document.querySelector('[data-zoom=all]').click()");
    assert_eq!(browser.value("document.querySelector('.zoom span').textContent"), json!(""));

    nothing_is_wrong(&browser);
    pictures(&mut browser, "trouble");
}

#[test]
fn every_screen_holds_the_page_in_its_width() {
    let mut browser = Browser::start();
    let folder = report(2000, 40);
    let page = folder.path().join("report.html");
    let size = fs::metadata(&page).expect("the page").len();
    assert!(size <= 2_000_000, "{size} bytes for 2,000 samples");
    for (width, scheme) in [(1200, "light"), (1200, "dark"), (390, "light"), (390, "dark")] {
        browser.look(width, scheme);
        browser.open(&page);
        let wide = browser.value("document.documentElement.scrollWidth");
        assert!(wide.as_u64().is_some_and(|wide| wide <= u64::from(width)), "{wide} on a screen of {width}");
        let paper = browser.value("getComputedStyle(document.body).backgroundColor");
        let dark = paper.as_str().is_some_and(|colour| colour.starts_with("rgb(17"));
        assert_eq!(dark, scheme == "dark", "{paper}");
        nothing_is_wrong(&browser);
    }
    pictures(&mut browser, "long");
}

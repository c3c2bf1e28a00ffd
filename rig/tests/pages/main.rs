//! Every page in a real browser: it opens from a file, says nothing on the console, asks for nothing over the network,
//! tells numbers under the pointer, zooms, and fits every screen. Needs Chromium; `.ci/test` says so when it is missing.
//!
//! `HC_RIG_PICTURES=DIR` keeps pictures of the pages in DIR, for somebody to look at.

mod browser;
mod made;

use std::{fs, path::Path};

use serde_json::json;

use crate::browser::Browser;

/// The smallest telephone that is asked to hold a page in its width.
const NARROWEST: u32 = 360;

/// Middle of the n-th visible plot and its width, in the page's own pixels.
fn plot(browser: &mut Browser, nth: usize) -> (f64, f64, f64) {
    let place = browser.value(&format!(
        "(() => {{ const g = [...document.querySelectorAll('.hc-plot')].filter((g) => g.getBoundingClientRect().width > 0)[{nth}]; \
         g.ownerSVGElement.scrollIntoView({{block: 'start'}}); const svg = g.closest('svg.hc-chart'), d = g.dataset; \
         const box = svg.getScreenCTM(); if (box.d * +d.y + box.f > innerHeight - 150) scrollBy(0, box.d * +d.y + box.f - 150); \
         const m = svg.getScreenCTM(); \
         return [m.a * (+d.x + +d.w / 2) + m.e, m.d * (+d.y + +d.h / 2) + m.f, m.a * +d.w]; }})()"
    ));
    let number = |index: usize| place[index].as_f64().expect("a number");
    (number(0), number(1), number(2))
}

/// Opens all that the page shows on demand.
fn demand_all(browser: &mut Browser) {
    browser.value("document.querySelectorAll('details').forEach((details) => { details.open = true; })");
}

/// What is shown under the pointer, as it is read.
fn tip(browser: &mut Browser) -> String {
    let text = browser.value(
        "[...document.querySelectorAll('.tip')].filter((tip) => !tip.hidden).map((tip) => tip.innerText).join()",
    );
    text.as_str().expect("text").to_owned()
}

/// Drags the mouse from one place to another on the same height.
fn drag(browser: &mut Browser, from: f64, to: f64, y: f64) {
    browser.mouse("mousePressed", from, y);
    browser.mouse("mouseMoved", to, y);
    browser.mouse("mouseReleased", to, y);
}

/// What the first visible figure that zooms says of its part.
fn shown(browser: &mut Browser) -> String {
    let text = browser.value("document.querySelector('.zoom span').textContent");
    text.as_str().expect("text").to_owned()
}

fn pictures(browser: &mut Browser, name: &str) {
    let Some(folder) = std::env::var_os("HC_RIG_PICTURES") else { return };
    let views =
        [("light", 1200, "light"), ("dark", 1200, "dark"), ("narrow", 390, "light"), ("narrow-dark", 390, "dark")];
    for (view, width, scheme) in views {
        browser.view(width, scheme);
        fs::write(Path::new(&folder).join(format!("{name}-{view}.png.base64")), browser.picture(false))
            .expect("a picture");
    }
    fs::write(Path::new(&folder).join(format!("{name}.pdf.base64")), browser.picture(true)).expect("a picture");
    browser.view(1200, "light");
}

fn nothing_is_wrong(browser: &Browser) {
    let page = browser.page();
    for event in &browser.events {
        let method = event["method"].as_str().unwrap_or_default();
        let loud = ["Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"].contains(&method);
        assert!(!loud, "the console is silent: {event}");
        if method == "Network.requestWillBeSent" {
            let url = event["params"]["request"]["url"].as_str().unwrap_or_default();
            assert!(url == page, "no request leaves the page: {url}");
        }
    }
}

/// Wide and narrow, light and dark: nothing hangs over the edge, and the paper has the colour that was asked for.
fn every_screen_holds(browser: &mut Browser, page: &Path) {
    for (width, scheme) in [(1200, "light"), (1200, "dark"), (390, "light"), (NARROWEST, "dark")] {
        browser.view(width, scheme);
        browser.open(page);
        let wide = browser.value("document.documentElement.scrollWidth");
        assert!(wide.as_u64().is_some_and(|wide| wide <= u64::from(width)), "{wide} on a screen of {width}");
        let paper = browser.value("getComputedStyle(document.body).backgroundColor");
        let over = browser.value(
            "[...document.querySelectorAll('.tile b')].filter((b) => b.scrollWidth > b.clientWidth).map((b) => b.textContent).join()",
        );
        assert_eq!(over, json!(""), "numbers that reach beyond their tiles on a screen of {width}");
        let dark = paper.as_str().is_some_and(|colour| colour.starts_with("rgb(17"));
        assert_eq!(dark, scheme == "dark", "{paper}");
        nothing_is_wrong(browser);
    }
    browser.view(1200, "light");
    browser.open(page);
}

#[test]
fn the_report_opens_hovers_and_zooms() {
    let mut browser = Browser::start();
    let folder = made::single(300, 40);
    browser.view(1200, "light");
    browser.open(&folder.path().join("report.html"));
    let (x, y, width) = plot(&mut browser, 0);

    browser.mouse("mouseMoved", x, y);
    let text = tip(&mut browser);
    assert!(text.contains("request 1") && text.contains("healthy") && text.contains("40"), "{text}");
    assert!(text.contains(" · 17:05:") && text.contains(" UTC · "), "the time, too: {text}");
    let headings = browser.value("[...document.querySelectorAll('.trend h3')].map((h) => h.textContent).join('; ')");
    let headings = headings.as_str().expect("text").to_owned();
    assert!(headings.split("; ").all(|heading| heading.contains(", ")), "each panel says its unit: {headings}");

    drag(&mut browser, x - width / 4.0, x, y);
    nothing_is_wrong(&browser);
    let part = shown(&mut browser);
    let first: u64 = part.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or_else(|| panic!("{part}"));
    assert!((70..=82).contains(&first) && part.ends_with("of 300"), "a quarter from the left: {part}");
    browser.mouse("mouseMoved", x - width / 2.0 + 3.0, y);
    let text = tip(&mut browser);
    assert!(text.starts_with(&format!("request {first} ")), "{text} after {part}");
    let lines = browser.value("document.querySelector('.hc-zoom').getAttribute('viewBox')");
    assert!(
        lines.as_str().is_some_and(|lines| lines.starts_with(&format!("{} ", first - 1))),
        "all zoom together: {lines}"
    );
    browser.value("document.querySelector('[data-zoom=all]').click()");
    assert_eq!(shown(&mut browser), "");
    let axis = browser.value("document.querySelector('.wide .hc-requests').textContent");
    assert!(
        axis.as_str().is_some_and(|axis| axis.contains("\n50\n17:01:40\n")),
        "times below the request numbers: {axis}"
    );

    nothing_is_wrong(&browser);
    pictures(&mut browser, "trouble");
}

#[test]
fn a_long_report_stays_small_and_fits_every_screen() {
    let mut browser = Browser::start();
    let folder = made::single(2000, 18_000);
    let page = folder.path().join("report.html");
    let size = fs::metadata(&page).expect("the page").len();
    assert!(size <= 2_000_000, "{size} bytes for 2,000 samples");
    every_screen_holds(&mut browser, &page);
    pictures(&mut browser, "long");
}

#[test]
fn the_page_over_several_pairs_tells_of_each_and_zooms_them_together() {
    let mut browser = Browser::start();
    let folder = made::several(&["docker,HTTP", "docker,MESOS_HTTP", "mesos,TCP"]);
    every_screen_holds(&mut browser, &folder.path().join("report.html"));

    let (x, y, width) = plot(&mut browser, 1);
    browser.mouse("mouseMoved", x, y);
    let text = tip(&mut browser);
    assert!(text.contains("running, no result yet") && text.contains("10"), "the second pair's numbers: {text}");
    drag(&mut browser, x, x + width / 2.0 - 1.0, y);
    let part = shown(&mut browser);
    assert!(part.ends_with("% of each run") && part.starts_with(['4', '5']), "the right half: {part}");
    let (x, y, width) = plot(&mut browser, 2);
    browser.mouse("mouseMoved", x - width / 2.0 + 3.0, y);
    let text = tip(&mut browser);
    assert!(text.starts_with("request 3"), "the third pair begins at its half, too: {text}");

    demand_all(&mut browser);
    let text = browser.value("document.querySelector('main').innerText");
    let text = text.as_str().expect("text").to_owned();
    for part in ["unhealthy_pct > 1 for 10s", "2 × answer 503 (at 4.0 s to 6.0 s)", "time to healthy", "2 of 3 pairs"]
    {
        assert!(text.contains(part), "{part} is missing in:\n{text}");
    }
    nothing_is_wrong(&browser);
    pictures(&mut browser, "several");
}

#[test]
fn the_matrix_marks_limits_and_each_point_tells_and_leads_to_its_run() {
    let mut browser = Browser::start();
    let folder = made::matrix(&["mesos,TCP", "mesos,MESOS_TCP"]);
    every_screen_holds(&mut browser, &folder.path().join("report.html"));

    let place = browser.value(
        "(() => { const a = document.querySelector('.wide a.hc-point[href^=\"mesos-TCP-40\"]'); \
         a.scrollIntoView({block: 'center'}); const b = a.getBoundingClientRect(); \
         return [b.left + b.width / 2, b.top + b.height / 2, a.getAttribute('href')]; })()",
    );
    let at = |index: usize| place[index].as_f64().expect("a number");
    browser.mouse("mouseMoved", at(0), at(1));
    let text = tip(&mut browser);
    assert!(text.starts_with("mesos,TCP × 40") && text.contains("18 of 40"), "{text}");
    let report = folder.path().join(place[2].as_str().expect("a link"));
    assert!(report.is_file(), "{} is there", report.display());

    let marks = browser.value("[...document.querySelectorAll('.wide .hc-limit')].length");
    assert_eq!(marks, json!(1), "only the pair that broke has its limit marked");
    demand_all(&mut browser);
    let (x, y, width) = plot(&mut browser, 1);
    drag(&mut browser, x - width / 4.0, x + width / 4.0, y);
    assert!(shown(&mut browser).ends_with("% of each run"), "the runs below zoom");
    nothing_is_wrong(&browser);
    pictures(&mut browser, "matrix");
}

#[test]
fn the_comparison_lays_both_sides_over_each_other_and_zooms() {
    let mut browser = Browser::start();
    let folder = made::diff();
    every_screen_holds(&mut browser, &folder.path().join("out/diff.html"));

    let (x, y, width) = plot(&mut browser, 0);
    browser.mouse("mouseMoved", x, y);
    let text = tip(&mut browser).replace('\n', " ");
    assert!(text.contains("A, healthy 40") && text.contains("B, healthy 30"), "{text}");
    drag(&mut browser, x, x + width / 4.0, y);
    assert!(shown(&mut browser).ends_with("of 50"), "{}", shown(&mut browser));
    let box_ = browser.value("document.querySelector('.wide .hc-zoom').getAttribute('viewBox')");
    assert!(box_.as_str().is_some_and(|part| part.starts_with("25 ") || part.starts_with("24 ")), "{box_}");
    let whiskers = browser.value("document.querySelectorAll('svg.whisker.worse').length");
    assert!(whiskers.as_u64().is_some_and(|n| n >= 1), "the interval of what is worse is drawn");
    nothing_is_wrong(&browser);
    pictures(&mut browser, "diff");
}

//! `--log-format json`: a collector of logs can read all of stderr.

use serde_json::Value;

use crate::{
    hc_rig::{HcRig, ends_with, stderr, stdout},
    results::out,
};

/// The level and the message of each line; the fields of the log's own lines stand beside the message.
#[track_caller]
fn lines(text: &str) -> Vec<(String, String)> {
    let parsed = text.lines().map(|line| -> (String, String) {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(line["timestamp"].is_string(), "{line}");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (text(&line["level"]), text(&line["fields"]["message"]))
    });
    parsed.collect()
}

#[test]
fn every_line_on_stderr_is_json_and_the_summary_is_on_stdout() {
    let (_folder, run) = out();
    let line = ["try", "--pair", "mesos,TCP", "--target", "1", "--poll", "200ms", "--hold", "1s", "--prompt-offers"];
    let rest = ["--fail-if", "unhealthy >= 0", "--log-format", "json", "-vv", "--out", &run];
    let ended = HcRig::new(&[&line[..], &rest[..]].concat()).run();
    ends_with(&ended, 3);
    let said = lines(&stderr(&ended));
    assert!(said.iter().any(|(level, text)| level == "INFO" && text.starts_with("Fake Marathon ")), "{said:?}");
    assert!(said.iter().any(|(level, _)| level == "DEBUG"), "the log itself: {said:?}");
    assert!(stdout(&ended).starts_with("FAILED       mesos,TCP: "), "{}", stdout(&ended));
}

#[test]
fn what_is_wrong_with_the_line_is_json_too() {
    for (arguments, variable, text) in [
        (&["try", "--nonsense", "--log-format", "json"][..], "", "unexpected argument '--nonsense'"),
        (&["--log-format=json", "why", "nowhere"], "", "there is no run folder nowhere"),
        (&["why", "nowhere"], "json", "there is no run folder nowhere"),
        (&["try", "--nonsense"], "json", "unexpected argument '--nonsense'"),
    ] {
        let ended = HcRig::new(arguments).env("HC_RIG_LOG_FORMAT", variable).run();
        ends_with(&ended, 2);
        let said = lines(&stderr(&ended));
        assert!(matches!(&said[..], [(level, message)] if level == "ERROR" && message.contains(text)), "{said:?}");
    }
}

//! The tasks of a sample are written from their texts, one by one, as their trees of values are.

mod recorded;

use std::sync::Arc;

use harness::record::{Observed, PolledSample, Sample, json};
use recorded::rows;
use rstest::rstest;
use serde_json::{Value, value::RawValue};

fn written(texts: &[&str]) -> [String; 2] {
    let raw = texts.iter().map(|text| serde_json::from_str::<&RawValue>(text).expect("JSON"));
    let values = texts.iter().map(|text| serde_json::from_str(text).expect("JSON"));
    let whole: Sample<Value> = Sample { tasks: values.collect(), ..Sample::default() };
    let polled: PolledSample = whole.with_tasks(raw.map(|raw| Arc::new(Observed::of(raw))).collect());
    [json::line(&polled), json::line(&whole)].map(|line| line.expect("a line"))
}

#[rstest]
fn a_recorded_task_is_written_as_its_tree(
    #[values(
        "fails_after_healthy.tcp",
        "hangs.http",
        "lifecycle.http",
        "never_healthy.tcp",
        "zero_max_failures.mesos_tcp"
    )]
    case: &str,
) {
    let mut seen = 0;
    for row in rows(case) {
        let tasks: Vec<String> =
            row["body"]["app"]["tasks"].as_array().into_iter().flatten().map(Value::to_string).collect();
        let [polled, whole] = written(&tasks.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(polled, whole);
        seen += tasks.len();
    }
    assert!(seen > 0, "no task in {case}");
}

#[rstest]
#[case::spaces_and_numbers("{ \"b\" :1.50,\"a\":[-0, 1e2,18446744073709551616,0.1e-7,-5] }")]
#[case::escapes(r#"{"\u00fc":"\u003c\/\n\u0085\ud83d\ude00\"\\","ü":"<"}"#)]
#[case::a_key_twice(r#"{"id":"a","b":1,"id":"c","d":{"e":1,"e":{}}}"#)]
#[case::no_object("[null,true,\"a\"]")]
fn an_odd_task_is_written_as_its_tree(#[case] text: &str) {
    let [polled, whole] = written(&[text, text]);
    assert_eq!(polled, whole);
}

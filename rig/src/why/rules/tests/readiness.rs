//! The rule about readiness checks.

use harness::record::Counts;
use rstest::rstest;

use super::{manifest, running};
use crate::{
    folder::evidence::{Evidence, NotReady, Readiness},
    why::{Confidence, Facts, Reason, rules::conclude},
};

fn seen(not_ready: Vec<NotReady>) -> Evidence {
    Evidence { readiness: vec![Readiness { t: 14.7, not_ready }], ..Evidence::default() }
}

fn waits(status: Option<u16>, answer: &str) -> NotReady {
    NotReady { task: "hc.instance-1._app.1".to_owned(), check: "r".to_owned(), status, answer: answer.to_owned() }
}

#[rstest]
#[case::answered(Some(503), "warming up", Confidence::High, "the last response was 503, `warming up`")]
#[case::not_reached(Some(504), "Marathon could not query", Confidence::High, "504 of Marathon's own")]
#[case::not_preserved(None, "", Confidence::Medium, "no response is preserved")]
fn a_readiness_check_that_has_not_passed_is_the_cause(
    #[case] status: Option<u16>,
    #[case] answer: &str,
    #[case] confidence: Confidence,
    #[case] part: &str,
) {
    let (manifest, evidence, lives) = (manifest("MESOS_TCP"), seen(vec![waits(status, answer)]), [running(1)]);
    let facts = Facts::new(&manifest, lives.iter().collect(), &evidence, Counts::default());
    let found = conclude(&Facts { failed: true, ..facts });
    assert_eq!((found[0].reason, found[0].confidence), (Reason::NotReady, confidence), "{found:#?}");
    assert!(found[0].evidence[0].contains(part), "{:?}", found[0].evidence);
    assert_eq!(found[0].tasks, ["hc.instance-1._app.1"]);
}

#[rstest]
#[case::passed(seen(Vec::new()), true)]
#[case::never_looked(Evidence::default(), true)]
#[case::the_run_passed(seen(vec![waits(Some(503), "")]), false)]
fn without_evidence_or_a_failed_run_nothing_is_concluded(#[case] evidence: Evidence, #[case] failed: bool) {
    let (manifest, lives) = (manifest("MESOS_TCP"), [running(1)]);
    let facts = Facts::new(&manifest, lives.iter().collect(), &evidence, Counts::default());
    let found = conclude(&Facts { failed, ..facts });
    assert!(found.iter().all(|one| one.reason != Reason::NotReady), "{found:#?}");
}

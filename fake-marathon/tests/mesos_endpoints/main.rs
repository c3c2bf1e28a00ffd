//! The endpoints of Mesos's master and agents against `fixtures/recorded/mesos-endpoints.json`: the same apps run on the
//! fake as process tasks, every recorded request is made again, and status, content type, redirect and the set of fields
//! with their types are compared.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

mod calls;
mod clients;
mod cluster;
mod compare;
mod known;
mod recorded;

use std::collections::BTreeSet;

use crate::{cluster::Cluster, known::KNOWN, recorded::samples};

#[tokio::test]
async fn the_endpoints_of_mesos_answer_as_recorded() {
    let cluster = Cluster::start().await;
    let (mut points, mut differences) = (0, Vec::new());
    for sample in samples() {
        let answer = cluster.ask(&sample).await;
        points += compare::points(&sample);
        differences.extend(compare::differences(&sample, &answer));
    }
    // What only the fake has costs a point too.
    println!("{} of {points} points are as recorded", points.saturating_sub(differences.len()));

    let unlisted: Vec<_> = differences.iter().filter(|found| KNOWN.iter().all(|known| !known.covers(found))).collect();
    assert!(unlisted.is_empty(), "{} differences are not listed:\n{}", unlisted.len(), compare::list(&unlisted));
    let found: BTreeSet<usize> =
        differences.iter().flat_map(|d| (0..KNOWN.len()).filter(|n| KNOWN[*n].covers(d))).collect();
    let gone: Vec<_> = (0..KNOWN.len()).filter(|n| !found.contains(n)).map(|n| KNOWN[n]).collect();
    assert!(gone.is_empty(), "these differences are no more: {gone:#?}");
}

//! A path that is no URI ends Marathon's own checks of all apps, and the diagnosis finds it.

use fake_marathon::FakeMarathon;
use fixtures::{App, Check, Containerizer, secs};
use harness::record::Counts;
use hc_rig::{
    folder::{evidence::Evidence, manifest::Manifest},
    probe::census::census,
    why::{Facts, Reason, rules::conclude},
};
use serde_json::json;
use time::OffsetDateTime;

use crate::environment::Environment;

/// What the diagnosis concludes from the apps as they are now, for a run of the app that is well.
async fn conclusions(environment: &Environment) -> Vec<Reason> {
    let apps = environment.client.apps().await.expect("the apps").apps;
    let now = environment.client.server_time().map_or_else(OffsetDateTime::now_utc, |server| server.now);
    let evidence = Evidence { censuses: vec![census(&apps, now)], ..Evidence::default() };
    let well = apps.iter().find(|app| app.id == "/well").expect("it is there");
    let manifest = Manifest { definition: well.raw.clone(), ..Manifest::default() };
    let facts = Facts::new(&manifest, Vec::new(), &evidence, Counts::default());
    conclude(&facts).into_iter().map(|one| one.reason).collect()
}

#[tokio::test(start_paused = true)]
async fn a_path_that_is_no_uri_is_found_as_the_end_of_all_checks() {
    let environment = Environment::start(FakeMarathon::builder()).await;
    let well = App::listener(Containerizer::Mesos, Check::Http).id("/well").interval(secs(1)).timeout(secs(2));
    environment.deploy(well).await;
    let odd = App::listener(Containerizer::Mesos, Check::Http).id("/odd").interval(secs(1)).timeout(secs(2));
    let mut odd = odd.to_json();
    tokio::time::sleep(secs(60)).await;
    assert_eq!(conclusions(&environment).await, [], "all is well");

    odd["healthChecks"][0]["path"] = json!("/health check");
    environment.client.create_app(&odd).await.expect("Marathon accepts it");
    tokio::time::sleep(secs(60)).await;
    assert_eq!(conclusions(&environment).await, [Reason::ChecksEnded]);
    environment.fake.shutdown().await;
}

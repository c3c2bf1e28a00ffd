//! The container arm: the image of the fake, in real time, with simulated tasks.

use std::path::Path;

use fixtures::{Kit, container::Image};
use harness::{
    Clock, Transport,
    dcos::{Credentials, tls::Trust},
};
use url::Url;

use super::{Gate, NoStage, PASSWORD, Stage, UID};
use crate::{Arena, Needs, NotApplicable, Result, arena, name::TestName, outages::Outages};

/// Runs a scenario on a fake in a container of its own.
pub async fn arena(needs: Needs, scenario: impl AsyncFnOnce(&Arena) -> Result) -> Result {
    arena::run(TestName::current("container"), needs, stage, scenario).await
}

async fn stage(needs: &Needs, _folder: &Path) -> Result<Stage, NoStage> {
    if let Some(what) = needs.faults {
        let why = format!("it {what}, which is done only to a fake in the test's own process");
        return Err(NoStage::NotApplicable(NotApplicable(why)));
    }
    if needs.outage.is_some() {
        let why =
            "it needs an outage, which is made only to a fake in the test's own process or to a cluster".to_owned();
        return Err(NoStage::NotApplicable(NotApplicable(why)));
    }
    let mut image = Image::new().args(["--agents", &needs.agents.max(1).to_string()]);
    if needs.login {
        image = image.user(UID, PASSWORD);
    }
    let container = image.start().await?;
    let root = Url::parse(container.url())?;
    let gate = Gate {
        marathon: if needs.login { root.join("/service/marathon/")? } else { root.clone() },
        dcos: needs.login.then_some(root),
        transport: Transport::sockets(&Trust::default())?,
        clock: Clock::System,
        credentials: needs.login.then(|| Credentials::Password { uid: UID.to_owned(), password: PASSWORD.into() }),
    };
    Ok(Stage {
        client: gate.client(gate.credentials.clone()),
        gate,
        fake: None,
        seed: None,
        // Two cores, and offers come in cycles.
        patience: 3.0,
        kit: Kit::default(),
        found: None,
        outages: Outages::default(),
        docker: true,
        outlives_the_test: false,
        guard: Some(Box::new(container)),
    })
}

//! The container backend: the image of the fake, in real time, with simulated tasks.

use std::path::Path;

use fixtures::container::Image;
use harness::{Clock, Transport, tls::Trust};

use super::{Endpoint, Environment, PASSWORD, UID, Unavailable};
use crate::{Needs, NotApplicable, Result};

pub(crate) async fn environment(needs: &Needs, _folder: &Path) -> Result<Environment, Unavailable> {
    if let Some(what) = needs.faults {
        let why = format!("it {what}, which is done only to a fake in the test's own process");
        return Err(Unavailable::NotApplicable(NotApplicable(why)));
    }
    if needs.outage.is_some() {
        let why =
            "it needs an outage, which is made only to a fake in the test's own process or to a cluster".to_owned();
        return Err(Unavailable::NotApplicable(NotApplicable(why)));
    }
    let mut image = Image::new().args(["--agents", &needs.agents.max(1).to_string()]);
    if needs.login {
        image = image.user(UID, PASSWORD);
    }
    let container = image.start().await?;
    let transport = Transport::sockets(&Trust::default())?;
    let endpoint = Endpoint::of_fake(container.url(), needs, transport, Clock::System)?;
    // Two cores, and offers come in cycles.
    Ok(Environment { guard: Some(Box::new(container)), ..Environment::of_fake(endpoint, 3.0) })
}

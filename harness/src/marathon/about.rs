//! What the server reports about itself and about the user.

use http::{Method, StatusCode};
use serde_json::Value;

use super::{
    Result,
    ask::{Ask, Target},
    auth::Auth,
    client::Client,
};
use crate::model::Info;

impl Client {
    /// The answer of [`Client::info`], or an empty one if this user may not see it. On DC/OS Enterprise that is a right
    /// of its own (`SystemConfig` in Marathon's `InfoResource.scala`), and a run does not need it.
    ///
    /// # Errors
    /// Other refusals, and if the server cannot be reached.
    pub async fn info_if_allowed(&self) -> Result<Info> {
        match self.info().await {
            Err(error) if error.status_code() == Some(StatusCode::FORBIDDEN) => Ok(Info::default()),
            info => info,
        }
    }

    /// DC/OS's version (`/dcos-metadata/dcos-version.json`); `None` without DC/OS, or if it is not shown.
    ///
    /// # Errors
    /// If the cluster cannot be reached or refuses us.
    pub async fn dcos_version(&self) -> Result<Option<String>> {
        let Some(root) = &self.connection.dcos else { return Ok(None) };
        let ask = Ask::get(Target::path("dcos-metadata/dcos-version.json"));
        match self.connection.fetch_from(Some(root), ask).await {
            Ok((url, _, body)) => {
                let answer: Value = self.connection.parse(&Method::GET, &url, &body)?;
                Ok(answer.get("version").and_then(Value::as_str).map(str::to_owned))
            }
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The user as the server knows it: of basic authentication, or the `uid` in the token. `None` without a login, or
    /// before the first.
    pub async fn identity(&self) -> Option<String> {
        match &self.connection.auth {
            Auth::None => None,
            Auth::Basic { user, .. } => Some(user.clone()),
            Auth::Token(provider) => provider.uid().await,
        }
    }
}

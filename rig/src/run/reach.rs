//! How the cluster is reached, and which trouble on the way ends with which exit code.

use std::path::PathBuf;

use clap::Args;
use harness::{
    Client,
    cluster::{ClusterError, Preflight},
    marathon::model::Info,
    settings::{Access, Flags, Settings},
};

use url::Url;

use crate::{
    exit::{Code, Failure},
    folder::manifest::{Cluster, Manifest},
};

/// Which cluster, and whom to trust there. What is not said comes from the environment.
#[derive(Args, Clone, Debug, Default)]
pub struct Reach {
    /// Address of the cluster or of a Marathon (else DCOS_URL or MARATHON_URL)
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// The DC/OS user (else DCOS_USERNAME); the password comes from DCOS_PASSWORD
    #[arg(long, value_name = "UID")]
    pub user: Option<String>,
    /// Trust the certificates of this PEM file and no others
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// Trust only the certificate with this SHA-256 fingerprint
    #[arg(long, value_name = "FINGERPRINT")]
    pub pin: Option<String>,
    /// Trust any certificate, as `curl -k` does; the report says so
    #[arg(long)]
    pub insecure: bool,
}

impl Reach {
    /// The settings from flags and environment.
    ///
    /// # Errors
    /// Exit code 2: they are incomplete or contradictory.
    pub fn settings(&self) -> Result<Settings, Failure> {
        let flags =
            Flags { url: self.url.clone(), insecure: self.insecure, ca: self.ca.clone(), pin: self.pin.clone() };
        let variable = |name: &str| match (name, &self.user) {
            ("DCOS_USERNAME", Some(user)) => Some(user.clone()),
            // A flag wins over the environment, also over the other name of the same variable.
            ("DCOS_UID", Some(_)) => None,
            _ => std::env::var(name).ok(),
        };
        Settings::resolve(&flags, variable).map_err(|error| Failure::usage(error.to_string()))
    }
}

impl Reach {
    /// The same, at the cluster of an earlier run unless a flag or the environment names one.
    pub fn or_where_it_ran(&self, cluster: &Cluster) -> Self {
        let named = |name: &str| std::env::var(name).is_ok_and(|value| !value.trim().is_empty());
        let mut reach = self.clone();
        if reach.url.is_none() && !named("DCOS_URL") && !named("MARATHON_URL") {
            reach.url = Some(cluster.url.clone());
        }
        reach
    }
}

/// A client for the settings.
///
/// # Errors
/// Exit code 4: a file of certificates cannot be used.
pub fn client(settings: &Settings) -> Result<Client, Failure> {
    settings.connect().map_err(|error| Failure::new(Code::Refused, error.to_string()))
}

/// The sentence and exit code for an answer that did not come or said no, before anything was deployed.
pub fn failure(error: &harness::Error) -> Failure {
    let (code, remedy) = if error.is_untrusted() {
        let how = "; name its CA with --ca FILE or DCOS_SSL_VERIFY=FILE, pin it with --pin, or say --insecure";
        (Code::Refused, how)
    } else if error.is_unauthorized() {
        (Code::Refused, "; check DCOS_USERNAME and DCOS_PASSWORD, or DCOS_ACS_TOKEN")
    } else {
        match error.status_code().map(|status| status.as_u16()) {
            Some(403) => (Code::Refused, "; this user may not do it"),
            Some(400 | 409 | 413 | 422) => (Code::Usage, ""),
            _ => (Code::Unreachable, ""),
        }
    };
    Failure::new(code, format!("{error}{remedy}"))
}

/// The same for what can go wrong while deploying.
pub fn deploy_failure(error: &ClusterError, named: &str) -> Failure {
    match error {
        ClusterError::Marathon(error) => {
            let failure = failure(error);
            match failure.code {
                Code::Usage => Failure::usage(format!("Marathon refuses {named}: {}", failure.message)),
                _ => failure,
            }
        }
        other => Failure::usage(format!("{named}: {other}")),
    }
}

/// Refuses to act for a run at another cluster than its own. Marathon's id in Mesos tells clusters apart; a run that
/// did not note it is told by its address.
///
/// # Errors
/// Exit code 2: it is another cluster.
pub fn same_cluster(manifest: &Manifest, url: &Url, marathon: &Info) -> Result<(), Failure> {
    let there = &manifest.cluster;
    let same = match (&there.framework, &marathon.framework_id) {
        (Some(there), Some(here)) => there == here,
        _ => there.url == url.as_str(),
    };
    if same {
        return Ok(());
    }
    Err(Failure::usage(format!("{} ran at {}, and {url} is another cluster", manifest.run, there.url)))
}

/// What `run.json` says of the cluster.
pub fn describe(settings: &Settings, client: &Client, preflight: &Preflight) -> Cluster {
    let https = client.url().scheme() == "https";
    let trust = settings.describe().into_iter().find(|(name, ..)| *name == "certificate").map(|(_, value, _)| value);
    Cluster {
        url: client.url().to_string(),
        kind: "cluster".to_owned(),
        marathon: Some(preflight.marathon.version.clone()),
        framework: preflight.marathon.framework_id.clone(),
        mesos: preflight.mesos.as_ref().ok().cloned(),
        dcos: None,
        agents: preflight.mesos.is_ok().then_some(preflight.agents.len() as u64),
        tasks: None,
        prompt_offers: false,
        tls: if https { trust.unwrap_or_default() } else { "no TLS".to_owned() },
    }
}

/// Whether a login is needed at all.
pub fn has_login(settings: &Settings) -> bool {
    matches!(settings.access.value, Access::Dcos { .. })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clusters_are_told_apart_by_the_framework_and_else_by_the_address() {
        let same = |there: (&str, Option<&str>), here: (&str, Option<&str>)| {
            let cluster =
                Cluster { url: there.0.to_owned(), framework: there.1.map(str::to_owned), ..Cluster::default() };
            let marathon = Info { framework_id: here.1.map(str::to_owned), ..Info::default() };
            same_cluster(&Manifest { cluster, ..Manifest::default() }, &here.0.parse().unwrap(), &marathon).is_ok()
        };
        assert!(same(("http://a/", Some("f")), ("http://b/", Some("f"))), "another address of the same");
        assert!(!same(("http://a/", Some("f")), ("http://a/", Some("g"))), "set up anew");
        assert!(same(("http://a/", None), ("http://a/", Some("f"))));
        assert!(!same(("http://a/", None), ("http://b/", Some("f"))));
    }
}

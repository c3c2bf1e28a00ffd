//! How the cluster is reached, and which error ends with which exit code.

use std::path::PathBuf;

use clap::Args;
use harness::{
    Client,
    cluster::{CleanUpError, ClusterError, Preflight},
    dcos::OfferedCa,
    environment::variable,
    marathon::ErrorKind,
    model::Info,
    settings::{Access, Address, Origin, Setting, Settings, SettingsError, SettingsInput, pinned},
    tls::{ServerTrust, Trust, TrustError},
    transport::is_loopback,
};
use url::Url;

use crate::{
    exit::{Code, Failure},
    flags::CLUSTER,
    folder::manifest::{Cluster, ClusterKind, Manifest, NO_TLS},
    settings::Sources,
    terminal::prompt,
};

/// Which cluster, and what to trust there. What no flag sets comes from the environment.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = CLUSTER)]
pub struct Reach {
    /// Cluster or Marathon (else DCOS_URL, MARATHON_URL)
    ///
    /// Repeat it for leader and standbys of a Marathon.
    #[arg(long, value_name = "URL")]
    pub url: Option<Vec<String>>,
    /// The DC/OS user (else DCOS_USERNAME); the password comes from DCOS_PASSWORD, or is asked for on a terminal
    #[arg(long, hide_short_help = true, value_name = "UID")]
    pub user: Option<String>,
    /// Trust the certificates of this PEM file and no others
    #[arg(long, hide_short_help = true, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// Trust only the certificate with this SHA-256 fingerprint
    #[arg(long, hide_short_help = true, value_name = "FINGERPRINT")]
    pub pin: Option<String>,
    /// Trust the CA that the cluster itself offers (/ca/dcos-ca.crt), after confirming its fingerprint or with --pin
    #[arg(long, hide_short_help = true, conflicts_with_all = ["ca", "insecure"])]
    pub ca_from_cluster: bool,
    /// Client certificate, if the cluster requires one (PEM; else DCOS_CLIENT_CERT)
    #[arg(long, hide_short_help = true, value_name = "FILE")]
    pub cert: Option<PathBuf>,
    /// The key of --cert (PEM; else DCOS_CLIENT_KEY)
    #[arg(long, hide_short_help = true, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Trust any certificate, as `curl -k` does; the report says so
    #[arg(long, hide_short_help = true)]
    pub insecure: bool,
    /// Send a password or token over http without TLS to another machine; everybody on the way can read it
    #[arg(long, hide_short_help = true)]
    pub insecure_http: bool,
}

impl Reach {
    /// The settings from flags and environment.
    ///
    /// # Errors
    /// Exit code 2: they are incomplete or contradictory; 4: the CA that the cluster offers is not to be trusted; 5: it
    /// offers none.
    pub async fn settings(&self) -> Result<Settings, Failure> {
        let mut input = self.input().and_then(SettingsInput::or_environment).map_err(|error| refusal(&error))?;
        if let Some(user) = input.user_without_password() {
            let password = prompt::password_of(user)?;
            input.password = password.map(|password| Setting::from_program("the terminal", password));
        }
        let mut settings = input.resolve().map_err(|error| refusal(&error))?;
        self.check_plain_http(&settings)?;
        if self.ca_from_cluster {
            settings.trust = Setting {
                value: Trust { server: self.offered(&settings).await?, ..settings.trust.value },
                origin: Origin::Program("--ca-from-cluster"),
            };
        }
        Ok(settings)
    }

    /// What flags and these variables decide, without asking anybody for a password: name, value and origin of each setting.
    ///
    /// # Errors
    /// Exit code 2: they are incomplete or contradictory.
    pub fn decided(
        &self,
        variable: impl Fn(&str) -> Option<String>,
        sources: &Sources,
    ) -> Result<Vec<(&'static str, String, String)>, Failure> {
        let input = self.input().and_then(|input| input.or_variables(variable));
        let settings = input.and_then(SettingsInput::resolve).map_err(|error| refusal(&error))?;
        Ok(self.describe(&settings, sources))
    }

    /// An address without TLS has nothing that a certificate could prove, and shows a login to everybody on the way.
    fn check_plain_http(&self, settings: &Settings) -> Result<(), Failure> {
        let (urls, known): (Vec<&Url>, bool) = match &settings.access.value {
            Access::Dcos { root, .. } => (vec![root], true),
            Access::Marathon { urls, user } => (urls.iter().collect(), user.is_some()),
        };
        let plain: Vec<&Url> = urls.into_iter().filter(|url| url.scheme() == "http").collect();
        let Some(first) = plain.first() else { return Ok(()) };
        let flags = [
            ("--insecure", self.insecure),
            ("--ca", self.ca.is_some()),
            ("--pin", self.pin.is_some()),
            ("--ca-from-cluster", self.ca_from_cluster),
            ("--cert", self.cert.is_some()),
        ];
        if let Some((flag, _)) = flags.into_iter().find(|(_, given)| *given) {
            return Err(Failure::usage(format!(
                "{flag} is about TLS, and {first} has none: nothing would be verified; use https, or leave {flag} out"
            )));
        }
        let Some(far) = plain.iter().find(|url| !is_loopback(url)) else { return Ok(()) };
        // What the environment sets is often meant for another cluster than a server on this machine.
        if let Some(variable) = promised(settings) {
            return Err(Failure::usage(format!(
                "{variable} is about TLS, and {far} has none: nothing would be verified; use https, or unset {variable}"
            )));
        }
        match Some(far).filter(|_| known && !self.insecure_http) {
            None => Ok(()),
            Some(url) => Err(Failure::usage(format!(
                "{url} has no TLS, so everybody on the way could read the login; use https, or --insecure-http to send it all the same"
            ))),
        }
    }

    /// The settings that the flags give.
    fn input(&self) -> Result<SettingsInput, SettingsError> {
        let given = [self.insecure, self.ca.is_some(), self.pin.is_some()];
        if given.iter().filter(|given| **given).count() > 1 {
            let why = "--insecure, --ca and --pin exclude each other; give one";
            return Err(SettingsError::Unusable(why.to_owned()));
        }
        let server_trust = if self.insecure {
            Some(Setting::from_program("--insecure", ServerTrust::Insecure))
        } else if let Some(ca) = &self.ca {
            Some(Setting::from_program("--ca", ServerTrust::CaFile(ca.clone())))
        } else if let Some(text) = &self.pin {
            Some(pinned(text, Origin::Program("--pin"))?)
        } else {
            None
        };
        let address = self.url.as_ref().map(|urls| Address::Either(urls.join(",")));
        Ok(SettingsInput {
            address: address.map(|address| Setting::from_program("--url", address)),
            user: self.user.clone().map(|user| Setting::from_program("--user", user)),
            server_trust,
            client_certificate: self.cert.clone(),
            client_key: self.key.clone(),
            ..SettingsInput::default()
        })
    }

    /// Name, value and origin of each setting; a flag that was not typed is named by the variable or file that set it.
    pub fn describe(&self, settings: &Settings, sources: &Sources) -> Vec<(&'static str, String, String)> {
        let from = |origin: Origin| match origin {
            Origin::Program(flag) => sources.of(flag).to_owned(),
            Origin::Default | Origin::Environment(_) => origin.to_string(),
        };
        settings.describe().into_iter().map(|(name, value, origin)| (name, value, from(origin))).collect()
    }

    /// Trust in the CA that the cluster offers, if it is the pinned one or the user confirms it.
    async fn offered(&self, settings: &Settings) -> Result<ServerTrust, Failure> {
        let root = match &settings.access.value {
            Access::Dcos { root, .. } if root.scheme() == "https" => root,
            Access::Dcos { root, .. } => {
                return Err(Failure::usage(format!(
                    "--ca-from-cluster: {root} is not https, so there is nothing to verify"
                )));
            }
            Access::Marathon { .. } => {
                let why = "--ca-from-cluster: only DC/OS offers its CA; name the CA of this Marathon with --ca FILE";
                return Err(Failure::usage(why));
            }
        };
        let offered =
            OfferedCa::fetch(root, settings.trust.value.client.clone()).await.map_err(|error| failure(&error))?;
        let fingerprint = offered.fingerprint;
        let refused = |why: String| Failure::new(Code::Refused, why);
        match &settings.trust.value.server {
            ServerTrust::Pin(pin) => offered.accept(pin).map_err(|error| refused(format!("{error}{WHICH_IS_RIGHT}"))),
            ServerTrust::Roots | ServerTrust::CaFile(_) | ServerTrust::CaPem(_) | ServerTrust::Insecure => {
                let question = format!("{root} offers a CA with the SHA-256 fingerprint\n  {fingerprint}\nTrust it?");
                if prompt::confirm(&question)? {
                    return offered.accept(&fingerprint).map_err(|error| refused(error.to_string()));
                }
                Err(refused(format!(
                    "{root} offers a CA with the fingerprint {fingerprint}; if it is the right one, use --pin \
                     {fingerprint}"
                )))
            }
        }
    }
}

impl Reach {
    /// The settings for the cluster of an earlier run: that of a flag or the environment, else that of the run's folder.
    /// A folder may come from anybody, so credentials are sent to a server that only a folder names after confirmation
    /// at the terminal, and never without it.
    ///
    /// # Errors
    /// As [`Self::settings`]; exit code 2 without confirmation.
    pub async fn settings_of(&self, run: &Manifest) -> Result<Settings, Failure> {
        let is_set = |name| variable(name).is_some();
        if self.url.is_some() || is_set("DCOS_URL") || is_set("MARATHON_URL") {
            return self.settings().await;
        }
        let url = &run.cluster.url;
        let settings = Self { url: Some(vec![url.clone()]), ..self.clone() }.settings().await?;
        let access = &settings.access.value;
        let question = || format!("{} says that it ran at {url}.\nSend your credentials to that server?", run.run);
        if !matches!(access, Access::Marathon { user: None, .. }) && !prompt::confirm(&question())? {
            return Err(Failure::usage(format!(
                "{} says that it ran at {url}, and only its folder says so; if you are {} there, say --url {url}",
                run.run,
                access.identity()
            )));
        }
        Ok(settings)
    }
}

/// The variable of the environment that promises what only TLS can keep.
fn promised(settings: &Settings) -> Option<&'static str> {
    let trust = &settings.trust;
    match (&trust.value.server, trust.origin) {
        (ServerTrust::CaFile(_) | ServerTrust::CaPem(_) | ServerTrust::Pin(_), Origin::Environment(name)) => Some(name),
        (ServerTrust::CaFile(_) | ServerTrust::CaPem(_) | ServerTrust::Pin(_), _)
        | (ServerTrust::Roots | ServerTrust::Insecure, _) => trust.value.client.as_ref().map(|_| "DCOS_CLIENT_CERT"),
    }
}

/// The failure for settings that cannot be used, naming the flags.
fn refusal(error: &SettingsError) -> Failure {
    match error {
        SettingsError::HalfClientCertificate => {
            Failure::usage("a client certificate needs both --cert and --key (DCOS_CLIENT_CERT and DCOS_CLIENT_KEY)")
        }
        other => Failure::usage(other.to_string()),
    }
}

/// What to do about a fingerprint other than the pinned one.
const WHICH_IS_RIGHT: &str = "; nothing was sent. Ask the operator of the cluster which of the two is right: if it is the first, \
                              use --pin with it; otherwise the connection is intercepted";

/// A client for the settings.
///
/// # Errors
/// Exit code 2: a file of certificates cannot be used; 4: no TLS can be spoken.
pub fn client(settings: &Settings) -> Result<Client, Failure> {
    settings.connect().map_err(|error| match error {
        TrustError::File { .. } => Failure::usage(error.to_string()),
        TrustError::Stopped(_) => Failure::new(Code::Stopped, error.to_string()),
        TrustError::OfferedCa { .. } | TrustError::Client(_) => Failure::new(Code::Refused, error.to_string()),
    })
}

/// The failure for a missing or refusing answer, before anything was deployed.
pub fn failure(error: &harness::Error) -> Failure {
    let (code, remedy) = if error.is_not_pinned() {
        (Code::Refused, WHICH_IS_RIGHT)
    } else if error.is_untrusted() {
        let how = "; name its CA with --ca FILE or DCOS_SSL_VERIFY=FILE, fetch it with --ca-from-cluster, pin it with \
                   --pin, or use --insecure";
        (Code::Refused, how)
    } else if error.wants_certificate() {
        (Code::Refused, "; name yours with --cert FILE and --key FILE")
    } else if error.is_unauthorized() {
        let how = "; check DCOS_USERNAME and DCOS_PASSWORD or DCOS_ACS_TOKEN, for a Marathon without DC/OS \
                   MARATHON_USER and MARATHON_PASSWORD";
        (Code::Refused, how)
    } else if matches!(error.kind(), ErrorKind::Login(login) if login.is_unusable()) {
        (Code::Refused, "")
    } else if matches!(error.kind(), ErrorKind::ForeignRedirect { .. }) {
        (Code::Unreachable, "; if that is right, name it too (--url or MARATHON_URL take several)")
    } else if error.is_unreachable() {
        (Code::Unreachable, "; check the address and the network")
    } else {
        match error.status_code().map(|status| status.as_u16()) {
            Some(403) => (Code::Refused, "; this user lacks the permission"),
            Some(400 | 409 | 413 | 422) => (Code::Usage, ""),
            Some(502..=504) => (Code::Unreachable, "; try again when the cluster has a leader"),
            _ => (Code::Unreachable, ""),
        }
    };
    let message = error.to_string();
    // A server's message may end in a full stop.
    let message = if remedy.is_empty() { &message } else { message.trim_end_matches('.') };
    Failure::new(code, format!("{message}{remedy}"))
}

/// The failure for an error while deploying.
pub fn deploy_failure(error: &ClusterError, named: &str) -> Failure {
    match error {
        ClusterError::Marathon(error) => {
            let failure = failure(error);
            if failure.code == Code::Usage {
                Failure::usage(format!("Marathon refuses {named}: {}", failure.message))
            } else {
                failure
            }
        }
        other => Failure::usage(format!("{named}: {other}")),
    }
}

/// What a clean-up left, with the command that finishes it.
pub fn unfinished(error: &CleanUpError) -> String {
    format!("{error}; to finish it: hc-rig clean {}", error.run)
}

/// The same as the end of a command.
pub fn clean_up_failure(error: &CleanUpError) -> Failure {
    Failure::new(Code::CleanUp, unfinished(error))
}

/// Refuses to act for a run on another cluster than its own. Clusters are distinguished by Marathon's framework id in
/// Mesos, or by the address for a run that did not record it.
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
    let ids = match (&there.framework, &marathon.framework_id) {
        (Some(there), Some(here)) => format!(": its framework id is {here}, and {there} in run.json"),
        (Some(_), None) | (None, _) => String::new(),
    };
    Err(Failure::usage(format!("{} ran at {}, and {url} is another cluster{ids}", manifest.run, there.url)))
}

/// `Marathon 1.11.26`, if this user may read the version.
pub fn marathon_version(marathon: &Info) -> String {
    let unknown = || "(this user may not read the version)".to_owned();
    format!("Marathon {}", marathon.known_version().map_or_else(unknown, str::to_owned))
}

/// The cluster as `run.json` describes it.
pub fn describe(settings: &Settings, client: &Client, preflight: &Preflight) -> Cluster {
    let https = client.url().scheme() == "https";
    let trust = settings.describe().into_iter().find(|(name, ..)| *name == "certificate").map(|(_, value, _)| value);
    Cluster {
        url: client.url().to_string(),
        kind: ClusterKind::Cluster,
        marathon: preflight.marathon.known_version().map(str::to_owned),
        framework: preflight.marathon.framework_id.clone(),
        mesos: preflight.mesos.as_ref().ok().cloned(),
        dcos: preflight.dcos.clone(),
        agents: preflight.mesos.is_ok().then_some(preflight.agents.len() as u64),
        tasks: None,
        lowered: None,
        checks_late: None,
        launching: None,
        prompt_offers: false,
        tls: if https { trust.unwrap_or_default() } else { NO_TLS.to_owned() },
    }
}

/// Whether the cluster needs a login.
pub fn has_login(settings: &Settings) -> bool {
    matches!(settings.access.value, Access::Dcos { .. })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clusters_are_distinguished_by_the_framework_or_else_by_the_address() {
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

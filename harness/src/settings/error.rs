//! Settings that cannot be used.

/// Why settings cannot be used. `Display` is one sentence that says what to set; it never repeats a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// Nothing names a cluster.
    #[error(
        "no cluster is named: set DCOS_URL with DCOS_USERNAME and DCOS_PASSWORD (or DCOS_ACS_TOKEN), or MARATHON_URL \
         alone for a Marathon without DC/OS"
    )]
    NoCluster,
    /// A client certificate without its key, or a key without its certificate.
    #[error("a client certificate needs a certificate and a key; set both DCOS_CLIENT_CERT and DCOS_CLIENT_KEY")]
    HalfClientCertificate,
    /// A value that cannot be meant, or values that contradict each other.
    #[error("{0}")]
    Unusable(String),
}

impl SettingsError {
    pub(super) fn unusable(sentence: impl Into<String>) -> Self {
        Self::Unusable(sentence.into())
    }
}

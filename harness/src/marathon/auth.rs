//! Who we are to the server.

use std::sync::Arc;

use crate::dcos::TokenSource;
use crate::secret::Secret;

/// Who we are to the server.
#[derive(Debug, Clone, Default)]
pub enum Auth {
    /// Nobody.
    #[default]
    None,
    /// HTTP basic authentication (`--http_credentials` of Marathon).
    Basic {
        /// The user.
        user: String,
        /// The password.
        password: Secret,
    },
    /// A DC/OS token, obtained and renewed by the source.
    Dcos(Arc<TokenSource>),
}

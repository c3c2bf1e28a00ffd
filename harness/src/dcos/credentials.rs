//! Credentials for DC/OS.

use std::path::{Path, PathBuf};

use crate::{files, secret::Secret};

/// How a token is obtained.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// A user with a password.
    Password {
        /// The user's id.
        uid: String,
        /// The password.
        password: Secret,
    },
    /// A service account: a login token of a few minutes, signed with its private key (RS256).
    ServiceAccount {
        /// The account's id.
        uid: String,
        /// The private key, PEM.
        private_key: Secret,
    },
    /// A ready token. It cannot be renewed.
    Token(Secret),
    /// A file that holds a token and is read again for a new one (another program renews it).
    TokenFile(PathBuf),
    /// A command (for `sh -c`) that prints a token, such as `dcos config show core.dcos_acs_token`. It may hold a
    /// secret itself.
    TokenCommand(Secret),
}

/// What a file with a token is called in messages.
pub(crate) fn token_file(path: &Path) -> String {
    files::shown(path).map_or_else(|| String::from("the token file"), |path| path.to_string())
}

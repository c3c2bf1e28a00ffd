//! The table of allowed arrows, `arrows.toml`.

use std::path::Path;

use indexmap::IndexMap;
use serde::Deserialize;

use crate::Error;

/// What each layer may use, the lowest layer first.
pub type Layers = IndexMap<String, Vec<String>>;

/// All that is allowed.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Which crate depends on which.
    pub crates: Layers,
    /// By crate (`harness`) or by module with layers of its own (`harness::scale`): which module uses which.
    pub modules: IndexMap<String, Layers>,
    /// Arrows that are still there and must go, `watch -> scale`, by the same names.
    #[serde(default)]
    pub debt: IndexMap<String, Vec<String>>,
}

impl Table {
    /// Reads the table.
    ///
    /// # Errors
    ///
    /// The file cannot be read or is not a table.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(|source| Error::File { path: path.to_owned(), source })?;
        toml::from_str(&text).map_err(|error| Error::Toml { path: path.to_owned(), what: error.to_string() })
    }

    /// The arrows of a unit that are still there and must go.
    pub fn debts<'a>(&'a self, unit: &str) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let debts = self.debt.get(unit).map(Vec::as_slice).unwrap_or_default();
        debts.iter().map(|debt| debt.split_once(" -> ").unwrap_or((debt, "")))
    }
}

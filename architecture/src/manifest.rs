//! Which crates of the workspace a crate depends on, read from its `Cargo.toml`.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::{Error, table::Layers};

/// A member of the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The name of its folder, which is what the table calls it.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
    /// The members it depends on.
    pub uses: Vec<String>,
    /// The members that only its tests and benches depend on.
    pub tests_use: Vec<String>,
}

#[derive(Deserialize)]
struct Root {
    workspace: Workspace,
}

#[derive(Deserialize)]
struct Workspace {
    members: Vec<String>,
    dependencies: toml::Table,
}

#[derive(Deserialize)]
struct Package {
    #[serde(default)]
    dependencies: toml::Table,
    #[serde(default, rename = "dev-dependencies")]
    dev_dependencies: toml::Table,
}

/// All members of the workspace in this folder.
///
/// # Errors
///
/// A manifest cannot be read.
pub fn members(workspace: &Path) -> Result<Vec<Member>, Error> {
    let root: Root = read(&workspace.join("Cargo.toml"))?;
    // `harness = { path = "harness" }`: the name in `[dependencies]` and the folder that it means.
    let folders: Vec<(&String, &str)> =
        root.workspace.dependencies.iter().filter_map(|(name, of)| Some((name, of.get("path")?.as_str()?))).collect();
    let local = |table: &toml::Table| -> Vec<String> {
        let used = folders.iter().filter(|(name, _)| table.contains_key(*name));
        used.map(|(_, folder)| (*folder).to_owned()).collect()
    };
    let member = |name: &String| {
        let package: Package = read(&workspace.join(name).join("Cargo.toml"))?;
        Ok(Member {
            name: name.clone(),
            folder: workspace.join(name),
            uses: local(&package.dependencies),
            tests_use: local(&package.dev_dependencies),
        })
    };
    root.workspace.members.iter().map(member).collect()
}

/// Compares the members' dependencies with the table.
#[must_use]
pub fn compare(allowed: &Layers, members: &[Member]) -> Vec<String> {
    let mut problems = Vec::new();
    for Member { name, uses, tests_use, .. } in members {
        let Some(allowed) = allowed.get(name) else {
            problems.push(format!("{name}: the crate is missing from [crates]"));
            continue;
        };
        for used in uses.iter().chain(tests_use).filter(|used| !allowed.contains(used)) {
            let list = if allowed.is_empty() { "nothing".to_owned() } else { allowed.join(", ") };
            problems.push(format!("{name}/Cargo.toml: {name} → {used} is not allowed; allowed from {name}: {list}"));
        }
        for unused in allowed.iter().filter(|allowed| !uses.contains(allowed) && !tests_use.contains(allowed)) {
            problems.push(format!("arrows.toml: {name} → {unused} is allowed and no longer occurs"));
        }
    }
    for gone in allowed.keys().filter(|name| !members.iter().any(|member| member.name == **name)) {
        problems.push(format!("arrows.toml: there is no crate {gone}"));
    }
    problems
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, Error> {
    let text = std::fs::read_to_string(path).map_err(|source| Error::File { path: path.to_owned(), source })?;
    toml::from_str(&text).map_err(|error| Error::Toml { path: path.to_owned(), what: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_are_compared_with_the_table() {
        let member = |name: &str, uses: &[&str]| Member {
            name: name.to_owned(),
            folder: PathBuf::from(name),
            uses: uses.iter().map(|&used| used.to_owned()).collect(),
            tests_use: Vec::new(),
        };
        let allowed = Layers::from([
            ("text".to_owned(), vec![]),
            ("harness".to_owned(), vec!["text".to_owned(), "old".to_owned()]),
            ("gone".to_owned(), vec![]),
        ]);
        let members = [member("text", &[]), member("harness", &["text", "fake"]), member("fake", &[])];
        assert_eq!(
            compare(&allowed, &members),
            [
                "harness/Cargo.toml: harness → fake is not allowed; allowed from harness: text, old",
                "arrows.toml: harness → old is allowed and no longer occurs",
                "fake: the crate is missing from [crates]",
                "arrows.toml: there is no crate gone",
            ]
        );
    }
}

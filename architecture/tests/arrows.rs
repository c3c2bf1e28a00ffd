//! The arrows of this workspace are those of `arrows.toml`, and `docs/architecture.md` shows the same.

use std::{env, fs, path::PathBuf};

use architecture::{check, diagram, manifest, source::Sources, table::Table};

fn workspace() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn table() -> Table {
    Table::read(&workspace().join("architecture/arrows.toml")).unwrap_or_else(|error| panic!("{error}"))
}

#[track_caller]
fn assert_none(problems: &[String]) {
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

#[test]
fn crates_depend_on_what_the_table_allows() {
    let table = table();
    let members = manifest::members(&workspace()).unwrap_or_else(|error| panic!("{error}"));
    let mut problems = manifest::compare(&table.crates, &members);
    problems.extend(check::circles("crates", &table.crates));
    assert_none(&problems);
}

/// A type shared by both would let one spelling mistake pass on both sides.
#[test]
fn neither_the_harness_nor_the_fake_knows_the_other() {
    let members = manifest::members(&workspace()).unwrap_or_else(|error| panic!("{error}"));
    for (name, other) in [("harness", "fake-marathon"), ("fake-marathon", "harness")] {
        let mut waiting = vec![name.to_owned()];
        let mut reached = Vec::new();
        while let Some(next) = waiting.pop() {
            let member = members.iter().find(|member| member.name == next).unwrap_or_else(|| panic!("no crate {next}"));
            // What only the tests of a crate further down use does not reach this one.
            let tests = if next == name { member.tests_use.as_slice() } else { &[] };
            for used in
                member.uses.iter().chain(tests).filter(|used| !reached.contains(*used)).cloned().collect::<Vec<_>>()
            {
                waiting.push(used.clone());
                reached.push(used);
            }
        }
        assert!(!reached.iter().any(|used| used == other), "{name} depends on {other}: by way of {reached:?}");
    }
}

#[test]
fn modules_use_what_the_table_allows() {
    let table = table();
    let mut problems = Vec::new();
    for member in manifest::members(&workspace()).unwrap_or_else(|error| panic!("{error}")) {
        let sources = Sources::read(&member.folder).unwrap_or_else(|error| panic!("{error}"));
        problems.extend(check::compare(&table, &member.name, &sources));
        let prefix = format!("{}::", member.name);
        for unit in table.modules.keys().filter(|unit| unit.starts_with(&prefix)) {
            problems.extend(check::compare(&table, unit, &sources));
        }
    }
    for unit in table.debt.keys().filter(|unit| !table.modules.contains_key(*unit)) {
        problems.push(format!("arrows.toml: [debt] {unit} is not in [modules]"));
    }
    assert_none(&problems);
}

/// `HC_RIG_WRITE_ARROWS=1 cargo test -p hc-rig-architecture` writes the blocks anew.
#[test]
fn the_document_shows_the_same_arrows() {
    let path = workspace().join("docs/architecture.md");
    let document = fs::read_to_string(&path).expect("docs/architecture.md");
    let rendered = diagram::render(&document, &table()).unwrap_or_else(|problems| panic!("{}", problems.join("\n")));
    if env::var_os("HC_RIG_WRITE_ARROWS").is_some() {
        fs::write(&path, &rendered).expect("docs/architecture.md can be written");
    }
    assert!(
        fs::read_to_string(&path).expect("docs/architecture.md") == rendered,
        "docs/architecture.md shows other arrows than arrows.toml; run HC_RIG_WRITE_ARROWS=1 cargo test -p hc-rig-architecture"
    );
}

//! What the table and the sources do not agree on, a line each.

use std::collections::BTreeSet;

use crate::{
    source::{Arrow, Sources},
    table::{Layers, Table},
};

/// Compares the arrows of one unit (`harness`, `harness::scale`) with the table.
#[must_use]
pub fn compare(table: &Table, unit: &str, sources: &Sources) -> Vec<String> {
    let mut path = unit.split("::").map(str::to_owned);
    let name = path.next().unwrap_or_default();
    let path: Vec<String> = path.collect();
    let Some(layers) = table.modules.get(unit) else {
        return vec![format!("arrows.toml: [modules.{unit}] is missing")];
    };
    let debts: Vec<(&str, &str)> = table.debts(unit).collect();
    let arrows = sources.arrows(&path);
    let mut problems = places(unit, layers, &sources.children(&path).collect::<Vec<_>>());
    problems.extend(forbidden(&name, layers, &debts, &arrows));
    problems.extend(unused(unit, layers, &debts, &arrows));
    problems.extend(circles(unit, layers));
    problems
}

/// Modules without a place in the table, and places without a module.
fn places(unit: &str, layers: &Layers, modules: &[&str]) -> Vec<String> {
    let new = modules.iter().filter(|module| !layers.contains_key(**module));
    let gone = layers.keys().filter(|module| !modules.contains(&module.as_str()));
    let new = new.map(|module| format!("arrows.toml: the module {module} is missing from [modules.{unit}]"));
    new.chain(gone.map(|module| format!("arrows.toml: {unit} has no module {module}"))).collect()
}

fn forbidden(name: &str, layers: &Layers, debts: &[(&str, &str)], arrows: &BTreeSet<Arrow>) -> Vec<String> {
    let allowed = |from: &str| layers.get(from).map(Vec::as_slice).unwrap_or_default();
    let is_forbidden = |arrow: &&Arrow| {
        !allowed(&arrow.from).contains(&arrow.to) && !debts.contains(&(arrow.from.as_str(), arrow.to.as_str()))
    };
    let line = |Arrow { from, to, file, line }: &Arrow| {
        let list = allowed(from);
        let list = if list.is_empty() { "nothing".to_owned() } else { list.join(", ") };
        format!("{name}/{}:{line}: {from} → {to} is not allowed; allowed from {from}: {list}", file.display())
    };
    arrows.iter().filter(is_forbidden).map(line).collect()
}

/// Arrows of the table that no source has any more.
fn unused(unit: &str, layers: &Layers, debts: &[(&str, &str)], arrows: &BTreeSet<Arrow>) -> Vec<String> {
    let occurs = |from: &str, to: &str| arrows.iter().any(|arrow| arrow.from == from && arrow.to == to);
    let mut problems = Vec::new();
    for (from, to) in layers.iter().flat_map(|(from, list)| list.iter().map(move |to| (from.as_str(), to.as_str()))) {
        if !occurs(from, to) {
            problems.push(format!("arrows.toml: [modules.{unit}] {from} → {to} is allowed and no longer occurs"));
        }
        if debts.contains(&(from, to)) {
            problems.push(format!("arrows.toml: {unit}: {from} → {to} is both allowed and a debt"));
        }
    }
    let paid = debts.iter().filter(|(from, to)| !occurs(from, to));
    problems.extend(paid.map(|(from, to)| format!("arrows.toml: [debt] {unit}: {from} → {to} is paid; remove it")));
    problems
}

/// Layers that use a layer above them: without any, there are no circles.
#[must_use]
pub fn circles(unit: &str, layers: &Layers) -> Vec<String> {
    let place = |name: &str| layers.get_index_of(name);
    let upward = layers
        .iter()
        .flat_map(|(from, list)| list.iter().map(move |to| (from, to)))
        .filter(|(from, to)| place(to) >= place(from));
    upward
        .map(|(from, to)| {
            format!(
                "arrows.toml: {unit}: {from} may use only what is listed before it, and {to} is not: order, or a circle"
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn problems(table: &str) -> Vec<String> {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("src")).expect("a folder");
        let files = [
            ("lib.rs", "pub mod model;\npub mod wait;\npub mod watch;"),
            ("model.rs", ""),
            ("wait.rs", "\nuse crate::model::Task;\nuse crate::watch::App;"),
            ("watch.rs", "use crate::model::Task;"),
        ];
        for (name, text) in files {
            fs::write(folder.path().join("src").join(name), text).expect("a file");
        }
        let table: Table = toml::from_str(table).expect("a table");
        compare(&table, "harness", &Sources::read(folder.path()).expect("sources"))
    }

    #[test]
    fn a_table_that_says_what_there_is_has_no_problem() {
        let table = "[crates]\n[modules.harness]\nmodel = []\nwatch = ['model']\nwait = ['model', 'watch']";
        assert_eq!(problems(table), [""; 0]);
    }

    #[test]
    fn a_debt_is_no_problem_as_long_as_it_is_there() {
        let table = "[crates]\n[modules.harness]\nmodel = []\nwait = ['model']\nwatch = ['model']\n[debt]\n";
        assert_eq!(problems(&format!("{table}harness = ['wait -> watch']")), [""; 0]);
        assert_eq!(
            problems(&format!("{table}harness = ['wait -> watch', 'watch -> wait']")),
            ["arrows.toml: [debt] harness: watch → wait is paid; remove it"]
        );
    }

    #[test]
    fn a_new_arrow_is_reported_with_its_place() {
        assert_eq!(
            problems("[crates]\n[modules.harness]\nmodel = []\nwait = ['model']\nwatch = ['model']"),
            ["harness/src/wait.rs:3: wait → watch is not allowed; allowed from wait: model"]
        );
    }

    #[test]
    fn what_is_no_longer_there_is_reported() {
        let table =
            "[crates]\n[modules.harness]\nold = []\nmodel = ['old']\nwatch = ['model']\nwait = ['model', 'watch']";
        assert_eq!(
            problems(table),
            [
                "arrows.toml: harness has no module old",
                "arrows.toml: [modules.harness] model → old is allowed and no longer occurs",
            ]
        );
    }

    #[test]
    fn circles_and_new_modules_are_reported() {
        assert_eq!(
            problems("[crates]\n[modules.harness]\nwait = ['model', 'watch']\nwatch = ['model']"),
            [
                "arrows.toml: the module model is missing from [modules.harness]",
                "arrows.toml: harness: wait may use only what is listed before it, and watch is not: order, or a circle",
            ]
        );
    }
}

//! App definitions, as the user or a cluster gives them.

use std::path::Path;

use fuzz::{bytes::broken, json::changed, rounds};
use harness::model::Kind;
use serde_json::Value;

use crate::{
    advise::{Advice, facts::Facts},
    run::Definition,
    terminal::advice,
};

/// Definitions that people brought, and one of each pair.
fn texts() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fake-marathon/tests/fuzz/seeds");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let brought = files.iter().map(|file| std::fs::read(file).unwrap());
    brought.chain(fixtures::Definition::all().map(|definition| definition.text.into())).collect()
}

fn advised(definition: &Definition) {
    let _ = (definition.containerizer(), definition.instances(), definition.needs(), definition.ports());
    if definition.kind() == Kind::Pod {
        // `advise` refuses these.
        return;
    }
    let advice = Advice::of(Facts::of(&definition.json, 256, None));
    advice.better().expect("the patch fits");
    drop(advice::render(&advice, None));
}

#[test]
fn any_bytes_are_a_definition_or_refused() {
    rounds("broken definitions", 512, &broken(texts(), 5), |bytes| {
        if let Ok(definition) = Definition::parse("app.json", &String::from_utf8_lossy(bytes)) {
            advised(&definition);
        }
        Ok(())
    });
}

#[test]
fn a_definition_with_anything_anywhere_is_advised_on_or_refused() {
    let whole: Vec<Value> = texts().iter().filter_map(|text| serde_json::from_slice(text).ok()).collect();
    rounds("odd definitions", 512, &changed(whole, 4), |definition| {
        if let Ok(definition) = Definition::parse("app.json", &definition.to_string()) {
            advised(&definition);
        }
        Ok(())
    });
}

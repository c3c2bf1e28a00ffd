//! The JSON schema of `summary.json`, made from the types that write it, so that it cannot drift. It is published as
//! `docs/summary.schema.json`.

use schemars::{generate::SchemaSettings, json_schema};
use serde_json::Value;

use crate::folder::summary::{Combined, Summary};

/// The schema: the summary of one run, or that over the runs of several pairs. Fields may be added in later versions;
/// those that are listed are always written.
pub fn summary() -> Value {
    let mut generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let one = generator.subschema_for::<Summary>();
    let several = generator.subschema_for::<Combined>();
    let schema = json_schema!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "summary.json of hc-rig",
        "description": "The verdict of one run and the numbers behind it, or those of the runs of several pairs.",
        "anyOf": [one, several],
        "$defs": generator.take_definitions(true),
    });
    schema.into()
}

#[cfg(test)]
mod tests {
    use harness::scale::{Judgement, Quantiles, Totals};
    use serde_json::json;

    use super::*;
    use crate::folder::{json, summary::Step};

    const PUBLISHED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/summary.schema.json");

    #[test]
    fn the_published_schema_is_that_of_the_types() {
        let own = json::pretty(&summary()).unwrap();
        if std::env::var_os("HC_RIG_WRITE_SCHEMA").is_some() {
            std::fs::write(PUBLISHED, &own).unwrap();
        }
        let published = std::fs::read_to_string(PUBLISHED).unwrap_or_default();
        assert!(published == own, "publish it: HC_RIG_WRITE_SCHEMA=1 cargo test -p hc-rig --lib schema");
    }

    #[test]
    fn what_is_written_is_valid_and_what_is_not_is_refused() {
        let validator = jsonschema::validator_for(&summary()).expect("a schema");
        let quantiles = Some(Quantiles { p50: 0.5, p99: 1.25, max: 20.0, n: 3 });
        let full = Summary {
            steps: vec![Step { time_to_healthy: quantiles, ..Step::default() }],
            measures: Some(Totals { api: quantiles, thresholds: vec![Judgement::default()], ..Totals::default() }),
            ..Summary::default()
        };
        let good = serde_json::to_value(&full).unwrap();
        let several = serde_json::to_value(Combined { runs: vec![full], ..Combined::default() }).unwrap();
        for document in [&good, &several, &serde_json::to_value(Summary::default()).unwrap()] {
            let errors: Vec<String> = validator.iter_errors(document).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{errors:?}");
        }
        let wrong = |key: &str, value: Value| {
            let mut document = good.clone();
            document[key] = value;
            document
        };
        for document in [json!({}), wrong("verdict", json!("fine")), wrong("exit", json!(-1)), wrong("steps", json!(3))]
        {
            assert!(!validator.is_valid(&document), "{document}");
        }
    }
}

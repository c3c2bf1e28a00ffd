//! The JSON schemas of what programs read, made from the types that write it, so that they cannot drift. They are
//! published in `docs/`.

use schemars::{JsonSchema, generate::SchemaSettings, json_schema};
use serde_json::Value;

use crate::{
    diff::Comparison,
    folder::{
        matrix::Matrix,
        summary::{Combined, Summary},
    },
};

/// Format 1 was published with version 0.1; format 2 was amended before any version had it.
const DESCRIPTION: &str = "The verdict of one run and the numbers behind it, or those of the runs of several pairs. Format 2; names of \
                           times end with _seconds, started_at and ended_at are ISO 8601. Format 1, in which verdict and reason \
                           were one word and times had no unit in their names, is summary.v1.schema.json.";

/// The schema of `summary.json`: the summary of one run, or that over the runs of several pairs. Fields may be added in
/// later versions; those that are listed are always written.
pub fn summary() -> Value {
    let mut generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let one = generator.subschema_for::<Summary>();
    let several = generator.subschema_for::<Combined>();
    let schema = json_schema!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "summary.json of hc-rig",
        "description": DESCRIPTION,
        "anyOf": [one, several],
        "$defs": generator.take_definitions(true),
    });
    schema.into()
}

/// The schema of `matrix.json`.
pub fn matrix() -> Value {
    titled::<Matrix>("matrix.json of hc-rig")
}

/// The schema of `diff.json` and of what `hc-rig diff --json` prints.
pub fn diff() -> Value {
    titled::<Comparison>("diff.json of hc-rig")
}

fn titled<T: JsonSchema>(title: &str) -> Value {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = generator.into_root_schema_for::<T>();
    schema.insert("title".to_owned(), title.into());
    schema.into()
}

#[cfg(test)]
mod tests {
    use harness::{
        record::{Quantiles, json},
        scale::{Judgement, Totals},
    };
    use rstest::rstest;
    use serde_json::json;

    use super::*;
    use crate::{
        diff::side::{Repeat, Side},
        folder::{
            matrix::{Cell, Row},
            summary::Step,
        },
    };

    #[rstest]
    #[case("summary", summary())]
    #[case("matrix", matrix())]
    #[case("diff", diff())]
    fn the_published_schemas_are_those_of_the_types(#[case] name: &str, #[case] schema: Value) {
        let own = json::pretty(&schema).unwrap();
        let file = format!("{}/../docs/{name}.schema.json", env!("CARGO_MANIFEST_DIR"));
        if std::env::var_os("HC_RIG_WRITE_SCHEMA").is_some() {
            std::fs::write(&file, &own).unwrap();
        }
        let published = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(published == own, "publish it: HC_RIG_WRITE_SCHEMA=1 cargo test -p hc-rig --lib schema");
    }

    #[test]
    fn matrices_are_valid_and_what_is_none_is_refused() {
        let validator = jsonschema::validator_for(&matrix()).expect("a schema");
        let row = Row { breaks: Some(3), cells: vec![Cell::default()], ..Row::default() };
        let good = serde_json::to_value(Matrix { rows: vec![row], ..Matrix::default() }).unwrap();
        let errors: Vec<String> = validator.iter_errors(&good).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
        let mut wrong = good;
        wrong["rows"][0]["cells"][0]["verdict"] = json!("fine");
        assert!(!validator.is_valid(&wrong));
    }

    #[test]
    fn comparisons_are_valid_and_what_is_none_is_refused() {
        let validator = jsonschema::validator_for(&diff()).expect("a schema");
        let side = Side { name: "a".to_owned(), repeats: vec![Repeat::default(); 5] };
        let good = serde_json::to_value(Comparison::of(&side, &side, 0.95, 1)).unwrap();
        assert!(good["rows"][0]["interval"].is_array(), "{good}");
        let errors: Vec<String> = validator.iter_errors(&good).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
        let mut wrong = good;
        wrong["outcome"] = json!("fine");
        assert!(!validator.is_valid(&wrong));
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

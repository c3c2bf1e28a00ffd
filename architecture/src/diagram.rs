//! The blocks of `docs/architecture.md` that show the arrows.
//!
//! A block begins with a fence that names its unit, and has a line for each layer, the highest first:
//!
//! ````text
//! ```arrows harness
//! watch → wait, model
//! model
//! ```
//! ````

use crate::table::{Layers, Table};

const FENCE: &str = "```arrows ";

/// Replaces the contents of every block by what the table says.
///
/// # Errors
///
/// A block for something that is not in the table, a block without an end, or a unit of the table without a block.
pub fn render(document: &str, table: &Table) -> Result<String, Vec<String>> {
    let mut rendered = String::new();
    let mut problems = Vec::new();
    let mut shown = Vec::new();
    let mut lines = document.split_inclusive('\n');
    while let Some(line) = lines.next() {
        rendered.push_str(line);
        let Some(unit) = line.strip_prefix(FENCE).map(str::trim) else { continue };
        match layers(table, unit) {
            Some(layers) => rendered.push_str(&block(layers)),
            None => problems.push(format!("a block shows {unit}, which is not in arrows.toml")),
        }
        shown.push(unit.to_owned());
        match lines.find(|line| line.trim_end() == "```") {
            Some(end) => rendered.push_str(end),
            None => problems.push(format!("the block of {unit} has no end")),
        }
    }
    let units = std::iter::once("crates").chain(table.modules.keys().map(String::as_str));
    let missing = units.filter(|unit| !shown.iter().any(|shown| shown == unit));
    problems.extend(missing.map(|unit| format!("there is no block for {unit}; write a fence \"{FENCE}{unit}\"")));
    if problems.is_empty() { Ok(rendered) } else { Err(problems) }
}

fn layers<'a>(table: &'a Table, unit: &str) -> Option<&'a Layers> {
    if unit == "crates" { Some(&table.crates) } else { table.modules.get(unit) }
}

fn block(layers: &Layers) -> String {
    let line = |(name, uses): (&String, &Vec<String>)| {
        if uses.is_empty() { format!("{name}\n") } else { format!("{name} → {}\n", uses.join(", ")) }
    };
    layers.iter().rev().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        toml::from_str("[crates]\nharness = []\n[modules.harness]\nmodel = []\nwatch = ['model']").expect("a table")
    }

    #[test]
    fn blocks_are_filled_and_the_rest_stays() {
        let document = "# Title\n\n```arrows crates\nold\n```\ntext\n```arrows harness\n```\n";
        let rendered =
            "# Title\n\n```arrows crates\nharness\n```\ntext\n```arrows harness\nwatch → model\nmodel\n```\n";
        assert_eq!(render(document, &table()), Ok(rendered.to_owned()));
        assert_eq!(render(rendered, &table()), Ok(rendered.to_owned()));
    }

    #[test]
    fn blocks_and_units_belong_together() {
        assert_eq!(
            render("```arrows crates\n```\n```arrows old\n", &table()),
            Err(vec![
                "a block shows old, which is not in arrows.toml".to_owned(),
                "the block of old has no end".to_owned(),
                "there is no block for harness; write a fence \"```arrows harness\"".to_owned(),
            ])
        );
    }
}

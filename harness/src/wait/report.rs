//! The layout of a report in a terminal: a headline, facts, sections.

use std::fmt;

/// A report. Failed waits and the diagnosis of a run use the same layout.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The first line: the result.
    pub headline: String,
    /// Short facts below it, label and text.
    pub facts: Vec<(&'static str, String)>,
    /// The details; an empty section is omitted.
    pub sections: Vec<Section>,
}

/// A titled list of lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// The title.
    pub title: String,
    /// The lines; the first level is not indented.
    pub lines: Vec<String>,
}

impl Section {
    /// A section of these lines.
    #[must_use]
    pub fn new(title: impl Into<String>, lines: Vec<String>) -> Self {
        Self { title: title.into(), lines }
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.title)?;
        for line in self.lines.iter().flat_map(|line| line.lines()) {
            write!(f, "\n  {line}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.headline)?;
        let width = self.facts.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
        for (label, text) in &self.facts {
            // A fact of several lines goes on below its own beginning.
            let text = text.replace('\n', &format!("\n  {:width$}  ", ""));
            write!(f, "\n  {label:width$}  {text}")?;
        }
        for section in self.sections.iter().filter(|section| !section.lines.is_empty()) {
            write!(f, "\n\n{section}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_line_up_and_empty_sections_are_left_out() {
        let report = Report {
            headline: "it did not happen".into(),
            facts: vec![("where", "here".into()), ("last reason", "one\ntwo".into())],
            sections: vec![Section::new("empty", vec![]), Section::new("timeline", vec!["a".into(), "b\n  c".into()])],
        };
        insta::assert_snapshot!(report, @r"
        it did not happen
          where        here
          last reason  one
                       two

        timeline
          a
          b
            c
        ");
    }
}

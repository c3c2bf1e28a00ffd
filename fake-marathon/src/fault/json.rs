//! Reads the JSON of the admin API by hand, so that an error is one sentence that names the field and its values.

use std::{str::FromStr, time::Duration};

use serde_json::{Map, Value};
use strum::VariantNames;
use text::choice;

/// A value with its path in the document, such as `act.http.delay`; the path of the document itself is empty.
#[derive(Clone, Debug)]
pub(super) struct Field<'a> {
    path: String,
    value: &'a Value,
}

/// Parses the body of a request.
pub(super) fn document(body: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(body).map_err(|error| {
        if error.is_eof() {
            return String::from("the body is not JSON: it ends too early");
        }
        format!("the body is not JSON: see line {}, column {}", error.line(), error.column())
    })
}

impl<'a> Field<'a> {
    pub(super) fn root(value: &'a Value) -> Self {
        Self { path: String::new(), value }
    }

    fn child(&self, name: &str, value: &'a Value) -> Self {
        let path = if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) };
        Self { path, value }
    }

    /// An error about this field.
    pub(super) fn error(&self, problem: &str) -> String {
        if self.path.is_empty() { problem.to_owned() } else { format!("{}: {problem}", self.path) }
    }

    /// The fields of an object that may have these and no others.
    pub(super) fn fields(&self, known: &[&str]) -> Result<Fields<'a>, String> {
        let Value::Object(fields) = self.value else {
            return Err(self.error(&format!("expected an object with {}", choice(known))));
        };
        if let Some((name, value)) = fields.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            return Err(self.child(name, value).error(&format!("unknown field; use {}", choice(known))));
        }
        Ok(Fields { object: self.clone(), fields })
    }

    /// A word of a closed set, alone (`"reset"`) or with its argument (`{"delay": "2s"}`).
    pub(super) fn word<W: FromStr + VariantNames>(&self) -> Result<(W, Argument<'a>), String> {
        let words = || choice(W::VARIANTS);
        let (word, argument) = match self.value {
            Value::String(word) => (word, None),
            Value::Object(fields) if fields.len() == 1 => {
                let (word, argument) =
                    fields.iter().next().ok_or_else(|| self.error(&format!("expected one of {}", words())))?;
                (word, Some(argument))
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                return Err(self.error(&format!("expected one of {}", words())));
            }
        };
        let known = W::from_str(word).map_err(|_| self.error(&format!("unknown word `{word}`; use {}", words())))?;
        let argument = argument.map(|argument| self.child(word, argument));
        Ok((known, Argument { word: word.clone(), field: self.clone(), argument }))
    }

    pub(super) fn text(&self) -> Result<String, String> {
        self.value.as_str().map(str::to_owned).ok_or_else(|| self.error("expected a string"))
    }

    /// An integer of this type.
    pub(super) fn integer<N: TryFrom<i64>>(&self) -> Result<N, String> {
        let Some(number) = self.value.as_i64() else { return Err(self.error("expected an integer")) };
        let problem = if number < 0 { "too small; use 0 or more" } else { "too large" };
        N::try_from(number).map_err(|_| self.error(&format!("{number} is {problem}")))
    }

    pub(super) fn number(&self) -> Result<f64, String> {
        self.value.as_f64().ok_or_else(|| self.error("expected a number"))
    }

    /// `90s`, `1m 30s`, `250ms`.
    pub(super) fn duration(&self) -> Result<Duration, String> {
        let duration = match self.value.as_str() {
            Some(text) => text::duration::parse_with_unit(text),
            // A number has no unit, and nothing else is a duration.
            None => text::duration::parse_with_unit(&self.value.to_string()),
        };
        duration.map_err(|error| self.error(&error.to_string()))
    }
}

/// The argument of a word, which may be absent.
#[derive(Clone, Debug)]
pub(super) struct Argument<'a> {
    word: String,
    /// The word itself, for errors.
    field: Field<'a>,
    argument: Option<Field<'a>>,
}

impl<'a> Argument<'a> {
    /// The argument of a word that needs one.
    pub(super) fn required(self) -> Result<Field<'a>, String> {
        let Self { word, field, argument } = self;
        argument.ok_or_else(|| field.error(&format!("`{word}` needs an argument: use {{\"{word}\": …}}")))
    }

    /// The value of a word that takes no argument.
    pub(super) fn none<T>(self, value: T) -> Result<T, String> {
        let Self { word, field, argument } = self;
        match argument {
            None => Ok(value),
            Some(_) => Err(field.error(&format!("`{word}` takes no argument: use \"{word}\""))),
        }
    }

    pub(super) fn duration(self) -> Result<Duration, String> {
        self.required()?.duration()
    }

    pub(super) fn integer<N: TryFrom<i64>>(self) -> Result<N, String> {
        self.required()?.integer()
    }

    pub(super) fn text(self) -> Result<String, String> {
        self.required()?.text()
    }

    pub(super) fn fields(self, known: &[&str]) -> Result<Fields<'a>, String> {
        self.required()?.fields(known)
    }
}

/// The fields of an object.
#[derive(Clone, Debug)]
pub(super) struct Fields<'a> {
    object: Field<'a>,
    fields: &'a Map<String, Value>,
}

impl<'a> Fields<'a> {
    /// An optional field; `null` counts as absent.
    pub(super) fn get(&self, name: &str) -> Option<Field<'a>> {
        let value = self.fields.get(name).filter(|value| !value.is_null())?;
        Some(self.object.child(name, value))
    }

    /// An optional field, read by `read`.
    pub(super) fn optional<T>(
        &self,
        name: &str,
        read: impl FnOnce(&Field<'a>) -> Result<T, String>,
    ) -> Result<Option<T>, String> {
        self.get(name).as_ref().map(read).transpose()
    }

    pub(super) fn required(&self, name: &str) -> Result<Field<'a>, String> {
        self.get(name).ok_or_else(|| self.object.child(name, &Value::Null).error("required field is missing"))
    }
}

//! Refusals of the parser that name the variable or file of the value, since the flag was never typed.

use std::error::Error as _;

use clap::error::{ContextKind, ContextValue, Error};

use super::{Expanded, SettingsFile, Source, flag_name};
use crate::exit::Failure;

impl Expanded {
    /// The parser's refusal with the file and its line, or the variable; none if the refused value was typed.
    pub fn refused(&self, error: &Error, file: Option<&SettingsFile>) -> Option<Failure> {
        let text = |kind| match error.get(kind) {
            Some(ContextValue::String(text)) => Some(text.as_str()),
            _ => None,
        };
        // `--poll <TIME>`
        let flag = text(ContextKind::InvalidArg)?.split_whitespace().next().and_then(flag_name)?;
        let setting = self.added.iter().find(|setting| setting.flag == flag)?;
        let value = text(ContextKind::InvalidValue).filter(|value| !value.is_empty());
        let why = match value {
            Some(value) => format!("{flag} cannot be \"{value}\": {}", reason(error)),
            None => reason(error),
        };
        match (&setting.source, file) {
            (Source::Variable(name), _) => Some(Failure::usage(format!("{name}: {why}"))),
            (Source::File(_), Some(file)) => Some(file.wrong(flag, &why)),
            (Source::File(_), None) | (Source::Typed | Source::Default, _) => None,
        }
    }
}

/// Why the parser refuses, without its decoration.
fn reason(error: &Error) -> String {
    if let Some(why) = error.source() {
        return why.to_string();
    }
    if let Some(ContextValue::Strings(valid)) = error.get(ContextKind::ValidValue) {
        return format!("write one of {}", valid.join(", "));
    }
    let text = error.to_string();
    text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

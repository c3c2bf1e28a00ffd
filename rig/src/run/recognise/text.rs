//! Texts that are no JSON.

use serde_json::Value;

/// What a text is that is no JSON, and what to do; none if it looks like JSON with a mistake in it.
pub fn is_no_json(text: &str) -> Option<String> {
    let start = text.trim_start();
    let lower: String = start.chars().take(200).collect::<String>().to_ascii_lowercase();
    if start.is_empty() {
        return Some("it is empty; write an app definition (hc-rig run --help has examples)".to_owned());
    }
    if lower.starts_with("<!doctype html") || lower.starts_with("<html") {
        let why = "such as the page of a login or around a file; download the file itself (\"raw\")";
        return Some(format!("it is an HTML page, {why}"));
    }
    if start.starts_with('<') {
        return Some("it is XML; Marathon reads JSON".to_owned());
    }
    if let Some(variable) = template(text) {
        return Some(format!("it is a template (it has {variable}); {FILL_IN}"));
    }
    if serde_json::from_str::<Value>(&without_comments(text)).is_ok() {
        let (line, column) = first_comment(text);
        return Some(format!(
            "it has a comment at line {line}, column {column}, and JSON has none; remove the comments"
        ));
    }
    if start.starts_with(['{', '[', '"']) {
        return None;
    }
    let kind = if has_key(text, "apiVersion") && has_key(text, "kind") {
        "it is YAML for Kubernetes; hc-rig runs Marathon's apps, so write one with the same command and checks"
    } else if has_key(text, "services") {
        "it is a file of Docker Compose; hc-rig runs Marathon's apps, so write one for a service"
    } else if is_yaml(start) {
        "it is YAML, and Marathon reads JSON; convert it (yq -o json, or an online converter)"
    } else if is_toml(start) {
        "it is TOML, and Marathon reads JSON; write it as JSON"
    } else {
        return None;
    };
    Some(kind.to_owned())
}

/// What to do with a template.
pub(super) const FILL_IN: &str =
    "fill it in first; for a package of DC/OS: dcos package describe NAME --app --render --options=FILE";

/// The first variable of a template: `{{name}}` of mustache, Jinja and Go, `${name}` of a shell where JSON has a value.
pub(super) fn template(text: &str) -> Option<String> {
    let begin = text.find("{{")?;
    let end = begin + text[begin..].find("}}")? + 2;
    let variable = text[begin..end].trim_start_matches("{{{").trim_start_matches("{{").trim_matches('}').trim();
    let short: String = variable.chars().take(40).collect();
    (!short.is_empty() && !variable.contains(['\n', '"'])).then(|| format!("{{{{{short}}}}}"))
}

/// The text with blanks in place of comments (`// …`, `/* … */`, `# …`) outside of strings.
fn without_comments(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut outside = Outside::default();
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        let next = rest.peek().copied();
        let may_be_one = outside.takes(character);
        match comment(character, next).filter(|_| may_be_one) {
            None => plain.push(character),
            Some(Comment::Line) => while rest.next_if(|character| *character != '\n').is_some() {},
            Some(Comment::Block) => {
                rest.next();
                let mut last = ' ';
                for character in rest.by_ref() {
                    if last == '*' && character == '/' {
                        break;
                    }
                    last = character;
                }
            }
        }
    }
    plain
}

/// Line and column of the first comment, from 1.
fn first_comment(text: &str) -> (usize, usize) {
    let mut outside = Outside::default();
    let (mut line, mut column) = (1, 1);
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        if outside.takes(character) && comment(character, rest.peek().copied()).is_some() {
            break;
        }
        (line, column) = if character == '\n' { (line + 1, 1) } else { (line, column + 1) };
    }
    (line, column)
}

enum Comment {
    Line,
    Block,
}

fn comment(character: char, next: Option<char>) -> Option<Comment> {
    match (character, next) {
        ('/', Some('/')) | ('#', _) => Some(Comment::Line),
        ('/', Some('*')) => Some(Comment::Block),
        _ => None,
    }
}

/// Whether a reader of JSON is outside of strings.
#[derive(Default)]
struct Outside {
    within: bool,
    escaped: bool,
}

impl Outside {
    /// Takes the next character, and says whether it is outside of strings.
    fn takes(&mut self, character: char) -> bool {
        let outside = !self.within;
        if self.escaped {
            self.escaped = false;
        } else if character == '"' {
            self.within = !self.within;
        } else if character == '\\' {
            self.escaped = self.within;
        }
        outside
    }
}

/// Whether a line begins with this key of YAML.
fn has_key(text: &str, key: &str) -> bool {
    text.lines().any(|line| line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with(':')))
}

/// The first line that says something.
fn first_line(text: &str) -> &str {
    text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#')).unwrap_or_default()
}

fn is_name(text: &str) -> bool {
    let text = text.trim().trim_matches(['"', '\'']);
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "_-./".contains(c))
}

fn is_yaml(text: &str) -> bool {
    let line = first_line(text);
    let line = line.strip_prefix("- ").unwrap_or(line);
    let names = |(key, value): (&str, &str)| is_name(key) && (value.is_empty() || value.starts_with(' '));
    line == "---" || line.starts_with("%YAML") || line.split_once(':').is_some_and(names)
}

fn is_toml(text: &str) -> bool {
    let line = first_line(text);
    let table = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).is_some_and(is_name);
    table || line.split_once('=').is_some_and(|(key, _)| is_name(key))
}

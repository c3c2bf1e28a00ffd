//! The command line of this process, so that it can be typed again, without passwords.

use std::borrow::Cow;

/// This process's command line.
pub fn current() -> String {
    join(std::env::args().skip(1))
}

fn join(arguments: impl Iterator<Item = String>) -> String {
    let mut line = "hc-rig".to_owned();
    for argument in arguments {
        line.push(' ');
        line.push_str(&quoted(&without_password(&argument)));
    }
    line
}

/// An argument without users, passwords and queries of the addresses in it, also of several separated by commas, and of
/// mistyped ones: whatever precedes an `@` may be a password.
pub fn without_password(argument: &str) -> Cow<'_, str> {
    let mut parts = argument.split("://");
    let first = parts.next().unwrap_or_default();
    let mut clean = match first.rsplit_once('@') {
        // An image with a digest has a colon and an `@` as well.
        Some((identity, host)) if identity.contains(':') && !host.starts_with("sha256:") => {
            let flag = identity.split_once('=').map(|(flag, _)| format!("{flag}=")).unwrap_or_default();
            format!("{flag}{host}")
        }
        _ => first.to_owned(),
    };
    for part in parts {
        let address = part.rsplit_once('@').map_or(part, |(_, host)| host);
        let (address, rest) = match (address.split_once('?'), address.rsplit_once(',')) {
            (None, _) => (address, None),
            (Some((address, query)), next) => {
                (address, next.map(|(_, next)| next).filter(|next| query.ends_with(next)))
            }
        };
        clean.push_str("://");
        clean.push_str(address);
        if let Some(next) = rest {
            clean.push(',');
            clean.push_str(next);
        }
    }
    if clean == argument { Cow::Borrowed(argument) } else { Cow::Owned(clean) }
}

/// An argument quoted for a shell.
pub fn quoted(argument: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !argument.is_empty() && argument.chars().all(plain) {
        return argument.to_owned();
    }
    format!("'{}'", argument.replace('\'', r"'\''"))
}

/// A command line of hc-rig from somebody's file, such that a shell that it is pasted into runs hc-rig and nothing else;
/// nothing if it is not one.
pub fn again(line: &str) -> Option<String> {
    let words = words(line);
    let (program, arguments) = words.split_first()?;
    (program == "hc-rig").then(|| join(arguments.iter().cloned()))
}

/// The words of a line, with quotes and backslashes as a shell takes them; nothing else means anything.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word) = (Vec::new(), None::<String>);
    let mut quote = None;
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match (character, quote) {
            (closing, Some(open)) if closing == open => quote = None,
            ('\'' | '"', None) => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            ('\\', None | Some('"')) => word.get_or_insert_default().extend(characters.next()),
            (blank, None) if blank.is_whitespace() => words.extend(word.take()),
            (other, _) => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("https://me:pass@host:8443/x", "https://host:8443/x")]
    #[case("https://me:pass/word@host/x", "https://host/x")]
    #[case("https://me:p@ss@host", "https://host")]
    #[case("http://me:pass@a:1,http://me:pass@b:2/x", "http://a:1,http://b:2/x")]
    #[case("http://a:1/?token=pass,http://b:2", "http://a:1/,http://b:2")]
    #[case("http://a:1/?token=pass", "http://a:1/")]
    #[case("--url=me:pass@host", "--url=host")]
    #[case("me:pass@host", "host")]
    #[case("--ssh=root@agent", "--ssh=root@agent")]
    #[case("registry:5000/alpine:3@sha256:0123", "registry:5000/alpine:3@sha256:0123")]
    #[case("mesos,TCP", "mesos,TCP")]
    fn a_possible_password_in_an_address_is_left_out(#[case] argument: &str, #[case] expected: &str) {
        assert_eq!(without_password(argument), expected);
    }

    #[rstest]
    #[case("hc-rig run 'my app.json' --fail-if 'killed > 0'", Some("hc-rig run 'my app.json' --fail-if 'killed > 0'"))]
    #[case(r"hc-rig run 'it'\''s.json'", Some(r"hc-rig run 'it'\''s.json'"))]
    #[case("hc-rig run \"a b\" c\\ d ''", Some("hc-rig run 'a b' 'c d' ''"))]
    #[case("hc-rig run x; touch owned", Some("hc-rig run 'x;' touch owned"))]
    #[case(
        "hc-rig run $(touch owned) `touch owned` | sh & > f",
        Some("hc-rig run '$(touch' 'owned)' '`touch' 'owned`' '|' sh '&' '>' f")
    )]
    #[case("hc-rig run 'a\nb' \n touch", Some("hc-rig run 'a\nb' touch"))]
    #[case("hc-rig run 'never closed", Some("hc-rig run 'never closed'"))]
    #[case("touch owned", None)]
    #[case("PATH=. hc-rig run", None)]
    #[case("", None)]
    fn a_foreign_line_runs_nothing_but_hc_rig(#[case] line: &str, #[case] expected: Option<&str>) {
        assert_eq!(again(line).as_deref(), expected);
    }

    #[test]
    fn the_line_can_be_typed_again_and_holds_no_password() {
        let arguments = ["run", "my app.json", "--url", "https://me:secret@host:8443/x", "--pair=mesos,TCP"];
        let line = join(arguments.into_iter().map(str::to_owned));
        assert_eq!(line, "hc-rig run 'my app.json' --url https://host:8443/x --pair=mesos,TCP");
    }
}

//! The command line as it can be typed again, without passwords.

use std::borrow::Cow;

/// This process's command line.
pub fn command_line() -> String {
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

/// A user and password inside a URL are left out.
pub fn without_password(argument: &str) -> Cow<'_, str> {
    match argument.split_once("://") {
        Some((scheme, rest)) => {
            let authority = rest.split('/').next().unwrap_or_default();
            match authority.rsplit_once('@') {
                Some((identity, host)) => {
                    Cow::Owned(format!("{scheme}://{host}{}", &rest[identity.len() + 1 + host.len()..]))
                }
                None => Cow::Borrowed(argument),
            }
        }
        None => Cow::Borrowed(argument),
    }
}

/// A word as a shell reads it back.
pub fn quoted(argument: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !argument.is_empty() && argument.chars().all(plain) {
        return argument.to_owned();
    }
    format!("'{}'", argument.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_can_be_typed_again_and_holds_no_password() {
        let arguments = ["run", "my app.json", "--url", "https://me:secret@host:8443/x", "--pair=mesos,TCP"];
        let line = join(arguments.into_iter().map(str::to_owned));
        assert_eq!(line, "hc-rig run 'my app.json' --url https://host:8443/x --pair=mesos,TCP");
    }
}

//! Which texts Java's `java.net.URI` takes, and what it says of others (`URI.Parser` of OpenJDK).

/// The message of the `URISyntaxException`; `None` for a URI.
#[must_use]
pub fn problem(text: &str) -> Option<String> {
    let parser = Parser { chars: text.chars().collect() };
    let Err((reason, at)) = parser.whole() else { return None };
    // Java counts UTF-16 units.
    let index: usize = parser.chars[..at].iter().map(|c| c.len_utf16()).sum();
    Some(format!("{reason} at index {index}: {text}"))
}

/// What is wrong, and where.
type Wrong = (String, usize);

struct Parser {
    chars: Vec<char>,
}

/// The parts of a URI that differ in the characters they may have beside letters, digits, escapes and `-_.!~*'()`.
#[derive(Clone, Copy)]
enum Part {
    Path,
    Authority,
    /// Query, fragment, and what follows a scheme without a slash.
    Rest(&'static str),
}

impl Part {
    const fn name(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Authority => "authority",
            Self::Rest(name) => name,
        }
    }

    const fn extra(self) -> &'static str {
        match self {
            Self::Path => ":@&=+$,;/",
            Self::Authority => "$,;:@&=+[]",
            Self::Rest(_) => ";/?:@&=+$,[]",
        }
    }
}

impl Parser {
    fn whole(&self) -> Result<(), Wrong> {
        let end = self.chars.len();
        let head = self.find(0, "/?#:");
        let mut at = 0;
        if self.is(head, ':') {
            self.scheme(head)?;
            at = head + 1;
        }
        let hierarchical = at == 0 || self.is(at, '/');
        at = if hierarchical { self.hierarchical(at)? } else { self.opaque(at)? };
        if self.is(at, '#') { self.check(at + 1, end, Part::Rest("fragment")) } else { Ok(()) }
    }

    fn scheme(&self, end: usize) -> Result<(), Wrong> {
        if end == 0 {
            return Err(("Expected scheme name".to_owned(), 0));
        }
        let fits =
            |(at, c): (usize, &char)| c.is_ascii_alphabetic() || at > 0 && (c.is_ascii_digit() || "+-.".contains(*c));
        match self.chars[..end].iter().enumerate().find(|one| !fits(*one)) {
            Some((at, _)) => Err(("Illegal character in scheme name".to_owned(), at)),
            None => Ok(()),
        }
    }

    fn opaque(&self, start: usize) -> Result<usize, Wrong> {
        let end = self.find(start, "#");
        if end == start {
            return Err(("Expected scheme-specific part".to_owned(), start));
        }
        self.check(start, end, Part::Rest("opaque part")).map(|()| end)
    }

    fn hierarchical(&self, start: usize) -> Result<usize, Wrong> {
        let mut at = start;
        if self.is(at, '/') && self.is(at + 1, '/') {
            at += 2;
            let end = self.find(at, "/?#");
            if end == at && end == self.chars.len() {
                return Err(("Expected authority".to_owned(), at));
            }
            // Java names the place where the authority begins.
            let all = self.check(at, end, Part::Authority);
            all.map_err(|(reason, place)| if reason.starts_with("Illegal") { (reason, at) } else { (reason, place) })?;
            at = end;
        }
        let end = self.find(at, "?#");
        self.check(at, end, Part::Path)?;
        if !self.is(end, '?') {
            return Ok(end);
        }
        let behind = self.find(end + 1, "#");
        self.check(end + 1, behind, Part::Rest("query")).map(|()| behind)
    }

    fn check(&self, start: usize, end: usize, part: Part) -> Result<(), Wrong> {
        let mut at = start;
        while at < end {
            match self.chars[at] {
                '%' => {
                    let digits = self.chars.get(at + 1..at + 3).unwrap_or_default();
                    if digits.len() < 2 || at + 3 > end || !digits.iter().all(char::is_ascii_hexdigit) {
                        return Err(("Malformed escape pair".to_owned(), at));
                    }
                    at += 3;
                }
                c if is_usual(c) || part.extra().contains(c) => at += 1,
                _ => return Err((format!("Illegal character in {}", part.name()), at)),
            }
        }
        Ok(())
    }

    fn is(&self, at: usize, wanted: char) -> bool {
        self.chars.get(at) == Some(&wanted)
    }

    /// The first of these characters from there on, else the end.
    fn find(&self, start: usize, any: &str) -> usize {
        self.chars[start..].iter().position(|c| any.contains(*c)).map_or(self.chars.len(), |n| start + n)
    }
}

/// Characters that every part may have. Beyond ASCII these are all but blanks and control characters.
fn is_usual(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_-!.~'()*".contains(c) || (c > '\u{80}' && !c.is_control() && !c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("http://x/y.tgz")]
    #[case("rel/path")]
    #[case("file:///a%20b")]
    #[case("x#y")]
    #[case("")]
    #[case("http://u:p@[::1]:80/a;b?c=[d]&e=f")]
    #[case("mailto:a@b?c")]
    #[case("/größe")]
    fn a_uri_is_taken(#[case] text: &str) {
        assert_eq!(problem(text), None);
    }

    #[rstest]
    #[case("http://x/a b", "Illegal character in path at index 10: http://x/a b")]
    #[case("file:///a[b]", "Illegal character in path at index 9: file:///a[b]")]
    #[case("http://x/?a b", "Illegal character in query at index 11: http://x/?a b")]
    #[case("http://x/#a#b", "Illegal character in fragment at index 11: http://x/#a#b")]
    #[case("http://a b/c", "Illegal character in authority at index 7: http://a b/c")]
    #[case("s3:a b", "Illegal character in opaque part at index 4: s3:a b")]
    #[case("%zz", "Malformed escape pair at index 0: %zz")]
    #[case("/a%2", "Malformed escape pair at index 2: /a%2")]
    #[case("1x://y", "Illegal character in scheme name at index 0: 1x://y")]
    #[case(":x", "Expected scheme name at index 0: :x")]
    #[case("x:", "Expected scheme-specific part at index 2: x:")]
    #[case("http://", "Expected authority at index 7: http://")]
    #[case("a|b", "Illegal character in path at index 1: a|b")]
    fn java_says_what_is_no_uri(#[case] text: &str, #[case] says: &str) {
        assert_eq!(problem(text).as_deref(), Some(says));
    }
}

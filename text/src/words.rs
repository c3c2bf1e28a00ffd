//! Counts, lists and texts that are too long.

/// A number with its noun, `1 task` or `2 tasks`.
#[must_use]
pub fn count(n: impl TryInto<u64>, noun: &str) -> String {
    count_irregular(n, noun, &format!("{noun}s"))
}

/// The same for a noun or a phrase with a plural of its own, `1 process` or `2 processes`.
#[must_use]
pub fn count_irregular(n: impl TryInto<u64>, one: &str, many: &str) -> String {
    // Counts are unsigned in every caller; what does not fit is many.
    match n.try_into() {
        Ok(1) => format!("1 {one}"),
        Ok(n) => format!("{n} {many}"),
        Err(_) => format!("{} {many}", u64::MAX),
    }
}

/// How often something happened: `once` or `3 times`.
#[must_use]
pub fn times(n: impl TryInto<u64>) -> String {
    match n.try_into() {
        Ok(1) => "once".to_owned(),
        Ok(n) => format!("{n} times"),
        Err(_) => format!("{} times", u64::MAX),
    }
}

/// Alternatives as a sentence lists them: `a, b or c`.
#[must_use]
pub fn choice<T: AsRef<str>>(words: &[T]) -> String {
    match words {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [head @ .., last] => {
            let head: Vec<&str> = head.iter().map(AsRef::as_ref).collect();
            format!("{} or {}", head.join(", "), last.as_ref())
        }
    }
}

/// The first `width` characters of a text, with an ellipsis behind when more were there.
#[must_use]
pub fn cut(text: &str, width: usize) -> String {
    match text.char_indices().nth(width) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// The end of a text in at most `width` characters, the first an ellipsis when more were there.
#[must_use]
pub fn cut_start(text: &str, width: usize) -> String {
    let length = text.chars().count();
    if length <= width {
        return text.to_owned();
    }
    let end: String = text.chars().skip(length + 1 - width.max(1)).collect();
    format!("…{end}")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(0, "0 tasks", "0 processes", "0 times")]
    #[case(1, "1 task", "1 process", "once")]
    #[case(2, "2 tasks", "2 processes", "2 times")]
    fn nouns_follow_their_number(#[case] n: usize, #[case] tasks: &str, #[case] processes: &str, #[case] often: &str) {
        assert_eq!(count(n, "task"), tasks);
        assert_eq!(count_irregular(n, "process", "processes"), processes);
        assert_eq!(times(n), often);
    }

    #[rstest]
    #[case(&[], "")]
    #[case(&["a"], "a")]
    #[case(&["a", "b"], "a or b")]
    #[case(&["a", "b", "c"], "a, b or c")]
    fn alternatives_are_listed(#[case] words: &[&str], #[case] text: &str) {
        assert_eq!(choice(words), text);
    }

    #[rstest]
    #[case("täglich", 7, "täglich", "täglich")]
    #[case("täglich", 3, "täg…", "…ch")]
    #[case("", 3, "", "")]
    #[case("ab", 0, "…", "…")]
    fn long_texts_are_cut_by_characters(
        #[case] text: &str,
        #[case] width: usize,
        #[case] start: &str,
        #[case] end: &str,
    ) {
        assert_eq!((cut(text, width), cut_start(text, width)), (start.to_owned(), end.to_owned()));
    }
}

//! Round numbers for axes.

/// Whole-numbered ticks from 0 to at least `top` (as far as numbers go), about `wanted` of them, at 1, 2 or 5 times a power of ten.
pub fn ticks(top: u64, wanted: u64) -> Vec<u64> {
    let top = top.max(1);
    let rough = top.div_ceil(wanted.max(1)).max(1);
    let mut power = 1;
    while power * 10 <= rough {
        power *= 10;
    }
    let step = [1, 2, 5, 10].into_iter().map(|factor| factor * power).find(|step| *step >= rough).unwrap_or(10 * power);
    (0..=top.div_ceil(step)).map(|n| n.saturating_mul(step)).collect()
}

/// Groups of three digits with a thin blank, as in `20 000`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    if digits.len() < 5 {
        return digits;
    }
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_cover_the_top() {
        assert_eq!(ticks(10, 5), [0, 2, 4, 6, 8, 10]);
        assert_eq!(ticks(41, 5), [0, 10, 20, 30, 40, 50]);
        assert_eq!(ticks(0, 5), [0, 1]);
        assert_eq!(ticks(u64::MAX, 5).last(), Some(&u64::MAX));
        assert_eq!(ticks(2000, 5), [0, 500, 1000, 1500, 2000]);
    }

    #[test]
    fn large_numbers_are_grouped() {
        assert_eq!((grouped(9999).as_str(), grouped(1_234_567).as_str()), ("9999", "1\u{202f}234\u{202f}567"));
    }
}

//! Values of flags.

use std::{fmt::Display, num::NonZeroU32, str::FromStr, time::Duration};

/// A duration such as `2s`, `500ms` or `5m`; a bare number is seconds. Not zero.
///
/// # Errors
/// Why the text is refused.
pub fn duration(text: &str) -> Result<Duration, String> {
    let duration = text::duration::parse(text).map_err(|error| error.to_string())?;
    if duration.is_zero() { Err("must be longer than 0s".to_owned()) } else { Ok(duration) }
}

/// A duration as [`duration`] reads it, or zero.
///
/// # Errors
/// Why the text is refused.
pub fn duration_or_zero(text: &str) -> Result<Duration, String> {
    text::duration::parse(text).map_err(|error| error.to_string())
}

/// The interval between two polls, 100 ms to 60 s.
///
/// # Errors
/// Why the text is refused.
pub fn poll(text: &str) -> Result<Duration, String> {
    let poll = duration(text)?;
    if (Duration::from_millis(100)..=Duration::from_secs(60)).contains(&poll) {
        Ok(poll)
    } else {
        Err("must be 100ms to 60s".to_owned())
    }
}

/// A share, `1%` or `0.01`, from 0 to a half.
///
/// # Errors
/// Why the text is refused.
pub fn precision(text: &str) -> Result<f64, String> {
    let (number, whole) = match text.trim().strip_suffix('%') {
        Some(number) => (number.trim(), 100.0),
        None => (text.trim(), 1.0),
    };
    match number.parse::<f64>() {
        Ok(number) if (0.0..=0.5).contains(&(number / whole)) => Ok(number / whole),
        _ => Err("write a share of 0% to 50%, such as 1% or 0.01".to_owned()),
    }
}

/// How many times faster than real time; above 0.
///
/// # Errors
/// Why the text is refused.
pub fn speed(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|speed: &f64| speed.is_finite() && *speed > 0.0)
        .ok_or_else(|| "write a number above 0, such as 10".to_owned())
}

/// A whole number within these bounds.
pub fn whole<T>(least: T, most: T) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync + 'static
where
    T: FromStr + PartialOrd + Display + Copy + Send + Sync + 'static,
{
    move |text| {
        let number = text.trim().parse().ok().filter(|number| (least..=most).contains(number));
        number.ok_or_else(|| format!("write a whole number from {least} to {most}"))
    }
}

/// A whole number of at least 1.
///
/// # Errors
/// Why the text is refused.
pub fn positive(text: &str) -> Result<NonZeroU32, String> {
    text.trim().parse().map_err(|_| format!("write a whole number from 1 to {}", u32::MAX))
}

/// A number that is not negative, such as of CPUs.
///
/// # Errors
/// Why the text is refused.
pub fn amount(text: &str) -> Result<f64, String> {
    let number = text.trim().parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0);
    number.ok_or_else(|| "write a number from 0 on, such as 2 or 0.5".to_owned())
}

/// One of several numbers of tasks.
///
/// # Errors
/// Why the text is refused.
pub fn count(text: &str) -> Result<u32, String> {
    text.trim().parse().map_err(|_| "write whole numbers separated by commas, such as 10,100".to_owned())
}

/// An address and a port to listen on.
///
/// # Errors
/// Why the text is refused.
pub fn address(text: &str) -> Result<std::net::SocketAddr, String> {
    text.parse().map_err(|_| "write an address and a port, such as 127.0.0.1:9464".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        assert_eq!(duration("2"), Ok(Duration::from_secs(2)));
        assert_eq!(duration("0.5"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("5m"), Ok(Duration::from_secs(300)));
        for wrong in ["0", "-1", "soon", "1e300", ""] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
        assert_eq!((duration_or_zero("0"), duration_or_zero("-1").is_err()), (Ok(Duration::ZERO), true));
        assert_eq!((precision("1%"), precision("0.05")), (Ok(0.01), Ok(0.05)));
        assert!(precision("1").is_err() && precision("-1%").is_err() && precision("much").is_err());
        assert!(poll("50ms").is_err() && poll("61s").is_err() && poll("2s").is_ok());
    }
}

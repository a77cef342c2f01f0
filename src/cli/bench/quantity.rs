//! Quantities as an operator types them, and as they are told: lengths of time, shares.
//!
//! A number without its unit is refused, but for 0: `--duration 30` could be anything.

use std::time::Duration;

/// Longer than any load test; so that a sum of two never overflows.
const LONGEST: Duration = Duration::from_secs(24 * 3_600);

pub const TIME_ALLOWED: &str = "a time such as 500us, 5ms, 1.5s, 2m or 0 (at most 24h)";
pub const SHARE_ALLOWED: &str = "a share such as 0.1% or 0.001 (0 to 100%)";

/// `5ms`, `1.5s`, `2m`.
///
/// # Errors
/// What is allowed.
pub fn time(text: &str) -> Result<Duration, String> {
    const UNITS: [(&str, f64); 5] =
        [("us", 1e-6), ("ms", 1e-3), ("s", 1.0), ("m", 60.0), ("h", 3_600.0)];
    let refuse = || TIME_ALLOWED.to_owned();
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let digits = text.find(|c: char| c.is_ascii_alphabetic()).ok_or_else(refuse)?;
    let (number, unit) = text.split_at(digits);
    let (_, seconds) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(refuse)?;
    let number = positive(number).ok_or_else(refuse)?;
    let time = Duration::try_from_secs_f64(number * seconds).map_err(|_| refuse())?;
    if time <= LONGEST { Ok(time) } else { Err(refuse()) }
}

/// As [`time`], and more than none.
///
/// # Errors
/// What is allowed.
pub fn time_above_zero(text: &str) -> Result<Duration, String> {
    time(text).and_then(|t| if t.is_zero() { Err(TIME_ALLOWED.to_owned()) } else { Ok(t) })
}

/// `0.1%` or `0.001`, as a number from 0 to 1.
///
/// # Errors
/// What is allowed.
pub fn share(text: &str) -> Result<f64, String> {
    let share = match text.strip_suffix('%') {
        Some(percent) => positive(percent).map(|percent| percent / 100.0),
        None => positive(text),
    };
    share.filter(|share| *share <= 1.0).ok_or_else(|| SHARE_ALLOWED.to_owned())
}

/// Digits with at most one point: no sign, no exponent, no `inf`.
fn positive(text: &str) -> Option<f64> {
    let plain = text.chars().all(|c| c.is_ascii_digit() || c == '.');
    if plain { text.parse().ok() } else { None }
}

/// Three digits and the unit that they read best in: `0.42 ms`, `13.0 ms`, `1.20 s`.
pub fn shown_ms(ms: f64) -> String {
    match ms {
        ms if ms >= 1_000.0 => format!("{:.2} s", ms / 1_000.0),
        ms if ms >= 99.95 => format!("{ms:.0} ms"),
        ms if ms >= 9.995 => format!("{ms:.1} ms"),
        ms => format!("{ms:.2} ms"),
    }
}

pub fn shown_time(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds >= 1.0 { format!("{} s", rounded(seconds)) } else { shown_ms(seconds * 1e3) }
}

/// `99.97 %`; what is not quite all is not shown as all, nor what is not quite nothing as nothing.
pub fn shown_share(share: f64) -> String {
    let percent = share * 100.0;
    if percent == 0.0 || percent == 100.0 {
        return format!("{percent:.0} %");
    }
    format!("{:.2} %", percent.clamp(0.01, 99.99))
}

/// Whole numbers with commas.
pub fn shown_count(count: u64) -> String {
    let digits = count.to_string();
    let mut shown = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

fn rounded(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_its_unit_or_is_refused() {
        for (text, expected_us) in [
            ("500us", Some(500)),
            ("5ms", Some(5_000)),
            ("1.5s", Some(1_500_000)),
            ("2m", Some(120_000_000)),
            ("0", Some(0)),
            ("30", None),
            ("s", None),
            ("-1s", None),
            ("1e3s", None),
            ("infs", None),
            ("1.2.3s", None),
            ("25h", None),
            ("5 s", None),
            ("", None),
        ] {
            assert_eq!(time(text).ok().map(|t| t.as_micros()), expected_us, "{text}");
        }
        assert!(time_above_zero("0s").is_err());
    }

    #[test]
    fn a_share_is_percent_or_a_fraction() {
        for (text, expected) in [
            ("0.1%", Some(0.001)),
            ("0.001", Some(0.001)),
            ("100%", Some(1.0)),
            ("0", Some(0.0)),
            ("101%", None),
            ("1.01", None),
            ("-1%", None),
            ("NaN", None),
            ("%", None),
        ] {
            let close = match (share(text).ok(), expected) {
                (Some(found), Some(expected)) => (found - expected).abs() < 1e-12,
                (found, expected) => found == expected,
            };
            assert!(close, "{text}: {:?}", share(text));
        }
    }

    #[test]
    fn figures_read_well() {
        assert_eq!(shown_ms(0.4234), "0.42 ms");
        assert_eq!(shown_ms(9.999), "10.0 ms");
        assert_eq!(shown_ms(13.04), "13.0 ms");
        assert_eq!(shown_ms(1_204.0), "1.20 s");
        assert_eq!(shown_share(0.0), "0 %");
        assert_eq!(shown_share(0.000_000_1), "0.01 %");
        assert_eq!(shown_share(0.999_999), "99.99 %");
        assert_eq!(shown_share(1.0), "100 %");
        assert_eq!(shown_count(1_234_567), "1,234,567");
        assert_eq!(shown_count(123), "123");
        assert_eq!(shown_time(Duration::from_millis(1_500)), "1.5 s");
    }
}

//! Writes numbers the way a reader wants them: grouped digits, few decimals, a unit, a true minus sign.
//!
//! A number that is not finite is always [`NOT_AVAILABLE`].

/// What stands in place of a number that is not finite.
pub(crate) const NOT_AVAILABLE: &str = "n/a";

/// No line may break between a number and its unit.
const SPACE: char = '\u{a0}';

/// From here on a number is written with an exponent.
const LARGE: f64 = 1e15;

/// `464,154`.
pub(crate) fn count(value: u64) -> String {
    grouped(&value.to_string())
}

/// A number with fixed decimals: `1,234.50`, `−0.20`.
pub(crate) fn fixed(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return NOT_AVAILABLE.to_owned();
    }
    let minus = if value < 0.0 { "\u{2212}" } else { "" };
    if value.abs() >= LARGE {
        return format!("{minus}{:.2e}", value.abs());
    }
    let digits = format!("{:.decimals$}", value.abs());
    // What rounds to zero has no sign.
    let minus = if digits.bytes().all(|digit| matches!(digit, b'0' | b'.')) { "" } else { minus };
    let (whole, fraction) =
        digits.split_once('.').map_or((digits.as_str(), ""), |(whole, rest)| (whole, rest));
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{minus}{}{point}{fraction}", grouped(whole))
}

/// A number with fixed decimals and always a sign, except for zero: `+0.88`, `−0.20`, `0.00`.
pub(crate) fn signed(value: f64, decimals: usize) -> String {
    let text = fixed(value, decimals);
    let positive =
        value.is_finite() && value > 0.0 && text.bytes().any(|digit| matches!(digit, b'1'..=b'9'));
    if positive { format!("+{text}") } else { text }
}

/// A number with three significant digits, and all of those before the point: `0.0123`, `12,345`.
pub(crate) fn significant(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return fixed(value, 0);
    }
    fixed(value, (2.0 - value.abs().log10().floor()).clamp(0.0, 12.0) as usize)
}

/// As [`significant`], always with a sign, except for zero.
pub(crate) fn signed_significant(value: f64) -> String {
    let sign = if value.is_finite() && value > 0.0 { "+" } else { "" };
    format!("{sign}{}", significant(value))
}

/// A fraction as percent: `97.31 %`.
pub(crate) fn percent(fraction: f64, decimals: usize) -> String {
    with_unit(fixed(100.0 * fraction, decimals), "%")
}

/// A difference of fractions in percentage points, without the word: `+0.88`.
pub(crate) fn points(fraction: f64) -> String {
    signed(100.0 * fraction, 2)
}

/// A count in three digits: `78,042` stays, larger ones become `69.1 M`.
pub(crate) fn large_count(value: u64) -> String {
    if value < 1_000_000 {
        count(value)
    } else {
        in_units(value as f64, &[(1e6, "M"), (1e9, "G"), (1e12, "T")])
    }
}

/// A size in decimal units: `312 B`, `11.5 kB`, `1.86 MB`.
pub(crate) fn bytes(value: u64) -> String {
    in_units(value as f64, &[(1.0, "B"), (1e3, "kB"), (1e6, "MB"), (1e9, "GB"), (1e12, "TB")])
}

/// A duration given in microseconds: `812 µs`, `3.90 ms`, `1.20 s`.
pub(crate) fn microseconds(value: f64) -> String {
    in_units(value, &[(1.0, "µs"), (1e3, "ms"), (1e6, "s")])
}

/// Events a second: `12,345 /s`.
pub(crate) fn rate(value: f64) -> String {
    with_unit(fixed(value, if value.abs() < 100.0 { 1 } else { 0 }), "/s")
}

/// How many times one thing is another: `5.9×`.
pub(crate) fn times(value: f64) -> String {
    let text = fixed(value, if value.abs() < 100.0 { 1 } else { 0 });
    if value.is_finite() { format!("{text}×") } else { text }
}

/// Three significant digits in the unit that leaves the fewest before the point. Numbers below the first unit's whole
/// keep two decimals at most, and a number of ones of a countable unit has none.
fn in_units(value: f64, units: &[(f64, &str)]) -> String {
    let mut chosen = units.first();
    for unit in units {
        if value.abs() / unit.0 >= 0.9995 {
            chosen = Some(unit);
        }
    }
    let Some((size, name)) = chosen else { return NOT_AVAILABLE.to_owned() };
    let scaled = value / size;
    let decimals = match scaled.abs() {
        _ if *name == "B" => 0,
        magnitude if magnitude < 9.995 => 2,
        magnitude if magnitude < 99.95 => 1,
        _ => 0,
    };
    with_unit(fixed(scaled, decimals), name)
}

fn with_unit(number: String, unit: &str) -> String {
    if number == NOT_AVAILABLE { number } else { format!("{number}{SPACE}{unit}") }
}

fn grouped(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_separated() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_000), "1,000");
        assert_eq!(count(u64::MAX), "18,446,744,073,709,551,615");
        assert_eq!(fixed(-1_234_567.5, 1), "−1,234,567.5");
    }

    #[test]
    fn a_sign_is_shown_where_there_is_one() {
        assert_eq!(signed(0.876, 2), "+0.88");
        assert_eq!(signed(-0.2, 2), "−0.20");
        assert_eq!(signed(0.001, 2), "0.00");
        assert_eq!(signed(-0.001, 2), "0.00");
        assert_eq!(points(0.0088), "+0.88");
    }

    #[test]
    fn units_change_where_three_digits_end() {
        assert_eq!(bytes(312), "312\u{a0}B");
        assert_eq!(bytes(999), "999\u{a0}B");
        assert_eq!(bytes(1_000), "1.00\u{a0}kB");
        assert_eq!(bytes(11_540), "11.5\u{a0}kB");
        assert_eq!(bytes(999_600), "1.00\u{a0}MB");
        assert_eq!(bytes(1_857_000), "1.86\u{a0}MB");
        assert_eq!(microseconds(0.42), "0.42\u{a0}µs");
        assert_eq!(microseconds(812.4), "812\u{a0}µs");
        assert_eq!(microseconds(3_900.0), "3.90\u{a0}ms");
        assert_eq!(microseconds(1_200_000.0), "1.20\u{a0}s");
        assert_eq!(large_count(464_154), "464,154");
        assert_eq!(large_count(69_120_000), "69.1\u{a0}M");
        assert_eq!(rate(12_345.6), "12,346\u{a0}/s");
        assert_eq!(times(5.94), "5.9×");
        assert_eq!(percent(0.97308, 2), "97.31\u{a0}%");
    }

    #[test]
    fn what_is_not_finite_is_not_available() {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            for text in [
                fixed(value, 2),
                signed(value, 2),
                percent(value, 1),
                points(value),
                microseconds(value),
                rate(value),
                times(value),
            ] {
                assert_eq!(text, NOT_AVAILABLE);
            }
        }
    }

    #[test]
    fn a_huge_number_stays_short() {
        assert_eq!(fixed(-1.5e300, 2), "−1.50e300");
    }
}

//! Numbers as a person reads them on a terminal: grouped, with few digits and a unit.

use eval::Spread;
use report::Wording;

/// What stands in place of a number that is not there or not finite.
pub(crate) const NONE: &str = "-";

/// `464,154`, and from a million on `69.1 M`.
pub(crate) fn count(value: u64) -> String {
    if value >= 1_000_000 {
        return in_units(value as f64, &[(1e6, "M"), (1e9, "G"), (1e12, "T")]);
    }
    match (value / 1000, value % 1000) {
        (0, rest) => rest.to_string(),
        (thousands, rest) => format!("{thousands},{rest:03}"),
    }
}

/// `312 B`, `11.5 kB`, `1.86 MB`.
pub(crate) fn bytes(value: u64) -> String {
    if value < 1000 {
        return format!("{value} B");
    }
    in_units(value as f64, &[(1e3, "kB"), (1e6, "MB"), (1e9, "GB"), (1e12, "TB")])
}

/// A time given in microseconds: `812 µs`, `3.90 ms`.
pub(crate) fn microseconds(value: f64) -> String {
    in_units(value, &[(1.0, "µs"), (1e3, "ms"), (1e6, "s")])
}

/// A time for reading while waiting: `0:41`, `12:05`, `3:20:00`.
pub(crate) fn clock(seconds: f64) -> String {
    let whole = seconds.round().clamp(0.0, 1e9) as u64;
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

/// Events a second: `123,456/s`.
pub(crate) fn rate(value: f64) -> String {
    if value.is_finite() { format!("{}/s", count(value.round() as u64)) } else { NONE.to_owned() }
}

/// Three significant digits, and all of those before the point.
pub(crate) fn significant(value: f64) -> String {
    if !value.is_finite() {
        return NONE.to_owned();
    }
    let digits = if value == 0.0 { 0.0 } else { 2.0 - value.abs().log10().floor() };
    format!("{value:.*}", digits.clamp(0.0, 12.0) as usize)
}

/// A score in its words: percent without the sign, or the error itself.
pub(crate) fn score(words: &Wording, score: f64) -> String {
    let shown = words.shown(score);
    if words.is_share { format!("{shown:.2}") } else { significant(shown) }
}

/// As [`score`], the mean over seeds with its deviation.
pub(crate) fn spread(words: &Wording, spread: Spread) -> String {
    let mean = score(words, spread.mean);
    match spread.deviation {
        // A deviation has no sign to turn.
        Some(deviation) => format!("{mean} ± {}", score(words, deviation).trim_start_matches('-')),
        None => mean,
    }
}

/// How many times one thing is another: `5.9x`, `0.047x`.
pub(crate) fn times(part: u64, whole: u64) -> String {
    let ratio = whole as f64 / part as f64;
    if !ratio.is_finite() {
        return NONE.to_owned();
    }
    // Of the smaller of two nothing would be left with one decimal.
    let decimals =
        if ratio >= 1.0 || ratio <= 0.0 { 1 } else { 1 + (-ratio.log10().floor()) as usize };
    format!("{ratio:.decimals$}x")
}

/// Three digits in the largest unit that leaves one before the point.
fn in_units(value: f64, units: &[(f64, &str)]) -> String {
    if !value.is_finite() {
        return NONE.to_owned();
    }
    let mut chosen = units.first();
    for unit in units {
        if value / unit.0 >= 0.9995 {
            chosen = Some(unit);
        }
    }
    let Some((size, name)) = chosen else { return NONE.to_owned() };
    let scaled = value / size;
    let decimals = match scaled {
        small if small < 9.995 => 2,
        middle if middle < 99.95 => 1,
        _ => 0,
    };
    format!("{scaled:.decimals$} {name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_three_digits_and_find_their_unit() {
        assert_eq!(count(999), "999");
        assert_eq!(count(78_042), "78,042");
        assert_eq!(count(1_000), "1,000");
        assert_eq!(count(69_120_000), "69.1 M");
        assert_eq!(bytes(312), "312 B");
        assert_eq!(bytes(999_600), "1.00 MB");
        assert_eq!(microseconds(812.4), "812 µs");
        assert_eq!(microseconds(3_900.0), "3.90 ms");
        assert_eq!(times(78_042, 464_154), "5.9x");
        assert_eq!(times(1_000_000, 46_700), "0.047x");
        assert_eq!(times(4, 3), "0.75x");
    }

    #[test]
    fn a_clock_shows_hours_only_when_there_are_some() {
        assert_eq!(clock(41.2), "0:41");
        assert_eq!(clock(725.0), "12:05");
        assert_eq!(clock(12_000.0), "3:20:00");
    }

    #[test]
    fn what_is_not_finite_is_a_dash() {
        assert_eq!(microseconds(f64::NAN), NONE);
        assert_eq!(rate(f64::INFINITY), NONE);
        assert_eq!(times(0, 3), NONE);
    }
}

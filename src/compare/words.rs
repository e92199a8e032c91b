//! How figures are written for people.

use super::figures::Spread;
use crate::report::grouped;

/// As in `2.10 ms`.
pub(crate) fn seconds(seconds: f64) -> String {
    match seconds {
        s if s >= 1.0 => format!("{} s", digits(s)),
        s if s >= 1e-3 => format!("{} ms", digits(s * 1e3)),
        s if s >= 1e-6 => format!("{} µs", digits(s * 1e6)),
        s => format!("{:.0} ns", s * 1e9),
    }
}

/// As in `9.5 MB`.
pub(crate) fn bytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

/// As in `1.92 ×`.
pub(crate) fn times(factor: f64) -> String {
    format!("{} ×", digits(factor))
}

/// As in `1.92 × (1.85 to 1.97)`.
pub(crate) fn times_between(spread: &Spread) -> String {
    match spread.runs {
        1 => format!("{} (one run)", times(spread.median)),
        _ => format!("{} ({} to {})", times(spread.median), digits(spread.low), digits(spread.high)),
    }
}

/// As in `1 345/s`.
pub(crate) fn rate(items: f64) -> String {
    if items < 100.0 {
        format!("{}/s", digits(items))
    } else {
        format!("{}/s", grouped(items.round() as u64))
    }
}

/// Three digits that count.
pub(crate) fn digits(number: f64) -> String {
    match number {
        n if n >= 99.95 => grouped(n.round() as u64),
        n if n >= 9.995 => format!("{n:.1}"),
        n if n >= 0.0995 => format!("{n:.2}"),
        n => format!("{n:.3}"),
    }
}

/// As in `a, b and c`.
pub(crate) fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// As in `1 worker`, `2 workers`.
pub(crate) fn workers(number: usize) -> String {
    if number == 1 { "1 worker".to_owned() } else { format!("{number} workers") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_three_digits() {
        assert_eq!([2.1e-3, 0.99e-6, 12.0, 123.4e-6].map(seconds), ["2.10 ms", "990 ns", "12.0 s", "123 µs"]);
        assert_eq!([0.05, 1.918, 19.18, 1918.0].map(times), ["0.050 ×", "1.92 ×", "19.2 ×", "1 918 ×"]);
        assert_eq!([12.3, 1344.9].map(rate), ["12.3/s", "1 345/s"]);
        assert_eq!(list(&["a", "b", "c"].map(str::to_owned)), "a, b and c");
    }
}

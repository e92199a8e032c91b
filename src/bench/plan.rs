//! How a budget is shared out. Pure.

use std::time::Duration;

/// What a function takes at least: less would measure how threads start.
pub(super) const LEAST: Duration = Duration::from_millis(200);
/// What criterion takes to set out and to count.
const BESIDE: Duration = Duration::from_millis(60);
/// More than that makes no figure better, as long as the machine stays the same. It is criterion's own measure.
const ENOUGH: Duration = Duration::from_secs(5);
/// A sample is worth having from here on.
const SAMPLE: Duration = Duration::from_millis(25);

/// What criterion is told for each function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Its `--warm-up-time`.
    pub warm_up: Duration,
    /// Its `--measurement-time`.
    pub measurement: Duration,
    /// Its `--sample-size`: from 10 to 100.
    pub samples: usize,
}

/// The share of each of so many functions in the time that is left. Nothing, if that is too little for them.
///
/// Of the time of a function 10 % is for warming up, which may take twice as long as it should, because rounds are doubled meanwhile; 70 % for
/// measuring; the rest is for what does not keep to its time.
#[must_use]
pub fn share(left: Duration, functions: usize) -> Option<Share> {
    let each = left.checked_div(u32::try_from(functions).ok()?)?;
    if each < LEAST {
        return None;
    }
    let each = each - BESIDE;
    let measurement = each.mul_f64(0.7).min(ENOUGH);
    let samples = measurement.as_nanos() / SAMPLE.as_nanos();
    Some(Share { warm_up: measurement / 7, measurement, samples: (samples as usize).clamp(10, 100) })
}

/// How many of these groups fit into the time, from the first one on; each has so many functions.
pub(super) fn fitting(left: Duration, groups: impl Iterator<Item = usize>) -> usize {
    let mut room = left.as_nanos() / LEAST.as_nanos();
    let fits = |functions: &usize| match room.checked_sub(*functions as u128) {
        Some(rest) => {
            room = rest;
            true
        }
        None => false,
    };
    groups.take_while(fits).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_shared_equally() {
        let Share { warm_up, measurement, samples } = share(Duration::from_secs(106), 100).unwrap();
        assert_eq!(measurement, Duration::from_millis(700));
        assert_eq!((warm_up, samples), (Duration::from_millis(100), 28));
    }

    #[test]
    fn a_large_budget_is_not_used_up() {
        let Share { measurement, samples, .. } = share(Duration::from_secs(600), 2).unwrap();
        assert_eq!((measurement, samples), (ENOUGH, 100));
    }

    #[test]
    fn what_is_too_little_for_all_is_for_the_first() {
        assert_eq!(share(Duration::from_secs(1), 6), None);
        assert_eq!(share(Duration::from_secs(1), 0), None);
        assert_eq!(fitting(Duration::from_secs(1), [2, 2, 2, 1].into_iter()), 2);
        assert_eq!(fitting(Duration::from_secs(1), [5, 1].into_iter()), 1);
        assert_eq!(fitting(Duration::from_millis(100), [1].into_iter()), 0);
    }
}

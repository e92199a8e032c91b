//! How large an exact search is, before it is run to its end.

use super::progress::{number, time};
use super::{Budget, Engine, Exploration, Program, Reason, explore};
use std::fmt;
use std::time::{Duration, Instant};

/// How large an exact search is: about so many executions, in about this time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Executions, all together.
    pub executions: u64,
    /// The time they take on this machine, one after the other.
    pub time: Duration,
    /// Whether the search came to its end, so that the number is not estimated.
    pub is_exact: bool,
}

/// The size of the exact search ([`Engine::Dpor`]) of a program, estimated from what it sees in so much time.
///
/// Donald Knuth, "Estimating the efficiency of backtrack programs", 1975: what is left is taken to be like what was
/// seen. The search does not look at random but from one end, and learns of some branches late: the number may be a few times
/// too high or too low, and becomes better the longer it looks. `None` where it can tell nothing: after fewer than 64 executions, within
/// a bound on preemptions, or where the program cannot be explored.
///
/// ```
/// use refectory::engine::{Budget, Program, estimate};
/// use refectory::sync::{atomic::AtomicUsize, thread};
/// use std::sync::{Arc, atomic::Ordering::SeqCst};
/// use std::time::Duration;
///
/// let program = Program::new(|| {
///     let number = Arc::new(AtomicUsize::new(0));
///     let add = || {
///         let number = Arc::clone(&number);
///         thread::spawn(move || number.fetch_add(1, SeqCst))
///     };
///     let threads: Vec<_> = (0..3).map(|_| add()).collect();
///     threads.into_iter().for_each(|thread| _ = thread.join());
///     Ok(String::new())
/// });
/// let size = estimate(&program, &Budget::default(), Duration::from_secs(60)).unwrap();
/// assert_eq!((size.executions, size.is_exact), (6, true));
/// ```
pub fn estimate(program: &Program, budget: &Budget, look: Duration) -> Option<Estimate> {
    let started = Instant::now();
    let seen = explore(Engine::Dpor, program, &Budget { time: Some(look), ..*budget });
    of(&seen, started.elapsed())
}

/// The size of a search of which so much was seen in so much time.
fn of(seen: &Exploration, elapsed: Duration) -> Option<Estimate> {
    let (executions, is_exact) = match seen.coverage {
        Ok(_) => (seen.executions, true),
        Err(Reason::Budget(_)) => (seen.expected?, false),
        Err(_) => return None,
    };
    let time = elapsed.mul_f64(executions as f64 / seen.executions.max(1) as f64);
    Some(Estimate { executions, time, is_exact })
}

/// As in `about 3.1 M executions, 40 s`.
impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let about = if self.is_exact { "" } else { "about " };
        write!(f, "{about}{} executions, {}", number(self.executions), time(self.time))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Exhausted, Extent};

    #[test]
    fn what_is_left_takes_as_long_as_what_was() {
        let cut = Err(Reason::Budget(Exhausted::Executions(1_000)));
        let seen = Exploration { executions: 1_000, expected: Some(3_100_000), ..Exploration::new(cut) };
        let size = of(&seen, Duration::from_millis(13)).expect("an estimate");
        assert_eq!(size.to_string(), "about 3.1 M executions, 40 s");
        assert_eq!(of(&Exploration { expected: None, ..seen }, Duration::ZERO), None);
        let whole = Exploration { executions: 6, ..Exploration::new(Ok(Extent::EXHAUSTIVE)) };
        assert_eq!(
            of(&whole, Duration::from_millis(2)).map(|size| size.to_string()).as_deref(),
            Some("6 executions, 2 ms")
        );
    }
}

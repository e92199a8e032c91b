//! How far an exploration has come.

use std::fmt;
use std::time::Duration;

/// How far an exploration has come, and how far it is from its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "cli", serde(deny_unknown_fields))]
pub struct Progress {
    /// Executions so far.
    pub executions: u64,
    /// Executions in all, about, if the search were not cut (Donald Knuth's estimate, which may be off by a few times).
    pub expected: u64,
    /// Executions after which it is cut.
    pub most: u64,
    /// Time so far.
    pub elapsed: Duration,
}

impl Progress {
    /// The time until it comes to its end, or is cut, if it goes on as it did.
    pub fn left(&self) -> Duration {
        let left = self.expected.min(self.most).saturating_sub(self.executions);
        self.elapsed.mul_f64(left as f64 / self.executions.max(1) as f64)
    }
}

/// As in `about 3.1 M executions, 40 s left`.
impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "about {} executions, ", number(self.expected))?;
        if self.expected > self.most {
            write!(f, "cut at {}, ", number(self.most))?;
        }
        write!(f, "{} left", time(self.left()))
    }
}

/// A number of executions, in short.
pub(super) fn number(executions: u64) -> String {
    match executions {
        few @ ..10_000 => few.to_string(),
        some @ ..1_000_000 => format!("{} k", some / 1_000),
        many @ ..1_000_000_000 => format!("{:.1} M", many as f64 / 1e6),
        countless => format!("{:.1} G", countless as f64 / 1e9),
    }
}

/// A time, in short.
pub(super) fn time(time: Duration) -> String {
    match time.as_secs() {
        0 => format!("{} ms", time.as_millis()),
        seconds @ ..120 => format!("{seconds} s"),
        seconds @ ..7_200 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3_600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_takes_as_long_as_what_was() {
        let elapsed = Duration::from_secs(10);
        let progress = Progress { executions: 620_000, expected: 3_100_000, most: 5_000_000, elapsed };
        assert_eq!(progress.to_string(), "about 3.1 M executions, 40 s left");
        let cut = Progress { most: 1_240_000, ..progress };
        assert_eq!(cut.to_string(), "about 3.1 M executions, cut at 1.2 M, 10 s left");
        let over = Progress { executions: 4_000_000, ..progress };
        assert_eq!(over.left(), Duration::ZERO);
    }

    #[cfg(feature = "dpor")]
    #[test]
    fn the_exact_search_tells_how_far_it_has_come() {
        use crate::engine::{Budget, Engine, Program, explore_telling};
        use crate::sync::{Arc, atomic::AtomicUsize, atomic::Ordering::SeqCst, thread};

        let program = Program::new(|| {
            let number = Arc::new(AtomicUsize::new(0));
            let add = |_| {
                let number = Arc::clone(&number);
                thread::spawn(move || number.fetch_add(1, SeqCst))
            };
            let threads: Vec<_> = (0..5).map(add).collect();
            threads.into_iter().for_each(|thread| _ = thread.join());
            Ok(String::new())
        });
        let told = |executions| {
            let mut told = Vec::new();
            let budget = Budget { executions, ..Budget::default() };
            explore_telling(Engine::Dpor, &program, &budget, &mut |progress| told.push(progress));
            told.iter().map(|progress| (progress.executions, progress.most)).collect::<Vec<_>>()
        };
        assert_eq!(told(1_000), [(64, 1_000)]);
        assert_eq!(told(50), []);
    }
}

//! Deadlines, of which an engine without a clock never sees one pass.

#[cfg(feature = "instrumented")]
use super::current::{Current, current};
use std::time::{Duration, Instant};

/// A moment until which a thread is ready to wait, in as many waits as it takes.
///
/// Under an engine no time passes: it is never over, and a timed wait ends by the engine's choice alone.
///
/// ```
/// use refectory::sync::time::Deadline;
/// use std::time::Duration;
///
/// assert_eq!(Deadline::after(Duration::ZERO).left(), None);
/// assert!(Deadline::after(Duration::MAX).left().is_some());
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    /// `None`: later than any clock shows.
    at: Option<Instant>,
    whole: Duration,
}

impl Deadline {
    /// So long from now.
    pub fn after(duration: Duration) -> Self {
        Self { at: Instant::now().checked_add(duration), whole: duration }
    }

    /// The time that is left, if there is any; under an engine always all of it, unless it was none.
    pub fn left(&self) -> Option<Duration> {
        #[cfg(feature = "instrumented")]
        if !matches!(current(), Current::Native) {
            return (!self.whole.is_zero()).then_some(self.whole);
        }
        let Some(at) = self.at else { return Some(self.whole) };
        at.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
    }
}

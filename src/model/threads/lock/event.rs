//! A flag that threads wait for, as Python's `Event`.
//!
//! The word counts the changes: it is odd while the flag is set. A thread that waits goes on when the word is another
//! than it saw at first. Invariant: `set` on a clear flag releases every thread that had begun to wait, even where a
//! `clear` follows at once; it would not, if the threads looked again whether the flag *is* set (gh-57711).
//!
//! Between two looks of one thread the flag is not set and cleared 2³¹ times.
//!
//! Source: the contract is that of CPython 3.13, `Lib/threading.py`, `Event`; the count is an eventcount's: David P. Reed,
//! Rajendra K. Kanodia, "Synchronization with eventcounts and sequencers", 1979.

use crate::sync::Futex;
use crate::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use crate::sync::time::Deadline;
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

/// When a thread that waits goes on.
pub trait Wakefulness: fmt::Debug + Send + Sync + 'static {
    /// Whether it does, where it saw the one word at first and sees the other now.
    fn released(at_first: u32, now: u32) -> bool;
}

/// When the flag was set since it began to wait, whether or not it still is.
#[derive(Debug)]
pub struct Correct;

impl Wakefulness for Correct {
    fn released(at_first: u32, now: u32) -> bool {
        now != at_first
    }
}

/// A flag to wait for.
///
/// ```
/// use refectory::model::threads::lock::event::Event;
/// use std::time::Duration;
///
/// let dinner: Event = Event::new();
/// let before = dinner.mark();
/// dinner.set();
/// dinner.clear();
/// dinner.wait_since(before);
/// assert!(!dinner.wait_timeout(Duration::ZERO));
/// ```
#[derive(Debug)]
pub struct Event<W = Correct> {
    changes: Futex,
    wakefulness: PhantomData<W>,
}

/// A moment at which a thread began to wait for an [`Event`].
#[derive(Clone, Copy, Debug)]
pub struct Mark(u32);

/// Whether the flag is set after so many changes.
pub(super) const fn is_set(changes: u32) -> bool {
    changes % 2 == 1
}

impl<W: Wakefulness> Event<W> {
    /// A clear flag.
    #[track_caller]
    pub fn new() -> Self {
        Self { changes: Futex::new(0).named(format_args!("changes")), wakefulness: PhantomData }
    }

    /// Sets the flag, and releases all who wait.
    pub fn set(&self) {
        // Ordering: Release, for the Acquire in `look` and in `clear`: what was done before is visible. Also where the
        // flag was set before: whoever clears it then looks for what all who set it have done.
        let found = self.changes.fetch_or(1, Release);
        if !is_set(found) {
            self.changes.wake_all();
        }
    }

    /// Clears the flag.
    pub fn clear(&self) {
        let found = self.look();
        if is_set(found) {
            // Ordering: Acquire, for the Release of the last `set`, which need not be the one that was seen: a flag that
            // is set once more looks the same. Relaxed where it fails: another thread has cleared the flag meanwhile.
            let _ = self.changes.compare_exchange(found, found.wrapping_add(1), Acquire, Relaxed);
        }
    }

    /// Whether the flag is set, at some moment of the call.
    pub fn is_set(&self) -> bool {
        is_set(self.look())
    }

    /// Begins to wait: whoever sets the flag from now on releases those who wait since now.
    pub fn mark(&self) -> Mark {
        Mark(self.look())
    }

    /// Waits until the flag is set, or has been since the call began. Woken by [`set`](Self::set).
    pub fn wait(&self) {
        self.wait_since(self.mark());
    }

    /// The same, but not longer than `patience`; whether the flag was set.
    pub fn wait_timeout(&self, patience: Duration) -> bool {
        let deadline = Deadline::after(patience);
        let Mark(at_first) = self.mark();
        let mut now = at_first;
        let mut in_time = true;
        loop {
            // The flag comes before the clock: it may have been set while the time ran out.
            if Self::is_released(at_first, now) {
                return true;
            }
            let Some(left) = deadline.left().filter(|_| in_time) else { return false };
            in_time = self.changes.wait_timeout(now, left);
            now = self.look();
        }
    }

    /// Waits until the flag is set, or has been since the mark. Woken by [`set`](Self::set).
    pub fn wait_since(&self, Mark(at_first): Mark) {
        let mut now = at_first;
        while !Self::is_released(at_first, now) {
            self.changes.wait(now);
            now = self.look();
        }
    }

    fn is_released(at_first: u32, now: u32) -> bool {
        is_set(at_first) || W::released(at_first, now)
    }

    fn look(&self) -> u32 {
        // Ordering: Acquire, of the Release in `set` and `clear`.
        self.changes.load(Acquire)
    }
}

impl<W: Wakefulness> Default for Event<W> {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smoke() {
        let event: Event = Event::new();
        assert!(!event.is_set() && !event.wait_timeout(Duration::ZERO));
        assert!(!event.wait_timeout(Duration::from_millis(1)));
        event.set();
        event.set();
        event.wait();
        assert!(event.is_set() && event.wait_timeout(Duration::ZERO));
        event.clear();
        event.clear();
        assert!(!event.is_set());
    }

    #[test]
    fn a_mark_remembers_what_is_over() {
        let event: Event = Event::new();
        let before = event.mark();
        event.set();
        event.clear();
        event.wait_since(before);
        assert!(!event.wait_timeout(Duration::ZERO));
    }
}

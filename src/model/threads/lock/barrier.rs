//! A point where a number of threads wait for each other, round after round, as Python's `Barrier`.
//!
//! Each round has a word of its own, which says how it ended: all came, or it was broken. A thread waits for the word of
//! its own round, so that whoever is still on its way out of one round takes no part in the next. Invariant, under the
//! lock: the round at hand has not ended unless the barrier is broken, and fewer have arrived than it takes.
//!
//! A barrier that is broken stays so until [`reset`](Barrier::reset). Unlike CPython's it does not break a round that was
//! complete: who is still on its way out of one has passed.
//!
//! Source: the contract is that of CPython 3.13, `Lib/threading.py`, `Barrier`. A word for each round is the sense of
//! Debra Hensgen, Raphael Finkel, Udi Manber, "Two algorithms for barrier synchronization", 1988.

use crate::model::threads::lock::guarded::Guarded;
use crate::sync::Futex;
use crate::sync::atomic::Ordering::{Acquire, Release};
use crate::sync::time::Deadline;
use std::error::Error;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

/// The barrier is broken: it was aborted, or reset under those who waited, or one of them has timed out, or the
/// action panicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrokenBarrier;

impl fmt::Display for BrokenBarrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the barrier is broken")
    }
}

impl Error for BrokenBarrier {}

/// What the last to arrive does before the others are released.
type Action = Box<dyn Fn() + Send + Sync>;

/// A barrier for a fixed number of threads.
///
/// ```
/// use refectory::model::threads::lock::barrier::Barrier;
/// use refectory::sync::thread;
/// use std::num::NonZeroUsize;
/// use std::sync::Arc;
///
/// let table = Arc::new(Barrier::new(NonZeroUsize::new(2).unwrap()));
/// let guest = thread::spawn({
///     let table = Arc::clone(&table);
///     move || table.wait().unwrap()
/// });
/// let host = table.wait().unwrap();
/// assert_eq!(host + guest.join().unwrap(), 1);
/// ```
pub struct Barrier {
    parties: NonZeroUsize,
    patience: Option<Duration>,
    action: Option<Action>,
    state: Guarded<State>,
}

struct State {
    arrived: usize,
    broken: bool,
    round: Arc<Round>,
}

impl Barrier {
    /// A barrier for so many threads.
    #[track_caller]
    pub fn new(parties: NonZeroUsize) -> Self {
        let state = State { arrived: 0, broken: false, round: Arc::new(Round::new()) };
        Self { parties, patience: None, action: None, state: Guarded::new(state, format_args!("barrier")) }
    }

    /// The same, where the last to arrive in each round does this before the others are released. It must not use the
    /// barrier. If it panics, the barrier breaks.
    #[must_use]
    pub fn with_action(self, action: impl Fn() + Send + Sync + 'static) -> Self {
        Self { action: Some(Box::new(action)), ..self }
    }

    /// The same, where [`wait`](Self::wait) waits no longer than this.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience: Some(patience), ..self }
    }

    /// Waits until all have come; gives each of them another number below that of the parties.
    ///
    /// # Errors
    /// The barrier is broken, or was while the thread waited.
    ///
    /// # Panics
    /// If this thread is the last, and the action panics.
    pub fn wait(&self) -> Result<usize, BrokenBarrier> {
        self.wait_at_most(self.patience)
    }

    /// The same, but the barrier breaks if that takes longer than `patience`.
    ///
    /// # Errors
    /// As [`wait`](Self::wait), and when the time ran out.
    ///
    /// # Panics
    /// As [`wait`](Self::wait).
    pub fn wait_timeout(&self, patience: Duration) -> Result<usize, BrokenBarrier> {
        self.wait_at_most(Some(patience))
    }

    /// Breaks the barrier: all who wait, and all who come, are sent away.
    pub fn abort(&self) {
        self.state.with(State::abort);
    }

    /// Makes the barrier as new. Those who wait are sent away.
    pub fn reset(&self) {
        self.state.with(|state| {
            if state.arrived > 0 {
                state.abort();
            }
            if state.broken {
                state.begin_round();
            }
        });
    }

    /// How many threads it takes.
    pub fn parties(&self) -> usize {
        self.parties.get()
    }

    /// How many threads wait, at some moment of the call.
    pub fn waiting(&self) -> usize {
        self.state.with(|state| state.arrived)
    }

    /// Whether the barrier is broken, at some moment of the call.
    pub fn is_broken(&self) -> bool {
        self.state.with(|state| state.broken)
    }

    fn wait_at_most(&self, patience: Option<Duration>) -> Result<usize, BrokenBarrier> {
        let (place, round) = self.state.with(|state| self.arrive(state))?;
        match patience {
            None => round.wait(),
            Some(patience) => {
                if !round.wait_timeout(patience) {
                    self.state.with(|state| state.give_up(&round));
                }
            }
        }
        round.ended().map(|()| place)
    }

    /// The number of the thread, and the round that it is in. The last thread ends the round.
    fn arrive(&self, state: &mut State) -> Result<(usize, Arc<Round>), BrokenBarrier> {
        if state.broken {
            return Err(BrokenBarrier);
        }
        let (place, round) = (state.arrived, state.round.clone());
        state.arrived += 1;
        if state.arrived == self.parties() {
            let breaks = BreaksOnPanic(state);
            self.action.as_ref().inspect(|action| action());
            std::mem::forget(breaks);
            state.begin_round();
            round.end(PASSED);
        }
        Ok((place, round))
    }
}

impl State {
    /// Ends the round at hand, which is not complete.
    fn abort(&mut self) {
        self.broken = true;
        self.arrived = 0;
        self.round.end(BROKEN);
    }

    fn begin_round(&mut self) {
        *self = Self { arrived: 0, broken: false, round: Arc::new(Round::new()) };
    }

    /// A thread of this round has waited long enough. If the round has ended meanwhile, it ended in time.
    fn give_up(&mut self, round: &Arc<Round>) {
        if Arc::ptr_eq(round, &self.round) && !self.broken {
            self.abort();
        }
    }
}

/// Breaks the barrier when it is dropped, which is when the action panics.
struct BreaksOnPanic<'a>(&'a mut State);

impl Drop for BreaksOnPanic<'_> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Not all have come.
const FILLING: u32 = 0;
/// All have come.
const PASSED: u32 = 1;
/// Somebody has broken the barrier before all had come.
const BROKEN: u32 = 2;

/// How a round ended. std's own count shares it among those who wait: the last of them frees memory, and nothing that
/// would have to be ordered.
struct Round(Futex);

impl Round {
    #[track_caller]
    fn new() -> Self {
        Self(Futex::new(FILLING).named(format_args!("round")))
    }

    fn end(&self, how: u32) {
        // Ordering: Release, for the Acquire in `look`: what was done before the end is visible to all who waited.
        self.0.store(how, Release);
        self.0.wake_all();
    }

    /// Woken by [`Self::end`].
    fn wait(&self) {
        while self.look() == FILLING {
            self.0.wait(FILLING);
        }
    }

    /// Whether the round ended before the time ran out.
    fn wait_timeout(&self, patience: Duration) -> bool {
        let deadline = Deadline::after(patience);
        while self.look() == FILLING {
            let in_time = deadline.left().is_some_and(|left| self.0.wait_timeout(FILLING, left));
            if !in_time {
                return false;
            }
        }
        true
    }

    fn ended(&self) -> Result<(), BrokenBarrier> {
        if self.look() == PASSED { Ok(()) } else { Err(BrokenBarrier) }
    }

    fn look(&self) -> u32 {
        // Ordering: Acquire, of the Release in `end`.
        self.0.load(Acquire)
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barrier").field("parties", &self.parties).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::thread;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    const ONE: NonZeroUsize = NonZeroUsize::MIN;
    const TWO: NonZeroUsize = NonZeroUsize::new(2).unwrap();

    #[test]
    fn smoke() {
        let rounds = Arc::new(AtomicUsize::new(0));
        let counted = rounds.clone();
        let barrier = Barrier::new(ONE).with_action(move || {
            counted.fetch_add(1, Relaxed);
        });
        assert_eq!([barrier.wait(), barrier.wait()], [Ok(0), Ok(0)]);
        assert_eq!((rounds.load(Relaxed), barrier.waiting()), (2, 0));
        barrier.abort();
        assert!(barrier.is_broken());
        assert_eq!(barrier.wait(), Err(BrokenBarrier));
        barrier.reset();
        assert_eq!(barrier.wait(), Ok(0));
    }

    #[test]
    fn a_time_out_breaks_it() {
        let barrier = Barrier::new(TWO).with_patience(Duration::from_millis(1));
        assert_eq!(barrier.wait(), Err(BrokenBarrier));
        assert!(barrier.is_broken());
        barrier.reset();
        assert_eq!(barrier.wait_timeout(Duration::ZERO), Err(BrokenBarrier));
    }

    #[test]
    fn a_panic_of_the_action_breaks_it() {
        let barrier = Barrier::new(ONE).with_action(|| std::panic::resume_unwind(Box::new("spilt")));
        catch_unwind(AssertUnwindSafe(|| barrier.wait())).unwrap_err();
        assert_eq!(barrier.wait(), Err(BrokenBarrier));
    }

    #[test]
    fn all_rounds_are_in_step() {
        let shared = Arc::new((Barrier::new(TWO), AtomicUsize::new(0)));
        let threads = [(); 2].map(|()| {
            let shared = shared.clone();
            thread::spawn(move || {
                for round in 0..200 {
                    shared.1.fetch_add(1, Relaxed);
                    shared.0.wait().unwrap();
                    assert!(shared.1.load(Relaxed) >= 2 * (round + 1));
                    shared.0.wait().unwrap();
                }
            })
        });
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    }
}

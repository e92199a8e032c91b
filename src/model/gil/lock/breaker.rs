//! The eval breaker: one word that tells a running thread that there is something to do beside its bytecodes.
//!
//! It is the part of the lock's state that belongs to the interpreter, and not to the lock: it is read between
//! any two bytecodes, and it is gone when the interpreter is.
//!
//! Invariant: nobody uses it after [`free`](Breaker::free). Natively nothing is freed; under an engine each
//! use is a read of memory which `free` writes, so that a use that nothing orders before it is a data race.
//!
//! Source: `Python/ceval_gil.c` of CPython 3.13, where several flags of earlier versions became bits of one word.

use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::{self, UnsafeCell};

/// Something to do at the next safe point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Break {
    /// Drop the lock: a waiter has asked for it.
    Drop = 1,
    /// Make the pending calls.
    Calls = 2,
    /// Look whether an exception was raised in this thread by another one.
    Exception = 4,
}

/// What a thread found to do at a safe point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Breaks(usize);

impl Breaks {
    /// Whether this is among it.
    pub const fn contain(self, what: Break) -> bool {
        self.0 & what as usize != 0
    }
}

/// The word.
///
/// ```
/// use refectory::model::gil::lock::breaker::{Break, Breaker};
///
/// let breaker = Breaker::default();
/// breaker.signal(Break::Calls);
/// assert!(breaker.look().contain(Break::Calls));
/// assert!(!breaker.look().contain(Break::Drop));
/// breaker.reset(Break::Calls);
/// assert!(!breaker.look().contain(Break::Calls));
/// ```
#[derive(Debug)]
pub struct Breaker {
    bits: AtomicUsize,
    memory: UnsafeCell<()>,
}

// SAFETY: the cell has no content. What is read and written is the engine's record that it was used, and two
// uses that nothing orders are what the engine is to report.
unsafe impl Sync for Breaker {}

impl Default for Breaker {
    #[track_caller]
    fn default() -> Self {
        Self {
            bits: AtomicUsize::new(0).named(format_args!("eval breaker")),
            memory: UnsafeCell::new(()).named(format_args!("interpreter state")),
        }
    }
}

impl Breaker {
    // Ordering: Relaxed throughout. A bit says that there is something to do, and publishes nothing: whoever
    // finds it takes the mutex under which the thing was prepared.

    /// There is something to do.
    pub fn signal(&self, what: Break) {
        self.touch();
        self.bits.fetch_or(what as usize, Ordering::Relaxed);
    }

    /// It is being done.
    pub fn reset(&self, what: Break) {
        self.touch();
        self.bits.fetch_and(!(what as usize), Ordering::Relaxed);
    }

    /// What there is to do.
    #[inline]
    pub fn look(&self) -> Breaks {
        self.touch();
        Breaks(self.bits.load(Ordering::Relaxed))
    }

    /// The interpreter ends: this memory is given back. The caller sees to it that nobody uses it later.
    pub fn free(&self) {
        if sync::is_modelled() {
            self.memory.with_mut(drop);
        }
    }

    #[inline]
    fn touch(&self) {
        if sync::is_modelled() {
            self.memory.with(drop);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_independent() {
        let breaker = Breaker::default();
        assert_eq!(breaker.look(), Breaks::default());
        for what in [Break::Drop, Break::Calls, Break::Exception] {
            breaker.signal(what);
        }
        breaker.reset(Break::Calls);
        let found = [Break::Drop, Break::Calls, Break::Exception].map(|what| breaker.look().contain(what));
        assert_eq!(found, [true, false, true]);
    }
}

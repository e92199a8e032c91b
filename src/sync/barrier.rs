//! Barriers: [`std::sync::Barrier`] behind the facade.
//!
//! Natively it is std's. Under an engine it is made of the facade's own mutex and condition variable.

#[cfg(feature = "instrumented")]
use super::{
    Condvar, Mutex, PoisonError,
    current::{Current, current},
    hook::{Born, stopping},
};
use std::fmt;

/// A point where a number of threads wait for each other, as [`std::sync::Barrier`].
///
/// ```
/// use refectory::sync::{Arc, Barrier, thread};
///
/// let table = Arc::new(Barrier::new(2));
/// let guest = thread::spawn({
///     let table = Arc::clone(&table);
///     move || table.wait().is_leader()
/// });
/// let host = table.wait().is_leader();
/// assert_ne!(host, guest.join().unwrap());
/// ```
pub struct Barrier(Kind);

enum Kind {
    #[cfg(not(feature = "instrumented"))]
    Native(std::sync::Barrier),
    #[cfg(feature = "instrumented")]
    Native(std::sync::Barrier, Born),
    #[cfg(feature = "instrumented")]
    Driven(Box<Round>),
}

/// Which of the threads that waited was the last to come.
#[derive(Debug)]
pub struct BarrierWaitResult(bool);

impl BarrierWaitResult {
    /// Whether this thread is the one of them that leads.
    pub fn is_leader(&self) -> bool {
        self.0
    }
}

impl Barrier {
    const_by_default! {
        /// A barrier for `threads` threads. Const in a build without engines.
        pub fn new(threads: usize) -> Self {
            #[cfg(feature = "instrumented")]
            return Self(match current() {
                Current::Native => Kind::Native(std::sync::Barrier::new(threads), Born::here("a Barrier")),
                _ => Kind::Driven(Box::new(Round::new(threads))),
            });
            #[cfg(not(feature = "instrumented"))]
            Self(Kind::Native(std::sync::Barrier::new(threads)))
        }
    }

    /// Names the barrier in traces.
    #[must_use]
    #[cfg_attr(not(feature = "instrumented"), expect(unused_variables, reason = "engines name its parts"))]
    pub fn named(self, name: fmt::Arguments<'_>) -> Self {
        #[cfg(feature = "instrumented")]
        if let Kind::Driven(round) = &self.0 {
            round.name(name);
        }
        self
    }

    /// Waits until all have come.
    #[track_caller]
    pub fn wait(&self) -> BarrierWaitResult {
        match &self.0 {
            #[cfg(not(feature = "instrumented"))]
            Kind::Native(inner) => BarrierWaitResult(inner.wait().is_leader()),
            #[cfg(feature = "instrumented")]
            Kind::Native(inner, born) => match current() {
                now if matches!(now, Current::Native) || stopping() => {
                    BarrierWaitResult(inner.wait().is_leader())
                }
                now => born.foreign(now),
            },
            #[cfg(feature = "instrumented")]
            Kind::Driven(round) => BarrierWaitResult(round.wait()),
        }
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barrier").finish_non_exhaustive()
    }
}

/// A barrier of a model.
#[cfg(feature = "instrumented")]
struct Round {
    threads: usize,
    /// Those who have come in this round, and the number of the round.
    arrived: Mutex<(usize, usize)>,
    all_here: Condvar,
}

#[cfg(feature = "instrumented")]
impl Round {
    #[track_caller]
    fn new(threads: usize) -> Self {
        Self { threads, arrived: Mutex::new((0, 0)), all_here: Condvar::new() }
    }

    fn name(&self, name: fmt::Arguments<'_>) {
        self.arrived.name(format_args!("{name}'s lock"));
        self.all_here.name(format_args!("{name}'s condition"));
    }

    /// Whether this thread is the last. The others are woken by it.
    #[track_caller]
    fn wait(&self) -> bool {
        let mut arrived = self.arrived.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, round) = *arrived;
        if count + 1 < self.threads {
            arrived.0 = count + 1;
            let passed = self.all_here.wait_while(arrived, |(_, now)| *now == round);
            drop(passed.unwrap_or_else(PoisonError::into_inner));
            return false;
        }
        *arrived = (0, round.wrapping_add(1));
        self.all_here.notify_all();
        true
    }
}

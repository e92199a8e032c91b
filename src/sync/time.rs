//! Deadlines. On real cores they go by std's clock. Under an engine there is none: whether a deadline is over by now is
//! the engine's choice, wherever a thread looks at it.

#[cfg(feature = "instrumented")]
use super::current::{Controller, Current, current};
#[cfg(feature = "instrumented")]
use crate::event::op::Op;
#[cfg(feature = "instrumented")]
use std::panic::Location;
#[cfg(feature = "instrumented")]
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// A moment until which a thread is ready to wait, in as many waits as it takes.
///
/// Under an engine of this crate it may be over wherever its thread has done something since it last looked: a choice, of
/// which a thread has as many as of [early time-outs](crate::engine::Budget::early_timeouts), and which costs
/// nothing where threads do nothing but look. Once it is over it stays so. Two deadlines are not compared: the later one
/// may be over first. loom has no such choice, and there it is never over.
///
/// ```
/// use refectory::sync::time::Deadline;
/// use std::time::Duration;
///
/// assert_eq!(Deadline::after(Duration::ZERO).left(), None);
/// assert!(Deadline::after(Duration::MAX).left().is_some());
/// ```
#[derive(Debug)]
pub struct Deadline {
    /// `None`: later than any clock shows.
    at: Option<Instant>,
    whole: Duration,
    #[cfg(feature = "instrumented")]
    looks: Looks,
}

/// What an engine has said of a deadline.
#[cfg(feature = "instrumented")]
#[derive(Debug)]
struct Looks {
    over: AtomicBool,
    /// How far the thread had come that looked last, or that set it.
    last: AtomicU64,
}

impl Deadline {
    /// So long from now.
    pub fn after(duration: Duration) -> Self {
        Self {
            at: Instant::now().checked_add(duration),
            whole: duration,
            #[cfg(feature = "instrumented")]
            looks: Looks { over: AtomicBool::new(false), last: AtomicU64::new(place()) },
        }
    }

    /// The time that is left, if there is any; under an engine all of it, until there is none.
    #[track_caller]
    pub fn left(&self) -> Option<Duration> {
        #[cfg(feature = "instrumented")]
        if !matches!(current(), Current::Native) {
            let over = self.whole.is_zero() || self.looks.are_over(Location::caller());
            return (!over).then_some(self.whole);
        }
        let Some(at) = self.at else { return Some(self.whole) };
        at.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
    }
}

#[cfg(feature = "instrumented")]
impl Looks {
    // Ordering: an engine runs its threads on one OS thread.
    fn are_over(&self, site: &'static Location<'static>) -> bool {
        let Current::Controlled(controller) = current() else { return false };
        if self.over.load(Relaxed) || self.last.load(Relaxed) == place_in(controller) {
            return self.over.load(Relaxed);
        }
        let over = controller.perform(Op::Deadline, 0, site) == 1;
        self.over.store(over, Relaxed);
        self.last.store(place_in(controller), Relaxed);
        over
    }
}

/// How far the running thread has come: the same number as long as it does nothing.
#[cfg(feature = "instrumented")]
fn place() -> u64 {
    match current() {
        Current::Controlled(controller) => place_in(controller),
        _ => 0,
    }
}

#[cfg(feature = "instrumented")]
fn place_in(controller: &dyn Controller) -> u64 {
    let moment = controller.moment();
    u64::from(moment.thread.0) << 32 | u64::from(moment.steps)
}

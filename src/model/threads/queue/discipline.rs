//! Who waits how, and who wakes whom.

use crate::model::threads::lock::monitor::{Condvar, Monitor, MutexGuard};
use std::time::Duration;

/// How long a caller is willing to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// Not at all.
    None,
    /// So long.
    For(Duration),
    /// As long as it takes.
    Endless,
}

/// The decisions of a queue about waiting and waking. A [broken twin](super::broken::queue) takes one of
/// them otherwise; what is here is right.
pub trait Discipline: Send + Sync + 'static {
    /// Whether an item is in before somebody looks who waits for one.
    const PUTS_BEFORE_LOOKING: bool = true;

    /// Whether a queue with so many items is full. `maxsize` may have become less than `len`; 0 is no limit.
    #[inline]
    fn full(len: usize, maxsize: usize) -> bool {
        0 < maxsize && maxsize <= len
    }

    /// Waits while the caller is `blocked`, and looks again after each wake-up, before it looks at the clock.
    #[track_caller]
    fn wait<'a, C, M: Monitor>(
        condvar: &Condvar<M>,
        guard: MutexGuard<'a, C, M>,
        patience: Patience,
        blocked: impl FnMut(&mut C) -> bool,
    ) -> MutexGuard<'a, C, M> {
        match patience {
            Patience::None => guard,
            Patience::For(time) => condvar.wait_timeout_while(guard, time, blocked),
            Patience::Endless => condvar.wait_while(guard, blocked),
        }
    }

    /// A caller that may have been woken leaves empty-handed, by a panic of a hook: another one of its kind is
    /// woken in its place.
    #[track_caller]
    fn pass_on<M: Monitor>(condvar: &Condvar<M>) {
        condvar.notify_one();
    }

    /// The last task is done: everybody who joins may go on.
    #[track_caller]
    fn all_done<M: Monitor>(condvar: &Condvar<M>) {
        condvar.notify_all();
    }

    /// The queue is shut down: everybody who waits has to be told.
    #[track_caller]
    fn release<M: Monitor>(condvar: &Condvar<M>) {
        condvar.notify_all();
    }

    /// The unfinished tasks that are left when the queue is drained: those of items that were taken out before.
    /// `task_done` may have been called for items that are still in, so there may be fewer than `drained`.
    fn in_flight(unfinished: usize, drained: usize) -> usize {
        unfinished.saturating_sub(drained)
    }

    /// Drops the items that nobody will take out. Their `Drop` may call the queue, so the lock goes first.
    fn discard<C, B, M: Monitor>(guard: MutexGuard<'_, C, M>, drained: B) {
        drop(guard);
        drop(drained);
    }
}

/// The sound discipline: notified waiters compete with newcomers, and look again.
///
/// Source: Butler W. Lampson and David D. Redell, "Experience with processes and monitors in Mesa", 1980.
#[derive(Debug)]
pub struct Correct;

impl Discipline for Correct {}

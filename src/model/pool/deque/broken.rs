//! Twins of the work-stealing deque and of the injector.

use crate::model::pool::deque::chase_lev::Protocol;
use crate::port::{Full, TryQueue};
use crate::sync::Mutex;
use crate::sync::atomic::AtomicUsize;
use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::Ordering;

/// The owner's `pop` has no fence between its store of `bottom` and its load of `top`.
///
/// Twin of [`ChaseLev`](crate::model::pool::deque::chase_lev::ChaseLev). The processor may then load `top` before its store
/// of `bottom` is seen by others: two items are left, a thief takes the first and, for it still sees the old
/// `bottom`, the second too, which the owner has taken without a fight. x86 shows it. Source: the fence of Nhat
/// Minh Lê et al., 2013, figure 1, `take`.
#[derive(Debug)]
pub struct PopWithoutFence;

impl Protocol for PopWithoutFence {
    const POP_FENCE: bool = false;
}

/// The owner's `push` has no fence between its store of the item and that of `bottom`.
///
/// Twin of [`ChaseLev`](crate::model::pool::deque::chase_lev::ChaseLev). The thief may see the position before the item: it
/// takes a stale word, or one whose item is not yet written. No x86 processor shows it, a compiler or an Arm
/// processor may.
#[derive(Debug)]
pub struct RelaxedBottom;

impl Protocol for RelaxedBottom {
    const PUSH_FENCE: bool = false;
}

/// The owner announces a new buffer with a Relaxed store.
///
/// Twin of [`ChaseLev`](crate::model::pool::deque::chase_lev::ChaseLev). A thief that sees the new buffer, but not yet the
/// `bottom` that came after it, reads slots that are not yet filled. Source: the bug in the figures of Nhat Minh
/// Lê et al., 2013, found by Brian Norris and Brian Demsky, "CDSchecker", OOPSLA 2013, section 6.
#[derive(Debug)]
pub struct RelaxedGrow;

impl Protocol for RelaxedGrow {
    const NEW_BUFFER: Ordering = Ordering::Relaxed;
}

/// A thief moves `top` first, and reads the item then.
///
/// Twin of [`ChaseLev`](crate::model::pool::deque::chase_lev::ChaseLev). Once `top` has moved the slot is free, and the owner
/// may put another item there: the thief returns that one, and its own is lost. Source:
/// ssbl/concurrent-deque#2, 2021.
#[derive(Debug)]
pub struct ReadAfterClaim;

impl Protocol for ReadAfterClaim {
    const LATE_READ: bool = true;
}

/// A thief looks for an item in a buffer that it chose before it looked at the positions.
///
/// Twin of [`ChaseLev`](crate::model::pool::deque::chase_lev::ChaseLev). If the owner has replaced the buffer in between, the
/// old one has never had the item: the thief returns another one again, and its own is lost. Source:
/// RUSTSEC-2021-0093 in crossbeam-deque, whose thieves kept their buffer while the positions moved on ("one or
/// more tasks in the worker queue can be popped twice instead of other tasks that are forgotten and never popped").
#[derive(Debug)]
pub struct StealFromOldBuffer;

impl Protocol for StealFromOldBuffer {
    const EARLY_BUFFER: bool = true;
}

/// The hint that there are items is written when the lock is free again.
///
/// Twin of [`Injector`](crate::model::pool::deque::injector::Injector). A consumer that has taken the last item may write its
/// "nothing" over the "one" of a later push: the item is there, and nobody looks for it until the next push.
pub struct HintOutsideTheLock<T> {
    items: Mutex<VecDeque<T>>,
    hint: AtomicUsize,
}

impl<T: Send + 'static> TryQueue<T> for HintOutsideTheLock<T> {
    fn with_capacity(_capacity: usize) -> Self {
        Self {
            items: Mutex::new(VecDeque::new()).named(format_args!("injected")),
            hint: AtomicUsize::new(0).named(format_args!("injected hint")),
        }
    }

    fn try_push(&self, item: T) -> Result<(), Full<T>> {
        let mut items = self.items.lock().unwrap();
        items.push_back(item);
        let left = items.len();
        drop(items);
        self.hint.store(left, Ordering::Relaxed);
        Ok(())
    }

    fn try_pop(&self) -> Option<T> {
        if self.hint.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let mut items = self.items.lock().unwrap();
        let item = items.pop_front();
        let left = items.len();
        drop(items);
        self.hint.store(left, Ordering::Relaxed);
        item
    }
}

impl<T> fmt::Debug for HintOutsideTheLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HintOutsideTheLock").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::pool::deque::chase_lev::Worker;
    use crate::port::Steal;

    // A twin has to work as long as nobody comes between: its bug is one of concurrency.

    fn deque_smoke<P: Protocol>() {
        let worker = <Worker<usize, P>>::new(1);
        (1..=3).for_each(|item| worker.push(item));
        assert_eq!((worker.pop(), worker.stealer().steal()), (Some(3), Steal::Success(1)));
        assert_eq!((worker.pop(), worker.pop()), (Some(2), None));
        assert_eq!(worker.stealer().steal(), Steal::Empty);
    }

    #[test]
    fn pop_without_fence_smoke() {
        deque_smoke::<PopWithoutFence>();
    }

    #[test]
    fn relaxed_bottom_smoke() {
        deque_smoke::<RelaxedBottom>();
    }

    #[test]
    fn relaxed_grow_smoke() {
        deque_smoke::<RelaxedGrow>();
    }

    #[test]
    fn read_after_claim_smoke() {
        deque_smoke::<ReadAfterClaim>();
    }

    #[test]
    fn steal_from_old_buffer_smoke() {
        deque_smoke::<StealFromOldBuffer>();
    }

    #[test]
    fn hint_outside_the_lock_smoke() {
        let queue = HintOutsideTheLock::with_capacity(1);
        assert_eq!(queue.try_push(7), Ok(()));
        assert_eq!(queue.try_push(8), Ok(()));
        assert_eq!((queue.try_pop(), queue.try_pop(), queue.try_pop()), (Some(7), Some(8), None));
    }
}

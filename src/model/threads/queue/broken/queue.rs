//! Twins of the [queue for tasks](crate::model::threads::queue::Queue): a [`Discipline`] or a [`Buffer`] with one bug each.

use crate::model::threads::lock::monitor::{Condvar, Monitor, MutexGuard};
use crate::model::threads::queue::{Buffer, Discipline, Fifo, Patience};
use crate::port::Order;

/// A caller whose hook panics keeps the wake-up that it was given.
///
/// Twin of [`Correct`](crate::model::threads::queue::Correct). As in CPython, up to 3.13 at least: two producers wait for room, a consumer makes some; the one that is woken
/// raises in `_put`, and the other one waits for ever in front of an empty queue.
#[derive(Debug)]
pub struct KeepsWakeup;

impl Discipline for KeepsWakeup {
    fn pass_on<M: Monitor>(_: &Condvar<M>) {}
}

/// Waits once: `if` in place of `while`.
///
/// Twin of [`Correct`](crate::model::threads::queue::Correct). A notified consumer finds that another one was faster, and comes back from a blocking `get` without an item.
#[derive(Debug)]
pub struct WaitsOnce;

impl Discipline for WaitsOnce {
    fn wait<'a, C, M: Monitor>(
        condvar: &Condvar<M>,
        guard: MutexGuard<'a, C, M>,
        patience: Patience,
        mut blocked: impl FnMut(&mut C) -> bool,
    ) -> MutexGuard<'a, C, M> {
        let mut guard = guard;
        match patience {
            Patience::Endless if blocked(&mut guard) => condvar.wait(guard),
            Patience::For(time) if blocked(&mut guard) => condvar.wait_timeout(guard, time).0,
            _ => guard,
        }
    }
}

/// A queue is full when it holds `maxsize` items, and not when it holds more.
///
/// Twin of [`Correct`](crate::model::threads::queue::Correct). Right until `maxsize` shrinks below what is in: then there is no limit any more.
#[derive(Debug)]
pub struct FullWhenEqual;

impl Discipline for FullWhenEqual {
    fn full(len: usize, maxsize: usize) -> bool {
        0 < maxsize && len == maxsize
    }
}

/// Shutdown wakes one waiter of each kind. The others wait for ever.
///
/// Twin of [`Correct`](crate::model::threads::queue::Correct).
#[derive(Debug)]
pub struct ShutdownWakesOne;

impl Discipline for ShutdownWakesOne {
    fn release<M: Monitor>(condvar: &Condvar<M>) {
        condvar.notify_one();
    }
}

/// The last `task_done` wakes one of those who join. The others wait for ever.
///
/// Twin of [`Correct`](crate::model::threads::queue::Correct).
#[derive(Debug)]
pub struct JoinWakesOne;

impl Discipline for JoinWakesOne {
    fn all_done<M: Monitor>(condvar: &Condvar<M>) {
        condvar.notify_one();
    }
}

/// The last `task_done` tells nobody.
///
/// Twin of [`Correct`](crate::model::threads::queue::Correct).
#[derive(Debug)]
pub struct SilentTaskDone;

impl Discipline for SilentTaskDone {
    fn all_done<M: Monitor>(_: &Condvar<M>) {}
}

/// An immediate shutdown forgets the tasks of items that have been taken out and are not yet done.
///
/// Twin of [`Correct`](crate::model::threads::queue::Correct). `join` comes back too early, and the `task_done` of a task that was under way fails.
#[derive(Debug)]
pub struct ForgetsInFlight;

impl Discipline for ForgetsInFlight {
    fn in_flight(_: usize, _: usize) -> usize {
        0
    }
}

/// An immediate shutdown drops the items while it holds the mutex.
///
/// Twin of [`Correct`](crate::model::threads::queue::Correct). An item whose `Drop` calls the queue waits for the mutex that its own thread holds.
#[derive(Debug)]
pub struct DropsUnderLock;

impl Discipline for DropsUnderLock {
    fn discard<C, B, M: Monitor>(guard: MutexGuard<'_, C, M>, drained: B) {
        drop(drained);
        drop(guard);
    }
}

/// Whoever puts an item in looks first whether somebody waits, and comes back then to put it in.
///
/// Twin of [`Correct`](crate::model::threads::queue::Correct). Who begins to wait in between is not counted, and nobody tells it that an item has come.
#[derive(Debug)]
pub struct LooksBeforePutting;

impl Discipline for LooksBeforePutting {
    const PUTS_BEFORE_LOOKING: bool = false;
}

/// The slot of the item that came out last keeps it until the next one comes out.
///
/// Twin of [`Fifo`]. What the item owns is freed late, or never.
#[derive(Debug)]
pub struct StaleSlot<T> {
    items: Fifo<T>,
    slot: Option<T>,
}

impl<T> Default for StaleSlot<T> {
    fn default() -> Self {
        Self { items: Fifo::default(), slot: None }
    }
}

impl<T: Clone> Buffer<T> for StaleSlot<T> {
    const ORDER: Order = Order::Fifo;
    type Plan = ();

    fn len(&self) -> usize {
        self.items.len()
    }

    fn plan_insert(&self, _: &T) {}

    fn insert(&mut self, item: T, (): ()) {
        self.items.insert(item, ());
    }

    fn plan_remove(&self) -> Option<()> {
        self.items.plan_remove()
    }

    fn remove(&mut self, (): ()) -> T {
        self.slot.insert(self.items.remove(())).clone()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::threads::queue::{Correct, GetError, PutError, Queue};

    /// Without company, and without panics, a twin is a queue.
    pub(in super::super) fn smoke<B: Buffer<u32>, D: Discipline>() {
        let queue = Queue::<u32, B, D>::new(2);
        for _ in 0..2 {
            queue.put(1).unwrap();
            queue.put(2).unwrap();
            assert_eq!(queue.put_nowait(3), Err(PutError::Full(3)));
            assert_eq!((queue.get(), queue.get()), (Ok(1), Ok(2)));
            assert_eq!(queue.get_nowait(), Err(GetError::Empty));
            queue.task_done().unwrap();
            queue.task_done().unwrap();
            queue.join();
        }
        queue.put(4).unwrap();
        queue.shutdown(false);
        assert_eq!((queue.get(), queue.get()), (Ok(4), Err(GetError::ShutDown)));
        queue.shutdown(true);
    }

    #[test]
    fn disciplines_smoke() {
        smoke::<Fifo<u32>, KeepsWakeup>();
        smoke::<Fifo<u32>, WaitsOnce>();
        smoke::<Fifo<u32>, FullWhenEqual>();
        smoke::<Fifo<u32>, ShutdownWakesOne>();
        smoke::<Fifo<u32>, JoinWakesOne>();
        smoke::<Fifo<u32>, SilentTaskDone>();
        smoke::<Fifo<u32>, ForgetsInFlight>();
        smoke::<Fifo<u32>, DropsUnderLock>();
        smoke::<Fifo<u32>, LooksBeforePutting>();
    }

    #[test]
    fn stale_slot_smoke() {
        smoke::<StaleSlot<u32>, Correct>();
    }
}

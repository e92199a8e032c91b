//! Twins of the [queues for tasks](super::super::queue): a [`Discipline`] or a [`Buffer`] with one bug each.

use super::super::queue::{Buffer, Discipline, Fifo, GetError, Patience};
use crate::port::Order;
use crate::sync::{Condvar, Mutex, MutexGuard};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::{Duration, Instant};

/// A caller whose hook panics keeps the wake-up that it was given.
///
/// As in CPython, up to 3.13 at least: two producers wait for room, a consumer makes some; the one that is woken
/// raises in `_put`, and the other one waits for ever in front of an empty queue.
#[derive(Debug)]
pub struct KeepsWakeup;

impl Discipline for KeepsWakeup {
    fn pass_on(_: &Condvar) {}
}

/// Waits once: `if` in place of `while`.
///
/// A notified consumer finds that another one was faster, and comes back from a blocking `get` without an item.
#[derive(Debug)]
pub struct WaitsOnce;

impl Discipline for WaitsOnce {
    fn wait<'a, C>(
        condvar: &Condvar,
        guard: MutexGuard<'a, C>,
        patience: Patience,
        mut blocked: impl FnMut(&mut C) -> bool,
    ) -> MutexGuard<'a, C> {
        let mut guard = guard;
        match patience {
            Patience::Endless if blocked(&mut guard) => condvar.wait(guard).unwrap(),
            Patience::For(time) if blocked(&mut guard) => condvar.wait_timeout(guard, time).unwrap().0,
            _ => guard,
        }
    }
}

/// A queue is full when it holds `maxsize` items, and not when it holds more.
///
/// Right until `maxsize` shrinks below what is in: then there is no limit any more.
#[derive(Debug)]
pub struct FullWhenEqual;

impl Discipline for FullWhenEqual {
    fn full(len: usize, maxsize: usize) -> bool {
        0 < maxsize && len == maxsize
    }
}

/// Shutdown wakes one waiter of each kind. The others wait for ever.
#[derive(Debug)]
pub struct ShutdownWakesOne;

impl Discipline for ShutdownWakesOne {
    fn release(condvar: &Condvar) {
        condvar.notify_one();
    }
}

/// The last `task_done` wakes one of those who join. The others wait for ever.
#[derive(Debug)]
pub struct JoinWakesOne;

impl Discipline for JoinWakesOne {
    fn all_done(condvar: &Condvar) {
        condvar.notify_one();
    }
}

/// The last `task_done` tells nobody.
#[derive(Debug)]
pub struct SilentTaskDone;

impl Discipline for SilentTaskDone {
    fn all_done(_: &Condvar) {}
}

/// An immediate shutdown forgets the tasks of items that have been taken out and are not yet done.
///
/// `join` comes back too early, and the `task_done` of a task that was under way fails.
#[derive(Debug)]
pub struct ForgetsInFlight;

impl Discipline for ForgetsInFlight {
    fn in_flight(_: usize, _: usize) -> usize {
        0
    }
}

/// An immediate shutdown drops the items while it holds the mutex.
///
/// An item whose `Drop` calls the queue waits for the mutex that its own thread holds.
#[derive(Debug)]
pub struct DropsUnderLock;

impl Discipline for DropsUnderLock {
    fn discard<C, B>(guard: MutexGuard<'_, C>, drained: B) {
        drop(drained);
        drop(guard);
    }
}

/// The heap moves first and compares then, as `heapq` does, and std's `BinaryHeap`, which this is.
///
/// A comparison that panics in `remove` loses the item that was on its way out; one that panics in `insert` leaves an
/// item inside that was never counted. And equal items come out in any order.
#[derive(Debug)]
pub struct MovesFirst<T>(BinaryHeap<Reverse<T>>);

impl<T: Ord> Default for MovesFirst<T> {
    fn default() -> Self {
        Self(BinaryHeap::new())
    }
}

impl<T: Ord> Buffer<T> for MovesFirst<T> {
    const ORDER: Order = Order::Priority;
    type Plan = ();

    fn len(&self) -> usize {
        self.0.len()
    }

    fn plan_insert(&self, _: &T) {}

    fn insert(&mut self, item: T, (): ()) {
        self.0.push(Reverse(item));
    }

    fn plan_remove(&self) -> Option<()> {
        (!self.0.is_empty()).then_some(())
    }

    fn remove(&mut self, (): ()) -> T {
        self.0.pop().expect("there is an item").0
    }
}

/// The slot of the item that came out last keeps it until the next one comes out.
///
/// What the item owns is freed late, or never.
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

/// Looks at the clock first, and then whether there is an item.
///
/// Twin of [`SimpleQueue`](super::super::queue::SimpleQueue). A `get` whose time has run out comes back without the
/// item that is there; where it was woken for that item, nobody else is.
#[derive(Debug)]
pub struct DeadlineFirst<T> {
    items: Mutex<VecDeque<T>>,
    not_empty: Condvar,
}

impl<T> DeadlineFirst<T> {
    /// An empty queue.
    pub fn new() -> Self {
        Self {
            items: Mutex::new(VecDeque::new()).named(format_args!("items")),
            not_empty: Condvar::new().named(format_args!("not empty")),
        }
    }

    /// Puts an item in.
    pub fn put(&self, item: T) {
        self.items.lock().unwrap().push_back(item);
        self.not_empty.notify_one();
    }

    /// Waits for an item, but not longer than `time`, and takes it out.
    ///
    /// # Errors
    /// The time has run out.
    pub fn get_timeout(&self, time: Duration) -> Result<T, GetError> {
        let start = Instant::now();
        let mut items = self.items.lock().unwrap();
        loop {
            let left = time.saturating_sub(start.elapsed());
            if left.is_zero() {
                return Err(GetError::Empty);
            }
            if let Some(item) = items.pop_front() {
                return Ok(item);
            }
            items = self.not_empty.wait_timeout(items, left).unwrap().0;
        }
    }
}

impl<T> DeadlineFirst<T> {
    /// The number of items at some moment of the call.
    pub fn len(&self) -> usize {
        self.items.lock().unwrap().len()
    }

    /// Whether there was no item at some moment of the call.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T> Default for DeadlineFirst<T> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::queue::{Mesa, PutError, Queue};
    use super::*;

    /// Without company, and without panics, a twin is a queue.
    fn smoke<B: Buffer<u32>, D: Discipline>() {
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
    }

    #[test]
    fn buffers_smoke() {
        smoke::<MovesFirst<u32>, Mesa>();
        smoke::<StaleSlot<u32>, Mesa>();
    }

    #[test]
    fn deadline_first_smoke() {
        let queue = DeadlineFirst::new();
        queue.put(7);
        assert_eq!(queue.get_timeout(Duration::from_secs(60)), Ok(7));
    }
}

//! A queue of tasks that one can wait for: `join` returns when all that was put is done, or was lost with a worker that died.
//!
//! The tasks lie in a ring, under a [robust lock](crate::model::processes::lock::robust). Each worker has a seat with a robust lock of its
//! own, which it holds as long as it works, and an account: how many tasks it took, how many of these have ended, and how many of those
//! were lost. What is in its hands is the difference. Where a lock says that its holder died, whoever finds it writes down that
//! what was in those hands has ended, and is lost.
//!
//! Invariant: each step is one store: a task that was put is counted by `put`, one that was taken by the account of who has it, one
//! that has ended by the same. The end of the queue is `put`, and its front is what all have taken together; so nobody can be killed
//! between a task and its count. A settlement that is broken off has happened or has not.
//!
//! What it does not do: do again what was lost. Nor does `join` end where tasks lie in the queue, and all workers are dead: another one may
//! come. Who was to wake others may be dead, so whoever waits looks again each 10 ms.
//!
//! Sources: CPython's `multiprocessing.JoinableQueue`, whose `join` hangs for ever where a worker is killed with a task in hand;
//! POSIX.1-2024, `pthread_mutex_consistent`.

use crate::model::processes::lock::robust::{Locked, NotRecoverable, RobustLock};
use crate::sync::UnsafeCell;
use crate::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use crate::sync::atomic::{AtomicU32, AtomicU64};
use crate::sync::process::point;
use crate::sync::region::{Futex, Shared};
use bytemuck::AnyBitPattern;
use std::error::Error;
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

/// Who waits looks so often by itself.
const ROUND: Duration = Duration::from_millis(10);

/// What a queue owes to who waits for its tasks.
pub trait Bookkeeping: fmt::Debug + Send + Sync + 'static {
    /// Whether what has ended is summed up before it is compared with what was put.
    const SUMS_FIRST: bool = true;
    /// Whether who joins looks who has died.
    const SETTLES: bool = true;
    /// Whether a lost task is counted before it is written down that it has ended.
    const COUNTS_FIRST: bool = false;
}

/// All of it.
#[derive(Debug)]
pub struct Exact;

impl Bookkeeping for Exact {}

/// A task was said to be done, and there was none in hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoTask;

impl fmt::Display for NoTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a task is done that nobody has taken")
    }
}

impl Error for NoTask {}

/// One task that has ended, in an account, and one that was lost.
const ENDED: u64 = 1;
const LOST: u64 = 1 << 32;

/// A worker's place.
#[repr(C)]
struct Seat {
    lock: RobustLock,
    /// Written under the queue's lock.
    took: AtomicU32,
    /// Ended tasks in the lower half, lost ones in the upper. Written under the seat's lock.
    ended: AtomicU64,
}

// SAFETY: all fields are shared.
unsafe impl Shared for Seat {}

impl Seat {
    fn new(number: usize) -> Self {
        Self {
            lock: RobustLock::new().named(format_args!("seat {number}")),
            took: AtomicU32::new(0).named(format_args!("taken by {number}")),
            ended: AtomicU64::new(0).named(format_args!("ended of {number}")),
        }
    }

    /// What was in hand is lost; whether there was something. Under the lock of the seat.
    fn settle<B: Bookkeeping>(&self) -> bool {
        // Ordering: Relaxed. Of one that died all is seen, as the kernel's mark comes after it.
        let (took, account) = (self.took.load(Relaxed), self.ended.load(Relaxed));
        let in_hand = took.wrapping_sub(account as u32);
        if in_hand == 0 {
            return false;
        }
        let lost = (account / LOST + u64::from(in_hand)) * LOST;
        if B::COUNTS_FIRST {
            self.ended.store(lost + u64::from(account as u32), Relaxed);
            point("tasks that are counted as lost");
        }
        // Ordering: Release. With `all_have_ended`: what was put has been counted.
        self.ended.store(lost + u64::from(took), Release);
        point("tasks that were settled");
        true
    }
}

/// A first-in first-out queue of at most `ROOM` tasks, for so many workers at a time, for a
/// [`Region`](crate::sync::region::Region).
///
/// ```
/// use refectory::model::processes::queue::joinable::{JoinableQueue, NoTask};
///
/// let queue = <JoinableQueue<u32, 4, 2>>::new();
/// queue.put(7);
/// queue.work(0, |worker| {
///     assert_eq!(worker.get(), 7);
///     assert_eq!(worker.task_done(), Ok(()));
///     assert_eq!(worker.task_done(), Err(NoTask));
/// });
/// queue.join();
/// assert_eq!(queue.lost(), 0);
/// ```
#[repr(C)]
pub struct JoinableQueue<T, const ROOM: usize, const WORKERS: usize, B = Exact> {
    lock: RobustLock,
    /// Tasks that were put. Written under the lock.
    put: AtomicU32,
    /// Changes where there is a task again, or room, and where tasks have ended.
    news: Futex,
    tasks: [UnsafeCell<T>; ROOM],
    seats: [Seat; WORKERS],
    books: PhantomData<fn() -> B>,
}

// SAFETY: all fields are shared.
unsafe impl<T: AnyBitPattern + Send, const ROOM: usize, const WORKERS: usize, B: Bookkeeping> Shared
    for JoinableQueue<T, ROOM, WORKERS, B>
{
}

// SAFETY: a task is read and written under the lock alone.
unsafe impl<T: Send, const ROOM: usize, const WORKERS: usize, B> Sync for JoinableQueue<T, ROOM, WORKERS, B> {}

impl<T, const ROOM: usize, const WORKERS: usize, B> JoinableQueue<T, ROOM, WORKERS, B>
where
    T: AnyBitPattern + Send,
    B: Bookkeeping,
{
    /// An empty queue.
    #[track_caller]
    pub fn new() -> Self {
        const { assert!(ROOM.is_power_of_two(), "positions go round") };
        Self {
            lock: RobustLock::new().named(format_args!("queue")),
            put: AtomicU32::new(0).named(format_args!("put")),
            news: Futex::new(0).named(format_args!("news")),
            tasks: std::array::from_fn(|_| UnsafeCell::new(T::zeroed())),
            seats: std::array::from_fn(Seat::new),
            books: PhantomData,
        }
    }

    /// Puts a task, and waits for room.
    pub fn put(&self, task: T) {
        self.until(B::SETTLES, || self.try_put(task).then_some(()));
    }

    /// Puts a task if there is room; whether there was.
    pub fn try_put(&self, task: T) -> bool {
        let (is_put, is_first) = self.locked(|| {
            let put = self.put.load(Relaxed);
            let there = put.wrapping_sub(self.taken());
            let has_room = there < ROOM as u32;
            if has_room {
                // SAFETY: nobody reads the place, as it is behind the end of the queue.
                self.tasks[put as usize % ROOM].with_mut(|place| unsafe { *place = task });
                point("a task that is not counted");
                // Ordering: Relaxed. What is taken is so under the lock; and with `all_have_ended` by way of who ends it.
                self.put.store(put.wrapping_add(1), Relaxed);
                point("a task that was put");
            }
            (has_room, there == 0)
        });
        // Who waits for a task has found none since.
        if is_put && is_first {
            self.tell();
        }
        is_put
    }

    /// Works at a seat, while `body` runs; waits for whoever does so. What it has in hand at the end is lost.
    ///
    /// # Panics
    /// If there is no such seat.
    pub fn work<R>(&self, seat: usize, body: impl FnOnce(&mut Worker<'_, T, ROOM, WORKERS, B>) -> R) -> R {
        let seat = &self.seats[seat];
        let worked = seat.lock.lock(|found| {
            settled::<B>(seat, found);
            let done = body(&mut Worker { queue: self, seat });
            if seat.settle::<B>() {
                self.tell();
            }
            done
        });
        worked.unwrap_or_else(|lost| unrepaired(lost))
    }

    /// Waits until all that was put is done, or was lost with its worker.
    pub fn join(&self) {
        self.until(B::SETTLES, || {
            if self.all_have_ended() {
                return Some(());
            }
            if B::SETTLES {
                self.settle();
                return self.all_have_ended().then_some(());
            }
            None
        });
    }

    /// How many tasks were lost with their workers, as far as it is known: who joins, or works at the same seat, finds them.
    #[must_use]
    pub fn lost(&self) -> u32 {
        // Ordering: Relaxed. A count.
        self.seats.iter().map(|seat| (seat.ended.load(Relaxed) / LOST) as u32).sum()
    }

    /// The ends of tasks are counted before what was put: there are never more of the first, so that they are as many only
    /// where at some instant in between all had ended.
    fn all_have_ended(&self) -> bool {
        // Ordering: Relaxed. It is read after the accounts, by Acquire.
        let put = || self.put.load(Relaxed);
        // Ordering: Acquire. With who ends a task: what it did, and that the task was put.
        let ended =
            || self.seats.iter().fold(0, |all: u32, seat| all.wrapping_add(seat.ended.load(Acquire) as u32));
        if B::SUMS_FIRST {
            let ended = ended();
            ended == put()
        } else {
            let put = put();
            put == ended()
        }
    }

    /// What the dead had in hand is lost.
    fn settle(&self) {
        for seat in &self.seats {
            let found = seat.lock.try_lock(|found| settled::<B>(seat, found));
            found.unwrap_or_else(|lost| unrepaired(lost));
        }
    }

    /// How many were taken: the front of the queue. Under the lock.
    fn taken(&self) -> u32 {
        self.seats.iter().fold(0, |all: u32, seat| all.wrapping_add(seat.took.load(Relaxed)))
    }

    fn locked<R>(&self, body: impl FnOnce() -> R) -> R {
        let held = self.lock.lock(|found| {
            if let Locked::OwnerDied(left) = found {
                // All that is written here is one store.
                left.consistent();
            }
            body()
        });
        held.unwrap_or_else(|lost| unrepaired(lost))
    }

    /// Looks until there is something. Woken by `tell`, or with `rounds` by the clock.
    fn until<R>(&self, rounds: bool, mut look: impl FnMut() -> Option<R>) -> R {
        loop {
            // Ordering: Acquire. With `tell`: what has happened before is found.
            let seen = self.news.load(Acquire);
            if let Some(found) = look() {
                return found;
            }
            if rounds {
                self.news.wait_timeout(seen, ROUND);
            } else {
                self.news.wait(seen);
            }
        }
    }

    fn tell(&self) {
        // Ordering: Release. With `until`.
        self.news.fetch_add(1, Release);
        self.news.wake_all();
    }
}

/// Who gets a seat from the dead settles what that had in hand.
fn settled<B: Bookkeeping>(seat: &Seat, found: Locked<'_>) {
    if let Locked::OwnerDied(left) = found {
        seat.settle::<B>();
        left.consistent();
    }
}

/// Who comes repairs first.
fn unrepaired(lost: NotRecoverable) -> ! {
    unreachable!("{lost}")
}

impl<T: AnyBitPattern + Send, const ROOM: usize, const WORKERS: usize, B: Bookkeeping> Default
    for JoinableQueue<T, ROOM, WORKERS, B>
{
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl<T, const ROOM: usize, const WORKERS: usize, B> fmt::Debug for JoinableQueue<T, ROOM, WORKERS, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinableQueue")
            .field("room", &ROOM)
            .field("workers", &WORKERS)
            .finish_non_exhaustive()
    }
}

/// Who works at a seat.
#[derive(Debug)]
pub struct Worker<'a, T, const ROOM: usize, const WORKERS: usize, B = Exact> {
    queue: &'a JoinableQueue<T, ROOM, WORKERS, B>,
    seat: &'a Seat,
}

impl<T, const ROOM: usize, const WORKERS: usize, B> Worker<'_, T, ROOM, WORKERS, B>
where
    T: AnyBitPattern + Send,
    B: Bookkeeping,
{
    /// Takes a task, and waits for one.
    pub fn get(&mut self) -> T {
        self.queue.until(true, || self.try_get())
    }

    /// Takes a task if there is one.
    pub fn try_get(&mut self) -> Option<T> {
        let (queue, seat) = (self.queue, self.seat);
        let taken = queue.locked(|| {
            let front = queue.taken();
            let there = queue.put.load(Relaxed).wrapping_sub(front);
            (there > 0).then(|| {
                // SAFETY: nobody writes to the place, as the task is in the queue.
                let task = queue.tasks[front as usize % ROOM].with(|place| unsafe { *place });
                // Ordering: Relaxed. Under the lock.
                seat.took.store(seat.took.load(Relaxed).wrapping_add(1), Relaxed);
                point("a task in hand");
                (task, there == ROOM as u32)
            })
        });
        // Who waits for room has found none since.
        if taken.is_some_and(|(_, was_full)| was_full) {
            queue.tell();
        }
        taken.map(|(task, _)| task)
    }

    /// A task that was taken is done.
    ///
    /// # Errors
    /// All that were taken have ended.
    pub fn task_done(&mut self) -> Result<(), NoTask> {
        // Ordering: Relaxed. Nobody else writes them as long as this one has the seat.
        let account = self.seat.ended.load(Relaxed);
        if self.seat.took.load(Relaxed) == account as u32 {
            return Err(NoTask);
        }
        point("a task that is to be done");
        // Ordering: Release. With `all_have_ended`: who joins sees what was done.
        self.seat.ended.store(account + ENDED, Release);
        point("a task that is done");
        self.queue.tell();
        Ok(())
    }
}

impl fmt::Debug for Seat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seat").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    #[test]
    fn what_a_worker_leaves_is_lost() {
        let queue = <JoinableQueue<u8, 2, 1>>::new();
        assert!(queue.try_put(1) && queue.try_put(2) && !queue.try_put(3));
        queue.work(0, |worker| assert_eq!(worker.get(), 1));
        assert_eq!(queue.lost(), 1);
        let dies = || queue.work(0, |worker| panic!("with task {}", worker.get()));
        assert!(catch_unwind(AssertUnwindSafe(dies)).is_err());
        queue.join();
        assert_eq!(queue.lost(), 2);
    }
}

//! Where the idle workers of a pool sleep, and how they are woken.
//!
//! A worker that finds nothing to do *announces* that it is about to sleep, *looks again*, and only then
//! *parks*. Whoever puts a task in looks for such a worker afterwards, and wakes it. Each side writes first and
//! looks then, with a SeqCst fence between the two: so either the one who puts in sees the sleeper, or the sleeper
//! sees the task. Without the second look both may miss, and the task is never run: the twin
//! [`NoSecondLook`](crate::model::pool::deque::broken::NoSecondLook).
//!
//! Invariant: `awake` workers run tasks, look for some, or have a wake-up to come; all others sleep, and none of them
//! while there is a task. So when the pool is closed and nobody is awake, all is done, and the workers leave. They
//! stay until then even if they have nothing to do: a task that still runs may put in others.
//!
//! Source: the "idle" protocol of pools such as rayon's (Niko Matsakis, RFC 5, "New sleep algorithm", 2019) and
//! tokio's, in its simplest form.

use crate::sync::atomic::{AtomicUsize, Ordering, fence};
use crate::sync::{Condvar, Mutex};
use std::fmt;
use std::marker::PhantomData;

/// What a worker does before it parks.
pub trait BeforeParking: Send + Sync + 'static {
    /// It looks again for tasks when it has announced that it is about to sleep.
    const SECOND_LOOK: bool;
}

/// The right way.
#[derive(Debug)]
pub struct SecondLook;

impl BeforeParking for SecondLook {
    const SECOND_LOOK: bool = true;
}

/// The beds of a pool's workers.
pub(super) struct Idle<B> {
    beds: Mutex<Beds>,
    wake: Condvar,
    /// Their number, for those who look without the lock.
    sleepers: AtomicUsize,
    before_parking: PhantomData<B>,
}

struct Beds {
    /// All workers that are there.
    workers: usize,
    /// Those that do not sleep, or have been woken.
    awake: usize,
    /// Wake-ups that nobody has taken yet.
    wake_ups: usize,
    closed: bool,
}

impl Beds {
    /// Nobody puts tasks in any more, neither from outside nor from a task.
    const fn over(&self) -> bool {
        self.closed && self.awake == 0
    }
}

/// Why a worker is awake again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Awake {
    /// There may be a task.
    ToWork,
    /// There will be no task any more.
    ToLeave,
}

impl<B: BeforeParking> Idle<B> {
    pub(super) fn new(workers: usize) -> Self {
        let beds = Beds { workers, awake: workers, wake_ups: 0, closed: false };
        Self {
            beds: Mutex::new(beds).named(format_args!("beds")),
            wake: Condvar::new().named(format_args!("wake")),
            sleepers: AtomicUsize::new(0).named(format_args!("sleepers")),
            before_parking: PhantomData,
        }
    }

    /// Sleeps until somebody has put a task in, or all is done. `has_task` looks whether there is one.
    pub(super) fn sleep(&self, has_task: impl FnOnce() -> bool) -> Awake {
        let mut beds = self.beds.lock().unwrap();
        beds.awake -= 1;
        self.count_sleepers(&beds);
        // Ordering: SeqCst because each side writes and then looks at what the other wrote. The partner is the
        // fence in `wake_one`: if that one is later, it sees the sleeper; if earlier, `has_task` sees the task.
        fence(Ordering::SeqCst);
        if B::SECOND_LOOK && has_task() {
            beds.awake += 1;
            self.count_sleepers(&beds);
            return Awake::ToWork;
        }
        self.wake_all_if_over(&beds);
        // Woken by `wake_one`, after a task was put in, or by whoever sees that all is over.
        let mut beds = self.wake.wait_while(beds, |beds| beds.wake_ups == 0 && !beds.over()).unwrap();
        if beds.wake_ups == 0 {
            return Awake::ToLeave;
        }
        beds.wake_ups -= 1;
        Awake::ToWork
    }

    /// Wakes a sleeper, if there is one. To be called after each task that is put in.
    pub(super) fn wake_one(&self) {
        // Ordering: SeqCst, the partner of the fence in `sleep`, which says why.
        fence(Ordering::SeqCst);
        // Relaxed: the fences do the ordering, and the lock tells the truth.
        if self.sleepers.load(Ordering::Relaxed) == 0 {
            return;
        }
        let mut beds = self.beds.lock().unwrap();
        if beds.awake < beds.workers {
            beds.awake += 1;
            beds.wake_ups += 1;
            self.count_sleepers(&beds);
            self.wake.notify_one();
        }
    }

    /// No more tasks come from outside.
    pub(super) fn close(&self) {
        let mut beds = self.beds.lock().unwrap();
        beds.closed = true;
        self.wake_all_if_over(&beds);
    }

    /// A worker goes for good, though not all may be over.
    pub(super) fn leave(&self) {
        let mut beds = self.beds.lock().unwrap();
        // Or else it would count as a sleeper: a lock and a useless look for each task, though no more than that.
        beds.workers -= 1;
        beds.awake -= 1;
        self.wake_all_if_over(&beds);
    }

    fn wake_all_if_over(&self, beds: &Beds) {
        if beds.over() {
            self.wake.notify_all();
        }
    }

    fn count_sleepers(&self, beds: &Beds) {
        // Relaxed: see `wake_one`. To count too many costs a lock that was not needed, to count too few a wake-up.
        self.sleepers.store(beds.workers - beds.awake, Ordering::Relaxed);
    }
}

impl<B> fmt::Debug for Idle<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Idle").finish_non_exhaustive()
    }
}

//! What threads share, as `loom::sync`.

use refectory::sync::Futex;

pub use refectory::sync::{
    Arc, Barrier, BarrierWaitResult, Condvar, LockResult, Mutex, MutexGuard, PoisonError, RwLock,
    RwLockReadGuard, RwLockWriteGuard, TryLockError, TryLockResult, WaitTimeoutResult, Weak, mpsc,
};

/// Atomics, as `loom::sync::atomic`.
pub mod atomic {
    pub use refectory::sync::atomic::{
        AtomicBool, AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicIsize, AtomicPtr, AtomicU8, AtomicU16,
        AtomicU32, AtomicU64, AtomicUsize, Ordering, fence,
    };

    /// Tells that the thread waits for something to change.
    #[track_caller]
    pub fn spin_loop_hint() {
        crate::hint::spin_loop();
    }
}

/// A notification that one thread waits for. One that comes first is kept.
///
/// ```
/// use loom::sync::{Arc, Notify};
///
/// loom::model(|| {
///     let bell = Arc::new(Notify::new());
///     let other = Arc::clone(&bell);
///     loom::thread::spawn(move || other.notify());
///     bell.wait();
/// });
/// ```
#[derive(Debug)]
pub struct Notify {
    /// 1 where a notification has come that nobody has taken.
    rung: Futex,
}

impl Notify {
    /// Nobody has been notified.
    #[track_caller]
    pub fn new() -> Self {
        Self { rung: Futex::new(0) }
    }

    /// Notifies the thread that waits, or the one that will.
    #[track_caller]
    pub fn notify(&self) {
        // Ordering: Release, for the Acquire in `wait`.
        self.rung.swap(1, atomic::Ordering::Release);
        self.rung.wake_one();
    }

    /// Waits for a notification, and takes it. Woken by [`notify`](Self::notify).
    #[track_caller]
    pub fn wait(&self) {
        // Ordering: Acquire, of the Release in `notify`.
        while self.rung.swap(0, atomic::Ordering::Acquire) == 0 {
            self.rung.wait(0);
        }
    }
}

impl Default for Notify {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

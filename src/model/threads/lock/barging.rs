//! A lock that is cheap to release: a newcomer may overtake who waits, who waits looks a while before it sleeps, and who
//! releases writes one word and looks at another.
//!
//! A lock on a futex whose one word says also whether somebody sleeps ([`futex`](super::futex)) has to exchange it at
//! each release, which costs as much as the acquisition. Here `held` says whether it is held, and `sleepy` whether somebody may sleep, who
//! has to be woken. Who releases writes the one and then reads the other; who goes to sleep writes the other and
//! then reads the one. So that they do not miss each other there is a fence in between, an
//! [asymmetric] one: dear for who is about to sleep anyway, cheap for who releases.
//!
//! Invariant: while a thread sleeps and `sleepy` is not set, a thread that was woken is on its way. Therefore who sleeps
//! waits for `sleepy` to be taken back, and not for the lock; and who was woken sets it again when it has the
//! lock, because it does not know whether it was the only one.
//!
//! It is not fair, and that is why it is fast: a thread that finds the lock taken looks again at growing intervals, in
//! which the holder comes and goes many times without a line of the cache changing hands. A thread may be overtaken for ever.
//! Only its holder releases it.
//!
//! Source: the barging of D. Lea's `AbstractQueuedSynchronizer`, "The java.util.concurrent synchronizer framework", 2005; the
//! growing intervals of Thomas E. Anderson, "The performance of spin lock alternatives for shared-memory
//! multiprocessors", 1990; the two words are Dekker's, with the fences of David Dice, Hui Huang, Mingyao Yang, "Asymmetric Dekker
//! synchronization", 2001.

use crate::port::RawLock;
use crate::sync::Futex;
use crate::sync::asymmetric::{self, heavy_fence, light_fence};
use crate::sync::atomic::AtomicU32;
use crate::sync::atomic::Ordering::{self, Acquire, Relaxed, Release};
use crate::sync::hint::Pauses;
use std::fmt;
use std::marker::PhantomData;

/// Nobody holds the lock.
const FREE: u32 = 0;
/// Somebody holds it.
const HELD: u32 = 1;

/// Nobody sleeps, except those for whom a woken one will see to it.
const AWAKE: u32 = 0;
/// Somebody sleeps or is about to.
const SLEEPY: u32 = 1;

/// What a thread that finds the lock taken does before it sleeps: 20 µs of spinning, and then the holder is perhaps not running.
const PAUSES: Pauses = Pauses::spinning(3).then_yielding(10);

/// How the lock is handed on.
pub trait Handoff: fmt::Debug + Send + Sync + 'static {
    /// The ordering of a release. It is for the Acquire of the next holder.
    const RELEASE: Ordering = Release;

    /// Whether who releases looks whether somebody sleeps.
    const LOOKS_FOR_SLEEPERS: bool = true;

    /// Whether who goes to sleep places a fence between what it says and what it reads.
    const FENCES: bool = true;

    /// Whether who was woken sees to it that others are, too.
    const PASSES_ON: bool = true;
}

/// As it should be.
#[derive(Debug)]
pub struct Correct;

impl Handoff for Correct {}

/// A lock for which who comes at the right moment need not wait.
///
/// ```
/// use refectory::model::threads::lock::barging::Lock;
/// use refectory::port::RawLock;
///
/// let lock: Lock = Lock::new();
/// lock.lock();
/// assert!(!lock.try_lock());
/// lock.unlock();
/// assert!(lock.try_lock());
/// ```
#[derive(Debug)]
pub struct Lock<H = Correct> {
    held: AtomicU32,
    sleepy: Futex,
    handoff: PhantomData<H>,
}

impl<H: Handoff> Lock<H> {
    /// A free lock, which traces call by this name.
    #[track_caller]
    pub fn named(name: fmt::Arguments<'_>) -> Self {
        asymmetric::prepare();
        Self {
            held: AtomicU32::new(FREE).named(name),
            sleepy: Futex::new(AWAKE).named(format_args!("{name}'s sleepers")),
            handoff: PhantomData,
        }
    }

    /// Woken by [`unlock`](RawLock::unlock).
    #[cold]
    fn lock_contended(&self) {
        if self.spin() {
            return;
        }
        loop {
            // Ordering: Relaxed; the fence orders it before the look at the lock. It is an exchange, so that it comes after
            // that of who takes back what was said before.
            self.sleepy.swap(SLEEPY, Relaxed);
            if H::FENCES {
                heavy_fence();
            }
            // It stays sleepy where this thread now has the lock, for others may sleep.
            if self.try_lock() {
                return;
            }
            self.sleepy.wait(SLEEPY);
            if self.try_lock() || self.spin() {
                if H::PASSES_ON {
                    // Ordering: Relaxed; it is for the release by this thread itself.
                    self.sleepy.swap(SLEEPY, Relaxed);
                }
                return;
            }
        }
    }

    /// Looks at growing intervals whether the lock is free; whether it was taken then.
    fn spin(&self) -> bool {
        let mut pauses = PAUSES;
        while pauses.pause() {
            // Ordering: Relaxed; the lock is taken by a compare-exchange.
            if self.held.load(Relaxed) == FREE && self.try_lock() {
                return true;
            }
        }
        false
    }

    /// Wakes a sleeper, if nobody else does.
    #[cold]
    fn wake(&self) {
        // Ordering: Relaxed; who sleeps compares the word once more under the lock of the system's table, which
        // the wake-up takes as well.
        if self.sleepy.swap(AWAKE, Relaxed) == SLEEPY {
            self.sleepy.wake_one();
        }
    }
}

impl<H: Handoff> RawLock for Lock<H> {
    fn new() -> Self {
        Self::named(format_args!("lock"))
    }

    #[inline]
    fn lock(&self) {
        if !self.try_lock() {
            self.lock_contended();
        }
    }

    #[inline]
    fn try_lock(&self) -> bool {
        // Ordering: Acquire, of the Release in `unlock`: what was done under the lock is visible.
        self.held.compare_exchange(FREE, HELD, Acquire, Relaxed).is_ok()
    }

    #[inline]
    fn unlock(&self) {
        // Ordering: Release, for the Acquire of the next holder.
        self.held.store(FREE, H::RELEASE);
        light_fence();
        // Ordering: Relaxed; the fence orders it after the release.
        if H::LOOKS_FOR_SLEEPERS && self.sleepy.load(Relaxed) == SLEEPY {
            self.wake();
        }
    }
}

impl<H: Handoff> Default for Lock<H> {
    #[track_caller]
    fn default() -> Self {
        <Self as RawLock>::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::thread;
    use std::sync::Arc;
    use std::sync::atomic::AtomicU32;

    #[test]
    fn smoke() {
        let lock: Lock = Lock::default();
        assert!(lock.try_lock());
        assert!(!lock.try_lock());
        lock.unlock();
        assert!(lock.try_lock());
    }

    #[test]
    fn critical_sections_do_not_overlap() {
        let shared = Arc::new((Lock::<Correct>::default(), AtomicU32::new(0)));
        let threads = [(); 4].map(|()| {
            let shared = shared.clone();
            thread::spawn(move || {
                for _ in 0..1_000 {
                    shared.0.lock();
                    assert_eq!(shared.1.fetch_add(1, Relaxed), 0);
                    shared.1.fetch_sub(1, Relaxed);
                    shared.0.unlock();
                }
            })
        });
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert!(shared.0.try_lock());
    }
}

//! A pair of fences of which one is cheap, because the other one is dear.
//!
//! Two threads that each write a word and then read the other's have to place a sequentially consistent fence in between, or both may
//! miss what the other one wrote. Where one of them does so often and the other one seldom, as a thread that
//! releases a lock and one that goes to sleep, the seldom one can ask the system to run a fence on every processor
//! that runs a thread of this process; the other one must only keep the compiler from exchanging the two accesses.
//!
//! Invariant: of a light and a heavy fence one comes first, and what is written before it is seen by what is read
//! after the other one. Nothing is said of two light ones.
//!
//! On Linux the heavy fence is `membarrier`. Where there is none, both are `fence(SeqCst)`, and so they are under an
//! engine, which knows no processors: what is proved there needs no more than that.
//!
//! Source: David Goldblatt, "P1202R5: Asymmetric fences", 2023; Mathieu Desnoyers, `membarrier(2)`, Linux 4.14, 2017.

use super::atomic::{Ordering::SeqCst, fence};
#[cfg(feature = "instrumented")]
use super::is_modelled;
use membarrier::{barrier, is_ready};

/// The fence of the one who passes it often. It pairs with [`heavy_fence`] alone.
///
/// ```
/// use refectory::sync::Arc;
/// use refectory::sync::asymmetric::{heavy_fence, light_fence};
/// use refectory::sync::atomic::{AtomicBool, Ordering::Relaxed};
/// use refectory::sync::thread;
///
/// let words = Arc::new([AtomicBool::new(false), AtomicBool::new(false)]);
/// let often = thread::spawn({
///     let words = Arc::clone(&words);
///     move || {
///         words[0].store(true, Relaxed);
///         light_fence();
///         words[1].load(Relaxed)
///     }
/// });
/// words[1].store(true, Relaxed);
/// heavy_fence();
/// let seen = words[0].load(Relaxed);
/// assert!(often.join().unwrap() || seen);
/// ```
#[track_caller]
#[inline]
pub fn light_fence() {
    #[cfg(feature = "instrumented")]
    if is_modelled() {
        return fence(SeqCst);
    }
    if is_ready() {
        std::sync::atomic::compiler_fence(SeqCst);
    } else {
        fence(SeqCst);
    }
}

/// The fence of the one who passes it seldom: natively a system call, of about a microsecond. It pairs with [`light_fence`]
/// and with itself.
#[track_caller]
pub fn heavy_fence() {
    #[cfg(feature = "instrumented")]
    if is_modelled() {
        return fence(SeqCst);
    }
    prepare();
    if is_ready() {
        barrier();
    }
    fence(SeqCst);
}

/// Makes light fences cheap from now on, if the system can. Whoever makes an object that passes light fences
/// calls it; the first heavy fence does so as well.
#[inline]
pub fn prepare() {
    membarrier::prepare();
}

#[cfg(all(target_os = "linux", any(feature = "cli", feature = "processes"), not(miri)))]
mod membarrier {
    use rustix::thread::{MembarrierCommand, membarrier};
    use std::sync::Once;
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

    /// Whether the process is registered. It stays so, also in the child of a `fork`.
    static READY: AtomicBool = AtomicBool::new(false);

    /// Whether a light fence may rely on the system.
    #[inline]
    pub(super) fn is_ready() -> bool {
        // Ordering: Relaxed. A light fence that still finds false is a full one, which is right as well.
        READY.load(Relaxed)
    }

    /// Registers the process, once.
    #[inline]
    pub(super) fn prepare() {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            let registered = membarrier(MembarrierCommand::RegisterPrivateExpedited);
            // Ordering: Relaxed; the `Once` orders it before every heavy fence.
            READY.store(registered.is_ok(), Relaxed);
        });
    }

    /// A fence on every processor that runs a thread of this process.
    ///
    /// # Panics
    /// If the system refuses what it has promised: light fences would order nothing.
    #[cold]
    pub(super) fn barrier() {
        membarrier(MembarrierCommand::PrivateExpedited).expect("the process is registered");
    }
}

#[cfg(not(all(target_os = "linux", any(feature = "cli", feature = "processes"), not(miri))))]
mod membarrier {
    #[inline]
    pub(super) fn is_ready() -> bool {
        false
    }

    #[inline]
    pub(super) fn prepare() {}

    pub(super) fn barrier() {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::atomic::{AtomicUsize, Ordering::Relaxed};
    use crate::sync::thread;
    use std::sync::Arc;

    /// Each round has a number, so that the two may be in different ones: who sees less than its own round has
    /// come before the other one's write.
    #[test]
    fn one_of_two_sees_the_other() {
        const ROUNDS: usize = 2_000;
        let words = Arc::new([0; 2].map(AtomicUsize::new));
        prepare();
        let side = |mine: usize, pass: fn()| {
            let words = words.clone();
            thread::spawn(move || {
                let round = |round| {
                    words[mine].store(round, Relaxed);
                    pass();
                    words[1 - mine].load(Relaxed)
                };
                (1..=ROUNDS).map(round).collect::<Vec<_>>()
            })
        };
        let [light, heavy] = [side(0, light_fence), side(1, heavy_fence)].map(|side| side.join().unwrap());
        for (round, &seen) in (1..).zip(&light) {
            // The heavy side's next round has begun after this light one, so it has seen it.
            if let Some(&later) = heavy.get(seen) {
                assert!(later >= round, "round {round} saw {seen}, whose next one saw {later}");
            }
        }
    }
}

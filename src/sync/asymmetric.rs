//! A pair of fences of which one is cheap, because the other one is dear.
//!
//! Two threads that each write a word and then read the other's have to place a sequentially consistent fence in between, or both may
//! miss what the other one wrote. Where one of them does so often and the other one seldom, as a thread that
//! releases a lock and one that goes to sleep, the seldom one can ask the system to run a fence on every processor
//! that runs a thread of this process; the other one must only keep the compiler from exchanging the two accesses.
//!
//! Invariant: of a light and a heavy fence one comes first, and what is written before it is seen by what is read
//! after the other one. Nothing is said of two light ones, nor of a pair of which one is
//! [`between processes`](between_processes) and one is not.
//!
//! On Linux the heavy fence is `membarrier`. Where there is none, both are `fence(SeqCst)`, and so they are under an
//! engine, which knows no processors: what is proved there needs no more than that.
//!
//! Source: David Goldblatt, "P1202R5: Asymmetric fences", 2023; Mathieu Desnoyers, `membarrier(2)`, Linux 4.14, 2017.

use super::atomic::{Ordering::SeqCst, fence};
#[cfg(feature = "instrumented")]
use super::is_modelled;
use membarrier::{ALL, OWN, Processes};

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
    light(&OWN);
}

/// The fence of the one who passes it seldom: natively a system call, of about a microsecond. It pairs with [`light_fence`]
/// and with itself.
#[track_caller]
pub fn heavy_fence() {
    heavy(&OWN);
}

/// Makes light fences cheap from now on, if the system can. Whoever makes an object that passes light fences
/// calls it; the first heavy fence does so as well.
#[inline]
pub fn prepare() {
    OWN.prepare();
}

/// The same between threads of processes that share memory. The heavy fence runs on every processor on which there is a
/// thread of a process that has prepared itself, of whatever program.
pub mod between_processes {
    use super::{ALL, heavy, light};

    /// As [`light_fence`](super::light_fence).
    #[track_caller]
    #[inline]
    pub fn light_fence() {
        light(&ALL);
    }

    /// As [`heavy_fence`](super::heavy_fence).
    #[track_caller]
    pub fn heavy_fence() {
        heavy(&ALL);
    }

    /// Makes light fences of this process cheap from now on, if the system can. Each process does so for itself.
    #[inline]
    pub fn prepare() {
        ALL.prepare();
    }
}

#[track_caller]
#[inline]
fn light(processes: &Processes) {
    #[cfg(feature = "instrumented")]
    if is_modelled() {
        return fence(SeqCst);
    }
    if processes.is_ready() {
        std::sync::atomic::compiler_fence(SeqCst);
    } else {
        fence(SeqCst);
    }
}

#[track_caller]
fn heavy(processes: &Processes) {
    #[cfg(feature = "instrumented")]
    if is_modelled() {
        return fence(SeqCst);
    }
    processes.prepare();
    if processes.is_ready() {
        processes.barrier();
    }
    fence(SeqCst);
}

#[cfg(all(target_os = "linux", any(feature = "cli", feature = "processes"), not(miri)))]
mod membarrier {
    use rustix::thread::{MembarrierCommand, membarrier};
    use std::sync::Once;
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

    /// Whose processors a heavy fence reaches.
    pub(super) struct Processes {
        once: Once,
        /// Whether the process is registered. It stays so, also in the child of a `fork`.
        is_ready: AtomicBool,
        register: MembarrierCommand,
        barrier: MembarrierCommand,
    }

    /// Those that run a thread of this process.
    pub(super) static OWN: Processes =
        Processes::new(MembarrierCommand::RegisterPrivateExpedited, MembarrierCommand::PrivateExpedited);

    /// Those that run a thread of any process that is registered.
    pub(super) static ALL: Processes =
        Processes::new(MembarrierCommand::RegisterGlobalExpedited, MembarrierCommand::GlobalExpedited);

    impl Processes {
        const fn new(register: MembarrierCommand, barrier: MembarrierCommand) -> Self {
            Self { once: Once::new(), is_ready: AtomicBool::new(false), register, barrier }
        }

        /// Whether a light fence may rely on the system.
        #[inline]
        pub(super) fn is_ready(&self) -> bool {
            // Ordering: Relaxed. A light fence that still finds false is a full one, which is right as well.
            self.is_ready.load(Relaxed)
        }

        /// Registers the process, once.
        #[inline]
        pub(super) fn prepare(&self) {
            self.once.call_once(|| {
                // Ordering: Relaxed; the `Once` orders it before every heavy fence.
                self.is_ready.store(membarrier(self.register).is_ok(), Relaxed);
            });
        }

        /// A fence on each of these processors.
        ///
        /// # Panics
        /// If the system refuses what it has promised: light fences would order nothing.
        #[cold]
        pub(super) fn barrier(&self) {
            membarrier(self.barrier).expect("the process is registered");
        }
    }
}

#[cfg(not(all(target_os = "linux", any(feature = "cli", feature = "processes"), not(miri))))]
mod membarrier {
    pub(super) struct Processes;

    pub(super) static OWN: Processes = Processes;
    pub(super) static ALL: Processes = Processes;

    impl Processes {
        #[inline]
        pub(super) fn is_ready(&self) -> bool {
            false
        }

        #[inline]
        pub(super) fn prepare(&self) {}

        pub(super) fn barrier(&self) {}
    }
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
        one_sees_the_other(prepare, light_fence, heavy_fence);
    }

    #[test]
    fn so_it_is_between_processes() {
        one_sees_the_other(
            between_processes::prepare,
            between_processes::light_fence,
            between_processes::heavy_fence,
        );
    }

    fn one_sees_the_other(prepare: fn(), light_fence: fn(), heavy_fence: fn()) {
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

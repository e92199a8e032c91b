//! Noise: threads on real cores dawdle before operations of the facade, so that rare schedules are met sooner.
//!
//! Without the feature `noise` there is no code for it. With it nothing happens until [`seed`] is called, and never under an engine, which
//! knows every schedule anyway. What a thread does is drawn from the seed and its number; what comes of that is the system's affair.
//!
//! Rounds until a twin was caught, the median of three seeds, on two busy cores (`refectory stress TWIN --until-failure --rounds 1000`, and with `--no-noise`):
//!
//! | twin | with noise | without |
//! |---|---|---|
//! | `gil/lock/cpython~waits_late` | 77 | more than 1,000 |
//! | `pool/executor/thread_pool~looks_then_spawns` | 9 | 113 |
//! | `threads/queue/bounded.try~check_then_act` | 7 | 41 |
//! | `threads/queue/bounded~notify_one_for_all` | 3 | 10 |
//! | `threads/table/ordered~left_first` | 5 | 8 |
//! | `channels/queue/channel~wakes_first`, `coroutines/queue/queue.impatient~takes_then_waits` | 1 | 1 |
//! | `pool/deque/chase_lev~pop_without_fence` | more than 1,000 | 137 |
//! | `actors/queue/mailbox~sleeps_unseen` | more than 1,000 | more than 1,000 |
//!
//! `pop_without_fence` leaves a store in its core's buffer for some nanoseconds, and noise gives it the time to come out. So every other round of a campaign is
//! quiet, of those with noise here as well.
//!
//! Orit Edelstein, Eitan Farchi, Yarden Nir, Gil Ratsaby, Shmuel Ur, "Multithreaded Java program test generation", 2002 (ConTest).

#[cfg(feature = "noise")]
mod loud {
    use std::cell::Cell;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    /// 0 is silence.
    static SEED: AtomicU64 = AtomicU64::new(0);
    /// Sleeps that have begun, and those that have ended.
    static RESTS: AtomicU64 = AtomicU64::new(0);
    static RESTED: AtomicU64 = AtomicU64::new(0);
    /// Numbers the threads that nobody has numbered.
    static THREADS: AtomicU64 = AtomicU64::new(0);

    thread_local! {
        /// The state of the thread's generator; 0 before its first draw.
        static STATE: Cell<u64> = const { Cell::new(0) };
        /// Whether it is one of those that a round has started, and that end with it.
        static OF_A_ROUND: Cell<bool> = const { Cell::new(false) };
    }

    /// Odd, so that no thread's state is 0, and far from each other.
    const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;
    /// The longest sleep, in microseconds.
    const SLEEP: u64 = 50;
    /// The longest spin, in turns of a loop.
    const SPIN: u64 = 200;
    /// The lowest priority, as a nice value: next to a thread of the usual one it has a tenth of a processor.
    const NICE: u64 = 10;

    /// From now on threads dawdle as this seed says; with 0, none does.
    pub fn seed(seed: u64) {
        // Ordering: the seed stands for itself.
        SEED.store(seed, Ordering::Relaxed);
    }

    /// The calling thread is the one of this number.
    pub fn is_thread(number: usize) {
        STATE.set(state(SEED.load(Ordering::Relaxed), number as u64));
        OF_A_ROUND.set(true);
    }

    const fn state(seed: u64, thread: u64) -> u64 {
        (seed ^ thread.wrapping_mul(SPREAD)) | 1
    }

    /// An operation of the facade is about to take place on real cores.
    #[inline]
    pub(in crate::sync) fn here() {
        // Ordering: as above.
        let seed = SEED.load(Ordering::Relaxed);
        if seed != 0 {
            dawdle(seed);
        }
    }

    /// One time out of eight, if there is any noise: for what may happen without a reason, and then must do no harm.
    pub(in crate::sync) fn now_and_then() -> bool {
        // Ordering: as above.
        let seed = SEED.load(Ordering::Relaxed);
        seed != 0 && draw(seed).is_some_and(|random| (random >> 32).is_multiple_of(8))
    }

    /// What comes next for this thread; nothing for one whose values are gone, because it is about to end.
    fn draw(seed: u64) -> Option<u64> {
        let mut random = STATE.try_with(Cell::get).ok()?;
        if random == 0 {
            random = state(seed, 1 << 32 | THREADS.fetch_add(1, Ordering::Relaxed));
        }
        // George Marsaglia, "Xorshift RNGs", 2003.
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        STATE.try_with(|state| state.set(random)).ok()?;
        Some(random)
    }

    #[cold]
    fn dawdle(seed: u64) {
        let Some(random) = draw(seed) else { return };
        match random >> 32 & 0x3FF {
            0 => rest(Duration::from_micros(random % SLEEP)),
            1..=15 => std::thread::yield_now(),
            16 => change_priority((random % (NICE + 1)) as i32),
            17..=79 => (0..random % SPIN).for_each(|_| std::hint::spin_loop()),
            _ => {}
        }
    }

    fn rest(time: Duration) {
        // Ordering: with `awake`.
        RESTS.fetch_add(1, Ordering::SeqCst);
        std::thread::sleep(time);
        RESTED.fetch_add(1, Ordering::SeqCst);
    }

    /// Of the calling thread alone, where the system has that. Whoever has no right to raise it lowers it only, and that for good: so
    /// no thread does it that others are started from.
    fn change_priority(nice: i32) {
        if cfg!(target_os = "linux") && OF_A_ROUND.try_with(Cell::get).unwrap_or(false) {
            let _ = rustix::process::setpriority_process(None, nice);
        }
    }

    /// Whether `look` finds so, and no thread slept here at any instant of it.
    pub(in crate::sync) fn awake(look: impl FnOnce() -> bool) -> bool {
        // Ordering: with `rest`. Where those that had ended before are all that have begun until after, none was under way.
        let rested = RESTED.load(Ordering::SeqCst);
        look() && RESTS.load(Ordering::SeqCst) == rested
    }
}

#[cfg(not(feature = "noise"))]
mod silent {
    /// Nothing: this build makes no noise.
    #[inline(always)]
    pub const fn seed(_: u64) {}

    /// Nothing: this build makes no noise.
    #[inline(always)]
    pub const fn is_thread(_: usize) {}

    #[inline(always)]
    pub(in crate::sync) const fn here() {}

    #[inline(always)]
    pub(in crate::sync) const fn now_and_then() -> bool {
        false
    }

    #[inline(always)]
    pub(in crate::sync) fn awake(look: impl FnOnce() -> bool) -> bool {
        look()
    }
}

#[cfg(feature = "noise")]
pub(in crate::sync) use loud::{awake, here, now_and_then};
#[cfg(feature = "noise")]
pub use loud::{is_thread, seed};
#[cfg(not(feature = "noise"))]
pub(in crate::sync) use silent::{awake, here, now_and_then};
#[cfg(not(feature = "noise"))]
pub use silent::{is_thread, seed};

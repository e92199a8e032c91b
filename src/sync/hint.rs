//! Hints: [`std::hint`] behind the facade.

#[cfg(feature = "instrumented")]
use super::current::{Current, current};

/// Tells the processor that the thread spins. Under an engine the same as
/// [`yield_now`](super::thread::yield_now): a hint, after which the thread may go on at once.
#[track_caller]
#[inline]
pub fn spin_loop() {
    #[cfg(feature = "instrumented")]
    if !matches!(current(), Current::Native) {
        return super::thread::yield_now();
    }
    std::hint::spin_loop();
}

/// The same in a loop of few rounds, as one that spins a little before it parks. Under an engine this is nothing;
/// give the loop few rounds there, or none ([`spins`]).
#[inline]
pub fn spin_briefly() {
    #[cfg(feature = "instrumented")]
    if !matches!(current(), Current::Native) {
        return;
    }
    std::hint::spin_loop();
}

/// How many rounds a loop should spin before it parks: `natively` on real cores, none under an
/// engine, where spinning only adds executions that differ in nothing else.
#[inline]
pub fn spins(natively: u32) -> u32 {
    #[cfg(feature = "instrumented")]
    if !matches!(current(), Current::Native) {
        return 0;
    }
    natively
}

/// Pauses for a loop that looks a while before it sleeps: first some that spin, each twice as long as the one before, and then
/// some that give up the processor. Under an engine there is none, for the reason of [`spins`].
///
/// Source: Thomas E. Anderson, "The performance of spin lock alternatives for shared-memory multiprocessors", 1990; that
/// the processor is given up at the end is `Backoff::snooze` of crossbeam.
///
/// ```
/// use refectory::sync::hint::Pauses;
///
/// let mut pauses = Pauses::spinning(2).then_yielding(1);
/// let mut looks = 1;
/// while pauses.pause() {
///     looks += 1;
/// }
/// assert_eq!(looks, 4);
/// ```
#[derive(Clone, Debug)]
pub struct Pauses {
    so_far: u32,
    spinning: u32,
    yielding: u32,
}

impl Pauses {
    /// The first pause that spins has so many hints to the processor, which take 2 to 3 µs where a hint takes 40 cycles or so. In
    /// that time a holder that comes and goes passes through its critical section a hundred times.
    const SHORTEST: u32 = 128;

    /// So many pauses that spin, the first for about 2 µs.
    #[must_use]
    pub const fn spinning(times: u32) -> Self {
        Self { so_far: 0, spinning: times, yielding: 0 }
    }

    /// And after them so many that give up the processor, which takes about half a microsecond where nobody else wants it.
    #[must_use]
    pub const fn then_yielding(self, times: u32) -> Self {
        Self { yielding: times, ..self }
    }

    /// Whether there were enough of them, and it is time to sleep.
    #[inline]
    pub fn are_over(&self) -> bool {
        self.so_far == spins(self.spinning + self.yielding)
    }

    /// Pauses, if they are not over; whether it did.
    #[inline]
    pub fn pause(&mut self) -> bool {
        if self.are_over() {
            return false;
        }
        if self.so_far < self.spinning {
            (0..Self::SHORTEST << self.so_far).for_each(|_| spin_briefly());
        } else {
            std::thread::yield_now();
        }
        self.so_far += 1;
        true
    }
}

/// Waits until it is so, by looking: natively so many times in a row, and after that with the processor given
/// up between two looks.
///
/// Under an engine the thread looks again when something has changed that its last look has read, and nothing is
/// left out by that. A loop that is written out, with [`yield_now`](super::thread::yield_now), may count its looks
/// and give up, so that an engine has to explore looks that see nothing new, up to a bound.
///
/// ```
/// use refectory::sync::atomic::{AtomicBool, Ordering};
/// use refectory::sync::{Arc, hint, thread};
///
/// let open = Arc::new(AtomicBool::new(false));
/// let opener = thread::spawn({
///     let open = Arc::clone(&open);
///     move || open.store(true, Ordering::Relaxed)
/// });
/// hint::spin_until(100, || open.load(Ordering::Relaxed));
/// opener.join().unwrap();
/// ```
#[track_caller]
pub fn spin_until(looks: u32, mut is_so: impl FnMut() -> bool) {
    #[cfg(feature = "instrumented")]
    if let Current::Controlled(controller) = current() {
        controller.clear_read_set();
    }
    for _ in 0..spins(looks) {
        if is_so() {
            return;
        }
        spin_briefly();
    }
    while !is_so() {
        look_again();
    }
}

/// Takes one of so many alternatives, numbered from 0, none of which is better than another: which of several ready
/// channels is served, say. Natively they take turns, thread by thread. An engine explores, or draws, each of them; loom
/// has no such choice, and more than one ends the model as unsupported.
///
/// # Panics
/// If there is none, or more than 64.
#[track_caller]
pub fn choose(alternatives: usize) -> usize {
    assert!((1..=64).contains(&alternatives), "1 to 64 alternatives, not {alternatives}");
    if alternatives == 1 {
        return 0;
    }
    #[cfg(feature = "instrumented")]
    match current() {
        Current::Controlled(controller) => {
            let op = crate::event::op::Op::Choose(alternatives as u8);
            return controller.perform(op, std::panic::Location::caller()) as usize;
        }
        #[cfg(feature = "loom")]
        Current::Loom => super::hook::unsupported("a choice of the program's own, which loom has not"),
        Current::Native => {}
    }
    thread_local! {
        static TURN: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
    }
    TURN.set(TURN.get().wrapping_add(1));
    TURN.get() % alternatives
}

/// A look of `spin_until` was in vain.
#[track_caller]
fn look_again() {
    #[cfg(feature = "instrumented")]
    if !matches!(current(), Current::Native) {
        return super::thread::driven::give_way(crate::event::op::Op::Await);
    }
    std::thread::yield_now();
}

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

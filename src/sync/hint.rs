//! Hints: [`std::hint`] behind the facade.

#[cfg(feature = "instrumented")]
use super::current::{Current, current};

/// Tells that the thread waits for something to change. Under an engine the thread goes on only when
/// something that it has read has changed, as with [`yield_now`](super::thread::yield_now).
#[track_caller]
#[inline]
pub fn spin_loop() {
    #[cfg(feature = "instrumented")]
    if !matches!(current(), Current::Native) {
        return super::thread::yield_now();
    }
    std::hint::spin_loop();
}

/// The same in a loop that gives up after some rounds, as one that spins a little before it parks.
/// Such a loop does not have to see a change to go on, so under an engine this is nothing; give the
/// loop few rounds there, or none.
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

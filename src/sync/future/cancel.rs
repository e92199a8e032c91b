//! Futures that are dropped while they wait.

#[cfg(feature = "instrumented")]
use crate::sync::current::{Current, current};
use std::cell::Cell;
use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll};

/// The future was dropped at one of its waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cancelled;

impl fmt::Display for Cancelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the future was dropped while it waited")
    }
}

impl Error for Cancelled {}

/// A future that may be dropped wherever it waits, as a task may be that is cancelled, or the slower arm of a `select!`.
///
/// Under an engine that is a choice each time that the future is pending, explored together with the schedule, up to
/// [so many](crate::engine::Budget::cancellations) in one execution. That it comes after a wake-up, or in the middle of it, is a matter of
/// schedule. On real cores one wait in four ends so, or those that a seed [draws](storm). loom has no such choice: there it never does, and the verdict says so.
///
/// ```
/// use refectory::sync::future::{Cancelled, block_on, cancellable};
///
/// assert_eq!(block_on(cancellable(async { 7 })), Ok(7));
/// // Nobody ever wakes this one, but somebody may cancel it.
/// let waits = || block_on(cancellable(std::future::poll_fn(|context| {
///     context.waker().wake_by_ref();
///     std::task::Poll::<()>::Pending
/// })));
/// assert_eq!(waits(), Err(Cancelled));
/// ```
pub fn cancellable<F: Future>(future: F) -> Cancellable<F> {
    Cancellable { future: Some(Box::pin(future)) }
}

/// The future of [`cancellable`].
pub struct Cancellable<F> {
    /// `None` once it is ready or dropped.
    future: Option<Pin<Box<F>>>,
}

impl<F: Future> Future for Cancellable<F> {
    type Output = Result<F::Output, Cancelled>;

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let future = self.future.as_mut().expect("a future is not polled after its end");
        let result = match future.as_mut().poll(context) {
            Poll::Pending if !is_cancelled() => return Poll::Pending,
            Poll::Pending => Err(Cancelled),
            Poll::Ready(output) => Ok(output),
        };
        self.future = None;
        Poll::Ready(result)
    }
}

impl<F> fmt::Debug for Cancellable<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cancellable").field("ended", &self.future.is_none()).finish_non_exhaustive()
    }
}

thread_local! {
    /// The state of the generator that draws which waits of this thread end, and one in how many does; 0 where nobody has set it.
    static STORM: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
}

/// From now on this seed draws which [cancellable] waits of the calling thread end so on real cores, and how many: from one in two to one in eight.
pub fn storm(seed: u64) {
    // George Marsaglia, "Xorshift RNGs", 2003: the state is not 0.
    STORM.set((seed | 1, 2 + (seed >> 32) % 7));
}

/// Whether this wait ends, where there is a storm.
fn drawn() -> Option<bool> {
    // A thread whose values are gone is about to end.
    let (mut state, odds) = STORM.try_with(Cell::get).ok().filter(|(state, _)| *state != 0)?;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    STORM.set((state, odds));
    // The upper bits are the better ones.
    Some((state >> 32) % odds == 0)
}

/// Whether the future that waits is dropped now.
#[track_caller]
fn is_cancelled() -> bool {
    #[cfg(feature = "instrumented")]
    match current() {
        Current::Controlled(controller) => {
            let op = crate::event::op::Op::Cancel;
            return controller.perform(op, std::panic::Location::caller()) == 1;
        }
        #[cfg(feature = "loom")]
        Current::Loom => {
            crate::sync::loom_record::leave_out_cancellation();
            return false;
        }
        Current::Native => {}
    }
    if let Some(drawn) = drawn() {
        return drawn;
    }
    static WAITS: AtomicUsize = AtomicUsize::new(0);
    // Ordering: the count publishes nothing.
    WAITS.fetch_add(1, Relaxed) % 4 == 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_draws_the_same_waits_again() {
        let drawn = |seed| {
            storm(seed);
            (0..200).map(|_| drawn().unwrap()).collect::<Vec<bool>>()
        };
        for seed in 0..100 {
            let waits = drawn(seed << 32 | seed);
            assert_eq!(waits, drawn(seed << 32 | seed));
            assert!(waits.contains(&true) && waits.contains(&false), "{seed}");
        }
        assert_ne!(drawn(6), drawn(8));
    }
}

//! Futures on the facade: [`block_on`], [`AtomicWaker`], and futures that may be dropped while they wait; [`Awaits`] shows in traces
//! what they wait for.
//!
//! All of them are written once, over the facade's own atomics and threads, so that every engine sees each
//! of their steps.
//!
//! # Under an engine
//! Whoever polls a future may do so for no reason, and with another waker than before; only the waker of the last poll
//! counts. An engine explores that as another [spurious event](crate::engine::Budget::spurious): a future that keeps its first waker is
//! caught. And a future that waits may be dropped at any of its waits ([`cancellable`]).

mod awaits;
mod block_on;
mod cancel;
mod waker;

pub use self::awaits::Awaits;
pub use self::block_on::block_on;
pub use self::cancel::{Cancellable, Cancelled, cancellable, storm};
pub use self::waker::AtomicWaker;
#[cfg(feature = "instrumented")]
use super::current::{Current, current};
use std::task::Poll;

/// Lets other tasks run.
///
/// ```
/// use refectory::sync::future::{block_on, yield_now};
///
/// block_on(yield_now());
/// ```
#[track_caller]
pub fn yield_now() -> impl Future<Output = ()> {
    let mut awaits = Awaits::new(format_args!("yield_now()"));
    let mut has_yielded = false;
    std::future::poll_fn(move |context| {
        awaits.begin();
        if std::mem::replace(&mut has_yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
}

/// Whether an executor polls a future again that is pending, though nobody has woken its task: with a waker of its own, and
/// without a word to who has the one before. Under an engine that is a [spurious event](crate::engine::Budget::spurious); on real
/// cores it is [noise](super::noise), and under loom it does not happen.
///
/// For those who write executors.
#[track_caller]
#[must_use]
pub fn polls_again() -> bool {
    #[cfg(feature = "instrumented")]
    match current() {
        Current::Native => {}
        #[cfg(feature = "loom")]
        Current::Loom => return false,
        Current::Controlled(controller) => {
            use crate::event::op::Spurious::Poll;
            return super::hook::is_spurious(controller, Poll, std::panic::Location::caller());
        }
    }
    super::noise::now_and_then()
}

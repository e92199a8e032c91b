//! Futures that are dropped while they wait.

#[cfg(feature = "instrumented")]
use crate::sync::current::{Current, current};
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
/// schedule. On real cores one wait in four ends so. loom has no such choice: there it never does, and the verdict says so.
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
    static WAITS: AtomicUsize = AtomicUsize::new(0);
    // Ordering: the count publishes nothing.
    WAITS.fetch_add(1, Relaxed) % 4 == 3
}

//! Tasks, and the event loop that runs them.
//!
//! After asyncio: one thread, a queue of the tasks that can go on, and timers. What is here is for tasks of one loop; locks and
//! queues of this model know no loop.
//!
//! There is no input and output of its own: a wait for a file or a socket is a future whose waker another thread calls, and tokio has
//! those. All futures of this model run on tokio too, so a program with sockets runs there, and what was proved here holds there.

pub mod broken;
pub mod event_loop;
pub mod group;
mod ready;
pub mod timeout;

pub use self::event_loop::{EventLoop, Remote, Task};
pub use self::group::{Refused, TaskGroup};
pub use self::timeout::{Elapsed, Sleep};

use std::pin::Pin;
use std::task::{Context, Poll};

/// What a loop goes by: the twins in [`broken`] differ in one of these.
pub trait Protocol: 'static {
    /// Whether the loop looks whether a task can go on, and sleeps if not, in one critical section.
    const LOOKS_AND_SLEEPS: bool = true;
    /// Whether a task that is woken while it runs will run again.
    const COUNTS_EARLY_WAKES: bool = true;
    /// Whether a future that is ready at its deadline is in time.
    const FUTURE_FIRST: bool = true;
    /// Whether a failure in a group cancels the others.
    const CANCELS_SIBLINGS: bool = true;
}

/// As asyncio does it.
#[derive(Clone, Copy, Debug)]
pub struct Correct;

impl Protocol for Correct {}

/// What these futures come to, in their order. All of them are polled by one task.
///
/// ```
/// use refectory::model::coroutines::task::{EventLoop, gather};
///
/// let numbers = <EventLoop>::new().run(gather([1, 2].map(|n| async move { n * n })));
/// assert_eq!(numbers, [1, 4]);
/// ```
pub fn gather<F: Future>(futures: impl IntoIterator<Item = F>) -> Gather<F> {
    Gather { parts: futures.into_iter().map(|future| Part::Runs(Box::pin(future))).collect() }
}

/// The future of [`gather`].
#[must_use]
pub struct Gather<F: Future> {
    parts: Vec<Part<F>>,
}

enum Part<F: Future> {
    Runs(Pin<Box<F>>),
    Ended(Option<F::Output>),
}

// What ended is not pinned.
impl<F: Future> Unpin for Gather<F> {}

impl<F: Future> Future for Gather<F> {
    type Output = Vec<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut all_ended = true;
        for part in &mut self.parts {
            if let Part::Runs(future) = part {
                match future.as_mut().poll(context) {
                    Poll::Ready(output) => *part = Part::Ended(Some(output)),
                    Poll::Pending => all_ended = false,
                }
            }
        }
        if !all_ended {
            return Poll::Pending;
        }
        let output = |part: &mut Part<F>| match part {
            Part::Ended(output) => output.take().expect("a future is not polled after its end"),
            Part::Runs(_) => unreachable!("all have ended"),
        };
        Poll::Ready(self.parts.iter_mut().map(output).collect())
    }
}

impl<F: Future> std::fmt::Debug for Gather<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gather").field("futures", &self.parts.len()).finish_non_exhaustive()
    }
}

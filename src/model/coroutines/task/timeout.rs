//! Sleeps, and time-outs.
//!
//! Source: CPython 3.13, `Lib/asyncio/{tasks,timeouts}.py`.

use super::event_loop::{EventLoop, Timer};
use super::{Correct, Protocol};
use crate::sync::future::Awaits;
use std::error::Error;
use std::fmt;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

/// The time was over first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elapsed;

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the time was over first")
    }
}

impl Error for Elapsed {}

impl<P: Protocol> EventLoop<P> {
    /// Waits so long.
    #[track_caller]
    pub fn sleep(&self, duration: Duration) -> Sleep<P> {
        self.sleep_as(duration, Awaits::new(format_args!("sleep({duration:?})")))
    }

    /// The same, as a part of what is awaited.
    fn sleep_as(&self, duration: Duration, awaits: Awaits) -> Sleep<P> {
        let timer = (self.time().saturating_add(duration), self.number_timer());
        Sleep { event_loop: self.clone(), timer, is_set: false, awaits }
    }

    /// Runs a future for so long at most, and drops it then. One that is ready when the time is over is in time; one that has no
    /// time is not begun.
    ///
    /// # Errors
    /// The time was over first.
    ///
    /// ```
    /// use refectory::model::coroutines::task::{Elapsed, EventLoop};
    /// use std::time::Duration;
    ///
    /// let event_loop = <EventLoop>::with_virtual_time();
    /// let second = Duration::from_secs(1);
    /// let late = event_loop.run(event_loop.timeout(second, event_loop.sleep(2 * second)));
    /// assert_eq!((late, event_loop.time()), (Err(Elapsed), second));
    /// ```
    #[track_caller]
    pub fn timeout<F: Future>(
        &self,
        duration: Duration,
        future: F,
    ) -> impl Future<Output = Result<F::Output, Elapsed>> {
        let mut awaits = Awaits::new(format_args!("timeout({duration:?})"));
        async move {
            awaits.begin();
            if duration.is_zero() {
                return Err(Elapsed);
            }
            let (mut future, mut sleep) = (pin!(future), pin!(self.sleep_as(duration, awaits)));
            std::future::poll_fn(|context| {
                let mut is_over = || sleep.as_mut().poll(context).is_ready();
                if !P::FUTURE_FIRST && is_over() {
                    return Poll::Ready(Err(Elapsed));
                }
                match future.as_mut().poll(context) {
                    Poll::Ready(output) => Poll::Ready(Ok(output)),
                    Poll::Pending if sleep.as_mut().poll(context).is_ready() => Poll::Ready(Err(Elapsed)),
                    Poll::Pending => Poll::Pending,
                }
            })
            .await
        }
    }
}

/// The future of [`EventLoop::sleep`].
#[must_use]
pub struct Sleep<P: Protocol = Correct> {
    event_loop: EventLoop<P>,
    timer: Timer,
    is_set: bool,
    awaits: Awaits,
}

impl<P: Protocol> Future for Sleep<P> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.awaits.begin();
        if self.event_loop.time() >= self.timer.0 {
            return Poll::Ready(());
        }
        self.event_loop.set_timer(self.timer, context.waker());
        self.is_set = true;
        Poll::Pending
    }
}

impl<P: Protocol> Drop for Sleep<P> {
    fn drop(&mut self) {
        if self.is_set {
            self.event_loop.stop_timer(self.timer);
        }
    }
}

impl<P: Protocol> fmt::Debug for Sleep<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sleep").field("until", &self.timer.0).finish_non_exhaustive()
    }
}

//! Twins of the [locks](crate::model::coroutines::lock). Each is broken in what becomes of a waiter that is dropped, or polled once more.

use super::waiters::Protocol;

/// A waiter that was served, and is dropped before it knows, keeps what it was served with.
///
/// Twin of [`Correct`](super::Correct). The next one waits for ever: woken, but cancelled. So it was with asyncio's `Lock` (bpo-32734, 2018), and
/// with its `Condition` (bpo-32841, 2018).
#[derive(Clone, Copy, Debug)]
pub struct KeepsForItself;

impl Protocol for KeepsForItself {
    const PASSES_ON: bool = false;
}

/// A waiter that is dropped gives back what it was never given.
///
/// Twin of [`Correct`](super::Correct). There is a permit too many from then on: a permit that is returned twice.
#[derive(Clone, Copy, Debug)]
pub struct ReturnsAlways;

impl Protocol for ReturnsAlways {
    fn was_served(_: bool) -> bool {
        true
    }
}

/// A waiter that is dropped stays in the queue.
///
/// Twin of [`Correct`](super::Correct). What comes next goes to nobody. CPython removes such a waiter in a `finally` (rows A04 and A12).
#[derive(Clone, Copy, Debug)]
pub struct StaysInLine;

impl Protocol for StaysInLine {
    const LEAVES: bool = false;
}

/// A waiter keeps the waker of its first poll.
///
/// Twin of [`Correct`](super::Correct). A task that was polled with another waker since is never woken: only the last one counts.
#[derive(Clone, Copy, Debug)]
pub struct KeepsFirstWaker;

impl Protocol for KeepsFirstWaker {
    const RENEWS: bool = false;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::coroutines::lock::{Lock, Semaphore};
    use crate::sync::future::block_on;

    fn smoke<P: Protocol>() {
        let (lock, semaphore) = (Lock::<P>::new(), Semaphore::<P>::new(1));
        block_on(async {
            let _held = lock.lock().await;
            semaphore.acquire().await.forget();
        });
        assert!(lock.try_lock().is_some());
        assert_eq!(semaphore.free(), 0);
    }

    #[test]
    fn twins_serve_who_does_not_wait() {
        smoke::<KeepsForItself>();
        smoke::<ReturnsAlways>();
        smoke::<StaysInLine>();
        smoke::<KeepsFirstWaker>();
    }
}

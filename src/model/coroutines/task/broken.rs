//! Twins of the [loop and its parts](crate::model::coroutines::task).

use super::Protocol;

/// The loop looks whether a task can go on, and then sleeps; it does not look again when it has the lock.
///
/// Twin of [`EventLoop`](super::EventLoop). A task that another thread wakes in between is not run: the self-pipe that asyncio writes to is there
/// for just this.
#[derive(Clone, Copy, Debug)]
pub struct LooksThenSleeps;

impl Protocol for LooksThenSleeps {
    const LOOKS_AND_SLEEPS: bool = false;
}

/// A wake-up that comes while the task runs is taken for one that has been seen.
///
/// Twin of [`EventLoop`](super::EventLoop). The task has looked already, and waits for ever.
#[derive(Clone, Copy, Debug)]
pub struct ForgetsEarlyWakes;

impl Protocol for ForgetsEarlyWakes {
    const COUNTS_EARLY_WAKES: bool = false;
}

/// The clock is asked before the future.
///
/// Twin of [`Elapsed`](super::Elapsed). A result that is there when the time is over is thrown away (bpo-37658, 2019).
#[derive(Clone, Copy, Debug)]
pub struct ClockFirst;

impl Protocol for ClockFirst {
    const FUTURE_FIRST: bool = false;
}

/// A failure cancels nobody.
///
/// Twin of [`TaskGroup`](super::TaskGroup). Whoever joins waits for tasks that wait for the one that failed.
#[derive(Clone, Copy, Debug)]
pub struct LetsSiblingsWait;

impl Protocol for LetsSiblingsWait {
    const CANCELS_SIBLINGS: bool = false;
}

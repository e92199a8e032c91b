//! Twins of the patterns: each breaks one of their [`Rules`].

use super::Rules;

/// Who sends or receives does not look at `done`: a goroutine leak.
///
/// Twin of [`generator`](super::generator()), [`stage`](super::stage), [`fan_in`](super::fan_in()), [`fan_out`](super::fan_out()),
/// [`worker_pool`](super::worker_pool()), [`or_done`](super::or_done()), [`tee`](super::tee()) and [`Bounded`](super::Bounded). Where
/// the consumer stops early, a thread waits for ever for somebody who receives, or who sends.
#[derive(Clone, Copy, Debug)]
pub struct IgnoresDone;

impl Rules for IgnoresDone {
    const LOOKS_AT_DONE: bool = false;
}

/// Each item goes to whichever output is ready first, and not to the other one.
///
/// Twin of [`tee`](super::tee()). Both outputs together have each item once.
#[derive(Clone, Copy, Debug)]
pub struct EitherOutput;

impl Rules for EitherOutput {
    const TEES_TO_BOTH: bool = false;
}

/// A tick waits until there is room for it.
///
/// Twin of [`ticker`](super::ticker()). Where nobody takes ticks any more, the ticker waits for ever and does not see that it should
/// end.
#[derive(Clone, Copy, Debug)]
pub struct WaitsForRoom;

impl Rules for WaitsForRoom {
    const DROPS_TICKS: bool = false;
}

/// Work that fails keeps its permit, as where a `?` stands between the two halves of a pair of calls.
///
/// Twin of [`Bounded`](super::Bounded). When all permits are lost that way, nobody works any more.
#[derive(Clone, Copy, Debug)]
pub struct KeepsPermit;

impl Rules for KeepsPermit {
    const FAILURE_RETURNS_PERMIT: bool = false;
}

/// A cancellation does not reach the contexts below.
///
/// Twin of [`Context`](super::Context). Who works for a child goes on, and who waits for its `done` waits for ever.
#[derive(Clone, Copy, Debug)]
pub struct ForgetsChildren;

impl Rules for ForgetsChildren {
    const CANCELS_CHILDREN: bool = false;
}

/// Whether a context is over is looked at first, and the child taken in a second step.
///
/// Twin of [`Context`](super::Context). A cancellation in between has no children to cancel, and the child that comes after it is
/// never cancelled.
#[derive(Clone, Copy, Debug)]
pub struct LooksFirst;

impl Rules for LooksFirst {
    const ADOPTS_AT_ONCE: bool = false;
}

/// Each error takes the place of the one before.
///
/// Twin of [`ErrorGroup`](super::ErrorGroup). What is told is that something was cancelled, and not why.
#[derive(Clone, Copy, Debug)]
pub struct LastError;

impl Rules for LastError {
    const FIRST_ERROR_STAYS: bool = false;
}

//! Twins of the executors: each breaks one of the [rules](crate::model::pool::rules) of the thread pool, or what a worker
//! does before it parks.

use crate::model::pool::executor::crew::Parting;
use crate::model::pool::executor::idle::BeforeParking;
use crate::model::pool::rules::{Rules, twins};
use crate::model::threads::lock::monitor::Primitive;
use crate::sync::Condvar;

twins! {
    /// Futures that a shutdown cancels are done, and yet `wait` waits for them for ever: CPython up to 3.15 (row D05).
    ///
    /// Twin of [`Correct`](crate::model::pool::rules::Correct).
    ShutdownTellsNobody breaks SHUTDOWN_TELLS;
    /// A shutdown wakes one of the idle workers; the others wait for work that never comes, and it for their end.
    ///
    /// Twin of [`Correct`](crate::model::pool::rules::Correct).
    ShutdownWakesOne breaks SHUTDOWN_WAKES_ALL;
    /// A worker that took up work still counts as idle, so no other is started: a task that waits for another never ends.
    /// The stale idle token of gh-115634.
    ///
    /// Twin of [`Correct`](crate::model::pool::rules::Correct).
    StaleIdle breaks BUSY_IS_NOT_IDLE;
    /// Looks whether a worker is needed, then starts it: two threads that submit start one too many (gh-117344).
    ///
    /// Twin of [`Correct`](crate::model::pool::rules::Correct).
    LooksThenSpawns breaks COUNTS_AT_ONCE;
    /// An initializer fails, and nobody tells those who wait for the tasks that were queued.
    ///
    /// Twin of [`Correct`](crate::model::pool::rules::Correct).
    BreaksInSilence breaks BROKEN_POOL_TELLS;
    /// A result of a map is said to be there, and then written: the map takes what is not there yet.
    ///
    /// Twin of [`Correct`](crate::model::pool::rules::Correct).
    TellsThenWrites breaks WRITTEN_BEFORE_IT_IS_TOLD;
    /// Looks whether a map sleeps until the task is done, then says that it is: a map that goes to sleep in between is
    /// not woken.
    ///
    /// Twin of [`Correct`](crate::model::pool::rules::Correct).
    LooksThenTells breaks TELLS_AND_LOOKS_AT_ONCE;
    /// A map counts the tasks that nobody has begun, then puts another one in: if they have been begun in between, there seem to be enough
    /// for all workers, and nobody is told of the new one.
    ///
    /// Twin of [`Correct`](crate::model::pool::rules::Correct).
    CountsThenPutsIn breaks COUNTS_WHEN_PUTTING_IN;
    /// A worker begins the next task of a map before it runs the one that it has: no other worker can run it, and nobody
    /// can cancel it. So does a loop over `std::iter::successors`, which looks for the next element before it gives one.
    ///
    /// Twin of [`Correct`](crate::model::pool::rules::Correct).
    BeginsTwo breaks BEGINS_ONE_AT_A_TIME;
    /// A worker begins whatever was put in when the pool was closed, also the task that the map has taken back since then, because the
    /// pool had refused it: both have it.
    ///
    /// Twin of [`Correct`](crate::model::pool::rules::Correct).
    BeginsWhatIsGone breaks BEGINS_WHAT_IS_THERE;
}

/// A worker that has looked for work for a while goes to sleep without a last look. Who submits a task relies on it: nobody runs it.
///
/// Twin of [`Correct`](crate::model::pool::rules::Correct).
#[derive(Debug)]
pub struct SleepsUnasked;

impl Rules for SleepsUnasked {
    type Monitor = Primitive;

    const LOOKS_BEFORE_SLEEPING: bool = false;
    const LINGERS_IN_MODELS: bool = true;
}

/// One worker that looks for work is enough, however many tasks are queued: others are left asleep. A task that waits for another one
/// waits for ever.
///
/// Twin of [`Correct`](crate::model::pool::rules::Correct).
#[derive(Debug)]
pub struct OneLooksForAll;

impl Rules for OneLooksForAll {
    type Monitor = Primitive;

    const LINGERERS_TAKE_ONE_EACH: bool = false;
    const LINGERS_IN_MODELS: bool = true;
}

/// A task of a pool of one that waits for a task of the same pool.
///
/// Twin of [`Correct`](crate::model::pool::rules::Correct): the pool is right, and its user is not. The task keeps the worker for which
/// the other one waits. So warns CPython's manual of `concurrent.futures` (row X10).
#[derive(Debug)]
pub struct NestedWait;

impl Rules for NestedWait {
    type Monitor = Primitive;
}

/// A worker parks without looking again for tasks when it has announced that it is about to sleep.
///
/// Twin of [`SecondLook`](crate::model::pool::executor::idle::SecondLook). A task that came between its last look and its
/// announcement wakes nobody, for whoever put it in has seen nobody asleep: it waits until another one comes, perhaps
/// for ever.
#[derive(Debug)]
pub struct NoSecondLook;

impl BeforeParking for NoSecondLook {
    const SECOND_LOOK: bool = false;
}

/// Whoever ends the last task of a crew that is closed tells one of the workers who wait.
///
/// Twin of [`TellsAll`](super::crew::TellsAll). That one goes, and the others wait for a task that never comes, as the crew's drop
/// waits for them.
#[derive(Debug)]
pub struct TellsOne;

impl Parting for TellsOne {
    #[track_caller]
    fn tell(changed: &Condvar) {
        changed.notify_one();
    }
}

//! Twins of the pool of processes: each breaks one of its [rules](crate::model::processes::executor::process_pool::Rules).

use crate::model::processes::executor::process_pool::Rules;

/// A worker that has done as many tasks as it may still counts as idle: what is given to it then nobody does.
///
/// Twin of [`Kept`](crate::model::processes::executor::process_pool::Kept). The stale idle token of CPython (gh-115634, row K08); there
/// such a task waited for ever.
#[derive(Debug)]
pub struct StaleIdle;

impl Rules for StaleIdle {
    const RETIRED_IS_NOT_IDLE: bool = false;
}

/// A worker dies, another one takes its place, and nobody tells those who wait for its task.
///
/// Twin of [`Kept`](crate::model::processes::executor::process_pool::Kept). CPython's `multiprocessing.Pool` does so (row P13).
#[derive(Debug)]
pub struct LosesTheTask;

impl Rules for LosesTheTask {
    const DEATH_IS_TOLD: bool = false;
}

/// A death breaks the pool, and the tasks in its queue are forgotten.
///
/// Twin of [`Kept`](crate::model::processes::executor::process_pool::Kept). Those who wait for them do so for ever: what CPython's
/// bpo-9205 was about.
#[derive(Debug)]
pub struct ForgetsTheQueue;

impl Rules for ForgetsTheQueue {
    const BREAK_IS_TOLD: bool = false;
}

/// A task whose worker has died is run again.
///
/// Twin of [`Kept`](crate::model::processes::executor::process_pool::Kept). What the dead worker had done of it is done twice.
#[derive(Debug)]
pub struct TriesAgain;

impl Rules for TriesAgain {
    const AT_MOST_ONCE: bool = false;
}

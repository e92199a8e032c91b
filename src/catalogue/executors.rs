//! Futures and executors of the model `pool`.

use super::NEVER_WOKEN;
use crate::cell::{Row, Subject};
use crate::contract::pool::{executor, futures};
use crate::engine::FailureKind;
use crate::model::pool::broken::executor::{
    BreaksInSilence, CallbackJumpsAhead, LooksThenAsks, LooksThenEmploys, LooksThenRuns, ResultWakesOne,
    ShutdownTellsNobody, ShutdownWakesOne, StaleIdle,
};
use crate::model::pool::rules::Sound;

/// The rows of these names, by these rules.
macro_rules! rows {
    ($module:ident::<$rules:ty>: $($row:ident)+) => {
        &[$(Row::new(stringify!($row), $module::$row::<$rules>)),+]
    };
}

/// Futures.
pub(super) static FUTURES: &[Subject] = &[
    Subject::contract(
        "pool",
        "future",
        "future",
        rows!(futures::<Sound>:
            f01_cancel_by_state
            f01_cancelled_task_never_runs
            f02_queries_by_state
            f03_result_by_state
            f03_time_runs_out
            f03_result_wakes_every_waiter
            f03_cancel_wakes_every_waiter
            f04_first_result_stays
            f05_claimed_once
            f06_callbacks_once_and_in_order
            f06_callbacks_late_nested_panicking
            f07_snapshot_of_one_moment
            w01_duplicates_count_once
            w02_first_completed
            w03_first_failure
            w03_a_failure_is_enough
            w03_cancelled_counts_when_told
            w03_waits_until_a_cancellation_is_told
            w04_all_completed_or_time_runs_out
            w05_completion_races_registration
            w06_done_ones_first
            w06_each_as_it_ends
            w06_time_runs_out
        ),
    ),
    future("result_wakes_one", rows!(futures::<ResultWakesOne>: f03_result_wakes_every_waiter))
        .broken(NEVER_WOKEN),
    future("looks_then_runs", rows!(futures::<LooksThenRuns>: f01_cancelled_task_never_runs))
        .broken(&[FailureKind::Property]),
    future("callback_jumps_ahead", rows!(futures::<CallbackJumpsAhead>: f06_callbacks_once_and_in_order))
        .broken(&[FailureKind::Property]),
    future("looks_then_asks", rows!(futures::<LooksThenAsks>: w05_completion_races_registration))
        .broken(NEVER_WOKEN),
];

/// Executors.
pub(super) static EXECUTORS: &[Subject] = &[
    Subject::contract(
        "pool",
        "executor",
        "threads",
        rows!(executor::<Sound>:
            x01_no_workers_is_an_error
            x01_submit_gives_the_result
            x02_map_keeps_the_order
            x03_map_does_not_wait_to_be_asked
            x04_map_fails_at_its_place
            x05_map_time_runs_out
            x05_a_dropped_map_cancels
            x06_map_takes_few_items_ahead
            x07_nothing_is_kept
            x08_never_more_workers_than_allowed
            x08_an_idle_worker_is_taken
            x08_a_busy_worker_is_not_idle
            x08_a_woken_worker_is_not_idle
            x09_initializer_runs_first
            x09_failing_initializer_breaks_the_pool
            x09_cancelled_in_a_broken_pool_is_told
            x09_workers_of_a_broken_pool_end
            d01_no_tasks_after_shutdown
            d02_shutdown_waits_for_all
            d02_everybody_who_waits_comes_back
            d03_shutdown_without_waiting
            d04_shutdown_cancels
            d05_cancelled_by_shutdown_is_told
            d06_cancelled_before_shutdown
            d07_drop_finishes_the_work
        ),
    ),
    twin("nested_wait", rows!(executor::<Sound>: x10_a_task_waits_for_its_own_pool)).broken(NEVER_WOKEN),
    twin("stale_idle", rows!(executor::<StaleIdle>: x08_a_busy_worker_is_not_idle)).broken(NEVER_WOKEN),
    twin("looks_then_employs", rows!(executor::<LooksThenEmploys>: x08_never_more_workers_than_allowed))
        .broken(&[FailureKind::Property]),
    twin("breaks_in_silence", rows!(executor::<BreaksInSilence>: x09_failing_initializer_breaks_the_pool))
        .broken(NEVER_WOKEN),
    twin("shutdown_wakes_one", rows!(executor::<ShutdownWakesOne>: d02_shutdown_waits_for_all))
        .broken(NEVER_WOKEN),
    twin("shutdown_tells_nobody", rows!(executor::<ShutdownTellsNobody>: d05_cancelled_by_shutdown_is_told))
        .broken(NEVER_WOKEN),
];

const fn future(name: &'static str, rows: &'static [Row]) -> Subject {
    Subject::contract("pool", "future", name, rows)
}

const fn twin(name: &'static str, rows: &'static [Row]) -> Subject {
    Subject::contract("pool", "executor", name, rows)
}

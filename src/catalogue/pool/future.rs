//! Futures of the model `pool`.

use crate::catalogue::NEVER_WOKEN;
use crate::cell::{Row, Subject};
use crate::contract::pool::future::{self, waiting};
use crate::engine::FailureKind;
use crate::model::pool::future::broken::{CallbackJumpsAhead, LooksThenAsks, LooksThenRuns, ResultWakesOne};
use crate::model::pool::rules::{Correct, OnPrimitives};

pub(super) static SUBJECTS: &[Subject] = &[
    Subject::new("pool/future/future").with_rows(FUTURE),
    Subject::new("pool/future/future.barging").with_rows(rows![
        future::f01_cancelled_task_never_runs[Correct],
        future::f03_result_wakes_every_waiter[Correct],
        future::f06_callbacks_once_and_in_order[Correct],
    ]),
    Subject::new("pool/future/future~result_wakes_one")
        .with_rows(rows![future::f03_result_wakes_every_waiter[ResultWakesOne]])
        .broken(NEVER_WOKEN),
    Subject::new("pool/future/future~looks_then_runs")
        .with_rows(rows![future::f01_cancelled_task_never_runs[LooksThenRuns]])
        .broken(&[FailureKind::Property]),
    Subject::new("pool/future/future~callback_jumps_ahead")
        .with_rows(rows![future::f06_callbacks_once_and_in_order[CallbackJumpsAhead]])
        .broken(&[FailureKind::Property]),
    Subject::new("pool/future/future~looks_then_asks")
        .with_rows(rows![waiting::w05_completion_races_registration[LooksThenAsks]])
        .broken(NEVER_WOKEN),
];

const FUTURE: &[Row] = rows![
    future::f01_cancel_by_state[OnPrimitives],
    future::f01_cancelled_task_never_runs[OnPrimitives],
    future::f02_queries_by_state[OnPrimitives],
    future::f03_result_by_state[OnPrimitives],
    future::f03_time_runs_out[OnPrimitives],
    future::f03_result_wakes_every_waiter[OnPrimitives],
    future::f03_cancel_wakes_every_waiter[OnPrimitives],
    future::f04_first_result_stays[OnPrimitives],
    future::f05_claimed_once[OnPrimitives],
    future::f06_callbacks_once_and_in_order[OnPrimitives],
    future::f06_callbacks_late_nested_panicking[OnPrimitives],
    future::f07_snapshot_of_one_moment[OnPrimitives],
    waiting::w01_duplicates_count_once[OnPrimitives],
    waiting::w02_first_completed[OnPrimitives],
    waiting::w03_first_failure[OnPrimitives],
    waiting::w03_a_failure_is_enough[OnPrimitives],
    waiting::w03_a_cancellation_is_no_failure[OnPrimitives],
    waiting::w03_cancelled_counts_when_told[OnPrimitives],
    waiting::w03_waits_until_a_cancellation_is_told[OnPrimitives],
    waiting::w04_all_completed_or_time_runs_out[OnPrimitives],
    waiting::w05_completion_races_registration[OnPrimitives],
    waiting::w06_done_ones_first[OnPrimitives],
    waiting::w06_a_done_one_is_given_at_once[OnPrimitives],
    waiting::w06_each_as_it_ends[OnPrimitives],
    waiting::w06_time_runs_out[OnPrimitives],
];

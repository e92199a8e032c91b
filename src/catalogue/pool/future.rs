//! Futures of the model `pool`.

use crate::catalogue::NEVER_WOKEN;
use crate::cell::{Row, Subject};
use crate::contract::pool::future::{self, waiting};
use crate::engine::FailureKind;
use crate::model::pool::future::broken::{CallbackJumpsAhead, LooksThenAsks, LooksThenRuns, ResultWakesOne};
use crate::model::pool::rules::Sound;

pub(super) static SUBJECTS: &[Subject] = &[
    Subject::new("pool/future/future").with_rows(FUTURE),
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
    future::f01_cancel_by_state[Sound],
    future::f01_cancelled_task_never_runs[Sound],
    future::f02_queries_by_state[Sound],
    future::f03_result_by_state[Sound],
    future::f03_time_runs_out[Sound],
    future::f03_result_wakes_every_waiter[Sound],
    future::f03_cancel_wakes_every_waiter[Sound],
    future::f04_first_result_stays[Sound],
    future::f05_claimed_once[Sound],
    future::f06_callbacks_once_and_in_order[Sound],
    future::f06_callbacks_late_nested_panicking[Sound],
    future::f07_snapshot_of_one_moment[Sound],
    waiting::w01_duplicates_count_once[Sound],
    waiting::w02_first_completed[Sound],
    waiting::w03_first_failure[Sound],
    waiting::w03_a_failure_is_enough[Sound],
    waiting::w03_cancelled_counts_when_told[Sound],
    waiting::w03_waits_until_a_cancellation_is_told[Sound],
    waiting::w04_all_completed_or_time_runs_out[Sound],
    waiting::w05_completion_races_registration[Sound],
    waiting::w06_done_ones_first[Sound],
    waiting::w06_each_as_it_ends[Sound],
    waiting::w06_time_runs_out[Sound],
];

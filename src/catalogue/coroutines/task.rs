//! The event loop, and what it does with time and with tasks.

use crate::catalogue::NEVER_WOKEN;
use crate::cell::{Row, Subject};
use crate::contract::coroutines::task as rows;
use crate::engine::FailureKind;
use crate::model::coroutines::task::Correct;
use crate::model::coroutines::task::broken::{
    ClockFirst, ForgetsEarlyWakes, LetsSiblingsWait, LooksThenSleeps,
};

pub(super) static SUBJECTS: &[Subject] = &[
    Subject::new("coroutines/task/event_loop").with_rows(EVENT_LOOP),
    Subject::new("coroutines/task/timeout").with_rows(TIMEOUT),
    Subject::new("coroutines/task/group").with_rows(GROUP),
    Subject::new("coroutines/task/event_loop~looks_then_sleeps")
        .with_rows(rows![rows::a_wake_from_another_thread_counts[LooksThenSleeps]])
        .broken(NEVER_WOKEN),
    Subject::new("coroutines/task/event_loop~forgets_early_wakes")
        .with_rows(rows![rows::a_wake_of_who_runs_counts[ForgetsEarlyWakes]])
        .broken(NEVER_WOKEN),
    Subject::new("coroutines/task/timeout~clock_first")
        .with_rows(rows![rows::a21_a_result_at_the_deadline_counts[ClockFirst]])
        .broken(&[FailureKind::Property]),
    Subject::new("coroutines/task/group~lets_siblings_wait")
        .with_rows(rows![rows::a22_a_failure_cancels_the_others[LetsSiblingsWait]])
        .broken(NEVER_WOKEN),
];

const EVENT_LOOP: &[Row] = rows![
    rows::tasks_run_in_turn[Correct],
    rows::a_wake_of_who_runs_counts[Correct],
    rows::a_wake_from_another_thread_counts[Correct],
    rows::a24_another_thread_starts_a_task[Correct],
    rows::a_cancelled_task_is_gone[Correct],
    rows::who_waits_for_the_others_comes_last[Correct],
];

const TIMEOUT: &[Row] = rows![
    rows::sleeps_end_in_order[Correct],
    rows::a21_a_result_at_the_deadline_counts[Correct],
    rows::a21_no_time_no_beginning[Correct],
    rows::a23_time_outs_nest[Correct],
];

const GROUP: &[Row] = rows![
    rows::a22_a_failure_cancels_the_others[Correct],
    rows::a22_join_waits_for_all[Correct],
    rows::a22_a_dropped_group_cancels_all[Correct],
];

//! Executors of the model `pool`: what runs tasks.

use crate::catalogue::NEVER_WOKEN;
use crate::cell::{Row, Subject};
use crate::contract::pool::executor::{self, shutdown, stealing};
use crate::engine::FailureKind;
use crate::model::pool::executor::broken::{
    BreaksInSilence, LooksThenSpawns, NestedWait, NoSecondLook, ShutdownTellsNobody, ShutdownWakesOne,
    StaleIdle, TellsOne,
};
use crate::model::pool::executor::crew::TellsAll;
use crate::model::pool::executor::idle::SecondLook;
use crate::model::pool::rules::Correct;

pub(super) static SUBJECTS: &[Subject] = &[
    Subject::new("pool/executor/thread_pool").with_rows(THREAD_POOL),
    Subject::new("pool/executor/stealing").with_rows(rows![
        stealing::a_task_from_outside_is_run[SecondLook],
        stealing::a_task_of_a_busy_worker_is_stolen[SecondLook],
        stealing::the_drop_waits_for_all_tasks[SecondLook],
        stealing::a_panic_leaves_tasks_to_the_others[SecondLook],
        stealing::a_panic_leaves_a_pool_at_work[SecondLook],
        stealing::of_two_panics_the_first_is_passed_on[SecondLook],
        stealing::tasks_that_meet_have_a_worker_each[SecondLook],
    ]),
    Subject::new("pool/executor/crew").with_rows(rows![
        stealing::the_last_task_lets_everybody_go[TellsAll],
        stealing::a_panic_leaves_the_rest_to_the_crew[],
        stealing::a_panic_may_drop_a_panicked_crew[],
        stealing::each_task_wakes_a_worker[],
        stealing::tasks_begin_in_their_order[],
        stealing::a_crew_needs_a_worker[],
    ]),
    Subject::new("pool/executor/thread_pool~nested_wait")
        .with_rows(rows![executor::x10_a_task_waits_for_its_own_pool[NestedWait]])
        .broken(NEVER_WOKEN),
    Subject::new("pool/executor/thread_pool~stale_idle")
        .with_rows(rows![executor::x08_a_busy_worker_is_not_idle[StaleIdle]])
        .broken(NEVER_WOKEN),
    Subject::new("pool/executor/thread_pool~looks_then_spawns")
        .with_rows(rows![executor::x08_never_more_workers_than_allowed[LooksThenSpawns]])
        .broken(&[FailureKind::Property]),
    Subject::new("pool/executor/thread_pool~breaks_in_silence")
        .with_rows(rows![executor::x09_failing_initializer_breaks_the_pool[BreaksInSilence]])
        .broken(NEVER_WOKEN),
    Subject::new("pool/executor/thread_pool~shutdown_wakes_one")
        .with_rows(rows![shutdown::d02_shutdown_waits_for_all[ShutdownWakesOne]])
        .broken(NEVER_WOKEN),
    Subject::new("pool/executor/thread_pool~shutdown_tells_nobody")
        .with_rows(rows![shutdown::d05_cancelled_by_shutdown_is_told[ShutdownTellsNobody]])
        .broken(NEVER_WOKEN),
    Subject::new("pool/executor/stealing~no_second_look")
        .with_rows(rows![
            stealing::a_task_from_outside_is_run[NoSecondLook],
            stealing::a_task_of_a_busy_worker_is_stolen[NoSecondLook],
        ])
        .broken(NEVER_WOKEN),
    Subject::new("pool/executor/crew~tells_one")
        .with_rows(rows![stealing::the_last_task_lets_everybody_go[TellsOne]])
        .broken(NEVER_WOKEN),
];

const THREAD_POOL: &[Row] = rows![
    executor::x01_no_workers_is_an_error[Correct],
    executor::x01_submit_gives_the_result[Correct],
    executor::x02_map_keeps_the_order[Correct],
    executor::x03_map_does_not_wait_to_be_asked[Correct],
    executor::x04_map_fails_at_its_place[Correct],
    executor::x05_map_time_runs_out[Correct],
    executor::x05_what_is_done_is_given[Correct],
    executor::x05_a_dropped_map_cancels[Correct],
    executor::x06_map_takes_few_items_ahead[Correct],
    executor::x07_nothing_is_kept[Correct],
    executor::x07_a_drop_that_panics_takes_no_worker_down[Correct],
    executor::x08_never_more_workers_than_allowed[Correct],
    executor::x08_an_idle_worker_is_taken[Correct],
    executor::x08_a_busy_worker_is_not_idle[Correct],
    executor::x08_a_woken_worker_is_not_idle[Correct],
    executor::x08_each_task_wakes_a_worker[Correct],
    executor::x09_initializer_runs_first[Correct],
    executor::x09_failing_initializer_breaks_the_pool[Correct],
    executor::x09_cancelled_in_a_broken_pool_is_told[Correct],
    executor::x09_workers_of_a_broken_pool_end[Correct],
    executor::x09_all_idle_workers_of_a_broken_pool_end[Correct],
    shutdown::d01_no_tasks_after_shutdown[Correct],
    shutdown::d01_a_map_ends_with_its_pool[Correct],
    shutdown::d02_shutdown_waits_for_all[Correct],
    shutdown::d02_everybody_who_waits_comes_back[Correct],
    shutdown::d03_shutdown_without_waiting[Correct],
    shutdown::d04_shutdown_cancels[Correct],
    shutdown::d04_shutdown_cancels_and_waits[Correct],
    shutdown::d05_cancelled_by_shutdown_is_told[Correct],
    shutdown::d06_cancelled_before_shutdown[Correct],
    shutdown::d07_drop_finishes_the_work[Correct],
];

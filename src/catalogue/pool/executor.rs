//! Executors of the model `pool`: what runs tasks.

use crate::catalogue::NEVER_WOKEN;
use crate::cell::{Row, Subject};
use crate::contract::pool::executor::{self, shutdown, stealing};
use crate::engine::FailureKind;
use crate::model::pool::executor::broken::{
    BeginsTwo, BeginsWhatIsGone, BreaksInSilence, CountsThenPutsIn, LooksThenSpawns, LooksThenTells,
    NestedWait, NoSecondLook, OneLooksForAll, ShutdownTellsNobody, ShutdownWakesOne, SleepsUnasked,
    StaleIdle, TellsOne, TellsThenWrites,
};
use crate::model::pool::executor::crew::TellsAll;
use crate::model::pool::executor::idle::SecondLook;
use crate::model::pool::rules::{Correct, Lingering, OnPrimitives};

pub(super) static SUBJECTS: &[Subject] = &[
    Subject::new("pool/executor/thread_pool").with_rows(THREAD_POOL),
    Subject::new("pool/executor/thread_pool.lingering").with_rows(rows![
        executor::x01_a_worker_is_given_another[Lingering],
        executor::x08_an_idle_worker_is_taken[Lingering],
        executor::x08_two_who_linger_take_two[Lingering],
        executor::x03_map_does_not_wait_to_be_asked[Lingering],
        shutdown::d03_shutdown_without_waiting[Lingering],
    ]),
    Subject::new("pool/executor/thread_pool.barging").with_rows(rows![
        executor::x01_a_worker_is_given_another[Correct],
        executor::x03_map_does_not_wait_to_be_asked[Correct],
        executor::x09_initializer_runs_first[Correct],
        shutdown::d03_shutdown_without_waiting[Correct],
    ]),
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
    Subject::new("pool/executor/thread_pool~tells_then_writes")
        .with_rows(rows![executor::x03_map_does_not_wait_to_be_asked[TellsThenWrites]])
        .broken(&[FailureKind::DataRace, FailureKind::Panic]),
    Subject::new("pool/executor/thread_pool~looks_then_tells")
        .with_rows(rows![executor::x03_map_does_not_wait_to_be_asked[LooksThenTells]])
        .broken(NEVER_WOKEN),
    Subject::new("pool/executor/thread_pool~counts_then_puts_in")
        .with_rows(rows![executor::x04_map_fails_at_its_place[CountsThenPutsIn]])
        .broken(NEVER_WOKEN),
    Subject::new("pool/executor/thread_pool~begins_two")
        .with_rows(rows![executor::x05_a_dropped_map_cancels[BeginsTwo]])
        .broken(&[FailureKind::Property]),
    Subject::new("pool/executor/thread_pool~begins_what_is_gone")
        .with_rows(rows![shutdown::d01_a_shutdown_beside_a_map[BeginsWhatIsGone]])
        .broken(&[FailureKind::DataRace, FailureKind::Panic, FailureKind::Property]),
    Subject::new("pool/executor/thread_pool~sleeps_unasked")
        .with_rows(rows![executor::x01_a_worker_is_given_another[SleepsUnasked]])
        .broken(NEVER_WOKEN),
    Subject::new("pool/executor/thread_pool~one_looks_for_all")
        .with_rows(rows![executor::x08_two_who_linger_take_two[OneLooksForAll]])
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
    executor::x01_no_workers_is_an_error[OnPrimitives],
    executor::x01_submit_gives_the_result[OnPrimitives],
    executor::x01_a_worker_is_given_another[OnPrimitives],
    executor::x02_map_keeps_the_order[OnPrimitives],
    executor::x02_a_chunk_keeps_the_order[OnPrimitives],
    executor::x03_map_does_not_wait_to_be_asked[OnPrimitives],
    executor::x04_map_fails_at_its_place[OnPrimitives],
    executor::x05_map_time_runs_out[OnPrimitives],
    executor::x05_what_is_done_is_given[OnPrimitives],
    executor::x05_a_dropped_map_cancels[OnPrimitives],
    executor::x06_map_takes_few_items_ahead[OnPrimitives],
    executor::x07_nothing_is_kept[OnPrimitives],
    executor::x07_a_drop_that_panics_takes_no_worker_down[OnPrimitives],
    executor::x08_never_more_workers_than_allowed[OnPrimitives],
    executor::x08_an_idle_worker_is_taken[OnPrimitives],
    executor::x08_a_busy_worker_is_not_idle[OnPrimitives],
    executor::x08_a_woken_worker_is_not_idle[OnPrimitives],
    executor::x08_each_task_wakes_a_worker[OnPrimitives],
    executor::x09_initializer_runs_first[OnPrimitives],
    executor::x09_failing_initializer_breaks_the_pool[OnPrimitives],
    executor::x09_a_map_of_a_broken_pool_fails[OnPrimitives],
    executor::x09_cancelled_in_a_broken_pool_is_told[OnPrimitives],
    executor::x09_workers_of_a_broken_pool_end[OnPrimitives],
    executor::x09_all_idle_workers_of_a_broken_pool_end[OnPrimitives],
    shutdown::d01_no_tasks_after_shutdown[OnPrimitives],
    shutdown::d01_a_map_ends_with_its_pool[OnPrimitives],
    shutdown::d01_a_shutdown_beside_a_map[OnPrimitives],
    shutdown::d02_shutdown_waits_for_all[OnPrimitives],
    shutdown::d02_everybody_who_waits_comes_back[OnPrimitives],
    shutdown::d03_shutdown_without_waiting[OnPrimitives],
    shutdown::d04_shutdown_cancels[OnPrimitives],
    shutdown::d04_shutdown_cancels_a_map[OnPrimitives],
    shutdown::d04_shutdown_cancels_and_waits[OnPrimitives],
    shutdown::d05_cancelled_by_shutdown_is_told[OnPrimitives],
    shutdown::d06_cancelled_before_shutdown[OnPrimitives],
    shutdown::d07_drop_finishes_the_work[OnPrimitives],
];

//! Locks of the model `threads`, and what is built on them.

use crate::catalogue::{NEVER_WOKEN, lock, size};
use crate::cell::{Row, Scope, Subject};
use crate::contract::threads::lock::{condition, exclusion, meeting, semaphore};
use crate::engine::{Engine, FailureKind};
use crate::model::threads::lock::barging;
use crate::model::threads::lock::barrier::Barrier;
use crate::model::threads::lock::broken::{
    ChecksThenReturns, ForgetsSleepers, ForgetsWaiters, LooksAtTheClockFirst, LooksWhetherSet, NeverLooks,
    NeverWakes, NoFence, NoGeneration, RelaxedRelease, ReleasesAll, TimedOutTakesNotification,
    UnorderedRelease, WaitsBeforeLooking, WakesForHeld,
};
use crate::model::threads::lock::condition::Correct;
use crate::model::threads::lock::event;
use crate::model::threads::lock::futex::{Lock, ThreeState};
use crate::model::threads::lock::recursive::{Counted, RLock};
use crate::model::threads::lock::semaphore::{AtOnce, Semaphore};

pub(super) static SUBJECTS: &[Subject] = &[
    lock::<Lock<ThreeState>>("threads/lock/futex").with_rows(LOCK),
    lock::<barging::Lock>("threads/lock/barging").with_rows(rows![
        exclusion::l01_a_held_lock_is_refused[barging::Lock],
        exclusion::l01_the_last_release_wakes[barging::Lock],
    ]),
    lock::<RLock>("threads/lock/recursive").with_rows(RECURSIVE),
    lock::<Semaphore<AtOnce>>("threads/lock/semaphore").with_rows(SEMAPHORE),
    Subject::new("threads/lock/condition").with_rows(CONDITION),
    Subject::new("threads/lock/event").with_rows(EVENT),
    Subject::new("threads/lock/barrier").with_rows(BARRIER),
    lock::<Lock<NeverWakes>>("threads/lock/futex~never_wakes").broken(NEVER_WOKEN),
    lock::<Lock<WakesForHeld>>("threads/lock/futex~wakes_for_held").broken(NEVER_WOKEN),
    lock::<Lock<RelaxedRelease>>("threads/lock/futex~relaxed_release").broken(&[FailureKind::DataRace]),
    lock::<Lock<ForgetsWaiters>>("threads/lock/futex~forgets_waiters")
        .broken(NEVER_WOKEN)
        .hidden_in(ONE_WAITER),
    lock::<barging::Lock<NeverLooks>>("threads/lock/barging~never_looks").broken(NEVER_WOKEN),
    lock::<barging::Lock<NoFence>>("threads/lock/barging~no_fence")
        .with_rows(rows![exclusion::l01_the_last_release_wakes[barging::Lock<NoFence>]])
        .broken(NEVER_WOKEN)
        .blind(&[(
            Engine::Dpor,
            "there every load finds what was stored last, as if each access had a fence",
        )]),
    lock::<barging::Lock<ForgetsSleepers>>("threads/lock/barging~forgets_sleepers")
        .broken(NEVER_WOKEN)
        .hidden_in(ONE_WAITER),
    lock::<barging::Lock<UnorderedRelease>>("threads/lock/barging~unordered_release")
        .broken(&[FailureKind::DataRace]),
    Subject::new("threads/lock/recursive~releases_all")
        .with_rows(rows![exclusion::r01_every_acquisition_is_released[ReleasesAll]])
        .broken(&[FailureKind::DataRace, FailureKind::Property]),
    Subject::new("threads/lock/semaphore~checks_then_returns")
        .with_rows(rows![semaphore::m03_a_bounded_semaphore_refuses_a_release_too_many[ChecksThenReturns]])
        .broken(&[FailureKind::Property]),
    Subject::new("threads/lock/condition~timed_out_takes_notification")
        .with_rows(rows![condition::c06_no_notification_is_lost[TimedOutTakesNotification]])
        .broken(&[FailureKind::Property]),
    Subject::new("threads/lock/condition~looks_at_the_clock_first")
        .with_rows(rows![condition::c04_the_predicate_has_the_last_word[LooksAtTheClockFirst]])
        .broken(&[FailureKind::Property]),
    Subject::new("threads/lock/condition~waits_before_looking")
        .with_rows(rows![condition::c04_a_signal_before_the_wait_counts[WaitsBeforeLooking]])
        .broken(NEVER_WOKEN),
    Subject::new("threads/lock/event~looks_whether_set")
        .with_rows(rows![meeting::e02_set_and_clear_release_who_waits[LooksWhetherSet]])
        .broken(NEVER_WOKEN),
    Subject::new("threads/lock/barrier~no_generation")
        .with_rows(rows![meeting::b01_rounds_are_in_step[NoGeneration]])
        .broken(NEVER_WOKEN),
];

/// Scopes in which two threads never wait at once.
const ONE_WAITER: &[Scope] = &[size(2, 1), size(2, 2)];

const LOCK: &[Row] = rows![
    exclusion::l01_a_held_lock_is_refused[Lock<ThreeState>],
    exclusion::l01_one_is_inside_at_a_time[ThreeState],
    exclusion::l03_a_time_out_leaves_the_lock_intact[ThreeState],
    exclusion::l04_another_thread_releases[ThreeState],
    exclusion::l04_a_free_lock_cannot_be_released[ThreeState],
    exclusion::l05_a_panic_releases[ThreeState],
    exclusion::t04_each_value_goes_to_one_thread[],
];

const RECURSIVE: &[Row] = rows![
    exclusion::l01_a_held_lock_is_refused[RLock],
    exclusion::r01_every_acquisition_is_released[Counted],
    exclusion::r01_every_way_in_counts[],
    exclusion::r01_only_the_owner_releases[],
    condition::r03_a_wait_releases_every_level[Correct],
    exclusion::r03_who_holds_it_cannot_acquire_it_again[],
];

const SEMAPHORE: &[Row] = rows![
    semaphore::m01_a_time_out_loses_no_permit[AtOnce],
    semaphore::m02_as_many_enter_as_there_are_permits[AtOnce],
    semaphore::m02_a_release_of_two_wakes_two[AtOnce],
    semaphore::m02_a_release_of_three_wakes_three[AtOnce],
    semaphore::m03_a_bounded_semaphore_refuses_a_release_too_many[AtOnce],
];

const CONDITION: &[Row] = rows![
    condition::c01_only_the_holder_waits_and_notifies[Correct],
    condition::c02_the_first_to_come_is_woken_first[Correct],
    condition::c02_a_notification_of_all_wakes_all[Correct],
    condition::c02_all_of_three_are_woken[Correct],
    condition::c04_the_predicate_has_the_last_word[Correct],
    condition::c04_a_signal_before_the_wait_counts[Correct],
    condition::c05_conditions_share_a_lock[Correct],
    condition::c06_no_notification_is_lost[Correct],
];

const EVENT: &[Row] = rows![
    meeting::e01_set_wakes_all[event::Correct],
    meeting::e01_who_clears_sees_what_was_done[event::Correct],
    meeting::e02_set_and_clear_release_who_waits[event::Correct],
];

const BARRIER: &[Row] = rows![
    meeting::b01_rounds_are_in_step[Barrier],
    meeting::b01_the_action_comes_first[],
    meeting::b01_as_many_wait_as_have_come[],
    meeting::b02_an_abort_frees_who_waits[],
    meeting::b02_a_reset_sends_away_who_waits[],
    meeting::b02_a_panic_of_the_action_frees_who_waits[],
    meeting::b02_after_a_reset_it_works[],
    meeting::b03_a_time_out_breaks_it_for_all[],
    meeting::b03_a_time_out_breaks_its_own_round[],
    meeting::b03_a_barrier_has_its_own_patience[],
];

//! Locks, and what is built on them.

use super::{NEVER_WOKEN, l, lock};
use crate::cell::{Row, Scope, Subject};
use crate::contract::locks::{condition, lock as locking, meeting, semaphore};
use crate::engine::FailureKind;
use crate::model::threads::barrier::Barrier;
use crate::model::threads::broken::locks::{
    ChecksThenReturns, ForgetsWaiters, LooksAtTheClockFirst, LooksWhetherSet, NeverWakes, NoGeneration,
    RelaxedRelease, TimedOutTakesNotification, WaitsBeforeLooking, WakesForHeld,
};
use crate::model::threads::condition::Attentive;
use crate::model::threads::event::SinceThen;
use crate::model::threads::lock::{Drepper, Lock};
use crate::model::threads::rlock::RLock;
use crate::model::threads::semaphore::{AtOnce, Semaphore};

/// Locks.
pub(super) static LOCKS: &[Subject] = &[
    lock::<Lock<Drepper>>("threads", "drepper").with_rows(LOCK),
    lock::<RLock>("threads", "recursive").with_rows(RECURSIVE),
    lock::<Semaphore<AtOnce>>("threads", "semaphore"),
    lock::<Lock<NeverWakes>>("threads", "never_wakes").broken(NEVER_WOKEN),
    lock::<Lock<WakesForHeld>>("threads", "wakes_for_held").broken(NEVER_WOKEN),
    lock::<Lock<RelaxedRelease>>("threads", "relaxed_release").broken(&[FailureKind::DataRace]),
    lock::<Lock<ForgetsWaiters>>("threads", "forgets_waiters").broken(NEVER_WOKEN).hidden_in(ONE_WAITER),
];

/// Scopes in which two threads never wait at once.
const ONE_WAITER: &[Scope] = &[l(2, 1), l(2, 2)];

/// Semaphores, conditions, events, barriers, iterators: what has no port.
pub(super) static CONTRACTS: &[Subject] = &[
    Subject::contract("threads", "semaphore", "at_once", SEMAPHORE),
    Subject::contract("threads", "semaphore", "checks_then_returns", CHECKS_THEN_RETURNS)
        .broken(&[FailureKind::Property]),
    Subject::contract("threads", "condition", "attentive", CONDITION),
    Subject::contract("threads", "condition", "timed_out_takes_notification", TIMED_OUT_TAKES_NOTIFICATION)
        .broken(&[FailureKind::Property]),
    Subject::contract("threads", "condition", "looks_at_the_clock_first", LOOKS_AT_THE_CLOCK_FIRST)
        .broken(&[FailureKind::Property]),
    Subject::contract("threads", "condition", "waits_before_looking", WAITS_BEFORE_LOOKING)
        .broken(NEVER_WOKEN),
    Subject::contract("threads", "event", "since_then", EVENT),
    Subject::contract("threads", "event", "looks_whether_set", LOOKS_WHETHER_SET).broken(NEVER_WOKEN),
    Subject::contract("threads", "barrier", "rounds", BARRIER),
    Subject::contract("threads", "barrier", "no_generation", NO_GENERATION).broken(NEVER_WOKEN),
];

const LOCK: &[Row] = &[
    Row::new("l01_a_held_lock_is_refused", locking::l01_a_held_lock_is_refused::<Lock<Drepper>>),
    Row::new(
        "l03_a_time_out_leaves_the_lock_intact",
        locking::l03_a_time_out_leaves_the_lock_intact::<Drepper>,
    ),
    Row::new("l04_another_thread_releases", locking::l04_another_thread_releases::<Drepper>),
    Row::new("l04_a_free_lock_cannot_be_released", locking::l04_a_free_lock_cannot_be_released::<Drepper>),
    Row::new("l05_a_panic_releases", locking::l05_a_panic_releases::<Drepper>),
    Row::new("t04_each_value_goes_to_one_thread", locking::t04_each_value_goes_to_one_thread),
];

const RECURSIVE: &[Row] = &[
    Row::new("l01_a_held_lock_is_refused", locking::l01_a_held_lock_is_refused::<RLock>),
    Row::new("r01_every_acquisition_is_released", locking::r01_every_acquisition_is_released),
    Row::new("r01_only_the_owner_releases", locking::r01_only_the_owner_releases),
    Row::new("r03_a_wait_releases_every_level", condition::r03_a_wait_releases_every_level::<Attentive>),
];

const SEMAPHORE: &[Row] = &[
    Row::new("m01_a_time_out_loses_no_permit", semaphore::m01_a_time_out_loses_no_permit::<AtOnce>),
    Row::new(
        "m02_as_many_enter_as_there_are_permits",
        semaphore::m02_as_many_enter_as_there_are_permits::<AtOnce>,
    ),
    Row::new("m02_a_release_of_two_wakes_two", semaphore::m02_a_release_of_two_wakes_two::<AtOnce>),
    Row::new(
        "m03_a_bounded_semaphore_refuses_a_release_too_many",
        semaphore::m03_a_bounded_semaphore_refuses_a_release_too_many::<AtOnce>,
    ),
];

const CHECKS_THEN_RETURNS: &[Row] = &[Row::new(
    "m03_a_bounded_semaphore_refuses_a_release_too_many",
    semaphore::m03_a_bounded_semaphore_refuses_a_release_too_many::<ChecksThenReturns>,
)];

const CONDITION: &[Row] = &[
    Row::new(
        "c02_the_first_to_come_is_woken_first",
        condition::c02_the_first_to_come_is_woken_first::<Attentive>,
    ),
    Row::new(
        "c02_a_notification_of_all_wakes_all",
        condition::c02_a_notification_of_all_wakes_all::<Attentive>,
    ),
    Row::new(
        "c04_the_predicate_has_the_last_word",
        condition::c04_the_predicate_has_the_last_word::<Attentive>,
    ),
    Row::new(
        "c04_a_signal_before_the_wait_counts",
        condition::c04_a_signal_before_the_wait_counts::<Attentive>,
    ),
    Row::new("c05_conditions_share_a_lock", condition::c05_conditions_share_a_lock::<Attentive>),
    Row::new("c06_no_notification_is_lost", condition::c06_no_notification_is_lost::<Attentive>),
];

const TIMED_OUT_TAKES_NOTIFICATION: &[Row] = &[Row::new(
    "c06_no_notification_is_lost",
    condition::c06_no_notification_is_lost::<TimedOutTakesNotification>,
)];

const LOOKS_AT_THE_CLOCK_FIRST: &[Row] = &[Row::new(
    "c04_the_predicate_has_the_last_word",
    condition::c04_the_predicate_has_the_last_word::<LooksAtTheClockFirst>,
)];

const WAITS_BEFORE_LOOKING: &[Row] = &[Row::new(
    "c04_a_signal_before_the_wait_counts",
    condition::c04_a_signal_before_the_wait_counts::<WaitsBeforeLooking>,
)];

const EVENT: &[Row] = &[
    Row::new("e01_set_wakes_all", meeting::e01_set_wakes_all::<SinceThen>),
    Row::new(
        "e02_set_and_clear_release_who_waits",
        meeting::e02_set_and_clear_release_who_waits::<SinceThen>,
    ),
];

const LOOKS_WHETHER_SET: &[Row] = &[Row::new(
    "e02_set_and_clear_release_who_waits",
    meeting::e02_set_and_clear_release_who_waits::<LooksWhetherSet>,
)];

const BARRIER: &[Row] = &[
    Row::new("b01_rounds_are_in_step", meeting::b01_rounds_are_in_step::<Barrier>),
    Row::new("b01_the_action_comes_first", meeting::b01_the_action_comes_first),
    Row::new("b02_an_abort_frees_who_waits", meeting::b02_an_abort_frees_who_waits),
    Row::new("b02_after_a_reset_it_works", meeting::b02_after_a_reset_it_works),
    Row::new("b03_a_time_out_breaks_it_for_all", meeting::b03_a_time_out_breaks_it_for_all),
];

const NO_GENERATION: &[Row] =
    &[Row::new("b01_rounds_are_in_step", meeting::b01_rounds_are_in_step::<NoGeneration>)];

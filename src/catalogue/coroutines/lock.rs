//! Locks whose operations are futures.

use super::{LOST_WITH_A_FUTURE, NEVER_CANCELS};
use crate::catalogue::{NEVER_WOKEN, lock, size};
use crate::cell::{Row, Subject};
use crate::contract::coroutines::lock as rows;
use crate::engine::FailureKind;
use crate::model::coroutines::lock::broken::{KeepsFirstWaker, KeepsForItself, ReturnsAlways, StaysInLine};
use crate::model::coroutines::lock::{Correct, Impatient, Lock};
use crate::port;

pub(super) static SUBJECTS: &[Subject] = &[
    lock::<Lock>("coroutines/lock/mutex").carrying(&[port::lock::play::<Impatient<Lock>>]).with_rows(MUTEX),
    Subject::new("coroutines/lock/semaphore").with_rows(SEMAPHORE),
    Subject::new("coroutines/lock/condition").with_rows(CONDITION),
    Subject::new("coroutines/lock/event").with_rows(EVENT),
    Subject::new("coroutines/lock/barrier").with_rows(BARRIER),
    Subject::new("coroutines/lock/mutex~keeps_for_itself")
        .with_rows(rows![rows::a11_a_cancelled_wait_meets_a_release[KeepsForItself]])
        .broken(&[FailureKind::Property])
        .blind(NEVER_CANCELS),
    lock::<Lock<KeepsFirstWaker>>("coroutines/lock/mutex~keeps_first_waker")
        .only(&[size(2, 1)])
        .broken(NEVER_WOKEN)
        .blind(NEVER_CANCELS),
    Subject::new("coroutines/lock/semaphore~keeps_for_itself")
        .with_rows(rows![rows::a17_a_cancelled_wait_loses_no_permit[KeepsForItself]])
        .broken(LOST_WITH_A_FUTURE)
        .blind(NEVER_CANCELS),
    Subject::new("coroutines/lock/semaphore~returns_always")
        .with_rows(rows![rows::a17_a_cancelled_wait_loses_no_permit[ReturnsAlways]])
        .broken(&[FailureKind::Property])
        .blind(NEVER_CANCELS),
    Subject::new("coroutines/lock/condition~keeps_for_itself")
        .with_rows(rows![rows::a14_a_notification_is_passed_on[KeepsForItself]])
        .broken(NEVER_WOKEN)
        .blind(NEVER_CANCELS),
    Subject::new("coroutines/lock/event~stays_in_line")
        .with_rows(rows![rows::a12_a_cancelled_wait_is_gone[StaysInLine]])
        .broken(&[FailureKind::Property]),
    Subject::new("coroutines/lock/barrier~stays_in_line")
        .with_rows(rows![rows::a19_a_cancelled_wait_does_not_count[StaysInLine]])
        .broken(&[FailureKind::Property]),
];

const MUTEX: &[Row] = rows![rows::a11_a_cancelled_wait_meets_a_release[Correct]];

const SEMAPHORE: &[Row] = rows![
    rows::a16_who_has_waited_longest_is_first[Correct],
    rows::a17_a_cancelled_wait_loses_no_permit[Correct],
    rows::a18_a_bounded_one_refuses_a_release_too_many[Correct],
];

const CONDITION: &[Row] = rows![rows::a14_a_notification_is_passed_on[Correct]];

const EVENT: &[Row] =
    rows![rows::a12_set_and_clear_let_all_go_who_wait[Correct], rows::a12_a_cancelled_wait_is_gone[Correct],];

const BARRIER: &[Row] = rows![
    rows::a19_a_cancelled_wait_does_not_count[Correct],
    rows::a19_nobody_passes_alone[Correct],
    rows::a19_abort_sends_away_who_waits[Correct],
];

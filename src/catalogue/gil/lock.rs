//! The interpreter lock of the model `gil`.

use crate::catalogue::NEVER_WOKEN;
use crate::cell::{Row, Subject};
use crate::contract::gil::lock;
use crate::engine::FailureKind;
use crate::model::gil::lock::broken::{
    AsksNewHolders, NoForcedSwitch, RequestLeftBehind, TouchedAfterRelease, WaitsLate,
};
use crate::model::gil::lock::cpython::Cpython;

/// Patient waiters have a switch interval of 50 µs, the interval of impatient ones is over at once.
pub(super) static SUBJECTS: &[Subject] = &[
    Subject::new("gil/lock/cpython").with_rows(PATIENT),
    Subject::new("gil/lock/cpython.impatient").with_rows(IMPATIENT),
    Subject::new("gil/lock/cpython~no_forced_switch")
        .with_rows(rows![
            lock::g02_who_asked_comes_next[NoForcedSwitch, 0],
            lock::g02_the_holder_does_not_follow_itself[NoForcedSwitch, 0],
        ])
        .broken(&[FailureKind::Starvation]),
    Subject::new("gil/lock/cpython~waits_late")
        .with_rows(rows![lock::g05_no_switch_signal_is_lost[WaitsLate, 0]])
        .broken(NEVER_WOKEN),
    Subject::new("gil/lock/cpython~asks_new_holders")
        .with_rows(rows![lock::g01_a_new_holder_gets_an_interval[AsksNewHolders, 50]])
        .broken(&[FailureKind::Property]),
    Subject::new("gil/lock/cpython~request_left_behind")
        .with_rows(rows![lock::g03_who_gives_up_withdraws_its_request[RequestLeftBehind, 0]])
        .broken(NEVER_WOKEN),
    Subject::new("gil/lock/cpython~touched_after_release")
        .with_rows(rows![lock::g04_nobody_touches_an_interpreter_that_ended[TouchedAfterRelease, 0]])
        .broken(&[FailureKind::DataRace]),
];

const PATIENT: &[Row] = rows![
    lock::g01_one_thread_holds_the_lock[Cpython, 50],
    lock::g01_a_new_holder_gets_an_interval[Cpython, 50],
    lock::g02_who_asked_comes_next[Cpython, 50],
    lock::g02_everybody_comes_in[Cpython, 50, 1],
    lock::g03_who_gives_up_withdraws_its_request[Cpython, 50],
    lock::g03_finalization_sends_waiters_away[Cpython, 50],
    lock::g04_nobody_touches_an_interpreter_that_ended[Cpython, 50],
    lock::g05_no_switch_signal_is_lost[Cpython, 50],
    lock::g07_the_interval_can_be_set[Cpython, 50],
    lock::g10_convoy[Cpython, 50],
];

const IMPATIENT: &[Row] = rows![
    lock::g01_one_thread_holds_the_lock[Cpython, 0],
    lock::g01_a_panic_drops_no_lock_of_others[Cpython, 0],
    lock::g01_a_thread_does_not_switch_with_itself[Cpython, 0],
    lock::g02_who_asked_comes_next[Cpython, 0],
    lock::g02_the_holder_does_not_follow_itself[Cpython, 0],
    lock::g02_everybody_comes_in[Cpython, 0, 2],
    lock::g02_two_may_take_turns[Cpython, 0],
    lock::g03_who_gives_up_withdraws_its_request[Cpython, 0],
    lock::g03_finalization_sends_waiters_away[Cpython, 0],
    lock::g03_finalization_sends_everybody_away[Cpython, 0],
    lock::g04_nobody_touches_an_interpreter_that_ended[Cpython, 0],
    lock::g05_no_switch_signal_is_lost[Cpython, 0],
    lock::g06_no_signal_to_the_holder_is_lost[Cpython, 0],
    lock::g10_convoy[Cpython, 0],
];

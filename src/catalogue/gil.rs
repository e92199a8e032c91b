//! The subjects of the model `gil`.

use super::{NEVER_WOKEN, p, queue, t, table, try_queue};
use crate::cell::{Row, Scope, Subject};
use crate::contract::{closing, gil as rows};
use crate::engine::{Engine, FailureKind};
use crate::model::gil::bounded::Bounded;
use crate::model::gil::broken::locks::{
    AsksNewHolders, NoForcedSwitch, RequestLeftBehind, TouchedAfterRelease, WaitsLate,
};
use crate::model::gil::broken::queues::{CheckThenAct, ParksLate};
use crate::model::gil::broken::tables::LeftFirst;
use crate::model::gil::lock::Cpython;
use crate::model::gil::table::{AtOnce, Ordered};
use crate::scenario::Item;

/// The lock: patient waiters have a switch interval of 50 µs, the interval of impatient ones is over at once.
pub(super) static LOCKS: &[Subject] = &[
    Subject::contract("gil", "lock", "cpython", PATIENT),
    Subject::contract("gil", "lock", "impatient", IMPATIENT),
    Subject::contract("gil", "lock", "no_forced_switch", NO_FORCED_SWITCH).broken(&[FailureKind::Starvation]),
    Subject::contract("gil", "lock", "waits_late", WAITS_LATE)
        .broken(NEVER_WOKEN)
        .blind(&[(Engine::Pct, "three switches in the right places: 2 000 executions are too few")]),
    Subject::contract("gil", "lock", "asks_new_holders", ASKS_NEW_HOLDERS)
        .broken(&[FailureKind::Property])
        .blind(&[(Engine::Pct, "a time-out just after the switch: 2 000 executions are too few")]),
    Subject::contract("gil", "lock", "request_left_behind", REQUEST_LEFT_BEHIND).broken(NEVER_WOKEN),
    Subject::contract("gil", "lock", "touched_after_release", TOUCHED_AFTER_RELEASE)
        .broken(&[FailureKind::DataRace]),
];

/// Tables, two seats: the lock's own steps make more of three than an engine can enumerate here.
pub(super) static TABLES: &[Subject] = &[
    table::<Ordered>("gil", "ordered").only(&[t(2, 1)]),
    table::<AtOnce>("gil", "at_once").only(&[t(2, 1)]),
    table::<LeftFirst>("gil", "left_first").only(&[t(2, 1)]).broken(&[FailureKind::Deadlock]),
];

/// Queues that wait.
pub(super) static QUEUES: &[Subject] = &[
    queue::<Bounded<Item>>("gil", "bounded").only(&[p(2, 1)]).with_rows(CLOSING),
    queue::<ParksLate<Item>>("gil", "parks_late").only(&[p(1, 1), p(2, 1)]).broken(NEVER_WOKEN),
];

/// Queues that never wait.
pub(super) static TRY_QUEUES: &[Subject] = &[
    try_queue::<Bounded<Item>>("gil", "bounded"),
    try_queue::<CheckThenAct<Item>>("gil", "check_then_act")
        .broken(&[FailureKind::Panic])
        .hidden_in(ONE_CONSUMER),
];

/// Scopes in which no other consumer can come between the check and the act.
const ONE_CONSUMER: &[Scope] = &[p(1, 1), p(2, 1), p(3, 1)];

const CLOSING: &[Row] = &[
    Row::new("close_wakes_consumers", closing::close_wakes_consumers::<Bounded<Item>>),
    Row::new("close_wakes_producers", closing::close_wakes_producers::<Bounded<Item>>),
];

const PATIENT: &[Row] = &[
    Row::new("g01_one_thread_holds_the_lock", rows::g01_one_thread_holds_the_lock::<Cpython, 50>),
    Row::new("g01_a_new_holder_gets_an_interval", rows::g01_a_new_holder_gets_an_interval::<Cpython, 50>),
    Row::new("g02_who_asked_comes_next", rows::g02_who_asked_comes_next::<Cpython, 50>),
    Row::new(G03, rows::g03_who_gives_up_withdraws_its_request::<Cpython, 50>),
    Row::new(G04, rows::g04_nobody_touches_an_interpreter_that_ended::<Cpython, 50>),
    Row::new("g05_no_switch_signal_is_lost", rows::g05_no_switch_signal_is_lost::<Cpython, 50>),
    Row::new("g10_convoy", rows::g10_convoy::<Cpython, 50>),
];

const IMPATIENT: &[Row] = &[
    Row::new("g01_one_thread_holds_the_lock", rows::g01_one_thread_holds_the_lock::<Cpython, 0>),
    Row::new("g02_who_asked_comes_next", rows::g02_who_asked_comes_next::<Cpython, 0>),
    Row::new(G02_HOLDER, rows::g02_the_holder_does_not_follow_itself::<Cpython, 0>),
    Row::new("g02_two_may_take_turns", rows::g02_two_may_take_turns::<Cpython, 0>),
    Row::new(G03, rows::g03_who_gives_up_withdraws_its_request::<Cpython, 0>),
    Row::new(G04, rows::g04_nobody_touches_an_interpreter_that_ended::<Cpython, 0>),
    Row::new("g05_no_switch_signal_is_lost", rows::g05_no_switch_signal_is_lost::<Cpython, 0>),
    Row::new("g10_convoy", rows::g10_convoy::<Cpython, 0>),
];

const NO_FORCED_SWITCH: &[Row] = &[
    Row::new("g02_who_asked_comes_next", rows::g02_who_asked_comes_next::<NoForcedSwitch, 0>),
    Row::new(G02_HOLDER, rows::g02_the_holder_does_not_follow_itself::<NoForcedSwitch, 0>),
];
const WAITS_LATE: &[Row] =
    &[Row::new("g05_no_switch_signal_is_lost", rows::g05_no_switch_signal_is_lost::<WaitsLate, 0>)];
const ASKS_NEW_HOLDERS: &[Row] = &[Row::new(
    "g01_a_new_holder_gets_an_interval",
    rows::g01_a_new_holder_gets_an_interval::<AsksNewHolders, 50>,
)];
const REQUEST_LEFT_BEHIND: &[Row] =
    &[Row::new(G03, rows::g03_who_gives_up_withdraws_its_request::<RequestLeftBehind, 0>)];
const TOUCHED_AFTER_RELEASE: &[Row] =
    &[Row::new(G04, rows::g04_nobody_touches_an_interpreter_that_ended::<TouchedAfterRelease, 0>)];

const G02_HOLDER: &str = "g02_the_holder_does_not_follow_itself";
const G03: &str = "g03_who_gives_up_withdraws_its_request";
const G04: &str = "g04_nobody_touches_an_interpreter_that_ended";

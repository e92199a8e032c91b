//! The subjects of the model `gil`.

use super::{NEVER_WOKEN, p, queue, t, table, try_queue};
use crate::cell::{Row, Scope, Subject};
use crate::contract::{closing, gil as rows, interpreter};
use crate::engine::FailureKind;
use crate::model::gil::bounded::Bounded;
use crate::model::gil::broken::counters::LoadAddStore;
use crate::model::gil::broken::locks::{
    AsksNewHolders, NoForcedSwitch, RequestLeftBehind, ResetsLate, TouchedAfterRelease, WaitsLate,
};
use crate::model::gil::broken::queues::{CheckThenAct, ParksLate};
use crate::model::gil::broken::tables::LeftFirst;
use crate::model::gil::counter::OneStep;
use crate::model::gil::lock::{Cpython, Gil};
use crate::model::gil::plain::Plain;
use crate::model::gil::table::{AtOnce, Ordered};
use crate::scenario::Item;

/// The lock: patient waiters have a switch interval of 50 µs, the interval of impatient ones is over at once.
pub(super) static LOCKS: &[Subject] = &[
    Subject::contract("gil", "lock", "cpython", PATIENT),
    Subject::contract("gil", "lock", "impatient", IMPATIENT),
    Subject::contract("gil", "lock", "no_forced_switch", NO_FORCED_SWITCH).broken(&[FailureKind::Starvation]),
    Subject::contract("gil", "lock", "waits_late", WAITS_LATE).broken(NEVER_WOKEN),
    Subject::contract("gil", "lock", "asks_new_holders", ASKS_NEW_HOLDERS).broken(&[FailureKind::Property]),
    Subject::contract("gil", "lock", "request_left_behind", REQUEST_LEFT_BEHIND).broken(NEVER_WOKEN),
    Subject::contract("gil", "lock", "touched_after_release", TOUCHED_AFTER_RELEASE)
        .broken(&[FailureKind::DataRace]),
];

/// The interpreter, on the lock and on the plain one that stands for it.
pub(super) static INTERPRETERS: &[Subject] = &[
    Subject::contract("gil", "interpreter", "cpython", INTERPRETER),
    Subject::contract("gil", "interpreter", "plain", PLAIN_INTERPRETER),
    Subject::contract("gil", "interpreter", "load_add_store", LOAD_ADD_STORE)
        .broken(&[FailureKind::Property]),
    Subject::contract("gil", "interpreter", "resets_late", RESETS_LATE).broken(&[FailureKind::Property]),
];

/// Tables. On the lock itself two seats with a meal each are what an engine can enumerate here; on the plain one,
/// more.
pub(super) static TABLES: &[Subject] = &[
    table::<Ordered>("gil", "ordered").only(&[t(2, 1)]),
    table::<AtOnce>("gil", "at_once").only(&[t(2, 1)]),
    table::<Ordered<Plain>>("gil", "ordered_plain").only(&[t(2, 1), t(2, 2), t(3, 1)]),
    table::<AtOnce<Plain>>("gil", "at_once_plain").only(&[t(2, 1), t(2, 2), t(3, 1), t(4, 1)]),
    table::<LeftFirst>("gil", "left_first").only(&[t(2, 1)]).broken(&[FailureKind::Deadlock]),
    table::<LeftFirst<Plain>>("gil", "left_first_plain")
        .only(&[t(2, 1), t(3, 1)])
        .broken(&[FailureKind::Deadlock]),
];

/// Queues that wait.
pub(super) static QUEUES: &[Subject] = &[
    queue::<Bounded<Item>>("gil", "bounded").only(&[p(2, 1)]),
    queue::<Bounded<Item, Plain>>("gil", "bounded_plain").with_rows(CLOSING),
    queue::<ParksLate<Item>>("gil", "parks_late").only(&[p(1, 1)]).broken(NEVER_WOKEN),
    queue::<ParksLate<Item, Plain>>("gil", "parks_late_plain").broken(NEVER_WOKEN),
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
    Row::new("close_wakes_consumers", closing::close_wakes_consumers::<Bounded<Item, Plain>>),
    Row::new(
        "a_stray_wake_up_harms_nobody",
        interpreter::a_stray_wake_up_harms_nobody::<Bounded<Item, Plain>>,
    ),
    Row::new("close_wakes_producers", closing::close_wakes_producers::<Bounded<Item, Plain>>),
];

const INTERPRETER: &[Row] = &[
    Row::new(G06_CALLS, interpreter::g06_every_call_is_made_between_steps::<Gil>),
    Row::new("g06_a_tight_loop_is_interrupted", interpreter::g06_a_tight_loop_is_interrupted::<Cpython>),
    Row::new(G07, interpreter::g07_a_tiny_interval_changes_no_result::<OneStep, Gil, 1>),
    Row::new("g11_a_step_is_atomic", interpreter::g11_a_step_is_atomic::<OneStep, Gil>),
];
const PLAIN_INTERPRETER: &[Row] = &[
    Row::new(G06_CALLS, interpreter::g06_every_call_is_made_between_steps::<Plain>),
    Row::new("g11_a_step_is_atomic", interpreter::g11_a_step_is_atomic::<OneStep, Plain>),
];
const LOAD_ADD_STORE: &[Row] = &[
    Row::new(G07, interpreter::g07_a_tiny_interval_changes_no_result::<LoadAddStore, Gil, 1>),
    Row::new("g11_a_step_is_atomic", interpreter::g11_a_step_is_atomic::<LoadAddStore, Gil>),
];
const RESETS_LATE: &[Row] =
    &[Row::new(G06_CALLS, interpreter::g06_every_call_is_made_between_steps::<Gil<ResetsLate>>)];

const G06_CALLS: &str = "g06_every_call_is_made_between_steps";
const G07: &str = "g07_a_tiny_interval_changes_no_result";

const PATIENT: &[Row] = &[
    Row::new("g01_one_thread_holds_the_lock", rows::g01_one_thread_holds_the_lock::<Cpython, 50>),
    Row::new("g01_a_new_holder_gets_an_interval", rows::g01_a_new_holder_gets_an_interval::<Cpython, 50>),
    Row::new("g02_who_asked_comes_next", rows::g02_who_asked_comes_next::<Cpython, 50>),
    Row::new("g02_everybody_comes_in", rows::g02_everybody_comes_in::<Cpython, 50, 1>),
    Row::new(G03, rows::g03_who_gives_up_withdraws_its_request::<Cpython, 50>),
    Row::new(G03_AWAY, rows::g03_finalization_sends_waiters_away::<Cpython, 50>),
    Row::new(G04, rows::g04_nobody_touches_an_interpreter_that_ended::<Cpython, 50>),
    Row::new("g05_no_switch_signal_is_lost", rows::g05_no_switch_signal_is_lost::<Cpython, 50>),
    Row::new("g10_convoy", rows::g10_convoy::<Cpython, 50>),
];

const IMPATIENT: &[Row] = &[
    Row::new("g01_one_thread_holds_the_lock", rows::g01_one_thread_holds_the_lock::<Cpython, 0>),
    Row::new("g02_who_asked_comes_next", rows::g02_who_asked_comes_next::<Cpython, 0>),
    Row::new(G02_HOLDER, rows::g02_the_holder_does_not_follow_itself::<Cpython, 0>),
    Row::new("g02_everybody_comes_in", rows::g02_everybody_comes_in::<Cpython, 0, 2>),
    Row::new("g02_two_may_take_turns", rows::g02_two_may_take_turns::<Cpython, 0>),
    Row::new(G03, rows::g03_who_gives_up_withdraws_its_request::<Cpython, 0>),
    Row::new(G03_AWAY, rows::g03_finalization_sends_waiters_away::<Cpython, 0>),
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
const G03_AWAY: &str = "g03_finalization_sends_waiters_away";
const G04: &str = "g04_nobody_touches_an_interpreter_that_ended";

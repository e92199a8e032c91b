//! The subjects of the model `threads`.

use super::{NEVER_WOKEN, NO_ORDER_IN_TIME, p, queue, t, table, try_queue};
use crate::cell::{Row, Scope, Subject};
use crate::contract::closing;
use crate::engine::FailureKind;
use crate::model::threads::bounded::Bounded;
use crate::model::threads::broken::queues::{
    CheckThenAct, HidesItems, NotifyOneForAll, RelaxedConsume, RelaxedPublish,
};
use crate::model::threads::broken::tables::{LeftFirst, Polite, UnlockEarly, WaiterFavoursSeat0};
use crate::model::threads::ring::Ring;
use crate::model::threads::spinning::Spinning;
use crate::model::threads::table::{
    Asymmetric, Chairs, Courteous, Footman, Monitor, Ordered, Ticket, TryLock, Waiter,
};
use crate::scenario::Item;

/// Tables.
pub(super) static TABLES: &[Subject] = &[
    table::<Ordered>("threads", "ordered"),
    table::<Asymmetric>("threads", "asymmetric"),
    table::<Footman>("threads", "footman").nightly(&[t(3, 2)]),
    table::<Chairs>("threads", "chairs"),
    table::<TryLock>("threads", "try_lock").nightly(&[t(5, 1)]),
    table::<Monitor>("threads", "monitor").nightly(&[t(5, 1)]),
    table::<Waiter>("threads", "waiter").nightly(&[t(3, 2)]),
    table::<Ticket>("threads", "ticket").nightly(&[t(4, 2)]),
    table::<Courteous>("threads", "courteous").nightly(&[t(4, 2)]),
    table::<LeftFirst>("threads", "left_first").broken(&[FailureKind::Deadlock]),
    table::<UnlockEarly>("threads", "unlock_early")
        .broken(&[FailureKind::DataRace, FailureKind::Property])
        .hidden_in(TABLE_FOR_TWO),
    table::<TryLock<Polite>>("threads", "polite").broken(&[FailureKind::Livelock]),
    table::<Waiter<WaiterFavoursSeat0>>("threads", "waiter_favours_seat_0")
        .broken(&[FailureKind::Starvation])
        .hidden_in(NO_SECOND_HELPINGS),
];

/// Scopes in which the two philosophers share both forks: one is enough to keep them apart.
const TABLE_FOR_TWO: &[Scope] = &[t(2, 1), t(2, 4)];

/// Scopes in which nobody can be overtaken more than twice: there are two philosophers, or no second meals.
const NO_SECOND_HELPINGS: &[Scope] = &[t(2, 1), t(2, 4), t(3, 1), t(4, 1), t(5, 1), t(8, 1), t(10, 1)];

/// Queues that wait.
pub(super) static QUEUES: &[Subject] = &[
    queue::<Bounded<Item>>("threads", "bounded").with_rows(CLOSING),
    queue::<Spinning<Ring<Item>>>("threads", "spinning"),
    queue::<NotifyOneForAll<Item>>("threads", "notify_one_for_all")
        .broken(NEVER_WOKEN)
        .hidden_in(&[p(1, 1), p(2, 1)]),
];

/// Queues that never wait.
pub(super) static TRY_QUEUES: &[Subject] = &[
    try_queue::<Bounded<Item>>("threads", "bounded"),
    try_queue::<Ring<Item>>("threads", "ring"),
    try_queue::<CheckThenAct<Item>>("threads", "check_then_act")
        .broken(&[FailureKind::Panic])
        .hidden_in(ONE_CONSUMER),
    try_queue::<HidesItems<Item>>("threads", "hides_items")
        .broken(&[FailureKind::NotLinearizable])
        .hidden_in(&[p(1, 1), p(1, 2), p(1, 3)])
        .blind(NO_ORDER_IN_TIME),
    try_queue::<Ring<Item, RelaxedPublish>>("threads", "relaxed_publish").broken(&[FailureKind::DataRace]),
    try_queue::<Ring<Item, RelaxedConsume>>("threads", "relaxed_consume").broken(&[FailureKind::DataRace]),
];

const CLOSING: &[Row] = &[
    Row::new("close_wakes_consumers", closing::close_wakes_consumers::<Bounded<Item>>),
    Row::new("close_wakes_producers", closing::close_wakes_producers::<Bounded<Item>>),
];

/// Scopes in which no other consumer can come between the check and the act.
const ONE_CONSUMER: &[Scope] = &[p(1, 1), p(2, 1), p(3, 1)];

//! The subjects of the model `threads`.

use super::{NEVER_WOKEN, p, queue, table, try_queue};
use crate::cell::{Row, Scope, Subject};
use crate::contract::closing;
use crate::engine::{Engine, FailureKind};
use crate::model::threads::bounded::Bounded;
use crate::model::threads::broken::queues::{
    CheckThenAct, HidesItems, NotifyOneForAll, RelaxedConsume, RelaxedPublish,
};
use crate::model::threads::broken::tables::LeftFirst;
use crate::model::threads::ring::Ring;
use crate::model::threads::spinning::Spinning;
use crate::model::threads::table::{Footman, Ordered};
use crate::scenario::Item;

/// Tables.
pub(super) static TABLES: &[Subject] = &[
    table::<Ordered>("threads", "ordered"),
    table::<Footman>("threads", "footman"),
    table::<LeftFirst>("threads", "left_first").broken(&[FailureKind::Deadlock]),
];

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
        .hidden_in(ONE_CONSUMER)
        .blind(&[(Engine::Pct, "with two producers, 2 000 executions are too few")]),
    try_queue::<HidesItems<Item>>("threads", "hides_items")
        .broken(&[FailureKind::NotLinearizable])
        .hidden_in(&[p(1, 1), p(1, 2), p(1, 3)])
        .blind(&[
            (Engine::Loom, "under weak memory, operations have no order in time to be judged by"),
            (Engine::Random, "with two producers and consumers, 2 000 executions are too few"),
        ]),
    try_queue::<Ring<Item, RelaxedPublish>>("threads", "relaxed_publish").broken(&[FailureKind::DataRace]),
    try_queue::<Ring<Item, RelaxedConsume>>("threads", "relaxed_consume").broken(&[FailureKind::DataRace]),
];

const CLOSING: &[Row] = &[
    Row::new("close_wakes_consumers", closing::close_wakes_consumers::<Bounded<Item>>),
    Row::new("close_wakes_producers", closing::close_wakes_producers::<Bounded<Item>>),
];

/// Scopes in which no other consumer can come between the check and the act.
const ONE_CONSUMER: &[Scope] = &[p(1, 1), p(2, 1), p(3, 1)];

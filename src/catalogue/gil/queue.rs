//! Queues of the model `gil`.

use crate::catalogue::{NEVER_WOKEN, queue, size, try_queue};
use crate::cell::{Row, Scope, Subject};
use crate::contract::closing;
use crate::contract::gil::{interpreter, queue};
use crate::engine::FailureKind;
use crate::model::gil::lock::plain::Plain;
use crate::model::gil::queue::bounded::Bounded;
use crate::model::gil::queue::broken::{CheckThenAct, ParksLate};
use crate::port::{Item, transfer};

pub(super) static SUBJECTS: &[Subject] = &[
    queue::<Bounded<Item>>("gil/queue/bounded").timed(transfer::waiting::<Bounded<u64>>).only(&[size(2, 1)]),
    queue::<Bounded<Item, Plain>>("gil/queue/bounded.plain").with_rows(CLOSING),
    try_queue::<Bounded<Item>>("gil/queue/bounded.try"),
    queue::<ParksLate<Item>>("gil/queue/bounded~parks_late").only(&[size(1, 1)]).broken(NEVER_WOKEN),
    queue::<ParksLate<Item, Plain>>("gil/queue/bounded.plain~parks_late").broken(NEVER_WOKEN),
    try_queue::<CheckThenAct<Item>>("gil/queue/bounded.try~check_then_act")
        .broken(&[FailureKind::Panic])
        .hidden_in(ONE_CONSUMER),
];

const CLOSING: &[Row] = rows![
    closing::close_wakes_consumers[Bounded<Item, Plain>],
    interpreter::a_stray_wake_up_harms_nobody[Bounded<Item, Plain>],
    closing::close_wakes_producers[Bounded<Item, Plain>],
    queue::every_pop_makes_room_for_one[Bounded<Item, Plain>],
    closing::close_wakes_every_producer[Bounded<Item, Plain>],
    closing::close_wakes_every_consumer[Bounded<Item, Plain>],
    closing::nothing_goes_into_a_closed_queue[Bounded<Item, Plain>],
    queue::a_queue_needs_room[Plain],
    queue::len_counts_the_items[Plain],
];

/// Scopes in which no other consumer can come between the check and the act.
const ONE_CONSUMER: &[Scope] = &[size(1, 1), size(2, 1), size(3, 1)];

//! Work-stealing deques of the model `pool`, and the queue beside them for tasks from outside.

use crate::catalogue::{self, NO_ORDER_IN_TIME, size, try_queue};
use crate::cell::Subject;
use crate::contract::pool::deque;
use crate::engine::{Engine, FailureKind};
use crate::model::pool::deque::broken::{
    HintOutsideTheLock, PopWithoutFence, ReadAfterClaim, RelaxedBottom, RelaxedGrow, StealFromOldBuffer,
};
use crate::model::pool::deque::chase_lev::{ChaseLev, Worker};
use crate::model::pool::deque::injector::Injector;
use crate::port::Item;

pub(super) static SUBJECTS: &[Subject] = &[
    catalogue::deque::<Worker<Item, ChaseLev>>("pool/deque/chase_lev").with_rows(rows![
        deque::a_push_publishes[Worker<Item>],
        deque::the_last_item_goes_to_one[Worker<Item>],
        deque::the_owner_and_a_thief_share_two[Worker<Item>],
        deque::a_growing_deque_keeps_its_items[Worker<Item>],
        deque::a_slot_is_used_again[Worker<Item>],
        deque::an_empty_deque_is_used_again[Worker<Item>],
        deque::growth_keeps_items_in_their_places[Worker<Item>],
        deque::positions_wrap_around[ChaseLev],
    ]),
    try_queue::<Injector<Item>>("pool/deque/injector")
        .carrying(parcels![try_queue, T => Injector<T>])
        .with_rows(rows![deque::what_was_pushed_is_found[Injector<Item>]]),
    catalogue::deque::<Worker<Item, PopWithoutFence>>("pool/deque/chase_lev~pop_without_fence")
        .with_rows(rows![deque::the_owner_and_a_thief_share_two[Worker<Item, PopWithoutFence>]])
        .broken(&[FailureKind::Property])
        .blind(ONE_ORDER),
    catalogue::deque::<Worker<Item, RelaxedBottom>>("pool/deque/chase_lev~relaxed_bottom")
        .with_rows(rows![deque::a_push_publishes[Worker<Item, RelaxedBottom>]])
        .broken(TAKEN_BEFORE_IT_IS_THERE),
    catalogue::deque::<Worker<Item, RelaxedGrow>>("pool/deque/chase_lev~relaxed_grow")
        .with_rows(rows![deque::a_growing_deque_keeps_its_items[Worker<Item, RelaxedGrow>]])
        .broken(TAKEN_BEFORE_IT_IS_THERE)
        .blind(ONE_ORDER),
    catalogue::deque::<Worker<Item, ReadAfterClaim>>("pool/deque/chase_lev~read_after_claim")
        .with_rows(rows![deque::a_slot_is_used_again[Worker<Item, ReadAfterClaim>]])
        .broken(TAKEN_BEFORE_IT_IS_THERE),
    catalogue::deque::<Worker<Item, StealFromOldBuffer>>("pool/deque/chase_lev~steal_from_old_buffer")
        .with_rows(rows![deque::a_growing_deque_keeps_its_items[Worker<Item, StealFromOldBuffer>]])
        .broken(&[FailureKind::Property]),
    try_queue::<HintOutsideTheLock<Item>>("pool/deque/injector~hint_outside_the_lock")
        .with_rows(rows![deque::what_was_pushed_is_found[HintOutsideTheLock<Item>]])
        .broken(&[FailureKind::NotLinearizable, FailureKind::Property])
        .hidden_in(&[size(2, 1), size(1, 2), size(3, 1), size(1, 3)])
        .blind(NO_ORDER_IN_TIME),
];

/// Why engines of interleavings do not see a missing fence.
const ONE_ORDER: &[(Engine, &str)] = &[
    (Engine::Random, NEWEST_STORE),
    (Engine::Pct, NEWEST_STORE),
    (Engine::Urw, NEWEST_STORE),
    (Engine::Dpor, NEWEST_STORE),
];
const NEWEST_STORE: &str = "every load sees the newest store: nothing is ever reordered";

/// A thief that takes what is not yet there: it has another item, or its own before it is written.
const TAKEN_BEFORE_IT_IS_THERE: &[FailureKind] = &[FailureKind::DataRace, FailureKind::Property];

//! Queues and stacks without locks of the model `threads`.

use crate::catalogue::{NO_ORDER_IN_TIME, size, spsc, try_queue};
use crate::cell::{Row, Subject};
use crate::contract::threads::lockfree::combining::Tie;
use crate::contract::threads::lockfree::items::DropProbe;
use crate::contract::threads::lockfree::{arena, combining, drops, hazard, michael_scott, ring, spsc};
use crate::engine::{Engine, FailureKind};
use crate::model::threads::lockfree::arena::{Arena, Counting};
use crate::model::threads::lockfree::broken;
use crate::model::threads::lockfree::broken::arena::{OneNodeShort, Tagless};
use crate::model::threads::lockfree::broken::combining::{
    ClearsLate, ForgetsLastSlot, LosesItemInHand, RelaxedServed,
};
use crate::model::threads::lockfree::broken::michael_scott::{DropsTwice, RelaxedFollow, RelaxedLink};
use crate::model::threads::lockfree::broken::ring::HidesItems;
use crate::model::threads::lockfree::broken::segments::{OverlooksVoid, RelaxedFill, RelaxedLook};
use crate::model::threads::lockfree::broken::spsc::{ForgetsTheLastBatch, FullLooksEmpty, SparesNoRoom};
use crate::model::threads::lockfree::combining::Combining;
use crate::model::threads::lockfree::hazard::Crowded;
use crate::model::threads::lockfree::michael_scott::{FewRecords, MichaelScott};
use crate::model::threads::lockfree::ring::{ReleaseAcquire, Ring};
use crate::model::threads::lockfree::segments::{OneSlot, Segments};
use crate::model::threads::lockfree::spsc::{Correct, InPairs, Spsc};
use crate::model::threads::lockfree::treiber::Treiber;
use crate::port::{Item, transfer};

pub(super) static SUBJECTS: &[Subject] = &[
    try_queue::<Ring<Item>>("threads/lockfree/ring")
        .carrying(parcels![try_queue, T => Ring<T>])
        .timed(transfer::trying::<Ring<u64>>)
        .with_rows(rows![ring::positions_wrap_around[ReleaseAcquire]]),
    spsc::<Spsc<Item>>("threads/lockfree/spsc")
        .carrying(parcels![spsc, T => Spsc<T>])
        .timed(transfer::spsc::<Spsc<u64>>)
        .with_rows(rows![
            spsc::there_is_room_for_all[Spsc<Item>],
            spsc::counters_wrap_around[Correct],
        ]),
    spsc::<Spsc<Item, InPairs>>("threads/lockfree/spsc.in_pairs")
        .carrying(parcels![spsc, T => Spsc<T, InPairs>])
        .with_rows(rows![
            spsc::there_is_room_for_all[Spsc<Item, InPairs>],
            spsc::room_told_of_late_is_room[InPairs],
        ]),
    try_queue::<MichaelScott<Item>>("threads/lockfree/michael_scott")
        .carrying(parcels![try_queue, T => MichaelScott<T>])
        .timed(transfer::trying::<MichaelScott<u64>>)
        .with_rows(MICHAEL_SCOTT),
    try_queue::<Segments<Item>>("threads/lockfree/segments")
        .carrying(parcels![try_queue, T => Segments<T>])
        .timed(transfer::trying::<Segments<u64>>)
        .with_rows(SEGMENTS),
    try_queue::<Combining<Item>>("threads/lockfree/combining")
        .carrying(parcels![try_queue, T => Combining<T>])
        .timed(transfer::trying::<Combining<u64>>)
        .with_rows(COMBINING),
    try_queue::<Treiber<Item>>("threads/lockfree/treiber")
        .carrying(parcels![try_queue, T => Treiber<T>])
        .timed(transfer::trying::<Treiber<u64>>)
        .with_rows(TREIBER),
    try_queue::<Arena<Item>>("threads/lockfree/arena")
        .carrying(parcels![try_queue, T => Arena<T>])
        .timed(transfer::trying::<Arena<u64>>)
        .with_rows(rows![
            arena::a_node_that_comes_back_is_another[Arena<Item>],
            arena::a_tag_does_not_come_back_soon[Counting],
        ]),
    try_queue::<HidesItems<Item>>("threads/lockfree/ring~hides_items")
        .broken(&[FailureKind::NotLinearizable])
        .hidden_in(&[size(1, 1), size(1, 2), size(1, 3)])
        .blind(NO_ORDER_IN_TIME),
    try_queue::<Ring<Item, broken::ring::RelaxedPublish>>("threads/lockfree/ring~relaxed_publish")
        .broken(RACE),
    try_queue::<Ring<Item, broken::ring::RelaxedConsume>>("threads/lockfree/ring~relaxed_consume")
        .broken(RACE),
    spsc::<Spsc<Item, broken::spsc::RelaxedPublish>>("threads/lockfree/spsc~relaxed_publish").broken(RACE),
    spsc::<Spsc<Item, broken::spsc::RelaxedConsume>>("threads/lockfree/spsc~relaxed_consume").broken(RACE),
    spsc::<Spsc<Item, FullLooksEmpty>>("threads/lockfree/spsc~full_looks_empty")
        .broken(&[FailureKind::Property, FailureKind::DataRace]),
    spsc::<Spsc<Item, SparesNoRoom>>("threads/lockfree/spsc.in_pairs~spares_no_room")
        .broken(&[FailureKind::NotLinearizable])
        .blind(NO_ORDER_IN_TIME),
    spsc::<Spsc<Item, ForgetsTheLastBatch>>("threads/lockfree/spsc.in_pairs~forgets_the_last_batch")
        .broken(&[FailureKind::Property]),
    try_queue::<MichaelScott<Item, broken::michael_scott::LooksOnce>>(
        "threads/lockfree/michael_scott~looks_once",
    )
    .only(&[])
    .with_rows(rows![
        hazard::a_node_stays_while_a_pop_looks[MichaelScott<Item, broken::michael_scott::LooksOnce>],
        michael_scott::a_node_stays_while_a_push_looks[
            MichaelScott<Item, broken::michael_scott::LooksOnce>
        ],
    ])
    .broken(FREED_TOO_EARLY),
    Subject::new("threads/lockfree/michael_scott~unfenced")
        .with_rows(rows![
            hazard::a_node_stays_while_a_pop_looks[MichaelScott<Item, broken::michael_scott::Unfenced>],
            michael_scott::a_node_stays_while_a_push_looks[
                MichaelScott<Item, broken::michael_scott::Unfenced>
            ],
        ])
        .broken(FREED_TOO_EARLY)
        .blind(ONE_ORDER),
    try_queue::<MichaelScott<Item, RelaxedLink>>("threads/lockfree/michael_scott~relaxed_link").broken(RACE),
    try_queue::<MichaelScott<Item, RelaxedFollow>>("threads/lockfree/michael_scott~relaxed_follow")
        .broken(RACE),
    try_queue::<MichaelScott<Item, DropsTwice>>("threads/lockfree/michael_scott~drops_twice").broken(WRONG),
    try_queue::<Segments<Item, broken::segments::LooksOnce>>("threads/lockfree/segments~looks_once")
        .only(&[])
        .with_rows(rows![
            hazard::a_node_stays_while_a_pop_looks[Segments<Item, broken::segments::LooksOnce>],
            michael_scott::a_node_stays_while_a_push_looks[Segments<Item, broken::segments::LooksOnce>],
        ])
        .broken(FREED_TOO_EARLY),
    Subject::new("threads/lockfree/segments~unfenced")
        .with_rows(rows![
            hazard::a_node_stays_while_a_pop_looks[Segments<Item, broken::segments::Unfenced>],
            michael_scott::a_node_stays_while_a_push_looks[Segments<Item, broken::segments::Unfenced>],
        ])
        .broken(FREED_TOO_EARLY)
        .blind(ONE_ORDER),
    try_queue::<Segments<Item, RelaxedFill>>("threads/lockfree/segments~relaxed_fill").broken(RACE),
    try_queue::<Segments<Item, RelaxedLook>>("threads/lockfree/segments~relaxed_look").broken(RACE),
    try_queue::<Segments<Item, OverlooksVoid>>("threads/lockfree/segments~overlooks_void").broken(WRONG),
    try_queue::<Segments<Item, broken::segments::HidesItems>>("threads/lockfree/segments~hides_items")
        .broken(&[FailureKind::NotLinearizable])
        .hidden_in(&[size(1, 1), size(1, 2), size(1, 3)])
        .blind(NO_ORDER_IN_TIME),
    try_queue::<Combining<Item, ForgetsLastSlot>>("threads/lockfree/combining~forgets_last_slot")
        .broken(&[FailureKind::Panic])
        .hidden_in(&[size(1, 1)]),
    try_queue::<Combining<Item, RelaxedServed>>("threads/lockfree/combining~relaxed_served").broken(RACE),
    Subject::new("threads/lockfree/combining~clears_late")
        .with_rows(rows![combining::q14_ties_come_out_as_they_went_in[Combining<Tie, ClearsLate>]])
        .broken(&[FailureKind::Panic]),
    Subject::new("threads/lockfree/combining~loses_item_in_hand")
        .with_rows(rows![combining::q13_a_comparison_may_panic[Combining<DropProbe, LosesItemInHand>]])
        .broken(WRONG),
    try_queue::<Treiber<Item, broken::treiber::LooksOnce>>("threads/lockfree/treiber~looks_once")
        .only(&[])
        .with_rows(rows![hazard::a_node_stays_while_a_pop_looks[Treiber<Item, broken::treiber::LooksOnce>]])
        .broken(FREED_TOO_EARLY),
    Subject::new("threads/lockfree/treiber~unfenced")
        .with_rows(rows![hazard::a_node_stays_while_a_pop_looks[Treiber<Item, broken::treiber::Unfenced>]])
        .broken(FREED_TOO_EARLY)
        .blind(ONE_ORDER),
    try_queue::<Arena<Item, Tagless>>("threads/lockfree/arena~tagless")
        .only(&[])
        .with_rows(rows![arena::a_node_that_comes_back_is_another[Arena<Item, Tagless>]])
        .broken(&[FailureKind::Property, FailureKind::DataRace, FailureKind::Panic]),
    try_queue::<OneNodeShort<Item>>("threads/lockfree/arena~one_node_short")
        .broken(&[FailureKind::NotLinearizable])
        .hidden_in(&[size(1, 2), size(1, 3)])
        .blind(NO_ORDER_IN_TIME),
];

const MICHAEL_SCOTT: &[Row] = rows![
    hazard::a_node_stays_while_a_pop_looks[MichaelScott<Item>],
    michael_scott::a_node_stays_while_a_push_looks[MichaelScott<Item>],
    michael_scott::a_helped_push_is_complete[MichaelScott<Item>],
    michael_scott::a_node_stays_while_two_push[MichaelScott<Item>],
    hazard::a_node_stays_while_records_are_added[MichaelScott<Item, FewRecords>],
    drops::q10_an_item_leaves_with_its_receiver[MichaelScott<DropProbe>],
    drops::q11_a_drop_may_push[MichaelScott<DropProbe>],
    drops::q12_a_drop_may_panic[MichaelScott<DropProbe>],
    drops::q12_a_drop_may_panic_with_the_queue[MichaelScott<DropProbe>],
];

const SEGMENTS: &[Row] = rows![
    hazard::a_node_stays_while_a_pop_looks[Segments<Item, OneSlot>],
    michael_scott::a_node_stays_while_a_push_looks[Segments<Item, OneSlot>],
    michael_scott::a_node_stays_while_two_push[Segments<Item, OneSlot>],
    michael_scott::a_helped_push_is_complete[Segments<Item, OneSlot>],
    drops::q10_an_item_leaves_with_its_receiver[Segments<DropProbe>],
    drops::q11_a_drop_may_push[Segments<DropProbe>],
    drops::q12_a_drop_may_panic[Segments<DropProbe>],
    drops::q12_a_drop_may_panic_with_the_queue[Segments<DropProbe>],
];

const COMBINING: &[Row] = rows![
    drops::q10_an_item_leaves_with_its_receiver[Combining<DropProbe>],
    drops::q11_a_drop_may_push[Combining<DropProbe>],
    drops::q12_a_drop_may_panic[Combining<DropProbe>],
    drops::q12_a_drop_may_panic_with_the_queue[Combining<DropProbe>],
    combining::q13_a_comparison_may_panic[Combining<DropProbe>],
    combining::q14_ties_come_out_as_they_went_in[Combining<Tie>],
];

const TREIBER: &[Row] = rows![
    hazard::a_node_stays_while_a_pop_looks[Treiber<Item>],
    drops::q10_an_item_leaves_with_its_receiver[Treiber<DropProbe>],
    drops::q11_a_drop_may_push[Treiber<DropProbe>],
    drops::q12_a_drop_may_panic[Treiber<DropProbe>],
    drops::q12_a_drop_may_panic_with_the_queue[Treiber<DropProbe>],
    hazard::a_crowd_adds_records[Treiber<Item, Crowded>],
];

const RACE: &[FailureKind] = &[FailureKind::DataRace];

/// An item in the wrong place.
const WRONG: &[FailureKind] = &[FailureKind::Property, FailureKind::NotLinearizable];

/// A look into a node that was freed: at the same time, or afterwards.
const FREED_TOO_EARLY: &[FailureKind] =
    &[FailureKind::DataRace, FailureKind::UseAfterDestroy, FailureKind::Panic];

/// Why engines of interleavings do not see a missing fence.
const ONE_ORDER: &[(Engine, &str)] = &[
    (Engine::Pct, "every load sees the newest store: nothing is ever reordered"),
    (Engine::Dpor, "every load sees the newest store: nothing is ever reordered"),
];

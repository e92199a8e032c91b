//! The lock-free subjects of the model `threads`.

use super::{lane, p, try_queue};
use crate::cell::{Row, Subject};
use crate::contract::lockfree::{self as rows, Parcel, Tie};
use crate::engine::{Engine, FailureKind};
use crate::model::threads::arena::Arena;
use crate::model::threads::broken::lockfree::{
    DropsTwice, ForgetsLastSlot, FullLooksEmpty, LaneRelaxedConsume, LaneRelaxedPublish, LooksOnce,
    LosesItemInHand, QueueLooksOnce, QueueUnfenced, RelaxedFollow, RelaxedLink, RelaxedServed, Tagless,
    Unfenced,
};
use crate::model::threads::combining::Combining;
use crate::model::threads::hazard::Crowded;
use crate::model::threads::michael_scott::MichaelScott;
use crate::model::threads::spsc::Spsc;
use crate::model::threads::treiber::Treiber;
use crate::port::TryQueue;
use crate::scenario::Item;

type Queue = MichaelScott<Parcel>;
type Stack = Treiber<Parcel>;
type Heap = Combining<Parcel>;

/// Lanes from one producer to one consumer.
pub(super) static LANES: &[Subject] = &[
    lane::<Spsc<Item>>("threads", "spsc"),
    lane::<Spsc<Item, LaneRelaxedPublish>>("threads", "relaxed_publish").broken(&[FailureKind::DataRace]),
    lane::<Spsc<Item, LaneRelaxedConsume>>("threads", "relaxed_consume").broken(&[FailureKind::DataRace]),
    lane::<Spsc<Item, FullLooksEmpty>>("threads", "full_looks_empty")
        .broken(&[FailureKind::Property, FailureKind::DataRace]),
];

/// Queues and stacks without locks.
pub(super) static TRY_QUEUES: &[Subject] = &[
    try_queue::<MichaelScott<Item>>("threads", "michael_scott").with_rows(&[
        pop_looks::<MichaelScott<Item>>(),
        push_looks::<MichaelScott<Item>>(),
        Row::new("a_helped_push_is_complete", rows::a_helped_push_is_complete::<MichaelScott<Item>>),
        Row::new("a_node_stays_while_two_push", rows::a_node_stays_while_two_push::<MichaelScott<Item>>),
        Row::new("q10_an_item_leaves_with_its_receiver", rows::q10_an_item_leaves_with_its_receiver::<Queue>),
        Row::new("q11_a_drop_may_push", rows::q11_a_drop_may_push::<Queue>),
        Row::new("q12_a_drop_may_panic", rows::q12_a_drop_may_panic::<Queue>),
    ]),
    try_queue::<Combining<Item>>("threads", "combining").with_rows(&[
        Row::new("q10_an_item_leaves_with_its_receiver", rows::q10_an_item_leaves_with_its_receiver::<Heap>),
        Row::new("q11_a_drop_may_push", rows::q11_a_drop_may_push::<Heap>),
        Row::new("q12_a_drop_may_panic", rows::q12_a_drop_may_panic::<Heap>),
        Row::new("q13_a_comparison_may_panic", rows::q13_a_comparison_may_panic::<Heap>),
        Row::new(
            "q14_ties_come_out_as_they_went_in",
            rows::q14_ties_come_out_as_they_went_in::<Combining<Tie>>,
        ),
    ]),
    try_queue::<Treiber<Item>>("threads", "treiber").with_rows(&[
        pop_looks::<Treiber<Item>>(),
        Row::new("q10_an_item_leaves_with_its_receiver", rows::q10_an_item_leaves_with_its_receiver::<Stack>),
        Row::new("q11_a_drop_may_push", rows::q11_a_drop_may_push::<Stack>),
        Row::new("q12_a_drop_may_panic", rows::q12_a_drop_may_panic::<Stack>),
        Row::new("a_crowd_shares_records", rows::a_crowd_shares_records::<Treiber<Item, Crowded>>),
    ]),
    try_queue::<Arena<Item>>("threads", "arena").with_rows(&[comes_back::<Arena<Item>>()]),
    twin("tagless", &[comes_back::<Arena<Item, Tagless>>()]).broken(&[
        FailureKind::Property,
        FailureKind::DataRace,
        FailureKind::Panic,
    ]),
    twin(
        "queue_looks_once",
        &[
            pop_looks::<MichaelScott<Item, QueueLooksOnce>>(),
            push_looks::<MichaelScott<Item, QueueLooksOnce>>(),
        ],
    )
    .broken(FREED_TOO_EARLY),
    twin(
        "queue_unfenced",
        &[
            pop_looks::<MichaelScott<Item, QueueUnfenced>>(),
            push_looks::<MichaelScott<Item, QueueUnfenced>>(),
        ],
    )
    .broken(FREED_TOO_EARLY)
    .blind(ONE_ORDER),
    twin("stack_looks_once", &[pop_looks::<Treiber<Item, LooksOnce>>()]).broken(FREED_TOO_EARLY),
    twin("stack_unfenced", &[pop_looks::<Treiber<Item, Unfenced>>()])
        .broken(FREED_TOO_EARLY)
        .blind(ONE_ORDER),
    try_queue::<MichaelScott<Item, RelaxedLink>>("threads", "relaxed_link").broken(&[FailureKind::DataRace]),
    try_queue::<MichaelScott<Item, RelaxedFollow>>("threads", "relaxed_follow")
        .broken(&[FailureKind::DataRace]),
    try_queue::<MichaelScott<Item, DropsTwice>>("threads", "drops_twice").broken(WRONG),
    try_queue::<Combining<Item, ForgetsLastSlot>>("threads", "forgets_last_slot")
        .broken(&[FailureKind::Panic])
        .hidden_in(&[p(1, 1)]),
    try_queue::<Combining<Item, RelaxedServed>>("threads", "relaxed_served").broken(&[FailureKind::DataRace]),
    twin(
        "loses_item_in_hand",
        &[Row::new(
            "q13_a_comparison_may_panic",
            rows::q13_a_comparison_may_panic::<Combining<Parcel, LosesItemInHand>>,
        )],
    )
    .broken(WRONG),
];

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

const fn twin(name: &'static str, rows: &'static [Row]) -> Subject {
    Subject::contract("threads", "try-queue", name, rows)
}

const fn pop_looks<Q: TryQueue<Item>>() -> Row {
    Row::new("a_node_stays_while_a_pop_looks", rows::a_node_stays_while_a_pop_looks::<Q>)
}

const fn comes_back<Q: TryQueue<Item>>() -> Row {
    Row::new("a_node_that_comes_back_is_another", rows::a_node_that_comes_back_is_another::<Q>)
}

const fn push_looks<Q: TryQueue<Item>>() -> Row {
    Row::new("a_node_stays_while_a_push_looks", rows::a_node_stays_while_a_push_looks::<Q>)
}

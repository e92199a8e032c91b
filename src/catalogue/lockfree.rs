//! The lock-free subjects of the model `threads`.

use super::{lane, try_queue};
use crate::cell::{Row, Subject};
use crate::contract::lockfree as contract;
use crate::engine::{Engine, FailureKind};
use crate::model::threads::broken::lockfree::{
    DropsTwice, FullLooksEmpty, LaneRelaxedConsume, LaneRelaxedPublish, LooksOnce, QueueLooksOnce,
    QueueUnfenced, RelaxedFollow, RelaxedLink, Unfenced,
};
use crate::model::threads::michael_scott::MichaelScott;
use crate::model::threads::spsc::Spsc;
use crate::model::threads::treiber::Treiber;
use crate::port::TryQueue;
use crate::scenario::Item;

/// Queues and stacks without locks.
pub(super) static SUBJECTS: &[Subject] = &[
    lane::<Spsc<Item>>("threads", "spsc"),
    lane::<Spsc<Item, LaneRelaxedPublish>>("threads", "relaxed_publish").broken(&[FailureKind::DataRace]),
    lane::<Spsc<Item, LaneRelaxedConsume>>("threads", "relaxed_consume").broken(&[FailureKind::DataRace]),
    lane::<Spsc<Item, FullLooksEmpty>>("threads", "full_looks_empty").broken(WRONG),
    try_queue::<MichaelScott<Item>>("threads", "michael_scott")
        .with_rows(&[pop_looks::<MichaelScott<Item>>(), push_looks::<MichaelScott<Item>>()]),
    try_queue::<Treiber<Item>>("threads", "treiber").with_rows(&[pop_looks::<Treiber<Item>>()]),
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
];

/// An item in the wrong place.
const WRONG: &[FailureKind] = &[FailureKind::Property, FailureKind::NotLinearizable];

/// A look into a node that was freed: at the same time, or afterwards.
const FREED_TOO_EARLY: &[FailureKind] = &[FailureKind::DataRace, FailureKind::Panic];

/// Why engines of interleavings do not see a missing fence.
const ONE_ORDER: &[(Engine, &str)] = &[
    (Engine::Pct, "every load sees the newest store: nothing is ever reordered"),
    (Engine::Dpor, "every load sees the newest store: nothing is ever reordered"),
];

const fn twin(name: &'static str, rows: &'static [Row]) -> Subject {
    Subject::contract("threads", "try-queue", name, rows)
}

const fn pop_looks<Q: TryQueue<Item>>() -> Row {
    Row::new("a_node_stays_while_a_pop_looks", contract::a_node_stays_while_a_pop_looks::<Q>)
}

const fn push_looks<Q: TryQueue<Item>>() -> Row {
    Row::new("a_node_stays_while_a_push_looks", contract::a_node_stays_while_a_push_looks::<Q>)
}

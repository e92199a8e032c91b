//! Queues on locks of the model `threads`.

use crate::catalogue::{NEVER_WOKEN, NO_ORDER_IN_TIME, queue, size, try_queue};
use crate::cell::{Row, Scope, Subject};
use crate::contract::closing;
use crate::contract::threads::queue::exchange::{Ranked, Shared};
use crate::contract::threads::queue::items::{Failing, OnDrop, PanickingOrd};
use crate::contract::threads::queue::{
    FIFO, LIFO, PRIORITY, SIMPLE, bounded, exchange, panics, shutdown, tasks,
};
use crate::engine::{Engine, FailureKind};
use crate::model::threads::lock::monitor::{Barging, Primitive};
use crate::model::threads::lockfree::ring::Ring;
use crate::model::threads::queue::bounded::Bounded;
use crate::model::threads::queue::broken::bounded::{
    CheckThenAct, CountsUnlocked, NotifyOneForAll, OverwritesOldest, OwnLanes,
};
use crate::model::threads::queue::broken::lifo_queue::InheritsGet;
use crate::model::threads::queue::broken::priority_queue::MovesFirst;
use crate::model::threads::queue::broken::queue::{
    DropsUnderLock, ForgetsInFlight, FullWhenEqual, JoinWakesOne, KeepsWakeup, LooksBeforePutting,
    ShutdownWakesOne, SilentTaskDone, StaleSlot, WaitsOnce,
};
use crate::model::threads::queue::broken::simple_queue::{DeadlineFirst, LooksAtOneEnd};
use crate::model::threads::queue::broken::spinning::GivesUp;
use crate::model::threads::queue::simple_queue::Thorough;
use crate::model::threads::queue::spinning::Spinning;
use crate::model::threads::queue::{Correct, Fifo, Heap, Lifo, LifoQueue, PriorityQueue, Queue, SimpleQueue};
use crate::port::{Item, transfer};

/// The queues as they are explored in large scopes: on the primitives that every engine knows.
type OnPrimitives<T, B = Fifo<T>, D = Correct> = Queue<T, B, D, Primitive>;

pub(super) static SUBJECTS: &[Subject] = &[
    queue::<Bounded<Item, Primitive>>("threads/queue/bounded")
        .carrying(parcels![closing, T => Bounded<T>])
        .timed(transfer::waiting::<Bounded<u64>>)
        .with_rows(BOUNDED),
    queue::<Spinning<Ring<Item>>>("threads/queue/spinning")
        .carrying(parcels![queue, T => Spinning<Ring<T>>])
        .timed(transfer::waiting::<Spinning<Ring<u64>>>),
    queue::<OnPrimitives<Item>>("threads/queue/queue")
        .carrying(parcels![closing and timed, T => Queue<T>])
        .timed(transfer::waiting::<Queue<u64>>)
        .with_rows(FIFO),
    queue::<OnPrimitives<Item, Lifo<Item>>>("threads/queue/lifo_queue")
        .carrying(parcels![closing and timed, T => LifoQueue<T>])
        .timed(transfer::waiting::<LifoQueue<u64>>)
        .with_rows(LIFO),
    queue::<OnPrimitives<Item, Heap<Item>>>("threads/queue/priority_queue")
        .carrying(parcels![closing and timed, T => PriorityQueue<T>])
        .timed(transfer::waiting::<PriorityQueue<u64>>)
        .with_rows(PRIORITY),
    queue::<SimpleQueue<Item, Thorough, Primitive>>("threads/queue/simple_queue")
        .carrying(parcels![timed, T => SimpleQueue<T>])
        .timed(transfer::waiting::<SimpleQueue<u64>>)
        .with_rows(SIMPLE),
    try_queue::<Bounded<Item, Primitive>>("threads/queue/bounded.try"),
    try_queue::<OnPrimitives<Item>>("threads/queue/queue.try"),
    try_queue::<OnPrimitives<Item, Lifo<Item>>>("threads/queue/lifo_queue.try"),
    try_queue::<OnPrimitives<Item, Heap<Item>>>("threads/queue/priority_queue.try"),
    try_queue::<SimpleQueue<Item, Thorough, Primitive>>("threads/queue/simple_queue.try"),
    queue::<Bounded<Item>>("threads/queue/bounded.barging").only(SMALL).with_rows(rows![
        bounded::try_push_wakes_a_consumer[Bounded<Item>],
        bounded::try_pop_wakes_a_producer[Bounded<Item>],
        closing::close_wakes_consumers[Bounded<Item>],
    ]),
    queue::<Queue<Item>>("threads/queue/queue.barging").only(SMALL).with_rows(rows![
        exchange::q05_put_releases_get[Queue<u32>],
        bounded::try_pop_wakes_a_producer[Queue<Item>],
        closing::close_wakes_consumers[Queue<Item>],
    ]),
    queue::<SimpleQueue<Item>>("threads/queue/simple_queue.barging")
        .only(SMALL)
        .with_rows(rows![exchange::q05_put_releases_get[SimpleQueue<u32>]]),
    queue::<Bounded<Item, Barging<CountsUnlocked>>>("threads/queue/bounded.barging~counts_unlocked")
        .only(SMALL)
        .broken(NEVER_WOKEN),
    queue::<SimpleQueue<Item, LooksAtOneEnd, Primitive>>("threads/queue/simple_queue~looks_at_one_end")
        .only(&[size(1, 3), size(2, 3)])
        .broken(NEVER_WOKEN),
    queue::<OnPrimitives<Item, Fifo<Item>, LooksBeforePutting>>("threads/queue/queue~looks_before_putting")
        .only(&[size(1, 1), size(2, 1), size(1, 2)])
        .broken(NEVER_WOKEN),
    queue::<NotifyOneForAll<Item>>("threads/queue/bounded~notify_one_for_all")
        .broken(NEVER_WOKEN)
        .hidden_in(&[size(1, 1), size(2, 1)]),
    try_queue::<CheckThenAct<Item>>("threads/queue/bounded.try~check_then_act")
        .broken(&[FailureKind::Panic])
        .hidden_in(ONE_CONSUMER),
    try_queue::<OwnLanes<Item>>("threads/queue/bounded.try~own_lanes")
        .broken(&[FailureKind::NotLinearizable])
        .hidden_in(ONE_PRODUCER)
        .blind(NO_ORDER_IN_TIME),
    try_queue::<OverwritesOldest<Item>>("threads/queue/bounded.try~overwrites_oldest")
        .broken(PROPERTY)
        .hidden_in(ROOM_FOR_ALL),
    // With more items than there is room for, a producer waits for ever for a consumer that has given up.
    queue::<Spinning<Ring<Item>, GivesUp>>("threads/queue/spinning~gives_up")
        .only(&[size(2, 1), size(1, 2), size(2, 2)])
        .broken(&[FailureKind::NotLinearizable, FailureKind::Livelock])
        .blind(NO_ORDER_IN_TIME),
    Subject::new("threads/queue/queue~keeps_wakeup")
        .with_rows(rows![
            panics::q12_failed_put_passes_on[Failing<Fifo<u32>>, KeepsWakeup],
            panics::q12_failed_get_passes_on[Failing<Fifo<u32>>, KeepsWakeup],
        ])
        .broken(NEVER_WOKEN),
    Subject::new("threads/queue/queue~waits_once")
        .with_rows(rows![exchange::q08_no_item_lost_or_duplicated[OnPrimitives<u32, Fifo<u32>, WaitsOnce>]])
        .broken(PROPERTY)
        .blind(&[(
            Engine::Pct,
            "in none of 2 000 executions does a consumer come between the other one's wake-up and its lock",
        )]),
    Subject::new("threads/queue/queue~full_when_equal")
        .with_rows(rows![exchange::q07_shrinking_maxsize[Fifo<u32>, FullWhenEqual]])
        .broken(PROPERTY),
    Subject::new("threads/queue/queue~shutdown_wakes_one")
        .with_rows(rows![
            shutdown::s04_shutdown_wakes_getters[Fifo<u32>, ShutdownWakesOne],
            shutdown::s05_shutdown_wakes_putters[Fifo<u32>, ShutdownWakesOne],
        ])
        .broken(NEVER_WOKEN),
    Subject::new("threads/queue/queue~join_wakes_one")
        .with_rows(rows![tasks::j03_every_joiner_is_released[Fifo<u32>, JoinWakesOne]])
        .broken(NEVER_WOKEN),
    Subject::new("threads/queue/queue~silent_task_done")
        .with_rows(rows![tasks::j02_join_waits_for_every_task[Fifo<u32>, SilentTaskDone]])
        .broken(NEVER_WOKEN),
    Subject::new("threads/queue/queue~forgets_in_flight")
        .with_rows(rows![shutdown::s02_immediate_spares_in_flight[Fifo<u32>, ForgetsInFlight]])
        .broken(PROPERTY),
    Subject::new("threads/queue/queue~drops_under_lock")
        .with_rows(rows![panics::q11_drop_may_put_in_shutdown[Fifo<OnDrop>, DropsUnderLock]])
        .broken(&[FailureKind::Deadlock]),
    Subject::new("threads/queue/queue~stale_slot")
        .with_rows(rows![exchange::q10_keeps_no_reference[StaleSlot<Shared>]])
        .broken(PROPERTY),
    Subject::new("threads/queue/lifo_queue~inherits_get")
        .with_rows(rows![exchange::q01_order_of_items[InheritsGet<u32>]])
        .broken(PROPERTY),
    try_queue::<OnPrimitives<Item, InheritsGet<Item>>>("threads/queue/lifo_queue.try~inherits_get")
        .broken(&[FailureKind::NotLinearizable])
        .hidden_in(&[size(1, 2), size(1, 3)])
        .blind(NO_ORDER_IN_TIME),
    Subject::new("threads/queue/priority_queue~moves_first")
        .with_rows(rows![
            panics::q13_comparison_fails_in_get[MovesFirst<PanickingOrd>],
            panics::q13_comparison_fails_in_put[MovesFirst<PanickingOrd>],
            exchange::q14_ties_keep_their_order[MovesFirst<Ranked>],
        ])
        .broken(PROPERTY),
    Subject::new("threads/queue/simple_queue~deadline_first")
        .with_rows(rows![exchange::q04_item_before_deadline[DeadlineFirst<u32>]])
        .broken(PROPERTY),
];

const BOUNDED: &[Row] = rows![
    closing::close_wakes_consumers[Bounded<Item, Primitive>],
    closing::close_wakes_producers[Bounded<Item, Primitive>],
    bounded::try_push_wakes_a_consumer[Bounded<Item, Primitive>],
    bounded::try_pop_wakes_a_producer[Bounded<Item, Primitive>],
    closing::close_wakes_every_producer[Bounded<Item, Primitive>],
    closing::close_wakes_every_consumer[Bounded<Item, Primitive>],
    closing::nothing_goes_into_a_closed_queue[Bounded<Item, Primitive>],
];

/// Scopes in which queues are explored on the real lock: the larger ones are left to the primitives, and to the lock alone.
const SMALL: &[Scope] = &[size(1, 1), size(2, 1), size(1, 2)];

/// Scopes in which no other consumer can come between the check and the act.
const ONE_CONSUMER: &[Scope] = &[size(1, 1), size(2, 1), size(3, 1)];

/// Scopes in which no other producer's item can come before.
const ONE_PRODUCER: &[Scope] = &[size(1, 1), size(1, 2), size(1, 3)];

/// Scopes in which there are no more items than there is room for.
const ROOM_FOR_ALL: &[Scope] = &[size(2, 1), size(1, 2), size(2, 2), size(1, 3), size(2, 3)];

const PROPERTY: &[FailureKind] = &[FailureKind::Property];

//! The queues for tasks of the model `threads`.

use super::{NEVER_WOKEN, queue, try_queue};
use crate::cell::{Row, Subject};
use crate::contract::queues::exchange::{Ranked, Shared};
use crate::contract::queues::items::{Failing, OnDrop, Touchy};
use crate::contract::queues::{FIFO, LIFO, PRIORITY, SIMPLE, exchange, panics, row, shutdown, tasks};
use crate::engine::{Engine, FailureKind};
use crate::model::threads::broken::task_queues::{
    DeadlineFirst, DropsUnderLock, ForgetsInFlight, FullWhenEqual, JoinWakesOne, KeepsWakeup, MovesFirst,
    ShutdownWakesOne, SilentTaskDone, StaleSlot, WaitsOnce,
};
use crate::model::threads::queue::{Fifo, LifoQueue, PriorityQueue, Queue, SimpleQueue};
use crate::scenario::Item;

/// Queues that wait.
pub(super) static QUEUES: &[Subject] = &[
    queue::<Queue<Item>>("threads", "queue").with_rows(FIFO),
    queue::<LifoQueue<Item>>("threads", "lifo_queue").with_rows(LIFO),
    queue::<PriorityQueue<Item>>("threads", "priority_queue").with_rows(PRIORITY),
    queue::<SimpleQueue<Item>>("threads", "simple_queue").with_rows(SIMPLE),
    twin("keeps_wakeup", KEEPS_WAKEUP).broken(NEVER_WOKEN),
    twin("waits_once", WAITS_ONCE).broken(PROPERTY).blind(&[(
        Engine::Pct,
        "in none of 2 000 executions does a consumer come between the other one's wake-up and its lock",
    )]),
    twin("full_when_equal", FULL_WHEN_EQUAL).broken(PROPERTY),
    twin("shutdown_wakes_one", SHUTDOWN_WAKES_ONE).broken(NEVER_WOKEN),
    twin("join_wakes_one", JOIN_WAKES_ONE).broken(NEVER_WOKEN),
    twin("silent_task_done", SILENT_TASK_DONE).broken(NEVER_WOKEN),
    twin("forgets_in_flight", FORGETS_IN_FLIGHT).broken(PROPERTY),
    twin("drops_under_lock", DROPS_UNDER_LOCK).broken(&[FailureKind::Deadlock]),
    twin("moves_first", MOVES_FIRST).broken(PROPERTY),
    twin("stale_slot", STALE_SLOT).broken(PROPERTY),
    twin("deadline_first", DEADLINE_FIRST).broken(PROPERTY),
];

/// The same queues, and what never waits in them.
pub(super) static TRY_QUEUES: &[Subject] = &[
    try_queue::<Queue<Item>>("threads", "queue"),
    try_queue::<LifoQueue<Item>>("threads", "lifo_queue"),
    try_queue::<PriorityQueue<Item>>("threads", "priority_queue"),
    try_queue::<SimpleQueue<Item>>("threads", "simple_queue"),
];

const PROPERTY: &[FailureKind] = &[FailureKind::Property];

/// A twin that has only the rows that show its bug.
const fn twin(name: &'static str, rows: &'static [Row]) -> Subject {
    Subject::contract("threads", "queue", name, rows)
}

const KEEPS_WAKEUP: &[Row] = &[
    row!(panics::q12_failed_put_passes_on, Failing<Fifo<u32>>, KeepsWakeup),
    row!(panics::q12_failed_get_passes_on, Failing<Fifo<u32>>, KeepsWakeup),
];
const WAITS_ONCE: &[Row] =
    &[row!(exchange::q08_no_item_lost_or_duplicated, Queue<u32, Fifo<u32>, WaitsOnce>)];
const FULL_WHEN_EQUAL: &[Row] = &[row!(exchange::q07_shrinking_maxsize, Fifo<u32>, FullWhenEqual)];
const SHUTDOWN_WAKES_ONE: &[Row] = &[
    row!(shutdown::s04_shutdown_wakes_getters, Fifo<u32>, ShutdownWakesOne),
    row!(shutdown::s05_shutdown_wakes_putters, Fifo<u32>, ShutdownWakesOne),
];
const JOIN_WAKES_ONE: &[Row] = &[row!(tasks::j03_every_joiner_is_released, Fifo<u32>, JoinWakesOne)];
const SILENT_TASK_DONE: &[Row] = &[row!(tasks::j02_join_waits_for_every_task, Fifo<u32>, SilentTaskDone)];
const FORGETS_IN_FLIGHT: &[Row] =
    &[row!(shutdown::s02_immediate_spares_in_flight, Fifo<u32>, ForgetsInFlight)];
const DROPS_UNDER_LOCK: &[Row] = &[row!(panics::q11_drop_may_put_in_shutdown, Fifo<OnDrop>, DropsUnderLock)];
const MOVES_FIRST: &[Row] = &[
    row!(panics::q13_comparison_fails_in_get, MovesFirst<Touchy>),
    row!(panics::q13_comparison_fails_in_put, MovesFirst<Touchy>),
    row!(exchange::q14_ties_keep_their_order, MovesFirst<Ranked>),
];
const STALE_SLOT: &[Row] = &[row!(exchange::q10_keeps_no_reference, StaleSlot<Shared>)];
const DEADLINE_FIRST: &[Row] = &[row!(exchange::q04_item_before_deadline, DeadlineFirst<u32>)];

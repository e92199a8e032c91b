//! The queue for tasks.

use super::{LOST_WITH_A_FUTURE, NEVER_CANCELS};
use crate::catalogue::{NEVER_WOKEN, queue, size, try_queue};
use crate::cell::{Row, Subject};
use crate::contract::closing;
use crate::contract::coroutines::queue as rows;
use crate::engine::FailureKind;
use crate::model::coroutines::lock::Correct;
use crate::model::coroutines::queue::broken::{
    KeepsFirstWaker, KeptForTheCancelled, LeavesItsItem, ReservesFirst, StaysInLine, TakesThenWaits,
};
use crate::model::coroutines::queue::{Fifo, Impatient, LifoQueue, PriorityQueue, Queue};
use crate::port::{self, Harness, Item, transfer};

pub(super) static SUBJECTS: &[Subject] = &[
    queue::<Queue<Item>>("coroutines/queue/queue")
        .carrying(parcels![closing, T => Queue<T>])
        .timed(transfer::waiting::<Queue<u64>>)
        .with_rows(QUEUE),
    queue::<Impatient<Queue<Item>>>("coroutines/queue/queue.impatient")
        .carrying(parcels![cancelling, T => Impatient<Queue<T>>])
        .only(&[size(2, 1), size(1, 2)]),
    queue::<LifoQueue<Item>>("coroutines/queue/queue.lifo").timed(transfer::waiting::<LifoQueue<u64>>),
    queue::<PriorityQueue<Item>>("coroutines/queue/queue.priority")
        .timed(transfer::waiting::<PriorityQueue<u64>>),
    try_queue::<Queue<Item>>("coroutines/queue/queue.try")
        .with_rows(rows![rows::what_is_full_is_not_empty[Queue<Item>]]),
    Subject::new("coroutines/queue/queue.try~reserves_first")
        .with_rows(rows![rows::what_is_full_is_not_empty[ReservesFirst<Item>]])
        .broken(&[FailureKind::Property]),
    Subject::new("coroutines/queue/queue~kept_for_the_cancelled")
        .with_rows(rows![rows::a02_a_cancelled_get_loses_no_item[KeptForTheCancelled]])
        .broken(LOST_WITH_A_FUTURE)
        .blind(NEVER_CANCELS),
    Subject::new("coroutines/queue/queue~stays_in_line")
        .with_rows(rows![rows::a03_a_cancelled_put_loses_no_room[StaysInLine]])
        .broken(LOST_WITH_A_FUTURE)
        .blind(NEVER_CANCELS),
    queue::<Queue<Item, Fifo<Item>, KeepsFirstWaker>>("coroutines/queue/queue~keeps_first_waker")
        .only(&[size(1, 1)])
        .broken(NEVER_WOKEN)
        .blind(NEVER_CANCELS),
    queue::<TakesThenWaits<Item>>("coroutines/queue/queue.impatient~takes_then_waits")
        .only(&[size(1, 1), size(2, 1)])
        .broken(NEVER_WOKEN)
        .blind(NEVER_CANCELS),
    Subject::new("coroutines/queue/queue.impatient~leaves_its_item")
        .on(Harness::new(&port::queue::PORT, port::queue::play_cancelling::<Item, LeavesItsItem<Item>>))
        .only(&[size(1, 1), size(2, 1)])
        .broken(&[FailureKind::Property, FailureKind::NotLinearizable])
        .blind(NEVER_CANCELS),
];

const QUEUE: &[Row] = rows![
    closing::close_wakes_consumers[Queue<Item>],
    closing::close_wakes_producers[Queue<Item>],
    closing::close_wakes_every_producer[Queue<Item>],
    closing::close_wakes_every_consumer[Queue<Item>],
    closing::nothing_goes_into_a_closed_queue[Queue<Item>],
    rows::a02_a_cancelled_get_loses_no_item[Correct],
    rows::a03_a_cancelled_put_loses_no_room[Correct],
    rows::a03_a_cancelled_put_puts_nothing_in[Correct],
    rows::a06_who_has_waited_longest_puts_first[Correct],
    rows::q07_join_waits_for_the_last_task[Correct],
    rows::s05_a_place_does_not_outlive_the_shutdown[Correct],
    rows::s06_an_immediate_shutdown_lets_joiners_go[Correct],
];

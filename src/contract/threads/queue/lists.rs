//! Which queue keeps which rows.

use super::{exchange, panics, row, shutdown, tasks};
use crate::cell::Row;
use crate::contract::threads::queue::exchange::{Ranked, Shared};
use crate::contract::threads::queue::items::{Failing, OnDrop, PanickingOrd};
use crate::contract::threads::queue::{Queue, SimpleQueue};
use crate::model::threads::queue::{Correct, Fifo, Heap, Lifo};

/// The rows that a queue on any buffer keeps, and those of its order.
macro_rules! rows {
    ($buffer:ident $(, $of_its_order:expr)*) => {
        &[
            row!(exchange::q01_order_of_items, $buffer<u32>),
            row!(exchange::q02_maxsize_0_is_no_limit, $buffer<u32>),
            row!(exchange::q03_nowait_fails_at_once, $buffer<u32>),
            row!(exchange::q04_time_runs_out, $buffer<u32>),
            row!(exchange::q04_item_before_deadline, Queue<u32, $buffer<u32>>),
            row!(exchange::q05_get_releases_put, $buffer<u32>),
            row!(exchange::q05_put_releases_get, Queue<u32, $buffer<u32>>),
            row!(exchange::q07_shrinking_maxsize, $buffer<u32>, Correct),
            row!(exchange::q07_growing_wakes_putters, $buffer<u32>),
            row!(exchange::q07_lifting_the_limit_wakes_putters, $buffer<u32>),
            row!(exchange::q08_no_item_lost_or_duplicated, Queue<u32, $buffer<u32>>),
            row!(exchange::q08_no_item_lost_nowait, Queue<u32, $buffer<u32>>),
            row!(exchange::q08_no_item_lost_timed, Queue<u32, $buffer<u32>>),
            row!(exchange::q10_keeps_no_reference, $buffer<Shared>),
            row!(panics::q11_drop_may_put, Queue<OnDrop, $buffer<OnDrop>>),
            row!(panics::q11_drop_may_put_in_shutdown, $buffer<OnDrop>, Correct),
            row!(panics::q11_drop_may_put_when_refused, Failing<$buffer<OnDrop>>),
            row!(panics::q12_failing_hook_leaves_it_usable, Failing<$buffer<u32>>),
            row!(panics::q12_failed_put_passes_on, Failing<$buffer<u32>>, Correct),
            row!(panics::q12_failed_get_passes_on, Failing<$buffer<u32>>, Correct),
            row!(exchange::q15_len_is_a_snapshot, Queue<u32, $buffer<u32>>),
            row!(tasks::j01_task_done_too_often, $buffer<u32>),
            row!(tasks::j01_task_done_may_come_early, $buffer<u32>),
            row!(tasks::j02_join_waits_for_every_task, $buffer<u32>, Correct),
            row!(tasks::j03_every_joiner_is_released, $buffer<u32>, Correct),
            row!(shutdown::s01_after_shutdown, $buffer<u32>),
            row!(shutdown::s01_errors_say_why, $buffer<u32>),
            row!(shutdown::s02_immediate_spares_in_flight, $buffer<u32>, Correct),
            row!(shutdown::s03_allowed_transitions, $buffer<u32>),
            row!(shutdown::s04_shutdown_wakes_getters, $buffer<u32>, Correct),
            row!(shutdown::s04_immediate_wakes_getters, $buffer<u32>, Correct),
            row!(shutdown::s05_shutdown_wakes_putters, $buffer<u32>, Correct),
            row!(shutdown::s05_immediate_wakes_putters, $buffer<u32>, Correct),
            row!(shutdown::s06_more_getters_than_items, $buffer<u32>),
            row!(shutdown::s07_immediate_releases_joiners, $buffer<u32>),
            row!(shutdown::s07_shutdown_leaves_joiners, $buffer<u32>),
            row!(shutdown::s08_all_methods_in_many_threads, $buffer<u32>),
            row!(shutdown::s08_immediate_in_many_threads, $buffer<u32>),
            $($of_its_order,)*
        ]
    };
}

/// The rows of `Queue`.
pub const FIFO: &[Row] = rows!(Fifo, row!(exchange::q09_one_to_one_keeps_order, Queue<u32>));

/// The rows of `LifoQueue`.
pub const LIFO: &[Row] = rows!(Lifo);

/// The rows of `PriorityQueue`.
pub const PRIORITY: &[Row] = rows!(
    Heap,
    row!(panics::q13_comparison_fails_in_get, Heap<PanickingOrd>),
    row!(panics::q13_comparison_fails_in_put, Heap<PanickingOrd>),
    row!(exchange::q14_ties_keep_their_order, Heap<Ranked>)
);

/// The rows of `SimpleQueue`.
pub const SIMPLE: &[Row] = &[
    row!(exchange::q04_get_runs_out_of_time, SimpleQueue<u32>),
    row!(exchange::q04_item_before_deadline, SimpleQueue<u32>),
    row!(exchange::q05_put_releases_get, SimpleQueue<u32>),
    row!(exchange::q08_no_item_lost_or_duplicated, SimpleQueue<u32>),
    row!(exchange::q08_no_item_lost_nowait, SimpleQueue<u32>),
    row!(exchange::q08_no_item_lost_timed, SimpleQueue<u32>),
    row!(exchange::q09_one_to_one_keeps_order, SimpleQueue<u32>),
    row!(exchange::q10_line_keeps_no_reference, SimpleQueue<Shared>),
    row!(panics::q11_drop_may_put, SimpleQueue<OnDrop>),
    row!(exchange::q15_len_is_a_snapshot, SimpleQueue<u32>),
];

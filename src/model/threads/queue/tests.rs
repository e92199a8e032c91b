use super::*;
use crate::port::exchange::{Waiting, exchange};
use crate::port::{self, Item};
use crate::port::{BlockingQueue, Close, Closed, Full, TryQueue};
use std::sync::Arc;

/// A test for each kind of queue.
macro_rules! for_each_kind {
    ($($test:ident),*) => {
        mod fifo {
            $(#[test] fn $test() { super::$test::<super::Queue<_>>(); })*
        }
        mod lifo {
            $(#[test] fn $test() { super::$test::<super::LifoQueue<_>>(); })*
        }
        mod priority {
            $(#[test] fn $test() { super::$test::<super::PriorityQueue<_>>(); })*
        }
        mod simple {
            $(#[test] fn $test() { super::$test::<super::SimpleQueue<_>>(); })*
        }
    };
}

for_each_kind!(smoke, drops);

fn smoke<Q: BlockingQueue<u32> + TryQueue<u32>>() {
    let queue = <Q as BlockingQueue<u32>>::with_capacity(2);
    for _ in 0..2 {
        queue.push(7).unwrap();
        assert_eq!(queue.pop(), Some(7));
        queue.try_push(8).unwrap();
        assert_eq!(queue.try_pop(), Some(8));
        assert_eq!(queue.try_pop(), None);
    }
}

fn drops<Q: BlockingQueue<Arc<()>>>() {
    let value = Arc::new(());
    let queue = Q::with_capacity(4);
    for _ in 0..3 {
        queue.push(value.clone()).unwrap();
    }
    drop(queue.pop());
    assert_eq!(Arc::strong_count(&value), 3);
    drop(queue);
    assert_eq!(Arc::strong_count(&value), 1);
}

fn len_empty_full<B: Buffer<u32>>() {
    let queue = Queue::<u32, B>::new(2);
    assert_eq!((queue.len(), queue.is_empty(), queue.is_full()), (0, true, false));
    queue.put(1).unwrap();
    assert_eq!((queue.len(), queue.is_empty(), queue.is_full()), (1, false, false));
    queue.put(2).unwrap();
    assert_eq!((queue.len(), queue.is_empty(), queue.is_full()), (2, false, true));
    assert_eq!(queue.put_nowait(3), Err(PutError::Full(3)));
}

#[test]
fn len_empty_full_in_each_order() {
    len_empty_full::<Fifo<u32>>();
    len_empty_full::<Lifo<u32>>();
    len_empty_full::<Heap<u32>>();
}

#[test]
fn close() {
    let queue = <Queue<_>>::new(2);
    queue.put(1).unwrap();
    Close::close(&queue);
    Close::close(&queue);
    assert_eq!(queue.push(2), Err(Closed(2)));
    assert_eq!(queue.try_push(3), Err(Full(3)));
    assert_eq!((queue.pop(), queue.pop(), queue.try_pop()), (Some(1), None, None));
}

#[test]
fn fifo_per_producer() {
    for (producers, consumers) in [(1, 1), (2, 1), (1, 2), (3, 4)] {
        let scenario = exchange(Waiting::Blocks, 2, &vec![60; producers], consumers);
        port::queue::harness::<Queue<Item>>().program(scenario.clone()).run().unwrap();
        port::queue::harness::<SimpleQueue<Item>>().program(scenario).run().unwrap();
    }
}

#[test]
fn task_done_may_come_before_the_item_is_out() {
    let queue = <Queue<_>>::new(0);
    queue.put(1).unwrap();
    queue.task_done().unwrap();
    queue.shutdown(true);
    queue.join();
    assert_eq!(queue.task_done(), Err(TaskDoneError));
}

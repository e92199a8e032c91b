//! crossbeam-queue: a bounded and an unbounded queue for any number of threads.

mod item;

use crossbeam_queue::{ArrayQueue, SegQueue};
use item::Item;
use loom::sync::Arc;
use loom::thread;

#[test]
fn array_queue_takes_from_two_producers() {
    loom::model(|| {
        let queue = Arc::new(ArrayQueue::new(2));
        let producers = [0, 1].map(|value| {
            let queue = Arc::clone(&queue);
            thread::spawn(move || assert!(queue.push(Item::new(value)).is_ok()))
        });
        producers.into_iter().for_each(|producer| producer.join().unwrap());
        let sum: u32 = [queue.pop(), queue.pop()].into_iter().map(|item| item.unwrap().value()).sum();
        assert_eq!(sum, 1);
    });
}

#[test]
fn array_queue_gives_each_item_once() {
    loom::model(|| {
        let queue = Arc::new(ArrayQueue::new(1));
        let producer = thread::spawn({
            let queue = Arc::clone(&queue);
            move || assert!(queue.push(Item::new(1)).is_ok())
        });
        let consumer = thread::spawn({
            let queue = Arc::clone(&queue);
            move || queue.pop().map(|item| item.value())
        });
        producer.join().unwrap();
        let taken = consumer.join().unwrap();
        let left = queue.pop().map(|item| item.value());
        assert_eq!(taken.xor(left), Some(1));
    });
}

#[test]
fn array_queue_is_pushed_out_of() {
    loom::model(|| {
        let queue = Arc::new(ArrayQueue::new(1));
        let producers = [0, 1].map(|value| {
            let queue = Arc::clone(&queue);
            thread::spawn(move || queue.force_push(Item::new(value)).map(|item| item.value()))
        });
        let out: Vec<_> = producers.into_iter().filter_map(|producer| producer.join().unwrap()).collect();
        assert_eq!(out.len(), 1);
        assert_eq!(queue.pop().map(|item| item.value() + out[0]), Some(1));
    });
}

#[test]
fn seg_queue_takes_from_two_producers() {
    loom::model(|| {
        let queue = Arc::new(SegQueue::new());
        let producers = [0, 1].map(|value| {
            let queue = Arc::clone(&queue);
            thread::spawn(move || queue.push(Item::new(value)))
        });
        producers.into_iter().for_each(|producer| producer.join().unwrap());
        let sum: u32 = [queue.pop(), queue.pop()].into_iter().map(|item| item.unwrap().value()).sum();
        assert_eq!(sum, 1);
    });
}

#[test]
fn seg_queue_gives_each_item_once() {
    loom::model(|| {
        let queue = Arc::new(SegQueue::new());
        let producer = thread::spawn({
            let queue = Arc::clone(&queue);
            move || queue.push(Item::new(1))
        });
        let consumer = thread::spawn({
            let queue = Arc::clone(&queue);
            move || queue.pop().map(|item| item.value())
        });
        producer.join().unwrap();
        let taken = consumer.join().unwrap();
        let left = queue.pop().map(|item| item.value());
        assert_eq!(taken.xor(left), Some(1));
    });
}

//! rtrb: a ring buffer for one producer and one consumer.

mod item;

use item::Item;
use loom::thread;
use rtrb::{Consumer, Producer, PushError, RingBuffer};

fn push(producer: &mut Producer<Item>, value: u32) {
    let mut item = Item::new(value);
    while let Err(PushError::Full(back)) = producer.push(item) {
        item = back;
        thread::yield_now();
    }
}

fn pop(consumer: &mut Consumer<Item>) -> u32 {
    loop {
        match consumer.pop() {
            Ok(item) => return item.value(),
            Err(_) => thread::yield_now(),
        }
    }
}

fn passes(capacity: usize, items: u32) {
    loom::model(move || {
        let (mut producer, mut consumer) = RingBuffer::new(capacity);
        let sender = thread::spawn(move || (0..items).for_each(|value| push(&mut producer, value)));
        let receiver = thread::spawn(move || (0..items).for_each(|value| assert_eq!(pop(&mut consumer), value)));
        sender.join().unwrap();
        receiver.join().unwrap();
    });
}

#[test]
fn items_arrive_in_order() {
    passes(2, 2);
}

#[test]
fn a_full_buffer_is_waited_for() {
    passes(1, 2);
}

#[test]
fn items_that_nobody_pops_are_dropped() {
    loom::model(|| {
        let (mut producer, mut consumer) = RingBuffer::new(2);
        let sender = thread::spawn(move || (0..2).all(|value| producer.push(Item::new(value)).is_ok()));
        let receiver = thread::spawn(move || consumer.pop().map(|item| item.value()));
        assert!(sender.join().unwrap());
        assert_ne!(receiver.join().unwrap(), Ok(1));
    });
}

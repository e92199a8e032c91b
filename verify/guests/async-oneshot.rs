//! async-oneshot: one message from task to task.

mod item;

use async_oneshot::{Closed, oneshot};
use item::Item;
use loom::future::block_on;
use loom::thread;

#[test]
fn a_message_arrives() {
    loom::model(|| {
        let (mut sender, receiver) = oneshot();
        let thread = thread::spawn(move || assert!(sender.send(Item::new(1)).is_ok()));
        assert_eq!(block_on(receiver).map(|item| item.value()), Ok(1));
        thread.join().unwrap();
    });
}

#[test]
fn a_sender_that_goes_is_told() {
    loom::model(|| {
        let (sender, receiver) = oneshot::<Item>();
        let thread = thread::spawn(move || drop(sender));
        assert_eq!(block_on(receiver).map(|item| item.value()), Err(Closed()));
        thread.join().unwrap();
    });
}

#[test]
fn a_waiting_sender_is_told_that_the_receiver_waits() {
    loom::model(|| {
        let (sender, receiver) = oneshot();
        let thread = thread::spawn(move || {
            let mut sender = block_on(sender.wait()).expect("the receiver waits");
            assert!(sender.send(Item::new(1)).is_ok());
        });
        assert_eq!(block_on(receiver).map(|item| item.value()), Ok(1));
        thread.join().unwrap();
    });
}

/// `Sender::wait` does not look at what `set_send` returns: a receiver that is dropped in between never wakes it.
#[test]
fn a_waiting_sender_is_told_that_the_receiver_goes() {
    loom::model(|| {
        let (sender, receiver) = oneshot::<Item>();
        let thread = thread::spawn(move || assert!(block_on(sender.wait()).is_err()));
        drop(receiver);
        thread.join().unwrap();
    });
}

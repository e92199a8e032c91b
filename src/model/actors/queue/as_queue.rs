//! Mailboxes as queues, for what plays on queues.

use super::mailbox::{Correct, Protocol, Receiver, Sender, with_protocol};
use crate::port::{BlockingQueue, Close, Closed};
use crate::sync::Mutex;

/// A mailbox as a queue: a lock lets one thread after the other be the receiver.
#[derive(Debug)]
pub struct AsQueue<T: Send, P: Protocol, const BOUNDED: bool> {
    sender: Sender<T, P>,
    receiver: Mutex<Receiver<T, P>>,
}

/// A mailbox with room for all, as a queue.
pub type Unbounded<T, P = Correct> = AsQueue<T, P, false>;

/// A mailbox at which senders wait for room, as a queue.
pub type Bounded<T, P = Correct> = AsQueue<T, P, true>;

impl<T: Send + 'static, P: Protocol, const BOUNDED: bool> BlockingQueue<T> for AsQueue<T, P, BOUNDED> {
    fn with_capacity(capacity: usize) -> Self {
        let (sender, receiver) = with_protocol(BOUNDED.then_some(capacity));
        Self { sender, receiver: Mutex::new(receiver).named(format_args!("receiver")) }
    }

    fn push(&self, item: T) -> Result<(), Closed<T>> {
        self.sender.send(item)
    }

    fn pop(&self) -> Option<T> {
        self.receiver.lock().unwrap().receive()
    }
}

impl<T: Send, P: Protocol, const BOUNDED: bool> Close for AsQueue<T, P, BOUNDED> {
    fn close(&self) {
        self.sender.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::exchange::{Waiting, exchange};
    use crate::port::{self, Item};

    #[test]
    fn fifo_on_real_cores() {
        for (producers, consumers) in [(1, 1), (2, 1), (3, 1), (3, 4)] {
            let scenario = exchange(Waiting::Blocks, 4, &vec![60; producers], consumers);
            port::queue::harness::<Unbounded<Item>>().program(scenario.clone()).run().unwrap();
            port::queue::harness::<Bounded<Item>>().program(scenario).run().unwrap();
        }
    }
}

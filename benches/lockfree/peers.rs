//! The queues of others, with the operations of ours. A capacity of 0 is no limit.
//!
//! omango's unbounded queues are not here: with two threads a side its `mpmc::unbounded` (0.2.6) reads memory that is not its own.

use crossbeam::channel;
use crossbeam::deque::{self, Steal};
use crossbeam::queue::{ArrayQueue, SegQueue};
use refectory::port::{BlockingQueue, Closed, Full, TryQueue};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A channel whose operations wait, made by this function.
macro_rules! channel {
    ($name:ident: $sender:ty, $receiver:ty = $new:expr) => {
        pub(crate) struct $name<T: Send + Unpin + 'static>($sender, $receiver);

        impl<T: Send + Unpin + 'static> BlockingQueue<T> for $name<T> {
            fn with_capacity(capacity: usize) -> Self {
                let (sender, receiver) = $new(capacity);
                Self(sender, receiver)
            }

            #[inline]
            fn push(&self, item: T) -> Result<(), Closed<T>> {
                assert!(self.0.send(item).is_ok(), "it has a receiver");
                Ok(())
            }

            #[inline]
            fn pop(&self) -> Option<T> {
                self.1.recv().ok()
            }
        }
    };
}

channel!(Crossbeam: channel::Sender<T>, channel::Receiver<T>
    = |room| if room == 0 { channel::unbounded() } else { channel::bounded(room) });
channel!(Kanal: kanal::Sender<T>, kanal::Receiver<T>
    = |room| if room == 0 { kanal::unbounded() } else { kanal::bounded(room) });
channel!(Omango: omango::queue::mpmc::BSender<T>, omango::queue::mpmc::BReceiver<T>
    = |room| omango::queue::mpmc::bounded(room as u32));
channel!(Crossfire: crossfire::MTx<T>, crossfire::MRx<T> = crossfire::mpmc::bounded_blocking);

pub(crate) struct Array<T>(ArrayQueue<T>);

impl<T: Send + 'static> TryQueue<T> for Array<T> {
    fn with_capacity(capacity: usize) -> Self {
        Self(ArrayQueue::new(capacity))
    }

    #[inline]
    fn try_push(&self, item: T) -> Result<(), Full<T>> {
        self.0.push(item).map_err(Full)
    }

    #[inline]
    fn try_pop(&self) -> Option<T> {
        self.0.pop()
    }
}

/// A queue or heap without a limit, whose operations never wait.
macro_rules! unbounded {
    ($name:ident: $inner:ty = $new:expr, |$of:ident, $item:ident| $push:expr, $pop:expr) => {
        pub(crate) struct $name($inner);

        impl TryQueue<u64> for $name {
            fn with_capacity(_: usize) -> Self {
                Self($new)
            }

            #[inline]
            fn try_push(&self, $item: u64) -> Result<(), Full<u64>> {
                let $of = &self.0;
                $push;
                Ok(())
            }

            #[inline]
            fn try_pop(&self) -> Option<u64> {
                let $of = &self.0;
                $pop
            }
        }
    };
}

unbounded!(Segmented: SegQueue<u64> = SegQueue::new(), |of, item| of.push(item), of.pop());
unbounded!(Injector: deque::Injector<u64> = deque::Injector::new(), |of, item| of.push(item), steal(of));
unbounded!(LockedVec: parking_lot::Mutex<Vec<u64>> = Default::default(),
    |of, item| of.lock().push(item), of.lock().pop());
unbounded!(LockedHeap: parking_lot::Mutex<BinaryHeap<Reverse<u64>>> = Default::default(),
    |of, item| of.lock().push(Reverse(item)), of.lock().pop().map(|item| item.0));

fn steal(from: &deque::Injector<u64>) -> Option<u64> {
    loop {
        match from.steal() {
            Steal::Success(item) => return Some(item),
            Steal::Empty => return None,
            Steal::Retry => {}
        }
    }
}

//! The queues of others, with the operations of ours. A capacity of 0 is no limit.
//!
//! omango's unbounded queues are not here: with two threads a side its `mpmc::unbounded` (0.2.6) reads memory that is not its own.

use crossbeam::channel;
use crossbeam::deque::{self, Steal};
use crossbeam::queue::{ArrayQueue, SegQueue};
use refectory::port::{BlockingQueue, Closed, Full, TryQueue};
use refectory::sync::future::block_on;
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, VecDeque};
use std::sync::mpsc;

/// A queue whose operations wait, made of these functions.
macro_rules! peer {
    ($(#[$doc:meta])* $name:ident: $ends:ty = $new:expr, |$queue:ident, $item:ident| $push:expr, $pop:expr) => {
        $(#[$doc])*
        pub(crate) struct $name<T: Send + Unpin + 'static>($ends);

        impl<T: Send + Unpin + 'static> BlockingQueue<T> for $name<T> {
            fn with_capacity(capacity: usize) -> Self {
                Self($new(capacity))
            }

            #[inline]
            fn push(&self, $item: T) -> Result<(), Closed<T>> {
                let $queue = self;
                $push;
                Ok(())
            }

            #[inline]
            fn pop(&self) -> Option<T> {
                let $queue = self;
                $pop
            }
        }
    };
}

peer!(Crossbeam: (channel::Sender<T>, channel::Receiver<T>)
    = |room| if room == 0 { channel::unbounded() } else { channel::bounded(room) },
    |queue, item| queue.0.0.send(item).expect("it has a receiver"), queue.0.1.recv().ok());
peer!(Flume: (flume::Sender<T>, flume::Receiver<T>)
    = |room| if room == 0 { flume::unbounded() } else { flume::bounded(room) },
    |queue, item| queue.0.0.send(item).expect("it has a receiver"), queue.0.1.recv().ok());
peer!(Kanal: (kanal::Sender<T>, kanal::Receiver<T>)
    = |room| if room == 0 { kanal::unbounded() } else { kanal::bounded(room) },
    |queue, item| queue.0.0.send(item).expect("it has a receiver"), queue.0.1.recv().ok());
peer!(Omango: (omango::queue::mpmc::BSender<T>, omango::queue::mpmc::BReceiver<T>)
    = |room| omango::queue::mpmc::bounded(room as u32),
    |queue, item| assert!(queue.0.0.send(item).is_ok(), "it has a receiver"), queue.0.1.recv().ok());
peer!(Crossfire: (crossfire::MTx<T>, crossfire::MRx<T>) = crossfire::mpmc::bounded_blocking,
    |queue, item| assert!(queue.0.0.send(item).is_ok(), "it has a receiver"), queue.0.1.recv().ok());
peer!(Async: (async_channel::Sender<T>, async_channel::Receiver<T>)
    = |room| if room == 0 { async_channel::unbounded() } else { async_channel::bounded(room) },
    |queue, item| block_on(queue.0.0.send(item)).expect("it has a receiver"), block_on(queue.0.1.recv()).ok());
peer!(
    /// Several consumers share its one receiver behind a lock.
    Tokio: (tokio::sync::mpsc::Sender<T>, tokio::sync::Mutex<tokio::sync::mpsc::Receiver<T>>)
    = |room| {
        let (sender, receiver) = tokio::sync::mpsc::channel(room);
        (sender, tokio::sync::Mutex::new(receiver))
    },
    |queue, item| assert!(block_on(queue.0.0.send(item)).is_ok(), "it has a receiver"),
    block_on(async { queue.0.1.lock().await.recv().await }));
peer!(
    /// As [`Tokio`].
    SyncChannel: (mpsc::SyncSender<T>, std::sync::Mutex<mpsc::Receiver<T>>)
    = |room| {
        let (sender, receiver) = mpsc::sync_channel(room);
        (sender, std::sync::Mutex::new(receiver))
    },
    |queue, item| queue.0.0.send(item).expect("it has a receiver"), queue.0.1.lock().unwrap().recv().ok());
peer!(
    /// As [`Tokio`]. It has no limit.
    Channel: (mpsc::Sender<T>, std::sync::Mutex<mpsc::Receiver<T>>)
    = |_| {
        let (sender, receiver) = mpsc::channel();
        (sender, std::sync::Mutex::new(receiver))
    },
    |queue, item| queue.0.0.send(item).expect("it has a receiver"), queue.0.1.lock().unwrap().recv().ok());

/// The bounded queue of the textbooks on std's mutex and two condition variables.
pub(crate) struct TextbookOnStd<T> {
    room: usize,
    items: std::sync::Mutex<VecDeque<T>>,
    not_empty: std::sync::Condvar,
    not_full: std::sync::Condvar,
}

impl<T: Send + 'static> BlockingQueue<T> for TextbookOnStd<T> {
    fn with_capacity(room: usize) -> Self {
        let (not_empty, not_full) = Default::default();
        Self { room, items: std::sync::Mutex::new(VecDeque::with_capacity(room)), not_empty, not_full }
    }

    fn push(&self, item: T) -> Result<(), Closed<T>> {
        let items = self.items.lock().unwrap();
        let mut items = self.not_full.wait_while(items, |items| items.len() == self.room).unwrap();
        items.push_back(item);
        drop(items);
        self.not_empty.notify_one();
        Ok(())
    }

    fn pop(&self) -> Option<T> {
        let items = self.items.lock().unwrap();
        let mut items = self.not_empty.wait_while(items, |items| items.is_empty()).unwrap();
        let item = items.pop_front();
        drop(items);
        self.not_full.notify_one();
        item
    }
}

/// The same on those of parking_lot.
pub(crate) struct TextbookOnParkingLot<T> {
    room: usize,
    items: parking_lot::Mutex<VecDeque<T>>,
    not_empty: parking_lot::Condvar,
    not_full: parking_lot::Condvar,
}

impl<T: Send + 'static> BlockingQueue<T> for TextbookOnParkingLot<T> {
    fn with_capacity(room: usize) -> Self {
        let (not_empty, not_full) = Default::default();
        Self { room, items: parking_lot::Mutex::new(VecDeque::with_capacity(room)), not_empty, not_full }
    }

    fn push(&self, item: T) -> Result<(), Closed<T>> {
        let mut items = self.items.lock();
        self.not_full.wait_while(&mut items, |items| items.len() == self.room);
        items.push_back(item);
        drop(items);
        self.not_empty.notify_one();
        Ok(())
    }

    fn pop(&self) -> Option<T> {
        let mut items = self.items.lock();
        self.not_empty.wait_while(&mut items, |items| items.is_empty());
        let item = items.pop_front();
        drop(items);
        self.not_full.notify_one();
        item
    }
}

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
unbounded!(LockedTree: parking_lot::Mutex<BTreeSet<u64>> = Default::default(),
    |of, item| of.lock().insert(item), of.lock().pop_first());

fn steal(from: &deque::Injector<u64>) -> Option<u64> {
    loop {
        match from.steal() {
            Steal::Success(item) => return Some(item),
            Steal::Empty => return None,
            Steal::Retry => {}
        }
    }
}

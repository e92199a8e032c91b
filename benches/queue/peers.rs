//! The queues of others, with the operations of ours. A capacity of 0 is no limit.

use crossbeam::channel;
use crossbeam::queue::{ArrayQueue, SegQueue};
use refectory::model::threads::queue::spinning::Spinning;
use refectory::port::{BlockingQueue, Closed, Full, TryQueue};
use refectory::sync::future::block_on;
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, VecDeque};
use std::sync::mpsc;

/// A queue whose operations wait, made of these functions.
macro_rules! peer {
    ($(#[$doc:meta])* $name:ident: $ends:ty = $new:expr, |$queue:ident, $item:ident| $push:expr, $pop:expr) => {
        $(#[$doc])*
        pub(crate) struct $name<T>($ends);

        impl<T: Send + 'static> BlockingQueue<T> for $name<T> {
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

/// crossbeam's ring, with the waiting of [`Spinning`] on top.
pub(crate) type Array<T> = Spinning<ArrayOf<T>>;

pub(crate) struct ArrayOf<T>(ArrayQueue<T>);

impl<T: Send + 'static> TryQueue<T> for ArrayOf<T> {
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

/// crossbeam's list of segments, with the same.
pub(crate) type Segments<T> = Spinning<SegmentsOf<T>>;

pub(crate) struct SegmentsOf<T>(SegQueue<T>);

impl<T: Send + 'static> TryQueue<T> for SegmentsOf<T> {
    fn with_capacity(_: usize) -> Self {
        Self(SegQueue::new())
    }

    #[inline]
    fn try_push(&self, item: T) -> Result<(), Full<T>> {
        self.0.push(item);
        Ok(())
    }

    #[inline]
    fn try_pop(&self) -> Option<T> {
        self.0.pop()
    }
}

/// A lock around a vector, a heap, or a tree.
macro_rules! locked {
    ($name:ident: $inner:ty, |$of:ident, $item:ident| $push:expr, $pop:expr) => {
        pub(crate) struct $name(parking_lot::Mutex<$inner>);

        impl TryQueue<u64> for $name {
            fn with_capacity(_: usize) -> Self {
                Self(parking_lot::Mutex::default())
            }

            #[inline]
            fn try_push(&self, $item: u64) -> Result<(), Full<u64>> {
                let mut $of = self.0.lock();
                $push;
                Ok(())
            }

            #[inline]
            fn try_pop(&self) -> Option<u64> {
                let mut $of = self.0.lock();
                $pop
            }
        }
    };
}

locked!(LockedVec: Vec<u64>, |of, item| of.push(item), of.pop());
locked!(LockedHeap: BinaryHeap<Reverse<u64>>, |of, item| of.push(Reverse(item)), of.pop().map(|item| item.0));
locked!(LockedTree: BTreeSet<u64>, |of, item| of.insert(item), of.pop_first());

//! Queues side by side, bounded where they are not called otherwise: items a second from producers to consumers, one group a scenario.
//!
//! `spinning`, on a ring, and crossbeam's `ArrayQueue` never wait by themselves; both get the same waiting on top:
//! they try again. The others sleep.

#![expect(clippy::disallowed_types, reason = "benches compare with std, on default features")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use crossbeam::channel;
use crossbeam::queue::ArrayQueue;
use refectory::catalogue;
use refectory::model::actors::queue::network::{PerPair, network};
use refectory::model::channels::queue::{self as channels, select::Receiving};
use refectory::model::processes::queue::feeder::Feeder;
use refectory::model::processes::queue::joinable::JoinableQueue;
use refectory::model::processes::queue::mpmc::Mpmc;
use refectory::model::processes::queue::ring::{Receiver, Ring, Sender};
use refectory::model::processes::queue::simple::simple;
use refectory::model::threads::queue::Queue;
use refectory::model::threads::queue::spinning::Spinning;
use refectory::port::transfer::waiting;
use refectory::port::{BlockingQueue, Closed, Full, Size, Timing, TryQueue};
use refectory::sync::future::block_on;
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// What the catalogue's queues are compared with.
const PEERS: [(&str, Timing); 11] = [
    ("processes/mpmc", waiting::<ManyToMany>),
    ("threads/queue, unbounded", waiting::<Unbounded>),
    ("crossbeam ArrayQueue", waiting::<Spinning<CrossbeamArrayQueue>>),
    ("crossbeam channel", waiting::<CrossbeamChannel>),
    ("std sync_channel", waiting::<SyncChannel>),
    ("flume", waiting::<FlumeChannel>),
    ("kanal", waiting::<KanalChannel>),
    ("async-channel", waiting::<AsyncChannel>),
    ("tokio mpsc", waiting::<TokioChannel>),
    ("crossbeam channel, unbounded", waiting::<UnboundedCrossbeamChannel>),
    ("std channel, unbounded", waiting::<Channel>),
];

fn queues(criterion: &mut Criterion) {
    let ours = catalogue::timed("queue").map(|(name, timed)| (name, timed.time));
    let peers = PEERS.map(|(name, time)| (name.to_owned(), time));
    let queues: Vec<_> = ours.chain(peers).collect();
    for pairs in [1, 2] {
        let mut group = criterion.benchmark_group(format!("queue/{pairs}p{pairs}c"));
        // An iteration moves one item for each pair.
        group.throughput(Throughput::Elements(pairs as u64));
        for (name, time) in &queues {
            group
                .bench_function(name, |bencher| bencher.iter_custom(|items| time(Size(pairs, pairs), items)));
        }
        group.finish();
    }
}

/// One thread sends itself what it then receives: what it costs to keep track of what holds back what.
fn networks(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("queue/in flight");
    group.throughput(Throughput::Elements(ROOM as u64));
    let items = || 0..ROOM as u64;
    let [network] = network::<u64, PerPair, 1>();
    group.bench_function("actors/network", |bencher| {
        bencher.iter(|| {
            items().for_each(|item| network.send(0, item));
            items().for_each(|item| assert_eq!(network.receive(), item));
        });
    });
    let ring = <Ring<64>>::new();
    group.bench_function("processes/ring", |bencher| {
        bencher.iter(|| {
            let send = |mut sender: Sender<'_, 64>| {
                items().for_each(|item| sender.send(&item.to_le_bytes()).expect("it is short"));
            };
            ring.sender(send).expect("nobody else sends");
            let receive = |mut receiver: Receiver<'_, 64>| {
                items().for_each(|item| receiver.receive(|bytes| assert_eq!(bytes, item.to_le_bytes())));
            };
            ring.receiver(receive).expect("nobody else receives");
        });
    });
    let (mut sender, mut receiver) = simple::<u64>().expect("there is room for a pipe");
    group.bench_function("processes/simple", |bencher| {
        bencher.iter(|| {
            items().for_each(|item| sender.put(&item).expect("it has a receiver"));
            items().for_each(|item| assert_eq!(receiver.get(), Ok(item)));
        });
    });
    let (sender, mut receiver) = simple::<u64>().expect("there is room for a pipe");
    let feeder = <Feeder<_>>::start(sender);
    group.bench_function("processes/feeder", |bencher| {
        bencher.iter(|| {
            items().for_each(|item| feeder.put(item));
            items().for_each(|item| assert_eq!(receiver.get(), Ok(item)));
        });
    });
    let tasks = <JoinableQueue<u64, 64, 1>>::new();
    group.bench_function("processes/joinable", |bencher| {
        bencher.iter(|| {
            items().for_each(|item| tasks.put(item));
            tasks.work(0, |worker| {
                for item in items() {
                    assert_eq!(worker.get(), item);
                    worker.task_done().expect("it was taken");
                }
            });
            tasks.join();
        });
    });
    let (sender, receiver) = channel::unbounded();
    group.bench_function("crossbeam channel, unbounded", |bencher| {
        bencher.iter(|| {
            items().for_each(|item| sender.send(item).expect("it has a receiver"));
            items().for_each(|item| assert_eq!(receiver.recv(), Ok(item)));
        });
    });
    group.finish();
}

/// One thread receives from two channels, each with a sender of its own: items a second.
fn selects(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("queue/select");
    group.throughput(Throughput::Elements(1));
    group.bench_function("channels/select", |bencher| bencher.iter_custom(select_of_two));
    group.bench_function("crossbeam select", |bencher| bencher.iter_custom(crossbeam_select_of_two));
    group.finish();
}

const ROOM: usize = 16;

fn select_of_two(items: u64) -> Duration {
    let both = [(); 2].map(|()| <channels::Channel<u64>>::new(ROOM));
    let send = |to: usize, item| both[to].send(item).expect("nobody closes it");
    two_senders(items, send, || {
        let [mut first, mut second] = both.each_ref().map(Receiving::new);
        channels::select(&mut [&mut first, &mut second]);
        first.received().or(second.received()).expect("nobody closes it")
    })
}

fn crossbeam_select_of_two(items: u64) -> Duration {
    let both = [(); 2].map(|()| channel::bounded::<u64>(ROOM));
    let send = |to: usize, item| both[to].0.send(item).expect("it has a receiver");
    two_senders(items, send, || {
        crossbeam::select! {
            recv(both[0].1) -> item => item,
            recv(both[1].1) -> item => item,
        }
        .expect("it has a sender")
    })
}

/// The time in which so many items come from two senders, half of them from each.
fn two_senders(items: u64, send: impl Fn(usize, u64) + Sync, receive: impl Fn() -> u64) -> Duration {
    let started = Instant::now();
    thread::scope(|scope| {
        for sender in 0..2 {
            let send = &send;
            scope.spawn(move || (sender..items).step_by(2).for_each(|item| send(sender as usize, item)));
        }
        let sum: u64 = (0..items).map(|_| receive()).sum();
        assert_eq!(sum, (0..items).sum::<u64>());
    });
    started.elapsed()
}

/// A queue whose operations wait, made of these two functions.
macro_rules! peer {
    ($name:ident: $ends:ty = $new:expr, |$queue:ident, $item:ident| $push:expr, $pop:expr) => {
        struct $name($ends);

        impl BlockingQueue<u64> for $name {
            fn with_capacity(capacity: usize) -> Self {
                Self($new(capacity))
            }

            fn push(&self, $item: u64) -> Result<(), Closed<u64>> {
                let $queue = self;
                $push.map_err(|_| Closed($item))
            }

            fn pop(&self) -> Option<u64> {
                let $queue = self;
                $pop
            }
        }
    };
}

peer!(FlumeChannel: (flume::Sender<u64>, flume::Receiver<u64>) = flume::bounded,
    |queue, item| queue.0.0.send(item), queue.0.1.recv().ok());
peer!(KanalChannel: (kanal::Sender<u64>, kanal::Receiver<u64>) = kanal::bounded,
    |queue, item| queue.0.0.send(item), queue.0.1.recv().ok());
peer!(AsyncChannel: (async_channel::Sender<u64>, async_channel::Receiver<u64>) = async_channel::bounded,
    |queue, item| block_on(queue.0.0.send(item)), block_on(queue.0.1.recv()).ok());

/// Of bytes, and with room for 32 items.
struct ManyToMany(Mpmc<64>);

impl BlockingQueue<u64> for ManyToMany {
    fn with_capacity(_: usize) -> Self {
        Self(Mpmc::new())
    }

    fn push(&self, item: u64) -> Result<(), Closed<u64>> {
        self.0.send(&item.to_ne_bytes()).map_err(|_| Closed(item))
    }

    fn pop(&self) -> Option<u64> {
        self.0.receive(|bytes| bytes.first_chunk().copied().map(u64::from_ne_bytes))
    }
}

/// Several consumers share its one receiver behind a lock.
struct TokioChannel(tokio::sync::mpsc::Sender<u64>, tokio::sync::Mutex<tokio::sync::mpsc::Receiver<u64>>);

impl BlockingQueue<u64> for TokioChannel {
    fn with_capacity(capacity: usize) -> Self {
        let (sender, receiver) = tokio::sync::mpsc::channel(capacity);
        Self(sender, tokio::sync::Mutex::new(receiver))
    }

    fn push(&self, item: u64) -> Result<(), Closed<u64>> {
        block_on(self.0.send(item)).map_err(|error| Closed(error.0))
    }

    fn pop(&self) -> Option<u64> {
        block_on(async { self.1.lock().await.recv().await })
    }
}

struct CrossbeamArrayQueue(ArrayQueue<u64>);

impl TryQueue<u64> for CrossbeamArrayQueue {
    fn with_capacity(capacity: usize) -> Self {
        Self(ArrayQueue::new(capacity))
    }

    fn try_push(&self, item: u64) -> Result<(), Full<u64>> {
        self.0.push(item).map_err(Full)
    }

    fn try_pop(&self) -> Option<u64> {
        self.0.pop()
    }
}

struct CrossbeamChannel(channel::Sender<u64>, channel::Receiver<u64>);

impl BlockingQueue<u64> for CrossbeamChannel {
    fn with_capacity(capacity: usize) -> Self {
        let (sender, receiver) = channel::bounded(capacity);
        Self(sender, receiver)
    }

    fn push(&self, item: u64) -> Result<(), Closed<u64>> {
        self.0.send(item).map_err(|error| Closed(error.0))
    }

    fn pop(&self) -> Option<u64> {
        self.1.recv().ok()
    }
}

/// Its receiver is for one thread; a lock makes it one for all.
struct SyncChannel(mpsc::SyncSender<u64>, Mutex<mpsc::Receiver<u64>>);

impl BlockingQueue<u64> for SyncChannel {
    fn with_capacity(capacity: usize) -> Self {
        let (sender, receiver) = mpsc::sync_channel(capacity);
        Self(sender, Mutex::new(receiver))
    }

    fn push(&self, item: u64) -> Result<(), Closed<u64>> {
        self.0.send(item).map_err(|error| Closed(error.0))
    }

    fn pop(&self) -> Option<u64> {
        self.1.lock().unwrap().recv().ok()
    }
}

/// A queue without a limit.
struct Unbounded(Queue<u64>);

impl BlockingQueue<u64> for Unbounded {
    fn with_capacity(_: usize) -> Self {
        Self(Queue::new(0))
    }

    fn push(&self, item: u64) -> Result<(), Closed<u64>> {
        self.0.push(item)
    }

    fn pop(&self) -> Option<u64> {
        self.0.pop()
    }
}

struct UnboundedCrossbeamChannel(CrossbeamChannel);

impl BlockingQueue<u64> for UnboundedCrossbeamChannel {
    fn with_capacity(_: usize) -> Self {
        let (sender, receiver) = channel::unbounded();
        Self(CrossbeamChannel(sender, receiver))
    }

    fn push(&self, item: u64) -> Result<(), Closed<u64>> {
        self.0.push(item)
    }

    fn pop(&self) -> Option<u64> {
        self.0.pop()
    }
}

/// As [`SyncChannel`].
struct Channel(mpsc::Sender<u64>, Mutex<mpsc::Receiver<u64>>);

impl BlockingQueue<u64> for Channel {
    fn with_capacity(_: usize) -> Self {
        let (sender, receiver) = mpsc::channel();
        Self(sender, Mutex::new(receiver))
    }

    fn push(&self, item: u64) -> Result<(), Closed<u64>> {
        self.0.send(item).map_err(|error| Closed(error.0))
    }

    fn pop(&self) -> Option<u64> {
        self.1.lock().unwrap().recv().ok()
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1));
    targets = queues, selects, networks
}
criterion_main!(benches);

//! What it costs one thread to send itself items and to receive them then.

use criterion::{Criterion, Throughput};
use crossbeam::channel;
use refectory::model::actors::queue::network::{PerPair, network};
use refectory::model::processes::queue::feeder::Feeder;
use refectory::model::processes::queue::joinable::JoinableQueue;
use refectory::model::processes::queue::ring::{Receiver, Ring, Sender};
use refectory::model::processes::queue::simple::simple;

const ROOM: usize = 16;

/// One thread sends itself what it then receives: what it costs to keep track of what holds back what.
pub(crate) fn networks(criterion: &mut Criterion) {
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

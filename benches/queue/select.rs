//! Receiving from two channels at once.

use crate::together;
use criterion::{Criterion, Throughput};
use crossbeam::channel;
use refectory::model::channels::queue::{self as channels, select::Receiving};
use std::time::Duration;

const ROOM: usize = 16;

/// One thread receives from two channels, each with a sender of its own: items a second.
pub(crate) fn selects(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("queue/select");
    group.throughput(Throughput::Elements(1));
    group.bench_function("channels/select", |bencher| bencher.iter_custom(select_of_two));
    group.bench_function("crossbeam select", |bencher| bencher.iter_custom(crossbeam_select_of_two));
    group.finish();
}

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
fn two_senders(items: u64, send: impl Fn(usize, u64) + Sync, receive: impl Fn() -> u64 + Sync) -> Duration {
    let (send, receive) = (&send, &receive);
    let sender =
        |sender: u64| move || (sender..items).step_by(2).for_each(|item| send(sender as usize, item));
    let receiver = move || {
        let sum: u64 = (0..items).map(|_| receive()).sum();
        assert_eq!(sum, (0..items).sum::<u64>());
    };
    together(vec![Box::new(sender(0)), Box::new(sender(1)), Box::new(receiver)])
}

//! What a task costs on a loop of one thread, beside tokio's.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use refectory::model::coroutines::task::{EventLoop, TaskGroup};
use refectory::sync::future::yield_now;
use std::hint::black_box;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::task::{JoinSet, LocalSet};

/// Tasks that are started before the first one is awaited.
const MANY: u64 = 256;
const LONG: Duration = Duration::from_secs(3600);

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().build().expect("tokio starts")
}

/// A task is started, gives way once, and is awaited.
fn started(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("task/started and awaited");
    group.throughput(Throughput::Elements(MANY));
    let event_loop = <EventLoop>::new();
    group.bench_function("coroutines/event_loop", |bencher| {
        bencher.iter(|| {
            event_loop.run(async {
                let start = |n| event_loop.spawn(async move { (yield_now().await, n).1 });
                let tasks: Vec<_> = (0..MANY).map(start).collect();
                for task in tasks {
                    black_box(task.await.expect("nobody cancels it"));
                }
            });
        });
    });
    let (runtime, local) = (runtime(), LocalSet::new());
    group.bench_function("tokio LocalSet", |bencher| {
        bencher.iter(|| {
            local.block_on(&runtime, async {
                let start = |n| tokio::task::spawn_local(async move { (yield_now().await, n).1 });
                let tasks: Vec<_> = (0..MANY).map(start).collect();
                for task in tasks {
                    black_box(task.await.expect("nobody cancels it"));
                }
            });
        });
    });
    group.finish();
}

/// Tasks of one group, and who joins them.
fn grouped(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("task/in a group");
    group.throughput(Throughput::Elements(MANY));
    let event_loop = <EventLoop>::new();
    group.bench_function("coroutines/group", |bencher| {
        bencher.iter(|| {
            event_loop.run(async {
                let group = TaskGroup::<()>::new(&event_loop);
                let gives_way = || async {
                    yield_now().await;
                    Ok(())
                };
                (0..MANY).for_each(|_| group.spawn(gives_way()).expect("none fails"));
                group.join().await
            })
        });
    });
    let (runtime, local) = (runtime(), LocalSet::new());
    group.bench_function("tokio JoinSet", |bencher| {
        bencher.iter(|| {
            local.block_on(&runtime, async {
                let mut set = JoinSet::new();
                (0..MANY).for_each(|_| drop(set.spawn_local(yield_now())));
                while set.join_next().await.is_some() {}
            });
        });
    });
    group.finish();
}

/// A future that gives way once, under a time-out that never comes.
fn timed(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("task/timed");
    let event_loop = <EventLoop>::new();
    group.bench_function("coroutines/timeout", |bencher| {
        bencher.iter(|| event_loop.run(event_loop.timeout(LONG, yield_now())));
    });
    let runtime = runtime();
    group.bench_function("tokio timeout", |bencher| {
        bencher.iter(|| runtime.block_on(async { tokio::time::timeout(LONG, yield_now()).await }));
    });
    group.finish();
}

criterion_group!(benches, started, grouped, timed);
criterion_main!(benches);

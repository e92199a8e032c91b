//! Executors side by side: a task and its result, many of them, a map, and what a future alone costs.
//!
//! The peers are rayon's pool and a pool of a few lines on a channel of crossbeam's. They have no futures, so
//! a task of theirs sends its result through a channel of one place, which is what one would write.

#![expect(clippy::disallowed_types, reason = "benches run on default features, with std's own barrier")]

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use crossbeam::channel::{self, Receiver, Sender};
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use refectory::model::pool::executor::{Executor, ThreadPoolExecutor};
use refectory::model::pool::future::Future;
use refectory::model::pool::map::MapOptions;
use refectory::model::pool::stealing::StealingPool;
use std::hint::black_box;
use std::num::NonZeroUsize;
use std::sync::{Barrier, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Workers of a pool.
const WORKERS: usize = 2;
/// Tasks that are put in before the first result is asked for, and items of a map.
const MANY: u64 = 1_024;
/// Items of a task of a map.
const CHUNK: usize = 64;

/// A small task.
fn work(n: u64) -> u64 {
    black_box(n).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// A pool that takes a task and gives what its result comes by.
trait Pool {
    type Handle<T: Clone + Send + 'static>: Handle<T>;

    fn submit<T: Clone + Send + 'static>(&self, task: impl FnOnce() -> T + Send + 'static)
    -> Self::Handle<T>;
}

trait Handle<T> {
    fn wait(self) -> T;
}

impl<T: Clone> Handle<T> for Future<T> {
    fn wait(self) -> T {
        self.result().expect("the task does not fail")
    }
}

impl<T> Handle<T> for Receiver<T> {
    fn wait(self) -> T {
        self.recv().expect("the task does not fail")
    }
}

impl Pool for ThreadPoolExecutor {
    type Handle<T: Clone + Send + 'static> = Future<T>;

    fn submit<T: Clone + Send + 'static>(&self, task: impl FnOnce() -> T + Send + 'static) -> Future<T> {
        Executor::submit(self, task).expect("the pool is open")
    }
}

impl Pool for StealingPool {
    type Handle<T: Clone + Send + 'static> = Future<T>;

    fn submit<T: Clone + Send + 'static>(&self, task: impl FnOnce() -> T + Send + 'static) -> Future<T> {
        let future: Future<T> = Future::new();
        let result = future.clone();
        self.spawn(move |_| drop(result.set_result(task())));
        future
    }
}

impl Pool for rayon::ThreadPool {
    type Handle<T: Clone + Send + 'static> = Receiver<T>;

    fn submit<T: Clone + Send + 'static>(&self, task: impl FnOnce() -> T + Send + 'static) -> Receiver<T> {
        let (result, receiver) = channel::bounded(1);
        self.spawn(move || drop(result.send(task())));
        receiver
    }
}

/// Workers that take tasks from a channel.
struct ChannelPool {
    tasks: Option<Sender<Box<dyn FnOnce() + Send>>>,
    workers: Vec<JoinHandle<()>>,
}

impl ChannelPool {
    fn new(workers: usize) -> Self {
        let (sender, tasks): (_, Receiver<Box<dyn FnOnce() + Send>>) = channel::unbounded();
        let employ = |_| {
            let tasks = tasks.clone();
            thread::Builder::new().spawn(move || tasks.iter().for_each(|task| task())).expect("a thread")
        };
        Self { tasks: Some(sender), workers: (0..workers).map(employ).collect() }
    }
}

impl Pool for ChannelPool {
    type Handle<T: Clone + Send + 'static> = Receiver<T>;

    fn submit<T: Clone + Send + 'static>(&self, task: impl FnOnce() -> T + Send + 'static) -> Receiver<T> {
        let (result, receiver) = channel::bounded(1);
        let task = move || drop(result.send(task()));
        self.tasks.as_ref().expect("the pool is open").send(Box::new(task)).expect("there are workers");
        receiver
    }
}

impl Drop for ChannelPool {
    fn drop(&mut self) {
        self.tasks = None;
        self.workers.drain(..).for_each(|worker| worker.join().expect("no task panics"));
    }
}

fn executor() -> ThreadPoolExecutor {
    ThreadPoolExecutor::new(WORKERS).expect("there are workers")
}

fn stealing() -> StealingPool {
    StealingPool::new(WORKERS)
}

fn rayon() -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(WORKERS).build().expect("threads can be started")
}

/// One task after the other, each waited for: two threads wake each other.
fn one_by_one(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group(format!("executors/one task, {WORKERS} workers"));
    group.throughput(Throughput::Elements(1));
    round_trip(&mut group, "executor", &executor());
    round_trip(&mut group, "stealing", &stealing());
    round_trip(&mut group, "rayon", &rayon());
    round_trip(&mut group, "crossbeam channel", &ChannelPool::new(WORKERS));
    group.finish();
}

fn round_trip(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, pool: &impl Pool) {
    group.bench_function(name, |bencher| bencher.iter(|| pool.submit(|| work(7)).wait()));
}

/// Many tasks, then all their results.
fn many(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group(format!("executors/{MANY} tasks, {WORKERS} workers"));
    group.throughput(Throughput::Elements(MANY));
    all_at_once(&mut group, "executor", &executor());
    all_at_once(&mut group, "stealing", &stealing());
    all_at_once(&mut group, "rayon", &rayon());
    all_at_once(&mut group, "crossbeam channel", &ChannelPool::new(WORKERS));
    group.finish();
}

fn all_at_once(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, pool: &impl Pool) {
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            let results: Vec<_> = (0..MANY).map(|n| pool.submit(move || work(n))).collect();
            results.into_iter().map(Handle::wait).fold(0, u64::wrapping_add)
        });
    });
}

/// A function on every number of a range: item by item, then so many items a task.
fn maps(criterion: &mut Criterion) {
    for chunk in [1, CHUNK] {
        let mut group =
            criterion.benchmark_group(format!("executors/map {MANY} items by {chunk}, {WORKERS} workers"));
        group.throughput(Throughput::Elements(MANY));
        let pool = executor();
        let options =
            MapOptions { chunk: NonZeroUsize::new(chunk).expect("a size"), ..MapOptions::default() };
        group.bench_function("executor", |bencher| {
            bencher.iter(|| pool.map(0..MANY, work, options).map(Result::unwrap).collect::<Vec<_>>());
        });
        chunked(&mut group, "stealing", &stealing(), chunk);
        let pool = rayon();
        group.bench_function("rayon", |bencher| {
            let items = || (0..MANY as usize).into_par_iter();
            let bounded = || rayon::iter::IndexedParallelIterator::with_min_len(items(), chunk);
            bencher.iter(|| pool.install(|| bounded().map(|n| work(n as u64)).collect::<Vec<_>>()));
        });
        chunked(&mut group, "crossbeam channel", &ChannelPool::new(WORKERS), chunk);
        group.finish();
    }
}

/// A map on a pool that has none.
fn chunked(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, pool: &impl Pool, chunk: usize) {
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            let task = |from| pool.submit(move || (from..from + chunk as u64).map(work).collect::<Vec<_>>());
            let tasks: Vec<_> = (0..MANY).step_by(chunk).map(task).collect();
            tasks.into_iter().flat_map(Handle::wait).collect::<Vec<_>>()
        });
    });
}

/// One thread sets results, another one takes them, in the same order.
fn futures(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("executors/a result for another thread");
    group.throughput(Throughput::Elements(1));
    let new = || {
        let future = Future::<u64>::new();
        (future.clone(), future)
    };
    pass_on(
        &mut group,
        "future",
        new,
        |future, n| future.set_result(n).is_ok(),
        |future| future.result().ok(),
    );
    let bounded = || channel::bounded(1);
    pass_on(&mut group, "crossbeam bounded(1)", bounded, |to, n| to.send(n).is_ok(), |from| from.recv().ok());
    let sync = || mpsc::sync_channel(1);
    pass_on(&mut group, "std sync_channel(1)", sync, |to, n| to.send(n).is_ok(), |from| from.recv().ok());
    group.finish();
}

/// The time in which so many results are set and taken; to make the ends is not counted.
fn pass_on<S: Send, R: Send>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    new: impl Fn() -> (S, R),
    set: impl Fn(S, u64) -> bool,
    get: impl Fn(R) -> Option<u64> + Sync,
) {
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|results| {
            let mut time = Duration::ZERO;
            let mut left = results;
            while left > 0 {
                let batch = left.min(MANY);
                let (setters, getters): (Vec<_>, Vec<_>) = (0..batch).map(|_| new()).unzip();
                time += together(
                    || assert!(setters.into_iter().zip(0..).all(|(end, n)| set(end, n))),
                    || assert!(getters.into_iter().zip(0..).all(|(end, n)| get(end) == Some(n))),
                );
                left -= batch;
            }
            time
        });
    });
}

/// The time from the moment when both threads are ready until both are done.
fn together(here: impl FnOnce(), there: impl FnOnce() + Send) -> Duration {
    let start = Barrier::new(2);
    thread::scope(|scope| {
        let other = scope.spawn(|| {
            start.wait();
            there();
        });
        start.wait();
        let begun = Instant::now();
        here();
        other.join().expect("the other thread does not panic");
        begun.elapsed()
    })
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = one_by_one, many, maps, futures
}
criterion_main!(benches);

//! Executors side by side: a task and its result, many of them, a map, and tasks that put in others.
//!
//! The peers are rayon's pool and a pool of a few lines on a channel of crossbeam's. They have no futures, so
//! a task of theirs sends its result through a channel of one place, which is what one would write.
//! Whoever calls is one thread, which also takes the results: it looks at the clock before it calls, and when it has them all.

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group};
use crossbeam::channel::{self, Receiver, Sender};
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};
use refectory::model::pool::executor::crew::{Crew, Tasks};
use refectory::model::pool::executor::map::MapOptions;
use refectory::model::pool::executor::stealing::{Local, StealingPool};
use refectory::model::pool::executor::thread_pool::{Executor, ThreadPoolExecutor};
use refectory::model::pool::future::Future;
use refectory::model::processes::executor::PortableExecutor;
use refectory::model::processes::executor::process_pool::ProcessPoolExecutor;
use refectory::sync::process;
use std::hint::black_box;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Workers of a pool.
const WORKERS: usize = 2;
/// A tree of tasks of this height has 2^12 leaves.
const HEIGHT: u32 = 12;
/// Tasks that are put in before the first result is asked for, and items of a map.
const MANY: u64 = 1_024;

/// What a task does: a name, and how often it goes round a loop.
#[derive(Clone, Copy)]
struct Work(&'static str, u64);

impl Work {
    /// A task of a microsecond on this machine, and one that does next to nothing.
    fn kinds() -> [Self; 2] {
        [Self("1 µs", *A_MICROSECOND), Self("empty", 1)]
    }

    // Never inlined, so that it is the same code in every pool.
    #[inline(never)]
    fn run(self, n: u64) -> u64 {
        (0..self.1).fold(black_box(n), |n, _| (n ^ n >> 7).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }
}

/// Rounds of [`Work::run`] that take a microsecond: by the fastest of some runs of a hundred times as many.
static A_MICROSECOND: LazyLock<u64> = LazyLock::new(|| {
    const ROUNDS: u64 = 100_000;
    let run = |n| {
        let begun = Instant::now();
        black_box(Work("", ROUNDS).run(n));
        begun.elapsed()
    };
    let fastest = (0..20).map(run).min().expect("there are runs");
    (u128::from(ROUNDS) * 1_000 / fastest.as_nanos().max(1)).clamp(1, ROUNDS.into()) as u64
});

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
        let spawn_worker = |_| {
            let tasks = tasks.clone();
            thread::Builder::new().spawn(move || tasks.iter().for_each(|task| task())).expect("a thread")
        };
        Self { tasks: Some(sender), workers: (0..workers).map(spawn_worker).collect() }
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

fn processes() -> ProcessPoolExecutor {
    ProcessPoolExecutor::new(WORKERS).expect("there are workers")
}

fn stealing() -> StealingPool {
    StealingPool::new(WORKERS)
}

fn rayon() -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(WORKERS).build().expect("threads can be started")
}

/// One task after the other, each waited for: two threads wake each other.
fn round_trips(criterion: &mut Criterion) {
    for work in Work::kinds() {
        let name = format!("executor/round trip of one task, {}, {WORKERS} workers", work.0);
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Elements(1));
        round_trip(&mut group, "pool/thread_pool", &executor(), work);
        round_trip(&mut group, "pool/stealing", &stealing(), work);
        round_trip(&mut group, "rayon", &rayon(), work);
        round_trip(&mut group, "crossbeam channel", &ChannelPool::new(WORKERS), work);
        group.finish();
    }
    let mut group = criterion.benchmark_group(format!("executor/portable round trip, {WORKERS} workers"));
    portable_round_trip(&mut group, "pool/thread_pool", &executor());
    portable_round_trip(&mut group, "processes/process_pool", &processes());
    group.finish();
}

fn round_trip(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, pool: &impl Pool, work: Work) {
    group.bench_function(name, |bencher| bencher.iter(|| pool.submit(move || work.run(7)).wait()));
}

fn portable_round_trip(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, pool: &impl PortableExecutor) {
    group.bench_function(name, |bencher| {
        bencher.iter(|| pool.submit(tiny, 7).expect("the pool is open").result());
    });
}

/// A task that can be sent to another process.
fn tiny(n: u64) -> u64 {
    Work("empty", 1).run(n)
}

/// A pool is made, does one task, and is shut down.
fn first_tasks(criterion: &mut Criterion) {
    fn first(pool: &impl PortableExecutor) {
        pool.submit(tiny, 7).expect("the pool is open").result().expect("the task does not fail");
        pool.shutdown(true, false);
    }
    let mut group = criterion.benchmark_group("executor/a pool for one task");
    group.bench_function("pool/thread_pool", |bencher| bencher.iter(|| first(&executor())));
    group.bench_function("processes/process_pool", |bencher| bencher.iter(|| first(&processes())));
    group.finish();
}

/// Many tasks, then all their results.
fn submissions(criterion: &mut Criterion) {
    for work in Work::kinds() {
        let name = format!("executor/submit and result of {MANY} tasks, {}, {WORKERS} workers", work.0);
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Elements(MANY));
        all_at_once(&mut group, "pool/thread_pool", &executor(), work);
        all_at_once(&mut group, "pool/stealing", &stealing(), work);
        all_at_once(&mut group, "rayon", &rayon(), work);
        all_at_once(&mut group, "crossbeam channel", &ChannelPool::new(WORKERS), work);
        group.finish();
    }
}

fn all_at_once(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, pool: &impl Pool, work: Work) {
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            let results: Vec<_> = (0..MANY).map(|n| pool.submit(move || work.run(n))).collect();
            results.into_iter().map(Handle::wait).fold(0, u64::wrapping_add)
        });
    });
}

/// A function on every number of a range: one by one, then in as many chunks as each side chooses.
fn maps(criterion: &mut Criterion) {
    for work in Work::kinds() {
        for (how, options) in [
            ("one by one", MapOptions::default()),
            ("automatic chunks", MapOptions::shared_out(MANY as usize, WORKERS)),
        ] {
            let name = format!("executor/map of {MANY} items, {how}, {}, {WORKERS} workers", work.0);
            let mut group = criterion.benchmark_group(name);
            group.throughput(Throughput::Elements(MANY));
            map(&mut group, work, options);
            group.finish();
        }
    }
    let mut group = criterion.benchmark_group(format!("executor/portable map of {MANY}, {WORKERS} workers"));
    group.throughput(Throughput::Elements(MANY));
    portable_map(&mut group, "pool/thread_pool", &executor());
    portable_map(&mut group, "processes/process_pool", &processes());
    group.finish();
}

fn map(group: &mut BenchmarkGroup<'_, WallTime>, work: Work, options: MapOptions) {
    let pool = executor();
    group.bench_function("pool/thread_pool", |bencher| {
        let results = || Executor::map(&pool, 0..MANY, move |n| work.run(n), options);
        bencher.iter(|| results().map(Result::unwrap).collect::<Vec<_>>());
    });
    let pool = rayon();
    group.bench_function("rayon", |bencher| {
        // Its own choice, or one item at a time.
        let longest = if options.chunk.get() == 1 { 1 } else { usize::MAX };
        let items = || (0..MANY as usize).into_par_iter().with_max_len(longest);
        bencher.iter(|| pool.install(|| items().map(|n| work.run(n as u64)).collect::<Vec<_>>()));
    });
    let pool = ChannelPool::new(WORKERS);
    group.bench_function("crossbeam channel", |bencher| {
        bencher.iter(|| chunked(&pool, options.chunk.get(), work));
    });
    group.bench_function("a serial loop", |bencher| {
        bencher.iter(|| (0..MANY).map(|n| work.run(n)).collect::<Vec<_>>());
    });
}

/// A map on a pool that has none.
fn chunked(pool: &impl Pool, chunk: usize, work: Work) -> Vec<u64> {
    let task =
        |from| pool.submit(move || (from..from + chunk as u64).map(|n| work.run(n)).collect::<Vec<_>>());
    let tasks: Vec<_> = (0..MANY).step_by(chunk).map(task).collect();
    tasks.into_iter().flat_map(Handle::wait).collect()
}

fn portable_map(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, pool: &impl PortableExecutor) {
    let options = MapOptions::shared_out(MANY as usize, WORKERS);
    group.bench_function(name, |bencher| {
        bencher.iter(|| pool.map(0..MANY, tiny, options).map(Result::unwrap).collect::<Vec<_>>());
    });
}

fn pools(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group(format!("executor/tree of tasks, {WORKERS} workers"));
    group.throughput(Throughput::Elements(1 << HEIGHT));
    tree(&mut group);
    group.finish();

    let mut group = criterion.benchmark_group(format!("executor/tasks from outside, {WORKERS} workers"));
    group.throughput(Throughput::Elements(1 << HEIGHT));
    batch(&mut group);
    group.finish();
}

/// Each task puts in two others, down to the leaves; ready when all leaves are done.
fn tree(group: &mut BenchmarkGroup<'_, WallTime>) {
    let stealing = stealing();
    group.bench_function("pool/stealing", |bencher| {
        bencher.iter(|| countdown(|left| stealing.spawn(move |local| our_branch(local, HEIGHT, left))));
    });
    let crew = Crew::new(WORKERS);
    group.bench_function("pool/crew", |bencher| {
        bencher.iter(|| countdown(|left| crew.tasks().add(move |tasks| crew_branch(tasks, HEIGHT, left))));
    });
    let rayon = rayon();
    group.bench_function("rayon", |bencher| {
        bencher.iter(|| countdown(|left| rayon.spawn(move || their_branch(HEIGHT, left))));
    });
}

/// One thread puts in many small tasks; ready when all are done.
fn batch(group: &mut BenchmarkGroup<'_, WallTime>) {
    let stealing = stealing();
    group.bench_function("pool/stealing", |bencher| {
        bencher
            .iter(|| countdown(|left| (0..1 << HEIGHT).for_each(|_| stealing.spawn(move |_| left.done()))));
    });
    let crew = Crew::new(WORKERS);
    group.bench_function("pool/crew", |bencher| {
        bencher
            .iter(|| countdown(|left| (0..1 << HEIGHT).for_each(|_| crew.tasks().add(move |_| left.done()))));
    });
    let rayon = rayon();
    group.bench_function("rayon", |bencher| {
        bencher.iter(|| countdown(|left| (0..1 << HEIGHT).for_each(|_| rayon.spawn(move || left.done()))));
    });
}

/// The leaves that are not done yet.
struct Left(AtomicU64);

impl Left {
    fn done(&self) {
        self.0.fetch_sub(1, Ordering::Release);
    }
}

/// Starts, and waits until all leaves are done.
fn countdown(start: impl FnOnce(&'static Left)) {
    static LEFT: Left = Left(AtomicU64::new(0));
    LEFT.0.store(1 << HEIGHT, Ordering::Relaxed);
    start(&LEFT);
    while LEFT.0.load(Ordering::Acquire) > 0 {
        thread::sleep(Duration::from_micros(10));
    }
}

fn our_branch(local: &Local<'_>, height: u32, left: &'static Left) {
    match height {
        0 => left.done(),
        _ => (0..2).for_each(|_| local.spawn(move |local| our_branch(local, height - 1, left))),
    }
}

fn crew_branch(tasks: &Tasks, height: u32, left: &'static Left) {
    match height {
        0 => left.done(),
        _ => (0..2).for_each(|_| tasks.add(move |tasks| crew_branch(tasks, height - 1, left))),
    }
}

fn their_branch(height: u32, left: &'static Left) {
    match height {
        0 => left.done(),
        _ => (0..2).for_each(|_| rayon::spawn(move || their_branch(height - 1, left))),
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = round_trips, first_tasks, submissions, maps, pools
}

fn main() {
    process::child_main();
    benches();
    Criterion::default().configure_from_args().final_summary();
}

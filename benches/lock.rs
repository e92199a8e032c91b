//! Locks, conditions, events and barriers beside parking_lot's and std's: one group for what a lock costs where nobody
//! waits, one for two threads that want it at once, one for two that wake each other by turns. Those that are awaited stand
//! beside async-lock's and tokio's, all of them on one executor.

#![expect(clippy::disallowed_types, reason = "benches compare with std, on default features")]

use criterion::measurement::WallTime;
use criterion::{Bencher, BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use refectory::catalogue::{self, Timed};
use refectory::model::coroutines::lock as coroutines;
use refectory::model::gil::lock::cpython::{Gil, SWITCH_INTERVAL};
use refectory::model::processes::lock as processes;
use refectory::model::processes::lock::robust::RobustLock;
use refectory::model::processes::lock::semaphore;
use refectory::model::threads::lock::barrier::Barrier;
use refectory::model::threads::lock::condition::Condition;
use refectory::model::threads::lock::event::Event;
use refectory::model::threads::lock::futex::Lock;
use refectory::model::threads::lock::guarded::Guarded;
use refectory::model::threads::lock::recursive::RLock;
use refectory::model::threads::lock::semaphore::Semaphore;
use refectory::port::Size;
use refectory::scenario::time_together;
use refectory::sync::future::block_on;
use std::cell::{Cell, RefCell};
use std::hint::black_box;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{self, Arc};

/// A number that one thread at a time adds to.
trait Counter: Sync {
    fn add_one(&self);
}

impl Counter for Guarded<u64> {
    fn add_one(&self) {
        self.with(|count| *count += 1);
    }
}

impl Counter for parking_lot::Mutex<u64> {
    fn add_one(&self) {
        *self.lock() += 1;
    }
}

impl Counter for sync::Mutex<u64> {
    fn add_one(&self) {
        *self.lock().unwrap() += 1;
    }
}

fn uncontended(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("lock/uncontended");
    let alone = |group: &mut BenchmarkGroup<'_, WallTime>, name, counter: &dyn Fn()| {
        group.bench_function(name, |bencher| bencher.iter(counter));
    };
    let (ours, parking_lot, std) = (counter(), parking_lot::Mutex::new(0), sync::Mutex::new(0));
    alone(&mut group, "threads/futex", &|| black_box(&ours).add_one());
    alone(&mut group, "parking_lot Mutex", &|| black_box(&parking_lot).add_one());
    alone(&mut group, "std Mutex", &|| black_box(&std).add_one());
    let recursive = RLock::new();
    alone(&mut group, "threads/recursive", &|| drop(black_box(recursive.lock())));
    let reentrant = parking_lot::ReentrantMutex::new(Cell::new(0));
    alone(&mut group, "parking_lot ReentrantMutex", &|| drop(black_box(reentrant.lock())));
    let semaphore: Semaphore = Semaphore::bounded(1);
    alone(&mut group, "threads/semaphore", &|| {
        black_box(&semaphore).acquire();
        semaphore.release_one().unwrap();
    });
    let interpreter_lock = <Gil>::new(SWITCH_INTERVAL);
    alone(&mut group, "gil/cpython", &|| drop(black_box(interpreter_lock.attach())));
    let robust: RobustLock = RobustLock::new();
    alone(&mut group, "processes/robust", &|| black_box(&robust).lock(|_| ()).expect("nobody dies"));
    let permit = <semaphore::Semaphore<1>>::new();
    alone(&mut group, "processes/semaphore", &|| black_box(&permit).acquire(|_| ()));
    let condition = <processes::condition::Condition>::new();
    alone(&mut group, "processes/condition", &|| {
        black_box(&condition).when(|_| true, || ()).expect("nobody dies");
    });
    // Where there are such locks.
    if let Ok(file) = <processes::file::FileLock>::new().map(RefCell::new) {
        alone(&mut group, "processes/file", &|| black_box(&file).borrow_mut().lock(|_| ()));
    }
    group.finish();
}

fn contended(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("lock/2 threads");
    // An iteration is a critical section of each.
    group.throughput(Throughput::Elements(2));
    for (name, Timed { time, .. }) in catalogue::timed("lock") {
        group.bench_function(name, |bencher| bencher.iter_custom(|rounds| time(Size(2, 1), rounds)));
    }
    race(&mut group, "parking_lot Mutex", &parking_lot::Mutex::new(0));
    race(&mut group, "std Mutex", &sync::Mutex::new(0));
    group.finish();
}

fn counter() -> Guarded<u64> {
    Guarded::new(0, format_args!("count"))
}

fn race(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, counter: &impl Counter) {
    let sections = |rounds: u64| move || (0..rounds).for_each(|_| black_box(counter).add_one());
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|rounds| time_together([sections(rounds), sections(rounds)].into_iter()))
    });
}

fn turns(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("lock/by turns");
    // An iteration is a turn of each.
    group.throughput(Throughput::Elements(2));
    group.bench_function("threads/condition", |bencher| {
        let lock: Arc<Lock> = Arc::default();
        let changed: Condition<Lock> = Condition::new(lock.clone());
        by_turns(bencher, |whose, mine| {
            let mut held = lock.lock();
            changed.wait_for(&mut held, || whose.load(Relaxed) == mine).unwrap();
            whose.store(!mine, Relaxed);
            changed.notify(&mut held, 1).unwrap();
        });
    });
    group.bench_function("parking_lot Condvar", |bencher| {
        let (lock, changed) = (parking_lot::Mutex::new(()), parking_lot::Condvar::new());
        by_turns(bencher, |whose, mine| {
            let mut held = lock.lock();
            changed.wait_while(&mut held, |()| whose.load(Relaxed) != mine);
            whose.store(!mine, Relaxed);
            changed.notify_one();
        });
    });
    group.bench_function("std Condvar", |bencher| {
        let (lock, changed) = (sync::Mutex::new(()), sync::Condvar::new());
        by_turns(bencher, |whose, mine| {
            let held = lock.lock().unwrap();
            let _held = changed.wait_while(held, |()| whose.load(Relaxed) != mine).unwrap();
            whose.store(!mine, Relaxed);
            changed.notify_one();
        });
    });
    group.bench_function("threads/event", |bencher| {
        let mine = [<Event>::new(), <Event>::new()];
        mine[0].set();
        by_turns(bencher, |_, second| {
            let [me, other] = if second { [&mine[1], &mine[0]] } else { [&mine[0], &mine[1]] };
            me.wait();
            me.clear();
            other.set();
        });
    });
    let two = NonZeroUsize::new(2).unwrap();
    group.bench_function("threads/barrier", |bencher| {
        let barrier = Barrier::new(two);
        by_turns(bencher, |_, _| barrier.wait());
    });
    group.bench_function("std Barrier", |bencher| {
        let barrier = sync::Barrier::new(two.get());
        by_turns(bencher, |_, _| barrier.wait());
    });
    group.finish();
}

fn awaited(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("lock/uncontended, awaited");
    let alone = |group: &mut BenchmarkGroup<'_, WallTime>, name, act: &dyn Fn()| {
        group.bench_function(name, |bencher| bencher.iter(act));
    };
    let (ours, async_lock, tokio) =
        (<coroutines::Lock>::new(), async_lock::Mutex::new(()), tokio::sync::Mutex::new(()));
    alone(&mut group, "coroutines/mutex", &|| drop(block_on(black_box(&ours).lock())));
    alone(&mut group, "async-lock Mutex", &|| drop(block_on(black_box(&async_lock).lock())));
    alone(&mut group, "tokio Mutex", &|| drop(block_on(black_box(&tokio).lock())));
    let (ours, async_lock, tokio) =
        (<coroutines::Semaphore>::new(1), async_lock::Semaphore::new(1), tokio::sync::Semaphore::new(1));
    alone(&mut group, "coroutines/semaphore", &|| drop(block_on(black_box(&ours).acquire())));
    alone(&mut group, "async-lock Semaphore", &|| drop(block_on(black_box(&async_lock).acquire())));
    alone(&mut group, "tokio Semaphore", &|| drop(block_on(black_box(&tokio).acquire())));
    group.finish();
}

fn awaited_by_turns(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("lock/by turns, awaited");
    // An iteration is a turn of each.
    group.throughput(Throughput::Elements(2));
    group.bench_function("coroutines/condition", |bencher| {
        let (lock, changed) = (<coroutines::Lock>::new(), <coroutines::Condition>::new());
        by_turns(bencher, |whose, mine| {
            block_on(async {
                let held = lock.lock().await;
                let held = changed.wait_for(held, || whose.load(Relaxed) == mine).await;
                whose.store(!mine, Relaxed);
                changed.notify(1, &held);
            });
        });
    });
    group.bench_function("coroutines/event", |bencher| {
        let mine = [<coroutines::Event>::new(), <coroutines::Event>::new()];
        mine[0].set();
        by_turns(bencher, |_, second| {
            let [me, other] = if second { [&mine[1], &mine[0]] } else { [&mine[0], &mine[1]] };
            block_on(me.wait());
            me.clear();
            other.set();
        });
    });
    group.bench_function("tokio Notify", |bencher| {
        let mine = [tokio::sync::Notify::new(), tokio::sync::Notify::new()];
        mine[0].notify_one();
        by_turns(bencher, |_, second| {
            let [me, other] = if second { [&mine[1], &mine[0]] } else { [&mine[0], &mine[1]] };
            block_on(me.notified());
            other.notify_one();
        });
    });
    let two = NonZeroUsize::new(2).unwrap();
    group.bench_function("coroutines/barrier", |bencher| {
        let barrier = <coroutines::Barrier>::new(two);
        by_turns(bencher, |_, _| block_on(barrier.wait()));
    });
    group.bench_function("async-lock Barrier", |bencher| {
        let barrier = async_lock::Barrier::new(two.get());
        by_turns(bencher, |_, _| block_on(barrier.wait()));
    });
    group.bench_function("tokio Barrier", |bencher| {
        let barrier = tokio::sync::Barrier::new(two.get());
        by_turns(bencher, |_, _| block_on(barrier.wait()));
    });
    group.finish();
}

/// Two threads, each of which waits until it is its turn and then gives the turn to the other.
fn by_turns<T>(bencher: &mut Bencher<'_>, turn: impl Fn(&AtomicBool, bool) -> T + Sync) {
    let whose = AtomicBool::new(false);
    let turns = |mine: bool, rounds: u64| {
        let (turn, whose) = (&turn, &whose);
        move || (0..rounds).for_each(|_| drop(black_box(turn(whose, mine))))
    };
    bencher.iter_custom(|rounds| time_together([turns(false, rounds), turns(true, rounds)].into_iter()));
}

criterion_group!(benches, uncontended, contended, turns, awaited, awaited_by_turns);
criterion_main!(benches);

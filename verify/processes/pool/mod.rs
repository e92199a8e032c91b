//! The pool of processes. Each test runs in a child, which is killed where it takes too long: nothing here may hang.

pub(crate) mod deaths;
pub(crate) mod failures;
#[path = "../../examples/one_line.rs"]
#[expect(dead_code, reason = "its main is not ours")]
mod one_line;

use crate::common::{Tested, apart, descendants, descriptors, sleep_for_ever, until};
use failures::{At, Mood, Moody};
use refectory::model::pool::executor::map::MapOptions;
use refectory::model::pool::executor::thread_pool::ThreadPoolExecutor;
use refectory::model::pool::executor::{NoWorkers, SubmitError};
use refectory::model::pool::future::{Failure, Future, FutureError, Leg};
use refectory::model::pool::rules::Rules;
use refectory::model::processes::executor::PortableExecutor;
use refectory::model::processes::executor::process_pool::{Death, PoolOptions, ProcessPoolExecutor};
use refectory::sync::atomic::{AtomicU32, Ordering::SeqCst};
use refectory::sync::process::Exit;
use refectory::sync::region::Region;
use refectory::sync::thread;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::num::NonZeroUsize;
use std::process::Command;
use std::time::Duration;

type Pool = ProcessPoolExecutor;

pub(crate) fn pool(most: usize) -> Pool {
    Pool::new(most).unwrap()
}

fn with(most: usize, death: Death, tasks_per_child: usize) -> Pool {
    let tasks_per_child = NonZeroUsize::new(tasks_per_child);
    Pool::with_options(most, PoolOptions { death, tasks_per_child }).unwrap()
}

fn id(_: u32) -> u32 {
    std::process::id()
}

fn double(n: u32) -> u32 {
    2 * n
}

fn exit(code: i32) {
    std::process::exit(code)
}

fn sleep(_: u32) {
    sleep_for_ever()
}

fn failed<T>(failure: Failure) -> Result<T, FutureError> {
    Err(FutureError::Failed(failure))
}

fn died<T>(exit: Exit) -> Result<T, FutureError> {
    failed(Failure::WorkerDied(exit))
}

/// Why it was not accepted.
fn refused<T, R: Rules, F>(submitted: Result<Future<T, R>, SubmitError<F>>) -> String {
    submitted.map_or_else(|error| error.to_string(), |_| "accepted".to_owned())
}

pub(crate) fn tasks_run_in_other_processes() -> Tested {
    apart(|()| {
        let pool = pool(2);
        assert_eq!(pool.workers(), 0, "no worker without work");
        let futures: Vec<_> = (0..10).map(|n| pool.submit(id, n).unwrap()).collect();
        let ids: BTreeSet<_> = futures.iter().map(|future| future.result().unwrap()).collect();
        assert!(!ids.contains(&std::process::id()));
        assert_eq!(ids.len(), pool.workers().min(ids.len()));
        assert_eq!(
            pool.submit(|(a, b): (String, u8)| format!("{a} {b}"), ("soup".into(), 7)).unwrap().result(),
            Ok("soup 7".into())
        );
        assert_eq!(<ProcessPoolExecutor>::new(0).unwrap_err(), NoWorkers);
    })
}

pub(crate) fn one_line_says_where() -> Tested {
    apart(|()| {
        let by_threads = one_line::primes(&<ThreadPoolExecutor>::new(2).unwrap());
        assert_eq!(by_threads, [25, 21, 16, 16, 17, 14, 16, 14, 15, 14]);
        assert_eq!(one_line::primes(&pool(2)), by_threads);
    })
}

fn by(chunk: usize) -> MapOptions {
    MapOptions { chunk: NonZeroUsize::new(chunk).unwrap(), ..MapOptions::default() }
}

pub(crate) fn a_map_keeps_the_order() -> Tested {
    apart(|()| {
        let pool = pool(2);
        for chunk in [1, 6, 40, 100, 101] {
            let squares = pool.map(0..100_u32, |n| n * n, by(chunk)).map(Result::unwrap);
            assert!(squares.eq((0..100).map(|n| n * n)), "chunks of {chunk}");
        }
        let picky = |n: u32| if n == 2 { panic!("not {n}") } else { n };
        let results: Vec<_> = pool.map(0..6, picky, by(2)).collect();
        assert_eq!(results, [Ok(0), Ok(1), failed(Failure::Panicked("not 2".into())), Ok(4), Ok(5)]);
        assert_eq!(pool.map(Vec::<u32>::new(), double, by(1)).count(), 0);
    })
}

pub(crate) fn an_idle_worker_is_taken() -> Tested {
    apart(|()| {
        let pool = pool(3);
        let ids: BTreeSet<_> = (0..20).map(|n| pool.submit(id, n).unwrap().result().unwrap()).collect();
        assert_eq!((ids.len(), pool.workers(), pool.idle()), (1, 1, 1));
    })
}

pub(crate) fn never_more_workers_than_allowed() -> Tested {
    apart(|()| {
        let pool = pool(2);
        let nap = |n: u64| thread::sleep(Duration::from_millis(n % 3));
        let futures: Vec<_> = (0..30).map(|n| pool.submit(nap, n).unwrap()).collect();
        assert!(pool.processes().len() <= 2);
        assert!(futures.iter().all(|future| future.result() == Ok(())));
        assert_eq!((pool.workers(), pool.managers()), (2, 2));
    })
}

pub(crate) fn long_arguments_and_results_arrive() -> Tested {
    apart(|()| {
        let pool = pool(1);
        for length in [0, 1, 4_000, 4_090, 4_096, 4_100, 65_536, 1 << 20] {
            let text = "x".repeat(length);
            let future = pool.submit(|text: String| text + "y", text.clone()).unwrap();
            assert_eq!(future.result(), Ok(text + "y"));
        }
        assert_eq!(pool.workers(), 1);
    })
}

pub(crate) fn nobody_waits_for_a_worker_that_is_stopped() -> Tested {
    apart(|()| {
        let pool = pool(1);
        assert_eq!(pool.submit(double, 1).unwrap().result(), Ok(2));
        let worker = pool.processes()[0].to_string();
        let signal =
            |signal: &str| assert!(Command::new("kill").args([signal, &worker]).status().unwrap().success());
        signal("-STOP");
        let futures =
            [1 << 20, 5].map(|length| pool.submit(|text: String| text.len(), "x".repeat(length)).unwrap());
        pool.shutdown(false, false);
        assert!(!futures[0].done());
        signal("-CONT");
        assert_eq!(futures.map(|future| future.result()), [Ok(1 << 20), Ok(5)]);
        pool.shutdown(true, false);
    })
}

pub(crate) fn a_panic_comes_back() -> Tested {
    apart(|()| {
        let pool = pool(1);
        let before = pool.submit(id, 0).unwrap().result();
        let burnt = pool.submit(|n: u32| if n > 0 { panic!("burnt {n}") } else { n }, 2).unwrap();
        assert_eq!(burnt.result(), failed(Failure::Panicked("burnt 2".into())));
        assert_eq!(burnt.result().unwrap_err().to_string(), "the task panicked: burnt 2");
        assert_eq!(pool.submit(id, 0).unwrap().result(), before);
        // One that cannot be dropped, in the worker and in the process of the pool.
        let brittle = pool.submit(|()| Brittle, ()).unwrap();
        assert_eq!(brittle.failure(), Ok(Some(Failure::Panicked("broken crockery".into()))));
        assert_eq!(pool.submit(id, 0).unwrap().result(), before);
    })
}

/// Panics when it is dropped.
#[derive(Clone, Serialize, Deserialize)]
struct Brittle;

impl Drop for Brittle {
    fn drop(&mut self) {
        panic!("broken crockery");
    }
}

static BEGAN_WITH: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);

pub(crate) fn an_initializer_runs_first() -> Tested {
    apart(|()| {
        let begin = |with| BEGAN_WITH.store(with, SeqCst);
        let options = PoolOptions { tasks_per_child: NonZeroUsize::new(1), ..PoolOptions::default() };
        let pool = Pool::with_initializer(2, options, begin, 7).unwrap();
        let seen = pool.map(0..6, |_: u32| BEGAN_WITH.load(SeqCst), by(1));
        assert_eq!(seen.collect::<Vec<_>>(), [7; 6].map(Ok));
        assert_eq!(BEGAN_WITH.load(SeqCst), 0);
    })
}

pub(crate) fn a_failing_initializer_breaks_the_pool() -> Tested {
    apart(|()| {
        for death in [Death::Breaks, Death::Heals] {
            for length in [1, 1 << 20] {
                let options = PoolOptions { death, ..PoolOptions::default() };
                let pool = Pool::with_initializer(2, options, |n: u32| assert_eq!(n, 0), 1).unwrap();
                let first = pool.submit(|text: String| text.len(), "x".repeat(length)).unwrap();
                assert_eq!(first.result(), failed(Failure::BrokenPool));
                assert_eq!(refused(pool.submit(double, 1)), "the pool is broken");
                pool.shutdown(true, false);
            }
        }
        let fails = Moody::new(Mood::Fail, At::ArgumentOut);
        let pool = Pool::with_initializer(1, PoolOptions::default(), |_: Moody| (), fails).unwrap();
        let failure = pool.submit(double, 1).unwrap().failure();
        assert!(matches!(failure, Ok(Some(Failure::NoWorker(_)))), "{failure:?}");
        // One that exits is a death, and each takes a task along.
        let pool =
            Pool::with_initializer(1, PoolOptions { death: Death::Heals, ..PoolOptions::default() }, exit, 3);
        let pool = pool.unwrap();
        let futures = [1, 2].map(|n| pool.submit(double, n).unwrap());
        assert_eq!(futures.map(|future| future.result()), [died(Exit::Code(3)), died(Exit::Code(3))]);
    })
}

pub(crate) fn a_worker_does_so_many_tasks() -> Tested {
    apart(|()| {
        for most in [1, 2, 3] {
            let pool = with(2, Death::Breaks, most);
            // All at once, then one by one.
            let mut ids: Vec<u32> = pool.map(0..20, id, by(1)).map(Result::unwrap).collect();
            ids.extend((0..20).map(|n| pool.submit(id, n).unwrap().result().unwrap()));
            let mut counts = BTreeMap::new();
            ids.iter().for_each(|id| *counts.entry(id).or_insert(0) += 1);
            assert!(counts.values().all(|count| *count <= most), "{counts:?}");
            // It is shut down while tasks are left.
            let futures: Vec<_> = (0..10).map(|n| pool.submit(double, n).unwrap()).collect();
            pool.shutdown(true, false);
            assert!(futures.iter().zip(0..).all(|(future, n)| future.result() == Ok(2 * n)));
            assert_eq!((pool.managers(), pool.processes().len()), (0, 0));
        }
    })
}

pub(crate) fn a_shutdown_does_what_was_accepted() -> Tested {
    apart(|()| {
        let pool = pool(2);
        let futures: Vec<_> = (0..50).map(|n| pool.submit(double, n).unwrap()).collect();
        pool.shutdown(true, false);
        assert!(futures.iter().all(Future::done));
        let Err(SubmitError::ShutDown(task)) = pool.submit(double, 4) else { panic!("it was accepted") };
        assert_eq!(task(), 8, "the task comes back");
        // With a time to fall asleep in.
        let pool = with(2, Death::Breaks, 0);
        let nap = |n| thread::sleep(Duration::from_millis(n));
        let futures: Vec<_> = (0..20).map(|_| pool.submit(nap, 20).unwrap()).collect();
        pool.shutdown(true, true);
        assert_eq!(futures.iter().filter(|future| future.result() == Ok(())).count(), 2);
        assert_eq!(futures.iter().filter(|future| future.cancelled()).count(), 18);
        // Nobody has to wait.
        let futures = {
            let pool = with(1, Death::Breaks, 1);
            [1, 2, 3].map(|n| pool.submit(double, n).unwrap())
        };
        assert_eq!(futures.map(|future| future.result()), [Ok(2), Ok(4), Ok(6)]);
    })
}

/// No more descriptors than these.
fn allow(descriptors: usize) {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let limit = Rlimit { current: Some(descriptors as u64), maximum: None };
    setrlimit(
        Resource::Nofile,
        Rlimit { maximum: rustix::process::getrlimit(Resource::Nofile).maximum, ..limit },
    )
    .unwrap();
}

pub(crate) fn no_worker_can_be_started() -> Tested {
    apart(|()| {
        let fails = |future: Future<u32, _>| {
            let failure = future.failure().unwrap();
            assert!(matches!(failure, Some(Failure::NoWorker(_))), "{failure:?}");
        };
        let pool = with(1, Death::Breaks, 1);
        // The first one has to begin.
        let nap = |n| {
            thread::sleep(Duration::from_millis(50));
            n
        };
        let first = pool.submit(nap, 1_u32).unwrap();
        let rest = [2, 3].map(|n| pool.submit(double, n).unwrap());
        until("a worker at work", || first.running().then_some(()));
        let few = descriptors().into_keys().max().unwrap() as usize + 1;
        let filler: Vec<_> = (0..few)
            .map_while(|_| {
                allow(few);
                fs::File::open("/dev/null").ok()
            })
            .collect();
        assert_eq!(first.result(), Ok(1));
        rest.into_iter().for_each(fails);
        fails(pool.submit(double, 4).unwrap());
        drop(filler);
        allow(few + 64);
        assert_eq!(pool.submit(double, 4).unwrap().result(), Ok(8), "it is not broken");
    })
}

pub(crate) fn handles_do_not_travel() -> Tested {
    apart(|()| {
        let (pool, region) = (pool(1), Region::new(AtomicU32::new(0)).unwrap());
        let fails = pool.submit(|_: Region<AtomicU32>| (), region).unwrap().failure();
        assert!(matches!(fails, Ok(Some(Failure::NotCarried(Leg::ArgumentOut, _)))), "{fails:?}");
        // But with the worker they do.
        let keep = |region: Region<AtomicU32>| assert!(KEPT.set(region).is_ok());
        let region = Region::new(AtomicU32::new(0)).unwrap();
        let pool = Pool::with_initializer(2, PoolOptions::default(), keep, region.clone()).unwrap();
        let counts = pool.map(0..20, |n: u32| KEPT.get().unwrap().fetch_add(n, SeqCst), by(1));
        assert!(counts.map(Result::unwrap).count() == 20 && region.load(SeqCst) == 190);
    })
}

#[expect(clippy::disallowed_types, reason = "a static that is made before anything else")]
static KEPT: std::sync::OnceLock<Region<AtomicU32>> = std::sync::OnceLock::new();

pub(crate) fn nothing_is_left() -> Tested {
    apart(|()| {
        let threads = || fs::read_dir("/proc/self/task").unwrap().count();
        let children = || descendants(std::process::id());
        let seen = || (descriptors().into_keys().collect::<Vec<_>>(), threads(), children());
        let before = seen();
        for n in 0..30 {
            let pool = with(2, if n % 2 == 0 { Death::Breaks } else { Death::Heals }, n % 4);
            let mut futures: Vec<_> = (0..5).map(|n| pool.submit(double, n).unwrap()).collect();
            if n % 3 == 0 {
                drop(pool.submit(exit, 1).unwrap());
            }
            futures.truncate(n % 7);
            match n % 5 {
                0 => pool.kill_workers(),
                1 => pool.shutdown(true, true),
                _ => {}
            }
        }
        until("what was before", || (seen() == before).then_some(()));
    })
}

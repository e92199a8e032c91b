//! Workers that die, and what becomes of their tasks.

use super::failures::{At, Mood, Moody, answer};
use super::{Pool, died, double, exit, pool, refused, sleep, with};
use crate::common::{Tested, apart, end, ensure_eq, read_all, sleep_for_ever, state, until};
use refectory::model::pool::future::{Failure, Future, FutureError, Leg};
use refectory::model::processes::executor::PortableExecutor;
use refectory::model::processes::executor::broken::{ForgetsTheQueue, LosesTheTask, StaleIdle, TriesAgain};
use refectory::model::processes::executor::process_pool::{Death, PoolOptions, ProcessPoolExecutor, Rules};
use refectory::sync::pipe::{self, Writer};
use refectory::sync::process::{self, Exit};
use refectory::sync::thread;
use std::io::Write;
use std::num::NonZeroUsize;
use std::process::Command;
use std::time::Duration;

fn kill(process: u32) {
    assert!(Command::new("kill").args(["-KILL", &process.to_string()]).status().unwrap().success());
}

pub(crate) fn a_death_breaks_the_pool() -> Tested {
    apart(|()| {
        let pool = pool(2);
        let mut futures = vec![pool.submit(sleep, 0).unwrap(), pool.submit(sleep, 1).unwrap()];
        let workers = pool.processes();
        futures.extend((2..5).map(|n| pool.submit(sleep, n).unwrap()));
        kill(workers[0]);
        for future in &futures {
            assert_eq!(future.result(), died(Exit::Killed(9)));
        }
        let words = futures[4].result().unwrap_err().to_string();
        assert_eq!(words, "a worker was killed: signal: 9 (SIGKILL)");
        assert_eq!(refused(pool.submit(double, 1)), "the pool is broken");
        pool.shutdown(true, false);
        assert_eq!(workers.into_iter().map(state).collect::<Vec<_>>(), [None, None]);
    })
}

pub(crate) fn a_death_is_healed() -> Tested {
    apart(|()| {
        let pool = with(1, Death::Heals, 0);
        for code in 0..5 {
            let dies = pool.submit(exit, code).unwrap();
            let next = pool.submit(double, 21).unwrap();
            assert_eq!(dies.result(), died(Exit::Code(code)));
            assert_eq!(next.result(), Ok(42));
        }
        let slow = pool.submit(sleep, 0).unwrap();
        let next = pool.submit(double, 21).unwrap();
        kill(pool.processes()[0]);
        assert_eq!((slow.result(), next.result()), (died(Exit::Killed(9)), Ok(42)));
        assert_eq!(pool.workers(), 7);
    })
}

pub(crate) fn an_idle_worker_may_die() -> Tested {
    apart(|()| {
        for death in [Death::Breaks, Death::Heals] {
            let pool = with(1, death, 0);
            pool.submit(double, 1).unwrap().result().unwrap();
            kill(pool.processes()[0]);
            until("a worker that is gone", || (pool.managers() == 0).then_some(()));
            match death {
                Death::Breaks => assert_eq!(refused(pool.submit(double, 1)), "the pool is broken"),
                Death::Heals => assert_eq!(pool.submit(double, 1).unwrap().result(), Ok(2)),
            }
            // It is not seen yet: the task fails, or another worker does it.
            let pool = with(1, death, 0);
            pool.submit(double, 1).unwrap().result().unwrap();
            kill(pool.processes()[0]);
            for text in ["x".to_owned(), "x".repeat(1 << 20)] {
                match pool.submit(|text: String| text.len(), text.clone()) {
                    Ok(future) => match future.result() {
                        Ok(length) => assert!(death == Death::Heals && length == text.len()),
                        failed => assert_eq!(failed, died(Exit::Killed(9))),
                    },
                    refused => assert_eq!(refused.unwrap_err().to_string(), "the pool is broken"),
                }
            }
        }
    })
}

pub(crate) fn a_crash_after_the_shutdown() -> Tested {
    apart(|()| {
        for death in [Death::Breaks, Death::Heals] {
            let pool = with(1, death, 0);
            let (writer, mut reader) = pipe::pipe().unwrap();
            drop(writer);
            let crash = |n| {
                thread::sleep(Duration::from_millis(n));
                std::process::abort()
            };
            let dies: Future<(), _> = pool.submit(crash, 20).unwrap();
            let next = pool.submit(double, 1).unwrap();
            let fails = pool.submit(answer, Moody::new(Mood::Fail, At::ArgumentOut)).unwrap();
            pool.shutdown(false, false);
            assert!(matches!(fails.failure(), Ok(Some(Failure::NotCarried(Leg::ArgumentOut, _)))));
            assert_eq!(dies.result(), died::<()>(Exit::Killed(6)));
            let expected = if death == Death::Heals { Ok(2) } else { died(Exit::Killed(6)) };
            assert_eq!(next.result(), expected);
            pool.shutdown(true, false);
            assert_eq!(reader.read_timeout(&mut [0], Duration::ZERO).unwrap(), 0);
        }
    })
}

pub(crate) fn a_crash_while_much_is_written() -> Tested {
    apart(|()| {
        // To a worker that does not read.
        let pool = with(1, Death::Heals, 0);
        pool.submit(double, 1).unwrap().result().unwrap();
        let worker = pool.processes()[0];
        assert!(Command::new("kill").args(["-STOP", &worker.to_string()]).status().unwrap().success());
        let long = pool.submit(|text: String| text.len(), "x".repeat(1 << 20)).unwrap();
        kill(worker);
        assert_eq!(long.result(), Ok(1 << 20), "nobody had begun it");
        // From a worker that is killed somewhere.
        let mut lost = 0;
        for delay in 0..40 {
            let dies = |delay| {
                thread::spawn(move || {
                    thread::sleep(Duration::from_micros(delay));
                    std::process::abort()
                });
                vec![7_u32; 1 << 20]
            };
            match pool.submit(dies, 250 * delay).unwrap().result() {
                Ok(long) => assert_eq!(long.len(), 1 << 20),
                failed => {
                    lost += 1;
                    assert_eq!(failed, died(Exit::Killed(6)));
                }
            }
        }
        assert!(lost > 0, "none was killed in time");
        assert_eq!(pool.submit(double, 1).unwrap().failure().map(drop), Ok(()));
    })
}

pub(crate) fn workers_are_killed() -> Tested {
    apart(|()| {
        for (end, signal) in [(Pool::kill_workers as fn(&Pool), 9), (Pool::terminate_workers, 15)] {
            for death in [Death::Breaks, Death::Heals] {
                let pool = with(2, death, 0);
                let futures: Vec<_> = (0..4).map(|n| pool.submit(sleep, n).unwrap()).collect();
                end(&pool);
                pool.shutdown(true, false);
                let ends: Vec<_> = futures.iter().map(Future::result).collect();
                let killed = died(Exit::Killed(signal));
                let cancelled = Err(FutureError::Cancelled);
                assert!(ends == [killed.clone(), killed, cancelled.clone(), cancelled], "{ends:?}");
                assert_ne!(refused(pool.submit(double, 1)), "accepted");
                assert_eq!((pool.managers(), pool.processes().len()), (0, 0));
                end(&pool);
            }
            let never_started = pool(1);
            end(&never_started);
            assert_eq!(refused(never_started.submit(double, 1)), "the pool was shut down");
        }
    })
}

fn has_a_pool(mut news: Writer) {
    let pool = pool(2);
    let _futures = [1, 2].map(|n| pool.submit(sleep, n).unwrap());
    let ids: Vec<_> = pool.processes().iter().map(u32::to_string).collect();
    writeln!(news, "{}", ids.join(" ")).unwrap();
    drop(news);
    sleep_for_ever()
}

pub(crate) fn the_killed_leave_no_workers() -> Tested {
    let (writer, mut reader) = pipe::pipe()?;
    let mut owner = process::spawn(has_a_pool, writer)?;
    let told = String::from_utf8(read_all(&mut reader)?)?;
    let workers: Vec<u32> = told.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    ensure_eq(workers.len(), 2)?;
    owner.kill()?;
    ensure_eq(end(owner)?, Exit::Killed(9))?;
    for worker in workers {
        until("a worker that is gone", || matches!(state(worker), None | Some('Z')).then_some(()));
    }
    Ok(())
}

fn of<R: Rules>(death: Death, tasks_per_child: usize) -> ProcessPoolExecutor<R> {
    let tasks_per_child = NonZeroUsize::new(tasks_per_child);
    ProcessPoolExecutor::with_options(1, PoolOptions { death, tasks_per_child }).unwrap()
}

/// What deaths show on real cores, too.
pub(crate) fn twins_are_caught() -> Tested {
    apart(|()| {
        let patience = Duration::from_millis(200);
        let never = Err(FutureError::TimedOut);
        let pool = of::<LosesTheTask>(Death::Heals, 0);
        assert_eq!(pool.submit(exit, 1).unwrap().result_timeout(patience), never);
        let pool = of::<ForgetsTheQueue>(Death::Breaks, 0);
        let (first, second) = (pool.submit(exit, 1).unwrap(), pool.submit(exit, 2).unwrap());
        assert_eq!((first.result(), second.result_timeout(patience)), (died(Exit::Code(1)), never.clone()));
        let pool = of::<TriesAgain>(Death::Heals, 0);
        assert_eq!(pool.submit(exit, 1).unwrap().result_timeout(patience), never);
        assert!(pool.workers() > 1);
        pool.kill_workers();
        let pool = of::<StaleIdle>(Death::Breaks, 1);
        let done = |n| pool.submit(double, n).is_ok_and(|future| future.result() == Ok(2 * n));
        assert!(!(0..50).all(done), "a task that was given to a worker that had retired");
    })
}

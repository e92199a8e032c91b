//! Rows of futures.

pub mod waiting;

use super::{client, soon};
use crate::contract::{ensure, join, rounds, spawn};
use crate::engine::Outcome;
use crate::model::pool::future::{Failure, Future, FutureError, InvalidState, State};
use crate::model::pool::rules::Rules;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// As many futures, nobody runs their tasks.
pub(super) fn futures<const N: usize, R: Rules>() -> [Future<u32, R>; N] {
    [(); N].map(|()| Future::new())
}

pub(super) fn failure() -> Failure {
    Failure::Panicked("no soup today".to_owned())
}

/// Pending: yes. Cancelled: yes, again. Running or finished: no.
pub fn f01_cancel_by_state<R: Rules>() -> Outcome {
    let [pending, running] = futures::<2, R>();
    let cancelled = [pending.cancel(), pending.cancel()];
    running.claim().expect("nobody claimed it");
    let refused = [running.cancel(), running.set_result(7).is_ok() && running.cancel()];
    ensure(cancelled == [true; 2], "pending_can_be_cancelled", || format!("{cancelled:?}"))?;
    ensure(refused == [false; 2], "running_cannot_be_cancelled", || format!("{refused:?}"))?;
    Ok(String::new())
}

/// A worker claims the future while somebody cancels it: either it runs, or it is cancelled.
pub fn f01_cancelled_task_never_runs<R: Rules>() -> Outcome {
    let mut outcome = Vec::new();
    for _ in rounds(1) {
        let future = Future::<u32, R>::new();
        let worker = spawn("worker", {
            let future = future.clone();
            move || future.claim() == Ok(true)
        });
        let other = future.clone();
        let canceller = spawn("canceller", move || other.cancel());
        let (ran, cancelled) = (join(worker), join(canceller));
        ensure(ran != cancelled, "runs_or_is_cancelled", || format!("ran {ran}, cancelled {cancelled}"))?;
        outcome.push(if ran { "ran" } else { "cancelled" });
    }
    Ok(outcome.join(" "))
}

/// What `running`, `cancelled` and `done` say in each state.
pub fn f02_queries_by_state<R: Rules>() -> Outcome {
    let [future, cancelled] = futures::<2, R>();
    let seen = |future: &Future<u32, R>| (future.running(), future.cancelled(), future.done());
    ensure(seen(&future) == (false, false, false), "pending", || format!("{:?}", seen(&future)))?;
    future.claim().expect("nobody claimed it");
    ensure(seen(&future) == (true, false, false), "running", || format!("{:?}", seen(&future)))?;
    future.set_result(7).expect("nobody finished it");
    ensure(seen(&future) == (false, false, true), "finished", || format!("{:?}", seen(&future)))?;
    cancelled.cancel();
    for state in [State::Cancelled, State::CancelledAndTold] {
        let now = (cancelled.state(), seen(&cancelled));
        ensure(now == (state, (false, true, true)), "cancelled", || format!("{now:?}"))?;
        let _ = cancelled.claim();
    }
    Ok(String::new())
}

/// A result, a failure, a cancellation, told to whoever asks, as often as it asks.
pub fn f03_result_by_state<R: Rules>() -> Outcome {
    let [finished, failed, cancelled] = futures::<3, R>();
    finished.set_result(7).expect("nobody finished it");
    failed.set_failure(failure()).expect("nobody finished it");
    cancelled.cancel();
    for _ in 0..2 {
        let results = [finished.result(), failed.result(), cancelled.result()];
        let expected = [Ok(7), Err(FutureError::Failed(failure())), Err(FutureError::Cancelled)];
        ensure(results == expected, "result", || format!("{results:?}"))?;
        let timed = [&finished, &failed, &cancelled].map(|future| future.result_timeout(Duration::ZERO));
        ensure(timed == expected, "result_in_time", || format!("{timed:?}"))?;
        let failures = [finished.failure(), failed.failure(), cancelled.failure()];
        let expected = [Ok(None), Ok(Some(failure())), Err(FutureError::Cancelled)];
        ensure(failures == expected, "failure", || format!("{failures:?}"))?;
    }
    let says = failed.result().map_err(|error| error.to_string());
    let expected = Err("the task panicked: no soup today".to_owned());
    ensure(says == expected, "says_why", || format!("{says:?}"))?;
    Ok(String::new())
}

/// Nobody finishes it: the time runs out, and the future is as it was.
pub fn f03_time_runs_out<R: Rules>() -> Outcome {
    let future = Future::<u32, R>::new();
    let results = client({
        let future = future.clone();
        move || [future.result_timeout(soon()), future.result_timeout(soon())]
    });
    ensure(results == [const { Err(FutureError::TimedOut) }; 2], "times_out", || format!("{results:?}"))?;
    ensure(future.state() == State::Pending, "unchanged", || format!("{:?}", future.state()))?;
    Ok(String::new())
}

/// Two threads wait for a result: both get it.
pub fn f03_result_wakes_every_waiter<R: Rules>() -> Outcome {
    for _ in rounds(1) {
        let future = Future::<u32, R>::new();
        let waiters = [0, 1].map(|i| {
            let future = future.clone();
            spawn(&format!("waiter {i}"), move || future.result())
        });
        let worker = spawn("worker", move || future.set_result(7).is_ok());
        ensure(join(worker), "accepted", || "the first result was rejected".to_owned())?;
        let results = waiters.map(join);
        ensure(results == [Ok(7), Ok(7)], "result", || format!("{results:?}"))?;
    }
    Ok(String::new())
}

/// Two threads wait for a result when the future is cancelled: both are told.
pub fn f03_cancel_wakes_every_waiter<R: Rules>() -> Outcome {
    let future = Future::<u32, R>::new();
    let waiters = [0, 1].map(|i| {
        let future = future.clone();
        spawn(&format!("waiter {i}"), move || future.result())
    });
    let cancelled = join(spawn("canceller", move || future.cancel()));
    let results = waiters.map(join);
    let told = [const { Err(FutureError::Cancelled) }; 2];
    ensure(cancelled && results == told, "result", || format!("{results:?}"))?;
    Ok(String::new())
}

/// Two workers set a result: one is accepted and stays, the other comes back.
pub fn f04_first_result_stays<R: Rules>() -> Outcome {
    let mut outcome = Vec::new();
    for _ in rounds(1) {
        let future = Future::<u32, R>::new();
        let workers = [1, 2].map(|result| {
            let future = future.clone();
            spawn(&format!("worker {result}"), move || future.set_result(result))
        });
        let accepted = workers.map(join);
        let result = future.result();
        let expected = match result {
            Ok(1) => [Ok(()), Err(InvalidState(2))],
            _ => [Err(InvalidState(1)), Ok(())],
        };
        ensure(accepted == expected, "one_result", || format!("{accepted:?}, and the result is {result:?}"))?;
        outcome.push(format!("{result:?}"));
    }
    let cancelled = Future::<u32, R>::new();
    cancelled.cancel();
    ensure(cancelled.set_result(7) == Err(InvalidState(7)), "cancelled_takes_none", String::new)?;
    Ok(outcome.join(" "))
}

/// Claimed once, and never after that; a cancelled one is told of once.
pub fn f05_claimed_once<R: Rules>() -> Outcome {
    let [pending, cancelled] = futures::<2, R>();
    cancelled.cancel();
    let claims = [pending.claim(), pending.claim(), cancelled.claim(), cancelled.claim()];
    let expected = [Ok(true), Err(InvalidState(())), Ok(false), Err(InvalidState(()))];
    ensure(claims == expected, "claims", || format!("{claims:?}"))?;
    ensure(cancelled.state() == State::CancelledAndTold, "told", || format!("{:?}", cancelled.state()))?;
    Ok(String::new())
}

/// A log that callbacks write: no facade object, for it must order nothing.
#[derive(Clone, Default)]
#[expect(clippy::disallowed_types, reason = "a record on the facade would order the callbacks")]
struct Log(Arc<std::sync::Mutex<Vec<u32>>>);

impl Log {
    fn write(&self, number: u32) {
        self.0.lock().unwrap().push(number);
    }

    fn read(&self) -> Vec<u32> {
        self.0.lock().unwrap().clone()
    }
}

/// A callback is there, another one is added while the future ends: each is called once, in that order.
pub fn f06_callbacks_once_and_in_order<R: Rules>() -> Outcome {
    for _ in rounds(1) {
        let (future, log) = (Future::<u32, R>::new(), Log::default());
        let note = |number| {
            let log = log.clone();
            move |future: &Future<u32, R>| {
                if future.done() {
                    log.write(number);
                }
            }
        };
        future.add_done_callback(note(1));
        let second = note(2);
        let adder = spawn("adder", {
            let future = future.clone();
            move || future.add_done_callback(second)
        });
        let worker = spawn("worker", move || future.set_result(7).is_ok());
        ensure(join(worker), "accepted", || "the first result was rejected".to_owned())?;
        join(adder);
        ensure(log.read() == [1, 2], "in_order", || format!("called {:?}", log.read()))?;
    }
    Ok(String::new())
}

/// A callback that comes late is called at once, with the future, also by a callback; one that panics stops nobody.
pub fn f06_callbacks_late_nested_panicking<R: Rules>() -> Outcome {
    let log = Log::default();
    let note = |number| {
        let log = log.clone();
        move |future: &Future<u32, R>| {
            log.write(number + future.result().unwrap_or(100));
        }
    };
    let future = Future::<u32, R>::new();
    future.add_done_callback(|_| panic!("callbacks may panic"));
    let nested = note(2);
    future.add_done_callback(move |future| future.add_done_callback(nested));
    future.add_done_callback(note(1));
    future.set_result(10).expect("nobody finished it");
    future.add_done_callback(note(3));
    let cancelled = Future::<u32, R>::new();
    cancelled.add_done_callback(note(0));
    cancelled.cancel();
    cancelled.add_done_callback(note(1));
    ensure(log.read() == [11, 12, 13, 100, 101], "called", || format!("{:?}", log.read()))?;
    Ok(String::new())
}

/// A reader never sees a state without its result, or a result without its state.
pub fn f07_snapshot_of_one_moment<R: Rules>() -> Outcome {
    let mut outcome = Vec::new();
    for _ in rounds(1) {
        let future = Future::<u32, R>::new();
        let reader = spawn("reader", {
            let future = future.clone();
            move || future.snapshot()
        });
        let worker = spawn("worker", move || future.claim().is_ok() && future.set_result(7).is_ok());
        ensure(join(worker), "accepted", || "the first result was rejected".to_owned())?;
        let (state, result) = join(reader);
        let fits = match state {
            State::Pending | State::Running => result.is_none(),
            State::Finished => result == Some(Ok(7)),
            _ => false,
        };
        ensure(fits, "of_one_moment", || format!("{state:?} with {result:?}"))?;
        outcome.push(format!("{state:?}"));
    }
    Ok(outcome.join(" "))
}

/// Counts how many of it there are.
#[derive(Debug)]
pub(super) struct Counted(Arc<AtomicUsize>);

impl Counted {
    pub(super) fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count.clone())
    }
}

impl Clone for Counted {
    fn clone(&self) -> Self {
        Self::new(&self.0)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

use super::*;
use crate::sync::thread;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

fn failure() -> Failure {
    Failure::Panicked("no soup today".to_owned())
}

impl<T, R: Rules> Future<T, R> {
    /// How many ask to be told.
    pub(super) fn watchers(&self) -> usize {
        self.lock().watchers.len()
    }
}

#[test]
fn smoke() {
    let future: Future<u32> = Future::default();
    assert_eq!(future.claim(), Ok(true));
    assert!(future.running() && !future.done());
    future.set_result(7).unwrap();
    assert_eq!((future.result(), future.failure()), (Ok(7), Ok(None)));
    assert_eq!(future.snapshot(), (State::Finished, Some(Ok(7))));
    assert!(future.done() && future.same(&future.clone()) && !future.same(&Future::new()));
}

/// What every method answers in every state.
#[test]
fn state_machine() {
    use State::{Cancelled, CancelledAndTold, Finished, Pending, Running};
    type Step = fn(&Future<u32>) -> bool;
    type Claim = Result<bool, InvalidState<()>>;
    let [claim, cancel, finish]: [Step; 3] =
        [|it| it.claim().is_ok(), Future::cancel, |it| it.set_result(1).is_ok()];
    let states: [(&[Step], State, bool, Claim, bool); 6] = [
        (&[], Pending, true, Ok(true), true),
        (&[claim], Running, false, Err(InvalidState(())), true),
        (&[cancel], Cancelled, true, Ok(false), false),
        (&[cancel, claim], CancelledAndTold, true, Err(InvalidState(())), false),
        (&[claim, finish], Finished, false, Err(InvalidState(())), false),
        (&[finish], Finished, false, Err(InvalidState(())), false),
    ];
    for (steps, state, cancels, claims, accepts) in states {
        let reached = || {
            let future = Future::new();
            assert!(steps.iter().all(|step| step(&future)));
            future
        };
        assert_eq!(reached().state(), state);
        assert_eq!(reached().cancel(), cancels, "cancel, when {state:?}");
        assert_eq!(reached().claim(), claims, "claim, when {state:?}");
        assert_eq!(reached().set_result(2).is_ok(), accepts, "a result, when {state:?}");
        assert_eq!(reached().set_failure(failure()).is_ok(), accepts, "a failure, when {state:?}");
        let [done, cancelled] = [reached().done(), reached().cancelled()];
        assert_eq!((done, cancelled), (!matches!(state, Pending | Running), cancels && state != Pending));
    }
}

#[test]
fn a_failure_is_given_to_everybody_who_asks() {
    let future = Future::<u32>::new();
    future.set_failure(failure()).unwrap();
    assert_eq!(future.set_result(7), Err(InvalidState(7)));
    assert_eq!(future.result(), Err(FutureError::Failed(failure())));
    assert_eq!(future.failure(), Ok(Some(failure())));
    assert_eq!(future.result().unwrap_err().to_string(), "the task panicked: no soup today");
}

#[test]
fn a_result_that_is_waited_for() {
    let future = Future::<u32>::new();
    let waiters = [(); 3].map(|()| {
        let future = future.clone();
        thread::spawn(move || future.result())
    });
    while !future.lock().awaited {
        thread::yield_now();
    }
    future.set_result(7).unwrap();
    assert!(waiters.into_iter().all(|waiter| waiter.join().unwrap() == Ok(7)));
}

#[test]
fn who_gives_up_waiting_leaves_it_as_it_was() {
    let future = Future::<u32>::new();
    assert_eq!(future.result_timeout(Duration::ZERO), Err(FutureError::TimedOut));
    assert_eq!(future.result_timeout(Duration::from_millis(1)), Err(FutureError::TimedOut));
    assert!(future.cancel());
    assert_eq!(future.result_timeout(Duration::ZERO), Err(FutureError::Cancelled));
}

#[test]
fn callbacks_are_called_in_their_order() {
    let (future, (calls, called)) = (Future::<u32>::new(), mpsc::channel());
    let call = |number| {
        let calls = calls.clone();
        move |future: &Future<u32>| calls.send((number, future.result())).unwrap()
    };
    future.add_done_callback(call(1));
    let nested = call(3);
    future.add_done_callback(|future| future.add_done_callback(nested));
    future.add_done_callback(call(2));
    assert!(called.try_recv().is_err());
    future.set_result(7).unwrap();
    future.add_done_callback(call(4));
    let called: Vec<_> = called.try_iter().collect();
    assert_eq!(called, [1, 2, 3, 4].map(|number| (number, Ok(7))));
}

#[test]
fn a_panic_of_a_callback_stops_nobody() {
    let (future, calls) = (Future::<u32>::new(), Arc::new(AtomicUsize::new(0)));
    for panics in [true, false, true, false] {
        let calls = calls.clone();
        future.add_done_callback(move |_| {
            calls.fetch_add(1, Ordering::Relaxed);
            assert!(!panics, "callbacks may panic");
        });
    }
    assert!(future.cancel());
    assert_eq!(calls.load(Ordering::Relaxed), 4);
    assert_eq!(future.result(), Err(FutureError::Cancelled));
}

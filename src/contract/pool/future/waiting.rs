//! Rows of waiting for several futures.

use super::{client, soon};
use crate::contract::pool::future::{failure, futures};
use crate::contract::{ensure, join, rounds, spawn};
use crate::engine::{Outcome, Violation};
use crate::model::pool::future::Future;
use crate::model::pool::future::waiting::{Unfinished, Until, as_completed, wait};
use crate::model::pool::rules::Rules;

/// A future that is given twice counts once.
pub fn w01_duplicates_count_once<R: Rules>() -> Outcome {
    let [done, open] = futures::<2, R>();
    done.set_result(7).expect("nobody finished it");
    let waited = wait(&[done.clone(), done.clone(), open.clone()], Until::FirstCompleted, None);
    let sizes = (waited.done.len(), waited.not_done.len());
    ensure(sizes == (1, 1), "wait", || format!("{sizes:?}"))?;
    let came = as_completed(&[done.clone(), done], None).count();
    ensure(came == 1, "as_completed", || format!("{came}"))?;
    Ok(String::new())
}

/// Waits for two futures that two workers finish; gives which were done.
fn waited<R: Rules>(until: Until, second: fn(&Future<u32, R>) -> bool) -> Result<[bool; 2], Violation> {
    let [a, b] = futures::<2, R>();
    let waiter = spawn("waiter", {
        let both = [a.clone(), b.clone()];
        move || {
            let waited = wait(&both, until, None);
            both.map(|future| waited.done.iter().any(|done| done.same(&future)))
        }
    });
    let first_worker = spawn("worker 0", move || a.set_result(7).is_ok());
    let second_worker = spawn("worker 1", move || second(&b));
    let accepted = [join(first_worker), join(second_worker)];
    ensure(accepted == [true; 2], "accepted", || format!("{accepted:?}"))?;
    Ok(join(waiter))
}

/// The first that ends is enough.
pub fn w02_first_completed<R: Rules>() -> Outcome {
    let mut outcome = Vec::new();
    for _ in rounds(1) {
        let done = waited::<R>(Until::FirstCompleted, |future| future.set_result(8).is_ok())?;
        ensure(done != [false; 2], "one_is_done", || format!("{done:?}"))?;
        outcome.push(format!("{done:?}"));
    }
    Ok(outcome.join(" "))
}

/// A failure is enough; a result is not, unless it is the last.
pub fn w03_first_failure<R: Rules>() -> Outcome {
    let mut outcome = Vec::new();
    for _ in rounds(1) {
        let done = waited::<R>(Until::FirstFailure, |future| future.set_failure(failure()).is_ok())?;
        ensure(done[1], "the_failure_is_done", || format!("{done:?}"))?;
        outcome.push(format!("{done:?}"));
    }
    Ok(outcome.join(" "))
}

/// One fails and the other never ends: whoever waits for a failure does not wait for it.
pub fn w03_a_failure_is_enough<R: Rules>() -> Outcome {
    for _ in rounds(1) {
        let [fails, never] = futures::<2, R>();
        let waiter = spawn("waiter", {
            let both = [never, fails.clone()];
            move || wait(&both, Until::FirstFailure, None).done.len()
        });
        let worker = spawn("worker", move || fails.set_failure(failure()).is_ok());
        let (accepted, done) = (join(worker), join(waiter));
        ensure(accepted && done == 1, "the_failure_is_done", || format!("{done} done"))?;
    }
    Ok(String::new())
}

/// A future that was cancelled has not failed: whoever waits for a failure waits for the others.
pub fn w03_a_cancellation_is_no_failure<R: Rules>() -> Outcome {
    for _ in rounds(1) {
        let [cancelled, open] = futures::<2, R>();
        cancelled.cancel();
        let _ = cancelled.claim();
        let waiter = spawn("waiter", {
            let both = [cancelled, open.clone()];
            move || wait(&both, Until::FirstFailure, None).done.len()
        });
        let worker = spawn("worker", move || open.set_result(7).is_ok());
        let (accepted, done) = (join(worker), join(waiter));
        ensure(accepted && done == 2, "all_are_done", || format!("{done} done"))?;
    }
    Ok(String::new())
}

/// Whoever waits for a future that was cancelled is woken by the worker that finds it cancelled.
pub fn w03_waits_until_a_cancellation_is_told<R: Rules>() -> Outcome {
    let future = Future::<u32, R>::new();
    future.cancel();
    let waiter = spawn("waiter", {
        let future = future.clone();
        move || wait(&[future], Until::AllCompleted, None).done.len()
    });
    let claimed = join(spawn("worker", move || future.claim()));
    let done = join(waiter);
    ensure(claimed == Ok(false) && done == 1, "told", || format!("{claimed:?}, {done} done"))?;
    Ok(String::new())
}

/// A cancellation counts once it has been told.
pub fn w03_cancelled_counts_when_told<R: Rules>() -> Outcome {
    let future = Future::<u32, R>::new();
    future.cancel();
    let open = wait(std::slice::from_ref(&future), Until::FirstCompleted, Some(soon())).done.len();
    let _ = future.claim();
    let told = wait(&[future], Until::AllCompleted, None).done.len();
    ensure((open, told) == (0, 1), "told", || format!("{open} done before, {told} after"))?;
    Ok(String::new())
}

/// All of them; where one never ends, the time runs out, and says which.
pub fn w04_all_completed_or_time_runs_out<R: Rules>() -> Outcome {
    let [done, open] = futures::<2, R>();
    done.set_result(7).expect("nobody finished it");
    let (all, some) = client(move || {
        let all = wait(std::slice::from_ref(&done), Until::AllCompleted, None);
        let some = wait(&[done, open], Until::AllCompleted, Some(soon()));
        ((all.done.len(), all.not_done.len()), (some.done.len(), some.not_done.len()))
    });
    ensure((all, some) == ((1, 0), (1, 1)), "all", || format!("{all:?} {some:?}"))?;
    Ok(String::new())
}

/// All end while the waiter looks from one to the next: it is told of each.
pub fn w05_completion_races_registration<R: Rules>() -> Outcome {
    for _ in rounds(1) {
        let done = waited::<R>(Until::AllCompleted, |future| future.set_result(8).is_ok())?;
        ensure(done == [true; 2], "all_are_done", || format!("{done:?}"))?;
    }
    Ok(String::new())
}

/// What is done comes first, then what ends, each once.
pub fn w06_done_ones_first<R: Rules>() -> Outcome {
    let mut outcome = Vec::new();
    for _ in rounds(1) {
        let [open, done] = futures::<2, R>();
        done.set_result(1).expect("nobody finished it");
        let taker = spawn("taker", {
            let both = [open.clone(), done];
            move || as_completed(&both, None).map(|future| future.map(|it| it.result())).collect::<Vec<_>>()
        });
        let worker = spawn("worker", move || open.set_result(2).is_ok());
        ensure(join(worker), "accepted", || "the first result was rejected".to_owned())?;
        let mut came = join(taker);
        outcome.push(format!("{came:?}"));
        came.sort_by_key(|it| format!("{it:?}"));
        ensure(came == [Ok(Ok(1)), Ok(Ok(2))], "each_once", || format!("{came:?}"))?;
    }
    Ok(outcome.join(" "))
}

/// One is done and the other never ends: whoever takes the first of them does not wait.
pub fn w06_a_done_one_is_given_at_once<R: Rules>() -> Outcome {
    let [open, done] = futures::<2, R>();
    done.set_result(1).expect("nobody finished it");
    let first = client(move || {
        let mut came = as_completed(&[open, done], None);
        came.next().map(|future| future.map(|it| it.result()))
    });
    ensure(first == Some(Ok(Ok(1))), "the_done_one", || format!("{first:?}"))?;
    Ok(String::new())
}

/// A worker finishes one after the other while somebody takes them: each comes once, and none is waited for in vain.
pub fn w06_each_as_it_ends<R: Rules>() -> Outcome {
    let mut outcome = Vec::new();
    for _ in rounds(1) {
        let all = futures::<3, R>();
        let taker = spawn("taker", {
            let all = all.clone();
            move || as_completed(&all, None).map(|future| future.map(|it| it.result())).collect::<Vec<_>>()
        });
        let worker = spawn("worker", move || {
            all.into_iter().zip(0..).all(|(future, result)| future.set_result(result).is_ok())
        });
        ensure(join(worker), "accepted", || "the first result was rejected".to_owned())?;
        let mut came = join(taker);
        outcome.push(format!("{came:?}"));
        came.sort_by_key(|it| format!("{it:?}"));
        ensure(came == [0, 1, 2].map(|result| Ok(Ok(result))), "each_once", || format!("{came:?}"))?;
    }
    Ok(outcome.join(" "))
}

/// The time runs out: the iterator says how many have not ended, each counted once, and ends.
pub fn w06_time_runs_out<R: Rules>() -> Outcome {
    let [done, open] = futures::<2, R>();
    done.set_result(1).expect("nobody finished it");
    let came = client(move || {
        let given = [done, open.clone(), open];
        as_completed(&given, Some(soon())).map(|it| it.map(drop)).collect::<Vec<_>>()
    });
    let unfinished = Unfinished { unfinished: 1, total: 2 };
    ensure(came == [Ok(()), Err(unfinished)], "unfinished", || format!("{came:?}"))?;
    let says = unfinished.to_string();
    ensure(says == "1 (of 2) futures unfinished", "says_how_many", || says.clone())?;
    Ok(String::new())
}

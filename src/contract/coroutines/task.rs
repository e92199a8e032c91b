//! Rows of the event loop, and of what it does with time and with tasks.
//!
//! The promises are those of CPython's `asyncio`, by the ids that they have in the list of its semantics.

use crate::contract::{ensure, join, spawn};
use crate::engine::Outcome;
use crate::model::coroutines::lock::Event;
use crate::model::coroutines::table::Dining;
use crate::model::coroutines::task::{Elapsed, EventLoop, Protocol, Refused, TaskGroup, gather};
use crate::sync::future::{Cancelled, yield_now};
use crate::sync::mpsc;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// Tasks run in the order in which they could go on.
pub fn tasks_run_in_turn<P: Protocol>() -> Outcome {
    let event_loop = EventLoop::<P>::new();
    let turns = Rc::new(RefCell::new(String::new()));
    event_loop.run(async {
        let tasks = ["a", "b"].map(|name| {
            let turns = Rc::clone(&turns);
            event_loop.spawn(async move {
                for _ in 0..2 {
                    turns.borrow_mut().push_str(name);
                    yield_now().await;
                }
            })
        });
        gather(tasks).await
    });
    let turns = turns.borrow();
    ensure(*turns == "abab", "in_turn", || turns.clone())?;
    Ok(turns.clone())
}

/// The loop runs in one thread, and another one wakes its only task, at whatever moment.
pub fn a_wake_from_another_thread_counts<P: Protocol>() -> Outcome {
    let event = Arc::new(<Event>::new());
    let runs = spawn("loop", {
        let event = event.clone();
        move || EventLoop::<P>::new().run(event.wait())
    });
    let waker = spawn("waker", {
        let event = event.clone();
        move || event.set()
    });
    join(waker);
    join(runs);
    Ok(String::new())
}

/// A task that is woken while it runs runs again.
pub fn a_wake_of_who_runs_counts<P: Protocol>() -> Outcome {
    let event_loop = EventLoop::<P>::new();
    let rounds = Cell::new(0);
    event_loop.run(async {
        for _ in 0..2 {
            rounds.set(rounds.get() + 1);
            yield_now().await;
        }
    });
    ensure(rounds.get() == 2, "runs_again", || format!("{} rounds", rounds.get()))?;
    Ok(String::new())
}

/// Another thread has the loop start a task: the result is there in the end.
pub fn a24_another_thread_starts_a_task<P: Protocol>() -> Outcome {
    let (tells, told) = mpsc::channel();
    let runs = spawn("loop", move || {
        let event_loop = EventLoop::<P>::new();
        let (answer, came) = (Rc::new(Cell::new(0)), Rc::new(<Event>::new()));
        tells.send(event_loop.remote()).expect("the other thread waits for it");
        RESULT.with(|result| *result.borrow_mut() = Some((answer.clone(), came.clone())));
        event_loop.run(async { came.wait().await });
        RESULT.with(|result| result.borrow_mut().take());
        answer.get()
    });
    let caller = spawn("caller", move || {
        let remote = told.recv().expect("the loop sends it");
        remote.call(|event_loop| {
            let (answer, came) = RESULT.with(|result| result.borrow().clone()).expect("the loop has set it");
            event_loop.spawn(async move {
                answer.set(42);
                came.set();
            });
        });
    });
    join(caller);
    let answer = join(runs);
    ensure(answer == 42, "called", || answer.to_string())?;
    Ok(String::new())
}

/// What a call from another thread finds on the thread of the loop.
type Awaited = Option<(Rc<Cell<u32>>, Rc<Event>)>;

crate::sync::thread_local! {
    static RESULT: RefCell<Awaited> = const { RefCell::new(None) };
}

/// A task that is cancelled while it waits is dropped there, and whoever waits for it is told.
pub fn a_cancelled_task_is_gone<P: Protocol>() -> Outcome {
    let event_loop = EventLoop::<P>::new();
    let event = Rc::new(<Event>::new());
    let end = event_loop.run(async {
        let task = event_loop.spawn({
            let event = event.clone();
            async move { event.wait().await }
        });
        yield_now().await;
        let waited = event.waiting();
        task.cancel();
        (waited, event.waiting(), task.await)
    });
    ensure(end == (1, 0, Err(Cancelled)), "gone", || format!("{end:?}"))?;
    Ok(String::new())
}

/// Who waits until nobody else can go on finds that the others have, as far as they could, and that no time has passed.
pub fn who_waits_for_the_others_comes_last<P: Protocol>() -> Outcome {
    let event_loop = EventLoop::<P>::with_virtual_time();
    let done = Rc::new(RefCell::new(Vec::new()));
    event_loop.run(async {
        for seconds in [2, 1] {
            let (event_loop, done) = (event_loop.clone(), done.clone());
            event_loop.clone().spawn(async move {
                yield_now().await;
                done.borrow_mut().push((0, event_loop.time()));
                event_loop.sleep(seconds * SECOND).await;
                done.borrow_mut().push((seconds, event_loop.time()));
            });
        }
        event_loop.idle().await;
        done.borrow_mut().push((9, event_loop.time()));
        event_loop.sleep(SECOND).await;
        event_loop.idle().await;
        done.borrow_mut().push((9, event_loop.time()));
    });
    let at = |what, seconds: u32| (what, seconds * SECOND);
    let expected = [at(0, 0), at(0, 0), at(9, 0), at(1, 1), at(9, 1)];
    ensure(*done.borrow() == expected, "last", || format!("{:?}", done.borrow()))?;
    Ok(String::new())
}

/// Timers end in the order of their deadlines, and no time passes besides.
pub fn sleeps_end_in_order<P: Protocol>() -> Outcome {
    let event_loop = EventLoop::<P>::with_virtual_time();
    let ends = RefCell::new(Vec::new());
    event_loop.run(gather([3, 1, 2].map(|seconds| {
        let (event_loop, ends) = (&event_loop, &ends);
        async move {
            event_loop.sleep(seconds * SECOND).await;
            ends.borrow_mut().push((seconds, event_loop.time()));
        }
    })));
    let expected = [1, 2, 3].map(|seconds| (seconds, seconds * SECOND));
    ensure(*ends.borrow() == expected, "in_order", || format!("{:?}", ends.borrow()))?;
    Ok(String::new())
}

/// The result is there when the time is over: it counts. A later one does not, and its future is dropped by then.
pub fn a21_a_result_at_the_deadline_counts<P: Protocol>() -> Outcome {
    let event_loop = EventLoop::<P>::with_virtual_time();
    let event = <Event>::new();
    let results = event_loop.run(async {
        let in_time = event_loop.timeout(SECOND, event_loop.sleep(SECOND)).await;
        let late = event_loop.timeout(SECOND, event.wait()).await;
        (in_time, late, event.waiting())
    });
    ensure(results == (Ok(()), Err(Elapsed), 0), "in_time", || format!("{results:?}"))?;
    Ok(String::new())
}

/// Without any time the future is not begun.
pub fn a21_no_time_no_beginning<P: Protocol>() -> Outcome {
    let event_loop = EventLoop::<P>::with_virtual_time();
    let begun = Cell::new(false);
    let result = event_loop.run(event_loop.timeout(Duration::ZERO, async { begun.set(true) }));
    ensure((result, begun.get()) == (Err(Elapsed), false), "not_begun", || format!("{result:?}"))?;
    Ok(String::new())
}

/// One of a group fails: the others are dropped where they wait, whoever joins has its error, and nobody comes in any more.
pub fn a22_a_failure_cancels_the_others<P: Protocol>() -> Outcome {
    let event_loop = EventLoop::<P>::new();
    let event = Rc::new(<Event>::new());
    let end = event_loop.run(async {
        let group = TaskGroup::new(&event_loop);
        let waits = {
            let event = event.clone();
            async move {
                event.wait().await;
                Ok(())
            }
        };
        let fails = async {
            yield_now().await;
            Err("no fork")
        };
        let started = (group.spawn(waits), group.spawn(fails));
        yield_now().await;
        yield_now().await;
        let refused = group.spawn(async { Ok(()) });
        (started, refused, group.join().await, event.waiting())
    });
    let expected = ((Ok(()), Ok(())), Err(Refused), Err(vec!["no fork"]), 0);
    ensure(end == expected, "all_end", || format!("{end:?}"))?;
    Ok(String::new())
}

/// Whoever joins waits for the last task.
pub fn a22_join_waits_for_all<P: Protocol>() -> Outcome {
    let event_loop = EventLoop::<P>::with_virtual_time();
    let joined = event_loop.run(async {
        let group = TaskGroup::<(), P>::new(&event_loop);
        let sleeps = |seconds: u32| {
            let sleep = event_loop.sleep(seconds * SECOND);
            group.spawn(async {
                sleep.await;
                Ok(())
            })
        };
        (sleeps(1), sleeps(2), group.join().await)
    });
    let end = (joined, event_loop.time());
    ensure(end == ((Ok(()), Ok(()), Ok(())), 2 * SECOND), "all_end", || format!("{end:?}"))?;
    Ok(String::new())
}

/// Whoever waits for a group is cancelled: so are its tasks.
pub fn a22_a_dropped_group_cancels_all<P: Protocol>() -> Outcome {
    let event_loop = EventLoop::<P>::with_virtual_time();
    let event = Rc::new(<Event>::new());
    let end = event_loop.run(async {
        let group = TaskGroup::<(), P>::new(&event_loop);
        let waits = {
            let event = event.clone();
            async move {
                event.wait().await;
                Ok(())
            }
        };
        let started = group.spawn(waits);
        let joined = event_loop.timeout(SECOND, group.join()).await;
        (started, joined, event.waiting())
    });
    ensure(end == (Ok(()), Err(Elapsed), 0), "all_end", || format!("{end:?}"))?;
    Ok(String::new())
}

/// A time-out within a time-out: each ends its own future, and only that.
pub fn a23_time_outs_nest<P: Protocol>() -> Outcome {
    let event_loop = EventLoop::<P>::with_virtual_time();
    let nested = |outer: u32, inner: u32| {
        let event_loop = &event_loop;
        async move {
            let waits = event_loop.timeout(inner * SECOND, std::future::pending::<()>());
            event_loop.timeout(outer * SECOND, waits).await
        }
    };
    let ends = event_loop.run(async { (nested(2, 1).await, nested(1, 2).await) });
    ensure(ends == (Ok(Err(Elapsed)), Err(Elapsed)), "own_future", || format!("{ends:?}"))?;
    let time = event_loop.time();
    ensure(time == 2 * SECOND, "no_time_besides", || format!("{time:?}"))?;
    Ok(String::new())
}

/// Everybody dines twice, and all of them are tasks of one thread.
pub fn everybody_eats_on_one_thread<D: Dining>() -> Outcome {
    let table = D::with_seats(3);
    let meals = [const { Cell::new(0) }; 3];
    let event_loop = <EventLoop>::new();
    event_loop.run(gather((0..3).map(|seat| {
        let (table, meals) = (&table, &meals);
        async move {
            for _ in 0..2 {
                table.dine(seat, &mut || meals[seat].set(meals[seat].get() + 1)).await;
            }
        }
    })));
    let meals = meals.map(Cell::into_inner);
    ensure(meals == [2; 3], "meals", || format!("{meals:?}"))?;
    Ok(String::new())
}

//! Shutdown: S01–S08. There is no way back, so each round has a queue of its own.

use super::{Flag, Items, SHORT, alone};
use crate::contract::threads::queue::Queue;
use crate::contract::{ensure, join, rounds, spawn};
use crate::engine::{Outcome, Violation};
use crate::model::threads::queue::{Discipline, GetError, PutError, TaskDoneError};
use crate::sync::is_modelled;
use crate::sync::thread::JoinHandle;
use std::sync::Arc;

/// Every form of `put` is sent away, and gives the item back.
fn puts_are_sent_away<B: Items<u32>>(queue: &Queue<u32, B>) -> Result<(), Violation> {
    let put = [queue.put(9), queue.put_nowait(9), queue.put_timeout(9, SHORT)];
    ensure(put == [Err(PutError::ShutDown(9)); 3], "put_after_shutdown", || format!("{put:?}"))
}

/// Every form of `get` is sent away.
fn gets_are_sent_away<B: Items<u32>>(queue: &Queue<u32, B>) -> Result<(), Violation> {
    let got = [queue.get(), queue.get_nowait(), queue.get_timeout(SHORT)];
    ensure(got == [Err(GetError::ShutDown); 3], "get_after_shutdown", || format!("{got:?}"))
}

/// Each error says in words why it is one.
pub fn s01_errors_say_why<B: Items<u32>>() -> Outcome {
    alone(|| {
        let queue = Queue::<u32, B>::new(1);
        let empty = queue.get_nowait().map_err(|error| error.to_string());
        ensure(empty == Err("the queue is empty".to_owned()), "says_why", || format!("{empty:?}"))?;
        queue.put(1).expect("there is room");
        let full = queue.put_nowait(2).map_err(|error| error.to_string());
        ensure(full == Err("the queue is full".to_owned()), "says_why", || format!("{full:?}"))?;
        queue.shutdown(true);
        let put = queue.put(2).map_err(|error| error.to_string());
        ensure(put == Err("the queue is shut down".to_owned()), "says_why", || format!("{put:?}"))?;
        let got = queue.get().map_err(|error| error.to_string());
        let said = Err("the queue is shut down, and empty".to_owned());
        ensure(got == said, "says_why", || format!("{got:?}"))?;
        Ok("four reasons".to_owned())
    })
}

/// Nothing goes in any more; what is in comes out, and then nothing.
pub fn s01_after_shutdown<B: Items<u32>>() -> Outcome {
    alone(|| {
        for items in [0, 3] {
            let queue = Queue::<u32, B>::new(3);
            (0..items).for_each(|item| queue.put(item).expect("there is room"));
            queue.shutdown(false);
            puts_are_sent_away(&queue)?;
            if items > 0 {
                let mut got = [queue.get(), queue.get_nowait(), queue.get_timeout(SHORT)];
                got.sort_unstable_by_key(|got| got.ok());
                ensure(got == [Ok(0), Ok(1), Ok(2)], "shutdown_drains", || format!("{got:?}"))?;
            }
            gets_are_sent_away(&queue)?;
        }
        Ok("sent away".to_owned())
    })
}

/// Of two items one is taken out, and the other one dropped: `join` still waits for the task under way.
pub fn s02_immediate_spares_in_flight<B: Items<u32>, D: Discipline>() -> Outcome {
    let queue = Arc::new(Queue::<u32, B, D>::new(0));
    for item in 0..2 {
        queue.put(item).expect("there is no limit");
    }
    let got = queue.get().is_ok();
    let last = Flag::default();
    let joiner = spawn("joiner", {
        let (queue, last) = (queue.clone(), last.clone());
        move || {
            queue.join();
            last.is_up()
        }
    });
    let worker = spawn("worker", {
        let (queue, last) = (queue.clone(), last.clone());
        move || {
            queue.shutdown(true);
            last.raise();
            queue.task_done()
        }
    });
    let done = join(worker);
    ensure(got && done == Ok(()), "in_flight_is_spared", || format!("{done:?} of a task under way"))?;
    ensure(join(joiner), "join_waits", || "join came back before the last task_done".to_owned())?;
    let more = queue.task_done();
    ensure(more == Err(TaskDoneError), "drained_is_done", || format!("{more:?} of a drained item"))?;
    ensure(queue.get() == Err(GetError::ShutDown), "drained", || "an item was left".to_owned())?;
    Ok("joined".to_owned())
}

/// Shut down, once more, immediately, and back again, which changes nothing.
pub fn s03_allowed_transitions<B: Items<u32>>() -> Outcome {
    alone(|| {
        let queue = Queue::<u32, B>::new(3);
        queue.put(1).expect("there is room");
        for immediate in [false, false, true, false] {
            queue.shutdown(immediate);
            puts_are_sent_away(&queue)?;
        }
        gets_are_sent_away(&queue)?;
        queue.join();
        Ok("shut down".to_owned())
    })
}

/// Starts a thread that shuts the queue down.
fn closer<B: Items<u32>, D: Discipline>(queue: &Arc<Queue<u32, B, D>>, immediate: bool) -> JoinHandle<()> {
    let queue = queue.clone();
    spawn("closer", move || queue.shutdown(immediate))
}

type Got = Result<u32, GetError>;

/// Starts consumers of one item each.
fn getters<B: Items<u32>, D: Discipline, const N: usize>(
    queue: &Arc<Queue<u32, B, D>>,
) -> [JoinHandle<Got>; N] {
    std::array::from_fn(|number| {
        let queue = queue.clone();
        spawn(&format!("consumer {number}"), move || queue.get())
    })
}

/// Two consumers wait for an item when the queue is shut down.
pub fn s04_shutdown_wakes_getters<B: Items<u32>, D: Discipline>() -> Outcome {
    wakes_getters::<B, D>(false)
}

/// The same, immediately.
pub fn s04_immediate_wakes_getters<B: Items<u32>, D: Discipline>() -> Outcome {
    wakes_getters::<B, D>(true)
}

fn wakes_getters<B: Items<u32>, D: Discipline>(immediate: bool) -> Outcome {
    for _ in rounds(1) {
        let queue = Arc::new(Queue::<u32, B, D>::new(1));
        let getters: [_; 2] = getters(&queue);
        join(closer(&queue, immediate));
        let got = getters.map(join);
        ensure(got == [Err(GetError::ShutDown); 2], "getters_are_woken", || format!("{got:?}"))?;
    }
    Ok("woken".to_owned())
}

/// Two producers wait for room when the queue is shut down.
pub fn s05_shutdown_wakes_putters<B: Items<u32>, D: Discipline>() -> Outcome {
    wakes_putters::<B, D>(false)
}

/// The same, immediately.
pub fn s05_immediate_wakes_putters<B: Items<u32>, D: Discipline>() -> Outcome {
    wakes_putters::<B, D>(true)
}

fn wakes_putters<B: Items<u32>, D: Discipline>(immediate: bool) -> Outcome {
    for _ in rounds(1) {
        let queue = Arc::new(Queue::<u32, B, D>::new(1));
        queue.put(0).expect("there is room");
        let putters = [1, 2].map(|item| {
            let queue = queue.clone();
            spawn(&format!("producer {item}"), move || queue.put(item))
        });
        join(closer(&queue, immediate));
        let put = putters.map(join);
        let sent_away = [Err(PutError::ShutDown(1)), Err(PutError::ShutDown(2))];
        ensure(put == sent_away, "putters_are_woken", || format!("{put:?}"))?;
        let left = queue.get().ok();
        ensure(left == (!immediate).then_some(0), "drained_if_immediate", || format!("{left:?} was left"))?;
    }
    Ok("woken".to_owned())
}

/// Three consumers, two items, and a shutdown: two of them are served, the third is sent away.
pub fn s06_more_getters_than_items<B: Items<u32>>() -> Outcome {
    let queue = Arc::new(Queue::<u32, B>::new(0));
    let getters: [_; 3] = getters(&queue);
    let producer = spawn("producer", {
        let queue = queue.clone();
        move || {
            (0..2).for_each(|item| queue.put(item).expect("the queue is open"));
            queue.shutdown(false);
        }
    });
    join(producer);
    let mut got = getters.map(join);
    let outcome = format!("{got:?}");
    got.sort_unstable_by_key(|got| got.ok());
    ensure(got == [Err(GetError::ShutDown), Ok(0), Ok(1)], "one_item_each", || outcome.clone())?;
    Ok(outcome)
}

/// Starts two threads that wait for all tasks, and tell whether the flag was up when they came back.
fn joiners<B: Items<u32>>(queue: &Arc<Queue<u32, B>>, flag: &Flag) -> [JoinHandle<bool>; 2] {
    [0, 1].map(|number| {
        let (queue, flag) = (queue.clone(), flag.clone());
        spawn(&format!("joiner {number}"), move || {
            queue.join();
            flag.is_up()
        })
    })
}

/// An immediate shutdown drops the only item, and releases who waits for its task.
pub fn s07_immediate_releases_joiners<B: Items<u32>>() -> Outcome {
    let queue = Arc::new(Queue::<u32, B>::new(0));
    queue.put(0).expect("there is no limit");
    let closing = Flag::default();
    let joiners = joiners(&queue, &closing);
    let closer = spawn("closer", move || {
        closing.raise();
        queue.shutdown(true);
    });
    join(closer);
    let waited = joiners.map(join);
    ensure(waited == [true; 2], "join_waits", || format!("{waited:?} waited"))?;
    Ok("released".to_owned())
}

/// A shutdown that is not immediate leaves them waiting until the task is done.
pub fn s07_shutdown_leaves_joiners<B: Items<u32>>() -> Outcome {
    let queue = Arc::new(Queue::<u32, B>::new(0));
    queue.put(0).expect("there is no limit");
    let last = Flag::default();
    let joiners = joiners(&queue, &last);
    let worker = spawn("worker", move || {
        queue.shutdown(false);
        let got = queue.get();
        last.raise();
        got.is_ok() && queue.task_done().is_ok()
    });
    let done = join(worker);
    let waited = joiners.map(join);
    ensure(done, "shutdown_drains", || "the item or its task was missing".to_owned())?;
    ensure(waited == [true; 2], "join_waits", || format!("{waited:?} waited"))?;
    Ok("released".to_owned())
}

/// How many threads of each kind, and items of each writer.
struct Crowd {
    writers: u32,
    readers: u32,
    joiners: u32,
    items: u32,
}

/// On real cores as many threads as CPython's test has, with fewer items: the row runs hundreds of times.
fn crowd() -> Crowd {
    if is_modelled() {
        Crowd { writers: 1, readers: 1, joiners: 1, items: 2 }
    } else {
        Crowd { writers: 4, readers: 6, joiners: 2, items: 32 }
    }
}

/// Writers, readers and joiners, and a shutdown in the midst of them: all of them come to their end.
pub fn s08_all_methods_in_many_threads<B: Items<u32>>() -> Outcome {
    let (put, got) = in_the_midst::<B>(false);
    ensure(got == put, "shutdown_drains", || format!("{put} went in, {got} came out"))?;
    Ok(if is_modelled() { format!("{put} in, {got} out") } else { "all ended".to_owned() })
}

/// The same, immediately: items that are in are dropped.
pub fn s08_immediate_in_many_threads<B: Items<u32>>() -> Outcome {
    let (put, got) = in_the_midst::<B>(true);
    ensure(got <= put, "nothing_duplicated", || format!("{put} went in, {got} came out"))?;
    Ok(if is_modelled() { format!("{put} in, {got} out") } else { "all ended".to_owned() })
}

/// How many items went in, and came out.
fn in_the_midst<B: Items<u32>>(immediate: bool) -> (usize, usize) {
    let crowd = crowd();
    let queue = Arc::new(Queue::<u32, B>::new(1));
    let start = |name: &str, body: fn(&Queue<u32, B>, u32) -> usize| {
        let queue = queue.clone();
        spawn(name, move || body(&queue, crowd.items))
    };
    let write = |queue: &Queue<u32, B>, items| (0..items).take_while(|&item| queue.put(item).is_ok()).count();
    let read = |queue: &Queue<u32, B>, _| {
        std::iter::from_fn(|| queue.get().ok()).inspect(|_| queue.task_done().expect("a task")).count()
    };
    let wait = |queue: &Queue<u32, B>, _| {
        queue.join();
        0
    };
    let writers: Vec<_> = (0..crowd.writers).map(|i| start(&format!("writer {i}"), write)).collect();
    let readers: Vec<_> = (0..crowd.readers).map(|i| start(&format!("reader {i}"), read)).collect();
    let joiners: Vec<_> = (0..crowd.joiners).map(|i| start(&format!("joiner {i}"), wait)).collect();
    join(closer(&queue, immediate));
    joiners.into_iter().map(join).for_each(drop);
    (writers.into_iter().map(join).sum(), readers.into_iter().map(join).sum())
}

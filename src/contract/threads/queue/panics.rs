//! Code of the user that calls the queue, or panics, while the queue calls it: Q11–Q13.

use super::{Flag, Items, Line, SHORT, alone};
use crate::contract::threads::queue::Queue;
use crate::contract::threads::queue::items::{OnDrop, PanickingOrd, SPOILED, TRAP, refused};
use crate::contract::{ensure, join, rounds, spawn};
use crate::engine::{Outcome, Violation};
use crate::model::threads::queue::{Buffer, Discipline, GetError, PutError, TaskDoneError};
use std::sync::Arc;

/// An item that puts another one in when it is dropped.
pub fn q11_drop_may_put<Q: Line<OnDrop>>() -> Outcome {
    alone(|| {
        let queue = Arc::new(Q::unbounded());
        for _ in 0..2 {
            let again = queue.clone();
            queue.put(OnDrop::with(move || again.put(OnDrop::nothing())));
            drop(queue.get());
            let left = queue.len();
            ensure(left == 1, "drop_has_put", || format!("{left} items, not 1"))?;
            drop(queue.get());
        }
        Ok("put".to_owned())
    })
}

/// An item that an immediate shutdown drops calls the queue, and is told that it is shut down.
pub fn q11_drop_may_put_in_shutdown<B: Items<OnDrop>, D: Discipline>() -> Outcome {
    alone(|| {
        let queue = Arc::new(Queue::<OnDrop, B, D>::new(0));
        let told = Flag::default();
        let item = OnDrop::with({
            let (queue, told) = (queue.clone(), told.clone());
            move || {
                if let Err(PutError::ShutDown(_)) = queue.put(OnDrop::nothing()) {
                    told.raise();
                }
            }
        });
        queue.put(item).expect("there is no limit");
        queue.shutdown(true);
        ensure(told.is_up(), "shut_down", || "the item was not told".to_owned())?;
        Ok("told".to_owned())
    })
}

/// An item that the buffer's hook refuses by a panic calls the queue when the panic drops it.
pub fn q11_drop_may_put_when_refused<B: Items<OnDrop>>() -> Outcome {
    alone(|| {
        let queue = Arc::new(Queue::<OnDrop, B>::new(0));
        for round in 1..=2 {
            let again = queue.clone();
            let put = move || again.put(OnDrop::nothing()).expect("there is no limit");
            let put = refused(|| queue.put(OnDrop::spoiled(put)));
            ensure(put.is_none(), "refused", || "the hook let it in".to_owned())?;
            let left = queue.len();
            ensure(left == round, "drop_has_put", || format!("{left} items, not {round}"))?;
        }
        Ok("put".to_owned())
    })
}

/// Each form of `put` and `get` fails by its hook, and the queue goes on with the right counts.
pub fn q12_failing_hook_leaves_it_usable<B: Items<u32>>() -> Outcome {
    alone(|| {
        let queue = Queue::<u32, B>::new(2);
        for _ in 0..2 {
            for form in 0..3 {
                let put = refused(|| match form {
                    0 => queue.put(SPOILED),
                    1 => queue.put_nowait(SPOILED),
                    _ => queue.put_timeout(SPOILED, SHORT),
                });
                ensure(put.is_none() && queue.is_empty(), "refused_is_not_in", || format!("{put:?}"))?;
                queue.put(TRAP).expect("there is room");
                let got = refused(|| match form {
                    0 => queue.get(),
                    1 => queue.get_nowait(),
                    _ => queue.get_timeout(SHORT),
                });
                ensure(got.is_none() && queue.len() == 1, "refused_is_in", || format!("{got:?}"))?;
                let got = queue.get();
                ensure(got == Ok(TRAP), "nothing_lost", || format!("{got:?}"))?;
            }
            every_task_once(&queue, 3)?;
        }
        Ok("usable".to_owned())
    })
}

/// There are so many unfinished tasks: so often `task_done` is right, and then `join` comes back.
fn every_task_once<T, B: Buffer<T>, D: Discipline>(
    queue: &Queue<T, B, D>,
    tasks: usize,
) -> Result<(), Violation> {
    let done = (0..tasks).filter(|_| queue.task_done().is_ok()).count();
    ensure(done == tasks, "counts_are_right", || format!("{done} tasks of {tasks}"))?;
    let more = queue.task_done();
    ensure(more == Err(TaskDoneError), "counts_are_right", || format!("more than {tasks} tasks"))?;
    queue.join();
    Ok(())
}

/// Two producers wait for room, and the hook refuses the item of one of them: the other one gets the room. It
/// takes a second `get` to let both of them come to their end, whoever comes first.
pub fn q12_failed_put_passes_on<B: Items<u32>, D: Discipline>() -> Outcome {
    let queue = Arc::new(Queue::<u32, B, D>::new(1));
    for _ in rounds(1) {
        queue.put(0).expect("there is room");
        let producers = [SPOILED, 1].map(|item| {
            let queue = queue.clone();
            spawn(&format!("producer {item}"), move || refused(|| queue.put(item)))
        });
        let consumer = spawn("consumer", {
            let queue = queue.clone();
            move || [queue.get(), queue.get()]
        });
        let put = producers.map(join);
        let got = join(consumer);
        ensure(put == [None, Some(Ok(()))], "refused_is_not_in", || format!("{put:?}"))?;
        ensure(got == [Ok(0), Ok(1)] && queue.is_empty(), "nothing_lost", || format!("{got:?}"))?;
        every_task_once(&queue, 2)?;
    }
    Ok("passed on".to_owned())
}

/// Two consumers wait for an item, and the hook refuses the first of them: the other one gets the item.
pub fn q12_failed_get_passes_on<B: Items<u32>, D: Discipline>() -> Outcome {
    let queue = Arc::new(Queue::<u32, B, D>::new(0));
    let mut refusals = Vec::new();
    for _ in rounds(1) {
        let consumers = [0, 1].map(|number| {
            let queue = queue.clone();
            spawn(&format!("consumer {number}"), move || refused(|| queue.get()))
        });
        let producer = spawn("producer", {
            let queue = queue.clone();
            move || queue.put(TRAP)
        });
        join(producer).expect("there is no limit");
        let got = consumers.map(join);
        let one = got.contains(&None) && got.contains(&Some(Ok(TRAP)));
        ensure(one && queue.is_empty(), "refused_is_in", || format!("{got:?}"))?;
        refusals.push(got.iter().position(Option::is_none));
    }
    Ok(format!("refused {refusals:?}"))
}

/// Items of these ranks are in.
fn with_ranks<B: Items<PanickingOrd>>(queue: &Queue<PanickingOrd, B>, flag: &Flag, ranks: &[u32]) {
    for &rank in ranks {
        queue.put(PanickingOrd { rank, flag: flag.clone() }).expect("there is no limit");
    }
}

/// All items are there, in order, and each has its task.
fn has_ranks<B: Items<PanickingOrd>>(queue: &Queue<PanickingOrd, B>, ranks: &[u32]) -> Result<(), Violation> {
    let got: Vec<_> = std::iter::from_fn(|| queue.get_nowait().ok()).map(|item| item.rank).collect();
    ensure(got == ranks, "nothing_lost", || format!("{got:?} came out, not {ranks:?}"))?;
    every_task_once(queue, ranks.len())
}

/// A comparison panics while an item comes out: it stays in.
pub fn q13_comparison_fails_in_get<B: Items<PanickingOrd>>() -> Outcome {
    alone(|| {
        let queue = Queue::<PanickingOrd, B>::new(0);
        for _ in 0..2 {
            let flag = Flag::default();
            with_ranks(&queue, &flag, &[3, 1, 2]);
            flag.raise();
            let got: Option<Result<PanickingOrd, GetError>> = refused(|| queue.get());
            ensure(got.is_none(), "refused", || format!("{got:?}"))?;
            flag.lower();
            has_ranks(&queue, &[1, 2, 3])?;
        }
        Ok("all there".to_owned())
    })
}

/// A comparison panics while an item goes in: it is not in.
pub fn q13_comparison_fails_in_put<B: Items<PanickingOrd>>() -> Outcome {
    alone(|| {
        let queue = Queue::<PanickingOrd, B>::new(0);
        for _ in 0..2 {
            let flag = Flag::default();
            with_ranks(&queue, &flag, &[3, 2]);
            flag.raise();
            let put = refused(|| queue.put(PanickingOrd { rank: 1, flag: flag.clone() }));
            ensure(put.is_none(), "refused", || format!("{put:?}"))?;
            flag.lower();
            has_ranks(&queue, &[2, 3])?;
        }
        Ok("not in".to_owned())
    })
}

//! Rows of an interpreter with one lock.
//!
//! | row | function or reason |
//! |---|---|
//! | G06 | [`g06_every_call_is_made_between_steps`], [`g06_calls_are_made_in_their_order`], [`g06_a_tight_loop_is_interrupted`], [`g06_everybody_is_told_of_its_own`]; what blocks is not at a safe point, and is interrupted when it is back |
//! | G07 | [`g07_a_tiny_interval_changes_no_result`] |
//! | G08 | no row: without the interpreter lock a container has a lock of its own, and is a subject of `threads` |
//! | G09 | no row: nothing here stops the world, for there is no garbage to collect |
//! | G11 | [`g11_a_step_is_atomic`]; a container's, by the scenarios of the ports |
//! | of our own | [`a_panic_leaves_the_interpreter_to_others`], [`who_waits_longest_is_woken_first`], [`a_stray_wake_up_harms_nobody`] |

use crate::contract::{ensure, join, rounds, spawn};
use crate::engine::Outcome;
use crate::model::gil::interpreter::counter::Increment;
use crate::model::gil::interpreter::cpython::{Interpreter, Interrupted};
use crate::model::gil::lock::cpython::{Gil, Policy};
use crate::model::gil::lock::parking::ParkingLot;
use crate::model::gil::lock::plain::InterpreterLock;
use crate::port::BlockingQueue;
use crate::port::Item;
use crate::sync::hint;
use crate::sync::is_modelled;
use crate::sync::thread::current;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

/// Two numbers that every step changes together.
#[derive(Default)]
struct Pair {
    left: u32,
    right: u32,
    calls: u32,
    torn: u32,
}

impl Pair {
    fn step(&mut self) {
        self.left += 1;
        self.right += 1;
    }

    fn call(&mut self) {
        self.calls += 1;
        self.torn += u32::from(self.left != self.right);
    }
}

/// A call that is added from outside is made once, by a thread that has the lock, and never amid a step.
pub fn g06_every_call_is_made_between_steps<L: InterpreterLock>() -> Outcome {
    let interpreter = Arc::new(Interpreter::<_, L>::with_interval(Pair::default(), Duration::ZERO));
    let mut added = 0;
    for _ in rounds(1) {
        let worker = spawn("worker", {
            let interpreter = interpreter.clone();
            move || {
                let mut thread = interpreter.attach();
                (0..3).for_each(|_| thread.step(Pair::step));
            }
        });
        let caller = spawn("caller", {
            let interpreter = interpreter.clone();
            move || {
                (0..2).for_each(|_| interpreter.add_pending_call(Pair::call));
                interpreter.attach().step(Pair::step);
            }
        });
        [worker, caller].into_iter().for_each(join);
        added += 2;
    }
    // Those that came after the last safe point are made at the next one: one step to get there, one to pass it.
    let mut thread = interpreter.attach();
    let at_once = thread.step(|pair| pair.calls);
    let (made, torn) = thread.step(|pair| (pair.calls, pair.torn));
    ensure(made == added, "every_call_is_made", || format!("{made} of {added} calls were made"))?;
    ensure(torn == 0, "between_steps", || format!("{torn} calls found a step half done"))?;
    Ok(format!("{at_once} made by the worker"))
}

/// Two calls are pending at one safe point: both are made there, in the order in which they were added.
pub fn g06_calls_are_made_in_their_order<L: InterpreterLock>() -> Outcome {
    let interpreter = Interpreter::<_, L>::with_interval(Vec::new(), Duration::ZERO);
    let mut thread = interpreter.attach();
    for call in 1..=2 {
        interpreter.add_pending_call(move |made: &mut Vec<u32>| made.push(call));
    }
    // Nothing is before the first step, so it passes no safe point.
    thread.step(|_| ());
    let made = thread.step(|made| made.clone());
    ensure(made == [1, 2], "in_order", || format!("made {made:?}"))?;
    Ok(String::new())
}

/// A thread panics while it has the lock: it gives the interpreter back as it is.
pub fn a_panic_leaves_the_interpreter_to_others<L: InterpreterLock>() -> Outcome {
    let interpreter = Interpreter::<u32, L>::with_interval(7, Duration::ZERO);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _thread = interpreter.attach();
        spill();
    }));
    ensure(panicked.is_err(), "the_panic_comes_out", || "it came back".to_owned())?;
    let left = interpreter.attach().step(|left| *left);
    ensure(left == 7, "heap_is_intact", || format!("{left} is left of 7"))?;
    Ok(String::new())
}

/// Panics, as user code may.
fn spill() {
    panic!("spilt");
}

/// Who waits, and whether the first of them may go on.
#[derive(Default)]
struct Waiters {
    lot: ParkingLot,
    served: bool,
}

/// A second thread is about to wait as well, and wakes one: that is the first, which has waited for longer.
pub fn who_waits_longest_is_woken_first<L: InterpreterLock>() -> Outcome {
    for _ in rounds(1) {
        let interpreter = Arc::new(Interpreter::<_, L>::with_interval(Waiters::default(), Duration::ZERO));
        let first = spawn("first", move || {
            let mut thread = interpreter.attach();
            thread.step(|heap| heap.lot.enter());
            let second = spawn("second", {
                let interpreter = interpreter.clone();
                move || {
                    let mut thread = interpreter.attach();
                    thread.step(|heap| {
                        heap.lot.enter();
                        heap.served = true;
                        heap.lot.wake_one();
                    });
                    thread.step(|heap| heap.lot.leave());
                }
            });
            thread.wait_until(|heap| &mut heap.lot, |heap| heap.served.then_some(()));
            drop(thread);
            join(second);
        });
        join(first);
    }
    Ok("woken".to_owned())
}

/// Two consumers wait for an item each, and a stranger unparks one of them: both get one all the same.
pub fn a_stray_wake_up_harms_nobody<Q: BlockingQueue<Item>>() -> Outcome {
    let queue = Arc::new(Q::with_capacity(2));
    let mut received = Vec::new();
    for _ in rounds(1) {
        let consumers = [0, 1].map(|i| {
            let queue = queue.clone();
            spawn(&format!("consumer {i}"), move || queue.pop().map(|item| item.label()))
        });
        let parked = consumers[0].thread();
        let stranger = spawn("stranger", move || parked.unpark());
        let producer = spawn("producer", {
            let queue = queue.clone();
            move || (0..2).all(|label| queue.push(Item::new(label)).is_ok())
        });
        join(stranger);
        ensure(join(producer), "open", || "an item was rejected".to_owned())?;
        received.push(consumers.map(join));
    }
    let each_once = received.iter().all(|[a, b]| a.is_some() && b.is_some() && a != b);
    ensure(each_once, "each_once", || format!("{received:?}"))?;
    Ok(format!("{received:?}"))
}

/// A thread that computes without end, and never blocks, is reached by an exception all the same.
pub fn g06_a_tight_loop_is_interrupted<P: Policy>() -> Outcome {
    let interpreter = Arc::new(Interpreter::<_, Gil<P>>::with_interval(0_u64, Duration::ZERO));
    for _ in rounds(1) {
        let looper = spawn("looper", {
            let interpreter = interpreter.clone();
            move || {
                let mut thread = interpreter.attach();
                // Nothing is before the first step, so it passes no safe point: it is not yet a turn of the loop.
                thread.step(|count| *count += 1);
                hint::spin_until(1, || thread.try_step(|count| *count += 1) == Err(Interrupted));
            }
        });
        let id = looper.thread().id();
        let interrupter = spawn("interrupter", {
            let interpreter = interpreter.clone();
            move || interpreter.interrupt(id)
        });
        [interrupter, looper].into_iter().for_each(join);
    }
    Ok("interrupted".to_owned())
}

/// Two threads are interrupted before either of them looks: each is told at its next safe point, and once.
pub fn g06_everybody_is_told_of_its_own<L: InterpreterLock>() -> Outcome {
    for _ in rounds(1) {
        let interpreter = Arc::new(Interpreter::<(), L>::with_interval((), Duration::ZERO));
        let first = spawn("first", move || {
            let mut thread = interpreter.attach();
            thread.step(|()| ());
            let second = spawn("second", {
                let interpreter = interpreter.clone();
                move || {
                    let mut thread = interpreter.attach();
                    [(); 3].map(|()| thread.try_step(|()| ()))
                }
            });
            interpreter.interrupt(second.thread().id());
            interpreter.interrupt(current().id());
            let told = [(); 2].map(|()| thread.try_step(|()| ()));
            drop(thread);
            (told, join(second))
        });
        let (first, second) = join(first);
        ensure(first == [Err(Interrupted), Ok(())], "told_once", || format!("the first: {first:?}"))?;
        // Nothing is before its first step, so that passes no safe point.
        let told = [Ok(()), Err(Interrupted), Ok(())];
        ensure(second == told, "told_once", || format!("the second: {second:?}"))?;
    }
    Ok("both were told".to_owned())
}

/// However often the threads switch, the sum is the same.
pub fn g07_a_tiny_interval_changes_no_result<I: Increment, L: InterpreterLock, const MICROS: u64>() -> Outcome
{
    sum::<I, L>(Duration::from_micros(MICROS), if is_modelled() { 2 } else { 1_000 })
}

/// What one step does, no other thread undoes.
pub fn g11_a_step_is_atomic<I: Increment, L: InterpreterLock>() -> Outcome {
    sum::<I, L>(Duration::ZERO, 1)
}

/// Two threads increment a counter so often.
fn sum<I: Increment, L: InterpreterLock>(interval: Duration, increments: u32) -> Outcome {
    let interpreter = Arc::new(Interpreter::<u32, L>::with_interval(0, interval));
    let mut expected = 0;
    for _ in rounds(1) {
        let threads = [0, 1].map(|i| {
            let interpreter = interpreter.clone();
            spawn(&format!("thread {i}"), move || {
                let mut thread = interpreter.attach();
                (0..increments).for_each(|_| I::increment(&mut thread));
            })
        });
        threads.into_iter().for_each(join);
        expected += 2 * increments;
    }
    let sum = interpreter.attach().step(|sum| *sum);
    ensure(sum == expected, "no_update_is_lost", || format!("{sum} after {expected} increments"))?;
    Ok(format!("{sum}"))
}

//! Rows of the interpreter lock.
//!
//! `MICROS` is the switch interval in microseconds; at zero it is over at once, and no engine needs a time-out.
//!
//! | row | function or reason |
//! |---|---|
//! | G01 | [`g01_one_thread_holds_the_lock`], [`g01_a_new_holder_gets_an_interval`], [`g01_a_panic_drops_no_lock_of_others`], [`g01_a_thread_does_not_switch_with_itself`] |
//! | G02 | [`g02_who_asked_comes_next`], [`g02_the_holder_does_not_follow_itself`], [`g02_everybody_comes_in`], [`g02_two_may_take_turns`] |
//! | G03 | [`g03_who_gives_up_withdraws_its_request`], [`g03_finalization_sends_waiters_away`], [`g03_finalization_sends_everybody_away`] |
//! | G04 | [`g04_nobody_touches_an_interpreter_that_ended`] |
//! | G05 | [`g05_no_switch_signal_is_lost`] |
//! | G06 | [`g06_no_signal_to_the_holder_is_lost`]; what the holder does then, by the rows of the [interpreter](super::interpreter) |
//! | G07 | [`g07_the_interval_can_be_set`]; what it changes, by the rows of the interpreter |
//! | G10 | [`g10_convoy`]: what it costs on a clock, the bench `gil` measures |

use crate::contract::{ensure, join, rounds, spawn};
use crate::engine::{FailureKind, Outcome, Violation};
use crate::model::gil::lock::breaker::Break;
use crate::model::gil::lock::cpython::{Gil, Policy};
use crate::model::gil::lock::holder::Holder;
use crate::model::gil::lock::turn::Turn;
use crate::sync::UnsafeCell;
use crate::sync::hint::spin_loop;
use crate::sync::thread::JoinHandle;
use std::array;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

/// A lock with this switch interval.
fn lock<P: Policy, const MICROS: u64>() -> Arc<Gil<P>> {
    Arc::new(Gil::new(Duration::from_micros(MICROS)))
}

/// Starts a thread that does this as soon as it has the lock. Nobody finalizes.
fn attached<P: Policy, T: Send + 'static>(
    gil: &Arc<Gil<P>>,
    name: &str,
    body: impl FnOnce(Holder<'_, P>) -> T + Send + 'static,
) -> JoinHandle<T> {
    let gil = gil.clone();
    spawn(name, move || body(gil.attach().expect("nobody finalizes")))
}

fn starvation(property: &'static str, detail: String) -> Violation {
    Violation { kind: FailureKind::Starvation, ..Violation::new(property, detail) }
}

/// The lock goes from thread to thread, and what is done under it is done by one at a time.
pub fn g01_one_thread_holds_the_lock<P: Policy, const MICROS: u64>() -> Outcome {
    let gil = lock::<P, MICROS>();
    let log = Arc::new(Log::default());
    for _ in rounds(1) {
        let threads = [0, 1].map(|i| {
            let log = log.clone();
            attached(&gil, &format!("thread {i}"), move |mut holder| {
                log.add(i);
                holder.checkpoint().expect("nobody finalizes");
                log.add(i);
            })
        });
        threads.into_iter().for_each(join);
    }
    let entries = log.entries();
    ensure(entries.len() % 4 == 0, "nothing_lost", || format!("{entries:?}"))?;
    Ok(format!("{entries:?}"))
}

/// What the finalizer leaves in the log.
const FINALIZING: usize = 9;

/// Written by whoever holds the lock, and guarded by nothing else.
struct Log(UnsafeCell<Vec<usize>>);

// SAFETY: the entries are reached by the holder of the lock alone, and by main when all have ended.
unsafe impl Sync for Log {}

impl Default for Log {
    fn default() -> Self {
        Self(UnsafeCell::new(Vec::new()).named(format_args!("log")))
    }
}

impl Log {
    fn add(&self, entry: usize) {
        // SAFETY: the caller holds the lock.
        self.0.with_mut(|entries| unsafe { (*entries).push(entry) });
    }

    fn entries(&self) -> Vec<usize> {
        // SAFETY: the caller holds the lock, or is main, and the threads have ended.
        self.0.with(|entries| unsafe { (*entries).clone() })
    }
}

/// A waiter does not ask a holder that took the lock while the waiter waited.
pub fn g01_a_new_holder_gets_an_interval<P: Policy, const MICROS: u64>() -> Outcome {
    let gil = lock::<P, MICROS>();
    let mut asked = Vec::new();
    for _ in rounds(1) {
        let threads = [0, 1, 2].map(|i| attached(&gil, &format!("thread {i}"), |holder| holder.turn()));
        let turns = threads.map(join);
        let early: u32 = turns.iter().map(|turn| turn.asked_too_early).sum();
        ensure(early == 0, "a_new_holder_gets_an_interval", || format!("asked too early: {early}"))?;
        asked.push(turns.map(|turn| turn.asked));
    }
    Ok(format!("asked {asked:?}"))
}

/// A thread panics while it has given the lock to others, and comes back: what they have is theirs.
pub fn g01_a_panic_drops_no_lock_of_others<P: Policy, const MICROS: u64>() -> Outcome {
    let (gil, log) = (lock::<P, MICROS>(), Arc::new(Log::default()));
    for _ in rounds(1) {
        let clumsy = attached(&gil, "clumsy", {
            let (gil, log) = (gil.clone(), log.clone());
            move |mut holder| {
                let panicked = catch_unwind(AssertUnwindSafe(move || holder.unlocked(spill))).is_err();
                let _holder = gil.attach().expect("nobody finalizes");
                log.add(0);
                panicked
            }
        });
        let other = attached(&gil, "other", {
            let log = log.clone();
            move |_holder| log.add(1)
        });
        let panicked = join(clumsy);
        join(other);
        ensure(panicked, "the_panic_comes_out", || "it came back".to_owned())?;
    }
    let entries = log.entries();
    ensure(entries.len() % 2 == 0, "nothing_lost", || format!("{entries:?}"))?;
    Ok(format!("{entries:?}"))
}

/// Panics, as user code may.
fn spill() {
    panic!("spilt");
}

/// A thread that takes the lock again, and had it last, is no switch.
pub fn g01_a_thread_does_not_switch_with_itself<P: Policy, const MICROS: u64>() -> Outcome {
    let gil = lock::<P, MICROS>();
    let mut holder = gil.attach().expect("nobody finalizes");
    (0..2).for_each(|_| holder.unlocked(|| ()).expect("nobody finalizes"));
    let told = (holder.turn().switch_number, gil.switches());
    ensure(told == (1, 1), "one_switch", || format!("{told:?} switches"))?;
    Ok(String::new())
}

/// Of two threads, the one that has asked for the lock is overtaken by nobody.
pub fn g02_who_asked_comes_next<P: Policy, const MICROS: u64>() -> Outcome {
    let gil = lock::<P, MICROS>();
    let mut overtaken = 0;
    for _ in rounds(1) {
        let hog = attached(&gil, "hog", |mut holder| {
            let mut turns = vec![holder.turn()];
            for _ in 0..2 {
                holder.checkpoint().expect("nobody finalizes");
                turns.push(holder.turn());
            }
            turns
        });
        let waiter = attached(&gil, "waiter", |holder| vec![holder.turn()]);
        let turns = [hog, waiter].map(join).concat();
        overtaken = overtaken.max(worst(&turns));
    }
    match overtaken {
        0 => Ok("overtaken by nobody".to_owned()),
        times => Err(starvation("who_asked_comes_next", format!("overtaken {times} times after asking"))),
    }
}

/// Who drops the lock on request, and takes it again, finds that another thread had it in between.
///
/// That thread need not be the one that asked: the outcomes tell how often one of two waiters was overtaken.
pub fn g02_the_holder_does_not_follow_itself<P: Policy, const MICROS: u64>() -> Outcome {
    let gil = lock::<P, MICROS>();
    let mut overtaken = 0;
    for _ in rounds(1) {
        let hog = attached(&gil, "hog", |mut holder| {
            let before = holder.turn();
            let breaks = holder.checkpoint().expect("nobody finalizes");
            (breaks.contain(Break::Drop), before, holder.turn())
        });
        let waiters = [0, 1].map(|i| attached(&gil, &format!("waiter {i}"), |holder| holder.turn()));
        let (asked, before, after) = join(hog);
        let turns = waiters.map(join);
        if asked && after.switch_number < before.switch_number + 2 {
            let detail = "it was asked, and took the lock again at once".to_owned();
            return Err(starvation("the_holder_does_not_follow_itself", detail));
        }
        overtaken = overtaken.max(worst(&turns));
    }
    Ok(format!("overtaken {overtaken} times after asking"))
}

/// Of three threads, two may take turns while the third, which has asked, is always too late.
///
/// So there is no bound on how often it is overtaken: the largest number among the outcomes is all turns that the
/// other two have.
pub fn g02_two_may_take_turns<P: Policy, const MICROS: u64>() -> Outcome {
    let gil = lock::<P, MICROS>();
    let mut overtaken = 0;
    for _ in rounds(1) {
        let hogs = [0, 1].map(|i| {
            attached(&gil, &format!("hog {i}"), |mut holder| {
                holder.checkpoint().expect("nobody finalizes");
            })
        });
        let waiter = attached(&gil, "waiter", |holder| holder.turn());
        hogs.into_iter().for_each(join);
        let turn = join(waiter);
        let counts = turn.overtaken >= turn.overtaken_after_asking;
        ensure(counts, "who_asks_waits", || format!("overtaken while it waited: {turn:?}"))?;
        overtaken = overtaken.max(turn.overtaken_after_asking);
    }
    // They have four turns, and one of them was under way when it first asked.
    if overtaken > 3 {
        return Err(starvation("no_more_turns_than_there_are", format!("overtaken {overtaken} times")));
    }
    Ok(format!("overtaken {overtaken} times after asking"))
}

/// A holder that computes until the others have had their turns lets all of them in.
pub fn g02_everybody_comes_in<P: Policy, const MICROS: u64, const OTHERS: usize>() -> Outcome {
    let (gil, log) = (lock::<P, MICROS>(), Arc::new(Log::default()));
    for round in rounds(1) {
        let hog = attached(&gil, "hog", {
            let log = log.clone();
            move |mut holder| {
                while log.entries().len() < OTHERS * (round + 1) {
                    let breaks = holder.checkpoint().expect("nobody finalizes");
                    if !breaks.contain(Break::Drop) {
                        spin_loop();
                    }
                }
            }
        });
        let others: [_; OTHERS] = array::from_fn(|i| {
            let log = log.clone();
            attached(&gil, &format!("thread {i}"), move |_holder| log.add(i))
        });
        others.into_iter().chain([hog]).for_each(join);
    }
    Ok(format!("{:?}", log.entries()))
}

fn worst(turns: &[Turn]) -> u64 {
    turns.iter().map(|turn| turn.overtaken_after_asking).max().unwrap_or(0)
}

/// A waiter that is told to give up leaves no request behind: who drops the lock after that goes on.
pub fn g03_who_gives_up_withdraws_its_request<P: Policy, const MICROS: u64>() -> Outcome {
    let mut told = Vec::new();
    for _ in rounds(1) {
        let (gil, log) = (lock::<P, MICROS>(), Arc::new(Log::default()));
        let finalizer = attached(&gil, "finalizer", {
            let log = log.clone();
            move |mut holder| {
                log.add(FINALIZING);
                holder.finalize();
                holder.unlocked(|| ()).is_ok()
            }
        });
        let waiter = spawn("waiter", {
            let gil = gil.clone();
            move || gil.attach().map(|_holder| log.entries()).ok()
        });
        let (finalized, found) = (join(finalizer), join(waiter));
        ensure(finalized, "the_finalizer_goes_on", || "the finalizer was sent away".to_owned())?;
        let in_time = found.as_ref().is_none_or(Vec::is_empty);
        ensure(in_time, "nobody_else_goes_on", || "the waiter ran on after that".to_owned())?;
        told.push(found.is_some());
    }
    Ok(format!("the waiter had its turn: {told:?}"))
}

/// The finalizer keeps the lock until the waiter has ended, which it does without the lock or had done before.
pub fn g03_finalization_sends_waiters_away<P: Policy, const MICROS: u64>() -> Outcome {
    let mut told = Vec::new();
    for _ in rounds(1) {
        let gil = lock::<P, MICROS>();
        let waiter = spawn("waiter", {
            let gil = gil.clone();
            move || gil.attach().is_ok()
        });
        let finalizer = attached(&gil, "finalizer", |holder| {
            holder.finalize();
            join(waiter)
        });
        told.push(join(finalizer));
    }
    Ok(format!("the waiter had its turn: {told:?}"))
}

/// Two threads wait for the lock, or come for it, when its holder finalizes: it joins both, and still has the
/// lock.
pub fn g03_finalization_sends_everybody_away<P: Policy, const MICROS: u64>() -> Outcome {
    for _ in rounds(1) {
        let gil = lock::<P, MICROS>();
        let finalizer = attached(&gil, "finalizer", {
            let gil = gil.clone();
            move |holder| {
                let waiters = [0, 1].map(|i| {
                    let gil = gil.clone();
                    spawn(&format!("waiter {i}"), move || gil.attach().is_ok())
                });
                holder.finalize();
                waiters.map(join)
            }
        });
        let told = join(finalizer);
        ensure(told == [false; 2], "nobody_else_goes_on", || format!("the waiters had turns: {told:?}"))?;
    }
    Ok(String::new())
}

/// The last of two threads ends the interpreter; the other one has no business with it any more.
pub fn g04_nobody_touches_an_interpreter_that_ended<P: Policy, const MICROS: u64>() -> Outcome {
    let mut ended = Vec::new();
    for _ in rounds(1) {
        let (gil, out) = (lock::<P, MICROS>(), Arc::new(Log::default()));
        let threads = [0, 1].map(|i| {
            let out = out.clone();
            attached(&gil, &format!("thread {i}"), move |holder| {
                out.add(i);
                let last = out.entries().len() == 2;
                if last {
                    holder.end();
                }
                last
            })
        });
        let last = threads.map(join);
        ensure(last[0] != last[1], "one_is_the_last", || format!("{last:?}"))?;
        ended.push(usize::from(last[1]));
    }
    Ok(format!("ended by {ended:?}"))
}

/// Who waits for a switch is woken by it.
pub fn g05_no_switch_signal_is_lost<P: Policy, const MICROS: u64>() -> Outcome {
    let gil = lock::<P, MICROS>();
    for _ in rounds(1) {
        let reader = attached(&gil, "reader", |mut holder| holder.unlocked(|| ()).expect("nobody finalizes"));
        let other = attached(&gil, "other", |holder| drop(holder));
        [reader, other].into_iter().for_each(join);
    }
    Ok("both had their turns".to_owned())
}

/// Two signals at once, for different things to do: the holder finds both.
pub fn g06_no_signal_to_the_holder_is_lost<P: Policy, const MICROS: u64>() -> Outcome {
    let gil = lock::<P, MICROS>();
    for _ in rounds(1) {
        let signals = [Break::Calls, Break::Exception].map(|what| {
            let gil = gil.clone();
            spawn(&format!("signals {what:?}"), move || gil.breaker().signal(what))
        });
        signals.into_iter().for_each(join);
        let found = [Break::Calls, Break::Exception].map(|what| gil.breaker().look().contain(what));
        ensure(found == [true; 2], "both_are_found", || format!("calls and exception: {found:?}"))?;
        [Break::Calls, Break::Exception].into_iter().for_each(|what| gil.breaker().reset(what));
    }
    Ok(String::new())
}

/// The switch interval is the one that the lock was made with, and then the one that was set.
pub fn g07_the_interval_can_be_set<P: Policy, const MICROS: u64>() -> Outcome {
    let gil = lock::<P, MICROS>();
    let first = gil.interval();
    gil.set_interval(Duration::from_millis(1));
    let told = [first, gil.interval()];
    let expected = [Duration::from_micros(MICROS), Duration::from_millis(1)];
    ensure(told == expected, "interval", || format!("{told:?}, not {expected:?}"))?;
    Ok(String::new())
}

/// A thread that reads and writes beside one that computes: each time that it comes back from its reading, it
/// waits until the other one is asked to let it in, a whole interval. The outcome counts.
pub fn g10_convoy<P: Policy, const MICROS: u64>() -> Outcome {
    let gil = lock::<P, MICROS>();
    let mut told = Vec::new();
    for _ in rounds(1) {
        let reader = attached(&gil, "reader", |mut holder| {
            let mut turns = vec![holder.turn()];
            for _ in 0..2 {
                holder.unlocked(|| ()).expect("nobody finalizes");
                turns.push(holder.turn());
            }
            turns
        });
        let computer = attached(&gil, "computer", |mut holder| {
            holder.checkpoint().expect("nobody finalizes");
        });
        let turns = join(reader);
        join(computer);
        let overtaken = worst(&turns);
        if overtaken > 0 {
            return Err(starvation(
                "who_asked_comes_next",
                format!("overtaken {overtaken} times after asking"),
            ));
        }
        told.push(turns.iter().map(|turn| turn.asked).sum::<u32>());
    }
    Ok(format!("asked {told:?} times"))
}

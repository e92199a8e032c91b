//! The patterns on real cores.

use super::context::Reason;
use super::*;
use crate::model::channels::queue::Channel;
use crate::sync::thread;
use crate::sync::time::{Duration, Instant, ManualClock};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

const HOUR: Duration = Duration::from_secs(3600);

/// Ten thousand items through all patterns that pass items on.
#[test]
fn nothing_is_lost_on_real_cores() {
    for room in [0, 16] {
        let mut group = <Group>::new().with_room(room);
        let numbers = generator(&mut group, 0..10_000_u64);
        let numbers = or_done(&mut group, numbers);
        let [left, right] = tee(&mut group, numbers);
        let squares = fan_out(&mut group, &left, 2, |n| n * n);
        let squares = fan_in(&mut group, squares);
        let cubes = worker_pool(&mut group, right, 2, |n| n * n * n);
        let all = fan_in(&mut group, vec![squares, cubes]);
        let sum: u64 = stage(&mut group, all, |n| n + 1).iter().sum();
        assert_eq!(sum, (0..10_000).map(|n| n * n * (n + 1) + 2).sum::<u64>());
        group.join();
    }
}

#[test]
fn nothing_comes_from_no_input() {
    let mut group = <Group>::new();
    assert_eq!(fan_in::<u8, _>(&mut group, Vec::new()).receive(), None);
    group.join();
}

#[test]
fn a_group_that_is_dropped_ends() {
    let done = {
        let mut group = <Group>::new();
        generator(&mut group, 0..);
        Arc::clone(group.done())
    };
    assert_eq!(done.receive(), None);
}

#[test]
fn a_group_ends_with_its_context() {
    let (context, cancel) = <Context>::background().with_cancel();
    let mut group = <Group>::until(Arc::clone(context.done()));
    let numbers = generator(&mut group, 0..);
    assert_eq!(numbers.receive(), Some(0));
    cancel.cancel();
    group.join();
    assert_eq!(numbers.receive(), None);
}

#[test]
fn a_panic_gives_its_permit_back() {
    let (bounded, done) = (<Bounded>::new(1), Done::new(0));
    let panics = || bounded.run(&done, || -> Result<(), ()> { panic!("as it should") });
    assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
    assert_eq!(bounded.run(&done, || Ok::<_, ()>(7)), Some(Ok(7)));
}

#[test]
fn never_more_than_so_many_at_once() {
    use crate::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    let (bounded, done) = (Arc::new(<Bounded>::new(2)), Arc::new(Done::new(0)));
    let (at_once, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let work = |_| {
        let (bounded, done) = (bounded.clone(), done.clone());
        let (at_once, most) = (at_once.clone(), most.clone());
        thread::spawn(move || {
            for _ in 0..1_000 {
                let work = || {
                    most.fetch_max(1 + at_once.fetch_add(1, SeqCst), SeqCst);
                    at_once.fetch_sub(1, SeqCst);
                    Ok::<_, ()>(())
                };
                bounded.run(&done, work).unwrap().unwrap();
            }
        })
    };
    let threads: Vec<_> = (0..4).map(work).collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert!((1..=2).contains(&most.load(SeqCst)));
}

#[test]
fn a_context_ends_at_its_deadline() {
    let clock = ManualClock::new();
    let root = <Context>::background();
    let (context, _cancel) = root.with_deadline(Instant::now() + HOUR);
    let (child, _child) = context.with_cancel();
    clock.advance(HOUR / 2);
    assert_eq!(child.err(), None);
    clock.advance(HOUR / 2);
    assert_eq!((child.done().receive(), child.err()), (None, Some(Reason::DeadlineExceeded)));
    assert_eq!(root.err(), None);
}

#[test]
fn the_earlier_deadline_counts() {
    let clock = ManualClock::new();
    let (parent, _parent) = <Context>::background().with_timeout(HOUR);
    let (child, _child) = parent.with_timeout(2 * HOUR);
    clock.advance(HOUR);
    assert_eq!((child.done().receive(), child.err()), (None, Some(Reason::DeadlineExceeded)));
}

#[test]
fn a_tick_takes_a_period() {
    let clock = ManualClock::new();
    let mut group = <Group>::new();
    let ticks = ticker(&mut group, HOUR);
    assert_eq!(ticks.try_receive(), None);
    for _ in 0..3 {
        // The ticker begins its period when the thread has come so far, and not when the clock is moved.
        while ticks.try_receive().is_none() {
            clock.advance(HOUR / 2);
            thread::yield_now();
        }
    }
    group.stop();
    group.join();
}

#[test]
fn an_item_takes_a_tick() {
    let mut group = <Group>::new();
    let ticks = Arc::new(Channel::new(2));
    let numbers = generator(&mut group, 0..3);
    let numbers = limited(&mut group, numbers, ticks.clone());
    ticks.send(()).unwrap();
    assert_eq!(numbers.receive(), Some(0));
    assert_eq!(numbers.try_receive(), None);
    ticks.send(()).unwrap();
    assert_eq!(numbers.receive(), Some(1));
    ticks.close();
    group.stop();
    group.join();
}

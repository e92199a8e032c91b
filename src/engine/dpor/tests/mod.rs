//! The explorer on programs without any runtime.

mod brute;
mod random;
mod toy;

use self::toy::{Do, Toy};
use crate::event::op::Class;
use std::collections::BTreeSet;

fn atomics(threads: Vec<Vec<Do>>) -> Toy {
    Toy { objects: vec![Class::Atomic; 8], threads }
}

fn executions(toy: &Toy) -> u64 {
    let seen = toy.explore();
    assert_eq!(seen.redundant, 0, "an optimal search explores nothing twice");
    seen.executions
}

#[test]
fn counts_of_litmus_tests_are_those_of_their_traces() {
    use Do::*;
    let store_buffering = atomics(vec![vec![Store(0, 1), Load(1)], vec![Store(1, 1), Load(0)]]);
    assert_eq!(executions(&store_buffering), 3);
    let message_passing = atomics(vec![vec![Store(0, 1), Store(1, 1)], vec![Load(1), Load(0)]]);
    assert_eq!(executions(&message_passing), 3);
    let iriw =
        atomics(vec![vec![Store(0, 1)], vec![Store(1, 1)], vec![Load(0), Load(1)], vec![Load(1), Load(0)]]);
    assert_eq!(executions(&iriw), 15);
}

#[test]
fn counts_of_increments_are_those_of_their_orders() {
    use Do::*;
    for (threads, orders) in [(2, 2), (3, 6), (4, 24), (5, 120)] {
        assert_eq!(executions(&atomics(vec![vec![Add(0)]; threads])), orders);
    }
    assert_eq!(executions(&atomics(vec![vec![Add(0), Add(1)]; 2])), 4);
    assert_eq!(executions(&atomics(vec![vec![Add(0), Add(1)]; 3])), 36);
    assert_eq!(executions(&atomics(vec![vec![Add(0), Add(0)]; 3])), 90);
    let locked = Toy { objects: vec![Class::Mutex], threads: vec![[Lock(0), Unlock(0)].repeat(3); 3] };
    assert_eq!(executions(&locked), 1_680);
}

/// Forks in the order of the hierarchy, or all left ones first.
fn table(seats: usize, meals: usize, ordered: bool) -> Toy {
    let threads = (0..seats).map(|seat| {
        let (left, right) = (seat, (seat + 1) % seats);
        let (first, second) = if ordered { (left.min(right), left.max(right)) } else { (left, right) };
        [Do::Lock(first), Do::Lock(second), Do::Unlock(second), Do::Unlock(first)].repeat(meals)
    });
    Toy { objects: vec![Class::Mutex; seats], threads: threads.collect() }
}

#[test]
fn counts_of_ordered_tables() {
    let known =
        [(2, 1, 2), (2, 2, 6), (3, 1, 6), (3, 2, 90), (4, 1, 14), (4, 2, 786), (5, 1, 30), (8, 1, 254)];
    for (seats, meals, traces) in known {
        assert_eq!(executions(&table(seats, meals, true)), traces, "{seats}x{meals}");
    }
    assert_eq!(executions(&table(5, 2, true)), 5_730);
}

#[test]
fn counts_of_the_naive_table() {
    let seen = table(5, 2, false).explore();
    assert_eq!((seen.executions, seen.deadlocks, seen.redundant), (5_851, 121, 0));
}

/// The estimate is the number itself at the end, and on the way no further from it than a few times.
#[test]
fn estimates_come_near_the_number_of_executions() {
    for toy in [table(4, 2, true), table(5, 2, true), atomics(vec![vec![Do::Add(0), Do::Add(1)]; 3])] {
        let (estimates, executions) = toy.estimates();
        let executions = executions as f64;
        assert_eq!(estimates.last(), Some(&executions));
        for (at, estimate) in estimates.iter().enumerate().skip(estimates.len() / 10) {
            assert!((at as f64) < *estimate, "those that were are counted");
            let ratio = estimate / executions;
            assert!((0.2..5.0).contains(&ratio), "{ratio} after {at} of {executions}");
        }
    }
}

#[test]
fn a_spinning_thread_waits_for_a_change() {
    use Do::*;
    let seen = atomics(vec![vec![Await(0, 1), Load(1)], vec![Store(1, 7), Store(0, 1)]]).explore();
    assert_eq!(seen.outcomes, BTreeSet::from([vec![vec![7], vec![]]]));
    let seen = atomics(vec![vec![Await(0, 1)], vec![Await(1, 1)]]).explore();
    assert_eq!((seen.executions, seen.livelocks), (1, 1));
}

#[test]
fn attempts_see_a_lock_held_and_free() {
    use Do::*;
    let toy = Toy {
        objects: vec![Class::Mutex],
        threads: vec![vec![Lock(0), Unlock(0)], vec![TryLock(0), Unlock(0)]],
    };
    let seen = toy.explore();
    assert_eq!(seen.outcomes, BTreeSet::from([vec![vec![], vec![0]], vec![vec![], vec![1]]]));
    assert_eq!((seen.executions, seen.redundant), (3, 0));
}

#[test]
fn a_notification_wakes_each_of_the_waiters_once() {
    use Do::*;
    let waiter = vec![Lock(0), Wait(1, 0), Unlock(0), Add(2)];
    let toy = Toy {
        objects: vec![Class::Mutex, Class::Condvar, Class::Atomic],
        threads: vec![waiter.clone(), waiter, vec![Lock(0), NotifyOne(1), NotifyOne(1), Unlock(0)]],
    };
    let seen = toy.explore();
    assert_eq!(seen.redundant, 0);
    assert!(seen.outcomes.len() == 2 && seen.deadlocks > 0, "{seen:?}");
}

#[test]
fn a_token_that_was_left_before_is_found() {
    use Do::*;
    let seen = Toy { objects: vec![], threads: vec![vec![Park, Park], vec![Unpark(0), Unpark(0)]] }.explore();
    // Two tokens that are left before the first park are one.
    assert_eq!((seen.executions, seen.deadlocks, seen.redundant), (2, 1, 0));
}

#[test]
fn backing_off_in_step_is_back_where_it_was() {
    use Do::*;
    let philosopher = |x, y| vec![BackOff(x, y), Store(y, 0), Store(x, 0)];
    let seen = atomics(vec![philosopher(0, 1), philosopher(1, 0)]).explore();
    assert_eq!((seen.repetitions, seen.redundant), (1, 0));
    // Somebody who has nothing to do with it gets on first.
    let seen = atomics(vec![philosopher(0, 1), philosopher(1, 0), vec![Add(2)]]).explore();
    assert_eq!((seen.repetitions, seen.redundant), (1, 0));
    let seen = atomics(vec![philosopher(0, 1), philosopher(0, 1)]).explore();
    assert_eq!((seen.repetitions, seen.outcomes.len()), (0, 1));
}

/// Each of the two gives back what it took, any number of times, and yields in between: that is how it works,
/// and no livelock.
#[test]
fn a_thread_that_gets_on_is_not_back_where_it_was() {
    use Do::*;
    let meal = [BackOff(0, 1), Store(1, 0), Store(0, 0)];
    for meals in 1..=4 {
        let seen = atomics(vec![meal.repeat(meals); 2]).explore_at_most(20_000);
        assert_eq!((seen.repetitions, seen.redundant), (0, 0), "{meals} meals");
    }
}

/// Two senders to one receiver: who sent first nobody sees, only what is received next.
#[test]
fn counts_of_message_programs_are_those_of_their_deliveries() {
    use Do::*;
    let deliveries = |senders: usize, each: usize, in_order: bool| {
        let sender = vec![Send(0, in_order); each];
        let threads = [vec![vec![Receive(0); senders * each]], vec![sender; senders]].concat();
        executions(&Toy { objects: vec![Class::Mailbox], threads })
    };
    assert_eq!([1, 2, 3, 4, 5].map(|senders| deliveries(senders, 1, false)), [1, 2, 6, 24, 120]);
    assert_eq!([1, 2, 3].map(|each| deliveries(2, each, true)), [2, 6, 20]);
    assert_eq!([1, 2].map(|each| deliveries(2, each, false)), [2, 24]);
    assert_eq!(deliveries(3, 2, true), 90);
}

#[test]
fn kills_come_where_a_thread_can_find_out() {
    use Do::*;
    let before = atomics(vec![vec![Kill(1)], vec![Live, Store(0, 1)]]);
    assert_eq!(executions(&before), 2);
    // Before the first look, before the second, or not at all; or there is no second one.
    let spins = atomics(vec![vec![Kill(1)], vec![Live, Await(1, 1)], vec![Store(1, 1)]]);
    assert_eq!(executions(&spins), 4);
    let waits = Toy {
        objects: vec![Class::Mutex],
        threads: vec![vec![Kill(1)], vec![Live, Lock(0), Unlock(0)], vec![Live, Lock(0), Unlock(0)]],
    };
    assert_eq!(executions(&waits), 4);
    for toy in [before, spins, waits] {
        assert_eq!(brute::truth_and_traces(&toy).traces, toy.explore().executions);
    }
}

/// Who reads under a lock cannot tell who else does, and does not wait for them.
#[test]
fn readers_are_no_change_to_each_other() {
    use Do::*;
    let objects = vec![Class::Atomic, Class::RwLock];
    let threads = vec![vec![Read(1), EndRead(1), Await(0, 1)], vec![Read(1), EndRead(1), Add(0)]];
    let toy = Toy { objects, threads };
    assert_eq!(executions(&toy), 2);
    assert_eq!(toy.explore().outcomes, brute::truth(&toy).outcomes);
}

//! Threads that are alike: what they can come to is the same but for their names, in as many executions as there are traces in which their first steps
//! come in order.

use super::*;
use crate::engine::dpor::tests::brute::truth_in_order;
use std::collections::BTreeSet;

/// Two or three threads that all do the same.
fn alike(phrase: fn(usize) -> BoxedStrategy<Phrase>) -> impl Strategy<Value = Toy> {
    (2usize..=3).prop_flat_map(move |threads| {
        let phrases = [3, 2][threads - 2];
        prop::collection::vec(phrase(threads), 1..=phrases)
            .prop_map(move |it| Toy { objects: objects(), threads: vec![it.concat(); threads] })
    })
}

/// Nobody can tell which thread has come to what.
fn nameless<T: Ord + Clone>(ends: &BTreeSet<Vec<T>>) -> BTreeSet<Vec<T>> {
    let sorted = |end: &Vec<T>| {
        let mut end = end.clone();
        end.sort();
        end
    };
    ends.iter().map(sorted).collect()
}

fn symmetry_agrees(phrase: fn(usize) -> BoxedStrategy<Phrase>) {
    let config = Config { cases: programs(), failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&alike(phrase), |toy| {
        let (found, all) = (toy.explore_symmetric(), truth_and_traces(&toy));
        prop_assert_eq!(nameless(&found.outcomes), nameless(&all.outcomes), "outcomes");
        prop_assert_eq!(nameless(&found.stuck), nameless(&all.stuck), "deadlocks");
        let in_order = truth_in_order(&toy);
        prop_assert_eq!(&found.outcomes, &in_order.outcomes, "outcomes in order");
        prop_assert_eq!((found.executions, found.redundant), (in_order.traces, 0), "executions");
        let names: u64 = (1..=toy.threads.len() as u64).product();
        prop_assert!(found.executions <= all.traces && all.traces <= found.executions * names);
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

#[test]
fn symmetric_atomics_agree_with_brute_force() {
    symmetry_agrees(|_| atomic());
}

#[test]
fn symmetric_locks_agree_with_brute_force() {
    symmetry_agrees(|_| locked());
    symmetry_agrees(|_| attempt());
    symmetry_agrees(|_| shared());
}

#[test]
fn symmetric_waits_agree_with_brute_force() {
    symmetry_agrees(|_| condition());
    symmetry_agrees(|_| futex(Do::WaitIf));
    symmetry_agrees(|_| spin());
}

/// Where all begin with the same lock, one of n! executions is explored.
#[test]
fn first_steps_that_conflict_save_all_but_one() {
    use Do::*;
    for (threads, names) in [(2, 2), (3, 6), (4, 24)] {
        let toy = Toy {
            objects: objects(),
            threads: vec![vec![Lock(2), Add(0), Unlock(2), Lock(2), Unlock(2)]; threads],
        };
        assert_eq!(toy.explore().executions, toy.explore_symmetric().executions * names);
    }
}

//! Quiescent consistency of a log: operations that a quiet moment lies between take place in their order.
//!
//! A moment is quiet if nothing is under way. Between two quiet moments the operations may take place in any order, also in another
//! one than that of their process. An operation that never returned is under way for ever, so that no moment after its beginning is quiet.
//!
//! It is linearizability in another time: all that lies between two quiet moments overlaps.
//!
//! James Aspnes, Maurice Herlihy, Nir Shavit, "Counting networks", 1994; Maurice Herlihy, Nir Shavit, "The art of multiprocessor
//! programming", 2008, section 3.3 (it is compositional, so a log is checked part by part).

use super::{Budget, Decision, Witness, general};
use crate::history::log::{Entry, NEVER};
use crate::spec::Spec;

/// Whether the sequential object explains all answers in an order that keeps what quiet moments lie between.
///
/// Where it is not so, the witness has all operations on the part that is wrong, up to the first quiet moment that no order reaches.
///
/// An entry that ended before it began makes the decision `Unknown`.
pub fn check<S: Spec>(spec: &S, log: &[Entry<S::Call, S::Answer>], budget: Budget) -> Decision {
    if let Some(backwards) = general::ends_before_it_begins(log) {
        return backwards;
    }
    match general::refute(spec, log, &periods(log), budget) {
        Ok(None) => Decision::Holds,
        Ok(Some(entries)) => {
            let reason = format!(
                "no order explains the {} operations up to the first quiet moment after entry {}, though those between two quiet \
                 moments may take place in any order",
                entries.len(),
                entries[entries.len() - 1],
            );
            Decision::Violated(Witness { reason, entries })
        }
        Err(spent) => spent.into(),
    }
}

/// The beginning and the end of each operation, as if it took all the time between two quiet moments.
fn periods<C, A>(log: &[Entry<C, A>]) -> Vec<(u64, u64)> {
    let mut places: Vec<usize> = (0..log.len()).collect();
    places.sort_unstable_by_key(|&place| log[place].begun);
    let mut periods = vec![(0, 0); log.len()];
    let (mut period, mut busy_until) = (0, 0);
    for place in places {
        let Entry { begun, ended, .. } = log[place];
        period += u64::from(busy_until < begun);
        busy_until = busy_until.max(ended);
        let end = if ended == NEVER { NEVER } else { 2 * period + 1 };
        periods[place] = (2 * period, end);
    }
    periods
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::general::tests::brute::{LogOf, explained};
    use crate::check::general::tests::compare;
    use crate::check::general::tests::reference::{Items, Reference, Register, Store};
    use crate::spec::QueueAnswer::{Popped, Pushed};
    use crate::spec::QueueCall::{Pop, Push};
    use crate::spec::{KvSpec, Order, QueueSpec, RegisterSpec};

    const FIFO: QueueSpec =
        QueueSpec { order: Order::Fifo, capacity: 2, answers_at_once: true, fails_under_contention: false };

    /// Whether a quiet moment lies between.
    fn comes_first<C, A>(log: &[Entry<C, A>], a: usize, b: usize) -> bool {
        let is_quiet_before = |time: u64| log.iter().all(|one| one.begun >= time || one.ended < time);
        let lies_between = |time: u64| log[a].begun < time && time <= log[b].begun;
        log.iter().any(|one| lies_between(one.begun) && is_quiet_before(one.begun))
    }

    fn agrees<R: Reference>(spec: &impl Spec<Call = R::Call, Answer = R::Answer>, object: &R) {
        compare(object, |log: &LogOf<R>| {
            let right = explained(object, log, &|a, b| comes_first(log, a, b));
            (check(spec, log, Budget::default()) == Decision::Holds, right)
        });
    }

    #[test]
    fn agrees_with_brute_force_on_queues() {
        let items =
            Items { order: Order::Fifo, k: 1, waits: false, fails: false, room: 2, items: Vec::new() };
        agrees(&FIFO, &items);
    }

    #[test]
    fn agrees_with_brute_force_on_registers() {
        agrees(&RegisterSpec { initial: None }, &Register(None));
    }

    #[test]
    fn agrees_with_brute_force_on_stores() {
        agrees(&KvSpec, &Store::default());
    }

    /// Somebody pushes 1, then 2, and 2 comes out first.
    fn out_of_order(until: u64) -> Vec<Entry<crate::spec::QueueCall, crate::spec::QueueAnswer>> {
        let entry =
            |process, call, answer, begun, ended| Entry { process, call, answer: Some(answer), begun, ended };
        vec![
            entry(0, Push(1), Pushed, 0, 1),
            entry(0, Push(2), Pushed, 3, 4),
            entry(1, Push(3), Pushed, 0, until),
            entry(0, Pop, Popped(2), 10, 11),
        ]
    }

    #[test]
    fn accepts_any_order_while_something_is_under_way() {
        assert_eq!(check(&FIFO, &out_of_order(5), Budget::default()), Decision::Holds);
        assert_ne!(general::check(&FIFO, &out_of_order(5), Budget::default()), Decision::Holds);
    }

    #[test]
    fn rejects_a_change_of_places_across_a_quiet_moment() {
        let Decision::Violated(witness) = check(&FIFO, &out_of_order(2), Budget::default()) else {
            panic!("2 overtakes 1")
        };
        assert_eq!(witness.entries, [0, 2, 1, 3]);
        assert_eq!(
            witness.reason,
            "no order explains the 4 operations up to the first quiet moment after entry 3, though those between two quiet moments may \
             take place in any order"
        );
    }
}

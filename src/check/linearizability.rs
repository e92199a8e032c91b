//! Whether each operation seems to take place at one moment between its beginning and its end.
//!
//! A history of a class of equivalent executions is linearizable if that holds in every order of
//! beginnings and ends that the class contains. The search goes through these orders, and keeps for each
//! all that the sequential object may have done so far: its *configurations*. Where an operation ends, only
//! those stay in which it has taken place; if none is left, nothing explains the answers.
//!
//! It is exact, and exponential in the operations that overlap: meant for the scopes of model checking.
//! Two facts keep it small. An operation that can end, ends at once, because an earlier end only asks for
//! more. And a past that was reached before with the same configurations has the same future.
//!
//! Maurice Herlihy, Jeannette Wing, "Linearizability: a correctness condition for concurrent objects", 1990;
//! Jeannette Wing, Chun Gong, "Testing and verifying concurrent objects", 1993; Gavin Lowe, "Testing for
//! linearizability", 2017 (operations take place only just before one ends).

use crate::history::History;
use crate::spec::Spec;
use std::collections::{BTreeSet, HashSet};

/// Looks for an order in which no sequential object explains the answers. Gives the numbers of the
/// operations in such an order: as they begin, up to the one that cannot end.
pub fn refute<S: Spec, T>(spec: &S, history: &History<S::Call, S::Answer, T>) -> Option<Vec<usize>> {
    let nothing = Stage { past: 0, overlapped: 0, configurations: [(spec.initial(), 0)].into() };
    let mut search = Search { spec, history, seen: HashSet::new(), begun: Vec::new() };
    search.fails(nothing).then_some(search.begun)
}

/// What the object may have done: its state, and the operations under way that have taken place.
type Configuration<S> = (<S as Spec>::State, u64);
type Configurations<S> = BTreeSet<Configuration<S>>;

struct Search<'a, S: Spec, T> {
    spec: &'a S,
    history: &'a History<S::Call, S::Answer, T>,
    seen: HashSet<(u128, u64, Configurations<S>)>,
    begun: Vec<usize>,
}

/// Some of the beginnings and ends have come.
struct Stage<S: Spec> {
    past: u128,
    /// Operations that have met another one under way.
    overlapped: u64,
    configurations: Configurations<S>,
}

impl<S: Spec, T> Search<'_, S, T> {
    fn fails(&mut self, mut stage: Stage<S>) -> bool {
        while let Some(operation) = self.next_end(&stage) {
            stage.configurations = self.end(operation, &stage);
            stage.past |= 1 << (2 * operation + 1);
            if stage.configurations.is_empty() {
                return true;
            }
        }
        let known = (stage.past, stage.overlapped, stage.configurations.clone());
        self.seen.insert(known) && self.operations().any(|operation| self.fails_after(operation, &stage))
    }

    fn operations(&self) -> std::ops::Range<usize> {
        0..self.history.operations.len()
    }

    fn next_end(&self, stage: &Stage<S>) -> Option<usize> {
        self.operations().find(|operation| self.history.may_follow(2 * operation + 1, stage.past))
    }

    /// Whether the search fails where this operation begins next.
    fn fails_after(&mut self, operation: usize, stage: &Stage<S>) -> bool {
        if !self.history.may_follow(2 * operation, stage.past) {
            return false;
        }
        let others = self.under_way(stage.past);
        let met = if others == 0 { 0 } else { others | 1 << operation };
        self.begun.push(operation);
        let failed = self.fails(Stage {
            past: stage.past | 1 << (2 * operation),
            overlapped: stage.overlapped | met,
            configurations: stage.configurations.clone(),
        });
        if !failed {
            self.begun.pop();
        }
        failed
    }

    /// The operations that have begun and not ended.
    fn under_way(&self, past: u128) -> u64 {
        self.operations().filter(|i| past >> (2 * i) & 0b11 == 0b01).map(|i| 1 << i).sum()
    }

    /// The configurations in which the operation has taken place, now that it ends.
    fn end(&self, operation: usize, stage: &Stage<S>) -> Configurations<S> {
        let under_way = self.under_way(stage.past);
        let mut reached = stage.configurations.clone();
        let mut open: Vec<_> = reached.iter().cloned().collect();
        let mut ended = BTreeSet::new();
        while let Some((state, done)) = open.pop() {
            if done & 1 << operation != 0 {
                ended.insert((state, done & !(1 << operation)));
                continue;
            }
            let steps = self.steps(&state, done, under_way & !done, stage.overlapped);
            open.extend(steps.into_iter().filter(|next| reached.insert(next.clone())));
        }
        ended
    }

    /// What the object can do next, where these operations can take place.
    fn steps(&self, state: &S::State, done: u64, ready: u64, overlapped: u64) -> Vec<Configuration<S>> {
        let step = |i: usize| {
            let (call, answer) = (&self.history.operations[i].call, &self.history.operations[i].answer);
            let fails = || {
                (overlapped & 1 << i != 0 && self.spec.may_fail(call, Some(answer))).then(|| state.clone())
            };
            let next = self.spec.step(state, call, answer).into_iter().chain(fails());
            next.map(move |next| (next, done | 1 << i))
        };
        self.operations().filter(|i| ready & 1 << i != 0).flat_map(step).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::regressions::kept;
    use crate::event::causality::{Causality, Moment};
    use crate::event::op::ThreadId;
    use crate::history::Operation;
    use crate::spec::Order;
    use crate::spec::QueueAnswer::{self, Empty, Full, Popped, Pushed};
    use crate::spec::QueueCall::{self, Pop, Push};
    use crate::spec::QueueSpec;
    use proptest::prelude::*;

    type Queue = History<QueueCall, QueueAnswer>;

    fn spec(order: Order, fails_under_contention: bool) -> QueueSpec {
        QueueSpec { order, capacity: 2, answers_at_once: true, fails_under_contention }
    }

    /// A thread's step, and the earlier ones that it depends on: how many steps ago each was.
    type Step = (u32, Vec<usize>);

    /// The order of these steps.
    fn order(steps: &[Step]) -> Causality {
        let mut order = Causality::new(4);
        let mut pasts: Vec<[u32; 4]> = Vec::new();
        for (index, (thread, causes)) in steps.iter().enumerate() {
            let mut past = [0; 4];
            let own = (0..index).filter(|&i| steps[i].0 == *thread);
            for cause in own.chain(causes.iter().filter_map(|ago| index.checked_sub(*ago))) {
                (0..4).for_each(|i| past[i] = past[i].max(pasts[cause][i]));
            }
            past[*thread as usize] += 1;
            order.push(ThreadId(*thread), |thread| past[thread.index()], false);
            pasts.push(past);
        }
        order
    }

    /// Each thread's operations, one step each.
    fn history(operations: &[(u32, QueueCall, QueueAnswer)], steps: &[Step]) -> Queue {
        let mut taken = [0; 4];
        let operations = operations.iter().map(|&(thread, call, answer)| {
            let steps = &mut taken[thread as usize];
            let begun = Moment { thread: ThreadId(thread), steps: *steps };
            *steps += 1;
            Operation { call, answer, begun, ended: Moment { steps: *steps, ..begun } }
        });
        History::new(operations.collect(), &order(steps)).unwrap()
    }

    #[test]
    fn accepts_what_a_queue_does() {
        let put_and_got = [(1, Push(7), Pushed), (2, Pop, Popped(7))];
        assert_eq!(
            refute(&spec(Order::Fifo, false), &history(&put_and_got, &[(1, vec![]), (2, vec![1])])),
            None
        );
    }

    #[test]
    fn rejects_an_item_that_came_out_before_it_was_put() {
        let got_and_put = [(1, Push(7), Pushed), (2, Pop, Popped(7))];
        let history = history(&got_and_put, &[(2, vec![]), (1, vec![1])]);
        assert_eq!(refute(&spec(Order::Fifo, false), &history), Some(vec![1]));
    }

    /// The two operations do not depend on each other, so the execution shown has an equivalent one in which
    /// the item is in when the queue is found empty.
    #[test]
    fn rejects_what_only_an_equivalent_execution_shows() {
        let missed = [(1, Push(7), Pushed), (2, Pop, Empty)];
        for steps in [[(1, vec![]), (2, vec![])], [(2, vec![]), (1, vec![])]] {
            assert_eq!(refute(&spec(Order::Fifo, false), &history(&missed, &steps)), Some(vec![0, 1]));
        }
        assert_eq!(refute(&spec(Order::Fifo, false), &history(&missed, &[(2, vec![]), (1, vec![1])])), None);
        // Also where the operation that has to come first is not the first one in the list.
        let missed = [(1, Pop, Empty), (2, Push(7), Pushed)];
        let history = history(&missed, &[(1, vec![]), (2, vec![])]);
        assert_eq!(refute(&spec(Order::Fifo, false), &history), Some(vec![1, 0]));
    }

    #[test]
    fn accepts_a_failure_under_contention_where_it_is_promised() {
        let missed = [(1, Push(7), Pushed), (2, Push(8), Pushed), (1, Pop, Empty)];
        // The second push is under way during the other two operations.
        let mut history = history(&missed, &[(1, vec![]), (1, vec![]), (2, vec![])]);
        history =
            History::new(history.operations, &order(&[(2, vec![]), (1, vec![1]), (1, vec![]), (2, vec![1])]))
                .unwrap();
        assert!(refute(&spec(Order::Fifo, false), &history).is_some());
        history.operations[1].ended.steps = 2;
        let order = order(&[(2, vec![]), (1, vec![1]), (1, vec![]), (2, vec![1])]);
        let history = History::new(history.operations, &order).unwrap();
        assert!(refute(&spec(Order::Fifo, false), &history).is_some());
        assert_eq!(refute(&spec(Order::Fifo, true), &history), None);
    }

    /// Both operations that meet are excused, also the one that began when it was alone.
    #[test]
    fn accepts_a_failure_whose_reason_came_later() {
        let missed = [(1, Push(7), Pushed), (2, Pop, Empty), (3, Push(8), Pushed)];
        // The second push begins and ends in the midst of the pop.
        let steps = [(1, vec![]), (2, vec![1]), (3, vec![1]), (2, vec![1])];
        let mut operations = history(&missed, &steps).operations;
        operations[1].ended.steps = 2;
        let history = History::new(operations, &order(&steps)).unwrap();
        assert!(refute(&spec(Order::Fifo, false), &history).is_some());
        assert_eq!(refute(&spec(Order::Fifo, true), &history), None);
    }

    /// Every order of the points, by trying them all; every order of the operations in it, by trying them all.
    fn refuted_by_brute_force(
        spec: &QueueSpec,
        history: &Queue,
        past: u128,
        points: &mut Vec<usize>,
    ) -> bool {
        if points.len() == 2 * history.operations.len() {
            return !explained(spec, history, points, 0, Vec::new());
        }
        (0..2 * history.operations.len()).any(|point| {
            let comes = history.may_follow(point, past);
            points.push(point);
            let refuted = comes && refuted_by_brute_force(spec, history, past | 1 << point, points);
            points.pop();
            refuted
        })
    }

    fn explained(spec: &QueueSpec, history: &Queue, points: &[usize], done: u64, state: Vec<u32>) -> bool {
        let count = history.operations.len();
        let at = |point: usize| points.iter().position(|&it| it == point).unwrap();
        let (begin, end) = (|i: usize| at(2 * i), |i: usize| at(2 * i + 1));
        let overlaps = |i: usize, j: usize| i != j && begin(i) < end(j) && begin(j) < end(i);
        if done == (1 << count) - 1 {
            return true;
        }
        let left = |i: &usize| done & 1 << i == 0;
        (0..count).filter(left).any(|i| {
            let first = (0..count).filter(left).all(|j| i == j || end(j) > begin(i));
            let (call, answer) = (&history.operations[i].call, &history.operations[i].answer);
            let excused = (0..count).any(|j| overlaps(i, j)) && spec.may_fail(call, Some(answer));
            let next = spec.step(&state, call, answer).or_else(|| excused.then(|| state.clone()));
            first && next.is_some_and(|next| explained(spec, history, points, done | 1 << i, next))
        })
    }

    fn operations() -> impl Strategy<Value = Vec<(u32, QueueCall, QueueAnswer)>> {
        let asked = prop_oneof![
            3 => (0..2u32).prop_map(|label| (Push(label), Pushed)),
            1 => Just((Push(0), Full)),
            3 => (0..2u32).prop_map(|label| (Pop, Popped(label))),
            2 => Just((Pop, Empty)),
        ];
        let operation = (1..4u32, asked).prop_map(|(thread, (call, answer))| (thread, call, answer));
        proptest::collection::vec(operation, 2..6)
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        proptest::collection::vec((1..4u32, proptest::collection::vec(1..4usize, 0..3)), 3..9)
    }

    /// The operations of each thread, over some of its steps.
    fn histories() -> impl Strategy<Value = Queue> {
        (operations(), steps(), proptest::collection::vec(0..3u32, 6)).prop_map(
            |(operations, steps, lengths)| {
                let taken = |thread| steps.iter().filter(|step| step.0 == thread).count() as u32;
                let mut begun = [0; 4];
                let operations = operations.iter().zip(lengths).map(|(&(thread, call, answer), length)| {
                    let from = begun[thread as usize];
                    let until = (from + length).min(taken(thread));
                    begun[thread as usize] = until;
                    let moment = |steps| Moment { thread: ThreadId(thread), steps };
                    Operation { call, answer, begun: moment(from), ended: moment(until) }
                });
                History::new(operations.collect(), &order(&steps)).unwrap()
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: kept("linearizability"), ..ProptestConfig::with_cases(30_000) })]

        #[test]
        fn agrees_with_brute_force(
            history in histories(),
            fifo in any::<bool>(),
            under_contention in any::<bool>(),
        ) {
            let spec = spec(if fifo { Order::Fifo } else { Order::Lifo }, under_contention);
            let brute = refuted_by_brute_force(&spec, &history, 0, &mut Vec::new());
            prop_assert_eq!(refute(&spec, &history).is_some(), brute);
        }
    }
}

//! Whether each operation seems to take place at one moment between its beginning and its end.
//!
//! A history of a class of equivalent executions is linearizable if that holds in every order of
//! beginnings and ends that the class contains. The search goes through these orders, and keeps for each
//! all that the sequential object may have done so far: its *configurations*. Where an operation ends, only
//! those stay in which it has taken place; if none is left, nothing explains the answers.
//!
//! It is exact, and exponential in the operations that overlap: meant for the scopes of model checking, and ended by a budget beyond them.
//! Two facts keep it small. An operation that can end, ends at once, because an earlier end only asks for
//! more. And a past that was reached before with the same configurations has the same future.
//!
//! Maurice Herlihy, Jeannette Wing, "Linearizability: a correctness condition for concurrent objects", 1990;
//! Jeannette Wing, Chun Gong, "Testing and verifying concurrent objects", 1993; Gavin Lowe, "Testing for
//! linearizability", 2017 (operations take place only just before one ends).

mod set;

use self::set::Set;
use super::budget::Meter;
use super::{Budget, Spent};
use crate::history::History;
use crate::spec::Spec;
use std::collections::{BTreeSet, HashSet};

/// Looks for an order in which no sequential object explains the answers. Gives the numbers of the
/// operations in such an order: as they begin, up to the one that cannot end.
///
/// # Errors
/// If the budget ends before that is decided.
pub fn refute<S: Spec>(
    spec: &S,
    history: &History<S::Call, S::Answer>,
    budget: Budget,
) -> Result<Option<Vec<usize>>, Spent> {
    let mut parts: Vec<u32> = history.operations.iter().map(|one| spec.part(&one.call)).collect();
    parts.sort_unstable();
    parts.dedup();
    let mut meter = Meter::new(budget);
    for part in parts {
        let refuted = match history.operations.len() {
            0..=64 => Search::<S, u64>::new(spec, history, part, &mut meter).run()?,
            _ => Search::<S, Box<[u64]>>::new(spec, history, part, &mut meter).run()?,
        };
        if refuted.is_some() {
            return Ok(refuted);
        }
    }
    Ok(None)
}

/// What the object may have done: its state, and the operations under way that have taken place.
type Configurations<S, O> = BTreeSet<(<S as Spec>::State, O)>;

/// Some of the beginnings and ends have come.
struct Stage<S: Spec, O> {
    begun: O,
    ended: O,
    /// Operations that have met another one under way.
    overlapped: O,
    configurations: Configurations<S, O>,
    /// The first operation that was not looked at as the one that begins next.
    next: usize,
}

struct Search<'a, S: Spec, O> {
    spec: &'a S,
    history: &'a History<S::Call, S::Answer>,
    /// Those on the part that is searched.
    operations: Vec<usize>,
    /// For each point, the operations that have begun and those that have ended before it in every order.
    earlier: Vec<[O; 2]>,
    seen: HashSet<(O, O, O, Configurations<S, O>)>,
    /// About how many bytes the configurations take that were seen.
    bytes: usize,
    meter: &'a mut Meter,
}

impl<'a, S: Spec, O: Set> Search<'a, S, O> {
    fn new(spec: &'a S, history: &'a History<S::Call, S::Answer>, part: u32, meter: &'a mut Meter) -> Self {
        let count = history.operations.len();
        let is_on_it = |&i: &usize| spec.part(&history.operations[i].call) == part;
        let operations: Vec<usize> = (0..count).filter(is_on_it).collect();
        let earlier = |point: usize| {
            [0, 1].map(|end| {
                let mut earlier = O::none(count);
                let before = |&&i: &&usize| history.is_earlier(2 * i + end, point);
                operations.iter().filter(before).for_each(|&i| earlier.insert(i));
                earlier
            })
        };
        let earlier = (0..2 * count).map(earlier).collect();
        Self { spec, history, operations, earlier, seen: HashSet::new(), bytes: 0, meter }
    }

    /// Goes through the orders of the beginnings, depth first.
    fn run(&mut self) -> Result<Option<Vec<usize>>, Spent> {
        let none = || O::none(self.history.operations.len());
        let configurations = [(self.spec.initial(), none())].into();
        let nothing = Stage { begun: none(), ended: none(), overlapped: none(), configurations, next: 0 };
        let (mut stages, mut begun) = (vec![nothing], Vec::new());
        while let Some(stage) = stages.last_mut() {
            let Some(operation) = self.next_begin(stage) else {
                stages.pop();
                begun.pop();
                continue;
            };
            let mut stage = self.after_begin(operation, stage);
            begun.push(operation);
            self.end_all(&mut stage)?;
            if stage.configurations.is_empty() {
                return Ok(Some(begun));
            }
            if self.is_new(&stage)? {
                stages.push(stage);
            } else {
                begun.pop();
            }
        }
        Ok(None)
    }

    /// Whether the point may come next.
    fn may_follow(&self, point: usize, stage: &Stage<S, O>) -> bool {
        let [begun, ended] = &self.earlier[point];
        begun.is_within(&stage.begun) && ended.is_within(&stage.ended)
    }

    fn next_begin(&self, stage: &mut Stage<S, O>) -> Option<usize> {
        let may_begin = |i: usize| !stage.begun.has(i) && self.may_follow(2 * i, stage);
        let place = (stage.next..self.operations.len()).find(|&place| may_begin(self.operations[place]))?;
        stage.next = place + 1;
        Some(self.operations[place])
    }

    fn next_end(&self, stage: &Stage<S, O>) -> Option<usize> {
        let may_end =
            |i: &usize| stage.begun.has(*i) && !stage.ended.has(*i) && self.may_follow(2 * i + 1, stage);
        self.operations.iter().copied().find(may_end)
    }

    fn after_begin(&self, operation: usize, stage: &Stage<S, O>) -> Stage<S, O> {
        let mut begun = stage.begun.clone();
        begun.insert(operation);
        let mut overlapped = stage.overlapped.clone();
        let others = stage.begun.without(&stage.ended);
        if !others.is_empty() {
            overlapped.insert(operation);
            others.members().for_each(|other| overlapped.insert(other));
        }
        let (ended, configurations) = (stage.ended.clone(), stage.configurations.clone());
        Stage { begun, ended, overlapped, configurations, next: 0 }
    }

    /// Ends all operations that can end.
    fn end_all(&mut self, stage: &mut Stage<S, O>) -> Result<(), Spent> {
        while let Some(operation) = self.next_end(stage) {
            stage.configurations = self.end(operation, stage)?;
            stage.ended.insert(operation);
        }
        Ok(())
    }

    /// Whether this was never reached before.
    fn is_new(&mut self, stage: &Stage<S, O>) -> Result<bool, Spent> {
        let Stage { begun, ended, overlapped, configurations, .. } = stage;
        let known = (begun.clone(), ended.clone(), overlapped.clone(), configurations.clone());
        if !self.seen.insert(known) {
            return Ok(false);
        }
        let bytes = |(state, done): &(S::State, O)| self.spec.bytes(state) + done.bytes();
        self.bytes += 3 * begun.bytes() + configurations.iter().map(bytes).sum::<usize>();
        self.meter.holds(self.bytes)?;
        Ok(true)
    }

    /// The configurations in which the operation has taken place, now that it ends.
    fn end(&mut self, operation: usize, stage: &Stage<S, O>) -> Result<Configurations<S, O>, Spent> {
        let under_way = stage.begun.without(&stage.ended);
        let mut reached = stage.configurations.clone();
        let mut open: Vec<_> = reached.iter().cloned().collect();
        let mut ended = BTreeSet::new();
        while let Some((state, mut done)) = open.pop() {
            if done.has(operation) {
                done.remove(operation);
                ended.insert((state, done));
                continue;
            }
            for i in under_way.without(&done).members() {
                self.meter.step()?;
                for next in self.step(&state, i, stage.overlapped.has(i)) {
                    let mut done = done.clone();
                    done.insert(i);
                    let next = (next, done);
                    if !reached.contains(&next) {
                        reached.insert(next.clone());
                        open.push(next);
                    }
                }
            }
        }
        Ok(ended)
    }

    /// The states after an operation.
    fn step(&self, state: &S::State, operation: usize, overlapped: bool) -> impl Iterator<Item = S::State> {
        let one = &self.history.operations[operation];
        let fails = overlapped && self.spec.may_fail(&one.call, Some(&one.answer));
        let unchanged = fails.then(|| state.clone());
        self.spec.step(state, &one.call, &one.answer).into_iter().chain(unchanged)
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
    use crate::spec::SetCall::{Contains, Insert};
    use crate::spec::{QueueSpec, SetAnswer, SetSpec};
    use proptest::prelude::*;

    type Queue = History<QueueCall, QueueAnswer>;

    fn refute(spec: &QueueSpec, history: &Queue) -> Option<Vec<usize>> {
        super::refute(spec, history, Budget::default()).unwrap()
    }

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

    fn history(operations: &[(u32, QueueCall, QueueAnswer)], steps: &[Step]) -> Queue {
        history_of(operations, steps)
    }

    /// Each thread's operations, one step each.
    fn history_of<C: Copy, A: Copy>(operations: &[(u32, C, A)], steps: &[Step]) -> History<C, A> {
        let mut taken = [0; 4];
        let operations = operations.iter().map(|&(thread, call, answer)| {
            let steps = &mut taken[thread as usize];
            let begun = Moment { thread: ThreadId(thread), steps: *steps };
            *steps += 1;
            Operation { call, answer, begun, ended: Moment { steps: *steps, ..begun } }
        });
        History::new(operations.collect(), &order(steps))
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
            History::new(history.operations, &order(&[(2, vec![]), (1, vec![1]), (1, vec![]), (2, vec![1])]));
        assert!(refute(&spec(Order::Fifo, false), &history).is_some());
        history.operations[1].ended.steps = 2;
        let order = order(&[(2, vec![]), (1, vec![1]), (1, vec![]), (2, vec![1])]);
        let history = History::new(history.operations, &order);
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
        let history = History::new(operations, &order(&steps));
        assert!(refute(&spec(Order::Fifo, false), &history).is_some());
        assert_eq!(refute(&spec(Order::Fifo, true), &history), None);
    }

    /// Two threads that depend on each other push and pop by turns, so often.
    fn by_turns(times: u32) -> Queue {
        let one = |i: u32| match i % 2 {
            0 => (1, Push(i), Pushed),
            _ => (2, Pop, Popped(i - 1)),
        };
        let operations: Vec<_> = (0..times).map(one).collect();
        let steps: Vec<Step> = operations.iter().map(|one| (one.0, vec![1])).collect();
        history(&operations, &steps)
    }

    #[test]
    fn a_history_may_be_long() {
        let mut history = by_turns(500);
        assert_eq!(refute(&spec(Order::Fifo, false), &history), None);
        history.operations[301].answer = Popped(0);
        assert_eq!(refute(&spec(Order::Fifo, false), &history), Some((0..302).collect()));
    }

    #[test]
    fn says_that_it_does_not_know_when_its_means_end() {
        let few = Budget { steps: 10, ..Budget::default() };
        let told = super::refute(&spec(Order::Fifo, false), &by_turns(10), few);
        assert_eq!(told, Ok(None));
        let told = super::refute(&spec(Order::Fifo, false), &by_turns(11), few);
        assert_eq!(told, Err(Spent::Steps(10)));
        let little = Budget { bytes: 100, ..Budget::default() };
        let told = super::refute(&spec(Order::Fifo, false), &by_turns(10), little);
        assert_eq!(told, Err(Spent::Bytes(100)));
    }

    /// What is done to one value says nothing of another.
    #[test]
    fn rejects_a_part_that_is_wrong() {
        let asked = |thread, call, answer| (thread, call, SetAnswer(answer));
        let operations = [asked(1, Insert(7), true), asked(2, Insert(8), true), asked(2, Contains(7), false)];
        let steps = [(1, vec![]), (2, vec![]), (2, vec![2])];
        let told = super::refute(&SetSpec, &history_of(&operations, &steps), Budget::default());
        assert_eq!(told, Ok(Some(vec![0, 2])));
        let steps = [(2, vec![]), (2, vec![]), (1, vec![1])];
        let told = super::refute(&SetSpec, &history_of(&operations, &steps), Budget::default());
        assert_eq!(told, Ok(None));
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
            let comes = past & 1 << point == 0
                && (0..2 * history.operations.len())
                    .all(|earlier| past & 1 << earlier != 0 || !history.is_earlier(earlier, point));
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
                History::new(operations.collect(), &order(&steps))
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
            let mut meter = Meter::new(Budget::default());
            let large = Search::<_, Box<[u64]>>::new(&spec, &history, 0, &mut meter).run();
            prop_assert_eq!(large.unwrap().is_some(), brute);
        }
    }
}

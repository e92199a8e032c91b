//! The monitors against all orders of small logs, and on longer logs of which it is known what they are.

use super::check;
use super::items::Operation;
use crate::check::Decision;
use crate::history::log::{Entry, NEVER};
use crate::scenario::SplitMix64;
use crate::spec::Order::{self, Fifo, Lifo, Priority, Unordered};
use crate::spec::QueueAnswer::{Empty, Full, Popped, Pushed};
use crate::spec::QueueCall::{Pop, Push};
use crate::spec::{QueueAnswer, QueueSpec};

fn unbounded(order: Order) -> QueueSpec {
    super::unbounded(order)
}

/// Which item goes out next, where it is known which one did.
fn next_out(order: Order, items: &[u32], label: u32) -> Option<usize> {
    let index = match order {
        Fifo => 0,
        Lifo => items.len().checked_sub(1)?,
        Priority => (0..items.len()).min_by_key(|&index| items[index])?,
        Unordered => return items.iter().position(|&item| item == label),
    };
    (items.get(index) == Some(&label)).then_some(index)
}

/// All orders of a small log, one after the other.
struct AllOrders<'a> {
    spec: QueueSpec,
    log: &'a [Operation],
}

impl AllOrders<'_> {
    fn explain(&self) -> bool {
        self.go_on(0, &mut Vec::new())
    }

    /// Whether what is not done can be explained from this state on.
    fn go_on(&self, done: u32, items: &mut Vec<u32>) -> bool {
        let open = || (0..self.log.len()).filter(move |i| done & 1 << i == 0);
        if open().all(|i| self.log[i].ended == NEVER && self.log[i].answer.is_none()) {
            return true;
        }
        let is_next = |&i: &usize| open().all(|other| self.log[other].ended >= self.log[i].begun);
        open().filter(is_next).any(|i| {
            let answers = match (self.log[i].call, self.log[i].answer) {
                (_, Some(answer)) => vec![answer],
                (Push(_), None) => vec![Pushed, Full],
                (Pop, None) => items.iter().map(|&item| Popped(item)).chain([Empty]).collect(),
            };
            answers.into_iter().any(|answer| self.step(i, answer, done | 1 << i, items))
        })
    }

    fn step(&self, i: usize, answer: QueueAnswer, done: u32, items: &mut Vec<u32>) -> bool {
        let meets = |other: &Operation| !other.precedes(&self.log[i]) && !self.log[i].precedes(other);
        let others = (0..self.log.len()).filter(|&other| other != i && meets(&self.log[other])).count();
        let may_fail = self.spec.fails_under_contention && others > 0;
        match (self.log[i].call, answer) {
            (Push(label), Pushed) => {
                items.push(label);
                let explained = self.go_on(done, items);
                items.pop();
                explained
            }
            (Pop, Popped(label)) => {
                let Some(index) = next_out(self.spec.order, items, label) else { return false };
                items.remove(index);
                let explained = self.go_on(done, items);
                items.insert(index, label);
                explained
            }
            (Push(_), Full) => {
                (may_fail || self.spec.answers_at_once && items.len() >= self.spec.capacity)
                    && self.go_on(done, items)
            }
            (Pop, Empty) => {
                (may_fail || self.spec.answers_at_once && items.is_empty()) && self.go_on(done, items)
            }
            _ => false,
        }
    }
}

/// What a random log is like.
#[derive(Clone, Copy)]
struct Shape {
    operations: usize,
    /// How long operations last at most, where there are four times as many moments as operations.
    longest: usize,
    /// In how many of a hundred a result is unknown.
    unknown: usize,
    /// How many of a hundred never return.
    pending: usize,
}

/// A log of an object that takes the operations one by one, each at a moment between its beginning and its end.
fn simulate(spec: &QueueSpec, shape: Shape, random: &mut SplitMix64) -> Vec<Operation> {
    let mut moments = Vec::new();
    let mut labels: Vec<u32> = (0..shape.operations as u32).map(|label| label * 3 + 1).collect();
    for index in (1..labels.len()).rev() {
        labels.swap(index, random.between(0, index));
    }
    for (process, label) in labels.into_iter().enumerate() {
        let begun = random.between(0, 4 * shape.operations);
        let ended = begun + random.between(0, shape.longest);
        let call = if random.between(0, 1) == 0 { Push(label) } else { Pop };
        let moment = random.between(begun, ended);
        let entry =
            Entry { process: process as u32, call, answer: None, begun: begun as u64, ended: ended as u64 };
        moments.push((moment, entry));
    }
    moments.sort_by_key(|(moment, _)| *moment);
    let mut items = Vec::new();
    moments.into_iter().map(|(_, entry)| answer(spec, entry, &mut items)).collect()
}

/// Lets the object answer.
fn answer(spec: &QueueSpec, mut entry: Operation, items: &mut Vec<u32>) -> Operation {
    entry.answer = Some(match entry.call {
        Push(_) if items.len() >= spec.capacity => Full,
        Push(label) => {
            items.push(label);
            Pushed
        }
        Pop => items
            .iter()
            .find_map(|&label| next_out(spec.order, items, label))
            .map_or(Empty, |next| Popped(items.remove(next))),
    });
    entry
}

/// Forgets some of what was answered.
fn forget(log: &mut [Operation], shape: Shape, random: &mut SplitMix64) {
    for entry in log {
        if random.between(0, 99) < shape.pending {
            (entry.answer, entry.ended) = (None, NEVER);
        } else if random.between(0, 99) < shape.unknown {
            entry.answer = None;
        }
    }
}

/// Gives the answers of two pops to each other, or lets an operation take place at another time.
fn disturb(log: &mut [Operation], random: &mut SplitMix64) {
    let (one, other) = (random.between(0, log.len() - 1), random.between(0, log.len() - 1));
    if log[one].call == Pop && log[other].call == Pop && random.between(0, 1) == 0 {
        (log[one].answer, log[other].answer) = (log[other].answer, log[one].answer);
    } else {
        let length = log[one].ended - log[one].begun;
        log[one].begun = log[other].begun + random.between(0, 4) as u64;
        log[one].ended = log[one].begun + length;
    }
}

fn small(spec: &QueueSpec, random: &mut SplitMix64) -> Vec<Operation> {
    let careless = random.between(0, 2) == 0;
    let (unknown, pending) = if careless { (15, 15) } else { (0, 5) };
    let shape = Shape { operations: random.between(2, 8), longest: random.between(1, 16), unknown, pending };
    let mut log = simulate(spec, shape, random);
    for _ in 0..random.between(0, 3) {
        disturb(&mut log, random);
    }
    forget(&mut log, shape, random);
    log
}

/// How often a check said what.
#[derive(Debug, Default)]
struct Tally {
    holds: u32,
    violated: u32,
    unknown: u32,
}

impl Tally {
    fn has_both(&self) -> bool {
        let tenth = (self.holds + self.violated + self.unknown) / 10;
        self.holds >= tenth && self.violated >= tenth
    }
}

/// Compares the check of this container with all orders.
fn agree(spec: &QueueSpec, seed: u64) -> Tally {
    let mut random = SplitMix64::new(seed);
    let mut tally = Tally::default();
    for case in 0..100_000 {
        let log = small(spec, &mut random);
        let truth = AllOrders { spec: *spec, log: &log }.explain();
        match check(spec, &log) {
            Decision::Holds => {
                assert!(truth, "case {case} of {spec:?} is accepted: {log:#?}");
                tally.holds += 1;
            }
            Decision::Violated(witness) => {
                assert!(!truth, "case {case} of {spec:?} is rejected, {witness:?}: {log:#?}");
                let part: Vec<Operation> = witness.entries.iter().map(|&entry| log[entry].clone()).collect();
                let explained = AllOrders { spec: *spec, log: &part }.explain();
                assert!(
                    !explained,
                    "case {case} of {spec:?}: {witness:?} is no violation by itself: {log:#?}"
                );
                tally.violated += 1;
            }
            Decision::Unknown(_) => tally.unknown += 1,
        }
    }
    tally
}

macro_rules! orders {
    ($test:ident, $body:expr) => {
        mod $test {
            use super::*;

            #[test]
            fn of_a_queue() {
                $body(Fifo);
            }

            #[test]
            fn of_a_stack() {
                $body(Lifo);
            }

            #[test]
            fn of_a_priority_queue() {
                $body(Priority);
            }

            #[test]
            fn of_a_bag() {
                $body(Unordered);
            }
        }
    };
}

orders!(agrees_with_all_orders, |order| {
    let tally = agree(&unbounded(order), 1);
    assert!(tally.has_both() && tally.unknown == 0, "{tally:?}");
});

orders!(agrees_with_all_orders_where_there_is_little_room, |order| {
    let tally = agree(&QueueSpec { capacity: 2, ..unbounded(order) }, 2);
    // Answers of `Full`, and pushes that may have had such an answer.
    assert!(tally.has_both() && tally.unknown <= 12_000, "{tally:?}");
});

orders!(agrees_with_all_orders_where_it_fails_under_contention, |order| {
    let spec = QueueSpec { capacity: 2, fails_under_contention: true, ..unbounded(order) };
    let tally = agree(&spec, 3);
    assert!(tally.has_both() && tally.unknown <= 5_000, "{tally:?}");
});

orders!(agrees_with_all_orders_where_it_waits, |order| {
    let tally = agree(&QueueSpec { answers_at_once: false, ..unbounded(order) }, 4);
    assert!(tally.has_both() && tally.unknown == 0, "{tally:?}");
});

/// Items that come and go at random times, each of them in and out.
fn in_and_out(random: &mut SplitMix64) -> Vec<Operation> {
    let mut log = Vec::new();
    let longest = random.between(1, 12);
    for label in 0..random.between(3, 6) as u32 {
        let mut times = [(); 2].map(|()| random.between(0, 24) as u64);
        times.sort_unstable();
        for (call, answer, begun) in [(Push(label), Pushed, times[0]), (Pop, Popped(label), times[1])] {
            let ended = begun + random.between(0, longest) as u64;
            log.push(Entry { process: label, call, answer: Some(answer), begun, ended });
        }
    }
    log
}

orders!(agrees_with_all_orders_of_more_items, |order| {
    let (mut random, spec) = (SplitMix64::new(6), unbounded(order));
    let mut right = 0;
    for _ in 0..20_000 {
        let log = in_and_out(&mut random);
        let explained = AllOrders { spec, log: &log }.explain();
        assert_eq!(check(&spec, &log) == Decision::Holds, explained, "{order}: {log:#?}");
        right += u32::from(explained);
    }
    assert!((2_000..18_000).contains(&right) || order == Unordered && right == 20_000, "{right} are right");
});

/// A thousand operations with eight under way at any time.
const LONG: Shape = Shape { operations: 1_000, longest: 64, unknown: 0, pending: 1 };

/// Operations that are wrong in this order, wherever they stand, and the part of them that must be in any witness.
fn seeded(order: Order, log: &mut Vec<Operation>, random: &mut SplitMix64) -> Vec<usize> {
    let at = random.between(0, 4_000) as u64;
    // Apart from all others by their labels, and among them by their times.
    let (one, two) = if order == Lifo { (9_001, 9_000) } else { (9_000, 9_001) };
    let calls = match order {
        Fifo | Lifo | Priority => {
            vec![(Push(9_000), Pushed), (Push(9_001), Pushed), (Pop, Popped(two)), (Pop, Popped(one))]
        }
        Unordered => vec![(Push(9_000), Pushed), (Pop, Empty), (Pop, Popped(9_000))],
    };
    let first = log.len();
    for (index, (call, answer)) in calls.into_iter().enumerate() {
        let begun = at + 3 * index as u64;
        log.push(Entry { process: 9, call, answer: Some(answer), begun, ended: begun + 1 });
    }
    // The others stand around them, wherever they were.
    (first..log.len()).collect()
}

orders!(long_logs_are_told_apart, |order| {
    let mut random = SplitMix64::new(5);
    for _ in 0..100 {
        let mut log = simulate(&unbounded(order), LONG, &mut random);
        assert_eq!(check(&unbounded(order), &log), Decision::Holds);
        let seeds = seeded(order, &mut log, &mut random);
        let Decision::Violated(witness) = check(&unbounded(order), &log) else {
            panic!("{order} is accepted")
        };
        assert!(witness.entries.len() <= 8, "{witness:?}");
        assert!(seeds.iter().any(|seed| witness.entries.contains(seed)), "{witness:?}");
        forget(&mut log[..1_000], LONG, &mut random);
        assert_ne!(check(&unbounded(order), &log), Decision::Holds);
    }
});

fn entry(call: crate::spec::QueueCall, answer: QueueAnswer, begun: u64, ended: u64) -> Operation {
    Entry { process: 0, call, answer: Some(answer), begun, ended }
}

fn reason(order: Order, log: &[Operation]) -> String {
    match check(&unbounded(order), log) {
        Decision::Violated(witness) => witness.reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn reasons_are_sentences() {
    let in_and_out = |first, second| {
        [
            entry(Push(7), Pushed, 0, 1),
            entry(Push(9), Pushed, 2, 3),
            entry(Pop, Popped(first), 4, 5),
            entry(Pop, Popped(second), 6, 7),
        ]
    };
    assert_eq!(
        reason(Fifo, &in_and_out(9, 7)),
        "7 was pushed wholly before 9, but 9 was popped wholly before 7"
    );
    assert_eq!(
        reason(Lifo, &in_and_out(7, 9)),
        "7 was popped while 9, which was pushed wholly after it, was still inside"
    );
    assert_eq!(reason(Priority, &in_and_out(9, 7)), "9 was popped while 7, which comes first, was inside");
    assert_eq!(reason(Unordered, &in_and_out(9, 9)), "9 was popped twice");
    assert_eq!(reason(Unordered, &in_and_out(9, 8)), "8 was popped, and never pushed");
    let empty = [entry(Push(7), Pushed, 0, 1), entry(Pop, Empty, 2, 3)];
    assert_eq!(reason(Unordered, &empty), "Empty was answered, but at every moment of that 7 was inside");
    let early = [entry(Pop, Popped(7), 0, 1), entry(Push(7), Pushed, 2, 3)];
    assert_eq!(reason(Unordered, &early), "7 was popped wholly before it was pushed");
    let no_answer = [entry(Pop, Full, 0, 1)];
    assert_eq!(reason(Fifo, &no_answer), "Full is no answer to Pop");
}

#[test]
fn rejects_three_items_on_a_stack_of_which_any_two_are_right() {
    // Each overlaps the next one; each can lie below one of the others, and none below both.
    let log = [
        entry(Push(1), Pushed, 0, 1),
        entry(Push(2), Pushed, 2, 3),
        entry(Push(3), Pushed, 5, 7),
        entry(Pop, Popped(1), 4, 9),
        entry(Pop, Popped(2), 8, 12),
        entry(Pop, Popped(3), 10, 11),
    ];
    let without = |label: u32| -> Vec<Operation> {
        let is_other = |entry: &&Operation| entry.call != Push(label) && entry.answer != Some(Popped(label));
        log.iter().filter(is_other).cloned().collect()
    };
    for label in 1..=3 {
        assert_eq!(check(&unbounded(Lifo), &without(label)), Decision::Holds, "without {label}");
    }
    assert!(!AllOrders { spec: unbounded(Lifo), log: &log }.explain());
    assert_eq!(
        reason(Lifo, &log),
        "at every moment one of 1, 2 and 3 was inside, so one lies below the others, but none can have come first and gone last"
    );
}

#[test]
fn values_that_are_not_distinct_are_left_to_others() {
    let log = [entry(Push(7), Pushed, 0, 1), entry(Push(7), Pushed, 2, 3), entry(Pop, Popped(7), 4, 5)];
    assert!(matches!(check(&unbounded(Fifo), &log), Decision::Unknown(_)));
    let again = [entry(Push(7), Full, 0, 1), entry(Push(7), Pushed, 2, 3), entry(Pop, Popped(7), 4, 5)];
    assert_eq!(check(&QueueSpec { capacity: 0, ..unbounded(Fifo) }, &again), Decision::Holds);
}

#[test]
fn pops_without_a_result_are_not_tried_for_ever() {
    let unknown = |begun| Entry { process: 0, call: Pop, answer: None, begun, ended: begun + 50 };
    let mut log: Vec<Operation> =
        (0..40).map(|label| entry(Push(label), Pushed, u64::from(label), 100)).collect();
    log.extend((0..40).map(|n| unknown(200 + n)));
    log.push(entry(Push(100), Pushed, 300, 301));
    log.extend((0..2).map(|n| entry(Pop, Empty, 400 + n, 500)));
    assert!(!matches!(check(&unbounded(Fifo), &log), Decision::Holds));
}

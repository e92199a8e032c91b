pub(crate) mod brute;
pub(crate) mod reference;

use self::brute::{LogOf, explained, log};
use self::reference::{Counter, Items, Reference, Register, Set, Store};
use super::*;
use crate::history::log::NEVER;
use crate::scenario::SplitMix64;
use crate::spec::{
    CounterSpec, KvSpec, Order, QueueAnswer, QueueCall, QueueSpec, RegisterAnswer, RegisterCall,
    RegisterSpec, SetSpec,
};

/// How many random logs of each object are compared.
pub(crate) const LOGS: usize = 100_000;

/// Compares a check with brute force on random logs. A tenth of them at least are good, and a tenth bad.
pub(crate) fn compare<R: Reference>(object: &R, mut check: impl FnMut(&LogOf<R>) -> (bool, bool)) {
    let mut random = SplitMix64::new(12);
    let (mut good, mut bad) = (0, 0);
    for number in 0..LOGS {
        let log = log(object, &mut random);
        let (said, right) = check(&log);
        assert_eq!(said, right, "log {number}: {log:#?}");
        *(if right { &mut good } else { &mut bad }) += 1;
    }
    assert!(good >= LOGS / 10 && bad >= LOGS / 10, "{good} good, {bad} bad");
}

fn linearizable<R: Reference>(object: &R, log: &LogOf<R>) -> bool {
    explained(object, log, &|a, b| log[a].precedes(&log[b]))
}

/// Whether what the witness says is so: its entries are wrong by themselves, and without the end of the last one they are not.
fn is_true<R: Reference>(object: &R, log: &LogOf<R>, witness: &Witness) -> bool {
    let mut part: LogOf<R> = witness.entries.iter().map(|&place| log[place].clone()).collect();
    let wrong = !linearizable(object, &part);
    let until = part[part.len() - 1].ended;
    for entry in part.iter_mut().filter(|entry| entry.ended >= until) {
        (entry.ended, entry.answer) = (NEVER, None);
    }
    wrong && linearizable(object, &part)
}

fn agrees<R: Reference>(spec: &impl Spec<Call = R::Call, Answer = R::Answer>, object: &R) {
    compare(object, |log| {
        let said = match check(spec, log, Budget::default()) {
            Decision::Holds => true,
            Decision::Violated(witness) => {
                assert!(is_true(object, log, &witness), "{witness:?} of {log:#?}");
                false
            }
            Decision::Unknown(why) => panic!("{why}"),
        };
        (said, linearizable(object, log))
    });
}

fn agrees_on_queues(order: Order, waits: bool, fails: bool) {
    let spec = QueueSpec { order, capacity: 2, answers_at_once: !waits, fails_under_contention: fails };
    agrees(&spec, &Items { order, k: 1, waits, fails, room: 2, items: Vec::new() });
}

#[test]
fn agrees_with_brute_force_on_registers() {
    agrees(&RegisterSpec { initial: None }, &Register(None));
}

#[test]
fn agrees_with_brute_force_on_sets() {
    agrees(&SetSpec, &Set::default());
}

#[test]
fn agrees_with_brute_force_on_stores() {
    agrees(&KvSpec, &Store::default());
}

#[test]
fn agrees_with_brute_force_on_counters() {
    agrees(&CounterSpec, &Counter::default());
}

#[test]
fn agrees_with_brute_force_on_queues() {
    agrees_on_queues(Order::Fifo, false, false);
}

#[test]
fn agrees_with_brute_force_on_queues_that_wait() {
    agrees_on_queues(Order::Fifo, true, false);
}

#[test]
fn agrees_with_brute_force_on_queues_that_fail_under_contention() {
    agrees_on_queues(Order::Fifo, false, true);
}

#[test]
fn agrees_with_brute_force_on_stacks() {
    agrees_on_queues(Order::Lifo, false, false);
}

#[test]
fn agrees_with_brute_force_on_priority_queues() {
    agrees_on_queues(Order::Priority, false, false);
}

#[test]
fn agrees_with_brute_force_on_bags() {
    agrees_on_queues(Order::Unordered, false, false);
}

fn entry<C, A>(process: u32, call: C, answer: Option<A>, (begun, ended): (u64, u64)) -> Entry<C, A> {
    Entry { process, call, answer, begun, ended }
}

#[test]
fn accepts_what_overlaps() {
    let write = entry(0, RegisterCall::Write(1), Some(RegisterAnswer::Done), (0, 5));
    let read = entry(1, RegisterCall::Read, Some(RegisterAnswer::Value(1)), (5, 6));
    assert_eq!(check(&RegisterSpec::default(), &[write, read], Budget::default()), Decision::Holds);
}

#[test]
fn rejects_a_value_that_is_older_than_one_that_was_read() {
    let log = [
        entry(0, RegisterCall::Write(1), None, (0, NEVER)),
        entry(1, RegisterCall::Read, Some(RegisterAnswer::Value(1)), (3, 4)),
        entry(1, RegisterCall::Read, Some(RegisterAnswer::Value(0)), (5, 6)),
        entry(1, RegisterCall::Read, Some(RegisterAnswer::Value(9)), (7, 8)),
    ];
    let Decision::Violated(witness) = check(&RegisterSpec::default(), &log, Budget::default()) else {
        panic!("a stale read passes")
    };
    assert_eq!(witness.entries, [0, 1, 2]);
    assert_eq!(
        witness.reason,
        "Read of process 1 cannot have answered Value(0): no order explains the 3 operations that had begun when it ended, and one \
         explains all that had ended before"
    );
}

/// Two items at a time in a queue, pushed by threads that always overlap.
fn long_log(operations: u32) -> Vec<Entry<QueueCall, QueueAnswer>> {
    let pair = |label: u32| {
        let at = u64::from(10 * label);
        let push = entry(label % 3, QueueCall::Push(label), Some(QueueAnswer::Pushed), (at, at + 25));
        let pop = entry(3 + label % 3, QueueCall::Pop, Some(QueueAnswer::Popped(label)), (at + 6, at + 29));
        [push, pop]
    };
    (0..operations / 2).flat_map(pair).collect()
}

#[test]
fn accepts_long_logs_and_rejects_them_with_one_answer_changed() {
    let spec = QueueSpec {
        order: Order::Fifo,
        capacity: usize::MAX,
        answers_at_once: false,
        fails_under_contention: false,
    };
    let mut log = long_log(20_000);
    assert_eq!(check(&spec, &log, Budget::default()), Decision::Holds);
    log[19_001].answer = Some(QueueAnswer::Popped(3));
    assert!(matches!(check(&spec, &log, Budget::default()), Decision::Violated(_)));
}

#[test]
fn says_that_it_does_not_know_when_its_means_end() {
    let spec = RegisterSpec::default();
    let mut log: Vec<_> = (0..60)
        .map(|i| entry(i, RegisterCall::Write(i % 30), Some(RegisterAnswer::Done), (0, 100)))
        .collect();
    log.push(entry(60, RegisterCall::Read, Some(RegisterAnswer::Value(77)), (0, 100)));
    let few_steps = Budget { steps: 1_000, ..Budget::default() };
    let known = "not decided within 1000 steps: give it more `steps`";
    assert_eq!(check(&spec, &log, few_steps), Decision::Unknown(known.to_owned()));
    let few_bytes = Budget { bytes: 10_000, ..Budget::default() };
    let known = "not decided within 10000 bytes of memory: give it more `bytes`";
    assert_eq!(check(&spec, &log, few_bytes), Decision::Unknown(known.to_owned()));
}

#[test]
fn what_ends_before_it_begins_is_not_decided() {
    let log = [entry(0, RegisterCall::Read, Some(RegisterAnswer::Value(0)), (5, 4))];
    let known = Decision::Unknown("entry 0 ends before it begins".to_owned());
    assert_eq!(check(&RegisterSpec::default(), &log, Budget::default()), known);
}

use super::*;
use crate::check::{Budget, general, sequential};
use crate::history::log::NEVER;
use crate::scenario::SplitMix64;
use crate::spec::{
    KvCall, KvSpec, Order, QueueAnswer, QueueCall, QueueSpec, RegisterAnswer, RegisterCall, RegisterSpec,
    SetCall, SetSpec, Spec,
};
use std::collections::HashMap;
use std::mem::discriminant;

type Log<S> = Vec<Entry<<S as Spec>::Call, <S as Spec>::Answer>>;

const fn queue(order: Order, capacity: usize) -> QueueSpec {
    QueueSpec { order, capacity, answers_at_once: true, fails_under_contention: false }
}

/// A history that a sequential object explains: of overlapping operations, some of which nobody knows the answer of, and some of
/// which have never ended.
fn explained<S: Spec>(
    spec: &S,
    random: &mut SplitMix64,
    call: &mut impl FnMut(&mut SplitMix64) -> S::Call,
) -> Log<S> {
    let operations = random.between(2, 9);
    let mut states: HashMap<u32, S::State> = HashMap::new();
    let mut log = Vec::new();
    for index in 0..operations {
        let (call, now) = (call(random), 100 + 10 * index as u64);
        let is_open = random.between(0, 7) == 0;
        let begun = now - random.between(0, 40) as u64;
        let ended = if is_open { NEVER } else { now + random.between(0, 40) as u64 };
        let state = states.entry(spec.part(&call)).or_insert_with(|| spec.initial());
        let answers: Vec<S::Answer> = spec.answers(state, &call).into_iter().collect();
        let Some(place) = answers.len().checked_sub(1) else { continue };
        let answer = answers.into_iter().nth(random.between(0, place));
        let answer = answer.expect("one of them");
        if !is_open || random.between(0, 1) == 0 {
            *state = spec.step(state, &call, &answer).into_iter().next().expect("it may answer so");
        }
        let is_known = !is_open && random.between(0, 7) > 0;
        log.push(Entry { process: index as u32, call, answer: is_known.then_some(answer), begun, ended });
    }
    log
}

/// Calls of a queue; nearly always each pushes another item.
fn queue_call() -> impl FnMut(&mut SplitMix64) -> QueueCall {
    let mut last = 0;
    move |random| match random.between(0, 1) {
        0 => {
            last = (last + u32::from(random.between(0, 9) > 0)) % 1_000;
            QueueCall::Push(last)
        }
        _ => QueueCall::Pop,
    }
}

fn register_call(random: &mut SplitMix64) -> RegisterCall {
    let mut value = || random.between(0, 3) as u32;
    let (one, other) = (value(), value());
    match random.between(0, 2) {
        0 => RegisterCall::Read,
        1 => RegisterCall::Write(one),
        _ => RegisterCall::CompareExchange(one, other),
    }
}

fn set_call(random: &mut SplitMix64) -> SetCall {
    let item = random.between(0, 2) as u32;
    [SetCall::Insert(item), SetCall::Remove(item), SetCall::Contains(item)][random.between(0, 2)]
}

fn kv_call(random: &mut SplitMix64) -> KvCall {
    let key = random.between(0, 1) as u32;
    let text = ["a", "b"][random.between(0, 1)];
    [KvCall::Get(key), KvCall::Put(key, text.into()), KvCall::Append(key, text.into())][random.between(0, 2)]
        .clone()
}

fn judge<S: Spec>(spec: &S, log: &[Entry<S::Call, S::Answer>]) -> Decision {
    general::check(spec, log, Budget::default())
}

/// What is left of a right log is right.
fn parts_of_right_logs_are_right<S: Spec>(spec: &S, mut call: impl FnMut(&mut SplitMix64) -> S::Call)
where
    S::Call: Tied<Answer = S::Answer> + Clone,
    S::Answer: Clone,
{
    let mut random = SplitMix64::new(12);
    let mut smaller = 0;
    for _ in 0..2_000 {
        let log = explained::<S>(spec, &mut random, &mut call);
        assert_eq!(judge(spec, &log), Decision::Holds, "{log:?}");
        let ties = S::Call::ties(&log);
        let times: Vec<_> = log.iter().map(|entry| (entry.begun, entry.ended)).collect();
        let whole = Subset::new(&ties, &times);
        let mut part = whole.everything();
        for _ in 0..3 {
            let mask = random.next_u64() & random.next_u64();
            part = match random.between(0, 3) {
                0 => whole.without_stayers(&part),
                _ => whole.without(&part, |index| mask >> index & 1 == 1),
            };
            let rest: Log<S> = part.iter().map(|place| log[*place].clone()).collect();
            assert_eq!(judge(spec, &rest), Decision::Holds, "{rest:#?} of {log:#?}");
        }
        let some: Vec<usize> = (0..log.len()).filter(|_| random.between(0, 3) == 0).collect();
        let named = whole.with_ties(&some);
        let rest: Log<S> = named.iter().map(|place| log[*place].clone()).collect();
        assert_eq!(judge(spec, &rest), Decision::Holds, "{rest:#?} of {log:#?}");
        smaller +=
            usize::from(!part.is_empty() && part.len() < log.len()) + usize::from(named.len() < log.len());
    }
    assert!(smaller > 1_000, "only {smaller} parts were smaller");
}

#[test]
fn parts_of_right_queues_are_right() {
    for order in [Order::Fifo, Order::Lifo, Order::Priority, Order::Unordered] {
        parts_of_right_logs_are_right(&queue(order, usize::MAX), queue_call());
        parts_of_right_logs_are_right(&queue(order, 2), queue_call());
    }
}

#[test]
fn parts_of_right_registers_are_right() {
    parts_of_right_logs_are_right(&RegisterSpec::default(), register_call);
    parts_of_right_logs_are_right(&RegisterSpec { initial: None }, register_call);
}

#[test]
fn parts_of_right_sets_are_right() {
    parts_of_right_logs_are_right(&SetSpec, set_call);
}

#[test]
fn parts_of_right_stores_are_right() {
    parts_of_right_logs_are_right(&KvSpec, kv_call);
}

/// Wrong logs are explained by parts that are wrong, and of which nothing can be left out.
fn explanations_are_minimal<S: Spec>(spec: &S, mut call: impl FnMut(&mut SplitMix64) -> S::Call)
where
    S::Call: Tied<Answer = S::Answer> + Clone,
    S::Answer: Clone,
{
    let mut random = SplitMix64::new(34);
    let mut wrong = 0;
    while wrong < 300 {
        let mut log = explained::<S>(spec, &mut random, &mut call);
        // The answers of two operations change places.
        let [one, other] = [(); 2].map(|()| random.between(0, log.len().max(1) - 1));
        let is_known =
            |place: usize| log.get(place).is_some_and(|entry: &Entry<_, _>| entry.answer.is_some());
        if !is_known(one)
            || !is_known(other)
            || discriminant(&log[one].call) != discriminant(&log[other].call)
        {
            continue;
        }
        let (first, second) = (log[one].answer.clone(), log[other].answer.clone());
        (log[one].answer, log[other].answer) = (second, first);
        let Decision::Violated(witness) = judge(spec, &log) else { continue };
        wrong += 1;
        let explanation = explain(&log, &witness, |part| judge(spec, part), Limits::default());
        let part: Log<S> = explanation.entries.iter().map(|place| log[*place].clone()).collect();
        assert!(matches!(judge(spec, &part), Decision::Violated(_)), "{part:?}");
        assert!(explanation.is_minimal);
        let ties = S::Call::ties(&part);
        let times: Vec<_> = part.iter().map(|entry| (entry.begun, entry.ended)).collect();
        let whole = Subset::new(&ties, &times);
        let all = whole.everything();
        for left_out in 0..all.len() {
            let rest = whole.without(&all, |index| index == left_out);
            let rest: Log<S> = rest.iter().map(|place| part[*place].clone()).collect();
            assert!(
                rest.len() == part.len() || judge(spec, &rest) == Decision::Holds,
                "{rest:?} of {part:?}"
            );
        }
    }
}

#[test]
fn nothing_can_be_left_out_of_an_explanation() {
    for order in [Order::Fifo, Order::Lifo, Order::Priority, Order::Unordered] {
        explanations_are_minimal(&queue(order, usize::MAX), queue_call());
    }
    explanations_are_minimal(&RegisterSpec::default(), register_call);
    explanations_are_minimal(&SetSpec, set_call);
    explanations_are_minimal(&KvSpec, kv_call);
}

fn push(item: u32, begun: u64, ended: u64) -> Entry<QueueCall, QueueAnswer> {
    Entry { process: 0, call: QueueCall::Push(item), answer: Some(QueueAnswer::Pushed), begun, ended }
}

fn pop(item: u32, begun: u64, ended: u64) -> Entry<QueueCall, QueueAnswer> {
    Entry { process: 1, call: QueueCall::Pop, answer: Some(QueueAnswer::Popped(item)), begun, ended }
}

/// A hundred items go through a queue in order, and two in between do not.
fn two_out_of_order() -> Vec<Entry<QueueCall, QueueAnswer>> {
    let through = |item: u32| {
        [
            push(item, 10 * u64::from(item), 10 * u64::from(item) + 15),
            pop(item, 10 * u64::from(item) + 5, 10 * u64::from(item) + 20),
        ]
    };
    let mut log: Vec<_> = (0..100).flat_map(through).collect();
    log.extend([push(700, 500, 501), push(900, 502, 503), pop(900, 504, 505), pop(700, 506, 507)]);
    log
}

#[test]
fn two_items_explain_a_queue_of_hundreds() {
    let log = two_out_of_order();
    let fifo = queue(Order::Fifo, usize::MAX);
    let Decision::Violated(witness) = judge(&fifo, &log) else { panic!("900 came first") };
    let explanation = explain(&log, &witness, |part| judge(&fifo, part), Limits::default());
    assert_eq!((explanation.entries, explanation.is_minimal), (vec![200, 201, 202, 203], true));
}

#[test]
fn an_explanation_keeps_to_its_limits() {
    let log = two_out_of_order();
    let witness = Witness { reason: "it is".to_owned(), entries: (0..log.len()).collect() };
    let fifo = queue(Order::Fifo, usize::MAX);
    for (limits, most) in [
        (Limits { checks: 0, operations: 1_000 }, 0),
        (Limits { checks: 3, operations: 1_000 }, 3),
        (Limits { checks: 100, operations: 250 }, 2),
    ] {
        let checks = std::cell::Cell::new(0);
        let count = |part: &[Entry<QueueCall, QueueAnswer>]| {
            checks.set(checks.get() + 1);
            judge(&fifo, part)
        };
        let explanation = explain(&log, &witness, count, limits);
        assert!(checks.get() <= most && !explanation.is_minimal, "{} checks", checks.get());
    }
}

/// Nobody may leave out the write because it begins after the read has ended.
#[test]
fn without_time_what_comes_later_counts() {
    let entry =
        |process, call, answer, begun, ended| Entry { process, call, answer: Some(answer), begun, ended };
    let log = [
        entry(0, RegisterCall::Read, RegisterAnswer::Value(2), 0, 1),
        entry(1, RegisterCall::Write(1), RegisterAnswer::Done, 2, 3),
        entry(1, RegisterCall::CompareExchange(0, 2), RegisterAnswer::Done, 4, 5),
        entry(2, RegisterCall::Write(9), RegisterAnswer::Done, 0, 1),
    ];
    let check = |part: &[Entry<_, _>]| sequential::check(&RegisterSpec::default(), part, Budget::default());
    let Decision::Violated(witness) = check(&log) else { panic!("1 comes before 0") };
    let explanation = explain_untimed(&log, &witness, check, Limits::default());
    assert_eq!(explanation.entries, [1, 2]);
}

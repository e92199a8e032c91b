//! The check against all orders of small logs.

use super::*;
use crate::history::log::NEVER;
use crate::scenario::SplitMix64;

/// What the register answers, and what is in it then.
fn step(call: RegisterCall, value: u32) -> (RegisterAnswer, u32) {
    match call {
        RegisterCall::Read => (RegisterAnswer::Value(value), value),
        RegisterCall::Write(new) => (RegisterAnswer::Done, new),
        RegisterCall::CompareExchange(old, new) if old == value => (RegisterAnswer::Done, new),
        RegisterCall::CompareExchange(..) => (RegisterAnswer::Differs, value),
    }
}

/// Whether some order of these operations explains them.
fn explain(log: &[Operation], done: u32, value: u32) -> bool {
    let open = || (0..log.len()).filter(move |i| done & 1 << i == 0);
    if open().all(|i| log[i].ended == NEVER) {
        return true;
    }
    let is_next = |&i: &usize| open().all(|other| !log[other].precedes(&log[i]));
    open().filter(is_next).any(|i| {
        let (answer, next) = step(log[i].call, value);
        log[i].answer.is_none_or(|told| told == answer) && explain(log, done | 1 << i, next)
    })
}

fn random_call(random: &mut SplitMix64, exchanges: bool, new: u32, count: usize) -> RegisterCall {
    match random.between(0, if exchanges { 4 } else { 2 }) {
        0 | 1 => RegisterCall::Read,
        2 => RegisterCall::Write(new),
        _ => RegisterCall::CompareExchange(random.between(0, count.min(3)) as u32, new),
    }
}

/// Answers as a register would give them that takes operations one by one, each at a moment between its beginning and its end; some are then
/// given another time or another answer.
fn random_log(random: &mut SplitMix64, exchanges: bool) -> Vec<Operation> {
    let (count, longest) = (random.between(2, 8), random.between(0, 8));
    let careless = random.between(0, 2) == 0;
    let mut log: Vec<(usize, Operation)> = (0..count)
        .map(|process| {
            let begun = random.between(0, 24);
            let ended = begun + random.between(0, longest);
            let call = random_call(random, exchanges, process as u32 + 1, count);
            let entry = Entry {
                process: process as u32,
                call,
                answer: None,
                begun: begun as u64,
                ended: ended as u64,
            };
            (random.between(begun, ended), entry)
        })
        .collect();
    log.sort_by_key(|(moment, _)| *moment);
    let mut value = 0;
    let slips = random.between(0, 1);
    for (_, entry) in &mut log {
        let (answer, next) = step(entry.call, value);
        (entry.answer, value) = (Some(answer), next);
        if slips == 1 && random.between(0, 1) == 0 {
            let later = random.between(0, 16) as u64;
            (entry.begun, entry.ended) = (entry.begun + later, entry.ended + later);
        }
        if slips == 1
            && exchanges
            && random.between(0, 9) == 0
            && matches!(entry.call, RegisterCall::CompareExchange(..))
        {
            entry.answer = Some(if answer == RegisterAnswer::Done {
                RegisterAnswer::Differs
            } else {
                RegisterAnswer::Done
            });
        }
        match random.between(0, 9) {
            0 if careless => entry.answer = None,
            1 if careless => (entry.answer, entry.ended) = (None, NEVER),
            _ => {}
        }
    }
    log.into_iter().map(|(_, entry)| entry).collect()
}

/// How many logs of a hundred thousand are right, and how many are not decided.
fn agree(exchanges: bool) -> (u32, u32) {
    let mut random = SplitMix64::new(1);
    let (mut right, mut unknown) = (0, 0);
    for case in 0..100_000 {
        let log = random_log(&mut random, exchanges);
        let explained = explain(&log, 0, 0);
        match check(&log) {
            Decision::Holds => assert!(explained, "case {case} is accepted: {log:#?}"),
            Decision::Violated(witness) => {
                assert!(!explained, "case {case} is rejected, {witness:?}: {log:#?}");
                let part: Vec<Operation> = witness.entries.iter().map(|&entry| log[entry].clone()).collect();
                assert!(!explain(&part, 0, 0), "case {case}, {witness:?}: {log:#?}");
            }
            Decision::Unknown(_) => unknown += 1,
        }
        right += u32::from(explained);
    }
    (right, unknown)
}

#[test]
fn agrees_with_all_orders_of_reads_and_writes() {
    let (right, unknown) = agree(false);
    assert!((10_000..90_000).contains(&right) && unknown == 0, "{right} are right, {unknown} unknown");
}

#[test]
fn agrees_with_all_orders_of_exchanges() {
    let (right, unknown) = agree(true);
    assert!((10_000..90_000).contains(&right) && unknown <= 3_000, "{right} are right, {unknown} unknown");
}

#[test]
fn long_logs_are_told_apart() {
    let mut random = SplitMix64::new(2);
    let mut value = 0;
    let mut log: Vec<Operation> = (1..=1_000)
        .map(|number| {
            let moment = 100 + 10 * u64::from(number);
            let call = match random.between(0, 3) {
                0 => RegisterCall::Write(number),
                1 => RegisterCall::CompareExchange(value, number),
                _ => RegisterCall::Read,
            };
            let (answer, next) = step(call, value);
            value = next;
            let (begun, ended) =
                (moment - random.between(0, 40) as u64, moment + random.between(0, 40) as u64);
            Entry { process: 0, call, answer: Some(answer), begun, ended }
        })
        .collect();
    assert_eq!(check(&log), Decision::Holds);
    for (call, begun) in [(RegisterCall::Write(2_000), 3_000), (RegisterCall::Read, 6_000)] {
        let answer =
            if call == RegisterCall::Read { RegisterAnswer::Value(2_000) } else { RegisterAnswer::Done };
        log.push(Entry { process: 0, call, answer: Some(answer), begun, ended: begun + 1 });
    }
    let Decision::Violated(witness) = check(&log) else { panic!("an old value was read") };
    assert!(witness.entries.contains(&1_000) && witness.entries.len() < 50, "{witness:?}");
}

#[test]
fn values_that_are_not_distinct_are_left_to_others() {
    let write = |value, begun| {
        let (call, answer) = (RegisterCall::Write(value), Some(RegisterAnswer::Done));
        Entry { process: 0, call, answer, begun, ended: begun + 1 }
    };
    assert!(matches!(check(&[write(1, 0), write(1, 2)]), Decision::Unknown(_)));
    assert!(matches!(check(&[write(0, 0)]), Decision::Unknown(_)));
}

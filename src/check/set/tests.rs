//! The check against all orders of small logs.

use super::*;
use crate::history::log::NEVER;
use crate::scenario::SplitMix64;
use std::collections::BTreeSet;

/// Whether some order of these operations explains them.
fn explain(log: &[Operation], done: u32, state: &BTreeSet<u32>) -> bool {
    let open = || (0..log.len()).filter(move |i| done & 1 << i == 0);
    if open().all(|i| log[i].ended == NEVER) {
        return true;
    }
    let is_next = |&i: &usize| open().all(|other| !log[other].precedes(&log[i]));
    open().filter(is_next).any(|i| {
        let mut next = state.clone();
        let answer = match log[i].call {
            SetCall::Insert(value) => next.insert(value),
            SetCall::Remove(value) => next.remove(&value),
            SetCall::Contains(value) => next.contains(&value),
        };
        log[i].answer.is_none_or(|told| told.0 == answer) && explain(log, done | 1 << i, &next)
    })
}

fn random_log(random: &mut SplitMix64) -> Vec<Operation> {
    let (values, longest) = (random.between(1, 2), random.between(1, 16));
    let careless = random.between(0, 2) == 0;
    let mut log: Vec<(usize, Operation)> = (0..random.between(2, 8))
        .map(|process| {
            let value = random.between(1, values) as u32;
            let call = [SetCall::Insert, SetCall::Remove, SetCall::Contains][random.between(0, 2)](value);
            let begun = random.between(0, 20);
            let ended = begun + random.between(0, longest);
            let moment = random.between(begun, ended);
            (
                moment,
                Entry {
                    process: process as u32,
                    call,
                    answer: None,
                    begun: begun as u64,
                    ended: ended as u64,
                },
            )
        })
        .collect();
    log.sort_by_key(|(moment, _)| *moment);
    let mut state = BTreeSet::new();
    let slips = random.between(0, 1);
    for (_, entry) in &mut log {
        let answer = match entry.call {
            SetCall::Insert(value) => state.insert(value),
            SetCall::Remove(value) => state.remove(&value),
            SetCall::Contains(value) => state.contains(&value),
        };
        entry.answer = Some(SetAnswer(answer ^ (slips == 1 && random.between(0, 3) == 0)));
        match random.between(0, 9) {
            0 if careless => entry.answer = None,
            1 if careless => (entry.answer, entry.ended) = (None, NEVER),
            _ => {}
        }
    }
    log.into_iter().map(|(_, entry)| entry).collect()
}

#[test]
fn agrees_with_all_orders() {
    let mut random = SplitMix64::new(1);
    let mut right = 0;
    for case in 0..100_000 {
        let log = random_log(&mut random);
        let explained = explain(&log, 0, &BTreeSet::new());
        match check(&log) {
            Decision::Holds => assert!(explained, "case {case} is accepted: {log:#?}"),
            Decision::Violated(witness) => {
                assert!(!explained, "case {case} is rejected, {witness:?}: {log:#?}");
                let part: Vec<Operation> = witness.entries.iter().map(|&entry| log[entry].clone()).collect();
                assert!(!explain(&part, 0, &BTreeSet::new()), "case {case}, {witness:?}: {log:#?}");
            }
            Decision::Unknown(why) => panic!("{why}"),
        }
        right += u32::from(explained);
    }
    assert!((10_000..90_000).contains(&right), "{right} are right");
}

#[test]
fn long_logs_are_told_apart() {
    let mut random = SplitMix64::new(2);
    let mut state = BTreeSet::new();
    let mut log: Vec<Operation> = (0..1_000)
        .map(|moment| {
            let value = random.between(0, 20) as u32;
            let call = [SetCall::Insert, SetCall::Remove, SetCall::Contains][random.between(0, 2)](value);
            let answer = match call {
                SetCall::Insert(value) => state.insert(value),
                SetCall::Remove(value) => state.remove(&value),
                SetCall::Contains(value) => state.contains(&value),
            };
            let moment = 100 + moment * 10;
            let (begun, ended) =
                (moment - random.between(0, 40) as u64, moment + random.between(0, 40) as u64);
            Entry { process: 0, call, answer: Some(SetAnswer(answer)), begun, ended }
        })
        .collect();
    assert_eq!(check(&log), Decision::Holds);
    for (call, begun) in [(SetCall::Insert(99), 3_000), (SetCall::Insert(99), 3_002)] {
        log.push(Entry { process: 0, call, answer: Some(SetAnswer(true)), begun, ended: begun + 1 });
    }
    let Decision::Violated(witness) = check(&log) else { panic!("99 was inserted twice") };
    assert_eq!(witness.entries, [1_000, 1_001]);
    assert_eq!(
        witness.reason,
        "Insert(99) answered true, but 99 was inside before, and nobody can have removed it by then"
    );
}

#[test]
fn too_many_unknown_answers_are_left_open() {
    let entry = |begun| Entry { process: 0, call: SetCall::Insert(1), answer: None, begun, ended: begun + 1 };
    assert_eq!(check(&(0..12).map(entry).collect::<Vec<_>>()), Decision::Holds);
    assert!(matches!(check(&(0..13).map(entry).collect::<Vec<_>>()), Decision::Unknown(_)));
}

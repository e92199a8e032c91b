//! Random programs of loops that yield, back off, or look again.

use super::{ATOMICS, Phrase, atomic, locked, mutex, objects, program, programs, within};
use crate::engine::dpor::tests::brute::{livelocks, truth};
use crate::engine::dpor::tests::toy::{Do, FOR_EVER, Toy};
use crate::event::op::{Class, Rare};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// Each thread takes two of three atomics, in this or that order, and gives them back.
fn backing_off(threads: usize) -> impl Strategy<Value = Toy> {
    let pair = prop::sample::select(vec![(0, 1), (0, 2), (1, 2), (1, 0), (2, 0), (2, 1)]);
    let phrase = pair.prop_map(|(x, y)| vec![Do::BackOff(x, y), Do::Store(y, 0), Do::Store(x, 0)]);
    let thread = prop::collection::vec(phrase, 1..=4 - threads).prop_map(|phrases| phrases.concat());
    let objects = vec![Class::Atomic; 3];
    prop::collection::vec(thread, threads).prop_map(move |threads| Toy { objects: objects.clone(), threads })
}

/// Where the search finds that an execution is back where it was, there is such a circle of states; where
/// it has seen everything, there is none.
fn back_offs_agree(threads: usize, executions: u64) {
    let config = Config { cases: programs(), failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&backing_off(threads), |toy| {
        let (found, livelocks) = (toy.explore_at_most(executions), livelocks(&toy));
        prop_assert!(livelocks || found.repetitions == 0, "no such circle");
        prop_assert!(found.repetitions > 0 || found.cut || !livelocks, "a circle was missed");
        prop_assert!(threads > 2 || !found.cut, "two threads go round together or not at all");
        prop_assert_eq!(found.redundant, 0, "redundant executions");
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

#[test]
fn back_offs_of_two_threads_agree_with_brute_force() {
    back_offs_agree(2, u64::MAX);
}

#[test]
fn back_offs_of_three_threads_agree_with_brute_force() {
    back_offs_agree(3, 2_000);
}

/// Yields anywhere: polite, in loops that count, before the first look, under locks, after failures.
fn polite() -> BoxedStrategy<Phrase> {
    let object = prop::sample::select(&ATOMICS);
    let value = 0..3u64;
    let poll = (object.clone(), value.clone(), 1..=3u8).prop_map(|(x, v, times)| vec![Do::Poll(x, v, times)]);
    let between = (atomic(), atomic()).prop_map(|(a, b)| [a, vec![Do::Yield], b].concat());
    let under = (mutex(), atomic()).prop_map(|(m, inner)| within(m, [vec![Do::Yield], inner].concat()));
    let wait = (object.clone(), value).prop_map(|(x, v)| vec![Do::SpinUntil(x, v)]);
    prop_oneof![
        3 => atomic(),
        1 => Just(vec![Do::Yield]),
        2 => between,
        2 => poll,
        2 => (mutex(), 1..=3u8).prop_map(|(m, times)| vec![Do::TryPoll(m, times)]),
        1 => object.prop_map(|x| vec![Do::Retry(x)]),
        1 => under,
        1 => locked(),
        1 => wait,
        1 => atomic().prop_map(|it| [vec![Do::Rarely(Rare::Spurious)], it].concat()),
    ]
    .boxed()
}

/// The same, and loops that never give up.
fn patient() -> BoxedStrategy<Phrase> {
    let wait = (prop::sample::select(&ATOMICS), 0..3u64);
    let poll = wait.clone().prop_map(|(x, v)| vec![Do::Poll(x, v, FOR_EVER)]);
    let under = (mutex(), wait).prop_map(|(m, (x, v))| vec![Do::LockPoll(m, x, v)]);
    prop_oneof![4 => polite(), 2 => poll, 1 => under].boxed()
}

/// Nothing but atomics and loops that look at them, which give up or do not.
fn looking() -> BoxedStrategy<Phrase> {
    let times = prop_oneof![2 => Just(FOR_EVER), 1 => 1..=3u8];
    let poll = (prop::sample::select(&ATOMICS), 0..3u64, times)
        .prop_map(|(x, v, times)| vec![Do::Poll(x, v, times)]);
    prop_oneof![2 => atomic(), 1 => poll].boxed()
}

/// What a program with yields can come to is found, and nothing else; who goes round for ever does so in a circle of
/// states.
fn yields_agree(phrase: fn(usize) -> BoxedStrategy<Phrase>) {
    let config = Config { cases: programs(), failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&program(phrase, vec![]), |toy| {
        let found = toy.explore_at_most(20_000);
        if found.repetitions > 0 {
            prop_assert!(livelocks(&toy), "no such circle");
        } else if !found.cut {
            let truth = truth(&toy);
            prop_assert_eq!(&found.outcomes, &truth.outcomes, "outcomes");
            prop_assert_eq!(&found.stuck, &truth.stuck, "deadlocks");
        }
        // What is kept beside a step in vain may turn out to be covered by another one.
        prop_assert!(found.redundant <= found.fruitless, "{} redundant executions", found.redundant);
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

#[test]
fn yields_agree_with_brute_force() {
    yields_agree(|_| polite());
}

#[test]
fn loops_without_end_agree_with_brute_force() {
    yields_agree(|_| patient());
}

#[test]
fn looks_agree_with_brute_force() {
    yields_agree(|_| looking());
}

/// Two threads that look under one lock do so in turn, and not for ever: a third one goes on in the end.
#[test]
fn who_looks_under_a_lock_lets_others_go_on() {
    use Do::*;
    let ends = [
        (vec![Load(0), Yield, Store(0, 1)], 276),
        (vec![Lock(2), Store(0, 1), Unlock(2)], 198),
        (vec![Lock(2), Unlock(2), Store(0, 1)], 3904),
    ];
    for (last, executions) in ends {
        let toy =
            Toy { objects: objects(), threads: vec![last, vec![LockPoll(2, 0, 1)], vec![LockPoll(2, 0, 1)]] };
        let found = toy.explore();
        assert_eq!((found.executions, found.redundant), (executions, 0));
        assert_eq!(found.outcomes, truth(&toy).outcomes);
    }
}

/// What was planned to come with a thread's rounds is explored without them, where they turn out to be in vain.
#[test]
fn what_comes_with_rounds_in_vain_is_explored() {
    use Do::*;
    let for_ever = |wanted| vec![Poll(0, wanted, FOR_EVER)];
    let behind = vec![for_ever(1), vec![Add(1)], vec![Poll(1, 0, 3), Add(0)], vec![Load(0)]];
    let merged = vec![
        vec![Add(0), Store(1, 1)],
        vec![Add(0)],
        for_ever(2),
        vec![Exchange(1, 0, 0), Exchange(0, 2, 2)],
    ];
    for threads in [behind, merged] {
        let toy = Toy { objects: objects(), threads };
        let found = toy.explore();
        assert_eq!((found.outcomes, found.redundant), (truth(&toy).outcomes, 0));
    }
}

/// Who is to go on for nothing still has to wait for a lock that another one holds.
#[test]
fn who_looks_under_a_lock_waits_for_it() {
    use Do::*;
    let threads = vec![
        vec![LockPoll(3, 1, 1)],
        vec![Load(0), Yield, Load(0), LockPoll(3, 1, 1)],
        vec![Load(0), Yield, Add(1), Add(1), Yield, Load(0)],
    ];
    let toy = Toy { objects: objects(), threads };
    let found = toy.explore_at_most(20_000);
    assert_eq!(found.repetitions, 1);
    assert!(livelocks(&toy));
}

/// A thread that spins for ever beside others whose order it does not see: what is left of them is explored.
#[test]
fn who_spins_in_vain_stands_for_nobody_else() {
    use Do::*;
    let threads = vec![
        vec![LockPoll(2, 1, 0), Store(0, 1), Yield, Add(1)],
        vec![Load(0), Yield, Add(0), Poll(1, 1, FOR_EVER)],
        vec![TryPoll(2, 2), Load(1), Yield, Exchange(0, 0, 0)],
    ];
    let toy = Toy { objects: objects(), threads };
    let found = toy.explore_at_most(20_000);
    assert_eq!((found.outcomes, found.redundant), (truth(&toy).outcomes, 0));
}

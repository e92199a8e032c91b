//! Random small programs: what the explorer finds is what brute force finds.

mod loops;
mod symmetric;

use super::brute::{truth_and_traces, truth_within};
use super::toy::{Do, Toy};
use crate::event::op::{Class, Rare};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// Objects of a random program: two atomics, two mutexes, a condition variable, a
/// readers-writer lock, a reference count, two mailboxes.
const ATOMICS: [usize; 2] = [0, 1];
const MUTEXES: [usize; 2] = [2, 3];
const CONDVAR: usize = 4;
const RWLOCK: usize = 5;
const ARC: usize = 6;
const MAILBOXES: [usize; 2] = [7, 8];

fn objects() -> Vec<Class> {
    use Class::{Arc, Atomic, Condvar, Mailbox, Mutex, RwLock};
    vec![Atomic, Atomic, Mutex, Mutex, Condvar, RwLock, Arc, Mailbox, Mailbox]
}

/// How many programs of each mode: `REFECTORY_PROGRAMS`, or a small number.
fn programs() -> u32 {
    let wanted = std::env::var("REFECTORY_PROGRAMS").ok();
    wanted.map_or(85, |wanted| wanted.parse().expect("REFECTORY_PROGRAMS is a number"))
}

/// A few instructions that belong together.
type Phrase = Vec<Do>;

fn atomic() -> BoxedStrategy<Phrase> {
    let object = prop::sample::select(&ATOMICS);
    let value = 0..3u64;
    prop_oneof![
        object.clone().prop_map(|x| vec![Do::Load(x)]),
        (object.clone(), value.clone()).prop_map(|(x, v)| vec![Do::Store(x, v)]),
        object.clone().prop_map(|x| vec![Do::Add(x)]),
        (object, value.clone(), value).prop_map(|(x, old, new)| vec![Do::Exchange(x, old, new)]),
    ]
    .boxed()
}

fn mutex() -> impl Strategy<Value = usize> + Clone {
    prop::sample::select(&MUTEXES)
}

fn locked() -> BoxedStrategy<Phrase> {
    prop_oneof![
        mutex().prop_map(|m| vec![Do::Lock(m), Do::Unlock(m)]),
        (mutex(), atomic()).prop_map(|(m, inner)| within(m, inner)),
        Just(within(MUTEXES[0], vec![Do::Lock(MUTEXES[1]), Do::Unlock(MUTEXES[1])])),
        Just(within(MUTEXES[1], vec![Do::Lock(MUTEXES[0]), Do::Unlock(MUTEXES[0])])),
    ]
    .boxed()
}

fn within(mutex: usize, inner: Phrase) -> Phrase {
    [vec![Do::Lock(mutex)], inner, vec![Do::Unlock(mutex)]].concat()
}

fn attempt() -> BoxedStrategy<Phrase> {
    let attempt = mutex().prop_map(|m| vec![Do::TryLock(m), Do::Unlock(m)]);
    prop_oneof![2 => attempt, 1 => locked(), 1 => atomic()].boxed()
}

fn token(threads: usize) -> BoxedStrategy<Phrase> {
    let unpark = (0..threads).prop_map(|thread| vec![Do::Unpark(thread)]);
    prop_oneof![Just(vec![Do::Park]), unpark.clone(), unpark, atomic()].boxed()
}

fn fresh_spin() -> BoxedStrategy<Phrase> {
    (prop::sample::select(&ATOMICS), 0..3u64).prop_map(|(x, v)| vec![Do::SpinUntil(x, v)]).boxed()
}

fn spin() -> BoxedStrategy<Phrase> {
    let wait = (prop::sample::select(&ATOMICS), 0..3u64).prop_map(|(x, v)| vec![Do::Await(x, v)]);
    let lock = mutex().prop_map(|m| vec![Do::Lock(m), Do::Unlock(m)]);
    prop_oneof![1 => wait, 1 => fresh_spin(), 3 => atomic(), 1 => lock].boxed()
}

fn condition() -> BoxedStrategy<Phrase> {
    let wait = Just(within(MUTEXES[0], vec![Do::Wait(CONDVAR, MUTEXES[0])]));
    let notify = prop_oneof![Just(Do::NotifyOne(CONDVAR)), Just(Do::NotifyAll(CONDVAR))];
    let inside = notify.clone().prop_map(|notify| within(MUTEXES[0], vec![notify]));
    let outside = notify.prop_map(|notify| vec![notify]);
    prop_oneof![2 => wait, 2 => inside, 2 => outside, 1 => atomic()].boxed()
}

fn timed(threads: usize) -> BoxedStrategy<Phrase> {
    let wait = Just(within(MUTEXES[0], vec![Do::WaitTimed(CONDVAR, MUTEXES[0])]));
    let park = Just(vec![Do::ParkTimed]);
    let unpark = (0..threads).prop_map(|thread| vec![Do::Unpark(thread)]);
    let look = Just(vec![Do::Deadline]);
    let late = (atomic(), atomic()).prop_map(|(a, b)| [a, vec![Do::Deadline], b].concat());
    let chosen = (atomic(), 2..=3u8).prop_map(|(a, of)| [vec![Do::Choose(of)], a].concat());
    prop_oneof![
        2 => wait,
        1 => park,
        2 => condition(),
        1 => unpark,
        1 => atomic(),
        1 => look,
        1 => late,
        1 => chosen,
        1 => Just(vec![Do::Idle]),
    ]
    .boxed()
}

/// Waits and wakes at the two words, which others change.
fn futex(wait: fn(usize, u64) -> Do) -> BoxedStrategy<Phrase> {
    let word = prop::sample::select(&ATOMICS);
    let wake = prop_oneof![Just(Do::NotifyOne as fn(usize) -> Do), Just(Do::NotifyAll as fn(usize) -> Do)];
    let change = (word.clone(), 0..2u64).prop_map(|(x, v)| Do::Store(x, v));
    let change = prop_oneof![change, word.clone().prop_map(Do::Add)];
    let wait = (word.clone(), 0..2u64).prop_map(move |(x, v)| vec![wait(x, v)]);
    prop_oneof![
        3 => wait,
        2 => (word, wake.clone()).prop_map(|(x, wake)| vec![wake(x)]),
        2 => (change, wake).prop_map(|(change, wake)| match change {
            Do::Store(x, _) | Do::Add(x) => vec![change, wake(x)],
            _ => unreachable!("no other change"),
        }),
        1 => spin(),
    ]
    .boxed()
}

fn timed_futex() -> BoxedStrategy<Phrase> {
    prop_oneof![2 => futex(Do::WaitIfTimed), 1 => futex(Do::WaitIf)].boxed()
}

/// Parks, waits and exchanges that may be left out for no reason, or because they are cancelled.
fn spurious(threads: usize) -> BoxedStrategy<Phrase> {
    let rare = prop_oneof![3 => Just(Rare::Spurious), 1 => Just(Rare::Cancellation), 1 => Just(Rare::Death)];
    rare.prop_flat_map(move |rare| rarely(rare, threads)).boxed()
}

fn rarely(rare: Rare, threads: usize) -> BoxedStrategy<Phrase> {
    let before = move |phrase: Phrase| [vec![Do::Rarely(rare)], phrase].concat();
    let wait = Just(within(MUTEXES[0], before(vec![Do::Wait(CONDVAR, MUTEXES[0])])));
    prop_oneof![
        2 => Just(before(vec![Do::Park])),
        2 => atomic().prop_map(before),
        1 => wait,
        2 => token(threads),
        1 => condition(),
        1 => spin(),
    ]
    .boxed()
}

fn shared() -> BoxedStrategy<Phrase> {
    let read = |inner: Phrase| [vec![Do::Read(RWLOCK)], inner, vec![Do::EndRead(RWLOCK)]].concat();
    let write = |inner: Phrase| [vec![Do::Write(RWLOCK)], inner, vec![Do::EndWrite(RWLOCK)]].concat();
    prop_oneof![
        2 => Just(read(vec![])),
        2 => Just(write(vec![])),
        1 => atomic().prop_map(read),
        1 => atomic().prop_map(write),
        1 => Just(read(vec![Do::Lock(MUTEXES[0]), Do::Unlock(MUTEXES[0])])),
        1 => Just(within(MUTEXES[0], write(vec![]))),
        1 => Just(vec![Do::TryRead(RWLOCK), Do::EndRead(RWLOCK)]),
        1 => Just(vec![Do::TryWrite(RWLOCK), Do::EndWrite(RWLOCK)]),
    ]
    .boxed()
}

/// Messages to either mailbox, in order or not, from which anybody receives.
fn messages() -> BoxedStrategy<Phrase> {
    let mailbox = prop::sample::select(&MAILBOXES);
    let send = (mailbox.clone(), any::<bool>()).prop_map(|(x, in_order)| vec![Do::Send(x, in_order)]);
    prop_oneof![
        3 => send,
        2 => mailbox.clone().prop_map(|x| vec![Do::Receive(x)]),
        1 => mailbox.prop_map(|x| vec![Do::TryReceive(x)]),
        1 => atomic(),
    ]
    .boxed()
}

/// Waits of all sorts, and what ends them.
fn mortal(threads: usize) -> BoxedStrategy<Phrase> {
    prop_oneof![
        2 => locked(),
        1 => token(threads),
        1 => Just(vec![Do::ParkTimed]),
        1 => fresh_spin(),
        1 => atomic(),
        2 => condition(),
        2 => timed_futex(),
        1 => messages(),
        1 => shared(),
        3 => Just(vec![Do::Live]),
    ]
    .boxed()
}

/// The first thread kills the others when it has come to its end.
fn killed(toy: Toy) -> Toy {
    let count = toy.threads.len();
    let mut threads = toy.threads.into_iter();
    let mut first = threads.next().expect("there are two or more");
    first.extend((1..count).map(Do::Kill));
    let others = threads.map(|thread| [vec![Do::Live], thread].concat());
    Toy { threads: std::iter::once(first).chain(others).collect(), ..toy }
}

fn owned() -> BoxedStrategy<Phrase> {
    let borrowed = |inner: Phrase| [vec![Do::Increment(ARC)], inner, vec![Do::Decrement(ARC)]].concat();
    let ordered = Just(within(MUTEXES[0], vec![]));
    prop_oneof![3 => atomic().prop_map(borrowed), 2 => ordered, 2 => atomic()].boxed()
}

/// Programs of two to four threads; more threads have fewer phrases, for brute force's sake.
fn program(phrase: fn(usize) -> BoxedStrategy<Phrase>, end: Phrase) -> impl Strategy<Value = Toy> {
    (2usize..=4).prop_flat_map(move |threads| {
        let phrases = [4, 3, 2][threads - 2];
        let end = end.clone();
        let thread = prop::collection::vec(phrase(threads), 1..=phrases)
            .prop_map(move |it| [it.concat(), end.clone()].concat());
        prop::collection::vec(thread, threads).prop_map(|threads| Toy { objects: objects(), threads })
    })
}

fn agrees_with_brute_force(phrase: fn(usize) -> BoxedStrategy<Phrase>) {
    programs_agree(program(phrase, vec![]));
}

fn programs_agree(program: impl Strategy<Value = Toy>) {
    let config = Config { cases: programs(), failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&program, |toy| {
        let (found, truth) = (toy.explore(), truth_and_traces(&toy));
        prop_assert_eq!(&found.outcomes, &truth.outcomes, "outcomes");
        prop_assert_eq!(&found.stuck, &truth.stuck, "deadlocks");
        prop_assert_eq!(found.redundant, 0, "redundant executions");
        prop_assert_eq!(found.executions, truth.traces, "executions");
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

#[test]
fn atomics_agree_with_brute_force() {
    agrees_with_brute_force(|_| atomic());
}

#[test]
fn locks_agree_with_brute_force() {
    agrees_with_brute_force(|_| locked());
}

#[test]
fn attempts_agree_with_brute_force() {
    agrees_with_brute_force(|_| attempt());
}

#[test]
fn tokens_agree_with_brute_force() {
    agrees_with_brute_force(token);
}

#[test]
fn spin_loops_agree_with_brute_force() {
    agrees_with_brute_force(|_| spin());
}

#[test]
fn condition_variables_agree_with_brute_force() {
    agrees_with_brute_force(|_| condition());
}

#[test]
fn time_outs_agree_with_brute_force() {
    agrees_with_brute_force(timed);
}

#[test]
fn futexes_agree_with_brute_force() {
    agrees_with_brute_force(|_| futex(Do::WaitIf));
}

#[test]
fn deaths_agree_with_brute_force() {
    agrees_with_brute_force(|_| futex(Do::WaitOrDie));
}

#[test]
fn futexes_with_time_outs_agree_with_brute_force() {
    agrees_with_brute_force(|_| timed_futex());
}

#[test]
fn spurious_events_agree_with_brute_force() {
    agrees_with_brute_force(spurious);
}

#[test]
fn shared_locks_agree_with_brute_force() {
    agrees_with_brute_force(|_| shared());
}

#[test]
fn messages_agree_with_brute_force() {
    agrees_with_brute_force(|_| messages());
}

#[test]
fn kills_agree_with_brute_force() {
    programs_agree(program(mortal, vec![]).prop_map(killed));
}

#[test]
fn bounded_kills_agree_with_brute_force() {
    programs_agree_within(program(mortal, vec![]).prop_map(killed));
}

#[test]
fn reference_counts_agree_with_brute_force() {
    programs_agree(program(|_| owned(), vec![Do::Decrement(ARC)]));
}

fn bounds_agree(phrase: fn(usize) -> BoxedStrategy<Phrase>) {
    programs_agree_within(program(phrase, vec![]));
}

/// Within a bound on preemptions, what can be reached within it is found, and nothing else.
fn programs_agree_within(program: impl Strategy<Value = Toy>) {
    let config = Config { cases: programs(), failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&program, |toy| {
        for preemptions in 0..=3 {
            let (found, truth) = (toy.explore_within(preemptions), truth_within(&toy, preemptions));
            prop_assert_eq!(&found.outcomes, &truth.outcomes, "outcomes within {}", preemptions);
            prop_assert_eq!(&found.stuck, &truth.stuck, "deadlocks within {}", preemptions);
        }
        prop_assert_eq!(toy.explore_within(99).outcomes, toy.explore().outcomes, "without a bound");
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

#[test]
fn bounded_atomics_agree_with_brute_force() {
    bounds_agree(|_| atomic());
}

#[test]
fn bounded_locks_agree_with_brute_force() {
    bounds_agree(|_| attempt());
}

#[test]
fn bounded_conditions_agree_with_brute_force() {
    bounds_agree(|_| condition());
}

#[test]
fn bounded_spurious_events_agree_with_brute_force() {
    bounds_agree(spurious);
}

#[test]
fn bounded_messages_agree_with_brute_force() {
    bounds_agree(|_| messages());
}

#[test]
fn bounded_deaths_agree_with_brute_force() {
    bounds_agree(|_| futex(Do::WaitOrDie));
}

#[test]
fn bounded_futexes_agree_with_brute_force() {
    bounds_agree(|_| futex(Do::WaitIf));
}

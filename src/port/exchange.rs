//! What the ports of queues have in common: items, what producers and consumers do, and where each item went.
//!
//! | property              |                                             |
//! |-----------------------|---------------------------------------------|
//! | `nothing_lost`        | what was accepted is received, or left      |
//! | `nothing_duplicated`  | ... once                                    |
//! | `fifo_per_producer`   | for each consumer, where that is its order  |
//! | `linearizable`        | to the sequential queue of its order        |
//! | `dropped_once`        | each item, by whoever had it last           |
//! | `rejected_comes_back` | `Full` has the item that did not fit        |
//!
//! Outcome: what each consumer received, in order, and which tries failed.

use super::ledger;
use crate::check::{self, Budget, Decision, Witness, linearizability};
use crate::engine::{self, FailureKind, Outcome, Violation};
use crate::event::causality::Moment;
use crate::history::log::Entry;
use crate::history::{self, History, Operation};
use crate::scenario::{Observer, Performer, Role, Scenario, SplitMix64, Step, Verb, Watch};
use crate::spec::{Order, QueueAnswer, QueueCall, QueueSpec};
use crate::sync::causality::{causality, moment};
use crate::sync::{self, note};
use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

/// The queue had no room; gives the item back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full<T>(pub T);

impl<T> fmt::Display for Full<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the queue is full")
    }
}

impl<T: fmt::Debug> std::error::Error for Full<T> {}

/// The queue is closed; gives the item back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed<T>(pub T);

impl<T> fmt::Display for Closed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the queue is closed")
    }
}

impl<T: fmt::Debug> std::error::Error for Closed<T> {}

/// Puts in the item with this label, and waits for room.
pub const PUSH: Verb = Verb("push");
/// Takes an item, and waits for one.
pub const POP: Verb = Verb("pop");
/// Puts in the item with this label if there is room.
pub const TRY_PUSH: Verb = Verb("try_push");
/// Takes an item if there is one.
pub const TRY_POP: Verb = Verb("try_pop");

/// What a producer or consumer does where it could wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// It waits: `push` and `pop`.
    Blocks,
    /// It goes on without: `try_push` and `try_pop`.
    Tries,
}

/// Every producer puts so many items into a queue; the consumers share them as evenly as can be.
pub fn exchange(waiting: Waiting, capacity: usize, items: &[usize], consumers: usize) -> Scenario {
    let (push, pop) = match waiting {
        Waiting::Blocks => (PUSH, POP),
        Waiting::Tries => (TRY_PUSH, TRY_POP),
    };
    let most = items.iter().max().map_or(0, |&most| most as u32);
    let stride = Scenario::STRIDE.max(most);
    let producers = items.iter().enumerate().map(|(i, &items)| Role {
        name: format!("producer {i}"),
        steps: (0..items as u32).map(|k| push.on(i as u32 * stride + k)).collect(),
    });
    let total = items.iter().sum();
    let consumers = (0..consumers)
        .map(|i| Role { name: format!("consumer {i}"), steps: vec![pop.step(); share(total, consumers, i)] });
    Scenario { size: capacity, roles: producers.chain(consumers).collect(), stride }
}

/// One try each, or three where there is one thread a side.
pub fn trying(producers: usize, consumers: usize) -> Scenario {
    let tries = if (producers, consumers) == (1, 1) { 3 } else { 1 };
    let mut scenario = exchange(Waiting::Tries, 2, &vec![tries; producers], consumers);
    for consumer in &mut scenario.roles[producers..] {
        consumer.steps = vec![TRY_POP.step(); tries];
    }
    scenario
}

/// An exchange of a campaign, with so many items a producer at most. Every other one is small enough for the order of
/// its operations to be judged.
pub(super) fn draw(waiting: Waiting, most: usize, random: &mut SplitMix64) -> Scenario {
    let capacity = random.between(1, 8);
    let (threads, most) = if random.between(0, 1) == 0 { (3, 10) } else { (6, most) };
    let items: Vec<_> = (0..random.between(1, threads)).map(|_| random.between(1, most)).collect();
    exchange(waiting, capacity, &items, random.between(1, threads))
}

/// The part of the `i`-th of `n` when `total` things are shared as evenly as can be.
pub(super) const fn share(total: usize, n: usize, i: usize) -> usize {
    total / n + (i < total % n) as usize
}

thread_local! {
    /// The labels of the items that this thread dropped and has not yet accounted for.
    static DROPPED: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
}

/// What goes through a queue: a label that remembers being dropped.
///
/// It owns no memory, so that a queue that duplicates it is caught by the count of its drops, and does
/// no harm to the harness.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Item {
    label: u32,
}

impl Item {
    /// The item with this label.
    pub const fn new(label: u32) -> Self {
        Self { label }
    }

    /// Its label.
    pub const fn label(&self) -> u32 {
        self.label
    }
}

impl Drop for Item {
    fn drop(&mut self) {
        DROPPED.with_borrow_mut(|dropped| dropped.push(self.label));
    }
}

/// The labels of the items that this OS thread dropped since it was last asked. Under a model checker that
/// is the thread of all roles; then the first to ask is told of all, and the sum is the same.
pub(super) fn dropped() -> Vec<u32> {
    DROPPED.take()
}

/// Plays the scenario on a queue, and judges by what it promises.
pub(super) fn play<S: Queue>(
    queue: S,
    spec: QueueSpec,
    scenario: &Arc<Scenario>,
    observer: &Arc<dyn Observer>,
) -> Outcome {
    let ledger = Ledger::of(queue, scenario, observer);
    rejected_comes_back(&ledger)?;
    let lost = "was put, and neither received nor left";
    ledger.every_item_ends_once(scenario, ledger.accepted(), ledger.received(), lost)?;
    if spec.order == Order::Fifo {
        fifo_per_producer(scenario, &ledger)?;
    }
    linearizable(&spec, scenario, &ledger)?;
    Ok(outcome(scenario, &ledger))
}

/// A queue of any port: what it answers to a step.
pub(super) trait Queue: Send + Sync + 'static {
    fn answer(&self, step: Step) -> Answer;
}

/// What came of putting in an item.
pub(super) fn pushed(label: u32, result: Result<(), Full<Item>>) -> Answer {
    match result {
        Ok(()) => Answer::Pushed(label),
        Err(Full(item)) => Answer::Full { put: label, back: item.label },
    }
}

/// What came of taking one out.
pub(super) fn popped(item: Option<Item>) -> Answer {
    item.map_or(Answer::Empty, |item| Answer::Popped(item.label))
}

/// So many steps of a thread are timed, where it has no more of them.
const MOST_TIMED: usize = 64;

/// How one step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Pushed(u32),
    Full { put: u32, back: u32 },
    Popped(u32),
    Empty,
}

impl Answer {
    const fn in_terms_of_the_spec(self) -> (QueueCall, QueueAnswer) {
        match self {
            Self::Pushed(label) => (QueueCall::Push(label), QueueAnswer::Pushed),
            Self::Full { put, .. } => (QueueCall::Push(put), QueueAnswer::Full),
            Self::Popped(label) => (QueueCall::Pop, QueueAnswer::Popped(label)),
            Self::Empty => (QueueCall::Pop, QueueAnswer::Empty),
        }
    }

    /// As in `takes 7`.
    fn told(self) -> String {
        match self {
            Self::Pushed(label) => format!("puts {label}"),
            Self::Full { put, .. } => format!("has no room for {put}"),
            Self::Popped(label) => format!("takes {label}"),
            Self::Empty => "finds nothing".to_owned(),
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pushed(label) => write!(f, "put {label}"),
            Self::Full { put, .. } => write!(f, "full {put}"),
            Self::Popped(label) => write!(f, "{label}"),
            Self::Empty => f.write_str("empty"),
        }
    }
}

/// What one role brings home.
pub(crate) struct Account {
    answers: Vec<Answer>,
    /// Where the thread stood before and after each step, under an engine that tells.
    moments: Vec<(Moment, Moment)>,
    /// When each step began and ended, on real cores, where there are not too many.
    times: Vec<(Instant, Instant)>,
}

impl<Q: Queue> Performer for Q {
    type Account = (Account, Vec<u32>);

    fn perform(&self, steps: &[Step], watch: Watch<'_>) -> Self::Account {
        let mut answers = Vec::with_capacity(steps.len());
        let (mut moments, mut times) = (Vec::new(), Vec::new());
        let timed = !sync::is_modelled() && steps.len() <= MOST_TIMED;
        let now = || timed.then(history::time);
        for (k, &step) in steps.iter().enumerate() {
            let begun = moment();
            answers.push(watch.step(k, || {
                note(format_args!("{step}"));
                let begun = now();
                let answer = self.answer(step);
                times.extend(begun.zip(now()));
                note(format_args!("→ {answer}"));
                answer
            }));
            moments.extend(begun.zip(moment()));
        }
        (Account { answers, moments, times }, dropped())
    }
}

type Ledger = ledger::Ledger<Account>;

impl Ledger {
    fn answers(&self) -> impl Iterator<Item = Answer> {
        self.accounts.iter().flat_map(|account| account.answers.iter().copied())
    }

    fn accepted(&self) -> impl Iterator<Item = u32> {
        self.answers().filter_map(|answer| match answer {
            Answer::Pushed(label) => Some(label),
            _ => None,
        })
    }

    fn received(&self) -> impl Iterator<Item = u32> {
        self.answers().filter_map(label)
    }
}

fn label(answer: Answer) -> Option<u32> {
    match answer {
        Answer::Popped(label) => Some(label),
        _ => None,
    }
}

fn rejected_comes_back(ledger: &Ledger) -> Result<(), Violation> {
    for answer in ledger.answers() {
        if let Answer::Full { put, back } = answer
            && put != back
        {
            let detail = format!("item {put} was rejected, and item {back} came back");
            return Err(Violation::new("rejected_comes_back", detail));
        }
    }
    Ok(())
}

fn fifo_per_producer(scenario: &Scenario, ledger: &Ledger) -> Result<(), Violation> {
    for (role, account) in scenario.roles.iter().zip(&ledger.accounts) {
        let mut newest = vec![None; scenario.roles.len()];
        for label in account.answers.iter().copied().filter_map(label) {
            // A label that nobody put is reported by the count of items.
            let Some(newest) = newest.get_mut((label / scenario.stride) as usize) else { continue };
            if let Some(before) = newest.replace(label).filter(|&before| before > label) {
                let detail = format!("{} received {before} before {label}", role.name);
                return Err(Violation::new("fifo_per_producer", detail));
            }
        }
    }
    Ok(())
}

/// Looks for an order of the operations that no sequential queue explains. The engines of this crate
/// tell in which order operations can take place, and real cores in which they did; under loom's weak memory there is no
/// such order.
fn linearizable(spec: &QueueSpec, scenario: &Scenario, ledger: &Ledger) -> Result<(), Violation> {
    let witness = match causality() {
        Some(order) => {
            let history = History::new(operations(ledger), &order);
            linearizability::refute(spec, &history, AN_EXECUTION).unwrap_or_else(|spent| {
                let count = history.operations.len();
                engine::give_up(format!("the order of {count} operations was {spent}: play fewer at a time"));
                None
            })
        }
        // What is not decided is a round in which this is not looked at.
        None if !sync::is_modelled() => match check::general::check(spec, &log(ledger), A_ROUND) {
            Decision::Violated(Witness { entries, .. }) => Some(entries),
            Decision::Holds | Decision::Unknown(_) => None,
        },
        None => None,
    };
    let Some(witness) = witness else { return Ok(()) };
    let roles = scenario.roles.iter().zip(&ledger.accounts);
    let steps = roles.flat_map(|(role, account)| account.answers.iter().map(move |answer| (role, answer)));
    let said: Vec<String> = steps.map(|(role, answer)| format!("{}: {}", role.name, answer.told())).collect();
    let said: Vec<&str> = witness.iter().map(|&operation| &*said[operation]).collect();
    let kind = FailureKind::NotLinearizable;
    let detail = format!("no {} queue answers so, asked in this order: {}", spec.order, said.join("; "));
    Err(Violation { kind, property: "linearizable", detail })
}

/// What may be spent on the order of one execution's operations: about a second. At the sizes that are searched it takes some hundred steps.
const AN_EXECUTION: Budget = Budget { steps: 500_000, bytes: 1 << 30, time: None };

/// What may be spent on that of a round on real cores, of which there are many: a tenth of a second.
const A_ROUND: Budget = Budget { steps: 200_000, bytes: 1 << 26, time: None };

/// The operations, by where their threads stood.
fn operations(ledger: &Ledger) -> Vec<Operation<QueueCall, QueueAnswer>> {
    let moments = ledger.accounts.iter().flat_map(|account| &account.moments);
    let operation = |(answer, &(begun, ended)): (Answer, &(Moment, Moment))| {
        let (call, answer) = answer.in_terms_of_the_spec();
        Operation { call, answer, begun, ended }
    };
    ledger.answers().zip(moments).map(operation).collect()
}

/// The operations in time, counted from when the first one began; none where there were too many to time them all.
fn log(ledger: &Ledger) -> Vec<Entry<QueueCall, QueueAnswer>> {
    let times = ledger.accounts.iter().flat_map(|account| &account.times);
    let Some(start) = times.clone().map(|time| time.0).min() else { return Vec::new() };
    if times.clone().count() < ledger.answers().count() {
        return Vec::new();
    }
    let since = |time: Instant| (time - start).as_nanos() as u64;
    let processes =
        ledger.accounts.iter().zip(0..).flat_map(|(account, i)| account.times.iter().map(move |_| i));
    let entry = |((answer, &(begun, ended)), process): ((Answer, &(Instant, Instant)), u32)| {
        let (call, answer) = answer.in_terms_of_the_spec();
        Entry { process, call, answer: Some(answer), begun: since(begun), ended: since(ended) }
    };
    ledger.answers().zip(times).zip(processes).map(entry).collect()
}

/// As in `c0=[0, 100] c1=[]`, or `p1=[full 100] c0=[0, empty]`. A producer that could put all its
/// items is left out.
fn outcome(scenario: &Scenario, ledger: &Ledger) -> String {
    let mut roles = Vec::with_capacity(ledger.accounts.len());
    for (role, account) in scenario.roles.iter().zip(&ledger.accounts) {
        let news = account.answers.iter().filter(|answer| !matches!(answer, Answer::Pushed(_)));
        let news: Vec<String> = news.map(Answer::to_string).collect();
        if !news.is_empty() || !role.name.starts_with("producer") {
            roles.push(format!("{}=[{}]", abbreviated(&role.name), news.join(", ")));
        }
    }
    roles.join(" ")
}

/// `consumer 1` is `c1`.
pub(super) fn abbreviated(name: &str) -> String {
    let (kind, number) = name.split_once(' ').unwrap_or((name, ""));
    format!("{}{number}", &kind[..1])
}

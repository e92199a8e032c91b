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
//! | `closed_means_empty`  | whoever finds it closed leaves nothing      |
//!
//! Outcome: what each consumer received, in order, and which tries failed.

use super::{answers, ledger};
use crate::check::{Budget, Decision, linearizability};
use crate::engine::{self, FailureKind, Outcome, Violation};
use crate::event::causality::{Causality, Moment};
use crate::history::recorder::Log;
use crate::history::{History, Operation};
use crate::scenario::{Observer, Performer, Role, Scenario, SplitMix64, Step, Verb, Watch};
use crate::spec::{Order, QueueAnswer, QueueCall, QueueSpec};
use crate::sync::causality::{causality, moment};
use crate::sync::{self, note};
use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

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

/// An exchange of a campaign, with so many items a producer at most: one or many producers and consumers, on most machines fewer
/// threads than cores and more; little room and much; and half of the rounds short, because threads meet most where they begin and end.
pub(super) fn draw(waiting: Waiting, most: usize, random: &mut SplitMix64) -> Scenario {
    let capacity = draw_capacity(random);
    let (producers, consumers) = match random.between(0, 5) {
        0 => (1, 1),
        1 => (draw_many(random), 1),
        2 => (1, draw_many(random)),
        _ => (draw_many(random), draw_many(random)),
    };
    let most = draw_length(most, random);
    let items: Vec<_> = (0..producers).map(|_| random.between(1, most)).collect();
    exchange(waiting, capacity, &items, consumers)
}

/// Room for one, two, a few, or more than is ever in.
pub(super) const fn draw_capacity(random: &mut SplitMix64) -> usize {
    match random.between(0, 7) {
        0 | 1 => 1,
        2 | 3 => 2,
        4 => 1024,
        _ => random.between(3, 8),
    }
}

/// More than one thread: mostly as many as a small machine has cores.
const fn draw_many(random: &mut SplitMix64) -> usize {
    match random.between(0, 7) {
        0..=3 => random.between(2, 3),
        4..=6 => random.between(2, 6),
        _ => random.between(6, 16),
    }
}

/// The length of a short round, of one of middling length, or of the longest.
pub(super) const fn draw_length(most: usize, random: &mut SplitMix64) -> usize {
    match random.between(0, 7) {
        0..=3 => 10,
        4..=6 => most / 20 + 1,
        _ => most,
    }
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

/// What carries a label through a queue: an [`Item`], or one with a load.
pub trait Goods: Send + 'static {
    /// The one with this label.
    fn new(label: u32) -> Self;

    /// Its label.
    ///
    /// # Panics
    /// If its load is not what it was.
    fn label(&self) -> u32;
}

impl Goods for Item {
    fn new(label: u32) -> Self {
        Self::new(label)
    }

    fn label(&self) -> u32 {
        self.label
    }
}

/// An item with a load of so many words of four bytes, all of which say whose they are: a queue that hands it on half written, or while it
/// is overwritten, is seen to do so.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Parcel<const WORDS: usize> {
    item: Item,
    words: [u32; WORDS],
}

impl<const WORDS: usize> Goods for Parcel<WORDS> {
    fn new(label: u32) -> Self {
        Self { item: Item::new(label), words: [label; WORDS] }
    }

    fn label(&self) -> u32 {
        let label = self.item.label;
        if let Some(word) = self.words.iter().find(|word| **word != label) {
            panic!("item {label} is torn: there is a word of item {word} in it");
        }
        label
    }
}

#[cfg(test)]
impl<const WORDS: usize> Parcel<WORDS> {
    /// One with the load of another.
    pub(super) fn torn(label: u32, load: u32) -> Self {
        Self { item: Item::new(label), words: [load; WORDS] }
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
    let mut ledger = Ledger::of(queue, scenario, observer);
    rejected_comes_back(&ledger)?;
    let lost = "was put, and neither received nor left";
    ledger.every_item_ends_once(scenario, ledger.accepted(), ledger.received(), lost)?;
    if spec.order == Order::Fifo {
        fifo_per_producer(scenario, &ledger)?;
    }
    if S::CLOSES {
        closed_means_empty(&ledger)?;
    }
    linearizable::<S>(&spec, scenario, &mut ledger, &**observer)?;
    Ok(outcome(scenario, &ledger))
}

/// A queue of any port: what it answers to a step.
pub(super) trait Queue: Send + Sync + 'static {
    /// Whether it is closed in the middle of a scenario: then it sends items back, and consumers away.
    const CLOSES: bool = false;

    fn answer(&self, step: Step) -> Answer;
}

/// What came of putting in an item.
pub(super) fn pushed(label: u32, result: Result<(), Full<impl Goods>>) -> Answer {
    match result {
        Ok(()) => Answer::Pushed(label),
        Err(Full(item)) => Answer::Full { put: label, back: item.label() },
    }
}

/// What came of taking one out.
pub(super) fn popped(item: Option<impl Goods>) -> Answer {
    item.map_or(Answer::Empty, |item| Answer::Popped(item.label()))
}

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
    /// What was asked and answered, and when, on real cores.
    log: Option<Record>,
}

type Record = Log<QueueCall, QueueAnswer>;

impl<Q: Queue> Performer for Q {
    type Account = (Account, Vec<u32>);

    fn perform(&self, steps: &[Step], watch: Watch<'_>) -> Self::Account {
        let mut answers = Vec::with_capacity(steps.len());
        let mut moments = Vec::new();
        let mut log = (!sync::is_modelled()).then(|| Record::with_room(watch.role as u32, steps.len()));
        watch.ready();
        for (k, &step) in steps.iter().enumerate() {
            let begun = moment();
            answers.push(watch.step(k, || {
                note(format_args!("{step}"));
                let answer = recorded(self, log.as_mut(), step);
                note(format_args!("→ {answer}"));
                answer
            }));
            moments.extend(begun.zip(moment()));
        }
        (Account { answers, moments, log }, dropped())
    }
}

fn recorded(queue: &impl Queue, log: Option<&mut Record>, step: Step) -> Answer {
    let Some(log) = log else { return queue.answer(step) };
    log.begin(step.on.map_or(QueueCall::Pop, QueueCall::Push));
    let answer = queue.answer(step);
    log.end(Some(answer.in_terms_of_the_spec().1));
    answer
}

type Ledger = ledger::Ledger<Account>;

impl Ledger {
    fn answers(&self) -> impl Iterator<Item = Answer> {
        self.accounts.iter().flat_map(|account| account.answers.iter().copied())
    }

    /// The steps of all roles that count, role by role, which is the order of a log.
    fn steps<'a, S: Queue>(&'a self, scenario: &'a Scenario) -> impl Iterator<Item = (&'a Role, Answer)> {
        let roles = scenario.roles.iter().zip(&self.accounts);
        let steps =
            roles.flat_map(|(role, account)| account.answers.iter().map(move |&answer| (role, answer)));
        steps.filter(|(_, answer)| counts::<S>(answer.in_terms_of_the_spec().1))
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

/// Nothing is accepted any more, so where a consumer was sent away there was nothing, and nothing came.
fn closed_means_empty(ledger: &Ledger) -> Result<(), Violation> {
    let sent_away = ledger.answers().any(|answer| answer == Answer::Empty);
    match ledger.left().first() {
        Some(label) if sent_away => {
            let detail = format!("a consumer was sent away, and item {label} was left");
            Err(Violation::new("closed_means_empty", detail))
        }
        _ => Ok(()),
    }
}

/// Whether the answer says something of the order of items; of a queue that is closed, it does not where it sends somebody away.
fn counts<S: Queue>(answer: QueueAnswer) -> bool {
    !S::CLOSES || matches!(answer, QueueAnswer::Pushed | QueueAnswer::Popped(_))
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
fn linearizable<S: Queue>(
    spec: &QueueSpec,
    scenario: &Scenario,
    ledger: &mut Ledger,
    observer: &dyn Observer,
) -> Result<(), Violation> {
    match causality() {
        Some(order) => linearizable_in_every_order::<S>(spec, scenario, ledger, &order),
        None if !sync::is_modelled() => linearizable_in_time::<S>(spec, scenario, ledger, observer),
        None => Ok(()),
    }
}

/// What may be spent on the order of one execution's operations: about a second. At the sizes that are searched it takes some hundred steps.
const AN_EXECUTION: Budget = Budget { steps: 500_000, bytes: 1 << 30, time: None };

fn linearizable_in_every_order<S: Queue>(
    spec: &QueueSpec,
    scenario: &Scenario,
    ledger: &Ledger,
    order: &Causality,
) -> Result<(), Violation> {
    let moments = ledger.accounts.iter().flat_map(|account| account.moments.iter().copied());
    let operation = |(answer, (begun, ended)): (Answer, _)| {
        let (call, answer) = answer.in_terms_of_the_spec();
        Operation { call, answer, begun, ended }
    };
    let operations = ledger.answers().zip(moments).map(operation);
    let history = History::new(operations.filter(|one| counts::<S>(one.answer)).collect(), order);
    let witness = linearizability::refute(spec, &history, AN_EXECUTION).unwrap_or_else(|spent| {
        let count = history.operations.len();
        engine::give_up(format!("the order of {count} operations was {spent}: play fewer at a time"));
        None
    });
    let Some(witness) = witness else { return Ok(()) };
    let said: Vec<String> = ledger.steps::<S>(scenario).map(said).collect();
    let said: Vec<&str> = witness.iter().map(|&operation| &*said[operation]).collect();
    Err(not_linearizable(format!(
        "no {} queue answers so, asked in this order: {}",
        spec.order,
        said.join("; ")
    )))
}

fn linearizable_in_time<S: Queue>(
    spec: &QueueSpec,
    scenario: &Scenario,
    ledger: &mut Ledger,
    observer: &dyn Observer,
) -> Result<(), Violation> {
    let logs = ledger.accounts.iter_mut().filter_map(|account| account.log.take());
    let entries = logs.flat_map(Log::into_entries);
    let log: Vec<_> = entries.filter(|entry| entry.answer.is_none_or(counts::<S>)).collect();
    let decision = answers::decide(spec, &log);
    observer.judged(log, &decision);
    let Decision::Violated(witness) = decision else { return Ok(()) };
    let said: Vec<String> = ledger.steps::<S>(scenario).map(said).collect();
    let said: Vec<&str> = witness.entries.iter().map(|&entry| &*said[entry]).collect();
    Err(not_linearizable(format!("{}: {}", witness.reason, said.join("; "))))
}

fn not_linearizable(detail: String) -> Violation {
    Violation { kind: FailureKind::NotLinearizable, property: "linearizable", detail }
}

/// As in `consumer 0: takes 7`.
fn said((role, answer): (&Role, Answer)) -> String {
    format!("{}: {}", role.name, answer.told())
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

//! Producers and consumers at a queue.
//!
//! Outcome: what each consumer received, in order, and which tries failed.

use super::{Observer, Scenario, Stage, Step, Watch, run};
use crate::check::linearizability;
use crate::engine::{self, FailureKind, Outcome, Violation};
use crate::event::causality::Moment;
use crate::history::{History, Operation};
use crate::port::{BlockingQueue, Closed, Full, Lane, LaneConsumer, LaneProducer, Order, TryQueue};
use crate::spec::{QueueAnswer, QueueCall, QueueSpec};
use crate::sync::causality::{causality, moment};
use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

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

/// Plays the scenario on a queue whose operations wait.
pub(super) fn play_blocking<Q: BlockingQueue<Item>>(
    scenario: &Arc<Scenario>,
    observer: &Arc<dyn Observer>,
) -> Outcome {
    let spec = QueueSpec {
        order: Q::ORDER,
        capacity: scenario.size,
        answers_at_once: false,
        fails_under_contention: false,
    };
    play(Blocking(Q::with_capacity(scenario.size)), spec, scenario, observer)
}

/// Plays the scenario on a queue whose operations never wait.
pub(super) fn play_trying<Q: TryQueue<Item>>(
    scenario: &Arc<Scenario>,
    observer: &Arc<dyn Observer>,
) -> Outcome {
    let spec = QueueSpec {
        order: Q::ORDER,
        capacity: scenario.size,
        answers_at_once: true,
        fails_under_contention: Q::FAILS_UNDER_CONTENTION,
    };
    play(Trying(Q::with_capacity(scenario.size)), spec, scenario, observer)
}

/// Plays the scenario on a queue with one end for the producer and one for the consumer.
pub(super) fn play_lane<L: Lane<Item>>(scenario: &Arc<Scenario>, observer: &Arc<dyn Observer>) -> Outcome {
    let spec = QueueSpec {
        order: Order::Fifo,
        capacity: scenario.size,
        answers_at_once: true,
        fails_under_contention: false,
    };
    let (producer, consumer) = L::with_capacity(scenario.size);
    play(Ends { producer: End::new(producer), consumer: End::new(consumer) }, spec, scenario, observer)
}

fn play<S: Queue>(
    queue: S,
    spec: QueueSpec,
    scenario: &Arc<Scenario>,
    observer: &Arc<dyn Observer>,
) -> Outcome {
    // An execution that went wrong may have left drops behind.
    dropped();
    let queue = Arc::new(queue);
    let accounts = run(&queue, scenario, observer);
    let before = dropped();
    drop(queue);
    let ledger = Ledger { accounts, dropped_by_main: before, left: dropped() };
    rejected_comes_back(&ledger)?;
    every_item_ends_once(scenario, &ledger)?;
    if spec.order == Order::Fifo {
        fifo_per_producer(scenario, &ledger)?;
    }
    linearizable(&spec, scenario, &ledger)?;
    Ok(outcome(scenario, &ledger))
}

/// A queue of either port: what it answers to a step.
trait Queue: Send + Sync + 'static {
    fn answer(&self, step: Step) -> Answer;
}

struct Blocking<Q>(Q);

impl<Q: BlockingQueue<Item>> Queue for Blocking<Q> {
    fn answer(&self, step: Step) -> Answer {
        match step {
            Step::Push(label) => match self.0.push(Item { label }) {
                Ok(()) => Answer::Pushed(label),
                Err(Closed(item)) => Answer::Full { put: label, back: item.label },
            },
            Step::Pop => self.0.pop().map_or(Answer::Empty, |item| Answer::Popped(item.label)),
            _ => panic!("a blocking queue cannot {step}"),
        }
    }
}

struct Trying<Q>(Q);

impl<Q: TryQueue<Item>> Queue for Trying<Q> {
    fn answer(&self, step: Step) -> Answer {
        match step {
            Step::TryPush(label) => pushed(label, self.0.try_push(Item { label })),
            Step::TryPop => self.0.try_pop().map_or(Answer::Empty, |item| Answer::Popped(item.label)),
            _ => panic!("a queue that never waits cannot {step}"),
        }
    }
}

/// Both ends of a lane, each for the one role that uses it.
struct Ends<P, C> {
    producer: End<P>,
    consumer: End<C>,
}

/// The harness's own, and never contended: it turns the stage's `&self` into the end's `&mut self`.
#[expect(clippy::disallowed_types, reason = "no engine is to see it")]
type End<E> = std::sync::Mutex<E>;

impl<P: LaneProducer<Item>, C: LaneConsumer<Item>> Queue for Ends<P, C> {
    fn answer(&self, step: Step) -> Answer {
        match step {
            Step::TryPush(label) => {
                let mut producer = self.producer.try_lock().expect("a lane has one producer");
                pushed(label, producer.try_push(Item { label }))
            }
            Step::TryPop => {
                let mut consumer = self.consumer.try_lock().expect("a lane has one consumer");
                consumer.try_pop().map_or(Answer::Empty, |item| Answer::Popped(item.label))
            }
            _ => panic!("a lane cannot {step}"),
        }
    }
}

fn pushed(label: u32, result: Result<(), Full<Item>>) -> Answer {
    match result {
        Ok(()) => Answer::Pushed(label),
        Err(Full(item)) => Answer::Full { put: label, back: item.label },
    }
}

/// How one step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
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
pub(super) struct Account {
    answers: Vec<Answer>,
    /// Where the thread stood before and after each step, under an engine that tells.
    moments: Vec<(Moment, Moment)>,
    dropped: Vec<u32>,
}

impl<Q: Queue> Stage for Q {
    type Account = Account;

    fn perform(&self, steps: &[Step], watch: Watch<'_>) -> Account {
        let mut answers = Vec::with_capacity(steps.len());
        let mut moments = Vec::new();
        for (k, &step) in steps.iter().enumerate() {
            let begun = moment();
            answers.push(watch.step(k, || self.answer(step)));
            moments.extend(begun.zip(moment()));
        }
        Account { answers, moments, dropped: dropped() }
    }
}

/// Where all items went.
struct Ledger {
    accounts: Vec<Account>,
    dropped_by_main: Vec<u32>,
    /// Dropped with the queue.
    left: Vec<u32>,
}

impl Ledger {
    fn answers(&self) -> impl Iterator<Item = Answer> {
        self.accounts.iter().flat_map(|account| account.answers.iter().copied())
    }

    fn dropped(&self) -> impl Iterator<Item = u32> {
        let by_roles = self.accounts.iter().flat_map(|account| &account.dropped);
        by_roles.chain(&self.dropped_by_main).chain(&self.left).copied()
    }

    fn received(&self) -> impl Iterator<Item = u32> {
        self.answers().filter_map(popped)
    }
}

fn popped(answer: Answer) -> Option<u32> {
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
        for label in account.answers.iter().copied().filter_map(popped) {
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

fn every_item_ends_once(scenario: &Scenario, ledger: &Ledger) -> Result<(), Violation> {
    let accepted = ledger.answers().filter_map(|answer| match answer {
        Answer::Pushed(label) => Some(label),
        _ => None,
    });
    let ended = ledger.received().chain(ledger.left.iter().copied());
    if let Err((label, times)) = same(accepted, ended) {
        return Err(match times {
            0 => {
                Violation::new("nothing_lost", format!("item {label} was put, and neither received nor left"))
            }
            _ => {
                Violation::new("nothing_duplicated", format!("item {label} came out {times} times too often"))
            }
        });
    }
    let put = scenario.roles.iter().flat_map(|role| &role.steps).filter_map(|step| match step {
        Step::Push(label) | Step::TryPush(label) => Some(*label),
        _ => None,
    });
    same(put, ledger.dropped()).map_err(|(label, times)| {
        let detail = match times {
            0 => format!("item {label} was never dropped"),
            _ => format!("item {label} was dropped {times} times too often"),
        };
        Violation::new("dropped_once", detail)
    })
}

/// Looks for an order of the operations that no sequential queue explains. Only the engines of this crate
/// tell in which order operations can take place; under loom's weak memory there is no such order.
fn linearizable(spec: &QueueSpec, scenario: &Scenario, ledger: &Ledger) -> Result<(), Violation> {
    let Some(order) = causality() else { return Ok(()) };
    let roles = scenario.roles.iter().zip(&ledger.accounts);
    let steps = roles.flat_map(|(role, account)| account.answers.iter().map(move |answer| (role, answer)));
    let moments = ledger.accounts.iter().flat_map(|account| &account.moments);
    let operations = ledger.answers().zip(moments).map(|(answer, &(begun, ended))| {
        let (call, answer) = answer.in_terms_of_the_spec();
        Operation { call, answer, begun, ended }
    });
    let history = match History::new(operations.collect(), &order) {
        Ok(history) => history,
        Err(too_long) => {
            engine::give_up(too_long.to_string());
            return Ok(());
        }
    };
    let Some(witness) = linearizability::refute(spec, &history) else { return Ok(()) };
    let said: Vec<String> = steps.map(|(role, answer)| format!("{}: {}", role.name, answer.told())).collect();
    let said: Vec<&str> = witness.iter().map(|&operation| &*said[operation]).collect();
    let kind = FailureKind::NotLinearizable;
    let detail = format!("no {} queue answers so, asked in this order: {}", spec.order, said.join("; "));
    Err(Violation { kind, property: "linearizable", detail })
}

/// Compares two lists of labels, in any order. The first label that differs, with how many times too
/// often it is found, or 0 where it is missing.
pub(super) fn same(
    expected: impl Iterator<Item = u32>,
    found: impl Iterator<Item = u32>,
) -> Result<(), (u32, usize)> {
    let mut expected: Vec<u32> = expected.collect();
    let mut found: Vec<u32> = found.collect();
    expected.sort_unstable();
    found.sort_unstable();
    if expected == found {
        return Ok(());
    }
    let count = |list: &[u32], label| list.iter().filter(|&&other| other == label).count();
    let mut labels = expected.iter().chain(&found).copied();
    let differs = |label: &u32| count(&expected, *label) != count(&found, *label);
    let label = labels.find(differs).expect("lists that differ, differ in a label");
    Err((label, count(&found, label).saturating_sub(count(&expected, label))))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Rig, Waiting};
    use std::collections::VecDeque;

    /// A queue that is not one: what it does with the items is up to the test.
    #[expect(clippy::disallowed_types, reason = "a test double, never modelled")]
    type Items = std::sync::Mutex<VecDeque<Item>>;

    macro_rules! double {
        ($name:ident, $push:expr, $pop:expr) => {
            #[derive(Default)]
            struct $name(Items);

            impl TryQueue<Item> for $name {
                fn with_capacity(_capacity: usize) -> Self {
                    Self::default()
                }

                fn try_push(&self, item: Item) -> Result<(), Full<Item>> {
                    $push(&mut *self.0.lock().unwrap(), item)
                }

                fn try_pop(&self) -> Option<Item> {
                    $pop(&mut *self.0.lock().unwrap())
                }
            }
        };
    }

    fn put(items: &mut VecDeque<Item>, item: Item) -> Result<(), Full<Item>> {
        items.push_back(item);
        Ok(())
    }

    double!(Sound, put, VecDeque::pop_front);
    double!(LastInFirstOut, put, VecDeque::pop_back);
    double!(
        Forgets,
        |_: &mut VecDeque<Item>, item| {
            std::mem::forget(item);
            Ok(())
        },
        VecDeque::pop_front
    );
    double!(
        Drops,
        |_: &mut VecDeque<Item>, item| {
            drop(item);
            Ok(())
        },
        VecDeque::pop_front
    );
    double!(
        Repeats,
        |items: &mut VecDeque<Item>, item: Item| {
            items.push_back(Item { label: item.label });
            put(items, item)
        },
        VecDeque::pop_front
    );
    double!(Swaps, |_: &mut VecDeque<Item>, _| Err(Full(Item { label: 42 })), VecDeque::pop_front);

    fn judge<Q: TryQueue<Item>>() -> Result<(), &'static str> {
        // One role puts all items in, then takes them out: nothing is left to chance.
        let mut scenario = Scenario::exchange(Waiting::Tries, 4, &[3], 1);
        let pops = scenario.roles.remove(1).steps;
        scenario.roles[0].steps.extend(pops);
        let outcome = Rig::try_queue::<Q>().program(scenario).run();
        outcome.map(drop).map_err(|violation| violation.property)
    }

    #[test]
    fn accepts_a_sound_queue() {
        assert_eq!(judge::<Sound>(), Ok(()));
    }

    #[test]
    fn rejects_another_order() {
        assert_eq!(judge::<LastInFirstOut>(), Err("fifo_per_producer"));
    }

    #[test]
    fn rejects_a_lost_item() {
        assert_eq!(judge::<Forgets>(), Err("nothing_lost"));
        assert_eq!(judge::<Drops>(), Err("nothing_lost"));
    }

    #[test]
    fn rejects_a_duplicated_item() {
        assert_eq!(judge::<Repeats>(), Err("nothing_duplicated"));
    }

    #[test]
    fn rejects_another_item_back() {
        assert_eq!(judge::<Swaps>(), Err("rejected_comes_back"));
    }

    #[test]
    fn compares_in_any_order() {
        assert_eq!(same([1, 2, 3].into_iter(), [3, 1, 2].into_iter()), Ok(()));
        assert_eq!(same([1, 2].into_iter(), [1].into_iter()), Err((2, 0)));
        assert_eq!(same([1].into_iter(), [1, 1, 1].into_iter()), Err((1, 2)));
    }
}

//! What the ports of queues have in common: how a scenario is played, and what is judged.
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

use super::exchange::Full;
use super::item::{Goods, dropped};
use super::ledger;
use crate::check::{Budget, Decision, container, general, linearizability};
use crate::engine::{self, FailureKind, Outcome, Violation};
use crate::event::causality::{Causality, Moment};
use crate::history::log::Entry;
use crate::history::recorder::Log;
use crate::history::{History, Operation};
use crate::scenario::{Observer, Performer, Recorded, Scenario, Step, Watch};
use crate::spec::{Order, QueueAnswer, QueueCall, QueueSpec};
use crate::sync::causality::{causality, moment};
use crate::sync::{self, note};
use std::fmt;
use std::sync::Arc;

/// Plays the scenario on a queue, and judges by what it promises.
pub(super) fn play<S: Queue>(
    queue: S,
    spec: QueueSpec,
    scenario: &Arc<Scenario>,
    observer: &Arc<dyn Observer>,
) -> Outcome {
    let promises = Promises { spec, closes: S::CLOSES, drops: S::DROPS };
    judge(&promises, scenario, Ledger::of(Arc::new(queue), scenario, observer), &**observer)
}

/// What is judged by.
struct Promises {
    spec: QueueSpec,
    closes: bool,
    drops: bool,
}

fn judge(promises: &Promises, scenario: &Scenario, mut ledger: Ledger, observer: &dyn Observer) -> Outcome {
    rejected_comes_back(&ledger)?;
    let lost = "was put, and neither received nor left";
    ledger.every_item_ends_once(ledger.put(), ledger.accepted(), ledger.received(), lost)?;
    if promises.spec.order == Order::Fifo {
        fifo_per_producer(scenario, &ledger)?;
    }
    if promises.closes {
        closed_means_empty(&ledger)?;
    }
    promises.linearizable(scenario, &mut ledger, observer)?;
    Ok(outcome(scenario, &ledger))
}

/// A queue of any port: what it answers to a step.
pub(super) trait Queue: Send + Sync + 'static {
    /// Whether it is closed in the middle of a scenario: then it sends items back, and consumers away.
    const CLOSES: bool = false;
    /// Whether an item may be dropped while its producer waits with it. That is no operation: nothing has been put in.
    const DROPS: bool = false;
    /// How often a step is attempted, at most. Each attempt is an operation of its own; the first that does not fail is the last.
    const ATTEMPTS: usize = 1;

    fn answer(&self, step: Step) -> Answer;

    /// What it answers where a step may be attempted more than once.
    fn attempt(&self, step: Step, attempt: Attempt) -> Answer {
        let _ = attempt;
        self.answer(step)
    }
}

/// The n-th attempt at a step of a role, counted from 0.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt {
    pub(super) role: usize,
    pub(super) step: usize,
    pub(super) number: usize,
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
    Full {
        put: u32,
        back: u32,
    },
    /// The wait was cancelled, and the item dropped with it.
    Dropped(u32),
    Popped(u32),
    Empty,
}

impl Answer {
    const fn in_terms_of_the_spec(self) -> (QueueCall, QueueAnswer) {
        match self {
            Self::Pushed(label) => (QueueCall::Push(label), QueueAnswer::Pushed),
            Self::Full { put, .. } | Self::Dropped(put) => (QueueCall::Push(put), QueueAnswer::Full),
            Self::Popped(label) => (QueueCall::Pop, QueueAnswer::Popped(label)),
            Self::Empty => (QueueCall::Pop, QueueAnswer::Empty),
        }
    }

    const fn fails(self) -> bool {
        matches!(self, Self::Full { .. } | Self::Dropped(_) | Self::Empty)
    }

    /// The label of the item that was to be put in, by this attempt.
    const fn put(self) -> Option<u32> {
        match self {
            Self::Pushed(label) | Self::Full { put: label, .. } | Self::Dropped(label) => Some(label),
            Self::Popped(_) | Self::Empty => None,
        }
    }

    /// As in `takes 7`.
    fn told(self) -> String {
        match self {
            Self::Pushed(label) => format!("puts {label}"),
            Self::Full { put, .. } => format!("has no room for {put}"),
            Self::Dropped(label) => format!("drops {label} while it waits"),
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
            Self::Dropped(label) => write!(f, "dropped {label}"),
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
        perform(&|step, attempt| self.attempt(step, attempt), Q::ATTEMPTS, steps, watch)
    }
}

/// Attempts each step until it does not fail, at most so often.
fn perform(attempt: Try<'_>, attempts: usize, steps: &[Step], watch: Watch<'_>) -> (Account, Vec<u32>) {
    let mut answers = Vec::with_capacity(steps.len());
    let mut moments = Vec::new();
    let mut log =
        (!sync::is_modelled()).then(|| Record::with_room(watch.role as u32, attempts * steps.len()));
    watch.ready();
    for (k, &step) in steps.iter().enumerate() {
        watch.step(k, || {
            for number in 0..attempts {
                let begun = moment();
                note(format_args!("{step}"));
                let answer = || attempt(step, Attempt { role: watch.role, step: k, number });
                let answer = recorded(answer, log.as_mut(), step);
                note(format_args!("→ {answer}"));
                answers.push(answer);
                moments.extend(begun.zip(moment()));
                if !answer.fails() {
                    break;
                }
            }
        });
    }
    (Account { answers, moments, log }, dropped())
}

/// A queue that answers.
type Try<'a> = &'a dyn Fn(Step, Attempt) -> Answer;

fn recorded(answer: impl FnOnce() -> Answer, log: Option<&mut Record>, step: Step) -> Answer {
    let Some(log) = log else { return answer() };
    log.begin(step.on.map_or(QueueCall::Pop, QueueCall::Push));
    let answer = answer();
    log.end(Some(answer.in_terms_of_the_spec().1));
    answer
}

type Ledger = ledger::Ledger<Account>;

impl Ledger {
    fn answers(&self) -> impl Iterator<Item = Answer> {
        self.accounts.iter().flat_map(|account| account.answers.iter().copied())
    }

    /// The labels of all items, one for each attempt to put one in.
    fn put(&self) -> impl Iterator<Item = u32> {
        self.answers().filter_map(Answer::put)
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

/// What may be spent on the order of one execution's operations: about a second. At the sizes that are searched it takes some hundred steps.
const AN_EXECUTION: Budget = Budget { steps: 500_000, bytes: 1 << 30, time: None };

impl Promises {
    /// Looks for an order of the operations that no sequential queue explains. The engines of this crate
    /// tell in which order operations can take place, and real cores in which they did; under loom's weak memory there is no
    /// such order.
    fn linearizable(
        &self,
        scenario: &Scenario,
        ledger: &mut Ledger,
        observer: &dyn Observer,
    ) -> Result<(), Violation> {
        match causality() {
            Some(order) => self.linearizable_in_every_order(scenario, ledger, &order),
            None if !sync::is_modelled() => self.linearizable_in_time(scenario, ledger, observer),
            None => Ok(()),
        }
    }

    fn linearizable_in_every_order(
        &self,
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
        let history = History::new(operations.filter(|one| self.counts(one.answer)).collect(), order);
        let witness = linearizability::refute(&self.spec, &history, AN_EXECUTION).unwrap_or_else(|spent| {
            let count = history.operations.len();
            engine::give_up(format!("the order of {count} operations was {spent}: play fewer at a time"));
            None
        });
        let Some(witness) = witness else { return Ok(()) };
        let said = self.said(scenario, ledger, &witness);
        Err(not_linearizable(format!("no {} queue answers so, asked in this order: {said}", self.spec.order)))
    }

    fn linearizable_in_time(
        &self,
        scenario: &Scenario,
        ledger: &mut Ledger,
        observer: &dyn Observer,
    ) -> Result<(), Violation> {
        let logs = ledger.accounts.iter_mut().filter_map(|account| account.log.take());
        let entries = logs.flat_map(Log::into_entries);
        let log: Vec<_> =
            entries.filter(|entry| entry.answer.is_none_or(|answer| self.counts(answer))).collect();
        let decision = decide(&self.spec, &log);
        observer.judged(Recorded::Queue(log), &decision);
        let Decision::Violated(witness) = decision else { return Ok(()) };
        let said = self.said(scenario, ledger, &witness.entries);
        Err(not_linearizable(format!("{}: {said}", witness.reason)))
    }

    /// Whether the answer says something of the order of items; of a queue that is closed, it does not where it sends somebody away, and
    /// what was dropped on its way has not been there.
    fn counts(&self, answer: QueueAnswer) -> bool {
        !(self.closes || self.drops) || matches!(answer, QueueAnswer::Pushed | QueueAnswer::Popped(_))
    }

    /// These of the steps that count, role by role, which is the order of a log. As in `producer 0: puts 7; consumer 0: takes 7`.
    fn said(&self, scenario: &Scenario, ledger: &Ledger, which: &[usize]) -> String {
        let mut steps = Vec::new();
        for (role, account) in scenario.roles.iter().zip(&ledger.accounts) {
            let counts = |answer: &&Answer| self.counts(answer.in_terms_of_the_spec().1);
            steps.extend(account.answers.iter().filter(counts).map(|answer| (role, answer)));
        }
        let said = which.iter().map(|&step| format!("{}: {}", steps[step].0.name, steps[step].1.told()));
        said.collect::<Vec<_>>().join("; ")
    }
}

fn not_linearizable(detail: String) -> Violation {
    Violation { kind: FailureKind::NotLinearizable, property: "linearizable", detail }
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

/// What may be spent on a round that only the general check can decide: some two seconds, where nearly all take less than a tenth of one; and less
/// memory than a campaign takes for a leak.
const A_ROUND: Budget = Budget { steps: 4_000_000, bytes: 1 << 26, time: None };

/// Decides whether the log is linearizable to this queue: by the check of containers, and where that leaves the question open by the general
/// one, as far as it comes.
fn decide(spec: &QueueSpec, log: &[Entry<QueueCall, QueueAnswer>]) -> Decision {
    match container::check(spec, log) {
        Decision::Unknown(_) => general::check(spec, log, A_ROUND),
        decided => decided,
    }
}

//! The owner of a deque and its thieves.
//!
//! Outcome: what the owner popped, and what came of every thief's attempts.

use super::exchange::{abbreviated, dropped, same};
use super::{Item, Observer, Scenario, Stage, Step, Watch, run};
use crate::engine::{Outcome, Violation};
use crate::model::pool::deque::Word;
use crate::port::{Deque, Steal, Stealer};
use crate::sync;
use std::fmt;
use std::ptr;
use std::sync::Arc;

// SAFETY: the label goes through a pointer's address unchanged.
unsafe impl Word for Item {
    fn into_word(self) -> *mut () {
        let label = self.label() as usize;
        std::mem::forget(self);
        // No label is the null pointer of an empty slot: a thief that takes one shows.
        ptr::without_provenance_mut(label + 1)
    }

    unsafe fn from_word(word: *mut ()) -> Self {
        Self::new(word.addr().wrapping_sub(1) as u32)
    }
}

/// Plays the scenario on a deque.
pub(super) fn play<D: Deque<Item>>(scenario: &Arc<Scenario>, observer: &Arc<dyn Observer>) -> Outcome {
    // An execution that went wrong may have left drops behind.
    dropped();
    let house = Arc::new(House::<D>::new(scenario));
    let accounts = run(&house, scenario, observer);
    let before = dropped();
    drop(house);
    let ledger = Ledger { accounts, dropped_by_main: before, left: dropped() };
    every_item_ends_once(scenario, &ledger)?;
    lifo_for_the_owner(scenario, &ledger)?;
    fifo_for_thieves(scenario, &ledger)?;
    Ok(outcome(scenario, &ledger))
}

/// A deque, and what was done to each item before it was put in.
struct House<D: Deque<Item>> {
    owner: Owner<D>,
    stealer: D::Stealer,
    /// Written by the owner before the push, read by whoever takes the item: guarded by nothing but the deque, so
    /// that a model checker sees a data race where the deque does not publish.
    marks: Vec<sync::UnsafeCell<u32>>,
}

/// The owner's end, until its role takes it.
#[expect(clippy::disallowed_types, reason = "a lock of the harness, which no two roles want")]
type Owner<D> = std::sync::Mutex<Option<D>>;

// SAFETY: all but the marks is `Sync`, and they are touched only where an engine runs one thread at a time, and
// reports an overlap as a data race.
unsafe impl<D: Deque<Item>> Sync for House<D> {}

impl<D: Deque<Item>> House<D> {
    fn new(scenario: &Scenario) -> Self {
        let deque = D::with_capacity(scenario.size);
        let mark = |label| sync::UnsafeCell::new(0).named(format_args!("item {label}"));
        let marks = if sync::is_modelled() { labels(scenario).map(mark).collect() } else { Vec::new() };
        Self { stealer: deque.stealer(), owner: Owner::new(Some(deque)), marks }
    }

    fn put(&self, deque: &D, label: u32) -> Answer {
        if let Some(mark) = self.marks.get(label as usize) {
            // SAFETY: the pointer is valid for the call, in which the engine runs no other thread.
            mark.with_mut(|mark| unsafe { *mark = label });
        }
        deque.push(Item::new(label));
        Answer::Pushed(label)
    }

    fn received(&self, item: &Item) -> Answer {
        if let Some(mark) = self.marks.get(item.label() as usize) {
            // SAFETY: as in `put`.
            mark.with(|mark| unsafe { *mark });
        }
        Answer::Took(item.label())
    }

    fn own(&self, deque: &D, step: Step) -> Answer {
        match step {
            Step::Push(label) => self.put(deque, label),
            Step::TryPop => deque.pop().map_or(Answer::Empty, |item| self.received(&item)),
            _ => panic!("the owner of a deque cannot {step}"),
        }
    }

    fn rob(&self, step: Step) -> Answer {
        let Step::Steal = step else { panic!("a thief cannot {step}") };
        match self.stealer.steal() {
            Steal::Success(item) => self.received(&item),
            Steal::Retry => Answer::Retry,
            Steal::Empty => Answer::Empty,
        }
    }
}

impl<D: Deque<Item>> Stage for House<D> {
    type Account = Account;

    fn perform(&self, steps: &[Step], watch: Watch<'_>) -> Account {
        let played = |answer: &dyn Fn(Step) -> Answer| {
            steps.iter().enumerate().map(|(k, &step)| watch.step(k, || answer(step))).collect()
        };
        let answers = if watch.role == OWNER {
            // Main drops the deque: it goes back when all is done.
            let deque = self.owner.lock().unwrap().take().expect("there is one owner");
            let answers = played(&|step| self.own(&deque, step));
            *self.owner.lock().unwrap() = Some(deque);
            answers
        } else {
            played(&|step| self.rob(step))
        };
        Account { answers, dropped: dropped() }
    }
}

/// The role of the owner.
const OWNER: usize = 0;

/// How one step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Pushed(u32),
    Took(u32),
    Empty,
    Retry,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pushed(label) => write!(f, "put {label}"),
            Self::Took(label) => write!(f, "{label}"),
            Self::Empty => f.write_str("empty"),
            Self::Retry => f.write_str("retry"),
        }
    }
}

/// What one role brings home.
struct Account {
    answers: Vec<Answer>,
    dropped: Vec<u32>,
}

impl Account {
    fn took(&self) -> impl Iterator<Item = u32> {
        self.answers.iter().filter_map(|answer| match answer {
            Answer::Took(label) => Some(*label),
            _ => None,
        })
    }
}

/// Where all items went.
struct Ledger {
    accounts: Vec<Account>,
    dropped_by_main: Vec<u32>,
    /// Dropped with the deque.
    left: Vec<u32>,
}

/// The labels that the scenario puts in: 0, 1, 2, …, oldest first.
fn labels(scenario: &Scenario) -> impl Iterator<Item = u32> {
    scenario.roles.iter().flat_map(|role| &role.steps).filter_map(|step| match step {
        Step::Push(label) => Some(*label),
        _ => None,
    })
}

/// Thieves take the oldest, so what the owner pops is the newest of what it has put in and not yet popped; where it
/// finds nothing, thieves have all of that.
fn lifo_for_the_owner(scenario: &Scenario, ledger: &Ledger) -> Result<(), Violation> {
    let mut own = Vec::new();
    let stolen =
        |label: u32| ledger.accounts[OWNER + 1..].iter().any(|thief| thief.took().any(|l| l == label));
    for answer in &ledger.accounts[OWNER].answers {
        match *answer {
            Answer::Pushed(label) => own.push(label),
            Answer::Took(label) => match own.pop() {
                Some(newest) if newest == label => {}
                newest => {
                    let detail = format!("the owner popped {label}, and its newest item was {newest:?}");
                    return Err(Violation::new("lifo_for_the_owner", detail));
                }
            },
            Answer::Empty => {
                if let Some(label) = own.drain(..).find(|&label| !stolen(label)) {
                    let name = &scenario.roles[OWNER].name;
                    let detail = format!("{name} found nothing, and nobody has stolen item {label}");
                    return Err(Violation::new("empty_means_empty", detail));
                }
            }
            Answer::Retry => unreachable!("the owner does not steal"),
        }
    }
    Ok(())
}

fn fifo_for_thieves(scenario: &Scenario, ledger: &Ledger) -> Result<(), Violation> {
    for (role, account) in scenario.roles.iter().zip(&ledger.accounts).skip(OWNER + 1) {
        let took: Vec<u32> = account.took().collect();
        if let Some(pair) = took.windows(2).find(|pair| pair[0] > pair[1]) {
            let detail = format!("{} stole {} before {}", role.name, pair[0], pair[1]);
            return Err(Violation::new("fifo_for_thieves", detail));
        }
    }
    Ok(())
}

fn every_item_ends_once(scenario: &Scenario, ledger: &Ledger) -> Result<(), Violation> {
    let taken = ledger.accounts.iter().flat_map(Account::took);
    let ended = taken.chain(ledger.left.iter().copied());
    same(labels(scenario), ended).map_err(|(label, times)| match times {
        0 => Violation::new("nothing_lost", format!("item {label} was put in, and neither taken nor left")),
        _ => Violation::new("nothing_duplicated", format!("item {label} came out {times} times too often")),
    })?;
    let by_roles = ledger.accounts.iter().flat_map(|account| &account.dropped);
    let all = by_roles.chain(&ledger.dropped_by_main).chain(&ledger.left).copied();
    same(labels(scenario), all).map_err(|(label, times)| match times {
        0 => Violation::new("dropped_once", format!("item {label} was never dropped")),
        _ => Violation::new("dropped_once", format!("item {label} was dropped {times} times too often")),
    })
}

/// As in `o=[1, empty] t0=[0, retry]`.
fn outcome(scenario: &Scenario, ledger: &Ledger) -> String {
    let role = |(role, account): (&super::Role, &Account)| {
        let news = account.answers.iter().filter(|answer| !matches!(answer, Answer::Pushed(_)));
        let news: Vec<String> = news.map(Answer::to_string).collect();
        format!("{}=[{}]", abbreviated(&role.name), news.join(", "))
    };
    let roles: Vec<String> = scenario.roles.iter().zip(&ledger.accounts).map(role).collect();
    roles.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::pool::deque::chase_lev::Worker;
    use crate::scenario::Rig;
    use std::collections::VecDeque;

    /// A deque that is not one: what it does with the items is up to the test.
    #[expect(clippy::disallowed_types, reason = "a test double, never modelled")]
    type Items = Arc<std::sync::Mutex<VecDeque<Item>>>;

    macro_rules! double {
        ($name:ident, $push:expr, $pop:expr, $steal:expr) => {
            #[derive(Clone, Default)]
            struct $name(Items);

            impl Deque<Item> for $name {
                type Stealer = Self;

                fn with_capacity(_capacity: usize) -> Self {
                    Self::default()
                }

                fn push(&self, item: Item) {
                    $push(&mut *self.0.lock().unwrap(), item)
                }

                fn pop(&self) -> Option<Item> {
                    $pop(&mut *self.0.lock().unwrap())
                }

                fn stealer(&self) -> Self {
                    self.clone()
                }
            }

            impl Stealer<Item> for $name {
                fn steal(&self) -> Steal<Item> {
                    $steal(&mut *self.0.lock().unwrap()).map_or(Steal::Empty, Steal::Success)
                }
            }
        };
    }

    type Deck = VecDeque<Item>;

    double!(Sound, Deck::push_back, Deck::pop_back, Deck::pop_front);
    double!(OwnerTakesTheOldest, Deck::push_back, Deck::pop_front, Deck::pop_front);
    double!(ThievesTakeTheNewest, Deck::push_back, Deck::pop_back, Deck::pop_back);
    double!(Forgets, |_: &mut Deck, item| std::mem::forget(item), Deck::pop_back, Deck::pop_front);
    double!(Denies, Deck::push_back, |_: &mut Deck| None, Deck::pop_front);
    double!(
        Repeats,
        |deck: &mut Deck, item: Item| {
            deck.push_back(Item::new(item.label()));
            deck.push_front(item);
        },
        Deck::pop_back,
        Deck::pop_front
    );

    /// The owner's steps are done when the thief comes, so that nothing is left to chance.
    struct OwnerFirst(std::sync::atomic::AtomicBool);

    impl Observer for OwnerFirst {
        fn begins(&self, role: usize, _step: usize) {
            while role != OWNER && !self.0.load(std::sync::atomic::Ordering::Acquire) {
                sync::thread::yield_now();
            }
        }

        fn ends(&self, role: usize, step: usize) {
            if (role, step) == (OWNER, STEPS.len() - 1) {
                self.0.store(true, std::sync::atomic::Ordering::Release);
            }
        }
    }

    const STEPS: [Step; 5] = [Step::Push(0), Step::Push(1), Step::Push(2), Step::Push(3), Step::TryPop];

    fn judge<D: Deque<Item>>() -> Result<String, &'static str> {
        let scenario = Scenario::robbery(4, STEPS.to_vec(), 1, 2);
        let observer: Arc<dyn Observer> = Arc::new(OwnerFirst(false.into()));
        Rig::deque::<D>().play(&Arc::new(scenario), &observer).outcome.map_err(|violation| violation.property)
    }

    #[test]
    fn accepts_a_sound_deque() {
        assert_eq!(judge::<Sound>().unwrap(), "o=[3] t0=[0, 1]");
        assert_eq!(judge::<Worker<Item>>().unwrap(), "o=[3] t0=[0, 1]");
    }

    #[test]
    fn rejects_another_order() {
        assert_eq!(judge::<OwnerTakesTheOldest>(), Err("lifo_for_the_owner"));
        assert_eq!(judge::<ThievesTakeTheNewest>(), Err("fifo_for_thieves"));
    }

    #[test]
    fn rejects_a_lost_item() {
        assert_eq!(judge::<Forgets>(), Err("nothing_lost"));
    }

    #[test]
    fn rejects_a_denied_item() {
        assert_eq!(judge::<Denies>(), Err("empty_means_empty"));
    }

    #[test]
    fn rejects_a_duplicated_item() {
        assert_eq!(judge::<Repeats>(), Err("nothing_duplicated"));
    }
}

//! Work-stealing deques: an owner, and its thieves.
//!
//! | property                             |                                            |
//! |--------------------------------------|--------------------------------------------|
//! | `nothing_lost`, `nothing_duplicated`, `dropped_once` | as for queues              |
//! | `lifo_for_the_owner`                 | it pops its newest item that is left       |
//! | `empty_means_empty`                  | where it finds nothing, thieves have all   |
//! | `fifo_for_thieves`                   | each steals older items before newer ones  |
//!
//! Outcome: what the owner popped, and what came of every thief's attempts.

use super::answers::abbreviated;
use super::exchange::{PUSH, TRY_POP};
use super::item::dropped;
use super::ledger::{self, labels};
use super::{Harness, Item, Port, Size};
use crate::engine::{Outcome, Violation};
use crate::scenario::{Observer, Performer, Role, Scenario, SplitMix64, Step, Verb, Watch};
use crate::sync;
use std::fmt;
use std::sync::Arc;

/// The owner's end of a work-stealing deque: one thread pushes and pops at one end, any number of thieves
/// steal at the other.
///
/// - Every item is popped or stolen at most once, and dropped exactly once: by whoever has it, or with the
///   deque's last handle.
/// - `pop` takes the newest item, [`steal`](Stealer::steal) the oldest.
/// - What the owner did before a `push` is visible to whoever takes the item.
pub trait Deque<T>: Send + 'static {
    /// The thief's end.
    type Stealer: Stealer<T>;

    /// An empty deque with room for at least `capacity` items, at least 1; it grows.
    fn with_capacity(capacity: usize) -> Self
    where
        Self: Sized;

    /// Puts an item in.
    fn push(&self, item: T);

    /// Takes the newest item out; `None` where there is none.
    fn pop(&self) -> Option<T>;

    /// Another thief's end.
    fn stealer(&self) -> Self::Stealer;
}

/// The thief's end of a [`Deque`].
pub trait Stealer<T>: Clone + Send + Sync + 'static {
    /// Takes the oldest item out.
    fn steal(&self) -> Steal<T>;
}

/// What came of an attempt to steal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Steal<T> {
    /// There was no item.
    Empty,
    /// Another thread took the item while we tried. There may be others.
    Retry,
    /// The oldest item.
    Success(T),
}

/// An owner, and so many thieves.
pub static PORT: Port = Port {
    name: "deque",
    sizes: &[Size(1, 1), Size(1, 2)],
    larger: &[Size(1, 3)],
    scenario: |Size(_, thieves)| contended(thieves),
    draw,
};

/// Tries once to take an item from somebody else's deque.
pub const STEAL: Verb = Verb("steal");

/// The owner performs these steps, while every thief tries so often.
pub fn stealing(capacity: usize, owner: Vec<Step>, thieves: usize, tries: usize) -> Scenario {
    let thief = |i| Role { name: format!("thief {i}"), steps: vec![STEAL.step(); tries] };
    let owner = Role { name: "owner".to_owned(), steps: owner };
    Scenario::new(capacity, std::iter::once(owner).chain((0..thieves).map(thief)).collect())
}

/// The smallest scenario in which the deque grows, a slot is used again, and the last item is fought for.
fn contended(thieves: usize) -> Scenario {
    let owner = vec![PUSH.on(0), PUSH.on(1), TRY_POP.step(), PUSH.on(2), TRY_POP.step()];
    stealing(1, owner, thieves, if thieves == 1 { 2 } else { 1 })
}

/// The owner pushes and pops in bursts, so that the deque is often nearly empty, and grows now and then.
fn draw(random: &mut SplitMix64) -> Scenario {
    let longest = random.between(1, 6);
    let mut owner = Vec::new();
    let mut items = 0;
    for _ in 0..random.between(1, 1_000) {
        for _ in 0..random.between(1, longest) {
            owner.push(PUSH.on(items));
            items += 1;
        }
        owner.extend(vec![TRY_POP.step(); random.between(0, longest)]);
    }
    let thieves = random.between(1, 6);
    stealing(random.between(1, 8), owner, thieves, random.between(1, 3_000))
}

/// Plays on this deque.
pub const fn harness<D: Deque<Item>>() -> Harness {
    Harness::new(&PORT, |scenario, observer| play::<D>(scenario, observer).into())
}

/// Plays the scenario on a deque.
fn play<D: Deque<Item>>(scenario: &Arc<Scenario>, observer: &Arc<dyn Observer>) -> Outcome {
    judge(scenario, &Ledger::of(Arc::new(House::<D>::new(scenario)), scenario, observer))
}

fn judge(scenario: &Scenario, ledger: &Ledger) -> Outcome {
    let taken = ledger.accounts.iter().flat_map(|account| took(account));
    let lost = "was put in, and neither taken nor left";
    ledger.every_item_ends_once(labels(scenario), labels(scenario), taken, lost)?;
    lifo_for_the_owner(scenario, ledger)?;
    fifo_for_thieves(scenario, ledger)?;
    Ok(outcome(scenario, ledger))
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
            Step { verb: PUSH, on: Some(label) } => self.put(deque, label),
            Step { verb: TRY_POP, .. } => deque.pop().map_or(Answer::Empty, |item| self.received(&item)),
            _ => panic!("the owner of a deque cannot {step}"),
        }
    }

    fn attempt(&self, step: Step) -> Answer {
        let Step { verb: STEAL, .. } = step else { panic!("a thief cannot {step}") };
        match self.stealer.steal() {
            Steal::Success(item) => self.received(&item),
            Steal::Retry => Answer::Retry,
            Steal::Empty => Answer::Empty,
        }
    }
}

impl<D: Deque<Item>> Performer for House<D> {
    type Account = (Account, Vec<u32>);

    fn perform(&self, steps: &[Step], watch: Watch<'_>) -> Self::Account {
        watch.ready();
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
            played(&|step| self.attempt(step))
        };
        (answers, dropped())
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
type Account = Vec<Answer>;
type Ledger = ledger::Ledger<Account>;

fn took(account: &[Answer]) -> impl Iterator<Item = u32> {
    account.iter().filter_map(|answer| match answer {
        Answer::Took(label) => Some(*label),
        _ => None,
    })
}

/// Thieves take the oldest, so what the owner pops is the newest of what it has put in and not yet popped; where it
/// finds nothing, thieves have all of that.
fn lifo_for_the_owner(scenario: &Scenario, ledger: &Ledger) -> Result<(), Violation> {
    let mut own = Vec::new();
    let stolen =
        |label: u32| ledger.accounts[OWNER + 1..].iter().any(|thief| took(thief).any(|l| l == label));
    for answer in &ledger.accounts[OWNER] {
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
        let took: Vec<u32> = took(account).collect();
        if let Some(pair) = took.windows(2).find(|pair| pair[0] > pair[1]) {
            let detail = format!("{} stole {} before {}", role.name, pair[0], pair[1]);
            return Err(Violation::new("fifo_for_thieves", detail));
        }
    }
    Ok(())
}

/// As in `o=[1, empty] t0=[0, retry]`.
fn outcome(scenario: &Scenario, ledger: &Ledger) -> String {
    let role = |(role, account): (&Role, &Account)| {
        let news = account.iter().filter(|answer| !matches!(answer, Answer::Pushed(_)));
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

    double!(Correct, Deck::push_back, Deck::pop_back, Deck::pop_front);
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

    const STEPS: [Step; 5] = [PUSH.on(0), PUSH.on(1), PUSH.on(2), PUSH.on(3), TRY_POP.step()];

    fn judge<D: Deque<Item>>() -> Result<String, &'static str> {
        let scenario = stealing(4, STEPS.to_vec(), 1, 2);
        let observer: Arc<dyn Observer> = Arc::new(OwnerFirst(false.into()));
        harness::<D>().play(&Arc::new(scenario), &observer).outcome.map_err(|violation| violation.property)
    }

    #[test]
    fn accepts_a_sound_deque() {
        assert_eq!(judge::<Correct>().unwrap(), "o=[3] t0=[0, 1]");
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

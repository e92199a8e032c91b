//! Tables of philosophers.
//!
//! | property                        |                                            |
//! |---------------------------------|--------------------------------------------|
//! | `neighbours_never_eat_together` | a fork serves one philosopher at a time    |
//! | `every_seat_is_fed`             | every philosopher eats once in each `dine` |
//! | `bounded_overtaking`            | no wait is longer than the table promises  |
//!
//! Outcome: for every fork, the seats that ate with it, in order. With one meal each there are as many
//! outcomes as acyclic orientations of the ring of n neighbours: 2ⁿ−2.

use super::holdings::{self, Log};
use super::{Harness, Port, Size};
use crate::check::exclusion::Holding;
use crate::check::overtaking::{self, Meal};
use crate::engine::{ExecutionResult, Outcome, Violation};
use crate::scenario::{Observer, Performer, Role, Scenario, Step, Verb, Watch, run, time_together};
use crate::sync;
use crate::sync::causality::{causality, moment};
use std::cell::Cell;
use std::fmt::Write;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// A round table with one fork between each two neighbours (Edsger W. Dijkstra, "Hierarchical ordering
/// of sequential processes", 1971).
///
/// Which forks belong to a seat, [`forks_of`] tells. The philosopher of each seat is one thread, so `dine` is never called for one seat by two threads at once.
///
/// - Neighbours never eat together.
/// - Nobody waits for ever, as long as every meal ends.
/// - A table that promises a bound lets no philosopher be overtaken more often.
pub trait Table: Send + Sync + 'static {
    /// How many meals the two neighbours may begin, at most, while a philosopher waits; `None` promises nothing.
    ///
    /// The wait begins with the first step of `dine` that others can see, for before that nobody can know of it;
    /// where that step is itself one that waits (for a lock), it begins with the call.
    const OVERTAKEN_AT_MOST: Option<usize> = None;

    /// A table with `seats` seats, at least 2.
    fn with_seats(seats: usize) -> Self
    where
        Self: Sized;

    /// The number of seats, and of forks.
    fn seats(&self) -> usize;

    /// Waits for both forks of `seat`, calls `eat` exactly once while they are held, puts them down.
    fn dine(&self, seat: usize, eat: &mut dyn FnMut());
}

/// The forks to the left and to the right of a seat: fork `i` lies to the left of seat `i`, and the next
/// one, counted round the table, to its right.
///
/// ```
/// use refectory::port::forks_of;
///
/// assert_eq!([0, 1, 2].map(|seat| forks_of(seat, 3)), [(0, 1), (1, 2), (2, 0)]);
/// ```
pub const fn forks_of(seat: usize, seats: usize) -> (usize, usize) {
    (seat, (seat + 1) % seats)
}

/// Seats and meals.
pub static PORT: Port = Port {
    name: "table",
    sizes: &[Size(2, 1), Size(3, 1), Size(3, 2), Size(4, 1), Size(4, 2), Size(5, 1), Size(5, 2), Size(8, 1)],
    larger: &[Size(2, 4), Size(3, 3), Size(6, 2), Size(10, 1)],
    scenario: |Size(seats, meals)| dining(seats, meals),
    draw: |random| dining(random.between(2, 12), random.between(1, 100)),
};

/// Eats one meal at this seat.
pub const DINE: Verb = Verb("dine at");

/// Every philosopher eats so many meals.
pub fn dining(seats: usize, meals: usize) -> Scenario {
    let role = |seat| Role { name: format!("philosopher {seat}"), steps: vec![DINE.on(seat as u32); meals] };
    Scenario::new(seats, (0..seats).map(role).collect())
}

/// Plays on this table.
pub const fn harness<T: Table>() -> Harness {
    Harness::new(&PORT, play::<T>).timed(dinner::<T>)
}

/// The time in which everybody at the table eats so many meals.
fn dinner<T: Table>(Size(seats, _): Size, meals: u64) -> Duration {
    let table = T::with_seats(seats);
    let dine = |seat| {
        let table = &table;
        move || {
            for meal in 0..meals {
                table.dine(seat, &mut || {
                    black_box(meal);
                });
            }
        }
    };
    time_together((0..seats).map(dine))
}

/// Plays the scenario on a table.
fn play<T: Table>(scenario: &Arc<Scenario>, observer: &Arc<dyn Observer>) -> ExecutionResult {
    let hall = Arc::new(Hall::<T>::with_seats(scenario.size));
    let performer: Arc<dyn Performer<Account = Account>> = hall.clone();
    let accounts = run(&performer, scenario, observer);
    judge(scenario, &hall.plates, accounts, T::OVERTAKEN_AT_MOST, &**observer)
}

fn judge(
    scenario: &Scenario,
    plates: &[Plate],
    accounts: Vec<Account>,
    overtaken_at_most: Option<usize>,
    observer: &dyn Observer,
) -> ExecutionResult {
    let (meals, held): (Vec<_>, Vec<_>) = accounts.into_iter().unzip();
    let Some(order) = causality() else {
        let by_the_times = never_together_by_the_times(scenario.size, held.concat(), observer);
        return by_the_times.and_then(|()| served(scenario, plates)).into();
    };
    let meals: Vec<Meal> = meals.concat();
    let overtaken = overtaking::most_overtaken(&meals, scenario.size, &order);
    let outcome = served(scenario, plates)
        .and_then(|outcome| overtaking::bounded_overtaking(overtaken, overtaken_at_most).map(|()| outcome));
    let longest = overtaking::longest_wait(&meals, &order);
    ExecutionResult { outcome, measures: vec![(OVERTAKEN, overtaken), (LONGEST_WAIT, longest)] }
}

/// How many meals the neighbours of a waiting philosopher begin, at most.
const OVERTAKEN: &str = "overtaken";
/// How many steps of all threads a wait takes, at most.
const LONGEST_WAIT: &str = "longest wait in steps";

/// Who holds the forks of a seat holds both.
fn never_together_by_the_times(
    seats: usize,
    held: Vec<Held>,
    observer: &dyn Observer,
) -> Result<(), Violation> {
    let mut forks = vec![Vec::new(); seats];
    for (seat, holding) in held {
        let (left, right) = forks_of(seat, seats);
        forks[left].push(holding);
        forks[right].push(holding);
    }
    holdings::judge(NEVER_TOGETHER, forks, |fork| format!("of fork {fork}"), observer)
}

const NEVER_TOGETHER: &str = "neighbours_never_eat_together";

/// What the forks of this seat were held for.
type Held = (usize, Holding);

fn served(scenario: &Scenario, plates: &[Plate]) -> Outcome {
    let services: Vec<Vec<usize>> = plates.iter().map(Plate::served).collect();
    neighbours_never_eat_together(plates)?;
    every_seat_is_fed(scenario, &services)?;
    Ok(outcome(&services))
}

/// A table, and a plate beside each fork. Whoever eats does so from the plates beside both forks.
struct Hall<T> {
    table: T,
    plates: Vec<Plate>,
}

impl<T: Table> Hall<T> {
    fn with_seats(seats: usize) -> Self {
        Self { table: T::with_seats(seats), plates: (0..seats).map(Plate::beside).collect() }
    }
}

/// The meals of a role, under an engine that tells where its thread stands; and for how long it held its forks, on real cores.
type Account = (Vec<Meal>, Vec<Held>);

// SAFETY: all but the plates' food is `Sync`, and the food is touched only where an engine runs one
// thread at a time, and reports an overlap as a data race.
unsafe impl<T: Table> Sync for Hall<T> {}

impl<T: Table> Performer for Hall<T> {
    type Account = Account;

    fn perform(&self, steps: &[Step], watch: Watch<'_>) -> Account {
        perform(&|seat, eat| self.table.dine(seat, eat), &self.plates, steps, watch)
    }
}

/// A table, at a seat of which one eats like this.
type Dine<'a> = &'a dyn Fn(usize, &mut dyn FnMut());

fn perform(dine: Dine<'_>, plates: &[Plate], steps: &[Step], watch: Watch<'_>) -> Account {
    let mut log = Log::with_room(watch.role, steps.len());
    watch.ready();
    let mut meals = Vec::new();
    for (k, &step) in steps.iter().enumerate() {
        let Step { verb: DINE, on: Some(seat) } = step else { panic!("a table cannot {step}") };
        let seat = seat as usize;
        let (left, right) = forks_of(seat, plates.len());
        let (left, right) = (&plates[left], &plates[right]);
        let (asked, eaten) = (moment(), Cell::new(None));
        let chew = || {
            eaten.set(moment());
            watch.eats(k);
        };
        watch.step(k, || {
            log.asks();
            dine(seat, &mut || {
                log.has();
                left.eat_from(seat, || right.eat_from(seat, chew));
                log.leaves();
            });
        });
        meals.extend(asked.zip(eaten.get()).map(|(asked, eaten)| Meal { seat, asked, eaten }));
    }
    let seats = steps.iter().map(|step| step.on.unwrap_or_default() as usize);
    (meals, seats.zip(log.into_holdings()).collect())
}

/// The witness that a fork serves one philosopher at a time.
struct Plate {
    /// Written by whoever eats, guarded by nothing but the fork: under a model checker, two who eat
    /// together are a data race.
    food: sync::UnsafeCell<usize>,
    /// Who eats now. Real threads are judged by this count, as that race would be undefined behaviour;
    /// it is relaxed, so that the witness orders nothing.
    eaters: AtomicUsize,
    shared: AtomicBool,
    served: Served,
}

#[expect(clippy::disallowed_types, reason = "a record on the facade would order the threads that it watches")]
type Served = std::sync::Mutex<Vec<usize>>;

impl Plate {
    fn beside(fork: usize) -> Self {
        Self {
            food: sync::UnsafeCell::new(0).named(format_args!("plate {fork}")),
            eaters: AtomicUsize::new(0),
            shared: AtomicBool::new(false),
            served: Served::default(),
        }
    }

    fn eat_from(&self, seat: usize, chew: impl Fn()) {
        if self.eaters.fetch_add(1, Ordering::Relaxed) > 0 {
            self.shared.store(true, Ordering::Relaxed);
        }
        if sync::is_modelled() {
            // SAFETY: the pointer is valid for the call, in which the engine runs no other thread.
            self.food.with_mut(|food| unsafe { *food += 1 });
        }
        self.served.lock().unwrap().push(seat);
        chew();
        self.eaters.fetch_sub(1, Ordering::Relaxed);
    }

    fn served(&self) -> Vec<usize> {
        self.served.lock().unwrap().clone()
    }
}

fn neighbours_never_eat_together(plates: &[Plate]) -> Result<(), Violation> {
    match plates.iter().position(|plate| plate.shared.load(Ordering::Relaxed)) {
        None => Ok(()),
        Some(fork) => {
            Err(Violation::new(NEVER_TOGETHER, format!("both philosophers beside fork {fork} ate at once")))
        }
    }
}

fn every_seat_is_fed(scenario: &Scenario, services: &[Vec<usize>]) -> Result<(), Violation> {
    for seat in 0..scenario.size {
        let steps = scenario.roles.iter().flat_map(|role| &role.steps);
        let meals = steps.filter(|&&step| step == DINE.on(seat as u32)).count();
        let (left, _) = forks_of(seat, scenario.size);
        let eaten = services[left].iter().filter(|&&eater| eater == seat).count();
        if eaten != meals {
            let detail = format!("philosopher {seat} ate {eaten} of {meals} meals");
            return Err(Violation::new("every_seat_is_fed", detail));
        }
    }
    Ok(())
}

/// As in `fork0=[0, 1] fork1=[1, 0]`.
fn outcome(services: &[Vec<usize>]) -> String {
    let mut outcome = String::with_capacity(20 * services.len());
    for (fork, seats) in services.iter().enumerate() {
        let space = if fork == 0 { "" } else { " " };
        // Writing to a string does not fail.
        let _ = write!(outcome, "{space}fork{fork}={seats:?}");
    }
    outcome
}

//! Every subject there is, and the scopes in which it is run.
//!
//! A subject is one line in the file of its family, `catalogue/<model>/<family>.rs`; [`subjects`] gives them all.

/// The rows of these names: `rows![module::name[type, ...], ...]`.
macro_rules! rows {
    ($($module:ident::$name:ident[$($of:tt)*]),+ $(,)?) => {
        &[$($crate::cell::Row::new(stringify!($name), $module::$name::<$($of)*>)),+]
    };
}

/// How campaigns play on a queue with items of 8 and 64 bytes and of 4 KiB: `parcels![port, T => Queue<T>]`; on one that can be closed they do
/// that as well: `parcels![closing, T => Queue<T>]`; on one with timed operations those are mixed with tries and waits: `parcels![timed, T =>
/// Queue<T>]`, or `parcels![closing and timed, T => Queue<T>]`; on one whose producers may be cancelled that happens as well: `parcels![cancelling, T =>
/// Queue<T>]`.
macro_rules! parcels {
    (closing, $item:ident => $queue:ty) => {{
        type Of<$item> = $queue;
        const LOADS: &[$crate::port::Play] = &[
            $crate::port::queue::play::<$crate::port::Parcel<1>, Of<$crate::port::Parcel<1>>>,
            $crate::port::queue::play::<$crate::port::Parcel<15>, Of<$crate::port::Parcel<15>>>,
            $crate::port::queue::play_closing::<$crate::port::Parcel<1023>, Of<$crate::port::Parcel<1023>>>,
            $crate::port::queue::play_closing::<$crate::port::Item, Of<$crate::port::Item>>,
        ];
        LOADS
    }};
    (closing and timed, $item:ident => $queue:ty) => {{
        type Of<$item> = $queue;
        const LOADS: &[$crate::port::Play] = &[
            $crate::port::queue::play::<$crate::port::Parcel<1>, Of<$crate::port::Parcel<1>>>,
            $crate::port::queue::play_mixed::<$crate::port::Parcel<15>, Of<$crate::port::Parcel<15>>>,
            $crate::port::queue::play_closing::<$crate::port::Parcel<1023>, Of<$crate::port::Parcel<1023>>>,
            $crate::port::queue::play_closing::<$crate::port::Item, Of<$crate::port::Item>>,
            $crate::port::queue::play_mixed::<$crate::port::Item, Of<$crate::port::Item>>,
        ];
        LOADS
    }};
    (timed, $item:ident => $queue:ty) => {{
        type Of<$item> = $queue;
        const LOADS: &[$crate::port::Play] = &[
            $crate::port::queue::play::<$crate::port::Parcel<1>, Of<$crate::port::Parcel<1>>>,
            $crate::port::queue::play_mixed::<$crate::port::Parcel<15>, Of<$crate::port::Parcel<15>>>,
            $crate::port::queue::play::<$crate::port::Parcel<1023>, Of<$crate::port::Parcel<1023>>>,
            $crate::port::queue::play_mixed::<$crate::port::Item, Of<$crate::port::Item>>,
        ];
        LOADS
    }};
    (cancelling, $item:ident => $queue:ty) => {{
        type Of<$item> = $queue;
        const LOADS: &[$crate::port::Play] = &[
            $crate::port::queue::play::<$crate::port::Parcel<1>, Of<$crate::port::Parcel<1>>>,
            $crate::port::queue::play_cancelling::<$crate::port::Parcel<15>, Of<$crate::port::Parcel<15>>>,
            $crate::port::queue::play::<$crate::port::Parcel<1023>, Of<$crate::port::Parcel<1023>>>,
            $crate::port::queue::play_cancelling::<$crate::port::Item, Of<$crate::port::Item>>,
        ];
        LOADS
    }};
    ($port:ident, $item:ident => $queue:ty) => {{
        type Of<$item> = $queue;
        const LOADS: &[$crate::port::Play] = &[
            $crate::port::$port::play::<$crate::port::Parcel<1>, Of<$crate::port::Parcel<1>>>,
            $crate::port::$port::play::<$crate::port::Parcel<15>, Of<$crate::port::Parcel<15>>>,
            $crate::port::$port::play::<$crate::port::Parcel<1023>, Of<$crate::port::Parcel<1023>>>,
        ];
        LOADS
    }};
}

mod actors;
mod channels;
mod coroutines;
mod gil;
mod pool;
#[cfg(feature = "processes")]
mod processes;
mod threads;
mod unseen;

pub use unseen::{Unseen, unseen};

use crate::cell::{Cell, CellId, Level, Limit, Operation, Scope, Subject};
use crate::engine::{Engine, FailureKind};
use crate::port::{
    self, BlockingQueue, Deque, Item, Port, RawLock, Size, SpscQueue, Table, Timing, TryQueue,
};

/// Every subject, in the order in which tables show them: model by model, family by family, twins last.
pub fn subjects() -> impl Iterator<Item = &'static Subject> + Clone {
    let models = [
        threads::FAMILIES,
        gil::FAMILIES,
        pool::FAMILIES,
        channels::FAMILIES,
        coroutines::FAMILIES,
        actors::FAMILIES,
        #[cfg(feature = "processes")]
        processes::FAMILIES,
    ];
    models.into_iter().flatten().copied().flatten()
}

/// The operations of the catalogue that are futures: what a cancellation does to each is worth knowing.
pub fn operations() -> Vec<Operation> {
    coroutines::operations()
}

/// A wait on a condition variable that never ends: engines that do not tell what a thread waits for
/// report it as a deadlock.
const NEVER_WOKEN: &[FailureKind] = &[FailureKind::LostWakeup, FailureKind::Deadlock];

/// Why loom lets answers in an impossible order pass.
const NO_ORDER_IN_TIME: &[(Engine, &str)] =
    &[(Engine::Loom, "under weak memory, operations have no order in time to be judged by")];

/// A size of a subject's port.
const fn size(a: usize, b: usize) -> Scope {
    Scope::Size(Size(a, b))
}

const fn table<T: Table>(id: &'static str) -> Subject {
    Subject::new(id).on(port::table::harness::<T>())
}

const fn lock<L: RawLock>(id: &'static str) -> Subject {
    Subject::new(id).on(port::lock::harness::<L>())
}

const fn queue<Q: BlockingQueue<Item>>(id: &'static str) -> Subject {
    Subject::new(id).on(port::queue::harness::<Q>())
}

const fn try_queue<Q: TryQueue<Item>>(id: &'static str) -> Subject {
    Subject::new(id).on(port::try_queue::harness::<Q>())
}

const fn deque<D: Deque<Item>>(id: &'static str) -> Subject {
    Subject::new(id).on(port::deque::harness::<D>())
}

const fn spsc<L: SpscQueue<Item>>(id: &'static str) -> Subject {
    Subject::new(id).on(port::spsc::harness::<L>())
}

/// The correct subjects of a family that benches find here, each with its name and how it is measured.
pub fn timed(family: &str) -> impl Iterator<Item = (String, Timed)> {
    let correct = subjects().filter(move |subject| subject.family == family && subject.twin_of().is_none());
    correct.filter_map(|subject| {
        let harness = subject.harness?;
        let timed = Timed { port: harness.port, time: harness.timing()? };
        Some((format!("{}/{}", subject.model, subject.name), timed))
    })
}

/// How a subject is measured.
#[derive(Clone, Copy, Debug)]
pub struct Timed {
    /// What it is.
    pub port: &'static Port,
    /// Measures it.
    pub time: Timing,
}

/// The scopes in which a subject is run: those of its port, then the rows of its contract.
pub fn scopes(subject: &Subject, level: Level) -> Vec<Scope> {
    leveled(subject).filter(|(of, _)| *of <= level).map(|(_, scope)| scope).collect()
}

/// Every scope of a subject, with the smallest run that takes it.
fn leveled(subject: &Subject) -> impl Iterator<Item = (Level, Scope)> {
    let port = subject.harness.map(|harness| harness.port);
    let (sizes, larger) = port.map_or((&[][..], &[][..]), |port| (port.sizes, port.larger));
    let all: Vec<Scope> =
        subject.only.map_or_else(|| sizes.iter().copied().map(Scope::Size).collect(), <[Scope]>::to_vec);
    let larger = if subject.only.is_some() { &[] } else { larger };
    let rows = subject.rows.iter().map(|row| Scope::Row(row.name));
    let level = |scope| if subject.nightly.contains(&scope) { Level::Nightly } else { Level::PullRequest };
    let small = all.into_iter().chain(rows).map(move |scope| (level(scope), scope));
    let larger = larger.iter().map(|&size| Scope::Size(size)).chain(rows_of_two_deaths(subject));
    small.chain(larger.map(|scope| (Level::Nightly, scope)))
}

/// The rows in which one process may die in a pull request, once more with two deaths.
fn rows_of_two_deaths(subject: &Subject) -> impl Iterator<Item = Scope> {
    let may_die = subject.when_killed.is_some();
    let names = subject.rows.iter().map(|row| row.name);
    names.filter(move |name| may_die && !subject.two_may_die.contains(&Scope::Row(name))).map(Scope::TwoDie)
}

/// The cells of all engines in this build, subject by subject, scope by scope. The exact explorer has one
/// column: its second driver is there to be compared with the first, which tests do.
pub fn cells(level: Level) -> Vec<Cell> {
    let shown = |cell: &Cell| cell.engine.available() && cell.engine != Engine::DporOnShuttle;
    all_cells(level).filter(shown).collect()
}

/// The cell with this id, whether or not this build has its engine.
pub fn find(id: &str) -> Option<Cell> {
    let id: CellId = id.parse().ok()?;
    all_cells(Level::Nightly).find(|cell| cell.is(&id))
}

fn all_cells(level: Level) -> impl Iterator<Item = Cell> {
    let of_scope = move |subject, (of, scope)| {
        let cell = move |&engine| Cell { subject, scope, engine, level: of };
        // What a pull request leaves to a nightly run is done by one.
        engines(scope).iter().map(cell).map(move |cell| match cell.limit() {
            Some(Limit::Nightly) => Cell { level, ..cell },
            _ => cell,
        })
    };
    let taken = move |subject| leveled(subject).filter(move |(of, _)| *of <= level);
    subjects().flat_map(move |subject| taken(subject).flat_map(move |leveled| of_scope(subject, leveled)))
}

/// The engines that run a scope. A row shows one thing with a small program: one engine that draws at
/// random is enough.
const fn engines(scope: Scope) -> &'static [Engine] {
    match scope {
        Scope::Row(_) => &[Engine::Native, Engine::Loom, Engine::Pct, Engine::Dpor, Engine::DporOnShuttle],
        // The others let nobody die.
        Scope::TwoDie(_) => &[Engine::Dpor],
        Scope::Size(_) => &Engine::ALL,
    }
}

/// The correct subjects that run in a test of a library, which starts no processes: its main is not ours.
#[cfg(test)]
pub(crate) fn correct_here() -> impl Iterator<Item = &'static Subject> {
    let is_here = |subject: &&Subject| !subject.id().starts_with("processes/");
    subjects().filter(|subject| subject.expect == crate::cell::Expect::Held).filter(is_here)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::Expect;
    #[cfg(all(feature = "processes", feature = "dpor"))]
    use crate::cell::Row;
    use std::collections::BTreeSet;

    #[test]
    fn ids_are_unique() {
        let ids: BTreeSet<_> = subjects().map(Subject::id).collect();
        assert_eq!(ids.len(), subjects().count());
        let cells: Vec<_> = all_cells(Level::Nightly).collect();
        assert_eq!(cells.iter().map(Cell::id).collect::<BTreeSet<_>>().len(), cells.len());
    }

    #[test]
    fn every_cell_is_found_by_its_id() {
        for cell in all_cells(Level::Nightly) {
            assert_eq!(find(&cell.id().to_string()).unwrap().id(), cell.id());
        }
        assert!(find("threads/table/ordered/99x1@dpor").is_none());
    }

    #[test]
    fn nightly_adds_scopes() {
        for subject in subjects() {
            let nightly = scopes(subject, Level::Nightly);
            assert!(scopes(subject, Level::PullRequest).iter().all(|scope| nightly.contains(scope)));
        }
    }

    #[test]
    fn every_correct_subject_holds_once_in_every_scope() {
        for subject in correct_here() {
            for scope in scopes(subject, Level::Nightly) {
                let outcome = subject.program(scope).run();
                outcome.unwrap_or_else(|violation| panic!("{} in {scope}: {violation:?}", subject.id()));
            }
        }
    }

    #[test]
    fn a_twin_has_a_subject_and_is_broken() {
        for subject in subjects() {
            let of = subject
                .twin_of()
                .map(|of| subjects().find(|other| other.id() == of && other.expect == Expect::Held));
            assert_eq!(
                of.map(|of| of.is_some()),
                (subject.expect != Expect::Held).then_some(true),
                "{}",
                subject.id()
            );
        }
    }

    #[test]
    fn every_correct_subject_has_a_twin_of_its_own() {
        let place = |subject: &Subject| (subject.model, subject.family, subject.stem());
        for subject in subjects() {
            let twin = |other: &&Subject| place(other) == place(subject) && other.bug().is_some();
            assert!(subjects().any(|other| twin(&other)), "{} has no twin", subject.id());
        }
    }

    /// What is robust is shown to be so where somebody is killed, in a search that is complete.
    #[cfg(all(feature = "processes", feature = "dpor"))]
    #[test]
    fn every_subject_of_processes_says_what_becomes_of_it() {
        use crate::cell::WhenKilled;
        use crate::engine::{Bounds, Budget, Extent, explore};
        let spared = Budget { executions: 20_000, deaths: 0, spurious: 0, ..Budget::default() };
        let may_die = |subject, row: &Row| {
            let cell = Cell {
                subject,
                scope: Scope::Row(row.name),
                engine: Engine::Dpor,
                level: Level::PullRequest,
            };
            let found = || explore(Engine::Dpor, &cell.program(), &spared).coverage;
            let left_out = |bounds: Bounds| bounds.deaths == Some(0);
            cell.limit() != Some(Limit::Nightly)
                && matches!(found(), Ok(Extent::Complete(bounds)) if left_out(bounds))
        };
        let correct = |subject: &&Subject| subject.expect == Expect::Held;
        for subject in subjects().filter(correct) {
            assert_eq!(subject.when_killed.is_some(), subject.model == "processes", "{}", subject.id());
            if subject.when_killed.is_some_and(|what| what != WhenKilled::NotRobust) {
                assert!(
                    subject.rows.iter().any(|row| may_die(subject, row)),
                    "in {} nobody dies",
                    subject.id()
                );
            }
        }
    }

    #[test]
    fn a_twin_hides_only_in_scopes_that_it_has() {
        for subject in subjects() {
            let scopes = scopes(subject, Level::Nightly);
            let known = |scope: &&Scope| scopes.contains(scope);
            assert!(subject.hidden_in.iter().all(|scope| known(&scope)), "{}", subject.id());
        }
    }
}

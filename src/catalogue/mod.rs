//! Every subject there is, and the scopes in which it is run.
//!
//! A subject is one line in the file of its family, `catalogue/<model>/<family>.rs`; [`subjects`] gives them all.

/// The rows of these names: `rows![module::name[type, ...], ...]`.
macro_rules! rows {
    ($($module:ident::$name:ident[$($of:tt)*]),+ $(,)?) => {
        &[$($crate::cell::Row::new(stringify!($name), $module::$name::<$($of)*>)),+]
    };
}

mod gil;
mod pool;
mod threads;

use crate::cell::{Cell, CellId, Level, Scope, Subject};
use crate::engine::{Engine, FailureKind};
use crate::port::{BlockingQueue, Deque, Lane, RawLock, Table, TryQueue};
use crate::scenario::{Item, Port, Rig};

/// Every subject, in the order in which tables show them: model by model, family by family, twins last.
pub fn subjects() -> impl Iterator<Item = &'static Subject> + Clone {
    [threads::FAMILIES, gil::FAMILIES, pool::FAMILIES].into_iter().flatten().copied().flatten()
}

/// A wait on a condition variable that never ends: engines that do not tell what a thread waits for
/// report it as a deadlock.
const NEVER_WOKEN: &[FailureKind] = &[FailureKind::LostWakeup, FailureKind::Deadlock];

/// Why loom lets answers in an impossible order pass.
const NO_ORDER_IN_TIME: &[(Engine, &str)] =
    &[(Engine::Loom, "under weak memory, operations have no order in time to be judged by")];

/// Tables of a pull request.
const TABLES: &[Scope] = &[t(2, 1), t(3, 1), t(3, 2), t(4, 1), t(4, 2), t(5, 1), t(5, 2), t(8, 1)];
/// Tables of a nightly run, beside those.
const LARGER_TABLES: &[Scope] = &[t(2, 4), t(3, 3), t(6, 2), t(10, 1)];
/// Locks of a pull request.
const LOCKS: &[Scope] = &[l(2, 1), l(2, 2), l(3, 1)];
/// Locks of a nightly run, beside those.
const LARGER_LOCKS: &[Scope] = &[l(3, 2), l(4, 1)];
/// Queues of a pull request.
const QUEUES: &[Scope] = &[p(1, 1), p(2, 1), p(1, 2), p(2, 2)];
/// Queues of a nightly run, beside those.
const LARGER_QUEUES: &[Scope] = &[p(3, 1), p(1, 3), p(3, 2), p(2, 3)];
/// Lanes, which have one producer and one consumer.
const LANES: &[Scope] = &[p(1, 1)];

/// Deques of a pull request: an owner, and thieves.
const DEQUES: &[Scope] = &[p(1, 1), p(1, 2)];
/// Deques of a nightly run, beside those.
const LARGER_DEQUES: &[Scope] = &[p(1, 3)];

/// A table of so many seats and meals.
const fn t(seats: usize, meals: usize) -> Scope {
    Scope::Table { seats, meals }
}

/// A lock for so many threads, and critical sections of each.
const fn l(threads: usize, rounds: usize) -> Scope {
    Scope::Lock { threads, rounds }
}

/// A queue of so many producers and consumers.
const fn p(producers: usize, consumers: usize) -> Scope {
    Scope::Queue { producers, consumers }
}

const fn table<T: Table>(id: &'static str) -> Subject {
    Subject::new(id).on(Rig::table::<T>())
}

const fn lock<L: RawLock>(id: &'static str) -> Subject {
    Subject::new(id).on(Rig::lock::<L>())
}

const fn queue<Q: BlockingQueue<Item>>(id: &'static str) -> Subject {
    Subject::new(id).on(Rig::queue::<Q>())
}

const fn try_queue<Q: TryQueue<Item>>(id: &'static str) -> Subject {
    Subject::new(id).on(Rig::try_queue::<Q>())
}

const fn deque<D: Deque<Item>>(id: &'static str) -> Subject {
    Subject::new(id).on(Rig::deque::<D>())
}

const fn lane<L: Lane<Item>>(id: &'static str) -> Subject {
    Subject::new(id).on(Rig::lane::<L>())
}

/// The scopes in which a subject is run: those of its port, then the rows of its contract.
pub fn scopes(subject: &Subject, level: Level) -> Vec<Scope> {
    leveled(subject).filter(|(of, _)| *of <= level).map(|(_, scope)| scope).collect()
}

/// Every scope of a subject, with the smallest run that takes it.
fn leveled(subject: &Subject) -> impl Iterator<Item = (Level, Scope)> {
    let (all, larger) = match (subject.rig.map(|rig| rig.port), subject.only) {
        (None, _) => (&[][..], &[][..]),
        (_, Some(only)) => (only, &[][..]),
        (Some(Port::Table), _) => (TABLES, LARGER_TABLES),
        (Some(Port::Lock), _) => (LOCKS, LARGER_LOCKS),
        (Some(Port::Lane), _) => (LANES, &[][..]),
        (Some(Port::Queue | Port::TryQueue), _) => (QUEUES, LARGER_QUEUES),
        (Some(Port::Deque), _) => (DEQUES, LARGER_DEQUES),
    };
    let rows = subject.rows.iter().map(|row| Scope::Row(row.name));
    let level = |scope| if subject.nightly.contains(&scope) { Level::Nightly } else { Level::PullRequest };
    let small = all.iter().copied().chain(rows).map(move |scope| (level(scope), scope));
    small.chain(larger.iter().map(|&scope| (Level::Nightly, scope)))
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
    let of_scope = |subject, (level, scope)| {
        engines(scope).iter().map(move |&engine| Cell { subject, scope, engine, level })
    };
    let taken = move |subject| leveled(subject).filter(move |(of, _)| *of <= level);
    subjects().flat_map(move |subject| taken(subject).flat_map(move |leveled| of_scope(subject, leveled)))
}

/// The engines that run a scope. A row shows one thing with a small program: one engine that draws at
/// random is enough.
const fn engines(scope: Scope) -> &'static [Engine] {
    match scope {
        Scope::Row(_) => &[Engine::Native, Engine::Loom, Engine::Pct, Engine::Dpor, Engine::DporOnShuttle],
        Scope::Table { .. } | Scope::Lock { .. } | Scope::Queue { .. } => &Engine::ALL,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::Expect;
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
        for subject in subjects().filter(|subject| subject.expect == Expect::Held) {
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

    #[test]
    fn a_twin_hides_only_in_scopes_that_it_has() {
        for subject in subjects() {
            let scopes = scopes(subject, Level::Nightly);
            let known = |scope: &&Scope| scopes.contains(scope);
            assert!(subject.hidden_in.iter().all(|scope| known(&scope)), "{}", subject.id());
        }
    }
}

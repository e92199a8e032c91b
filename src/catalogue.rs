//! Every subject there is, and the scopes in which it is run.
//!
//! A new subject is one line in [`SUBJECTS`].

use crate::cell::{Cell, Level, Scope, Subject};
use crate::engine::{Engine, FailureKind, Program};
use crate::model::pool::broken::stealing::{
    PopWithoutFence, ReadAfterClaim, RelaxedBottom, RelaxedGrow, StealFromOldBuffer,
};
use crate::model::pool::deque::{ChaseLev, Protocol, Worker};
use crate::model::threads::broken::{
    CheckThenAct, LeftFirst, NotifyOneForAll, RelaxedConsume, RelaxedPublish,
};
use crate::model::threads::queue::Bounded;
use crate::model::threads::ring::Ring;
use crate::model::threads::spinning::Spinning;
use crate::model::threads::table::{Footman, Ordered};
use crate::port::{BlockingQueue, Table, TryQueue};
use crate::scenario::{Item, Loot, Port, Rig, Scenario};

/// Every subject, in the order in which tables show them: each port's subjects, then their twins.
pub static SUBJECTS: &[Subject] = &[
    table::<Ordered>("ordered"),
    table::<Footman>("footman"),
    table::<LeftFirst>("left_first").broken(&[FailureKind::Deadlock]),
    queue::<Bounded<Item>>("bounded"),
    queue::<Spinning<Ring<Item>>>("spinning"),
    queue::<NotifyOneForAll<Item>>("notify_one_for_all").broken(NEVER_WOKEN).hidden_in(&[p(1, 1), p(2, 1)]),
    try_queue::<Bounded<Item>>("bounded"),
    try_queue::<Ring<Item>>("ring"),
    try_queue::<CheckThenAct<Item>>("check_then_act")
        .broken(&[FailureKind::Panic])
        .hidden_in(ONE_CONSUMER)
        .blind(&[(Engine::Pct, "with two producers, 2 000 executions are too few")]),
    try_queue::<Ring<Item, RelaxedPublish>>("relaxed_publish").broken(&[FailureKind::DataRace]),
    try_queue::<Ring<Item, RelaxedConsume>>("relaxed_consume").broken(&[FailureKind::DataRace]),
    deque::<ChaseLev>("chase_lev"),
    deque::<PopWithoutFence>("pop_without_fence").broken(&[FailureKind::Property]),
    deque::<RelaxedBottom>("relaxed_bottom").broken(&[FailureKind::DataRace]),
    deque::<RelaxedGrow>("relaxed_grow").broken(&[FailureKind::DataRace]),
    deque::<ReadAfterClaim>("read_after_claim").broken(&[FailureKind::Property]),
    deque::<StealFromOldBuffer>("steal_from_old_buffer").broken(&[FailureKind::Property]),
];

/// A wait on a condition variable that never ends: engines that do not tell what a thread waits for
/// report it as a deadlock.
const NEVER_WOKEN: &[FailureKind] = &[FailureKind::LostWakeup, FailureKind::Deadlock];

/// Scopes in which no other consumer can come between the check and the act.
const ONE_CONSUMER: &[Scope] = &[p(1, 1), p(2, 1), p(3, 1)];

/// Tables of a pull request.
const TABLES: &[Scope] = &[t(2, 1), t(3, 1), t(3, 2), t(4, 1), t(4, 2), t(5, 1), t(5, 2), t(8, 1)];
/// Tables of a nightly run, beside those.
const LARGER_TABLES: &[Scope] = &[t(2, 4), t(3, 3), t(6, 2), t(10, 1)];
/// Queues of a pull request.
const QUEUES: &[Scope] = &[p(1, 1), p(2, 1), p(1, 2), p(2, 2)];
/// Queues of a nightly run, beside those.
const LARGER_QUEUES: &[Scope] = &[p(3, 1), p(1, 3), p(3, 2), p(2, 3)];

/// Deques of a pull request: an owner, and thieves.
const DEQUES: &[Scope] = &[p(1, 1), p(1, 2)];
/// Deques of a nightly run, beside those.
const LARGER_DEQUES: &[Scope] = &[p(1, 3)];

/// A table of so many seats and meals.
const fn t(seats: usize, meals: usize) -> Scope {
    Scope::Table { seats, meals }
}

/// A queue of so many producers and consumers.
const fn p(producers: usize, consumers: usize) -> Scope {
    Scope::Queue { producers, consumers }
}

const fn table<T: Table>(name: &'static str) -> Subject {
    Subject::new("threads", name, Rig::table::<T>(), |scope| program(Rig::table::<T>(), scope))
}

const fn queue<Q: BlockingQueue<Item>>(name: &'static str) -> Subject {
    Subject::new("threads", name, Rig::queue::<Q>(), |scope| program(Rig::queue::<Q>(), scope))
}

const fn try_queue<Q: TryQueue<Item>>(name: &'static str) -> Subject {
    Subject::new("threads", name, Rig::try_queue::<Q>(), |scope| program(Rig::try_queue::<Q>(), scope))
}

const fn deque<P: Protocol>(name: &'static str) -> Subject {
    let rig = Rig::deque::<Worker<Loot, P>>();
    Subject::new("pool", name, rig, |scope| program(Rig::deque::<Worker<Loot, P>>(), scope))
}

/// The scenario of the scope, as a program.
fn program(rig: Rig, scope: Scope) -> Program {
    rig.program(scenario(rig.port, scope))
}

/// What the threads do in this scope.
///
/// # Panics
/// If the scope is that of another port.
pub fn scenario(port: Port, scope: Scope) -> Scenario {
    match (port, scope) {
        (Port::Table, Scope::Table { seats, meals }) => Scenario::dining(seats, meals),
        (Port::Queue, Scope::Queue { producers, consumers }) => Scenario::blocking(producers, consumers),
        (Port::TryQueue, Scope::Queue { producers, consumers }) => Scenario::trying(producers, consumers),
        (Port::Deque, Scope::Queue { producers: 1, consumers }) => Scenario::stealing(consumers),
        _ => panic!("{scope} is not a scope of the port {}", port.name()),
    }
}

/// The scopes in which a subject is run.
pub fn scopes(subject: &Subject, level: Level) -> Vec<Scope> {
    let (all, larger) = match subject.rig.port {
        Port::Table => (TABLES, LARGER_TABLES),
        Port::Queue | Port::TryQueue => (QUEUES, LARGER_QUEUES),
        Port::Deque => (DEQUES, LARGER_DEQUES),
    };
    match level {
        Level::PullRequest => all.to_vec(),
        Level::Nightly => [all, larger].concat(),
    }
}

/// The cells of all engines in this build, subject by subject, scope by scope. The exact explorer has one
/// column: its second driver is there to be compared with the first, which tests do.
pub fn cells(level: Level) -> Vec<Cell> {
    let shown = |cell: &Cell| cell.engine.available() && cell.engine != Engine::DporOnShuttle;
    all_cells(level).filter(shown).collect()
}

/// The cell with this id, whether or not this build has its engine.
pub fn find(id: &str) -> Option<Cell> {
    all_cells(Level::Nightly).find(|cell| cell.id() == id)
}

fn all_cells(level: Level) -> impl Iterator<Item = Cell> {
    let of_scope = |subject, (level, scope)| Engine::ALL.map(|engine| Cell { subject, scope, engine, level });
    let leveled = move |subject: &'static Subject| {
        let in_pull_requests = scopes(subject, Level::PullRequest).len();
        let levels = (0..).map(move |index| match index < in_pull_requests {
            true => Level::PullRequest,
            false => Level::Nightly,
        });
        levels.zip(scopes(subject, level))
    };
    SUBJECTS
        .iter()
        .flat_map(move |subject| leveled(subject).flat_map(move |leveled| of_scope(subject, leveled)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::Expect;
    use std::collections::BTreeSet;

    #[test]
    fn ids_are_unique() {
        let ids: BTreeSet<_> = SUBJECTS.iter().map(Subject::id).collect();
        assert_eq!(ids.len(), SUBJECTS.len());
        let cells: Vec<_> = all_cells(Level::Nightly).collect();
        assert_eq!(cells.iter().map(Cell::id).collect::<BTreeSet<_>>().len(), cells.len());
        assert_eq!(cells.iter().map(Cell::snapshot).collect::<BTreeSet<_>>().len(), cells.len());
    }

    #[test]
    fn every_cell_is_found_by_its_id() {
        for cell in all_cells(Level::Nightly) {
            assert_eq!(find(&cell.id()).unwrap().id(), cell.id());
        }
        assert!(find("threads/table/ordered/99x1@dpor").is_none());
    }

    #[test]
    fn nightly_adds_scopes() {
        for subject in SUBJECTS {
            let pull_request = scopes(subject, Level::PullRequest);
            assert!(scopes(subject, Level::Nightly).starts_with(&pull_request));
        }
    }

    #[test]
    fn every_correct_subject_holds_once_in_every_scope() {
        for subject in SUBJECTS.iter().filter(|subject| subject.expect == Expect::Held) {
            for scope in scopes(subject, Level::Nightly) {
                let outcome = (subject.program)(scope).run();
                outcome.unwrap_or_else(|violation| panic!("{} in {scope}: {violation:?}", subject.id()));
            }
        }
    }

    #[test]
    fn every_port_has_a_twin() {
        for subject in SUBJECTS.iter().filter(|subject| subject.expect == Expect::Held) {
            let twin = |other: &&Subject| other.port == subject.port && other.expect != Expect::Held;
            assert!(SUBJECTS.iter().any(|other| twin(&other)), "{} has no twin", subject.id());
        }
    }
}

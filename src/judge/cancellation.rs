//! What becomes of an operation that is cancelled.

use super::Verdict;
use crate::cell::{Operation, Place, Way};
use crate::engine::{Budget, Engine, Exploration, Extent, Failure, Reason, Violation, explore};
use std::collections::BTreeSet;

/// What a cancellation does to an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CancelSafety {
    /// It has taken place, or has not begun, and who comes again has its place.
    Safe(Extent),
    /// It has taken place, or has not begun, but who comes again stands behind those who came meanwhile.
    LosesPlace(Extent),
    /// Something is lost, or somebody waits for ever: here is how.
    LosesData(Box<Failure>),
    /// Not decided.
    Undecided(Reason),
}

/// Says what becomes of the operation where its future is dropped while it waits, by the exact explorer: with one cancellation an
/// execution, at any of its waits, in any schedule.
///
/// What may be there in the end is what is there where it completes, in whatever schedule, and where it never begins.
/// A cancellation that leaves anything else has lost something.
///
/// ```
/// use refectory::cell::{Operation, Parts};
/// use refectory::engine::Engine;
/// use refectory::judge::{CancelSafety, cancel_safety};
/// use refectory::model::coroutines::queue::Queue;
///
/// let put = Operation::new("put", Parts {
///     setup: || {
///         let full = <Queue<u32>>::new(1);
///         full.put_nowait(7).unwrap();
///         full
///     },
///     brings: "8",
///     run: |queue| Box::pin(async { queue.put(8).await.map(|()| String::new()).unwrap() }),
///     other: |queue| drop(queue.get_nowait()),
///     rest: |queue| queue.get_nowait().map_or(String::new(), |item| item.to_string()),
/// });
/// if Engine::Dpor.available() {
///     assert!(matches!(cancel_safety(&put), CancelSafety::LosesData(_)));
/// }
/// ```
pub fn cancel_safety(operation: &Operation) -> CancelSafety {
    let mut allowed = BTreeSet::new();
    for way in [Way::NeverBegins, Way::Completes] {
        match judged(&explored(&operation.program(way))) {
            (Verdict::Held(_), outcomes) => allowed.extend(outcomes),
            (Verdict::Broken(failure), _) => return CancelSafety::LosesData(failure),
            (Verdict::Inconclusive(reason), _) => return CancelSafety::Undecided(reason),
        }
    }
    let cancelled = operation.judged(Way::MayBeCancelled, move |end| match allowed.contains(&end) {
        true => Ok(end),
        false => Err(Violation::new("complete_or_not_begun", end)),
    });
    match (judged(&explored(&cancelled)).0, operation.place()) {
        (Verdict::Held(extent), Place::Lost) => CancelSafety::LosesPlace(extent),
        (Verdict::Held(extent), _) => CancelSafety::Safe(extent),
        (Verdict::Broken(failure), _) => CancelSafety::LosesData(failure),
        (Verdict::Inconclusive(reason), _) => CancelSafety::Undecided(reason),
    }
}

fn explored(program: &crate::engine::Program) -> Exploration {
    explore(Engine::Dpor, program, &Budget { executions: 200_000, shorten: 1_000, ..Budget::default() })
}

fn judged(found: &Exploration) -> (Verdict, impl Iterator<Item = String>) {
    (Verdict::of(Engine::Dpor, found), found.outcomes.keys())
}

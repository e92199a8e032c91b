//! The model `coroutines`: tasks that give way where they await.

mod lock;
mod operations;
mod queue;
mod table;
mod task;

use crate::cell::{Operation, Subject};
use crate::engine::{Engine, FailureKind};

/// Family by family.
pub(super) const FAMILIES: &[&[Subject]] =
    &[table::SUBJECTS, lock::SUBJECTS, queue::SUBJECTS, task::SUBJECTS];

/// Those that are futures.
pub(super) fn operations() -> Vec<Operation> {
    operations::all()
}

/// What only cancellations, or spurious polls, bring out.
const NEVER_CANCELS: &[(Engine, &str)] =
    &[(Engine::Loom, "loom neither drops a future that waits nor polls it for no reason")];

/// What somebody waits for went to a future that was dropped: it is missed in the end, or is waited for for ever.
const LOST_WITH_A_FUTURE: &[FailureKind] =
    &[FailureKind::Property, FailureKind::LostWakeup, FailureKind::Deadlock];

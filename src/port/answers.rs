//! Whether a queue may answer as it did on real cores.

use crate::check::{Budget, Decision, container, general};
use crate::history::log::Entry;
use crate::spec::{QueueAnswer, QueueCall, QueueSpec};

/// What may be spent on a round that only the general check can decide, of which there are many: a tenth of a second.
const A_ROUND: Budget = Budget { steps: 200_000, bytes: 1 << 26, time: None };

/// Decides whether the log is linearizable to this queue: by the check of containers, and where that leaves the question open by the general
/// one, as far as it comes.
pub(super) fn decide(spec: &QueueSpec, log: &[Entry<QueueCall, QueueAnswer>]) -> Decision {
    match container::check(spec, log) {
        Decision::Unknown(_) => general::check(spec, log, A_ROUND),
        decided => decided,
    }
}

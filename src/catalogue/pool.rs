//! The subjects of the model `pool`.

use super::deque;
use crate::cell::Subject;
use crate::engine::FailureKind;
use crate::model::pool::broken::stealing::{
    PopWithoutFence, ReadAfterClaim, RelaxedBottom, RelaxedGrow, StealFromOldBuffer,
};
use crate::model::pool::deque::{ChaseLev, Worker};
use crate::scenario::Item;

/// Work-stealing deques.
pub(super) static DEQUES: &[Subject] = &[
    deque::<Worker<Item, ChaseLev>>("pool", "chase_lev"),
    deque::<Worker<Item, PopWithoutFence>>("pool", "pop_without_fence").broken(&[FailureKind::Property]),
    deque::<Worker<Item, RelaxedBottom>>("pool", "relaxed_bottom").broken(&[FailureKind::DataRace]),
    deque::<Worker<Item, RelaxedGrow>>("pool", "relaxed_grow").broken(&[FailureKind::DataRace]),
    deque::<Worker<Item, ReadAfterClaim>>("pool", "read_after_claim").broken(&[FailureKind::Property]),
    deque::<Worker<Item, StealFromOldBuffer>>("pool", "steal_from_old_buffer")
        .broken(&[FailureKind::Property]),
];

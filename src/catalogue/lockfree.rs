//! The lock-free subjects of the model `threads`.

use super::{lane, try_queue};
use crate::cell::Subject;
use crate::model::threads::michael_scott::MichaelScott;
use crate::model::threads::spsc::Spsc;
use crate::model::threads::treiber::Treiber;
use crate::scenario::Item;

/// Queues and stacks without locks.
pub(super) static SUBJECTS: &[Subject] = &[
    lane::<Spsc<Item>>("threads", "spsc"),
    try_queue::<MichaelScott<Item>>("threads", "michael_scott"),
    try_queue::<Treiber<Item>>("threads", "treiber"),
];

//! Items that do something, or panic, when the queue drops or compares them.

use crate::port::TryQueue;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// What goes through a queue in the rows where an item does something: ordered by its label.
pub struct DropProbe {
    pub(super) label: u32,
    on_drop: Option<Box<dyn FnOnce() + Send>>,
    /// Comparisons with this parcel panic as long as it is set.
    fragile: Arc<AtomicBool>,
}

impl DropProbe {
    pub(super) fn new(label: u32) -> Self {
        Self { label, on_drop: None, fragile: Arc::default() }
    }

    pub(super) fn dropping(label: u32, what: impl FnOnce() + Send + 'static) -> Self {
        Self { label, on_drop: Some(Box::new(what)), fragile: Arc::default() }
    }

    pub(super) fn counted(label: u32, drops: &Count) -> Self {
        let drops = drops.clone();
        Self::dropping(label, move || {
            drops.fetch_add(1, Ordering::Relaxed);
        })
    }

    pub(super) fn fragile(label: u32, fragile: &Arc<AtomicBool>) -> Self {
        Self { label, on_drop: None, fragile: fragile.clone() }
    }
}

impl Drop for DropProbe {
    fn drop(&mut self) {
        if let Some(what) = self.on_drop.take() {
            what();
        }
    }
}

impl std::fmt::Debug for DropProbe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DropProbe").field("label", &self.label).finish_non_exhaustive()
    }
}

impl Ord for DropProbe {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        if [self, other].iter().any(|parcel| parcel.fragile.load(Ordering::Relaxed)) {
            // Not `panic!`: the hook would report what is part of the row.
            resume_unwind(Box::new(Broken));
        }
        self.label.cmp(&other.label)
    }
}

impl PartialOrd for DropProbe {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for DropProbe {
    fn eq(&self, other: &Self) -> bool {
        self.label == other.label
    }
}

impl Eq for DropProbe {}

/// The payload of the panics in these rows.
pub(super) struct Broken;

/// Runs the body; `None` where it ended in the panic of a parcel.
pub(super) fn caught<T>(body: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(value) => Some(value),
        Err(panic) if panic.is::<Broken>() => None,
        Err(other) => resume_unwind(other),
    }
}

/// A counter of drops: plain std, for the rows only read it after the joins.
pub(super) type Count = Arc<AtomicU32>;

pub(super) fn labels<Q: TryQueue<DropProbe>>(queue: &Q) -> Vec<u32> {
    std::iter::from_fn(|| queue.try_pop()).map(|parcel| parcel.label).collect()
}

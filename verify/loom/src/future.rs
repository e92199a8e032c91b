//! Futures, as `loom::future`.

use std::task::Waker;

pub use refectory::sync::future::block_on;

/// A slot for the waker of one task, which any number of threads may wake.
#[derive(Debug, Default)]
pub struct AtomicWaker(refectory::sync::future::AtomicWaker);

impl AtomicWaker {
    /// An empty slot.
    #[track_caller]
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts the waker into the slot.
    #[track_caller]
    pub fn register(&self, waker: Waker) {
        self.0.register(&waker);
    }

    /// Puts a clone of the waker into the slot.
    #[track_caller]
    pub fn register_by_ref(&self, waker: &Waker) {
        self.0.register(waker);
    }

    /// Wakes the waker in the slot, and empties the slot.
    #[track_caller]
    pub fn wake(&self) {
        self.0.wake();
    }

    /// Empties the slot.
    #[track_caller]
    pub fn take_waker(&self) -> Option<Waker> {
        self.0.take()
    }
}

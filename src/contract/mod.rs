//! What subjects promise, row by row: one small concurrent program for each promise.
//!
//! A row is named by the id that it has in the list of CPython's semantics, as in
//! `q08_no_item_lost_or_duplicated`, or by the behaviour where it is a promise of our own. It is written
//! once, and runs on every implementation that makes the promise, on every engine. A row that a subject
//! keeps and its broken twin does not is evidence.
//!
//! No row sleeps. That a call *waits* is shown by a flag that the waker sets before it wakes, and that the
//! woken thread finds set. Each runs its body twice on the same instance where that is affordable: many
//! defects live in the second use.

pub mod actors;
pub mod channels;
pub mod closing;
pub mod coroutines;
pub mod gil;
pub mod pool;
#[cfg(feature = "processes")]
pub mod processes;
pub mod threads;

pub use crate::scenario::{join, spawn};

use crate::engine::Violation;
use crate::scenario::SplitMix64;
use crate::sync;
use crate::sync::UnsafeCell;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// A property of the row is kept, or violated as `detail` tells.
pub fn ensure(kept: bool, property: &'static str, detail: impl FnOnce() -> String) -> Result<(), Violation> {
    match kept {
        true => Ok(()),
        false => Err(Violation::new(property, detail())),
    }
}

/// The rounds of a row on one instance: so many where an engine enumerates them, and twice as many, but
/// at least two, on real cores.
pub fn rounds(modelled: usize) -> Range<usize> {
    0..if sync::is_modelled() { modelled } else { 2 * modelled.max(1) }
}

/// A while of less than 100 µs, on real cores: as long as a thread that waits looks before it sleeps, and some more. It is another one
/// each time. Under an engine it is over at any moment.
fn a_while() -> Duration {
    static DRAWN: AtomicU64 = AtomicU64::new(0);
    if sync::is_modelled() {
        return Duration::from_millis(1);
    }
    // Ordering: Relaxed. A count.
    let micros = SplitMix64::new(DRAWN.fetch_add(1, Relaxed)).between(0, 99);
    Duration::from_micros(micros as u64)
}

/// A number in memory that nothing guards but what the row is about.
struct Note(UnsafeCell<u32>);

// SAFETY: that accesses are ordered is what rows are about; engines look whether they are.
unsafe impl Sync for Note {}

impl Note {
    fn new() -> Arc<Self> {
        Arc::new(Self(UnsafeCell::new(0).named(format_args!("note"))))
    }

    fn add(&self) {
        // SAFETY: the pointer is valid for the call; see above.
        self.0.with_mut(|note| unsafe { *note += 1 });
    }

    fn read(&self) -> u32 {
        // SAFETY: the pointer is valid for the call; see above.
        self.0.with(|note| unsafe { *note })
    }
}

//! Items and buffers that call the queue, or panic, when the queue calls them.
//!
//! The panics are raised without the panic hook, so they are not printed.

use crate::contract::threads::queue::Flag;
use crate::model::threads::queue::Buffer;
use crate::port::Order;
use std::cell::Cell;
use std::cmp::Ordering;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// What the hooks and comparisons of these rows throw.
struct Refusal;

fn refuse() -> ! {
    resume_unwind(Box::new(Refusal))
}

/// What the call gives; `None` where it is refused.
pub(super) fn refused<R>(call: impl FnOnce() -> R) -> Option<R> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => Some(result),
        Err(panic) if panic.is::<Refusal>() => None,
        Err(panic) => resume_unwind(panic),
    }
}

/// An item with something to do when it is dropped.
pub struct OnDrop {
    act: Option<Box<dyn FnOnce() + Send>>,
    spoiled: bool,
}

impl OnDrop {
    pub(super) fn nothing() -> Self {
        Self { act: None, spoiled: false }
    }

    pub(super) fn spoiled(act: impl FnOnce() + Send + 'static) -> Self {
        Self { act: Some(Box::new(act)), spoiled: true }
    }

    pub(super) fn with(act: impl FnOnce() + Send + 'static) -> Self {
        Self { act: Some(Box::new(act)), spoiled: false }
    }
}

impl Drop for OnDrop {
    fn drop(&mut self) {
        if let Some(act) = self.act.take() {
            act();
        }
    }
}

impl fmt::Debug for OnDrop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnDrop").finish_non_exhaustive()
    }
}

impl Ord for OnDrop {
    fn cmp(&self, _: &Self) -> Ordering {
        Ordering::Equal
    }
}

impl PartialOrd for OnDrop {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for OnDrop {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for OnDrop {}

/// An item whose comparison panics while the flag is up.
#[derive(Debug)]
pub struct PanickingOrd {
    pub(super) rank: u32,
    pub(super) flag: Flag,
}

impl Ord for PanickingOrd {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.flag.is_up() {
            refuse();
        }
        self.rank.cmp(&other.rank)
    }
}

impl PartialOrd for PanickingOrd {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for PanickingOrd {
    fn eq(&self, other: &Self) -> bool {
        self.rank == other.rank
    }
}

impl Eq for PanickingOrd {}

/// Tells a [`Failing`] buffer what to do with an item.
pub trait Mood {
    /// The hook refuses to put it in.
    fn is_spoiled(&self) -> bool;
    /// When it is in, the hook refuses once to take something out.
    fn is_trap(&self) -> bool;
}

/// An item that is not let in.
pub(super) const SPOILED: u32 = 100;
/// An item that does not come out at once.
pub(super) const TRAP: u32 = 50;

impl Mood for u32 {
    fn is_spoiled(&self) -> bool {
        *self == SPOILED
    }
    fn is_trap(&self) -> bool {
        *self == TRAP
    }
}

impl Mood for OnDrop {
    fn is_spoiled(&self) -> bool {
        self.spoiled
    }
    fn is_trap(&self) -> bool {
        false
    }
}

/// A buffer whose hooks panic where the item says so.
#[derive(Debug, Default)]
pub struct Failing<B> {
    items: B,
    trapped: Cell<bool>,
}

impl<T: Mood, B: Buffer<T>> Buffer<T> for Failing<B> {
    const ORDER: Order = B::ORDER;
    type Plan = B::Plan;

    fn len(&self) -> usize {
        self.items.len()
    }

    fn plan_insert(&self, item: &T) -> B::Plan {
        if item.is_spoiled() {
            refuse();
        }
        self.items.plan_insert(item)
    }

    fn insert(&mut self, item: T, plan: B::Plan) {
        self.trapped.set(item.is_trap());
        self.items.insert(item, plan);
    }

    fn plan_remove(&self) -> Option<B::Plan> {
        if self.trapped.take() {
            refuse();
        }
        self.items.plan_remove()
    }

    fn remove(&mut self, plan: B::Plan) -> T {
        self.items.remove(plan)
    }
}

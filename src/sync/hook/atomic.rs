//! The hook of atomics.
//!
//! An engine of this crate says which value an operation finds; what the operation leaves is put into std's atomic,
//! and the engine is told.
//! Under loom the value is in loom's atomic, and std's follows it, so that destructors find the newest value when
//! loom can no longer be asked.

use super::super::current::Controller;
use super::driven::{Owned, Turn, is_spurious, torn_down};
use super::raw::{Exchange, Holds, Value};
use crate::event::op::{ObjectId, Op, Spurious};
use std::fmt;
use std::panic::Location;
use std::sync::atomic::Ordering::{self, Relaxed};

#[cfg(feature = "loom")]
use super::super::loom_record::{self as looming, Told};

/// The engine's part of an atomic.
pub(in crate::sync) struct AtomicHook<V: Value> {
    hook: Owned<V::Kind>,
    /// The value was reached through an exclusive borrow, which loom's atomic does not follow.
    #[cfg(feature = "loom")]
    taken: bool,
}

impl<V: Value> AtomicHook<V> {
    #[track_caller]
    pub(in crate::sync) fn new(value: V) -> Self {
        Self {
            hook: Owned::new(value.bits(), || V::Behind::holding(value)),
            #[cfg(feature = "loom")]
            taken: false,
        }
    }

    pub(in crate::sync) fn name(&self, name: fmt::Arguments<'_>) {
        self.hook.name(name);
    }

    #[track_caller]
    #[inline]
    fn turn(&self) -> Turn<'_, V::Behind> {
        let turn = self.hook.turn();
        #[cfg(feature = "loom")]
        if self.taken && matches!(turn, Turn::Loom(..)) {
            self.hook.unsupported("was used through `get_mut` and then shared, which loom cannot follow");
        }
        turn
    }

    #[track_caller]
    #[inline]
    pub(in crate::sync) fn load(&self, inner: &V::Std, order: Ordering) -> V {
        let op = |id| Op::Load(id, order.into());
        match self.turn() {
            Turn::Native(_) | Turn::Inert => inner.get(order),
            #[cfg(feature = "loom")]
            Turn::Loom(behind, id) => {
                looming::operation(op(id), Location::caller(), || behind.get(order), |value| read(*value))
            }
            Turn::Controlled(controller, id) => {
                let found: V = find(controller, op(id), inner);
                controller.commit(id, found.bits());
                found
            }
        }
    }

    #[track_caller]
    #[inline]
    pub(in crate::sync) fn store(&self, inner: &V::Std, value: V, order: Ordering) {
        let op = |id| Op::Store(id, order.into());
        match self.turn() {
            Turn::Native(_) | Turn::Inert => inner.set(value, order),
            #[cfg(feature = "loom")]
            Turn::Loom(behind, id) => {
                let told = Told { answer: None, wrote: Some(value.bits()) };
                looming::operation(op(id), Location::caller(), || behind.set(value, order), |()| told);
                inner.set(value, Relaxed);
            }
            Turn::Controlled(controller, id) => {
                controller.perform_on(op(id), || inner.get(Relaxed).bits(), Location::caller());
                inner.set(value, Relaxed);
                controller.commit(id, value.bits());
            }
        }
    }

    /// A read-modify-write that always writes, as std and as loom's atomic do it.
    #[track_caller]
    #[inline]
    #[cfg_attr(not(feature = "loom"), expect(unused_variables, reason = "only loom has one"))]
    pub(in crate::sync) fn rmw(
        &self,
        inner: &V::Std,
        order: Ordering,
        std: impl FnOnce(&V::Std) -> V,
        loom: impl FnOnce(&V::Behind) -> V,
    ) -> V {
        let op = |id: ObjectId| Op::Rmw(id, order.into());
        match self.turn() {
            Turn::Native(_) | Turn::Inert => std(inner),
            #[cfg(feature = "loom")]
            Turn::Loom(behind, id) => {
                let follow = |found: &V| {
                    inner.set(*found, Relaxed);
                    std(inner);
                    inner.get(Relaxed)
                };
                modify(op(id), || loom(behind), follow)
            }
            Turn::Controlled(controller, id) => {
                inner.set(find(controller, op(id), inner), Relaxed);
                let found = std(inner);
                controller.commit(id, inner.get(Relaxed).bits());
                found
            }
        }
    }

    /// A compare-exchange, as std does it natively.
    #[track_caller]
    #[inline]
    pub(in crate::sync) fn exchange(
        &self,
        inner: &V::Std,
        what: Exchange<V>,
        std: impl FnOnce(&V::Std) -> Result<V, V>,
    ) -> Result<V, V> {
        let op = |object| Op::CompareExchange {
            object,
            expected: what.expected.bits(),
            success: what.success.into(),
            failure: what.failure.into(),
            weak: what.weak,
        };
        match self.turn() {
            Turn::Native(_) | Turn::Inert => std(inner),
            #[cfg(feature = "loom")]
            Turn::Loom(behind, id) => {
                let result = looming::operation(
                    op(id),
                    Location::caller(),
                    || behind.exchange(what),
                    |r| exchanged(r, what.new),
                );
                if result.is_ok() {
                    inner.set(what.new, Relaxed);
                }
                result
            }
            // Whether a weak one fails spuriously is the engine's choice, not the machine's.
            Turn::Controlled(controller, id)
                if what.weak && is_spurious(controller, Spurious::Exchange(id), Location::caller()) =>
            {
                Err(self.load(inner, what.failure))
            }
            Turn::Controlled(controller, id) => {
                let found: V = find(controller, op(id), inner);
                let result = if found.bits() == what.expected.bits() {
                    inner.set(found, Relaxed);
                    inner.exchange(what)
                } else {
                    Err(found)
                };
                controller.commit(id, result.map_or(found, |_| what.new).bits());
                result
            }
        }
    }

    /// Brings the newest value to `inner`, for an exclusive borrow or the value's owner.
    #[track_caller]
    #[cfg_attr(
        not(feature = "loom"),
        expect(clippy::unused_self, unused_variables, reason = "only loom's is elsewhere")
    )]
    pub(in crate::sync) fn take(&mut self, inner: &V::Std) {
        #[cfg(feature = "loom")]
        if !self.taken
            && let Some(behind) = self.hook.behind_mut()
        {
            inner.set(looming::quietly(|| V::newest(behind)), Relaxed);
            self.taken = true;
        }
    }
}

/// A word that threads wait on.
impl AtomicHook<u32> {
    /// Waits as long as the word is `expected`; tells whether that ended before the time ran out. `None` where
    /// no engine of this crate decides.
    ///
    /// The two ends of the wait are operations of their own, as those of a condition variable's are.
    #[track_caller]
    pub(in crate::sync) fn wait_if(
        &self,
        inner: &std::sync::atomic::AtomicU32,
        expected: u32,
        timed: bool,
    ) -> Option<bool> {
        let site = Location::caller();
        match self.turn() {
            Turn::Controlled(controller, id) if is_spurious(controller, Spurious::Wait(id), site) => {
                Some(true)
            }
            Turn::Controlled(controller, id) => {
                let wait = Op::WaitIf { word: id, expected: expected.bits() };
                let waits = controller.perform_on(wait, || inner.get(Relaxed).bits(), site) == 1;
                let wake = Op::Wake { object: id, timed };
                let without_permit = waits && controller.perform(wake, site) == 1;
                if controller.tearing_down() {
                    torn_down();
                }
                Some(!(timed && without_permit))
            }
            Turn::Inert if inner.get(Relaxed) == expected => torn_down(),
            Turn::Inert => Some(true),
            _ => None,
        }
    }

    /// Wakes one who waits, or all, as the operation says; tells whether an engine of this crate has done so.
    #[track_caller]
    pub(in crate::sync) fn wake(&self, op: fn(ObjectId) -> Op) -> bool {
        match self.turn() {
            Turn::Controlled(controller, id) => {
                controller.perform(op(id), Location::caller());
                true
            }
            Turn::Inert => true,
            _ => false,
        }
    }
}

/// The value that the operation finds: the engine's answer, and std's own value where the engine has stopped.
#[track_caller]
fn find<V: Value>(controller: &dyn Controller, op: Op, inner: &V::Std) -> V {
    let answer = controller.perform_on(op, || inner.get(Relaxed).bits(), Location::caller());
    if controller.tearing_down() { inner.get(Relaxed) } else { V::from_bits(answer) }
}

/// Under loom: a read-modify-write, and then the same in std's atomic.
#[cfg(feature = "loom")]
#[track_caller]
fn modify<V: Value>(op: Op, loom: impl FnOnce() -> V, follow: impl FnOnce(&V) -> V) -> V {
    let site = Location::caller();
    let followed = |found: V| (found, follow(&found));
    let tell = |(found, left): &(V, V)| Told { answer: Some(found.bits()), wrote: Some(left.bits()) };
    looming::operation(op, site, || followed(loom()), tell).0
}

#[cfg(feature = "loom")]
fn read<V: Value>(value: V) -> Told {
    Told { answer: Some(value.bits()), wrote: None }
}

#[cfg(feature = "loom")]
fn exchanged<V: Value>(result: &Result<V, V>, new: V) -> Told {
    Told { answer: Some(u64::from(result.is_ok())), wrote: result.is_ok().then(|| new.bits()) }
}

//! The hook in a build without engines: nothing at all, at no cost.

#![allow(
    clippy::unused_self,
    clippy::trivially_copy_pass_by_ref,
    reason = "the shape of the hooks that do something"
)]

use super::super::noise;
use super::raw::{Exchange, Holds, Value};
use std::fmt;
use std::marker::PhantomData;
use std::sync::atomic::Ordering;
use std::sync::{LockResult, TryLockResult};

#[inline(always)]
pub(in crate::sync) fn fence(order: Ordering) {
    noise::here();
    std::sync::atomic::fence(order);
}

/// Beside an atomic.
#[derive(Debug)]
pub(in crate::sync) struct AtomicHook<V>(PhantomData<fn() -> V>);

/// Beside a mutex.
#[derive(Debug)]
pub(in crate::sync) struct MutexHook;

/// Beside a readers-writer lock.
#[derive(Debug)]
pub(in crate::sync) struct RwLockHook;

/// Beside a condition variable.
#[derive(Debug)]
pub(in crate::sync) struct CondvarHook;

/// Beside unguarded memory.
#[derive(Debug)]
pub(in crate::sync) struct CellHook;

/// Beside an access to unguarded memory.
#[derive(Debug)]
pub(in crate::sync) struct Access;

/// Beside an owner of a counted value.
#[derive(Debug)]
pub(in crate::sync) struct ArcHook;

/// Beside a reference that does not own.
#[derive(Clone, Debug)]
pub(in crate::sync) struct WeakHook;

/// Beside a guard.
#[derive(Debug)]
pub(in crate::sync) struct Permit<'a>(PhantomData<&'a ()>);

/// Behind std's guard.
#[derive(Debug)]
pub(in crate::sync) struct Blame<'a, L: ?Sized>(PhantomData<&'a L>);

impl<'a, L: ?Sized> Blame<'a, L> {
    #[inline(always)]
    pub(in crate::sync) const fn of(_: &'a L) -> Self {
        Self(PhantomData)
    }
}

/// Beside a guard of a reader.
pub(in crate::sync) type ReadPermit<'a> = Permit<'a>;
/// Beside a guard of a writer.
pub(in crate::sync) type WritePermit<'a> = Permit<'a>;

impl<V: Value> AtomicHook<V> {
    #[inline(always)]
    pub(in crate::sync) const fn new(_: V) -> Self {
        Self(PhantomData)
    }

    #[inline(always)]
    pub(in crate::sync) fn name(&self, _: fmt::Arguments<'_>) {}

    #[inline(always)]
    pub(in crate::sync) fn load(&self, inner: &V::Std, order: Ordering) -> V {
        noise::here();
        inner.get(order)
    }

    #[inline(always)]
    pub(in crate::sync) fn store(&self, inner: &V::Std, value: V, order: Ordering) {
        noise::here();
        inner.set(value, order);
    }

    #[inline(always)]
    pub(in crate::sync) fn rmw(
        &self,
        inner: &V::Std,
        _: Ordering,
        std: impl FnOnce(&V::Std) -> V,
        _: impl FnOnce(&V::Behind) -> V,
    ) -> V {
        noise::here();
        std(inner)
    }

    #[inline(always)]
    pub(in crate::sync) fn exchange(
        &self,
        inner: &V::Std,
        _: Exchange<V>,
        std: impl FnOnce(&V::Std) -> Result<V, V>,
    ) -> Result<V, V> {
        noise::here();
        std(inner)
    }

    #[inline(always)]
    pub(in crate::sync) fn take(&mut self, _: &V::Std) {}
}

impl MutexHook {
    #[inline(always)]
    pub(in crate::sync) const fn new() -> Self {
        Self
    }

    #[inline(always)]
    pub(in crate::sync) fn name(&self, _: fmt::Arguments<'_>) {}

    #[inline(always)]
    pub(in crate::sync) fn lock(&self, _: impl FnOnce() -> bool) -> Permit<'_> {
        noise::here();
        Permit(PhantomData)
    }

    #[inline(always)]
    pub(in crate::sync) fn try_lock(&self, _: impl FnOnce() -> bool) -> Option<Permit<'_>> {
        noise::here();
        Some(Permit(PhantomData))
    }
}

impl RwLockHook {
    #[inline(always)]
    pub(in crate::sync) const fn new() -> Self {
        Self
    }

    #[inline(always)]
    pub(in crate::sync) fn name(&self, _: fmt::Arguments<'_>) {}

    #[inline(always)]
    pub(in crate::sync) fn read(&self, _: impl FnOnce() -> bool) -> Permit<'_> {
        noise::here();
        Permit(PhantomData)
    }

    #[inline(always)]
    pub(in crate::sync) fn try_read(&self, _: impl FnOnce() -> bool) -> Option<Permit<'_>> {
        noise::here();
        Some(Permit(PhantomData))
    }

    #[inline(always)]
    pub(in crate::sync) fn write(&self, _: impl FnOnce() -> bool) -> Permit<'_> {
        noise::here();
        Permit(PhantomData)
    }

    #[inline(always)]
    pub(in crate::sync) fn try_write(&self, _: impl FnOnce() -> bool) -> Option<Permit<'_>> {
        noise::here();
        Some(Permit(PhantomData))
    }
}

impl Permit<'_> {
    /// Std's lock is the only one.
    #[inline(always)]
    pub(in crate::sync) fn enter<S>(
        &self,
        wait: impl FnOnce() -> LockResult<S>,
        _: impl FnOnce() -> TryLockResult<S>,
    ) -> LockResult<S> {
        wait()
    }
}

impl CondvarHook {
    #[inline(always)]
    pub(in crate::sync) const fn new() -> Self {
        Self
    }

    #[inline(always)]
    pub(in crate::sync) fn name(&self, _: fmt::Arguments<'_>) {}

    #[inline(always)]
    pub(in crate::sync) fn notify_one(&self) -> bool {
        noise::here();
        true
    }

    #[inline(always)]
    pub(in crate::sync) fn notify_all(&self) -> bool {
        noise::here();
        true
    }
}

impl CellHook {
    #[inline(always)]
    pub(in crate::sync) const fn new() -> Self {
        Self
    }

    #[inline(always)]
    pub(in crate::sync) fn name(&self, _: fmt::Arguments<'_>) {}

    #[inline(always)]
    pub(in crate::sync) fn read(&self) -> Access {
        noise::here();
        Access
    }

    #[inline(always)]
    pub(in crate::sync) fn write(&self) -> Access {
        noise::here();
        Access
    }

    #[inline(always)]
    pub(in crate::sync) fn write_in_drop(&self) {}

    #[inline(always)]
    pub(in crate::sync) fn guard_read(&self) -> Access {
        noise::here();
        Access
    }

    #[inline(always)]
    pub(in crate::sync) fn guard_write(&self) -> Access {
        noise::here();
        Access
    }
}

impl Access {
    #[inline(always)]
    pub(in crate::sync) fn again(&self) {}
}

impl ArcHook {
    #[inline(always)]
    pub(in crate::sync) const fn new() -> Self {
        Self
    }

    #[inline(always)]
    pub(in crate::sync) fn name(&self, _: fmt::Arguments<'_>) {}

    #[inline(always)]
    pub(in crate::sync) fn another(&self) -> Self {
        Self
    }

    #[inline(always)]
    pub(in crate::sync) fn count(&self) -> Option<usize> {
        None
    }

    #[inline(always)]
    pub(in crate::sync) fn alone(&mut self) -> Option<bool> {
        None
    }

    #[inline(always)]
    pub(in crate::sync) fn leave(self) {}

    #[inline(always)]
    pub(in crate::sync) fn lend(self, _: *const ()) {}

    #[inline(always)]
    pub(in crate::sync) fn give_back(_: *const ()) -> Self {
        Self
    }

    #[inline(always)]
    pub(in crate::sync) fn downgrade(&self) -> WeakHook {
        WeakHook
    }
}

impl WeakHook {
    #[inline(always)]
    pub(in crate::sync) const fn dangling() -> Self {
        Self
    }

    #[inline(always)]
    pub(in crate::sync) fn upgrade(&self) -> Option<ArcHook> {
        Some(ArcHook)
    }
}

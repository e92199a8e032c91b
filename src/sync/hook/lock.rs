//! The hooks of mutexes and readers-writer locks, and the permits that their guards hold.
//!
//! A permit is the engine's part of a guard; dropping it is the unlock. The unlock's place in the
//! source is that of the lock: a `Drop` is not told who called it.

#[cfg(feature = "loom")]
use super::super::loom_record::{self as looming, Told};
use super::driven::{Hook, Owned, Turn, granted};
use super::raw::Kind;
use crate::event::op::{Class, ObjectId, Op, Site};
#[cfg(feature = "loom")]
use crate::event::trace::relocks;
#[cfg(feature = "loom")]
use loom::sync as behind;
use std::fmt;
use std::marker::PhantomData;
use std::panic::Location;
#[cfg(not(feature = "loom"))]
use std::sync as behind;
use std::sync::{LockResult, TryLockResult};

/// What it is.
#[derive(Debug)]
pub(in crate::sync) struct OfMutex;

impl Kind for OfMutex {
    const NAME: &'static str = "a Mutex";
    const CLASS: Class = Class::Mutex;
    type Behind = behind::Mutex<()>;
}

/// What it is.
#[derive(Debug)]
pub(in crate::sync) struct OfRwLock;

impl Kind for OfRwLock {
    const NAME: &'static str = "an RwLock";
    const CLASS: Class = Class::RwLock;
    type Behind = behind::RwLock<()>;
}

/// The engine's part of a mutex.
#[derive(Debug)]
pub(in crate::sync) struct MutexHook(Owned<OfMutex>);

/// The engine's part of a readers-writer lock.
#[derive(Debug)]
pub(in crate::sync) struct RwLockHook(Owned<OfRwLock>);

/// A mutex that is held.
pub(in crate::sync) type Permit<'a> = Grant<'a, OfMutex, behind::MutexGuard<'a, ()>>;
/// A readers-writer lock that is held for reading.
pub(in crate::sync) type ReadPermit<'a> = Grant<'a, OfRwLock, behind::RwLockReadGuard<'a, ()>>;
/// A readers-writer lock that is held for writing.
pub(in crate::sync) type WritePermit<'a> = Grant<'a, OfRwLock, behind::RwLockWriteGuard<'a, ()>>;

/// A lock that the engine has granted, until it is dropped. `G` is loom's guard.
pub(in crate::sync) struct Grant<'a, K: Kind, G> {
    pub(super) hook: &'a Hook<K>,
    site: Site,
    release: fn(ObjectId) -> Op,
    by: By<G>,
}

/// Who granted it.
pub(super) enum By<G> {
    /// Nobody had to.
    Native(PhantomData<G>),
    /// Nobody was left to ask, or the grant has been given back.
    Nobody,
    #[cfg(feature = "loom")]
    Loom(G),
    Controlled,
}

impl<'a, K: Kind, G> Grant<'a, K, G> {
    /// Waits for the lock: `acquire` with an engine of this crate, `loom` with loom.
    #[track_caller]
    #[cfg_attr(not(feature = "loom"), expect(unused_variables, reason = "only loom has a lock of its own"))]
    fn wait_for(
        hook: &'a Hook<K>,
        [acquire, release]: [fn(ObjectId) -> Op; 2],
        poisoned: impl FnOnce() -> bool,
        loom: impl FnOnce(&'a K::Behind) -> LockResult<G>,
    ) -> Self {
        let site = Location::caller();
        let by = match hook.turn() {
            Turn::Native(_) => By::Native(PhantomData),
            Turn::Inert => By::Nobody,
            #[cfg(feature = "loom")]
            Turn::Loom(behind, id) => {
                refuse_poisoned(hook, poisoned());
                let lock = || {
                    refuse_relock(acquire(id), id, site);
                    loom(behind)
                };
                let guard = looming::operation(acquire(id), site, lock, |_| Told::NOTHING);
                looming::acquired(id, site, matches!(acquire(id), Op::Read(_)));
                By::Loom(guard.expect("loom panics itself where its lock is poisoned"))
            }
            Turn::Controlled(controller, id) => {
                controller.perform(acquire(id), site);
                By::Controlled
            }
        };
        Self { hook, site, release, by }
    }

    /// Takes the lock if it is free. `None` is the engine's no; natively, std decides.
    #[track_caller]
    #[cfg_attr(not(feature = "loom"), expect(unused_variables, reason = "only loom has a lock of its own"))]
    fn attempt(
        hook: &'a Hook<K>,
        [attempt, release]: [fn(ObjectId) -> Op; 2],
        poisoned: impl FnOnce() -> bool,
        loom: impl FnOnce(&'a K::Behind) -> TryLockResult<G>,
    ) -> Option<Self> {
        let site = Location::caller();
        let by = match hook.turn() {
            Turn::Native(_) => By::Native(PhantomData),
            Turn::Inert => By::Nobody,
            #[cfg(feature = "loom")]
            Turn::Loom(behind, id) => {
                refuse_poisoned(hook, poisoned());
                let reads = matches!(attempt(id), Op::TryRead(_));
                if reads && looming::held(id).is_some_and(|(_, shared)| shared) {
                    hook.unsupported("is read twice by one thread, which loom cannot count");
                }
                let tell = |attempt: &Option<G>| Told::attempt(attempt.is_some());
                let guard = looming::operation(attempt(id), site, || loom(behind).ok(), tell)?;
                looming::acquired(id, site, reads);
                By::Loom(guard)
            }
            Turn::Controlled(controller, id) => match controller.perform(attempt(id), site) {
                0 => return None,
                _ => By::Controlled,
            },
        };
        Some(Self { hook, site, release, by })
    }

    /// Acquires std's lock beside the one that was granted.
    #[inline]
    pub(in crate::sync) fn enter<S>(
        &self,
        wait: impl FnOnce() -> LockResult<S>,
        attempt: impl FnOnce() -> TryLockResult<S>,
    ) -> LockResult<S> {
        match self.by {
            By::Native(_) => wait(),
            _ => granted(attempt()),
        }
    }

    /// Gives the grant up without a release: a condition variable releases the mutex.
    pub(super) fn disarm(mut self) -> (&'a Hook<K>, By<G>) {
        (self.hook, std::mem::replace(&mut self.by, By::Nobody))
    }

    /// The grant that a condition variable gives back.
    pub(super) fn rearm(hook: &'a Hook<K>, site: Site, release: fn(ObjectId) -> Op, by: By<G>) -> Self {
        Self { hook, site, release, by }
    }
}

impl<K: Kind, G> Drop for Grant<'_, K, G> {
    fn drop(&mut self) {
        match std::mem::replace(&mut self.by, By::Nobody) {
            By::Native(_) | By::Nobody => {}
            #[cfg(feature = "loom")]
            By::Loom(guard) => match self.hook.turn_in_drop() {
                Turn::Loom(_, id) => {
                    looming::released(id);
                    looming::operation((self.release)(id), self.site, || drop(guard), |()| Told::NOTHING);
                }
                // loom would abort the process.
                _ => std::mem::forget(guard),
            },
            By::Controlled => {
                if let Turn::Controlled(controller, id) = self.hook.turn_in_drop() {
                    controller.perform((self.release)(id), self.site);
                }
            }
        }
    }
}

impl<K: Kind, G> fmt::Debug for Grant<'_, K, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.hook.fmt(f)
    }
}

/// loom would say that everybody waits, or nothing at all.
#[cfg(feature = "loom")]
fn refuse_relock(op: Op, lock: ObjectId, site: Site) {
    if let Some((since, shared)) = looming::held(lock) {
        let what = relocks(op, site, since, shared);
        looming::stop(looming::Stop::Relocks(format!("thread {} {what}", looming::thread().0)));
    }
}

/// loom's locks keep std's poison inside and panic on it.
#[cfg(feature = "loom")]
#[track_caller]
fn refuse_poisoned<K: Kind>(hook: &Hook<K>, poisoned: bool) {
    if poisoned {
        hook.unsupported("is poisoned, and loom cannot lock it again");
    }
}

impl MutexHook {
    #[track_caller]
    pub(in crate::sync) fn new() -> Self {
        Self(Owned::new(0, || behind::Mutex::new(())))
    }

    pub(in crate::sync) fn name(&self, name: fmt::Arguments<'_>) {
        self.0.name(name);
    }

    #[track_caller]
    #[inline]
    pub(in crate::sync) fn lock(&self, poisoned: impl FnOnce() -> bool) -> Permit<'_> {
        Grant::wait_for(&self.0, [Op::Lock, Op::Unlock], poisoned, |behind| behind.lock())
    }

    #[track_caller]
    #[inline]
    pub(in crate::sync) fn try_lock(&self, poisoned: impl FnOnce() -> bool) -> Option<Permit<'_>> {
        Grant::attempt(&self.0, [Op::TryLock, Op::Unlock], poisoned, |behind| behind.try_lock())
    }
}

impl RwLockHook {
    #[track_caller]
    pub(in crate::sync) fn new() -> Self {
        Self(Owned::new(0, || behind::RwLock::new(())))
    }

    pub(in crate::sync) fn name(&self, name: fmt::Arguments<'_>) {
        self.0.name(name);
    }

    #[track_caller]
    #[inline]
    pub(in crate::sync) fn read(&self, poisoned: impl FnOnce() -> bool) -> ReadPermit<'_> {
        Grant::wait_for(&self.0, [Op::Read, Op::UnlockRead], poisoned, |behind| behind.read())
    }

    #[track_caller]
    #[inline]
    pub(in crate::sync) fn try_read(&self, poisoned: impl FnOnce() -> bool) -> Option<ReadPermit<'_>> {
        Grant::attempt(&self.0, [Op::TryRead, Op::UnlockRead], poisoned, |behind| behind.try_read())
    }

    #[track_caller]
    #[inline]
    pub(in crate::sync) fn write(&self, poisoned: impl FnOnce() -> bool) -> WritePermit<'_> {
        Grant::wait_for(&self.0, [Op::Write, Op::UnlockWrite], poisoned, |behind| behind.write())
    }

    #[track_caller]
    #[inline]
    pub(in crate::sync) fn try_write(&self, poisoned: impl FnOnce() -> bool) -> Option<WritePermit<'_>> {
        Grant::attempt(&self.0, [Op::TryWrite, Op::UnlockWrite], poisoned, |behind| behind.try_write())
    }
}

//! The hook in a build with engines.

use super::super::current::{Conductor, Current, current};
use super::super::lazy::statics;
#[cfg(feature = "loom")]
use super::super::loom_record::{self as looming, Told};
use super::super::op::{Class, ObjectId, Op};
use super::born::Born;
use std::fmt;
use std::marker::PhantomData;
use std::panic::{self, Location};
use std::sync::atomic::Ordering;
use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};

/// The engine's part of an object; `L` is loom's object that stands behind it.
#[derive(Clone)]
pub(in crate::sync) struct Hook<L> {
    pub(in crate::sync) born: Born,
    side: Side<L>,
}

#[derive(Clone)]
enum Side<L> {
    Native(PhantomData<L>),
    #[cfg(feature = "loom")]
    Loom(L, ObjectId),
    Conducted(ObjectId),
}

/// Who lets the next operation on an object take place.
pub(in crate::sync) enum Turn<'a, L> {
    /// Nobody has to: std itself does.
    Native(PhantomData<&'a L>),
    /// Nobody is left to ask: the engine stops, and destructors run.
    Inert,
    /// loom, through its own object.
    #[cfg(feature = "loom")]
    Loom(&'a L, ObjectId),
    /// An engine of this crate.
    Conducted(&'static dyn Conductor, ObjectId),
}

impl<L> Hook<L> {
    /// The hook of a new object; `behind` makes the one that stands behind it under loom.
    #[track_caller]
    #[cfg_attr(not(feature = "loom"), expect(unused_variables, reason = "only loom has one"))]
    pub(in crate::sync) fn new(
        kind: &'static str,
        class: Class,
        value: u64,
        behind: impl FnOnce() -> L,
    ) -> Self {
        let born = Born::here(kind);
        let side = match current() {
            Current::Native => Side::Native(PhantomData),
            #[cfg(feature = "loom")]
            Current::Loom => {
                let id = looming::create(class, born.site);
                Side::Loom(looming::quietly(behind), id)
            }
            Current::Conducted(conductor) => Side::Conducted(conductor.create(class, value, born.site)),
        };
        Self { born, side }
    }

    /// Who lets the next operation take place.
    ///
    /// # Panics
    /// If the object belongs to another engine or execution, unless a panic is under way.
    #[track_caller]
    #[inline]
    pub(in crate::sync) fn turn(&self) -> Turn<'_, L> {
        match self.turn_in_drop() {
            Turn::Inert if !stopping() => self.born.foreign(current()),
            turn => turn,
        }
    }

    /// The same for an operation in a `Drop`, which must not panic: a foreign object is left alone.
    #[inline]
    pub(in crate::sync) fn turn_in_drop(&self) -> Turn<'_, L> {
        match (&self.side, current()) {
            (Side::Native(_), Current::Native) => Turn::Native(PhantomData),
            #[cfg(feature = "loom")]
            (Side::Loom(behind, id), Current::Loom) if self.born.in_this_execution() && looming::alive() => {
                Turn::Loom(behind, *id)
            }
            (Side::Conducted(id), Current::Conducted(conductor)) if self.born.in_this_execution() => {
                Turn::Conducted(conductor, *id)
            }
            _ => Turn::Inert,
        }
    }

    /// The same object without what stands behind it, for an operation that outlives a borrow of the hook.
    pub(in crate::sync) fn alias(&self) -> Hook<()> {
        let side = match &self.side {
            Side::Native(_) => Side::Native(PhantomData),
            #[cfg(feature = "loom")]
            Side::Loom(_, id) => Side::Loom((), *id),
            Side::Conducted(id) => Side::Conducted(*id),
        };
        Hook { born: self.born, side }
    }

    /// loom's object, for an operation through an exclusive borrow.
    #[cfg(feature = "loom")]
    pub(in crate::sync) fn behind_mut(&mut self) -> Option<&mut L> {
        match &mut self.side {
            Side::Loom(behind, _) if self.born.in_this_execution() && looming::alive() => Some(behind),
            _ => None,
        }
    }

    /// Names the object in traces.
    pub(in crate::sync) fn name(&self, name: fmt::Arguments<'_>) {
        match self.turn_in_drop() {
            Turn::Native(_) | Turn::Inert => {}
            #[cfg(feature = "loom")]
            Turn::Loom(_, id) => looming::name_object(id, name),
            Turn::Conducted(conductor, id) => {
                if conductor.recording() {
                    conductor.name_object(id, name);
                }
            }
        }
    }
}

/// The hook of an object that ends with it.
pub(in crate::sync) struct Owned<L>(Hook<L>);

impl<L> Owned<L> {
    #[track_caller]
    pub(in crate::sync) fn new(
        kind: &'static str,
        class: Class,
        value: u64,
        behind: impl FnOnce() -> L,
    ) -> Self {
        Self(Hook::new(kind, class, value, behind))
    }
}

impl<L> std::ops::Deref for Owned<L> {
    type Target = Hook<L>;

    #[inline]
    fn deref(&self) -> &Hook<L> {
        &self.0
    }
}

impl<L> std::ops::DerefMut for Owned<L> {
    fn deref_mut(&mut self) -> &mut Hook<L> {
        &mut self.0
    }
}

impl<L> Drop for Owned<L> {
    fn drop(&mut self) {
        if let Turn::Conducted(conductor, id) = self.0.turn_in_drop()
            && !statics::are_ending()
        {
            conductor.destroy(id);
        }
    }
}

impl<L> fmt::Debug for Owned<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<L> fmt::Debug for Hook<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.born.fmt(f)
    }
}

/// Whether destructors may be running because something went wrong: a panic that unwinds, or an
/// engine that stopped.
pub(in crate::sync) fn stopping() -> bool {
    #[cfg(feature = "loom")]
    if matches!(current(), Current::Loom) && !looming::alive() {
        return true;
    }
    std::thread::panicking()
}

/// The payload that unwinds a thread of an execution that is over.
pub(in crate::sync) struct TornDown;

/// Ends a thread whose engine has stopped, where it could only go on by waiting for another one.
#[cold]
pub(in crate::sync) fn torn_down() -> ! {
    panic::resume_unwind(Box::new(TornDown))
}

/// What the engine cannot do. The prefix tells its driver that nothing is wrong with the subject.
#[cfg(feature = "loom")]
#[cold]
#[track_caller]
pub(in crate::sync) fn unsupported(what: &str) -> ! {
    panic!("unsupported: {what}")
}

/// std's lock beside one that an engine has granted: free, unless the execution is being torn down
/// and its owner will never run again.
pub(in crate::sync) fn granted<G>(attempt: TryLockResult<G>) -> LockResult<G> {
    match attempt {
        Ok(guard) => Ok(guard),
        Err(TryLockError::Poisoned(poison)) => Err(PoisonError::new(poison.into_inner())),
        Err(TryLockError::WouldBlock) => torn_down(),
    }
}

/// An atomic fence.
#[track_caller]
pub(in crate::sync) fn fence(order: Ordering) {
    let op = Op::Fence(order.into());
    match current() {
        Current::Native => std::sync::atomic::fence(order),
        #[cfg(feature = "loom")]
        Current::Loom if looming::alive() => {
            looming::operation(
                op,
                Location::caller(),
                || loom::sync::atomic::fence(order),
                |()| Told::NOTHING,
            );
        }
        #[cfg(feature = "loom")]
        Current::Loom => {}
        Current::Conducted(conductor) => {
            conductor.perform(op, 0, Location::caller());
        }
    }
}

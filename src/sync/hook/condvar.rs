//! The hook of condition variables.

#[cfg(feature = "loom")]
use super::super::loom_record::{self as looming, Told};
use super::driven::{Owned, Turn, is_spurious, torn_down};
use super::lock::{By, Grant, Permit};
use super::raw::Kind;
#[cfg(feature = "loom")]
use crate::event::op::ObjectId;
use crate::event::op::{Class, Op, Site, Spurious};
#[cfg(feature = "loom")]
use loom::sync as behind;
use std::fmt;
use std::panic::Location;
#[cfg(not(feature = "loom"))]
use std::sync as behind;

/// What it is.
#[derive(Debug)]
pub(in crate::sync) struct OfCondvar;

impl Kind for OfCondvar {
    const NAME: &'static str = "a Condvar";
    const CLASS: Class = Class::Condvar;
    type Behind = behind::Condvar;
}

/// The engine's part of a condition variable.
#[derive(Debug)]
pub(in crate::sync) struct CondvarHook(Owned<OfCondvar>);

impl CondvarHook {
    #[track_caller]
    pub(in crate::sync) fn new() -> Self {
        Self(Owned::new(0, behind::Condvar::new))
    }

    pub(in crate::sync) fn name(&self, name: fmt::Arguments<'_>) {
        self.0.name(name);
    }

    /// Whether std itself waits.
    ///
    /// # Panics
    /// If the condition variable belongs to another engine or execution.
    #[track_caller]
    #[inline]
    pub(in crate::sync) fn native(&self) -> bool {
        matches!(self.0.turn(), Turn::Native(_))
    }

    /// Waits under an engine: gives the mutex back, waits for a permit, acquires the mutex again.
    /// Tells whether the time ran out.
    ///
    /// The two ends of the wait are operations of their own, so that others come in between; merged,
    /// a random search never finds the lost wake-up of two conditions on one variable.
    #[track_caller]
    pub(in crate::sync) fn wait<'a>(
        &self,
        permit: Permit<'a>,
        timed: bool,
        site: Site,
    ) -> (Permit<'a>, bool) {
        let (mutex, by) = permit.disarm();
        let (by, timed_out) = match (self.0.turn(), mutex.turn(), by) {
            #[cfg(feature = "loom")]
            (Turn::Loom(condvar, id), Turn::Loom(_, mutex), By::Loom(guard)) => {
                if timed {
                    self.0.unsupported("waits with a time-out, which never fires under loom");
                }
                (By::Loom(wait_in_loom(condvar, guard, id, mutex, site)), false)
            }
            (Turn::Controlled(controller, condvar), Turn::Controlled(_, mutex), By::Controlled) => {
                let without_permit = if is_spurious(controller, Spurious::Wait(condvar), site) {
                    controller.perform(Op::Unlock(mutex), site);
                    false
                } else {
                    controller.perform(Op::Wait { condvar, mutex }, site);
                    controller.perform(Op::Wake { object: condvar, timed }, site) == 1
                };
                if controller.tearing_down() {
                    torn_down();
                }
                controller.perform(Op::Lock(mutex), site);
                (By::Controlled, timed && without_permit)
            }
            _ => torn_down(),
        };
        (Grant::rearm(mutex, site, Op::Unlock, by), timed_out)
    }

    /// Whether std itself has to notify.
    #[track_caller]
    #[inline]
    pub(in crate::sync) fn notify_one(&self) -> bool {
        self.notify(Op::NotifyOne, |behind| behind.notify_one())
    }

    /// Whether std itself has to notify.
    #[track_caller]
    #[inline]
    pub(in crate::sync) fn notify_all(&self) -> bool {
        self.notify(Op::NotifyAll, |behind| behind.notify_all())
    }

    #[track_caller]
    #[cfg_attr(not(feature = "loom"), expect(unused_variables, reason = "only loom has one"))]
    fn notify(&self, op: fn(crate::event::op::ObjectId) -> Op, loom: impl FnOnce(&behind::Condvar)) -> bool {
        let site: Site = Location::caller();
        match self.0.turn() {
            Turn::Native(_) => return true,
            Turn::Inert => {}
            #[cfg(feature = "loom")]
            Turn::Loom(behind, id) => looming::operation(op(id), site, || loom(behind), |()| Told::NOTHING),
            Turn::Controlled(controller, id) => {
                controller.perform(op(id), site);
            }
        }
        false
    }
}

/// loom's wait is one call; the record shows its parts.
#[cfg(feature = "loom")]
fn wait_in_loom<'a>(
    behind: &behind::Condvar,
    guard: behind::MutexGuard<'a, ()>,
    condvar: ObjectId,
    mutex: ObjectId,
    site: Site,
) -> behind::MutexGuard<'a, ()> {
    looming::note(Op::Wait { condvar, mutex }, site);
    let wake = Op::Wake { object: condvar, timed: false };
    let guard =
        looming::operation(wake, site, || behind.wait(guard), |_| Told { answer: Some(0), wrote: None });
    looming::note(Op::Lock(mutex), site);
    guard.expect("loom panics itself where its lock is poisoned")
}

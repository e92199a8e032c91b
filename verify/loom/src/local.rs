//! Thread-locals: the values of every thread of the running execution.
//!
//! An engine runs all threads of an execution on one OS thread, whose own local this list is. A thread's values are
//! dropped when its body ends, as the last thing that it does; those of threads that never end are forgotten when the
//! next execution begins, because they belong to one that is over.

use refectory::sync::thread;
use std::any::Any;
use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

/// A static of which each thread has its own, as [`std::thread::LocalKey`]. Made by
/// [`thread_local!`](crate::thread_local).
pub struct LocalKey<T: 'static> {
    make: fn() -> T,
}

/// The value of a thread-local is asked for while those of its thread are dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessError;

struct Local {
    thread: usize,
    key: usize,
    value: Rc<dyn Any>,
}

#[derive(Default)]
struct Locals {
    values: Vec<Local>,
    /// Threads whose values are being dropped.
    ending: Vec<usize>,
}

std::thread_local! {
    static LOCALS: RefCell<Locals> = RefCell::default();
}

impl<T: 'static> LocalKey<T> {
    /// A thread-local that `make` makes at its first use.
    #[doc(hidden)]
    pub const fn new(make: fn() -> T) -> Self {
        Self { make }
    }

    /// Reaches the calling thread's value.
    ///
    /// # Panics
    /// If the values of the thread are being dropped.
    pub fn with<R>(&'static self, reach: impl FnOnce(&T) -> R) -> R {
        self.try_with(reach).expect("cannot access a thread-local during or after its destruction")
    }

    /// Reaches the calling thread's value.
    ///
    /// # Errors
    /// If the values of the thread are being dropped.
    pub fn try_with<R>(&'static self, reach: impl FnOnce(&T) -> R) -> Result<R, AccessError> {
        let (thread, key) = (thread::place(), std::ptr::from_ref(self).addr());
        if LOCALS.with_borrow(|locals| locals.ending.contains(&thread)) {
            return Err(AccessError);
        }
        let known = LOCALS.with_borrow(|locals| locals.get(thread, key));
        let value = known.unwrap_or_else(|| {
            let value: Rc<dyn Any> = Rc::new((self.make)());
            let local = Local { thread, key, value: Rc::clone(&value) };
            LOCALS.with_borrow_mut(|locals| locals.values.push(local));
            value
        });
        Ok(reach(value.downcast_ref().expect("the key's address is that of a static of this type")))
    }
}

impl Locals {
    fn get(&self, thread: usize, key: usize) -> Option<Rc<dyn Any>> {
        let found = self.values.iter().find(|local| local.thread == thread && local.key == key);
        found.map(|local| Rc::clone(&local.value))
    }

    fn pop(&mut self, thread: usize) -> Option<Local> {
        let index = self.values.iter().rposition(|local| local.thread == thread)?;
        Some(self.values.remove(index))
    }
}

/// The values of the calling thread, which are dropped with this.
#[must_use]
pub(crate) struct OfThisThread;

impl Drop for OfThisThread {
    fn drop(&mut self) {
        let thread = thread::place();
        LOCALS.with_borrow_mut(|locals| locals.ending.push(thread));
        // Destructors run while the list is free: they may look at it.
        while let Some(local) = LOCALS.with_borrow_mut(|locals| locals.pop(thread)) {
            drop(local);
        }
        LOCALS.with_borrow_mut(|locals| locals.ending.retain(|ending| *ending != thread));
    }
}

/// The values of earlier executions are over.
pub(crate) fn next_execution() {
    std::mem::forget(LOCALS.take());
}

impl<T> fmt::Debug for LocalKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalKey").finish_non_exhaustive()
    }
}

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("already destroyed")
    }
}

impl std::error::Error for AccessError {}

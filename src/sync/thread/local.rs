//! Values of each thread: [`std::thread_local!`] behind the facade.
//!
//! All threads of a model run on one OS thread, so that std's `thread_local!` is shared by all of them, and keeps from one
//! execution to the next. This one has a value for each thread of a model and each execution, which is dropped at
//! the thread's end.

#[cfg(feature = "instrumented")]
use super::super::current::{Current, current};
use std::cell::{Cell, RefCell};
use std::fmt;
use std::thread::LocalKey as Native;

/// Declares values of each thread, with std's syntax.
///
/// ```
/// use refectory::sync::{thread, thread_local};
/// use std::cell::{Cell, RefCell};
///
/// thread_local! {
///     /// Dishes that the thread has eaten.
///     static EATEN: Cell<u32> = const { Cell::new(0) };
///     static MENU: RefCell<Vec<&'static str>> = RefCell::new(vec!["soup"]);
/// }
///
/// EATEN.set(2);
/// MENU.with_borrow_mut(|menu| menu.push("bread"));
/// let of_another = thread::spawn(|| (EATEN.get(), MENU.with_borrow(Vec::len))).join().unwrap();
/// assert_eq!(of_another, (0, 1));
/// assert_eq!((EATEN.get(), MENU.take().len()), (2, 2));
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! __refectory_thread_local {
    () => {};
    ($(#[$attribute:meta])* $visibility:vis static $name:ident: $type:ty = const $value:block $(; $($rest:tt)*)?) => {
        $(#[$attribute])*
        $visibility static $name: $crate::sync::thread::LocalKey<$type> = {
            fn make() -> $type {
                $value
            }
            ::std::thread_local! {
                static NATIVE: $type = const $value;
            }
            $crate::sync::thread::LocalKey::new(&NATIVE, make)
        };
        $($crate::__refectory_thread_local! { $($rest)* })?
    };
    ($(#[$attribute:meta])* $visibility:vis static $name:ident: $type:ty = $value:expr $(; $($rest:tt)*)?) => {
        $(#[$attribute])*
        $visibility static $name: $crate::sync::thread::LocalKey<$type> = {
            fn make() -> $type {
                $value
            }
            ::std::thread_local! {
                static NATIVE: $type = make();
            }
            $crate::sync::thread::LocalKey::new(&NATIVE, make)
        };
        $($crate::__refectory_thread_local! { $($rest)* })?
    };
}

/// A value of each thread, as [`std::thread::LocalKey`]; made by [`thread_local!`](crate::sync::thread_local).
pub struct LocalKey<T: 'static> {
    native: &'static Native<T>,
    #[cfg_attr(
        not(feature = "instrumented"),
        expect(dead_code, reason = "an engine makes values of its own")
    )]
    make: fn() -> T,
}

/// The thread's value has been dropped, as [`std::thread::AccessError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessError;

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the thread's value has been dropped")
    }
}

impl std::error::Error for AccessError {}

impl<T: 'static> LocalKey<T> {
    #[doc(hidden)]
    pub const fn new(native: &'static Native<T>, make: fn() -> T) -> Self {
        Self { native, make }
    }

    /// The thread's value, made if need be.
    ///
    /// # Panics
    /// If it has been dropped, as the thread ends.
    #[track_caller]
    #[inline]
    pub fn with<R>(&'static self, look: impl FnOnce(&T) -> R) -> R {
        self.try_with(look).expect("the thread does not end yet")
    }

    /// The thread's value, made if need be.
    ///
    /// # Errors
    /// If it has been dropped, as the thread ends.
    #[inline]
    pub fn try_with<R>(&'static self, look: impl FnOnce(&T) -> R) -> Result<R, AccessError> {
        #[cfg(feature = "instrumented")]
        if !matches!(current(), Current::Native) {
            let value = locals::get(std::ptr::from_ref(self).addr(), self.make)?;
            return Ok(look(&value));
        }
        self.native.try_with(look).map_err(|_| AccessError)
    }
}

impl<T: 'static> LocalKey<Cell<T>> {
    /// Replaces the value, which is made first if need be.
    #[track_caller]
    pub fn set(&'static self, value: T) {
        self.with(|cell| cell.set(value));
    }

    /// A copy of the value.
    #[track_caller]
    pub fn get(&'static self) -> T
    where
        T: Copy,
    {
        self.with(Cell::get)
    }

    /// Takes the value, and leaves the default.
    #[track_caller]
    pub fn take(&'static self) -> T
    where
        T: Default,
    {
        self.with(Cell::take)
    }

    /// Replaces the value; gives the old one.
    #[track_caller]
    pub fn replace(&'static self, value: T) -> T {
        self.with(|cell| cell.replace(value))
    }
}

impl<T: 'static> LocalKey<RefCell<T>> {
    /// Looks at the value.
    ///
    /// # Panics
    /// If it is borrowed mutably.
    #[track_caller]
    pub fn with_borrow<R>(&'static self, look: impl FnOnce(&T) -> R) -> R {
        self.with(|cell| look(&cell.borrow()))
    }

    /// Changes the value.
    ///
    /// # Panics
    /// If it is borrowed.
    #[track_caller]
    pub fn with_borrow_mut<R>(&'static self, change: impl FnOnce(&mut T) -> R) -> R {
        self.with(|cell| change(&mut cell.borrow_mut()))
    }

    /// Replaces the value, which is made first if need be.
    ///
    /// # Panics
    /// If it is borrowed.
    #[track_caller]
    pub fn set(&'static self, value: T) {
        drop(self.replace(value));
    }

    /// Takes the value, and leaves the default.
    ///
    /// # Panics
    /// If it is borrowed.
    #[track_caller]
    pub fn take(&'static self) -> T
    where
        T: Default,
    {
        self.with(RefCell::take)
    }

    /// Replaces the value; gives the old one.
    ///
    /// # Panics
    /// If it is borrowed.
    #[track_caller]
    pub fn replace(&'static self, value: T) -> T {
        self.with(|cell| cell.replace(value))
    }
}

impl<T: 'static> fmt::Debug for LocalKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalKey").finish_non_exhaustive()
    }
}

/// The values of the threads of the execution that an engine runs.
#[cfg(feature = "instrumented")]
pub(crate) mod locals {
    use super::super::super::current::epoch;
    use super::super::driven::id;
    use super::AccessError;
    use crate::event::op::ThreadId;
    use std::any::Any;
    use std::cell::RefCell;
    use std::rc::Rc;

    /// The values by thread and by the key's address, in the order in which they were made; `None` where it
    /// has been dropped.
    type Values = Vec<(ThreadId, usize, Option<Rc<dyn Any>>)>;

    thread_local! {
        /// The number of the execution, and its values.
        static LOCALS: RefCell<(u32, Values)> = const { RefCell::new((0, Vec::new())) };
    }

    /// The value of the thread that runs.
    pub(super) fn get<T: 'static>(key: usize, make: fn() -> T) -> Result<Rc<T>, AccessError> {
        let me = id();
        let value = match find(me, key) {
            Some(known) => known.ok_or(AccessError)?,
            None => add(me, key, Rc::new(make())),
        };
        Ok(value.downcast().expect("the address is that of a key of this type"))
    }

    fn find(thread: ThreadId, key: usize) -> Option<Option<Rc<dyn Any>>> {
        LOCALS.with_borrow_mut(|(of, values)| {
            if *of != epoch() {
                // What an execution leaves that never ended is leaked, as its stacks are.
                std::mem::take(values).into_iter().for_each(std::mem::forget);
                *of = epoch();
            }
            let known = values.iter().find(|(of, at, _)| (*of, *at) == (thread, key));
            known.map(|(.., value)| value.clone())
        })
    }

    fn add(thread: ThreadId, key: usize, value: Rc<dyn Any>) -> Rc<dyn Any> {
        LOCALS.with_borrow_mut(|(_, values)| values.push((thread, key, Some(Rc::clone(&value)))));
        value
    }

    /// The thread ends: its values are dropped, the newest first. A destructor may make others.
    pub(crate) fn end(thread: ThreadId) {
        while let Some(value) = newest(thread) {
            drop(value);
        }
    }

    fn newest(thread: ThreadId) -> Option<Rc<dyn Any>> {
        LOCALS.with_borrow_mut(|(of, values)| {
            let mut alive = values.iter_mut().rev().filter(|_| *of == epoch());
            alive.find_map(|(of, _, value)| if *of == thread { value.take() } else { None })
        })
    }
}

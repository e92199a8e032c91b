//! The facade: the only door to primitives, and the only place that names those of std or loom.
//!
//! It has std's names and signatures, so that a user turns `use std::sync::` into
//! `use refectory::sync::` and little else:
//!
//! ```
//! use refectory::sync::{Arc, Mutex, thread};
//!
//! let bowl = Arc::new(Mutex::new(0));
//! let cook = thread::spawn({
//!     let bowl = Arc::clone(&bowl);
//!     move || *bowl.lock().unwrap() += 1
//! });
//! cook.join().unwrap();
//! assert_eq!(*bowl.lock().unwrap(), 1);
//! ```
//!
//! | what | where |
//! |---|---|
//! | [`Mutex`], [`RwLock`], [`Condvar`], [`Barrier`], [`Once`], [`OnceLock`], [`Arc`], [`Weak`] | here |
//! | [`UnsafeCell`], whose pointer is given to a closure | here and in [`cell`] |
//! | [`Futex`], a word to wait on | here |
//! | atomics and [`fence`](atomic::fence) | [`atomic`] |
//! | a cheap fence and a dear one, which pair | [`asymmetric`] |
//! | channels | [`mpsc`] |
//! | [`Mailbox`], messages in flight, which arrive in any order that is allowed | here |
//! | threads, `park`, `yield_now` | [`thread`] |
//! | deadlines | [`time`] |
//! | [`spin_loop`](hint::spin_loop) | [`hint`] |
//! | [`block_on`](future::block_on), [`AtomicWaker`](future::AtomicWaker) | [`future`] |
//! | notes for traces, and names in them ([`note`], [`acting_as`], [`Label`]) | here |
//! | [`Tracked`] items, whose moves and drops are checked where they lie behind raw pointers | here |
//! | statics, one an execution | [`lazy_static!`](lazy_static), [`LazyLock`] |
//! | values of each thread | [`thread_local!`](thread_local) |
//! | threads that dawdle on real cores, to meet in new ways (feature `noise`) | [`noise`] |
//! | processes, memory that they share, pipes between them (feature `processes`) | `process`, `region`, `pipe` |
//! | the order of what threads did, as far as an engine knows it | [`causality`] |
//!
//! # Who drives
//!
//! An object belongs to the engine that is current where it is made, and to that one execution; where
//! none is, to `native`, which is std itself. Used anywhere else it panics and says where it was made.
//!
//! In a build without an engine (default features) each type is a newtype over std's, of the same size
//! and the same machine code, and `new` is const where std's is. With one, `new` asks which engine is
//! current and is not const: a static is then made with [`lazy_static!`](lazy_static).
//!
//! (A const `new` could not ask, and the object would get its name from whoever uses it first, which depends on
//! the schedule.) Memory that is zeroed holds objects of the facade as it holds std's: they are born at their first use,
//! and the explorer trusts their names less, which may cost executions. Under loom that is unsupported.
//!
//! # What is not seen
//!
//! std's own primitives inside a model: no engine sees its atomics, locks, channels, `OnceLock` and `LazyLock`, so that
//! no order of their operations is explored; one that waits stops the whole model. A count of owners in std's `Arc` is
//! right, but what the last owner does is not seen to come after what the others did. And `std::thread_local!` is
//! *shared*, because all threads of a model run on one OS thread, and keeps its value from one execution to the next:
//!
//! ```
//! use refectory::sync::{thread, thread_local};
//! use std::cell::Cell;
//!
//! std::thread_local! { static SHARED: Cell<u32> = const { Cell::new(0) } }
//! thread_local! { static OWN: Cell<u32> = const { Cell::new(0) } }
//!
//! // In a model both threads would count in SHARED, from where the execution before left it.
//! let count = || {
//!     SHARED.set(SHARED.get() + 1);
//!     OWN.set(OWN.get() + 1);
//!     OWN.get()
//! };
//! assert_eq!([thread::spawn(count), thread::spawn(count)].map(|thread| thread.join().unwrap()), [1, 1]);
//! ```
//!
//! Memory behind raw pointers is not seen either, unless it is an [`UnsafeCell`] or a [`Tracked`] item.
//!
//! # What differs from std
//!
//! - `UnsafeCell` has `with` and `with_mut`; a trait object behind an `Arc` is made with
//!   [`Arc::coerce`]; `self: Arc<Self>` is not to be had.
//! - Objects have [`named`](Mutex::named): the name that traces show.
//! - Under an engine time passes where the engine chooses: a time-out may fire at any moment of the wait, and a clock
//!   that is read may have gone on ([`time`]).
//! - The place of an unlock is that of its lock, and of a drop that of the owner's making: a `Drop` is
//!   not told who called it. Nor is a function that is passed as a value (`map(Mutex::new)`).
//! - Where loom cannot do what is asked, the model ends with a panic that begins with `unsupported: `.

// The one place where std's primitives are at home.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the facade is what stands before them"
)]

/// A function that is const in a build without engines. With them it asks which engine is current.
macro_rules! const_by_default {
    ($(#[$attribute:meta])* $visibility:vis fn $name:ident($($argument:ident: $type:ty),*) -> $answer:ty $body:block) => {
        #[cfg(not(feature = "instrumented"))]
        $(#[$attribute])*
        #[must_use]
        #[inline]
        $visibility const fn $name($($argument: $type),*) -> $answer $body

        #[cfg(feature = "instrumented")]
        $(#[$attribute])*
        #[must_use]
        #[track_caller]
        $visibility fn $name($($argument: $type),*) -> $answer $body
    };
}

#[cfg_attr(not(feature = "instrumented"), allow(dead_code, reason = "no engine to be current"))]
pub(crate) mod current;
#[cfg(feature = "instrumented")]
mod gate;
mod hook;
#[cfg(feature = "loom")]
pub(crate) mod loom_record;

mod arc;
pub mod asymmetric;
pub mod atomic;
mod barrier;
#[cfg_attr(not(feature = "instrumented"), allow(dead_code, reason = "no engine to write it"))]
pub mod causality;
pub mod cell;
mod condvar;
mod futex;
pub mod future;
pub mod hint;
pub(crate) mod lazy;
#[cfg(feature = "processes")]
pub mod lock_file;
#[cfg(feature = "processes")]
mod luggage;
mod mailbox;
pub mod mpsc;
mod mutex;
pub mod noise;
mod note;
mod once;
#[cfg(all(feature = "instrumented", feature = "processes"))]
mod orphan;
#[cfg(feature = "processes")]
pub mod pipe;
#[cfg(feature = "processes")]
pub mod process;
#[cfg(feature = "instrumented")]
mod recording;
#[cfg(feature = "processes")]
pub mod region;
mod rwlock;
#[cfg(feature = "processes")]
mod system;
#[cfg(test)]
mod tests;
pub mod thread;
pub mod time;
mod tracked;
#[cfg(feature = "instrumented")]
pub(crate) mod unwinding;

#[doc(inline)]
pub use crate::__refectory_lazy_static as lazy_static;
#[doc(inline)]
pub use crate::__refectory_thread_local as thread_local;
pub use arc::{Arc, Weak};
pub use barrier::{Barrier, BarrierWaitResult};
pub use cell::UnsafeCell;
pub use condvar::{Condvar, WaitTimeoutResult};
pub use futex::Futex;
pub use lazy::{Lazy, LazyLock};
pub use mailbox::{Mailbox, Number};
pub use mutex::{Mutex, MutexGuard};
pub(crate) use note::note_at;
pub use note::{Label, acting_as, note};
pub use once::{Once, OnceLock};
pub use rwlock::{RwLock, RwLockReadGuard, RwLockWriteGuard};
pub use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};
pub use tracked::Tracked;

/// Whether an engine other than the operating system decides when operations take place.
#[inline]
pub fn is_modelled() -> bool {
    !matches!(current::current(), current::Current::Native)
}

//! What stands beside std's own object in every type of the facade.
//!
//! Each public operation passes one point: a method of the type's hook, which is `#[track_caller]`
//! and knows the object, the operation and the place. With an engine in the build it asks the engine
//! that the object belongs to and returns when the operation may take place; std's operation on the
//! inner object follows, and is never contended. Without one the hook is zero-sized and its methods
//! are empty, so that a type of the facade has std's size and machine code.
//!
//! An object belongs to the engine that was current where it was made, and to that one execution.
//! Used anywhere else it panics, with a message that tells where it was made.
//!
//! Nothing that runs in a `Drop` panics here: an object of another engine, or of an engine that
//! stops, is then left alone.

mod raw;

#[cfg(not(feature = "instrumented"))]
mod absent;
#[cfg(feature = "instrumented")]
mod arc;
#[cfg(feature = "instrumented")]
mod atomic;
#[cfg(feature = "instrumented")]
mod blame;
#[cfg(feature = "instrumented")]
mod born;
#[cfg(feature = "instrumented")]
mod cell;
#[cfg(feature = "instrumented")]
mod condvar;
#[cfg(feature = "instrumented")]
mod driven;
#[cfg(feature = "instrumented")]
mod lock;
#[cfg(feature = "instrumented")]
mod mailbox;

#[cfg(not(feature = "instrumented"))]
pub(super) use absent::{
    Access, ArcHook, AtomicHook, Blame, CellHook, CondvarHook, MutexHook, Permit, ReadPermit, RwLockHook,
    WeakHook, WritePermit, fence,
};
#[cfg(any(feature = "loom", all(feature = "instrumented", feature = "processes")))]
pub(super) use driven::unsupported;
pub(super) use raw::Exchange;
#[cfg(feature = "instrumented")]
pub(super) use {
    arc::{ArcHook, WeakHook},
    atomic::AtomicHook,
    blame::Blame,
    born::Born,
    cell::{Access, CellHook},
    condvar::CondvarHook,
    driven::{TornDown, fence, is_spurious, stopping, torn_down},
    lock::{MutexHook, Permit, ReadPermit, RwLockHook, WritePermit},
    mailbox::MailboxHook,
};

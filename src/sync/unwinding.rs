//! Which thread of an execution panics: all of them run on one OS thread, for which std counts.
//!
//! std tells only whether anybody unwinds there. The panic hook notes who has begun to ([`begin`]); nobody does where
//! std says so, and a thread that has ended does not. What is left open is a thread that panicked and may have caught
//! it, where another one unwinds as well: the run is then given up, since no answer would be honest. An unwinding that
//! `resume_unwind` begins passes no hook, and is taken for the caller's where nobody else is known to unwind.

use super::current::{Current, current, give_up, run};
#[cfg(feature = "loom")]
use super::loom_record as looming;
use crate::event::op::ThreadId;
use std::cell::{Cell, RefCell};

thread_local! {
    /// Who has begun to unwind in the running execution, and may not have ended; and which panic it was.
    static UNWINDING: RefCell<Vec<(ThreadId, u32)>> = const { RefCell::new(Vec::new()) };
    /// How many have begun.
    static BEGUN: Cell<u32> = const { Cell::new(0) };
    /// An execution before this one was left while somebody unwound: std counts that for ever.
    static LEFT: Cell<bool> = const { Cell::new(false) };
}

/// Starts the next execution.
pub(super) fn forget() {
    UNWINDING.with_borrow_mut(Vec::clear);
    LEFT.set(std::thread::panicking());
}

/// The running thread panics. To be called in the panic hook.
pub(crate) fn begin() {
    if let Some(thread) = running() {
        end(thread);
        BEGUN.set(BEGUN.get().wrapping_add(1));
        UNWINDING.with_borrow_mut(|unwinding| unwinding.push((thread, BEGUN.get())));
    }
}

/// A thread has caught what it raised, because it has ended.
pub(super) fn end(thread: ThreadId) {
    UNWINDING.with_borrow_mut(|unwinding| unwinding.retain(|(other, _)| *other != thread));
}

/// Whether anybody may be unwinding.
#[cfg(feature = "loom")]
pub(super) fn somebody() -> bool {
    UNWINDING.with_borrow(|unwinding| !unwinding.is_empty())
}

/// Ends an OS thread whose execution is over, and that cannot unwind: a second panic that leaves a destructor would
/// abort the process.
#[cfg(feature = "loom")]
#[expect(clippy::disallowed_methods, reason = "the thread is no longer part of what is explored")]
pub(crate) fn stay() -> ! {
    loop {
        std::thread::park();
    }
}

/// How many panics have begun so far.
pub(super) fn begun() -> u32 {
    BEGUN.get()
}

/// Whether the running thread panics.
pub(super) fn is_panicking() -> bool {
    known(|unwinding, me| unwinding.iter().any(|(thread, _)| *thread == me))
        .unwrap_or_else(|| std::thread::panicking() && !LEFT.get())
}

/// Whether the running thread panics, in a panic after the first `begun`, if anybody is known to panic.
pub(super) fn is_panicking_since(begun: u32) -> Option<bool> {
    known(|unwinding, me| unwinding.iter().any(|(thread, number)| *thread == me && *number > begun))
}

/// The answer of those who are known to unwind. Where it is yes, and another thread unwinds too, the run is given up.
fn known(says: impl FnOnce(&[(ThreadId, u32)], ThreadId) -> bool) -> Option<bool> {
    UNWINDING.with_borrow_mut(|unwinding| {
        if !std::thread::panicking() {
            unwinding.clear();
        }
        if unwinding.is_empty() {
            return None;
        }
        let yes = says(unwinding, running()?);
        if yes && unwinding.len() > 1 {
            undecided();
        }
        Some(yes)
    })
}

/// The run cannot come to a verdict.
pub(super) fn undecided() {
    give_up(
        run(),
        "two threads unwind at a time, and std cannot tell them apart on one OS thread".to_owned(),
    );
}

/// The thread of the execution that runs; natively std itself knows, and an engine that fails itself has none.
fn running() -> Option<ThreadId> {
    match current() {
        Current::Native => None,
        #[cfg(feature = "loom")]
        Current::Loom => Some(looming::thread()),
        Current::Controlled(controller) => controller.who_panics(),
    }
}

//! What the facade keeps about the execution that loom runs: who runs, whether loom has given up,
//! and, on the one execution that is to be shown, the record of every step.
//!
//! loom has no call that asks any of this without an execution at hand, and its own panics (a
//! deadlock, a race, a limit) look like those of the program. So the facade marks when it is inside
//! loom: a panic that comes out of there is loom's, and from then on destructors leave loom alone.
//! loom itself would abort the process in them.
//!
//! All threads of an execution run on one OS thread, and they change places only inside an
//! operation of loom's. So who runs is known by writing it down again after each operation.
//!
//! The driver brackets the body of main with [`main`], and calls [`start_recording`] before and
//! [`take_recording`] after the execution that it wants to show. The record is plain data: it adds
//! no operation, and the execution stays the one that loom replays. One difference remains between
//! the record and what happened: loom enqueues a waiter of a condition variable inside its `wait`,
//! and the record shows that first part of the wait where it was called.

use super::current::epoch;
use super::thread::local::locals;
use super::unwinding::{somebody, stay};
use crate::event::op::{Class, ObjectId, Op, Rare, Site, ThreadId};
use crate::event::trace::Trace;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;

/// The execution that loom runs on this OS thread.
struct Run {
    epoch: Cell<u32>,
    /// The thread that runs.
    thread: Cell<ThreadId>,
    /// Threads that were made, main included.
    threads: Cell<u32>,
    /// Objects that were made.
    objects: Cell<u32>,
    /// A thread that was spawned has used a primitive.
    driven: Cell<bool>,
    /// Something could have happened for no reason, which loom does not let happen.
    strict: Cell<bool>,
    /// A future could have been dropped while it waited.
    uncancelled: Cell<bool>,
    undying: Cell<bool>,
    /// Inside an operation of loom's. Seen from the program's code only while one unwinds.
    inside: Cell<bool>,
    /// The execution has failed, and is being taken down.
    over: Cell<bool>,
    /// Why the facade is about to panic.
    stop: RefCell<Option<Stop>>,
    recording: Cell<bool>,
    /// The token that `park` takes, by thread; made when first used.
    tokens: RefCell<Vec<Option<Rc<loom::sync::Notify>>>>,
    /// The locks that are held: by whom, where it acquired it, and whether for reading.
    holds: RefCell<Vec<(ThreadId, ObjectId, Site, bool)>>,
    trace: RefCell<Trace>,
}

thread_local! {
    static RUN: Run = const { Run {
        epoch: Cell::new(0),
        thread: Cell::new(ThreadId::MAIN),
        threads: Cell::new(1),
        objects: Cell::new(0),
        driven: Cell::new(false),
        strict: Cell::new(false),
        uncancelled: Cell::new(false),
        undying: Cell::new(false),
        inside: Cell::new(false),
        over: Cell::new(false),
        stop: RefCell::new(None),
        recording: Cell::new(false),
        tokens: RefCell::new(Vec::new()),
        holds: RefCell::new(Vec::new()),
        trace: RefCell::new(Trace::new()),
    } };
}

impl Run {
    /// Forgets the execution before, if this is a new one.
    fn freshen(&self) {
        if self.epoch.get() != epoch() {
            self.epoch.set(epoch());
            self.thread.set(ThreadId::MAIN);
            self.threads.set(1);
            self.objects.set(0);
            self.driven.set(false);
            self.strict.set(false);
            self.uncancelled.set(false);
            self.undying.set(false);
            self.inside.set(false);
            self.over.set(false);
            self.tokens.borrow_mut().clear();
            self.holds.borrow_mut().clear();
        }
    }
}

/// What an operation tells the record.
#[derive(Clone, Copy)]
pub(super) struct Told {
    /// The value that was read, or whether an attempt succeeded.
    pub(super) answer: Option<u64>,
    /// What an atomic operation wrote.
    pub(super) wrote: Option<u64>,
}

impl Told {
    pub(super) const NOTHING: Self = Self { answer: None, wrote: None };

    /// An attempt that succeeded, or did not.
    pub(super) fn attempt(succeeded: bool) -> Self {
        Self { answer: Some(u64::from(succeeded)), wrote: None }
    }
}

/// Records the execution that starts next, or that has just started.
pub(crate) fn start_recording() {
    RUN.with(|run| {
        let mut trace = Trace::default();
        trace.add_thread(ThreadId::MAIN, None);
        run.trace.replace(trace);
        run.recording.set(true);
    });
}

/// Stops recording, and gives what was recorded. A step that is not done is what its thread waits
/// for.
pub(crate) fn take_recording() -> Trace {
    RUN.with(|run| {
        run.recording.set(false);
        run.trace.take()
    })
}

/// The threads that the execution has made so far, main included.
pub(crate) fn threads() -> u32 {
    RUN.with(|run| {
        run.freshen();
        run.threads.get()
    })
}

/// Whether a thread that the execution has spawned used a primitive.
pub(crate) fn driven() -> bool {
    RUN.with(|run| {
        run.freshen();
        run.driven.get()
    })
}

/// Whether this could have happened in the execution. Under loom it does not.
pub(crate) fn leaves_out(rare: Rare) -> bool {
    RUN.with(|run| {
        run.freshen();
        match rare {
            Rare::Spurious => run.strict.get(),
            Rare::Cancellation => run.uncancelled.get(),
            Rare::Death => run.undying.get(),
        }
    })
}

/// There is a process, and it does not die.
#[cfg(feature = "processes")]
pub(super) fn leave_out_death() {
    RUN.with(|run| run.undying.set(true));
}

/// A future waits, and is not dropped.
pub(super) fn leave_out_cancellation() {
    RUN.with(|run| run.uncancelled.set(true));
}

/// Runs the body of main. Where it panics the execution is over, and the destructors of the threads
/// that loom then drops leave loom alone.
pub(crate) fn main<R>(body: impl FnOnce() -> R) -> R {
    RUN.with(Run::freshen);
    let body = || {
        let result = body();
        locals::end(ThreadId::MAIN);
        result
    };
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|payload| {
        RUN.with(|run| run.over.set(true));
        resume_unwind(payload)
    })
}

/// Whether loom can still be asked.
#[inline]
pub(super) fn alive() -> bool {
    RUN.with(|run| {
        run.freshen();
        !run.inside.get() && !run.over.get()
    })
}

/// Whether the program is inside an operation of loom's.
pub(crate) fn inside() -> bool {
    RUN.with(|run| run.inside.get())
}

/// The panic that was just caught is loom's: the execution is over.
pub(super) fn gave_up() -> bool {
    RUN.with(|run| {
        if run.inside.get() {
            run.over.set(true);
        }
        run.over.get()
    })
}

/// The thread that runs.
pub(super) fn thread() -> ThreadId {
    RUN.with(|run| {
        run.freshen();
        run.thread.get()
    })
}

/// A new thread.
pub(super) fn add_thread(name: Option<&str>) -> ThreadId {
    RUN.with(|run| {
        run.freshen();
        let id = ThreadId(run.threads.get());
        run.threads.set(id.0 + 1);
        if run.recording.get() {
            run.trace.borrow_mut().add_thread(id, name);
        }
        id
    })
}

/// The thread's body begins; loom has just switched to it.
pub(super) fn begin_thread(id: ThreadId) {
    RUN.with(|run| {
        run.thread.set(id);
        run.inside.set(false);
    });
}

/// The thread's body is over: what follows is loom's.
pub(super) fn end_thread() {
    RUN.with(|run| run.inside.set(true));
}

/// A new object.
pub(super) fn create(class: Class, site: Site) -> ObjectId {
    RUN.with(|run| {
        run.freshen();
        let id = ObjectId(run.objects.get());
        run.objects.set(id.0 + 1);
        if run.recording.get() {
            run.trace.borrow_mut().add_object(id, class, site);
        }
        id
    })
}

/// Whether the execution is recorded, and not over.
pub(super) fn recording() -> bool {
    RUN.with(|run| run.recording.get()) && alive()
}

/// Adds to the record, for the running thread, what is no operation.
pub(super) fn record(add: &mut dyn FnMut(&mut Trace, ThreadId)) {
    RUN.with(|run| add(&mut run.trace.borrow_mut(), run.thread.get()));
}

/// Asks loom for something that is no step of the program.
#[inline]
pub(super) fn quietly<R>(ask: impl FnOnce() -> R) -> R {
    let inside = Inside { thread: enter(), unwinding: somebody() };
    let answer = ask();
    inside.leave();
    answer
}

/// A thread is inside loom, and comes back or unwinds.
struct Inside {
    thread: ThreadId,
    /// Whether somebody may have unwound already when it entered.
    unwinding: bool,
}

impl Inside {
    #[inline]
    fn leave(self) {
        leave(self.thread);
        std::mem::forget(self);
    }
}

impl Drop for Inside {
    /// loom has panicked: the execution is over. Not in the panic hook, which others may wait for.
    fn drop(&mut self) {
        if self.unwinding {
            stay();
        }
    }
}

/// One step of the program: `run` lets loom take it, `tell` says what came out.
pub(super) fn operation<R>(op: Op, site: Site, run: impl FnOnce() -> R, tell: impl FnOnce(&R) -> Told) -> R {
    let recording = begin(op, site);
    let answer = quietly(run);
    if recording {
        finish(tell(&answer));
    }
    answer
}

/// A step begins. Says whether it is recorded.
fn begin(op: Op, site: Site) -> bool {
    RUN.with(|run| {
        if op.uses_primitive() && run.thread.get() != ThreadId::MAIN {
            run.driven.set(true);
        }
        if matches!(op, Op::CompareExchange { weak: true, .. } | Op::Wake { .. } | Op::Park { .. }) {
            run.strict.set(true);
        }
        if run.recording.get() {
            run.trace.borrow_mut().begin(run.thread.get(), op, site);
        }
        run.recording.get()
    })
}

/// The recorded step of the running thread has taken place.
fn finish(told: Told) {
    RUN.with(|run| {
        let thread = run.thread.get();
        let mut trace = run.trace.borrow_mut();
        trace.finish(thread, told.answer);
        if let Some(bits) = told.wrote {
            trace.wrote(thread, bits);
        }
    });
}

/// Enters loom; other threads may run now. Says which thread does so.
fn enter() -> ThreadId {
    RUN.with(|run| {
        run.inside.set(true);
        run.thread.get()
    })
}

/// Comes back from loom, as the thread that entered.
fn leave(thread: ThreadId) {
    RUN.with(|run| {
        run.inside.set(false);
        run.thread.set(thread);
    });
}

/// A step that loom takes as a part of the next one: shown where it was called.
pub(super) fn note(op: Op, site: Site) {
    RUN.with(|run| {
        if run.recording.get() {
            let thread = run.thread.get();
            let mut trace = run.trace.borrow_mut();
            trace.begin(thread, op, site);
            trace.finish(thread, None);
        }
    });
}

/// The running thread has acquired a lock.
pub(super) fn acquired(lock: ObjectId, site: Site, shared: bool) {
    RUN.with(|run| run.holds.borrow_mut().push((run.thread.get(), lock, site, shared)));
}

/// The running thread gives a lock back.
pub(super) fn released(lock: ObjectId) {
    RUN.with(|run| {
        let mut holds = run.holds.borrow_mut();
        if let Some(last) = holds.iter().rposition(|&(by, held, ..)| (by, held) == (run.thread.get(), lock)) {
            holds.remove(last);
        }
    });
}

/// Where the running thread acquired a lock that it holds, and whether for reading.
pub(super) fn held(lock: ObjectId) -> Option<(Site, bool)> {
    RUN.with(|run| {
        let holds = run.holds.borrow();
        let mine = holds.iter().rfind(|&&(by, held, ..)| (by, held) == (run.thread.get(), lock));
        mine.map(|&(_, _, site, shared)| (site, shared))
    })
}

/// Why the facade ends the execution with a panic.
#[derive(Debug)]
pub(crate) enum Stop {
    /// loom cannot do what is asked.
    Unsupported(String),
    /// A thread would wait for a lock that it holds.
    Relocks(String),
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported(what) => write!(f, "unsupported: {what}"),
            Self::Relocks(what) => write!(f, "waits for itself: {what}"),
        }
    }
}

/// Ends the execution. The driver, which hears of the panic before it unwinds, is told why; everybody else reads it.
#[cold]
#[track_caller]
pub(crate) fn stop(why: Stop) -> ! {
    let words = why.to_string();
    RUN.with(|run| run.stop.replace(Some(why)));
    if somebody() {
        // The driver hears of it all the same.
        let _ = catch_unwind(|| panic!("{words}"));
        stay();
    }
    panic!("{words}")
}

/// Why the facade has raised the panic that is under way, if it has.
pub(crate) fn take_stop() -> Option<Stop> {
    RUN.with(|run| run.stop.take())
}

/// The token of a thread. loom's own `park` shares its token with condition variables and locks, and
/// its `unpark` is no point where threads change places; its `Notify` is right in both.
pub(super) fn token(thread: ThreadId) -> Rc<loom::sync::Notify> {
    RUN.with(|run| {
        run.freshen();
        let mut tokens = run.tokens.borrow_mut();
        if tokens.len() <= thread.index() {
            tokens.resize(thread.index() + 1, None);
        }
        Rc::clone(tokens[thread.index()].get_or_insert_with(|| Rc::new(loom::sync::Notify::new())))
    })
}

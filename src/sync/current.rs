//! Which engine is current, and what it offers to the facade.
//!
//! One thread-local answers for every thread of a model: loom, shuttle and the exact explorer run all
//! threads of an execution on the OS thread that started it. Where no engine is current, the facade
//! is native: std itself.

use crate::event::causality::{Causality, Moment};
use crate::event::op::{Class, ObjectId, Op, Site, ThreadId};
use crate::event::trace::Trace;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// An engine that decides when each operation takes place.
///
/// The facade announces every operation with [`announce`](Self::announce), which returns when the
/// engine has let it take place; no other thread of the execution runs until the calling thread
/// announces its next one. The engine keeps the state of locks, condition variables, tokens and
/// reference counts, and the values of atomics: it says which one an operation finds, and is told which one it left.
pub(crate) trait Controller {
    /// A new object of the current thread. `value` is the initial value of an atomic, or the initial
    /// number of owners of an `Arc`, else 0.
    fn create(&self, class: Class, value: u64, site: Site) -> ObjectId;

    /// The current thread uses an object that nobody made: it is zeroed memory.
    fn find(&self, class: Class, site: Site) -> ObjectId;

    /// The current thread performs an operation: waits until it may take place.
    ///
    /// `seen` is what std's atomic holds when the operation is announced, else 0: a value that no operation left there
    /// was written through `get_mut`.
    ///
    /// The answer is the value that a `Load`, an `Rmw` or a `CompareExchange` finds, which need not be the newest one.
    /// It is 1 or 0 for a `try_` operation or an upgrade that succeeded or failed, for a `WaitIf` that joined the
    /// waiters or found another value, for a `Wake` or a `Park` that returned without a permit or token or with one,
    /// and for a `Spurious` where something happens for no reason or not. It is 1 for an `ArcDrop` of the last owner,
    /// and the number of owners for an `ArcCount`. Once the execution [is over](Self::tearing_down) it is nothing.
    fn announce(&self, op: Op, seen: u64, site: Site) -> u64;

    /// The current thread ends where it is: nothing of it runs any more, and what is on its stack is leaked.
    #[cfg(all(feature = "processes", feature = "instrumented"))]
    fn vanish(&self, _site: Site) -> ! {
        super::hook::unsupported("a process that ends before its threads")
    }

    /// Whether the current thread was killed where it waited.
    #[cfg(all(feature = "processes", feature = "instrumented"))]
    fn is_over(&self) -> bool {
        false
    }

    /// The current thread destroys an object. Where others could see when, that is an operation of its own.
    fn destroy(&self, object: ObjectId);

    /// The atomic operation that was just performed left this value; one that wrote nothing, the value that it found.
    fn commit(&self, object: ObjectId, left: u64);

    /// The clock of the execution, an atomic. `reads` says that the program reads the time: where it never does there is
    /// none, and waits that run out need not move it.
    fn clock(&self, reads: bool) -> Option<ObjectId>;

    /// The current thread begins a loop that waits: what it has read so far is not what it waits for.
    fn clear_read_set(&self);

    /// Adds a thread that will run `body`, on a stack of so many bytes if it asks for that; the caller then performs `Op::Spawn`, and the body's
    /// last operation is `Op::Exit`.
    fn spawn(&self, name: Option<&str>, stack: Option<usize>, body: Box<dyn FnOnce()>) -> ThreadId;

    /// The thread, which was added after the leader and is like it, need not come before it.
    fn follow(&self, _thread: ThreadId, _leader: ThreadId) {}

    /// The running thread learns who it is.
    fn tells_apart(&self) {}

    /// Nobody will join the thread: its handle was dropped.
    fn detach(&self, _thread: ThreadId) {}

    /// The running thread.
    fn thread(&self) -> ThreadId;

    /// The running thread, to a panic hook: nobody where the engine itself has panicked.
    fn who_panics(&self) -> Option<ThreadId> {
        Some(self.thread())
    }

    /// How many choices of the running thread have taken place.
    fn moment(&self) -> Moment;

    /// The order of all choices that have taken place.
    fn causality(&self) -> Causality;

    /// Whether this execution is recorded.
    fn recording(&self) -> bool;

    /// Adds to the trace of an execution that is recorded, for the running thread, what is no operation.
    fn record(&self, add: &mut dyn FnMut(&mut Trace, ThreadId));

    /// Whether the execution is over and its threads are being unwound. `announce` then returns at
    /// once; where going on would mean to wait, and where an unwinding has been caught, the facade
    /// goes on unwinding.
    fn tearing_down(&self) -> bool {
        false
    }
}

impl dyn Controller + '_ {
    /// [Announces](Controller::announce) an operation of the program. Where the thread is one of a process, that may die before it.
    pub(crate) fn perform(&self, op: Op, site: Site) -> u64 {
        self.perform_on(op, || 0, site)
    }

    /// The same with an atomic, of which std's holds what `seen` says: when the operation is announced, and not before.
    pub(crate) fn perform_on(&self, op: Op, seen: impl FnOnce() -> u64, site: Site) -> u64 {
        #[cfg(all(feature = "processes", feature = "instrumented"))]
        super::process::modelled::may_die(self, op, site);
        let answer = self.announce(op, seen(), site);
        #[cfg(all(feature = "processes", feature = "instrumented"))]
        super::process::modelled::end_if_killed(self, site);
        answer
    }
}

/// The engine that drives this OS thread.
#[derive(Clone, Copy, Default)]
pub(crate) enum Current {
    /// std itself.
    #[default]
    Native,
    /// loom's runtime.
    #[cfg(feature = "loom")]
    Loom,
    /// An engine of this crate.
    Controlled(&'static dyn Controller),
}

impl Current {
    /// The engine's name, for messages.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            #[cfg(feature = "loom")]
            Self::Loom => "loom",
            Self::Controlled(_) => "a model-checking engine",
        }
    }
}

impl fmt::Debug for Current {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

thread_local! {
    static CURRENT: Cell<Current> = const { Cell::new(Current::Native) };
    static EPOCH: Cell<u32> = const { Cell::new(0) };
    static ESCAPED: RefCell<Vec<Escaped>> = const { RefCell::new(Vec::new()) };
    static THREADS: Cell<u32> = const { Cell::new(1) };
    static RUN: Cell<u64> = const { Cell::new(0) };
}

/// The engine that is current on this OS thread.
#[inline]
pub(crate) fn current() -> Current {
    CURRENT.get()
}

/// The number of the running execution. An object that was made in an earlier one is over.
#[inline]
pub(crate) fn epoch() -> u32 {
    EPOCH.get()
}

/// Starts the next execution: objects, threads and panics of earlier ones are over.
pub(crate) fn next_epoch() {
    EPOCH.set(EPOCH.get().wrapping_add(1));
    ESCAPED.with_borrow_mut(Vec::clear);
    THREADS.set(1);
    #[cfg(feature = "instrumented")]
    super::unwinding::forget();
}

/// Native threads that this execution has started so far on this OS thread, and main.
pub(crate) fn threads() -> u32 {
    THREADS.get()
}

/// This OS thread is about to start another native one, which is to take over the run that is given.
pub(crate) fn hire() -> u64 {
    THREADS.set(THREADS.get() + 1);
    RUN.get()
}

/// This OS thread works for a run of an engine from now on, or for none (0): its panics belong to it.
pub(crate) fn work_for(run: u64) {
    RUN.set(run);
}

/// The run that this OS thread works for, 0 for none.
pub(crate) fn run() -> u64 {
    RUN.get()
}

/// The runs in progress that were given up, with the reason: whoever notices may be any OS thread.
static GIVEN_UP: Mutex<BTreeMap<u64, Option<String>>> = Mutex::new(BTreeMap::new());

fn runs() -> MutexGuard<'static, BTreeMap<u64, Option<String>>> {
    GIVEN_UP.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A run of an engine begins.
pub(crate) fn begin_run(run: u64) {
    runs().insert(run, None);
}

/// It is over: whoever gives it up now says nothing to anybody.
pub(crate) fn end_run(run: u64) {
    runs().remove(&run);
}

/// A run cannot come to a verdict; the first reason stays.
pub(crate) fn give_up(run: u64, why: String) {
    if let Some(reason) = runs().get_mut(&run) {
        reason.get_or_insert(why);
    }
}

/// Why the run that this OS thread works for was given up, if it was.
pub(crate) fn given_up() -> Option<String> {
    runs().get(&run()).cloned().flatten()
}

/// Makes an engine current on this OS thread until the guard is dropped.
pub(crate) fn enter(engine: Current) -> Entered {
    Entered { previous: CURRENT.replace(engine) }
}

/// Restores the engine that was current before.
#[must_use]
#[derive(Debug)]
pub(crate) struct Entered {
    previous: Current,
}

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.set(self.previous);
    }
}

/// A panic that ended a spawned thread and that no `join` has taken.
#[derive(Clone, Debug)]
pub(crate) struct Escaped {
    pub(crate) thread: ThreadId,
    pub(crate) message: String,
}

/// The body of `thread` panicked.
pub(crate) fn panic_escaped(thread: ThreadId, message: String) {
    ESCAPED.with_borrow_mut(|list| list.push(Escaped { thread, message }));
}

/// A `join` handed the panic of `thread` to the program.
pub(crate) fn panic_taken(thread: ThreadId) {
    ESCAPED.with_borrow_mut(|list| list.retain(|escaped| escaped.thread != thread));
}

/// The first panic of this execution that nobody took.
pub(crate) fn first_escaped() -> Option<Escaped> {
    ESCAPED.with_borrow(|list| list.first().cloned())
}

//! Processes under an engine: threads of the model that share nothing but what their arguments hold, and that may die.
//!
//! A process may die before each operation that others can see: of which it is asked just before ([`Op::Die`]). "Not now" is seen by
//! nobody; "now" is one of so many deaths. That leaves nothing out: between two such operations nothing of it can be seen, and
//! a death later on is one now of which the first step that others can see is scheduled later. What that step is, is the
//! kernel's: the thread waits nowhere any more, and each word that it owns is marked as that of a dead owner
//! ([`Robust`](super::super::region::robust::Robust)). Its own memory, stack included, is gone: none of its destructors runs.
//!
//! What it does not do: die with more than one thread. A process that starts a thread is not decided.

use super::super::atomic::Ordering::SeqCst;
use super::super::current::{Controller, Current, current, epoch};
use super::super::hook::unsupported;
use super::super::region::Futex;
use super::super::region::robust::{OWNER, OWNER_DIED, WAITERS};
use super::super::thread::{Builder, JoinHandle};
use super::Exit;
use crate::event::op::{Op, Site, ThreadId};
use std::cell::RefCell;
use std::ptr::NonNull;

/// `SIGKILL`.
const KILLED: Exit = Exit::Killed(9);

/// The processes of an execution, and what the kernel knows of each.
struct Processes {
    epoch: u32,
    kernel: Vec<Kernel>,
}

struct Kernel {
    process: ThreadId,
    stage: Stage,
    /// The words that it owns.
    words: Vec<NonNull<Futex>>,
    /// The word that it is about to own, or to give away.
    announced: Option<NonNull<Futex>>,
}

/// How far a process has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// It may die.
    Running,
    /// It has come to its end, and the kernel does the rest.
    Ended,
    Killed,
}

thread_local! {
    static PROCESSES: RefCell<Processes> = const { RefCell::new(Processes { epoch: 0, kernel: Vec::new() }) };
}

/// What the kernel knows of a process of this execution, if the thread is one.
fn of<R>(thread: ThreadId, look: impl FnOnce(&mut Kernel) -> R) -> Option<R> {
    PROCESSES.with_borrow_mut(|processes| {
        let is_it = |kernel: &&mut Kernel| kernel.process == thread;
        let now = processes.epoch == epoch();
        processes.kernel.iter_mut().filter(|_| now).find(is_it).map(look)
    })
}

/// The running thread is a process from now on.
fn begin(process: ThreadId) {
    PROCESSES.with_borrow_mut(|processes| {
        if processes.epoch != epoch() {
            processes.epoch = epoch();
            processes.kernel.clear();
        }
        processes.kernel.push(Kernel { process, stage: Stage::Running, words: Vec::new(), announced: None });
    });
}

/// Whether this execution has processes.
fn are_there() -> bool {
    PROCESSES.with_borrow(|processes| processes.epoch == epoch())
}

/// Whether the running thread is a process.
pub(in crate::sync) fn is_one() -> bool {
    matches!(current(), Current::Controlled(controller) if of(controller.thread(), |_| ()).is_some())
}

/// Before an operation of the running thread: its process may die instead.
pub(in crate::sync) fn may_die(controller: &dyn Controller, op: Op, site: Site) {
    // Every operation of every model comes here.
    if !op.shows() || !are_there() {
        return;
    }
    let process = controller.thread();
    if of(process, |kernel| kernel.stage) != Some(Stage::Running) {
        return;
    }
    if controller.announce(Op::Die, 0, site) == 1 {
        of(process, |kernel| kernel.stage = Stage::Killed);
        if let Op::Wake { object, .. } = op {
            controller.announce(Op::Leave(object), 0, site);
        }
        mark_all(process);
        controller.vanish(site);
    }
    if op == Op::Exit {
        of(process, |kernel| kernel.stage = Stage::Ended);
        mark_all(process);
    }
}

/// What the kernel does with the words that a process leaves: they are marked as those of a dead owner, however it has ended.
fn mark_all(process: ThreadId) {
    let left = of(process, |kernel| {
        let announced = kernel.announced.take();
        let owned = std::mem::take(&mut kernel.words).into_iter().filter(|word| Some(*word) != announced);
        owned.map(|word| (word, false)).chain(announced.map(|word| (word, true))).collect::<Vec<_>>()
    });
    for (word, is_announced) in left.into_iter().flatten() {
        // SAFETY: it lies in a region, and whoever owns a word keeps a handle of that: in the memory of the dead, which nobody
        // frees any more, or as its caller has promised.
        mark(unsafe { word.as_ref() }, number(process), is_announced);
    }
}

/// The same with one word, which it may own (`handle_futex_death`).
fn mark(word: &Futex, process: u32, is_announced: bool) {
    loop {
        let found = word.load(SeqCst);
        match found & OWNER {
            // It was given back, or its owner died, and who was woken then may be the one who is dead now.
            0 if is_announced => return word.wake_one(),
            owner if owner != process => return,
            _ => {}
        }
        if word.compare_exchange(found, found & WAITERS | OWNER_DIED, SeqCst, SeqCst).is_ok() {
            if found & WAITERS != 0 {
                word.wake_one();
            }
            return;
        }
    }
}

/// A thread's number, as words have it; 0 is nobody.
pub(in crate::sync) fn number(thread: ThreadId) -> u32 {
    thread.0 + 1
}

/// What the running process tells the kernel of its words.
#[derive(Clone, Copy)]
pub(in crate::sync) enum Told<'a> {
    /// It is about to own this one, or to give it away.
    Announced(&'a Futex),
    /// It has done so.
    Done,
    /// It owns this one from now on.
    Linked(&'a Futex),
    /// It no longer does.
    Unlinked(&'a Futex),
}

/// The running process tells the kernel.
pub(in crate::sync) fn tell(told: Told<'_>) {
    let Current::Controlled(controller) = current() else { return };
    of(controller.thread(), |kernel| match told {
        Told::Announced(word) => kernel.announced = Some(NonNull::from(word)),
        Told::Done => kernel.announced = None,
        Told::Linked(word) => kernel.words.push(NonNull::from(word)),
        Told::Unlinked(word) => kernel.words.retain(|owned| *owned != NonNull::from(word)),
    });
}

/// A process of the model.
#[derive(Debug)]
pub(super) struct Modelled {
    thread: Option<JoinHandle<()>>,
    process: ThreadId,
}

/// Starts one, under the engine that is current.
#[track_caller]
pub(super) fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Modelled {
    #[cfg(feature = "loom")]
    if matches!(current(), Current::Loom) {
        super::super::loom_record::leave_out_death();
    }
    let name = name.split('<').next().and_then(|path| path.rsplit("::").next());
    let name = name.filter(|name| !name.contains('{')).unwrap_or("process").to_owned();
    let thread = Builder::new().name(name).spawn(move || {
        if let Current::Controlled(controller) = current() {
            begin(controller.thread());
        }
        body();
    });
    let thread = thread.expect("a model has room for it");
    Modelled { process: thread.number(), thread: Some(thread) }
}

impl Modelled {
    pub(super) fn id(&self) -> u32 {
        self.process.0
    }

    #[track_caller]
    pub(super) fn wait(mut self) -> Exit {
        let thread = self.thread.take().expect("it is waited for once");
        match thread.outlived() {
            Some(result) if of(self.process, |kernel| kernel.stage) != Some(Stage::Killed) => {
                Exit::Code(if result.is_ok() { 0 } else { super::PANICKED })
            }
            _ => KILLED,
        }
    }
}

impl Drop for Modelled {
    fn drop(&mut self) {
        if self.thread.is_some() && !std::thread::panicking() {
            unsupported("a process that is dropped before it was waited for");
        }
    }
}

//! Processes under an engine: threads of the model that share nothing but what their arguments hold, and that may die.
//!
//! A process may die before each operation that others can see: of which it is asked just before ([`Op::Die`]). "Not now" is seen by
//! nobody; "now" is one of so many deaths. That leaves nothing out: between two such operations nothing of it can be seen, and
//! a death later on is one now of which the first step that others can see is scheduled later. What that step is, is the
//! kernel's: the thread waits nowhere any more, each word that it owns is marked as that of a dead owner
//! ([`Robust`](super::super::region::robust::Robust)), and what it has open is closed ([`Open`]). Its own memory,
//! stack included, is gone: none of its destructors runs.
//!
//! A process dies, or ends, with its first thread. That one then kills the others ([`Op::Kill`]), each of which comes no further than to
//! its next operation that other processes can see ([`Op::Live`]), or to where it waits. As the first one may have been
//! about to do anything just then, that is every state in which they may be stopped all at once; and it is what a kernel
//! does, which stops each thread where it finds it.
//!
//! What it does not do: start threads from other threads than the first; that is not decided. Nor is it, on an engine that cannot
//! end a thread where it is, when a process ends before its threads.

use super::super::atomic::Ordering::SeqCst;
use super::super::current::{Controller, Current, current, epoch};
use super::super::hook::unsupported;
use super::super::orphan;
use super::super::region::Futex;
use super::super::region::robust::{OWNER, OWNER_DIED, WAITERS};
use super::super::thread::{Body, Builder, JoinHandle, running};
use super::Exit;
use crate::event::op::{Op, Site, ThreadId};
use std::cell::RefCell;
use std::fmt;
use std::io;
use std::panic::Location;
use std::ptr::NonNull;
use std::sync::{Arc, Weak};

/// `SIGKILL`.
const KILLED: Exit = Exit::Killed(9);

/// The processes of an execution, and what the kernel knows of each.
struct Processes {
    epoch: u32,
    kernel: Vec<Kernel>,
}

/// Of a thread of a process.
struct Kernel {
    thread: ThreadId,
    stage: Stage,
    /// The threads that it has started and not joined.
    others: Vec<ThreadId>,
    /// The words that it owns.
    words: Vec<NonNull<Futex>>,
    /// The word that it is about to own, or to give away.
    announced: Option<NonNull<Futex>>,
    /// What its process has opened, and may have closed; with the first thread.
    open: Vec<Weak<dyn Open>>,
}

/// What the kernel closes where its process has ended.
pub(in crate::sync) trait Open: fmt::Debug {
    /// Closes it, if it is open.
    fn close(&self);
}

/// How far a thread has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// It is the first of its process, and may die.
    First,
    /// It is another one, and goes as far as the first one lets it.
    Other,
    /// It has come to its end, and the kernel does the rest.
    Ended,
    Killed,
}

thread_local! {
    /// The threads that are in the middle of a call of the kernel, with the epoch.
    static CALLS: RefCell<Vec<(u32, ThreadId)>> = const { RefCell::new(Vec::new()) };
    static PROCESSES: RefCell<Processes> = const { RefCell::new(Processes { epoch: 0, kernel: Vec::new() }) };
}

/// What the kernel knows of a thread of this execution, if that is one of a process.
fn of<R>(thread: ThreadId, look: impl FnOnce(&mut Kernel) -> R) -> Option<R> {
    PROCESSES.with_borrow_mut(|processes| {
        let is_it = |kernel: &&mut Kernel| kernel.thread == thread;
        let now = processes.epoch == epoch();
        processes.kernel.iter_mut().filter(|_| now).find(is_it).map(look)
    })
}

/// The thread is one of a process from now on.
fn begin(thread: ThreadId, stage: Stage) {
    PROCESSES.with_borrow_mut(|processes| {
        if processes.epoch != epoch() {
            processes.epoch = epoch();
            processes.kernel.clear();
        }
        let (others, words, open) = (Vec::new(), Vec::new(), Vec::new());
        processes.kernel.push(Kernel { thread, stage, others, words, announced: None, open });
    });
}

/// The running thread is in the middle of a call of the kernel until this is dropped. Its process does not die there, and nothing
/// happens there for no reason. Of a call of which others see one instant at most that leaves nothing out: to die in it is to die
/// before it, or after it.
#[must_use]
pub(in crate::sync) struct Call(Option<(u32, ThreadId)>);

impl Call {
    pub(in crate::sync) fn begin() -> Self {
        let Current::Controlled(controller) = current() else { return Self(None) };
        let call = (epoch(), controller.thread());
        CALLS.with_borrow_mut(|calls| {
            calls.retain(|(epoch, _)| *epoch == call.0);
            calls.push(call);
        });
        Self(Some(call))
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        CALLS.with_borrow_mut(|calls| {
            let mine = calls.iter().rposition(|call| Some(*call) == self.0);
            mine.map(|mine| calls.swap_remove(mine));
        });
    }
}

/// Whether the thread is in the middle of a call of the kernel.
pub(in crate::sync) fn is_in_call(thread: ThreadId) -> bool {
    CALLS.with_borrow(|calls| calls.contains(&(epoch(), thread)))
}

/// Whether this execution has processes.
fn are_there() -> bool {
    PROCESSES.with_borrow(|processes| processes.epoch == epoch())
}

/// What a thread runs that the running one is about to start: if that is of a process, so is the new one.
pub(in crate::sync) fn inherited(body: Body) -> Body {
    match of(running(), |kernel| kernel.stage) {
        None => body,
        Some(Stage::First) => Box::new(move || {
            begin(running(), Stage::Other);
            if let Current::Controlled(controller) = current() {
                controller.announce(Op::Live, 0, Location::caller());
                end_if_killed(controller, Location::caller());
            }
            body()
        }),
        Some(_) => unsupported("a thread that another one than the first of its process has started"),
    }
}

/// The running thread has started this one.
pub(in crate::sync) fn started(thread: ThreadId) {
    of(running(), |kernel| kernel.others.push(thread));
}

/// The running thread has waited for the end of this one.
pub(in crate::sync) fn joined(thread: ThreadId) {
    of(running(), |kernel| kernel.others.retain(|other| *other != thread));
}

/// Before an operation of the running thread: its process may die instead.
pub(in crate::sync) fn may_die(controller: &dyn Controller, op: Op, site: Site) {
    // Every operation of every model comes here.
    if !(op.shows() || op.waits()) || !are_there() {
        return;
    }
    let thread = controller.thread();
    if is_in_call(thread) {
        return;
    }
    // Where it only waits its death is one before, unless others see it that do not wait.
    let stage = of(thread, |kernel| (op.shows() || !kernel.others.is_empty()).then_some(kernel.stage));
    match stage.flatten() {
        Some(Stage::First) if controller.announce(Op::Die, 0, site) == 1 => {
            if let Op::Wake { object, .. } = op {
                controller.announce(Op::Leave(object), 0, site);
            }
            end(controller, thread, Stage::Killed, site);
            controller.vanish(site);
        }
        Some(Stage::First) if op == Op::Exit => end(controller, thread, Stage::Ended, site),
        Some(Stage::Other) if op == Op::Exit => end(controller, thread, Stage::Ended, site),
        // Where it waits it finds out there.
        Some(Stage::Other) if !op.waits() => {
            controller.announce(Op::Live, 0, site);
            end_if_killed(controller, site);
        }
        _ => {}
    }
}

/// After an operation of the running thread: it did not take place where the thread was killed.
pub(in crate::sync) fn end_if_killed(controller: &dyn Controller, site: Site) {
    let goes_on = || of(controller.thread(), |kernel| kernel.stage) == Some(Stage::Other);
    if are_there() && controller.is_over() && goes_on() {
        end(controller, controller.thread(), Stage::Killed, site);
        controller.vanish(site);
    }
}

/// What the kernel does where a thread of a process ends; with the first one the others do.
fn end(controller: &dyn Controller, thread: ThreadId, how: Stage, site: Site) {
    of(thread, |kernel| kernel.stage = how);
    if how == Stage::Killed {
        orphan::orphan_all();
    }
    mark_all(thread);
    let others = of(thread, |kernel| kernel.others.clone());
    for other in others.into_iter().flatten() {
        controller.announce(Op::Kill(other), 0, site);
    }
    let open = of(thread, |kernel| std::mem::take(&mut kernel.open)).unwrap_or_default();
    open.iter().filter_map(Weak::upgrade).for_each(|it| it.close());
}

/// The process of the running thread has opened this.
pub(in crate::sync) fn opened(it: &Arc<impl Open + 'static>) {
    let it: Weak<dyn Open> = Arc::downgrade(it) as Weak<dyn Open>;
    of(first(running()), |kernel| {
        kernel.open.retain(|it| it.strong_count() > 0);
        kernel.open.push(it);
    });
}

/// The first thread of the process that this one is of.
fn first(thread: ThreadId) -> ThreadId {
    PROCESSES.with_borrow(|processes| {
        let mut kernel = processes.kernel.iter().filter(|_| processes.epoch == epoch());
        kernel.find(|kernel| kernel.others.contains(&thread)).map_or(thread, |kernel| kernel.thread)
    })
}

/// What the kernel does with the words that a thread leaves: they are marked as those of a dead owner, however it has ended.
fn mark_all(thread: ThreadId) {
    let left = of(thread, |kernel| {
        let announced = kernel.announced.take();
        let owned = std::mem::take(&mut kernel.words).into_iter().filter(|word| Some(*word) != announced);
        owned.map(|word| (word, false)).chain(announced.map(|word| (word, true))).collect::<Vec<_>>()
    });
    for (word, is_announced) in left.into_iter().flatten() {
        // SAFETY: it lies in a region, and whoever owns a word keeps a handle of that: in the memory of the dead, which nobody
        // frees any more, or as its caller has promised.
        mark(unsafe { word.as_ref() }, number(thread), is_announced);
    }
}

/// The same with one word, which it may own (`handle_futex_death`).
fn mark(word: &Futex, thread: u32, is_announced: bool) {
    loop {
        let found = word.load(SeqCst);
        match found & OWNER {
            // It was given back, or its owner died, and who was woken then may be the one who is dead now.
            0 if is_announced => return word.wake_one(),
            owner if owner != thread => return,
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

/// What the running thread tells the kernel of its words.
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

/// The running thread tells the kernel.
pub(in crate::sync) fn tell(told: Told<'_>) {
    of(running(), |kernel| match told {
        Told::Announced(word) => kernel.announced = Some(NonNull::from(word)),
        Told::Done => kernel.announced = None,
        Told::Linked(word) => kernel.words.push(NonNull::from(word)),
        Told::Unlinked(word) => kernel.words.retain(|owned| *owned != NonNull::from(word)),
    });
}

/// A process of the model.
#[derive(Debug)]
pub(super) struct Modelled {
    /// It gives the reason why it did not begin.
    thread: Option<JoinHandle<io::Result<()>>>,
    process: ThreadId,
}

/// Starts one, under the engine that is current.
#[track_caller]
pub(super) fn spawn(name: &str, body: impl FnOnce() -> io::Result<()> + Send + 'static) -> Modelled {
    #[cfg(feature = "loom")]
    if matches!(current(), Current::Loom) {
        super::super::loom_record::leave_out_death();
    }
    let name = name.split('<').next().and_then(|path| path.rsplit("::").next());
    let name = name.filter(|name| !name.contains('{')).unwrap_or("process").to_owned();
    let thread = Builder::new().name(name).spawn(move || {
        begin(running(), Stage::First);
        let began = body();
        #[cfg(feature = "loom")]
        if matches!(current(), Current::Loom) && of(running(), |kernel| kernel.others.len()) != Some(0) {
            unsupported("a process that ends before its threads");
        }
        began
    });
    let thread = thread.expect("a model has room for it");
    Modelled { process: thread.number(), thread: Some(thread) }
}

impl Modelled {
    pub(super) fn id(&self) -> u32 {
        self.process.0
    }

    #[track_caller]
    pub(super) fn wait(mut self) -> io::Result<Exit> {
        let thread = self.thread.take().expect("it is waited for once");
        let result = thread.outlived();
        if let Current::Controlled(controller) = current() {
            let others = of(self.process, |kernel| kernel.others.clone());
            for other in others.into_iter().flatten() {
                controller.perform(Op::Join(other), Location::caller());
            }
        }
        match result {
            Some(result) if of(self.process, |kernel| kernel.stage) != Some(Stage::Killed) => {
                let exit = Exit::Code(if result.is_ok() { 0 } else { super::PANICKED });
                result.unwrap_or(Ok(())).map(|()| exit)
            }
            _ => Ok(KILLED),
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

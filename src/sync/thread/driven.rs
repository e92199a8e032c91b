//! Threads of a model.
//!
//! The result of a thread goes through a plain slot, which only the join that the engine has let
//! take place reads. A body that panics is caught here, so that a join can hand the panic on; but
//! an unwinding that the engine has begun goes on.

use super::super::current::{Controller, Current, current as engine, epoch, panic_escaped, panic_taken};
use super::super::hook::{Born, TornDown, is_spurious, stopping, torn_down};
#[cfg(feature = "loom")]
use super::super::loom_record::{self as looming, Told};
#[cfg(feature = "processes")]
use super::super::process::modelled as processes;
use super::super::time::TimedWait;
use super::super::unwinding;
use super::local::locals;
use super::{Body, Given};
use crate::event::op::{Op, Site, Spurious, ThreadId};
use std::any::Any;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Where a thread leaves its result.
type Slot = Arc<Mutex<Option<std::thread::Result<Given>>>>;

/// A thread of the execution in which the handle was made.
#[derive(Clone)]
pub(super) struct Thread {
    id: ThreadId,
    name: Option<Arc<str>>,
    born: Born,
}

/// A thread's identity: no two executions have one in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Identity {
    epoch: u32,
    id: ThreadId,
}

/// A thread that can be waited for.
pub(super) struct JoinHandle {
    thread: Thread,
    slot: Slot,
    attached: Attached,
    /// loom's handle: its result is in the slot.
    #[cfg(feature = "loom")]
    loom: Option<loom::thread::JoinHandle<()>>,
}

/// Tells the engine when the handle is dropped without a join.
struct Attached {
    thread: Option<Identity>,
}

impl Drop for Attached {
    fn drop(&mut self) {
        if let (Some(thread), Current::Controlled(controller)) = (self.thread.take(), engine())
            && thread.epoch == epoch()
        {
            controller.detach(thread.id);
        }
    }
}

/// Whom a step of the calling thread is for.
enum Asked {
    /// No engine, or one that stops.
    Nobody,
    #[cfg(feature = "loom")]
    Loom,
    Controller(&'static dyn Controller),
}

fn asked() -> Asked {
    match engine() {
        Current::Native => Asked::Nobody,
        #[cfg(feature = "loom")]
        Current::Loom if looming::alive() => Asked::Loom,
        #[cfg(feature = "loom")]
        Current::Loom => Asked::Nobody,
        Current::Controlled(controller) => Asked::Controller(controller),
    }
}

/// A native thread cannot be waited for in a model: the model would stand still.
#[track_caller]
pub(super) fn refuse_native(what: &str) {
    let engine = engine();
    assert!(
        matches!(engine, Current::Native),
        "a thread that belongs to native is {what}, and {} drives this code",
        engine.name()
    );
}

/// Starts a thread of the model.
#[track_caller]
pub(super) fn spawn(name: Option<String>, stack: Option<usize>, body: Body) -> JoinHandle {
    let site = Location::caller();
    let slot = Slot::default();
    let born = Born::here("a thread");
    #[cfg(feature = "processes")]
    let body = processes::inherited(body);
    let handle = match asked() {
        Asked::Nobody => torn_down(),
        #[cfg(feature = "loom")]
        Asked::Loom => {
            let id = looming::add_thread(name.as_deref());
            let thread = Thread { id, name: names::set(id, name), born };
            let run = in_loom(id, body, Arc::clone(&slot), site);
            let handle =
                looming::operation(Op::Spawn(id), site, || loom::thread::spawn(run), |_| Told::NOTHING);
            JoinHandle { thread, slot, attached: Attached { thread: None }, loom: Some(handle) }
        }
        Asked::Controller(controller) => {
            let run = controlled(controller, body, Arc::clone(&slot), site);
            let id = controller.spawn(name.as_deref(), stack, Box::new(run));
            let thread = Thread { id, name: names::set(id, name), born };
            controller.perform(Op::Spawn(id), site);
            let attached = Attached { thread: Some(thread.id()) };
            JoinHandle {
                thread,
                slot,
                attached,
                #[cfg(feature = "loom")]
                loom: None,
            }
        }
    };
    #[cfg(feature = "processes")]
    processes::started(handle.thread.id);
    handle
}

/// The body of a thread that loom runs.
#[cfg(feature = "loom")]
fn in_loom(id: ThreadId, body: Body, slot: Slot, site: Site) -> impl FnOnce() {
    move || {
        looming::begin_thread(id);
        run(id, body, slot, looming::gave_up);
        looming::note(Op::Exit, site);
        looming::end_thread();
    }
}

/// The body of a thread that an engine of this crate runs.
fn controlled(controller: &'static dyn Controller, body: Body, slot: Slot, site: Site) -> impl FnOnce() {
    move || {
        run(controller.thread(), body, slot, || controller.tearing_down());
        controller.perform(Op::Exit, site);
    }
}

/// Runs the body, and leaves what it gives or panics with. Nothing of it is left when this returns.
fn run(id: ThreadId, body: Body, slot: Slot, engine_stops: impl FnOnce() -> bool) {
    let result = catch_unwind(AssertUnwindSafe(body)).map_err(|payload| {
        if payload.is::<TornDown>() || engine_stops() {
            resume_unwind(payload);
        }
        panic_escaped(id, message(&*payload));
        payload
    });
    unwinding::end(id);
    locals::end(id);
    *slot.lock().expect("nothing panics with the slot locked") = Some(result);
}

/// What a panic says.
fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without words".to_owned())
}

impl JoinHandle {
    /// The thread is like the other one, which was started before, and nothing came in between.
    pub(super) fn follows(&self, leader: &Self) {
        if let Current::Controlled(controller) = engine() {
            controller.follow(self.thread.id, leader.thread.id);
        }
    }

    pub(super) fn thread(&self) -> &Thread {
        &self.thread
    }

    #[track_caller]
    pub(super) fn join(self) -> std::thread::Result<Given> {
        self.outlived().unwrap_or_else(|| torn_down())
    }

    /// What the thread has given, or panicked with, if it came so far.
    #[track_caller]
    pub(super) fn outlived(mut self) -> Option<std::thread::Result<Given>> {
        let id = self.thread.id;
        let site = Location::caller();
        self.attached.thread = None;
        match self.thread.asked() {
            Asked::Nobody => torn_down(),
            #[cfg(feature = "loom")]
            Asked::Loom => {
                let handle = self.loom.expect("loom's thread has loom's handle");
                let joined = looming::operation(Op::Join(id), site, || handle.join(), |_| Told::NOTHING);
                joined.expect("the body caught its panic");
            }
            Asked::Controller(controller) => {
                controller.perform(Op::Join(id), site);
            }
        }
        #[cfg(feature = "processes")]
        processes::joined(id);
        let result = self.slot.lock().expect("nothing panics with the slot locked").take();
        if matches!(result, Some(Err(_))) {
            panic_taken(id);
        }
        result
    }
}

impl Thread {
    #[cfg(feature = "processes")]
    pub(super) fn number(&self) -> ThreadId {
        self.id
    }

    pub(super) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    pub(super) fn id(&self) -> Identity {
        Identity { epoch: self.born.epoch, id: self.id }
    }

    #[track_caller]
    pub(super) fn unpark(&self) {
        let site = Location::caller();
        match self.asked() {
            Asked::Nobody => {}
            #[cfg(feature = "loom")]
            Asked::Loom => {
                let token = looming::token(self.id);
                looming::operation(Op::Unpark(self.id), site, || token.notify(), |()| Told::NOTHING);
            }
            Asked::Controller(controller) => {
                controller.perform(Op::Unpark(self.id), site);
            }
        }
    }

    /// Whom an operation on this thread is for.
    #[track_caller]
    fn asked(&self) -> Asked {
        let asked = asked();
        let foreign = matches!(engine(), Current::Native) || !self.born.in_this_execution();
        match asked {
            _ if foreign && stopping() => Asked::Nobody,
            _ if foreign => self.born.foreign(engine()),
            asked => asked,
        }
    }
}

/// The number of the thread that runs.
pub(super) fn place() -> usize {
    tells_apart();
    id().index()
}

/// The thread of the model that runs learns who it is.
fn tells_apart() {
    if let Current::Controlled(controller) = engine() {
        controller.tells_apart();
    }
}

/// The same, as engines have it.
pub(super) fn id() -> ThreadId {
    match engine() {
        Current::Native => ThreadId::MAIN,
        #[cfg(feature = "loom")]
        Current::Loom => looming::thread(),
        Current::Controlled(controller) => controller.thread(),
    }
}

/// The thread of the model that runs.
pub(super) fn current() -> Thread {
    tells_apart();
    let id = id();
    Thread { id, name: names::get(id), born: Born::here("a thread") }
}

/// Waits for the token.
#[track_caller]
pub(super) fn park(time: Option<Duration>) {
    let (timed, site) = (time.is_some(), Location::caller());
    let op = Op::Park { timed };
    match asked() {
        Asked::Nobody => torn_down(),
        #[cfg(feature = "loom")]
        Asked::Loom if timed => {
            super::super::hook::unsupported("`park_timeout`, which never times out under loom")
        }
        #[cfg(feature = "loom")]
        Asked::Loom => {
            let token = looming::token(looming::thread());
            looming::operation(op, site, || token.wait(), |()| Told::NOTHING);
        }
        Asked::Controller(controller) => {
            let wait = time.map(|time| TimedWait::begin(time, site));
            let timed_out =
                !is_spurious(controller, Spurious::Park, site) && controller.perform(op, site) == 1;
            unless_torn_down(controller);
            wait.filter(|_| timed_out).into_iter().for_each(|wait| wait.ran_out(site));
        }
    }
}

/// Lets others run, and time pass.
#[track_caller]
pub(super) fn sleep(time: Duration) {
    let wait = TimedWait::begin(time, Location::caller());
    give_way(Op::Yield);
    wait.ran_out(Location::caller());
}

/// Lets others run (`Op::Yield`), or waits for a change of what was read (`Op::Await`).
#[track_caller]
pub(in crate::sync) fn give_way(op: Op) {
    let site = Location::caller();
    match asked() {
        Asked::Nobody => torn_down(),
        #[cfg(feature = "loom")]
        Asked::Loom => looming::operation(op, site, loom::thread::yield_now, |()| Told::NOTHING),
        Asked::Controller(controller) => {
            controller.perform(op, site);
            unless_torn_down(controller);
        }
    }
}

/// A wait that the engine cut short must not be taken for one that ended: its loop would not end.
fn unless_torn_down(controller: &dyn Controller) {
    if controller.tearing_down() {
        torn_down();
    }
}

/// The names of the execution's threads.
mod names {
    use super::{Arc, RefCell, ThreadId, epoch};

    /// The number of the execution, and the names of its threads.
    type Names = (u32, Vec<(ThreadId, Arc<str>)>);

    thread_local! {
        static NAMES: RefCell<Names> = const { RefCell::new((0, Vec::new())) };
    }

    /// Names a thread, if there is a name.
    pub(super) fn set(id: ThreadId, name: Option<String>) -> Option<Arc<str>> {
        let name: Arc<str> = name?.into();
        NAMES.with_borrow_mut(|(of, names)| {
            if *of != epoch() {
                *of = epoch();
                names.clear();
            }
            names.push((id, Arc::clone(&name)));
        });
        Some(name)
    }

    /// The thread's name.
    pub(super) fn get(id: ThreadId) -> Option<Arc<str>> {
        NAMES.with_borrow(|(of, names)| {
            let named = names.iter().find(|(thread, _)| *of == epoch() && *thread == id);
            named.map(|(_, name)| Arc::clone(name))
        })
    }
}

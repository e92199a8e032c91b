//! The sequentially consistent machine that the controlled engines drive.
//!
//! Threads announce their operations; the machine says which of them are enabled and in how many ways,
//! and applies the effect of the one that an engine grants. It chooses nothing and switches nothing:
//! it is plain data, and knows no runtime.
//!
//! Operations come in three sorts. *Local* ones (a fence, an unlock that nobody can observe, an access to
//! unguarded memory) take place as soon as they are announced. *Due* ones (the join of a thread that has
//! ended, a waiter with a permit) take place before any choice is made. Only the others are choices.
//!
//! A loop that waits is explored as a wait: where it says so (`spin_until`), its next look is enabled when something
//! changes that the last one has read. A yield is a hint, and what is left out of a loop that yields is
//! [repetition](rounds).
//!
//! Memory is sequentially consistent: a load reads the last store. What C11 promises less than that shows
//! in the order of accesses to unguarded memory only: each thread's view of the past follows C11's release,
//! acquire and relaxed operations, release sequences and fences, and two accesses to an `UnsafeCell` that
//! no view orders are a data race, whatever the values were.

pub(crate) mod access;
mod announce;
pub(crate) mod clock;
mod effects;
mod grant;
pub(crate) mod holds;
mod ids;
mod log;
pub(crate) mod meaning;
mod memory;
mod misuse;
pub(crate) mod object;
mod past;
mod rounds;
mod runs;
mod symmetry;
mod thread;
mod transitions;
mod watched;

use self::access::Target;
use self::clock::MAX_THREADS;
pub(crate) use self::grant::Urgent;
use self::ids::Ids;
pub(crate) use self::ids::{Maker, Makers};
use self::log::Log;
use self::memory::View;
pub(crate) use self::misuse::Misuse;
use self::object::{Object, State};
use self::past::Past;
pub(crate) use self::thread::Phase;
use self::thread::{Life, Thread};
pub(crate) use self::watched::Watched;
use crate::event::op::{Class, ObjectId, Op, Rare, Site, ThreadId};
use crate::event::trace::Trace;
use std::collections::HashSet;

/// What the machine may do beyond what the program asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allowed {
    /// How often each [`Rare`] may happen in one execution.
    pub(crate) rare: [u8; Rare::COUNT],
    /// How often each thread may time out early in one execution: without a bound, a loop around a timed wait
    /// has infinitely many executions. A time-out that fires because nothing else can happen is not counted.
    pub(crate) early_timeouts: u8,
    /// How many of the idle rounds of a thread in a row may repeat the one before, until it is held back.
    pub(crate) idle_rounds: u8,
}

/// The state of one execution.
#[derive(Debug)]
pub(crate) struct Machine {
    ids: Ids,
    threads: Vec<Thread>,
    objects: Vec<Option<Object>>,
    running: ThreadId,
    allowed: Allowed,
    operations: u32,
    log: Log,
    driven: bool,
    /// Threads that were spawned used atomics.
    shared: bool,
    /// Checked memory was accessed, or a lock was taken.
    checked: bool,
    /// How often each [`Rare`] has happened in this execution.
    happened: [u8; Rare::COUNT],
    /// Whether in some execution it could have happened once more, and was not let happen.
    left_out: [bool; Rare::COUNT],
    watched: Vec<Watched>,
    /// What was watched when the execution began.
    watched_before: Vec<Watched>,
    learned: bool,
    race: Option<Race>,
    misuse: Option<Misuse>,
    /// Threads that are alike can be told apart.
    told_apart: bool,
    trace: Option<Trace>,
    past: Past,
    /// A thread has ended where it was.
    vanished: bool,
    /// A thread was held back.
    held_back: bool,
    /// A thread that was given many rounds in a row, and has not used them to get on.
    fruitless: Option<ThreadId>,
    /// What threads had seen that did not get on; kept from one execution to the next.
    waits_for_ever: HashSet<(ThreadId, u64)>,
}

/// What an announced operation came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Announced {
    /// It is local: it took place, with this answer and this trace in the order of events.
    Done(u64, Edge),
    /// It waits to be granted.
    Pending,
}

/// How a local or due operation orders the threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edge {
    /// Not at all.
    None,
    /// What the thread did so far is before whoever acquires this next.
    Release(Target),
    /// What the thread did so far is before all that the other thread will do.
    Spawn(ThreadId),
    /// All that the other thread did is before what the thread will do.
    Join(ThreadId),
    /// The notification that gave the thread its permit is before what it will do.
    Wake,
}

/// Two unordered accesses to the same memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Race {
    pub(crate) object: ObjectId,
    pub(crate) first: (ThreadId, bool, Site),
    pub(crate) second: (ThreadId, bool, Site),
    /// How many steps the trace had, if there is one.
    pub(crate) steps: usize,
}

impl Machine {
    /// A machine that has run nothing.
    pub(crate) fn new(allowed: Allowed) -> Self {
        Self {
            ids: Ids::default(),
            threads: Vec::new(),
            objects: Vec::new(),
            running: ThreadId::MAIN,
            allowed,
            operations: 0,
            log: Log::default(),
            driven: false,
            shared: false,
            checked: false,
            happened: [0; Rare::COUNT],
            left_out: [false; Rare::COUNT],
            watched: Vec::new(),
            watched_before: Vec::new(),
            learned: false,
            race: None,
            misuse: None,
            told_apart: false,
            trace: None,
            past: Past::default(),
            vanished: false,
            held_back: false,
            fruitless: None,
            waits_for_ever: HashSet::new(),
        }
    }

    /// A new execution begins: main runs. `record` says whether to keep its trace.
    #[track_caller]
    pub(crate) fn restart(&mut self, record: bool) {
        self.ids.restart();
        self.log.restart();
        self.watched_before.clone_from(&self.watched);
        self.threads.iter_mut().for_each(|thread| thread.phase = Phase::Absent);
        self.objects.iter_mut().for_each(|object| *object = None);
        (self.operations, self.happened) = (0, [0; Rare::COUNT]);
        self.race = None;
        self.misuse = None;
        self.past.clear();
        (self.held_back, self.vanished, self.fruitless) = (false, false, None);
        self.trace = record.then(Trace::default);
        let mut view = View::new();
        view.tick(ThreadId::MAIN);
        self.running = ThreadId::MAIN;
        self.revive(ThreadId::MAIN, Phase::Running, view, None, std::panic::Location::caller());
    }

    fn revive(&mut self, id: ThreadId, phase: Phase, view: View, name: Option<&str>, site: Site) {
        while self.threads.len() <= id.index() {
            self.threads.push(Thread::absent(site));
        }
        self.threads[id.index()].start(phase, view);
        if let Some(trace) = &mut self.trace {
            trace.add_thread(id, name);
        }
    }

    /// The thread that runs.
    pub(crate) fn running(&self) -> ThreadId {
        self.running
    }

    /// Operations of this execution so far.
    pub(crate) fn operations(&self) -> u32 {
        self.operations
    }

    /// Where this execution and the one before it differ first, in words, though both followed one schedule.
    /// One that did not come to its end may do less.
    pub(crate) fn difference(&self, ended: bool) -> Option<String> {
        self.log.difference(ended)
    }

    /// Whether, in some execution, a thread that was spawned used a primitive.
    pub(crate) fn is_driven(&self) -> bool {
        self.driven
    }

    /// Whether, in some execution so far, this could have happened once more.
    pub(crate) fn leaves_out(&self, rare: Rare) -> bool {
        self.left_out[rare as usize]
    }

    /// Whether, in all executions so far, threads shared atomics and no memory that is checked.
    pub(crate) fn shares_atomics_alone(&self) -> bool {
        self.shared && !self.checked
    }

    /// The first data race of this execution.
    pub(crate) fn race(&self) -> Option<&Race> {
        self.race.as_ref()
    }

    /// Whether a trace is being recorded.
    pub(crate) fn recording(&self) -> bool {
        self.trace.is_some()
    }

    /// Adds to the trace, if there is one, for the running thread, what is no operation.
    pub(crate) fn record(&mut self, add: &mut dyn FnMut(&mut Trace, ThreadId)) {
        if let Some(trace) = &mut self.trace {
            add(trace, self.running);
        }
    }

    /// The recorded trace.
    pub(crate) fn take_trace(&mut self) -> Option<Trace> {
        self.trace.take()
    }

    /// The threads of this execution.
    pub(crate) fn threads(&self) -> impl Iterator<Item = ThreadId> + use<'_> {
        let present = |(_, thread): &(usize, &Thread)| thread.phase != Phase::Absent;
        self.threads.iter().enumerate().filter(present).map(|(index, _)| ThreadId(index as u32))
    }

    /// The thread's handle was dropped: nobody will join it.
    pub(crate) fn detach(&mut self, thread: ThreadId) {
        if let Some(thread) = self.threads.get_mut(thread.index()) {
            thread.detached = true;
        }
    }

    /// Whether some threads have not ended.
    pub(crate) fn has_unended(&self) -> bool {
        self.threads().any(|id| self.phase(id) != Phase::Ended)
    }

    /// Whether all that have not ended, main not among them, are threads that nobody will join.
    pub(crate) fn only_daemons_are_left(&self) -> bool {
        self.threads().all(|id| self.phase(id) == Phase::Ended || self.threads[id.index()].detached)
    }

    /// Where a thread is.
    pub(crate) fn phase(&self, thread: ThreadId) -> Phase {
        self.threads.get(thread.index()).map_or(Phase::Absent, |thread| thread.phase)
    }

    /// Whether the running thread was killed where it waited.
    #[cfg_attr(not(any(test, feature = "processes")), expect(dead_code, reason = "there are no processes"))]
    pub(crate) fn is_over(&self) -> bool {
        self.threads[self.running.index()].life == Life::Over
    }

    /// The answer to the operation that a thread was granted last.
    pub(crate) fn answer(&self, thread: ThreadId) -> u64 {
        self.threads[thread.index()].answer
    }

    /// The operation that a thread has announced.
    pub(crate) fn pending(&self, thread: ThreadId) -> Op {
        self.threads[thread.index()].op
    }

    /// An object's class and birthplace.
    pub(crate) fn object(&self, id: ObjectId) -> &Object {
        self.objects[id.index()].as_ref().expect("an operation names an object of this execution")
    }

    fn object_mut(&mut self, id: ObjectId) -> &mut Object {
        self.objects[id.index()].as_mut().expect("an operation names an object of this execution")
    }

    /// The running thread ends where it is, with all that it has.
    #[cfg_attr(
        not(all(feature = "processes", feature = "dpor")),
        expect(dead_code, reason = "nobody dies there")
    )]
    pub(crate) fn vanish(&mut self) {
        self.vanished = true;
    }

    /// The counted references that still have owners, each with where it was made. What the memory of the dead still has nobody can
    /// tell, and so none where somebody has died.
    pub(crate) fn leaks(&self) -> impl Iterator<Item = Site> + use<'_> {
        let leaked = |object: &&Object| matches!(object.state, State::Arc { owners: 1.., .. });
        let objects = self.objects.iter().filter(|_| !self.vanished).flatten();
        objects.filter(leaked).map(|object| object.born)
    }

    /// The running thread makes an object.
    pub(crate) fn create(&mut self, class: Class, value: u64, site: Site) -> ObjectId {
        let creator = self.running;
        let id = self.ids.object(creator);
        let stamp = self.threads[creator.index()].view.stamp(creator);
        self.add(id, Object::new(class, value, site, creator, stamp));
        id
    }

    /// The running thread finds an object in zeroed memory. To be zero was no write of its own.
    pub(crate) fn find(&mut self, class: Class, site: Site) -> ObjectId {
        let id = self.ids.foundling();
        let object = Object::new(class, 0, site, ThreadId::MAIN, 0);
        self.add(id, Object { found: true, ..object });
        id
    }

    /// The clock of this execution, an atomic that nobody makes. `reads` says that the program reads the time: from
    /// then on there is one, also where nobody has read it yet.
    pub(crate) fn clock(&mut self, reads: bool) -> Option<ObjectId> {
        if reads {
            let clock = self.ids.clock();
            self.learn(clock, Watched::is_read);
        }
        let clock = self.ids.known_clock().filter(|&clock| self.watched(clock).tried)?;
        if self.objects.get(clock.index()).is_none_or(Option::is_none) {
            let site = self.place();
            self.add(clock, Object::new(Class::Atomic, 0, site, ThreadId::MAIN, 0));
            self.record(&mut |trace, _| trace.name_object(clock, "clock".to_owned()));
        }
        Some(clock)
    }

    fn add(&mut self, id: ObjectId, object: Object) {
        if self.objects.len() <= id.index() {
            self.objects.resize(id.index() + 1, None);
        }
        if let Some(trace) = &mut self.trace {
            trace.add_object(id, object.class, object.born);
        }
        self.objects[id.index()] = Some(object);
    }

    fn is_found(&self, object: ObjectId) -> bool {
        self.objects.get(object.index()).is_some_and(|it| it.as_ref().is_some_and(|it| it.found))
    }

    /// The running thread adds a thread; `None` where there are too many.
    pub(crate) fn spawn(&mut self, name: Option<&str>) -> Option<ThreadId> {
        let id = self.ids.thread(self.running);
        if id.index() >= MAX_THREADS {
            return None;
        }
        let parent = &mut self.threads[self.running.index()];
        let site = parent.site;
        let view = parent.view.fork(self.running, id);
        self.revive(id, Phase::Starting, view, name, site);
        Some(id)
    }

    /// Resumes a thread that was granted its operation, or starts one.
    pub(crate) fn resume(&mut self, thread: ThreadId) {
        self.threads[thread.index()].phase = Phase::Running;
        self.running = thread;
    }

    /// The running thread begins a loop that waits: what it has read so far is not what it waits for.
    pub(crate) fn clear_read_set(&mut self) {
        self.threads[self.running.index()].rounds.clear_read_set();
    }

    /// Whether the thread has done nothing that is a choice since it yielded.
    pub(crate) fn has_just_yielded(&self, id: ThreadId) -> bool {
        self.threads[id.index()].rounds.has_just_yielded()
    }

    /// Whether some thread was held back in this execution, so that rounds were left out.
    pub(crate) fn has_held_back(&self) -> bool {
        self.held_back
    }
}

/// The choice of a thread that is held back, and goes on early all the same.
pub(crate) const RUN: u8 = u128::BITS as u8 - 1;

/// The choice of a thread that was killed: its operation does not take place.
pub(crate) const KILLED: u8 = RUN - 1;

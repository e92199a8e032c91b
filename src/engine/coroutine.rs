//! The exact engine: the explorer on raw coroutines.
//!
//! Every thread of the program is a coroutine on the OS thread that explores. A thread that goes on with
//! its own next operation costs no switch at all.
//!
//! An execution that cannot go on is abandoned: its stacks are reset without unwinding, because destructors
//! of a deadlocked program would run into the deadlock. What those stacks own is leaked, which is why a
//! search stops at its first failures.

use super::execution::{Chooser, End, Execution, Replay, Script, Turn};
use super::search::{Ran, Recorded, Search, recorded, run_main};
use super::watchdog::{Pulse, Watchdog};
use super::{Budget, Exploration, Extent, Program, Progress, overflow, panics};
use crate::alloc::held;
use crate::event::causality::{Causality, Moment};
use crate::event::op::{Class, ObjectId, Op, Site, ThreadId};
use crate::event::trace::Trace;
use crate::sync::current::{self, Controller, Current};
use corosensei::stack::DefaultStack;
use corosensei::{Coroutine, CoroutineResult, Yielder};
use std::cell::{Cell, RefCell, RefMut};
use std::ptr::NonNull;
use std::sync::Arc;

/// The coroutine of a thread.
struct Fiber {
    coroutine: Coroutine<(), (), (), DefaultStack>,
    /// Where the program's part of its stack ends.
    floor: usize,
}

type Body = Box<dyn FnOnce()>;
/// Suspends the coroutine on whose stack it is.
type Suspender = NonNull<Yielder<(), ()>>;

/// Explores every execution of the program, one per class of equivalent ones.
pub(crate) fn explore(program: &Program, budget: &Budget, tell: &mut dyn FnMut(Progress)) -> Exploration {
    let mut search = Search::new(budget, Ok(Extent::EXHAUSTIVE));
    let runtime = Runtime::new(Execution::new(Chooser::exact(budget), budget));
    loop {
        let (end, ran) = runtime.run(program, false);
        let more = search.record(&runtime.execution.borrow(), end, ran);
        let mut execution = runtime.execution.borrow_mut();
        let learned = execution.machine.take_learned();
        if learned && execution.chooser.reset() {
            search.restart();
            continue;
        }
        let more = more && execution.advance();
        search.expect(&execution, more);
        drop(execution);
        search.progress().into_iter().for_each(&mut *tell);
        if !runtime.repeats(program, &mut search, end, more) || !more {
            break;
        }
    }
    let recorded = search.script().and_then(|script| replay(program, budget, &runtime, script));
    search.finish(recorded)
}

/// Runs an execution of the search again and records it.
fn replay(program: &Program, budget: &Budget, search: &Runtime, script: Script) -> Option<Recorded> {
    let runtime = Runtime::new(search.execution.borrow_mut().again(script, budget));
    let (end, ran) = runtime.run(program, true);
    recorded(&mut runtime.execution.borrow_mut(), end, &ran)
}

/// Runs one execution of another process, and no other.
pub(crate) fn replay_alone(program: &Program, budget: &Budget, replay: Replay) -> Exploration {
    let budget = Budget { executions: 1, shorten: 0, ..*budget };
    let mut search = Search::new(&budget, Ok(Extent::Sampled(0)));
    let runtime = Runtime::new(Execution::replaying(replay, &budget));
    let (end, ran) = runtime.run(program, true);
    let recorded = recorded(&mut runtime.execution.borrow_mut(), end, &ran);
    search.record(&runtime.execution.borrow(), end, ran);
    search.finish(recorded)
}

/// The coroutines of one execution after the other.
struct Runtime {
    pulse: Arc<Pulse>,
    _watchdog: Watchdog,
    watch: panics::Watch,
    execution: RefCell<Execution>,
    turn: Cell<Turn>,
    ran: RefCell<Ran>,
    fibers: RefCell<Vec<Option<Fiber>>>,
    /// What each thread that has not run yet is to do, and the bytes of stack that it asks for.
    bodies: RefCell<Vec<Option<(Body, usize)>>>,
    /// Where the running thread's part of its stack ends; 0 where the engine runs on its own.
    floor: Cell<usize>,
    /// Where each coroutine can be suspended from, while it runs.
    yielders: RefCell<Vec<Option<Suspender>>>,
    stacks: RefCell<Vec<DefaultStack>>,
}

impl Runtime {
    fn new(execution: Execution) -> Self {
        overflow::prepare();
        let pulse = Arc::default();
        Self {
            _watchdog: Watchdog::start(&pulse),
            pulse,
            watch: panics::watch(None),
            execution: RefCell::new(execution),
            turn: Cell::new(Turn::Choose),
            ran: RefCell::new(None),
            fibers: RefCell::default(),
            bodies: RefCell::default(),
            floor: Cell::new(0),
            yielders: RefCell::default(),
            stacks: RefCell::default(),
        }
    }

    /// Runs the execution again that has just ended, if it is one of those to be checked; false where it is not
    /// the same.
    fn repeats(&self, program: &Program, search: &mut Search, end: End, more: bool) -> bool {
        if !search.is_checked(end, more) {
            return true;
        }
        let chooser = self.execution.borrow_mut().repeat();
        let (end, ran) = self.run(program, false);
        let mut execution = self.execution.borrow_mut();
        execution.chooser = chooser;
        search.is_repeated(&execution, end, &ran)
    }

    /// Runs one execution.
    fn run(&self, program: &Program, record: bool) -> (End, Ran) {
        current::next_epoch();
        self.watch.forget();
        self.execution.borrow_mut().restart(record);
        self.ran.replace(None);
        // SAFETY: the engine is current only until `entered` is dropped, at the end of this function, and
        // no coroutine that could use it runs or is resumed afterwards: `abandon` has reset them all.
        let controller = unsafe { std::mem::transmute::<&dyn Controller, &'static dyn Controller>(self) };
        let entered = current::enter(Current::Controlled(controller));
        self.add_body(ThreadId::MAIN, self.main(program), overflow::DEFAULT_SIZE);
        let end = self.drive(ThreadId::MAIN);
        self.pulse.pause();
        drop(entered);
        self.abandon();
        held::release();
        (end, self.ran.take())
    }

    fn main(&self, program: &Program) -> Body {
        let program = program.clone();
        let runtime = NonNull::from(self);
        Box::new(move || {
            let ran = run_main(&program);
            // SAFETY: the coroutine runs inside `run`, which borrows the runtime.
            let runtime = unsafe { runtime.as_ref() };
            runtime.ran.replace(ran);
            runtime.execution.borrow_mut().end_main();
        })
    }

    /// Switches to whoever's turn it is until the execution is over.
    fn drive(&self, first: ThreadId) -> End {
        let mut thread = first;
        loop {
            let turn = match self.resume(thread) {
                CoroutineResult::Yield(()) => self.turn.get(),
                CoroutineResult::Return(()) if overflow::overflowed() => {
                    held::leave_model();
                    Turn::End(End::StackOverflow)
                }
                CoroutineResult::Return(()) => self.execution.borrow_mut().turn(),
            };
            match turn {
                Turn::Run(next) => thread = next,
                Turn::End(end) => return end,
                Turn::Choose => unreachable!("the chooser is not external"),
            }
        }
    }

    /// Runs a thread up to where another one's turn comes, or to its end.
    fn resume(&self, thread: ThreadId) -> CoroutineResult<(), ()> {
        // The engine alone comes here, and a thread that runs starts no coroutine.
        let mut fibers = self.fibers.borrow_mut();
        grow(&mut fibers, thread);
        let place = &mut fibers[thread.index()];
        let fiber = place.get_or_insert_with(|| self.start(thread));
        self.floor.set(fiber.floor);
        let guarded = overflow::guard(fiber.coroutine.trap_handler());
        let result = fiber.coroutine.resume(());
        drop(guarded);
        self.floor.set(0);
        if let Some(ended) = place.take_if(|fiber| fiber.coroutine.done()) {
            self.stacks.borrow_mut().push(ended.coroutine.into_stack());
        }
        result
    }

    fn start(&self, thread: ThreadId) -> Fiber {
        let (body, bytes) = self.bodies.borrow_mut()[thread.index()].take().expect("a thread starts once");
        let stack = self.stack(bytes);
        let floor = overflow::floor(&stack);
        let runtime = NonNull::from(self);
        let coroutine = Coroutine::with_stack(stack, move |yielder, ()| {
            // SAFETY: the coroutine runs inside `run`, which borrows the runtime.
            let runtime = unsafe { runtime.as_ref() };
            runtime.pulse.note(thread, None);
            let mut yielders = runtime.yielders.borrow_mut();
            grow(&mut yielders, thread);
            yielders[thread.index()] = Some(NonNull::from(yielder));
            drop(yielders);
            held::enter_model();
            body();
            held::leave_model();
        });
        Fiber { coroutine, floor }
    }

    /// A stack of this size that is no longer in use, or a new one.
    fn stack(&self, bytes: usize) -> DefaultStack {
        let mut stacks = self.stacks.borrow_mut();
        match stacks.iter().rposition(|stack| overflow::is_of(stack, bytes)) {
            Some(index) => stacks.swap_remove(index),
            None => overflow::stack(bytes),
        }
    }

    /// The execution, for the thread that runs. One that has no stack left ends here, while nothing is borrowed.
    fn execution(&self) -> RefMut<'_, Execution> {
        if overflow::stack_pointer() < self.floor.get() {
            self.end_for_overflow();
        }
        self.execution.borrow_mut()
    }

    #[cold]
    fn end_for_overflow(&self) -> ! {
        let me = self.execution.borrow().machine.running();
        self.give_way(me, Turn::End(End::StackOverflow));
        unreachable!("an execution in which a stack overflowed is over")
    }

    fn add_body(&self, thread: ThreadId, body: Body, bytes: usize) {
        let mut bodies = self.bodies.borrow_mut();
        grow(&mut bodies, thread);
        bodies[thread.index()] = Some((body, bytes));
    }

    /// The running thread gives way to `turn`, and comes back when its own turn comes.
    fn give_way(&self, me: ThreadId, turn: Turn) {
        self.turn.set(turn);
        let yielder = self.yielders.borrow()[me.index()].expect("the running thread is a coroutine");
        // SAFETY: `me` runs, so its coroutine is alive, and the yielder is on that coroutine's stack.
        unsafe { yielder.as_ref() }.suspend(());
    }

    /// Ends coroutines that did not come to their end.
    fn abandon(&self) {
        for mut fiber in self.fibers.borrow_mut().iter_mut().filter_map(Option::take) {
            // SAFETY: the objects on the abandoned stack are leaked. Nothing refers into it that is used
            // again: other threads of this execution are abandoned or have ended, and what the program
            // keeps beyond an execution can refer to a stack only where it is joined first.
            unsafe { fiber.coroutine.force_reset() };
            self.stacks.borrow_mut().push(fiber.coroutine.into_stack());
        }
        // A thread that never ran owns objects of the execution that is over: leaked like the stacks.
        self.bodies.borrow_mut().iter_mut().for_each(|body| std::mem::forget(body.take()));
    }
}

fn grow<T>(table: &mut Vec<Option<T>>, thread: ThreadId) {
    if table.len() <= thread.index() {
        table.resize_with(thread.index() + 1, || None);
    }
}

impl Controller for Runtime {
    fn create(&self, class: Class, value: u64, site: Site) -> ObjectId {
        let _engine = held::engine();
        self.execution().machine.create(class, value, site)
    }

    fn find(&self, class: Class, site: Site) -> ObjectId {
        let _engine = held::engine();
        self.execution.borrow_mut().machine.find(class, site)
    }

    fn announce(&self, op: Op, seen: u64, site: Site) -> u64 {
        let _engine = held::engine();
        let mut execution = self.execution();
        let me = execution.machine.running();
        if let Some(answer) = execution.announce(op, seen, site)
            && execution.machine.misuse().is_none()
        {
            self.pulse.note(me, Some(site));
            return answer;
        }
        let turn = execution.turn();
        drop(execution);
        if turn != Turn::Run(me) {
            self.give_way(me, turn);
        }
        self.pulse.note(me, Some(site));
        self.execution.borrow().machine.answer(me)
    }

    #[cfg(feature = "processes")]
    fn vanish(&self, site: Site) -> ! {
        let _engine = held::engine();
        let mut execution = self.execution();
        let me = execution.machine.running();
        execution.machine.vanish();
        execution.announce(Op::Exit, 0, site);
        let turn = execution.turn();
        drop(execution);
        self.give_way(me, turn);
        unreachable!("a thread that has ended is not resumed")
    }

    #[cfg(feature = "processes")]
    fn is_over(&self) -> bool {
        self.execution.borrow().machine.is_over()
    }

    fn destroy(&self, object: ObjectId) {
        let _engine = held::engine();
        let mut execution = self.execution();
        let site = execution.machine.place();
        let local = execution.destroy(object) && execution.machine.misuse().is_none();
        drop(execution);
        if !local {
            self.announce(Op::Destroy(object), 0, site);
        }
    }

    fn commit(&self, object: ObjectId, left: u64) {
        let _engine = held::engine();
        self.execution().commit(object, left);
    }

    fn clock(&self, reads: bool) -> Option<ObjectId> {
        let _engine = held::engine();
        self.execution().machine.clock(reads)
    }

    fn clear_read_set(&self) {
        self.execution().machine.clear_read_set();
    }

    fn spawn(&self, name: Option<&str>, stack: Option<usize>, body: Body) -> ThreadId {
        let _engine = held::engine();
        let mut execution = self.execution();
        match execution.spawn(name) {
            Some(id) => {
                self.add_body(id, body, stack.unwrap_or(overflow::DEFAULT_SIZE));
                id
            }
            None => {
                let (me, turn) = (execution.machine.running(), execution.turn());
                drop(execution);
                self.give_way(me, turn);
                unreachable!("an execution with too many threads is over")
            }
        }
    }

    fn follow(&self, thread: ThreadId, leader: ThreadId) {
        self.execution.borrow_mut().machine.follow(thread, leader);
    }

    fn tells_apart(&self) {
        self.execution.borrow_mut().machine.tells_apart();
    }

    fn detach(&self, thread: ThreadId) {
        self.execution.borrow_mut().machine.detach(thread);
    }

    fn thread(&self) -> ThreadId {
        self.execution.borrow().machine.running()
    }

    fn who_panics(&self) -> Option<ThreadId> {
        self.execution.try_borrow().ok().map(|execution| execution.machine.running())
    }

    fn moment(&self) -> Moment {
        self.execution.borrow().moment()
    }

    fn causality(&self) -> Causality {
        let _engine = held::engine();
        self.execution.borrow().causality()
    }

    fn recording(&self) -> bool {
        self.execution.borrow().machine.recording()
    }

    fn record(&self, add: &mut dyn FnMut(&mut Trace, ThreadId)) {
        let _engine = held::engine();
        self.execution().machine.record(add);
    }
}

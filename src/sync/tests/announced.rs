//! What an engine of this crate is told. The engine here grants everything at once, on one thread:
//! a spawned body runs when it is joined, and every answer is the one that was set up; else what std's atomic
//! holds, or 1.

use crate::event::causality::{Causality, Moment};
use crate::event::op::{Class, ObjectId, Op, Order, Site, Spurious, ThreadId};
use crate::event::trace::Trace;
use crate::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};
use crate::sync::atomic::{
    AtomicBool, AtomicI8, AtomicI32, AtomicIsize, AtomicPtr, AtomicU32, AtomicU64, fence,
};
use crate::sync::current::{Controller, Current, Entered, enter, first_escaped, next_epoch};
use crate::sync::{
    Arc, Barrier, Condvar, Futex, Mutex, Once, OnceLock, RwLock, UnsafeCell, hint, lazy::statics,
    lazy_static, thread,
};
use std::cell::{Cell, RefCell};
use std::time::Duration;

/// What the engine was told.
#[derive(Clone, Debug, PartialEq)]
enum Told {
    Create(Class, u64),
    Perform(Op, u64),
    Commit(u64),
}

/// What a thread does.
type Body = Box<dyn FnOnce()>;

/// An engine that grants everything.
#[derive(Default)]
struct Granting {
    told: RefCell<Vec<Told>>,
    objects: Cell<u32>,
    bodies: RefCell<Vec<Option<Body>>>,
    thread: Cell<u32>,
    /// Answers to operations, in place of the usual ones. Nothing spurious happens by itself.
    answers: RefCell<Vec<(Op, u64)>>,
    /// Objects and notes.
    trace: RefCell<Trace>,
}

impl Granting {
    fn run(&self, thread: ThreadId) {
        let body = self.bodies.borrow_mut()[thread.index() - 1].take().expect("joined once");
        let caller = self.thread.replace(thread.0);
        body();
        self.thread.set(caller);
    }
}

impl Controller for Granting {
    fn create(&self, class: Class, value: u64, site: Site) -> ObjectId {
        self.told.borrow_mut().push(Told::Create(class, value));
        let id = ObjectId(self.objects.replace(self.objects.get() + 1));
        self.trace.borrow_mut().add_object(id, class, site);
        id
    }

    fn announce(&self, op: Op, seen: u64, site: Site) -> u64 {
        assert!(site.file().ends_with("announced.rs"), "the caller's place, not {site}");
        let answers = self.answers.borrow();
        let answer = answers.iter().find(|(to, _)| *to == op).map(|(_, answer)| *answer);
        if matches!(op, Op::Spurious(_)) && answer.is_none() {
            return 0;
        }
        self.told.borrow_mut().push(Told::Perform(op, seen));
        if let Op::Join(thread) = op {
            self.run(thread);
        }
        answer.unwrap_or(if op.finds_value() { seen } else { 1 })
    }

    fn find(&self, class: Class, site: Site) -> ObjectId {
        self.create(class, 0, site)
    }

    fn clock(&self, reads: bool) -> Option<ObjectId> {
        reads.then_some(CLOCK)
    }

    fn destroy(&self, _: ObjectId) {}

    fn commit(&self, _: ObjectId, left: u64) {
        self.told.borrow_mut().push(Told::Commit(left));
    }

    fn clear_read_set(&self) {}

    fn spawn(&self, _: Option<&str>, _: Option<usize>, body: Box<dyn FnOnce()>) -> ThreadId {
        self.bodies.borrow_mut().push(Some(body));
        ThreadId(u32::try_from(self.bodies.borrow().len()).expect("few threads"))
    }

    fn thread(&self) -> ThreadId {
        ThreadId(self.thread.get())
    }

    fn moment(&self) -> Moment {
        let steps = u32::try_from(self.told.borrow().len()).expect("few steps");
        Moment { thread: self.thread(), steps }
    }

    fn causality(&self) -> Causality {
        unreachable!("no test asks for it")
    }

    fn recording(&self) -> bool {
        true
    }

    fn record(&self, add: &mut dyn FnMut(&mut Trace, ThreadId)) {
        add(&mut self.trace.borrow_mut(), self.thread());
    }
}

/// A granting engine that is current until the guard is dropped.
fn granting(answers: &[(Op, u64)]) -> (&'static Granting, Entered) {
    let engine: &'static Granting = Box::leak(Box::default());
    engine.answers.borrow_mut().extend(answers);
    next_epoch();
    (engine, enter(Current::Controlled(engine)))
}

/// The operations that the body announces.
fn operations(answers: &[(Op, u64)], body: impl FnOnce()) -> Vec<Op> {
    let (engine, _entered) = granting(answers);
    body();
    let told = engine.told.borrow();
    told.iter().filter_map(|told| if let Told::Perform(op, _) = told { Some(*op) } else { None }).collect()
}

const A: ObjectId = ObjectId(0);
const B: ObjectId = ObjectId(1);
const CLOCK: ObjectId = ObjectId(99);

#[test]
fn a_mutex_is_locked_tried_and_unlocked() {
    let ops = operations(&[], || {
        let mutex = Mutex::new(0);
        *mutex.lock().unwrap() += 1;
        *mutex.try_lock().unwrap() += 1;
        assert_eq!(mutex.into_inner().unwrap(), 2);
    });
    assert_eq!(ops, [Op::Lock(A), Op::Unlock(A), Op::TryLock(A), Op::Unlock(A)]);
}

#[test]
fn a_refused_attempt_holds_nothing() {
    let ops = operations(&[(Op::TryLock(A), 0), (Op::TryWrite(B), 0)], || {
        let (mutex, lock) = (Mutex::new(()), RwLock::new(()));
        assert!(mutex.try_lock().is_err());
        assert!(lock.try_write().is_err());
    });
    assert_eq!(ops, [Op::TryLock(A), Op::TryWrite(B)]);
}

#[test]
fn a_panic_poisons_and_unlocks() {
    let ops = operations(&[], || {
        let mutex = Arc::new(Mutex::new(()));
        let other = Arc::clone(&mutex);
        let thread = thread::spawn(move || {
            let _held = other.lock();
            std::panic::resume_unwind(Box::new("spilt"));
        });
        thread.join().unwrap_err();
        assert!(first_escaped().is_none(), "the join took it");
        assert!(mutex.lock().is_err());
    });
    let locks: Vec<_> = ops.into_iter().filter(|op| op.object() == Some(A)).collect();
    assert_eq!(locks, [Op::Lock(A), Op::Unlock(A), Op::Lock(A), Op::Unlock(A)]);
}

#[test]
fn a_readers_writer_lock_is_read_and_written() {
    let ops = operations(&[], || {
        let lock = RwLock::new(0);
        drop((lock.read(), lock.try_read()));
        drop(lock.write());
        drop(lock.try_write());
    });
    let expected = [
        Op::Read(A),
        Op::TryRead(A),
        Op::UnlockRead(A),
        Op::UnlockRead(A),
        Op::Write(A),
        Op::UnlockWrite(A),
        Op::TryWrite(A),
        Op::UnlockWrite(A),
    ];
    assert_eq!(ops, expected);
}

#[test]
fn a_wait_is_three_operations() {
    let wake = Op::Wake { object: B, timed: false };
    let ops = operations(&[(wake, 0)], || {
        let (mutex, condvar) = (Mutex::new(()), Condvar::new());
        drop(condvar.wait(mutex.lock().unwrap()));
        condvar.notify_one();
        condvar.notify_all();
    });
    let wait = Op::Wait { condvar: B, mutex: A };
    let expected = [Op::Lock(A), wait, wake, Op::Lock(A), Op::Unlock(A), Op::NotifyOne(B), Op::NotifyAll(B)];
    assert_eq!(ops, expected);
}

#[test]
fn a_wait_that_returns_for_no_reason_gives_the_mutex_back_meanwhile() {
    let returns = Op::Spurious(Spurious::Wait(B));
    let ops = operations(&[(returns, 1)], || {
        let (mutex, condvar) = (Mutex::new(()), Condvar::new());
        let (_guard, result) = condvar.wait_timeout(mutex.lock().unwrap(), Duration::MAX).unwrap();
        assert!(!result.timed_out());
    });
    assert_eq!(ops, [Op::Lock(A), returns, Op::Unlock(A), Op::Lock(A), Op::Unlock(A)]);
}

#[test]
fn a_park_that_returns_for_no_reason_leaves_the_token() {
    let returns = Op::Spurious(Spurious::Park);
    assert_eq!(operations(&[(returns, 1)], || thread::park()), [returns]);
    let returns = Op::Spurious(Spurious::Wait(A));
    let waits = || assert!(Futex::new(0).wait_timeout(0, Duration::MAX), "the time has not run out");
    assert_eq!(operations(&[(returns, 1)], waits), [returns]);
}

#[test]
fn a_timed_wait_times_out_where_the_engine_says_so() {
    let wake = Op::Wake { object: B, timed: true };
    for (answer, timed_out) in [(0, false), (1, true)] {
        let ops = operations(&[(wake, answer)], || {
            let (mutex, condvar) = (Mutex::new(()), Condvar::new());
            let (_guard, result) = condvar.wait_timeout(mutex.lock().unwrap(), Duration::MAX).unwrap();
            assert_eq!(result.timed_out(), timed_out);
        });
        assert!(ops.contains(&wake));
    }
    operations(&[(wake, 1)], || {
        let (mutex, condvar) = (Mutex::new(()), Condvar::new());
        let waited = condvar.wait_timeout_while(mutex.lock().unwrap(), Duration::MAX, |()| true);
        assert!(waited.unwrap().1.timed_out(), "no clock is asked");
    });
}

#[test]
fn a_futex_waits_in_two_operations_and_wakes_in_one() {
    let wait = |expected| Op::WaitIf { word: A, expected };
    let wake = |timed| Op::Wake { object: A, timed };
    let (engine, _entered) = granting(&[(wait(7), 0), (wake(false), 0)]);
    let word = Futex::new(5).named(format_args!("word"));
    word.wait(7);
    word.wait(5);
    assert!(word.wait_timeout(7, Duration::MAX), "there was nothing to wait for");
    assert!(!word.wait_timeout(5, Duration::MAX), "no clock is asked");
    word.wake_one();
    word.wake_all();
    let expected = [
        Told::Create(Class::Atomic, 5),
        Told::Perform(wait(7), 5),
        Told::Perform(wait(5), 5),
        Told::Perform(wake(false), 0),
        Told::Perform(wait(7), 5),
        Told::Perform(wait(5), 5),
        Told::Perform(wake(true), 0),
        Told::Perform(Op::NotifyOne(A), 0),
        Told::Perform(Op::NotifyAll(A), 0),
    ];
    assert_eq!(*engine.told.borrow(), expected);
}

#[test]
fn an_atomic_tells_what_it_left() {
    let (engine, _entered) = granting(&[]);
    let count = AtomicI32::new(-1);
    count.load(Acquire);
    count.store(2, Release);
    count.fetch_add(3, AcqRel);
    fence(SeqCst);
    let minus_one = u64::MAX;
    let expected = [
        Told::Create(Class::Atomic, minus_one),
        Told::Perform(Op::Load(A, Order::Acquire), minus_one),
        Told::Commit(minus_one),
        Told::Perform(Op::Store(A, Order::Release), minus_one),
        Told::Commit(2),
        Told::Perform(Op::Rmw(A, Order::AcqRel), 2),
        Told::Commit(5),
        Told::Perform(Op::Fence(Order::SeqCst), 0),
    ];
    assert_eq!(*engine.told.borrow(), expected);
}

#[test]
fn a_weak_compare_exchange_fails_where_the_engine_says_so() {
    let exchange = Op::CompareExchange {
        object: A,
        expected: 1,
        success: Order::AcqRel,
        failure: Order::Acquire,
        weak: false,
    };
    let fails = Op::Spurious(Spurious::Exchange(A));
    let (engine, _entered) = granting(&[(fails, 1)]);
    let value = AtomicU32::new(1);
    assert_eq!(value.compare_exchange_weak(1, 2, AcqRel, Acquire), Err(1));
    assert_eq!(value.compare_exchange(1, 2, AcqRel, Acquire), Ok(1));
    assert_eq!(value.compare_exchange(1, 3, AcqRel, Acquire), Err(2));
    let expected = [
        Told::Create(Class::Atomic, 1),
        Told::Perform(fails, 0),
        Told::Perform(Op::Load(A, Order::Acquire), 1),
        Told::Commit(1),
        Told::Perform(exchange, 1),
        Told::Commit(2),
        Told::Perform(exchange, 2),
        Told::Commit(2),
    ];
    assert_eq!(*engine.told.borrow(), expected);
}

#[test]
fn what_an_atomic_finds_is_what_the_engine_answers() {
    let exchange = |expected| Op::CompareExchange {
        object: A,
        expected,
        success: Order::Relaxed,
        failure: Order::Relaxed,
        weak: false,
    };
    let answers = [
        (Op::Load(A, Order::Relaxed), 7),
        (Op::Rmw(A, Order::Relaxed), 20),
        (exchange(1), 8),
        (exchange(8), 8),
    ];
    let (engine, _entered) = granting(&answers);
    let mut value = AtomicU32::new(1);
    assert_eq!(value.load(Relaxed), 7);
    assert_eq!(value.compare_exchange(1, 2, Relaxed, Relaxed), Err(8), "std's atomic holds the 1");
    assert_eq!(*value.get_mut(), 1, "nothing was written");
    assert_eq!(value.compare_exchange(8, 3, Relaxed, Relaxed), Ok(8));
    assert_eq!(*value.get_mut(), 3);
    assert_eq!(value.fetch_add(2, Relaxed), 20);
    assert_eq!(value.into_inner(), 22);
    let told = engine.told.borrow();
    let left = told.iter().filter_map(|told| if let Told::Commit(left) = told { Some(*left) } else { None });
    assert_eq!(left.collect::<Vec<_>>(), [7, 8, 3, 22]);
}

#[test]
fn values_of_every_width_travel_as_bits() {
    let (_engine, _entered) = granting(&[]);
    assert_eq!(AtomicI8::new(-3).fetch_sub(125, Relaxed), -3);
    assert_eq!(AtomicU64::new(u64::MAX).load(Relaxed), u64::MAX);
    assert_eq!(AtomicIsize::new(-1).swap(0, Relaxed), -1);
    assert!(AtomicBool::new(true).fetch_not(Relaxed));
    let mut forks = [1, 2];
    let pointer = AtomicPtr::new(&raw mut forks[0]);
    pointer.fetch_ptr_add(1, Relaxed);
    // SAFETY: it points to the second fork.
    assert_eq!(unsafe { *pointer.load(Relaxed) }, 2);
}

#[test]
fn an_access_to_a_cell_is_announced_at_both_ends() {
    let ops = operations(&[], || {
        let (outer, inner) = (UnsafeCell::new(1), UnsafeCell::new(0));
        // SAFETY: no other thread can reach the cells.
        outer.with(|from| inner.with_mut(|to| unsafe { *to = *from }));
    });
    assert_eq!(ops, [Op::CellRead(A), Op::CellWrite(B), Op::CellWrite(B), Op::CellRead(A)]);
}

#[test]
fn each_owner_of_an_arc_comes_and_goes() {
    let ops = operations(&[(Op::ArcCount(A), 2)], || {
        let first = Arc::new(());
        let second = Arc::clone(&first);
        assert_eq!(Arc::strong_count(&first), 2);
        let weak = Arc::downgrade(&first);
        drop((first, second));
        assert!(weak.upgrade().is_none(), "std knows better than this engine");
    });
    let expected =
        [Op::ArcClone(A), Op::ArcCount(A), Op::ArcDrop(A), Op::ArcDrop(A), Op::ArcUpgrade(A), Op::ArcDrop(A)];
    assert_eq!(ops, expected);
}

#[test]
fn a_raw_pointer_keeps_its_owner() {
    let ops = operations(&[], || {
        let pointer = Arc::into_raw(Arc::new(1));
        // SAFETY: `into_raw` gave it.
        drop(unsafe { Arc::from_raw(pointer) });
    });
    assert_eq!(ops, [Op::ArcDrop(A)]);
}

#[test]
fn a_thread_is_spawned_exits_and_is_joined() {
    let ops = operations(&[], || {
        let builder = thread::Builder::new().name("Plato".to_owned());
        let plato = builder.spawn(|| thread::current().name().map(str::to_owned)).unwrap();
        plato.thread().unpark();
        assert_eq!(plato.join().unwrap().as_deref(), Some("Plato"));
        thread::park();
        thread::park_timeout(Duration::MAX);
        thread::yield_now();
        hint::spin_loop();
        hint::spin_briefly();
        thread::sleep(Duration::MAX);
    });
    let plato = ThreadId(1);
    let expected = [
        Op::Spawn(plato),
        Op::Unpark(plato),
        Op::Join(plato),
        Op::Exit,
        Op::Park { timed: false },
        Op::Park { timed: true },
        Op::Yield,
        Op::Yield,
        Op::Yield,
    ];
    assert_eq!(ops, expected);
}

#[test]
fn a_panic_that_nobody_takes_escapes() {
    let (engine, _entered) = granting(&[]);
    thread::spawn(|| std::panic::resume_unwind(Box::new("spilt")));
    engine.run(ThreadId(1));
    assert_eq!(first_escaped().expect("nobody joined").message, "spilt");
}

#[test]
fn once_lock_and_barrier_are_made_of_the_rest() {
    let ops = operations(&[], || {
        let once = Once::new();
        once.call_once(|| ());
        once.call_once(|| unreachable!("once"));
        assert_eq!(OnceLock::new().get_or_init(|| 3), &3);
        assert!(Barrier::new(1).wait().is_leader());
    });
    assert_eq!(ops.iter().filter(|op| matches!(op, Op::Store(_, Order::Release))).count(), 2);
    // Three objects each of the first two; then the barrier's mutex and condition variable.
    let (mutex, condvar) = (ObjectId(6), ObjectId(7));
    assert!(ops.ends_with(&[Op::Lock(mutex), Op::NotifyAll(condvar), Op::Unlock(mutex)]));
}

#[test]
fn objects_are_named() {
    let (engine, _entered) = granting(&[]);
    let _forks = [1, 2].map(|n| Mutex::new(()).named(format_args!("fork {n}")));
    assert_eq!([A, B].map(|fork| engine.trace.borrow().object_name(fork)), ["fork 1", "fork 2"]);
}

#[test]
fn a_static_is_made_anew_in_each_execution() {
    lazy_static! {
        static ref COUNT: AtomicU32 = AtomicU32::new(0);
    }
    for _ in 0..2 {
        operations(&[], || {
            assert_eq!(COUNT.fetch_add(1, Relaxed), 0);
            assert_eq!(COUNT.fetch_add(1, Relaxed), 1);
            statics::drop_all();
        });
    }
    assert_eq!(COUNT.load(Relaxed), 0, "native has its own");
}

#[test]
fn drops_of_foreign_objects_are_silent() {
    let (engine, entered) = granting(&[]);
    let arc = Arc::new(());
    let mutex = Box::leak(Box::new(Mutex::new(())));
    let guard = mutex.lock().unwrap();
    drop(entered);
    let before = engine.told.borrow().len();
    drop((arc, guard));
    assert_eq!(engine.told.borrow().len(), before);
}

//! The exact engine through the facade: counts that are known, on both drivers.
//!
//! The numbers are those of Mazurkiewicz traces; they can be worked out by hand or are known from the
//! literature.

mod claims;
mod futexes;
mod limits;

use libtest_mimic::{Failed, Trial};
use refectory::cell::Scope;
use refectory::engine::{Bounds, Budget, Engine, Exploration, Extent, FailureKind, Program, explore};
use refectory::port::Size;
use refectory::report::{self, Style};
use refectory::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering::SeqCst};
use refectory::sync::{Condvar, Mutex, MutexGuard, UnsafeCell, hint, thread};
use std::sync::Arc;
use std::time::Duration;

/// The tests of this build.
pub(crate) fn trials() -> Vec<Trial> {
    let drivers = [Engine::Dpor, Engine::DporOnShuttle].into_iter().filter(|engine| engine.available());
    drivers.flat_map(of_driver).chain(agreements()).collect()
}

fn of_driver(engine: Engine) -> Vec<Trial> {
    let trial = |name: &str, test: fn(Engine) -> Result<(), Failed>| {
        Trial::test(format!("exact::{name}@{engine}"), move || test(engine))
    };
    vec![
        trial("ordered_forks", ordered_forks),
        trial("naive_forks", naive_forks),
        trial("tables", tables),
        trial("lastzero", lastzero),
        trial("increments", increments),
        trial("treiber_stack", treiber_stack),
        trial("spin_locks", spin_locks),
        trial("reference_counts", reference_counts),
        trial("panics_and_joins", panics_and_joins),
        trial("leaks", leaks),
        trial("races", races),
        trial("time_outs", time_outs),
        trial("spurious_wakeups", spurious_wakeups),
        trial("spurious_failures", spurious_failures),
        trial("futexes::waits_and_wakes", futexes::waits_and_wakes),
        trial("futexes::time_outs", futexes::time_outs),
        trial("futexes::spurious_wakeups", futexes::spurious_wakeups),
        trial("futexes::rounds", futexes::rounds),
        trial("claims::counterexamples_have_steps", claims::counterexamples_have_steps),
        trial("claims::lost_counterexamples_say_so", claims::lost_counterexamples_say_so),
        trial("claims::vacuous_is_what_nobody_drives", claims::vacuous_is_what_nobody_drives),
        trial("claims::programs_that_are_not_deterministic", claims::programs_that_are_not_deterministic),
        trial("claims::daemons_end_with_the_process", claims::daemons_end_with_the_process),
        trial("limits::fifty_threads", limits::fifty_threads),
        trial("limits::a_hundred_threads_in_a_row", limits::a_hundred_threads_in_a_row),
        trial("limits::threads_of_many_executions", limits::threads_of_many_executions),
        trial("limits::more_threads_than_there_can_be", limits::more_threads_than_there_can_be),
        trial("limits::an_update_lost_late", limits::an_update_lost_late),
        trial("objects_from_elsewhere", objects_from_elsewhere),
    ]
}

const TIME: Duration = Duration::from_secs(1);

/// What a search has seen that had no spurious events, and could have had some.
const STRICTLY: Bounds = Bounds { spurious: Some(0), ..Bounds::NONE };

/// The usual budget, without spurious events.
fn strict() -> Budget {
    Budget { spurious: 0, ..Budget::default() }
}

fn exactly(exploration: &Exploration, executions: u64) -> Result<(), Failed> {
    let facts = (exploration.executions, exploration.redundant, exploration.failures);
    let all =
        [Bounds::NONE, STRICTLY].map(|bounds| Ok(Extent::Complete(bounds))).contains(&exploration.coverage);
    if facts == (executions, 0, 0) && all {
        return Ok(());
    }
    Err(format!("expected {executions} executions, none redundant, none failing: {exploration:?}").into())
}

fn fails_as(exploration: &Exploration, kind: FailureKind) -> Result<(), Failed> {
    match &exploration.failure {
        Some(failure) if failure.kind == kind => Ok(()),
        other => Err(format!("expected a failure of kind {kind}, found {other:?}").into()),
    }
}

/// Spawns the threads, joins them, and has no outcome but that.
fn threads(bodies: impl IntoIterator<Item = impl FnOnce() + Send + 'static>) {
    let handles: Vec<_> = bodies.into_iter().map(thread::spawn).collect();
    handles.into_iter().for_each(|handle| handle.join().expect("no thread panics"));
}

fn table(seats: usize, meals: usize, ordered: bool) -> Program {
    Program::new(move || {
        let forks: Arc<[Mutex<()>]> = (0..seats).map(|_| Mutex::new(())).collect();
        threads((0..seats).map(|seat| {
            let forks = Arc::clone(&forks);
            move || {
                let (left, right) = (seat, (seat + 1) % seats);
                let swap = ordered && left > right;
                let (first, second) = if swap { (right, left) } else { (left, right) };
                for _ in 0..meals {
                    let _first = forks[first].lock().expect("no poison");
                    let _second = forks[second].lock().expect("no poison");
                }
            }
        }));
        Ok(String::new())
    })
}

fn ordered_forks(engine: Engine) -> Result<(), Failed> {
    let known =
        [(2, 1, 2), (2, 2, 6), (3, 1, 6), (3, 2, 90), (4, 1, 14), (4, 2, 786), (5, 1, 30), (5, 2, 5_730)];
    for (seats, meals, traces) in known.into_iter().chain([(8, 1, 254)]) {
        exactly(&explore(engine, &table(seats, meals, true), &Budget::default()), traces)?;
    }
    Ok(())
}

fn naive_forks(engine: Engine) -> Result<(), Failed> {
    let all = Budget { count_failures: true, ..Budget::default() };
    let counted = explore(engine, &table(5, 2, false), &all);
    fails_as(&counted, FailureKind::Deadlock)?;
    if (counted.executions, counted.failures) != (5_851, 121) {
        return Err(format!("{} executions, {} deadlocks", counted.executions, counted.failures).into());
    }
    let first = explore(engine, &table(5, 1, false), &Budget::default());
    fails_as(&first, FailureKind::Deadlock)?;
    if first.executions > 31 {
        return Err(format!("the first deadlock after {} executions", first.executions).into());
    }
    Ok(())
}

/// Forks that are mutexes, taken one by one, have one trace for each way in which the meals can be ordered
/// round the table, whatever breaks the circle. A table that has one object for all orders more: a line of n
/// philosophers has n! orders, and all but the first find their number up or have to look again.
fn tables(engine: Engine) -> Result<(), Failed> {
    type Counts<'a> = &'a [(usize, usize, u64)];
    let known: [(&str, Counts<'_>); 9] = [
        ("ordered", &[(3, 2, 90), (4, 2, 786), (5, 2, 5_730), (8, 1, 254)]),
        ("asymmetric", &[(3, 2, 90), (4, 2, 786), (5, 2, 5_730), (8, 1, 254)]),
        ("chairs", &[(3, 2, 90), (4, 2, 786), (5, 2, 5_730), (8, 1, 254)]),
        ("footman", &[(2, 1, 4), (2, 2, 40), (3, 1, 246), (4, 1, 17_288)]),
        ("try_lock", &[(2, 1, 4), (2, 2, 34), (3, 1, 340)]),
        ("monitor", &[(2, 1, 4), (2, 2, 38), (3, 1, 36), (3, 2, 8_130), (4, 1, 1_672)]),
        ("waiter", &[(2, 1, 6), (2, 2, 78), (3, 1, 102), (4, 1, 14_696)]),
        ("ticket", &[(2, 1, 2 * 2), (3, 1, 6 * 4), (4, 1, 24 * 8), (5, 1, 120 * 16), (3, 2, 1_704)]),
        ("courteous", &[(2, 2, 58), (3, 1, 6), (3, 2, 6_492), (5, 1, 30), (8, 1, 254)]),
    ];
    for (name, counts) in known {
        let mut subjects = refectory::catalogue::subjects();
        let subject = subjects.find(|it| it.id() == format!("threads/table/{name}")).ok_or(name)?;
        for &(seats, meals, traces) in counts {
            let found = explore(engine, &subject.program(Scope::Size(Size(seats, meals))), &strict());
            exactly(&found, traces)
                .map_err(|_| format!("{name} {seats}x{meals}: {} of {traces}", found.executions))?;
        }
    }
    Ok(())
}

/// The classic on which source sets alone explore too much: a reader looks for the last zero of an
/// array in which each writer makes one element larger than its left neighbour.
fn lastzero(engine: Engine) -> Result<(), Failed> {
    for (writers, traces) in [(3, 12), (5, 64), (7, 320), (10, 3_328)] {
        let program = Program::new(move || {
            let array: Arc<[AtomicUsize]> = (0..=writers).map(|_| AtomicUsize::new(0)).collect();
            let reader = Arc::clone(&array);
            let mut bodies: Vec<Box<dyn FnOnce() + Send>> = vec![Box::new(move || {
                let mut last = writers;
                while reader[last].load(SeqCst) != 0 {
                    last -= 1;
                }
            })];
            for writer in 1..=writers {
                let array = Arc::clone(&array);
                bodies.push(Box::new(move || {
                    let left = array[writer - 1].load(SeqCst);
                    array[writer].store(left + 1, SeqCst);
                }));
            }
            threads(bodies);
            Ok(String::new())
        });
        exactly(&explore(engine, &program, &Budget::default()), traces)?;
    }
    Ok(())
}

fn increments(engine: Engine) -> Result<(), Failed> {
    for (count, each, traces) in [(2, 1, 2), (3, 1, 6), (4, 1, 24), (5, 1, 120), (3, 2, 90)] {
        let program = Program::new(move || {
            let counter = Arc::new(AtomicUsize::new(0));
            threads((0..count).map(|_| {
                let counter = Arc::clone(&counter);
                move || {
                    for _ in 0..each {
                        counter.fetch_add(1, SeqCst);
                    }
                }
            }));
            Ok(counter.load(SeqCst).to_string())
        });
        exactly(&explore(engine, &program, &Budget::default()), traces)?;
    }
    let locked = Program::new(|| {
        let counter = Arc::new(Mutex::new(0));
        threads((0..3).map(|_| {
            let counter = Arc::clone(&counter);
            move || (0..3).for_each(|_| *counter.lock().expect("no poison") += 1)
        }));
        Ok(counter.lock().expect("no poison").to_string())
    });
    exactly(&explore(engine, &locked, &Budget::default()), 1_680)
}

/// A stack that leaks its nodes: reclamation is not the matter here.
#[derive(Default)]
struct Stack {
    head: AtomicPtr<Node>,
}

struct Node {
    next: *mut Node,
}

impl Stack {
    fn push(&self) {
        let node = Box::into_raw(Box::new(Node { next: std::ptr::null_mut() }));
        let mut head = self.head.load(SeqCst);
        loop {
            // SAFETY: the node is not published yet.
            unsafe { (*node).next = head };
            match self.head.compare_exchange(head, node, SeqCst, SeqCst) {
                Ok(_) => return,
                Err(found) => head = found,
            }
        }
    }

    fn pop(&self) {
        let mut head = self.head.load(SeqCst);
        while !head.is_null() {
            // SAFETY: nodes are never freed.
            let next = unsafe { (*head).next };
            match self.head.compare_exchange(head, next, SeqCst, SeqCst) {
                Ok(_) => return,
                Err(found) => head = found,
            }
        }
    }
}

/// `count` threads, each of which pushes and pops `each` times.
fn treiber_stack(engine: Engine) -> Result<(), Failed> {
    let program = |count: usize, each: usize| {
        Program::new(move || {
            let stack = Arc::new(Stack::default());
            threads((0..count).map(|_| {
                let stack = Arc::clone(&stack);
                move || {
                    for _ in 0..each {
                        stack.push();
                        stack.pop();
                    }
                }
            }));
            Ok(String::new())
        })
    };
    for (count, each, traces) in [(2, 1, 40), (2, 2, 6_372), (3, 1, 25_680)] {
        exactly(&explore(engine, &program(count, each), &Budget::default()), traces)?;
    }
    Ok(())
}

/// Memory that the threads of a test share as they like: whether they may is what the engine has to say.
struct Shared(UnsafeCell<usize>);

// SAFETY: an engine runs one thread at a time, and judges the order of the accesses.
unsafe impl Sync for Shared {}

impl Shared {
    fn new() -> Self {
        Self(UnsafeCell::new(0))
    }

    fn add(&self) {
        // SAFETY: the pointer is valid for the call, in which the engine runs no other thread.
        self.0.with_mut(|value| unsafe { *value += 1 });
    }

    fn get(&self) -> usize {
        // SAFETY: as above.
        self.0.with(|value| unsafe { *value })
    }
}

fn spin_locks(engine: Engine) -> Result<(), Failed> {
    let test_and_set = Program::new(|| {
        let lock = Arc::new((AtomicBool::new(false), Shared::new()));
        threads((0..3).map(|_| {
            let lock = Arc::clone(&lock);
            move || {
                hint::spin_until(1, || !lock.0.swap(true, SeqCst));
                lock.1.add();
                lock.0.store(false, SeqCst);
            }
        }));
        Ok(lock.1.get().to_string())
    });
    let found = explore(engine, &test_and_set, &Budget::default());
    exactly(&found, found.executions)?;
    let outcomes: Vec<_> = found.outcomes.keys().map(String::as_str).collect();
    if outcomes == ["3"] { Ok(()) } else { Err(format!("{outcomes:?}").into()) }
}

/// Main keeps an owner until the others have ended, so it is always the last: one trace. Without it,
/// any of the three can be.
fn reference_counts(engine: Engine) -> Result<(), Failed> {
    let program = |keep: bool| {
        Program::new(move || {
            let shared = refectory::sync::Arc::new(());
            let bodies: Vec<_> = (0..3)
                .map(|_| {
                    let mine = refectory::sync::Arc::clone(&shared);
                    move || drop(mine)
                })
                .collect();
            let kept = keep.then_some(shared);
            threads(bodies);
            drop(kept);
            Ok(String::new())
        })
    };
    exactly(&explore(engine, &program(true), &Budget::default()), 1)?;
    exactly(&explore(engine, &program(false), &Budget::default()), 3)
}

fn panics_and_joins(engine: Engine) -> Result<(), Failed> {
    let taken = Program::new(|| Ok(thread::spawn(|| panic!("taken")).join().is_err().to_string()));
    exactly(&explore(engine, &taken, &Budget::default()), 1)?;
    let escaped = Program::new(|| {
        drop(thread::spawn(|| panic!("nobody takes this")));
        Ok(String::new())
    });
    let found = explore(engine, &escaped, &Budget::default());
    fails_as(&found, FailureKind::Panic)?;
    let message = found.failure.map(|failure| failure.message).unwrap_or_default();
    if message.contains("nobody takes this") { Ok(()) } else { Err(message.into()) }
}

fn leaks(engine: Engine) -> Result<(), Failed> {
    let program = Program::new(|| {
        std::mem::forget(refectory::sync::Arc::new(()));
        Ok(String::new())
    });
    fails_as(&explore(engine, &program, &Budget::default()), FailureKind::Leak)
}

fn races(engine: Engine) -> Result<(), Failed> {
    use refectory::sync::atomic::Ordering::{Acquire, Relaxed, Release};
    let publish = |store, load| {
        Program::new(move || {
            let shared = Arc::new((Shared::new(), AtomicBool::new(false)));
            let (writer, reader) = (Arc::clone(&shared), Arc::clone(&shared));
            let bodies: [Box<dyn FnOnce() + Send>; 2] = [
                Box::new(move || {
                    writer.0.add();
                    writer.1.store(true, store);
                }),
                Box::new(move || {
                    if reader.1.load(load) {
                        reader.0.get();
                    }
                }),
            ];
            threads(bodies);
            Ok(String::new())
        })
    };
    exactly(&explore(engine, &publish(Release, Acquire), &Budget::default()), 2)?;
    for (store, load) in [(Relaxed, Acquire), (Release, Relaxed), (Relaxed, Relaxed)] {
        fails_as(&explore(engine, &publish(store, load), &Budget::default()), FailureKind::DataRace)?;
    }
    Ok(())
}

/// A gate that a thread opens, and that another one waits at for as long as `wait` says.
fn gate<R: ToString + Send + 'static>(wait: fn(&Condvar, MutexGuard<'_, bool>) -> R) -> Program {
    Program::new(move || {
        let gate = Arc::new((Mutex::new(false), Condvar::new()));
        let (waiter, opener) = (Arc::clone(&gate), gate);
        let waiter = thread::spawn(move || {
            let open = waiter.0.lock().expect("no poison");
            wait(&waiter.1, open).to_string()
        });
        let opener = thread::spawn(move || {
            *opener.0.lock().expect("no poison") = true;
            opener.1.notify_one();
        });
        opener.join().expect("no thread panics");
        Ok(waiter.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

fn outcomes(exploration: &Exploration) -> Vec<&str> {
    exploration.outcomes.keys().map(String::as_str).collect()
}

fn same<T: PartialEq + std::fmt::Debug>(found: T, expected: T) -> Result<(), Failed> {
    if found == expected { Ok(()) } else { Err(format!("found {found:?}, expected {expected:?}").into()) }
}

fn time_outs(engine: Engine) -> Result<(), Failed> {
    // One wait: it ends in time or not, and all of that is seen.
    let once = gate(|condvar, open| {
        if *open {
            return "open".to_owned();
        }
        let (open, result) = condvar.wait_timeout(open, TIME).expect("no poison");
        format!("timed out: {}, open: {}", result.timed_out(), *open)
    });
    let found = explore(engine, &once, &strict());
    same(&found.coverage, &Ok(Extent::Complete(STRICTLY)))?;
    let both = [
        "open",
        "timed out: false, open: true",
        "timed out: true, open: false",
        "timed out: true, open: true",
    ];
    same(outcomes(&found), both.to_vec())?;
    // A loop could time out for ever: it is bounded, and says so.
    let polling = gate(|condvar, mut open| {
        while !*open {
            open = condvar.wait_timeout(open, TIME).expect("no poison").0;
        }
        "open"
    });
    let found = explore(engine, &polling, &strict());
    same(
        &found.coverage,
        &Ok(Extent::Complete(Bounds { timeouts: Some(Budget::default().early_timeouts), ..STRICTLY })),
    )?;
    same((outcomes(&found), found.redundant), (vec!["open"], 0))
}

fn spurious_wakeups(engine: Engine) -> Result<(), Failed> {
    let unchecked = gate(|condvar, mut open| {
        if !*open {
            open = condvar.wait(open).expect("no poison");
        }
        *open
    });
    let found = explore(engine, &unchecked, &strict());
    same(&found.coverage, &Ok(Extent::Complete(STRICTLY)))?;
    same(outcomes(&found), vec!["true"])?;
    same(outcomes(&explore(engine, &unchecked, &Budget::default())), vec!["false", "true"])?;
    let checked = gate(|condvar, open| *condvar.wait_while(open, |open| !*open).expect("no poison"));
    let found = explore(engine, &checked, &Budget::default());
    same(&found.coverage, &Ok(Extent::Complete(Bounds { spurious: Some(1), ..Bounds::NONE })))?;
    same(outcomes(&found), vec!["true"])?;
    // A wait that returns for no reason has not timed out.
    let timed = gate(|condvar, open| {
        let (open, timed_out) = condvar.wait_timeout_while(open, TIME, |open| !*open).expect("no poison");
        format!("{open} {}", timed_out.timed_out())
    });
    same(outcomes(&explore(engine, &timed, &Budget::default())), vec!["false true", "true false"])?;
    // That somebody could return for no reason saves nobody.
    let lost = Program::new(|| {
        thread::spawn(thread::park).join().expect("no panic");
        Ok("woken".to_owned())
    });
    let found = explore(engine, &lost, &Budget { count_failures: true, ..Budget::default() });
    fails_as(&found, FailureKind::Deadlock)?;
    same(outcomes(&found), vec!["woken"])
}

fn spurious_failures(engine: Engine) -> Result<(), Failed> {
    let program = Program::new(|| {
        let number = Arc::new(AtomicUsize::new(0));
        let attempts: Vec<_> = (0..2)
            .map(|k| {
                let number = Arc::clone(&number);
                thread::spawn(move || number.compare_exchange_weak(0, k + 1, SeqCst, SeqCst).is_ok())
            })
            .collect();
        let won: Vec<bool> = attempts.into_iter().map(|thread| thread.join().expect("no panic")).collect();
        Ok(format!("{won:?}"))
    });
    same(outcomes(&explore(engine, &program, &strict())), vec!["[false, true]", "[true, false]"])?;
    same(outcomes(&explore(engine, &program, &Budget::default())), vec!["[false, true]", "[true, false]"])?;
    let twice = Budget { spurious: 2, ..Budget::default() };
    let all = vec!["[false, false]", "[false, true]", "[true, false]"];
    same(outcomes(&explore(engine, &program, &twice)), all)
}

/// An object that was made outside the model does not go unnoticed.
fn objects_from_elsewhere(engine: Engine) -> Result<(), Failed> {
    let foreign = Arc::new(Mutex::new(()));
    let program = Program::new(move || {
        drop(foreign.lock());
        Ok(String::new())
    });
    let found = explore(engine, &program, &Budget::default());
    fails_as(&found, FailureKind::Panic)?;
    let message = found.failure.map(|failure| failure.message).unwrap_or_default();
    let says =
        message.starts_with("a Mutex made at verify/exact.rs:") && message.contains("belongs to native");
    if says { Ok(()) } else { Err(message.into()) }
}

/// Executions in which the two drivers are compared. Where they part they do so early: both take their decisions from
/// one explorer, and only run them differently.
const COMPARED: u64 = 2_000;

/// Both drivers give the same facts for every subject.
fn agreements() -> Vec<Trial> {
    if !(Engine::Dpor.available() && Engine::DporOnShuttle.available()) {
        return Vec::new();
    }
    let cells = refectory::catalogue::cells(refectory::cell::Level::PullRequest);
    let exact = cells.into_iter().filter(|cell| cell.engine == Engine::Dpor);
    exact
        .map(|cell| {
            let name = format!("exact::drivers_agree::{}", cell.id());
            Trial::test(name, move || {
                let budget = Budget { executions: COMPARED, ..cell.budget() };
                let [raw, shuttle] = [Engine::Dpor, Engine::DporOnShuttle]
                    .map(|engine| comparable(explore(engine, &cell.program(), &budget)));
                if raw == shuttle { Ok(()) } else { Err(format!("{raw:#?}\n{shuttle:#?}").into()) }
            })
        })
        .collect()
}

/// What both drivers must report alike: everything but the addresses in a trace.
fn comparable(mut exploration: Exploration) -> (Exploration, String) {
    let trace =
        exploration.failure.as_mut().map(|failure| (failure.kind, std::mem::take(&mut failure.trace)));
    let table = trace.map(|(kind, trace)| report::counterexample(kind, &trace, Style::Plain));
    (exploration, table.unwrap_or_default())
}

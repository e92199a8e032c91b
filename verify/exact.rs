//! The exact engine through the facade: counts that are known, on both drivers.
//!
//! The numbers are those of Mazurkiewicz traces; they can be worked out by hand or are known from the
//! literature.

mod claims;
mod counts;
mod futexes;
mod limits;
mod memory;
mod messages;
mod spurious;
mod tables;

use libtest_mimic::{Failed, Trial};
use refectory::engine::{Bounds, Budget, Engine, Exploration, Extent, FailureKind, Program, Reason, explore};
use refectory::report::{self, Style};
use refectory::sync::{Mutex, thread};
use std::fmt::Debug;
use std::sync::Arc;

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
        trial("tables::ordered_forks", tables::ordered_forks),
        trial("tables::naive_forks", tables::naive_forks),
        trial("tables::of_the_catalogue", tables::of_the_catalogue),
        trial("counts::lastzero", counts::lastzero),
        trial("counts::increments", counts::increments),
        trial("counts::treiber_stack", counts::treiber_stack),
        trial("messages::deliveries", messages::deliveries),
        trial("messages::published", messages::published),
        trial("memory::spin_locks", memory::spin_locks),
        trial("memory::reference_counts", memory::reference_counts),
        trial("memory::leaks", memory::leaks),
        trial("memory::races", memory::races),
        trial("spurious::time_outs", spurious::time_outs),
        trial("spurious::wakeups", spurious::wakeups),
        trial("spurious::failures", spurious::failures),
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
        trial("panics_and_joins", panics_and_joins),
        trial("objects_from_elsewhere", objects_from_elsewhere),
    ]
}

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

fn outcomes(exploration: &Exploration) -> Vec<String> {
    exploration.outcomes.keys().collect()
}

fn same<T: PartialEq<U> + Debug, U: Debug>(found: T, expected: U) -> Result<(), Failed> {
    if found == expected { Ok(()) } else { Err(format!("found {found:?}, expected {expected:?}").into()) }
}

/// Spawns the threads, joins them, and has no outcome but that.
fn threads(bodies: impl IntoIterator<Item = impl FnOnce() + Send + 'static>) {
    let handles: Vec<_> = bodies.into_iter().map(thread::spawn).collect();
    handles.into_iter().for_each(|handle| handle.join().expect("no thread panics"));
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
                // On shuttle's runtime nobody dies. And after a data race a program may do anything, whatever its schedule: the
                // two are compared up to the first failure.
                let budget = Budget { executions: COMPARED, deaths: 0, shorten: 0, ..cell.budget() };
                let shuttle = explore(Engine::DporOnShuttle, &cell.program(), &budget);
                if let Err(Reason::Unsupported(_)) = shuttle.coverage {
                    // Its runtime cannot end the threads of a process that has ended.
                    return Ok(());
                }
                let raw = explore(Engine::Dpor, &cell.program(), &budget);
                repeats(&raw, &cell.program(), &budget)?;
                let [raw, shuttle] = [raw, shuttle].map(comparable);
                if raw == shuttle { Ok(()) } else { Err(format!("{raw:#?}\n{shuttle:#?}").into()) }
            })
        })
        .collect()
}

/// What went wrong goes wrong again where the execution is all that is known, as in another process.
#[cfg(any(feature = "dpor", feature = "shuttle"))]
fn repeats(seen: &Exploration, program: &Program, budget: &Budget) -> Result<(), Failed> {
    let (Some(failure), Some(text)) = (&seen.failure, &seen.replay) else { return Ok(()) };
    let alone = refectory::engine::replay(program, budget, text)?;
    let [there, here] = [Some(failure), alone.failure.as_ref()]
        .map(|failure| failure.map(|failure| (failure.kind, failure.message.clone())));
    if there == here { Ok(()) } else { Err(format!("{text} gives {here:?}, and there was {there:?}").into()) }
}

#[cfg(not(any(feature = "dpor", feature = "shuttle")))]
fn repeats(_: &Exploration, _: &Program, _: &Budget) -> Result<(), Failed> {
    Ok(())
}

/// What both drivers must report alike: everything but the addresses in a trace, the numbers of objects, and how large a search that was cut would
/// have been, which is estimated from where it stands.
fn comparable(mut exploration: Exploration) -> (Exploration, String) {
    (exploration.expected, exploration.replay) = (None, None);
    let trace =
        exploration.failure.as_mut().map(|failure| (failure.kind, std::mem::take(&mut failure.trace)));
    let table = trace.map(|(kind, trace)| report::counterexample(kind, &trace, Style::Plain));
    (exploration, table.unwrap_or_default())
}

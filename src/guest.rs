//! Checks for a guest's own tests: a closure, and every way in which its threads can run.
//!
//! ```
//! use refectory::sync::atomic::{AtomicU32, Ordering::Relaxed};
//! use refectory::sync::{Arc, thread};
//!
//! # #[cfg(feature = "dpor")]
//! refectory::check(|| {
//!     let sum = Arc::new(AtomicU32::new(0));
//!     let adds = [1, 2].map(|n| {
//!         let sum = Arc::clone(&sum);
//!         thread::spawn(move || sum.fetch_add(n, Relaxed))
//!     });
//!     adds.into_iter().for_each(|thread| drop(thread.join().unwrap()));
//!     assert_eq!(sum.load(Relaxed), 3);
//! });
//! ```
//!
//! Where an execution goes wrong the test fails, with that execution in a table, who waits for whom, and a line that runs this one
//! execution again. Where the search is not over within its budget it is made once more with a bound on preemptions, and says so; where
//! that is not over either the test fails, because nothing was decided.

use crate::engine::{
    Budget, Engine, Exploration, Failure, Note, Outcome, Program, Reason, Violation, explore,
};
use crate::judge::Verdict;
use crate::port::Harness;
use crate::report::{Style, evidence};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::panic::Location;
use std::time::Duration;

/// Checks every execution of the closure with the exact engine, one for each class of equivalent ones. See [`Check`].
///
/// # Panics
/// If an execution goes wrong, or if nothing was decided: the message says what to do.
#[track_caller]
pub fn check<T: Passes>(body: impl Fn() -> T + Send + Sync + 'static) {
    Check::new().run(body);
}

/// What a check ends with: nothing, or a result, of which an error is a violation.
pub trait Passes {
    /// Whether it has passed, and if not, why.
    fn passes(self) -> Result<(), String>;
}

impl Passes for () {
    fn passes(self) -> Result<(), String> {
        Ok(())
    }
}

impl<E: Debug> Passes for Result<(), E> {
    fn passes(self) -> Result<(), String> {
        self.map_err(|error| format!("{error:?}"))
    }
}

/// A check that is about to be made.
///
/// ```no_run
/// use refectory::Check;
/// use refectory::engine::Engine::{Dpor, Loom, Pct};
///
/// Check::new().engines([Dpor, Loom, Pct]).preemptions(3).executions(10_000).run(|| {
///     // Spawn, do, join, assert.
/// });
/// ```
#[derive(Clone, Debug)]
#[must_use = "it is made by `run`"]
pub struct Check {
    engines: Vec<Engine>,
    executions: Option<u64>,
    budget: Budget,
    must_cover: Vec<&'static str>,
}

/// The environment variable that has one execution run again, instead of a search.
const REPLAY: &str = "REFECTORY_REPLAY";

/// The executions of a search, where nothing else is asked for: a few seconds.
const EXECUTIONS: u64 = 200_000;
/// The same of an engine that draws them.
const DRAWN: u64 = 2_000;
/// Executions after the first one that goes wrong, in search of one that is easier to read.
const SHORTEN: u64 = 1_000;
/// The bound within which a search is made that was not over.
const BOUND: u32 = 2;

impl Default for Check {
    fn default() -> Self {
        Self::new()
    }
}

impl Check {
    /// The check of [`check`]: the exact engine, up to 200,000 executions, and if that is not all of them, all with at most two preemptions.
    pub fn new() -> Self {
        let budget = Budget { shorten: SHORTEN, ..Budget::default() };
        Self { engines: vec![Engine::Dpor], executions: None, budget, must_cover: Vec::new() }
    }

    /// The same with these engines, one after the other; each needs its feature.
    pub fn engines(self, engines: impl IntoIterator<Item = Engine>) -> Self {
        Self { engines: engines.into_iter().collect(), ..self }
    }

    /// The same with at most so many executions for each engine.
    pub const fn executions(mut self, most: u64) -> Self {
        self.executions = Some(most);
        self
    }

    /// The same with at most so many preemptions in an execution (`dpor`, `loom`).
    pub const fn preemptions(mut self, most: u32) -> Self {
        self.budget.preemptions = Some(most);
        self
    }

    /// The same with at most so much time for each engine. What was decided depends on the machine then.
    pub const fn time(mut self, most: Duration) -> Self {
        self.budget.time = Some(most);
        self
    }

    /// The same with or without what happens for no reason: a wait that ends unasked, a weak compare-exchange that fails, a future that
    /// is polled once more. Once in an execution, unless it is switched off.
    pub const fn spurious(mut self, may_happen: bool) -> Self {
        self.budget.spurious = may_happen as u8;
        self
    }

    /// The same with at most so many futures that are dropped while they wait: see
    /// [`cancellable`](crate::sync::future::cancellable).
    pub const fn cancellations(mut self, most: u8) -> Self {
        self.budget.cancellations = most;
        self
    }

    /// The same with another seed, for the engines that draw.
    pub const fn seed(mut self, seed: u64) -> Self {
        self.budget.seed = seed;
        self
    }

    /// The same, and some execution has to come to the [`cover!`](crate::cover) of each of these names: a check that never comes there
    /// has not tested what it was written for.
    pub fn covers(mut self, names: impl IntoIterator<Item = &'static str>) -> Self {
        self.must_cover.extend(names);
        self
    }

    /// Makes the check.
    ///
    /// # Panics
    /// As [`check`].
    #[track_caller]
    pub fn run<T: Passes>(self, body: impl Fn() -> T + Send + Sync + 'static) {
        let program = Program::new(move || passed(body().passes()));
        match self.judge(&program, &Location::caller().line().to_string()) {
            Ok(held) => print!("{held}"),
            Err(failed) => panic!("{failed}"),
        }
    }

    /// Makes the check of an implementation of a [port](crate::port), in each of the port's scenarios for a pull request: its properties,
    /// and of a queue that every history of every execution is linearizable.
    ///
    /// ```
    /// use refectory::Check;
    /// use refectory::port::try_queue::{self, TryQueue};
    /// use refectory::port::{Full, Item};
    /// use refectory::sync::Mutex;
    /// use std::collections::VecDeque;
    ///
    /// struct Mine<T> {
    ///     items: Mutex<VecDeque<T>>,
    ///     room: usize,
    /// }
    ///
    /// impl<T: Send + 'static> TryQueue<T> for Mine<T> {
    ///     fn with_capacity(room: usize) -> Self {
    ///         Self { items: Mutex::new(VecDeque::new()), room }
    ///     }
    ///
    ///     fn try_push(&self, item: T) -> Result<(), Full<T>> {
    ///         let mut items = self.items.lock().unwrap();
    ///         if items.len() == self.room {
    ///             return Err(Full(item));
    ///         }
    ///         items.push_back(item);
    ///         Ok(())
    ///     }
    ///
    ///     fn try_pop(&self) -> Option<T> {
    ///         self.items.lock().unwrap().pop_front()
    ///     }
    /// }
    ///
    /// # #[cfg(feature = "dpor")]
    /// Check::new().port(try_queue::harness::<Mine<Item>>());
    /// ```
    ///
    /// # Panics
    /// As [`check`].
    #[track_caller]
    pub fn port(self, harness: Harness) {
        let line = Location::caller().line();
        for &size in harness.port.sizes {
            let program = harness.program((harness.port.scenario)(size));
            match self.judge(&program, &format!("{line}-{size}")) {
                Ok(held) => print!("{} {size}: {held}", harness.port.name),
                Err(failed) => panic!("{} {size}: {failed}", harness.port.name),
            }
        }
    }

    /// What came of the program at this place, in words.
    fn judge(&self, program: &Program, place: &str) -> Result<String, String> {
        let asked = std::env::var(REPLAY).ok();
        match asked.as_deref().and_then(|text| mine(text, place)) {
            Some((engine, text)) => self.replay(program, engine, text),
            None => self.search(program, place),
        }
    }

    /// Looks for an execution that goes wrong.
    fn search(&self, program: &Program, place: &str) -> Result<String, String> {
        if self.engines.is_empty() {
            return Err("no engine was asked for: `engines` takes at least one".to_owned());
        }
        let mut said = String::new();
        let covered = Covers::collect(|| {
            for &engine in &self.engines {
                if !engine.available() {
                    return Err(missing(engine));
                }
                said += &self.search_with(engine, program, place)?;
            }
            Ok(())
        })?;
        let draws_on_threads = self.engines.contains(&Engine::Native);
        match covered.missing(&self.must_cover) {
            missing if missing.is_empty() || draws_on_threads => Ok(said),
            missing => Err(format!("no execution comes to {}\n{said}", missing.join(", "))),
        }
    }

    fn search_with(&self, engine: Engine, program: &Program, place: &str) -> Result<String, String> {
        let usual = if engine.draws() { DRAWN } else { EXECUTIONS };
        let budget = Budget { executions: self.executions.unwrap_or(usual), ..self.budget };
        let mut seen = explore(engine, program, &budget);
        let mut verdict = Verdict::of(engine, &seen);
        let was_cut = matches!(verdict, Verdict::Inconclusive(Reason::Budget(_)));
        if was_cut && engine == Engine::Dpor && budget.preemptions.is_none() {
            let bounded = explore(engine, program, &Budget { preemptions: Some(BOUND), ..budget });
            if let judged @ (Verdict::Held(_) | Verdict::Broken(_)) = Verdict::of(engine, &bounded) {
                (seen, verdict) = (bounded, judged);
            }
        }
        match verdict {
            Verdict::Held(extent) => Ok(format!(
                "{engine}: held ({extent}), {} executions\n{}",
                seen.executions,
                notes(&seen.notes)
            )),
            Verdict::Broken(failure) => {
                Err(finding(engine, &failure, &again(engine, &seen, &failure, place)))
            }
            Verdict::Inconclusive(reason) => Err(undecided(engine, &reason)),
        }
    }

    /// Runs one execution again, or, under an engine that cannot, all up to it.
    fn replay(&self, program: &Program, engine: Engine, text: &str) -> Result<String, String> {
        let (seen, what) = match text.parse() {
            Ok(number) => (
                explore(engine, program, &Budget { executions: number, ..self.budget }),
                "up to this execution",
            ),
            Err(_) => (alone(program, &self.budget, text)?, "this execution alone"),
        };
        match Verdict::of(engine, &seen) {
            Verdict::Broken(failure) => {
                Err(finding(engine, &failure, &format!("{REPLAY} was set: {what}\n")))
            }
            _ => Ok(format!("{engine}: the execution of {REPLAY} does not go wrong any more\n")),
        }
    }
}

fn passed(passed: Result<(), String>) -> Outcome {
    passed.map(|()| String::new()).map_err(|error| Violation::new("the_check_ends_well", error))
}

#[cfg(any(feature = "dpor", feature = "shuttle"))]
fn alone(program: &Program, budget: &Budget, text: &str) -> Result<Exploration, String> {
    crate::engine::replay(program, budget, text).map_err(|error| format!("{REPLAY}: {error}"))
}

#[cfg(not(any(feature = "dpor", feature = "shuttle")))]
fn alone(_: &Program, _: &Budget, _: &str) -> Result<Exploration, String> {
    Err(missing(Engine::Dpor))
}

fn missing(engine: Engine) -> String {
    let feature = match engine {
        Engine::Loom => "loom",
        Engine::Random | Engine::Pct | Engine::Urw | Engine::DporOnShuttle => "shuttle",
        Engine::Dpor | Engine::Native => "dpor",
    };
    format!("this build has no engine `{engine}`: give `refectory` the feature `{feature}` in Cargo.toml")
}

fn undecided(engine: Engine, reason: &Reason) -> String {
    let way_out = match reason {
        Reason::Budget(_) => {
            "\nLet it have fewer threads or operations, more with `executions`, a bound with `preemptions`, or an engine that draws, as in \
             `engines([Pct])`"
        }
        Reason::Vacuous => {
            "\nIts threads are to use `refectory::sync` and `refectory::sync::thread` instead of `std`"
        }
        _ => "",
    };
    format!("{engine}: not decided ({reason}){way_out}")
}

fn notes(notes: &[Note]) -> String {
    notes.iter().map(|note| format!("note: {note}\n")).collect()
}

/// What went wrong, in full.
fn finding(engine: Engine, failure: &Failure, again: &str) -> String {
    let mut text = format!("✗ {} in execution {} of {engine}\n\n", failure.kind, failure.execution);
    text += &evidence(failure, Style::Plain);
    text + "  " + again
}

/// The command that runs an execution again.
fn again(engine: Engine, seen: &Exploration, failure: &Failure, place: &str) -> String {
    if engine == Engine::Native {
        return "on real threads the schedule may differ each time\n".to_owned();
    }
    let text = seen.replay.clone().unwrap_or_else(|| failure.execution.to_string());
    format!("replay: {REPLAY}={place}.{engine}.{text} {}\n", command())
}

/// The command that runs this test alone, as far as it can be told.
fn command() -> String {
    // Tests run in threads of their names, unless there is one at a time: then it may have been asked for by name.
    let thread = std::thread::current();
    let of_thread = thread.name().filter(|name| *name != "main").map(str::to_owned);
    let of_arguments = || {
        let mut arguments = std::env::args().skip(1);
        let is_exact = std::env::args().any(|argument| argument == "--exact");
        arguments.find(|argument| !argument.starts_with('-')).filter(|_| is_exact)
    };
    match of_thread.or_else(of_arguments) {
        Some(test) => format!("cargo test {test} -- --exact"),
        None => "and the same command".to_owned(),
    }
}

/// The engine and the execution that are asked for, if they are of the check at this place.
fn mine<'a>(text: &'a str, place: &str) -> Option<(Engine, &'a str)> {
    let (engine, execution) = text.strip_prefix(place)?.strip_prefix('.')?.split_once('.')?;
    Some((Engine::named(engine)?, execution))
}

/// Which places of a check some execution has come to.
#[derive(Debug, Default)]
struct Covers(BTreeMap<&'static str, bool>);

thread_local! {
    /// Those of the check that this thread makes: under an engine all of its threads run on this one.
    static COVERS: RefCell<Option<Covers>> = const { RefCell::new(None) };
}

impl Covers {
    /// What is covered while `explore` runs.
    fn collect(explore: impl FnOnce() -> Result<(), String>) -> Result<Self, String> {
        let before = COVERS.replace(Some(Self::default()));
        let explored = explore();
        let covered = COVERS.replace(before).unwrap_or_default();
        explored.map(|()| covered)
    }

    /// What was looked at and never so, and those of `must` that were never looked at.
    fn missing(&self, must: &[&'static str]) -> Vec<String> {
        let never = self.0.iter().filter(|(_, seen)| !**seen).map(|(name, _)| *name);
        let unseen = must.iter().filter(|name| !self.0.contains_key(*name)).copied();
        never.chain(unseen).map(|name| format!("{name:?}")).collect()
    }
}

/// An execution has come to the place of this name, where it is so or not: for [`cover!`](crate::cover).
#[doc(hidden)]
pub fn covered(name: &'static str, is_so: bool) {
    COVERS.with_borrow_mut(|covers| {
        if let Some(Covers(covers)) = covers {
            *covers.entry(name).or_default() |= is_so;
        }
    });
}

/// States what some execution of a [`check`](fn@crate::check) has to come to, so that a test which tests nothing fails.
///
/// With a condition it stands where every execution comes along, and the condition has to be met in one of them at least. Without one it
/// is met where an execution comes to it; a place to which none comes is missed only if [`Check::covers`] asks for its name. Outside of
/// a check, and on real threads, it does nothing.
///
/// ```
/// use refectory::sync::atomic::{AtomicBool, Ordering::Relaxed};
/// use refectory::sync::{Arc, thread};
/// use refectory::{Check, cover};
///
/// # #[cfg(feature = "dpor")]
/// Check::new().covers(["it was late"]).run(|| {
///     let flag = Arc::new(AtomicBool::new(false));
///     let sets = thread::spawn({
///         let flag = Arc::clone(&flag);
///         move || flag.store(true, Relaxed)
///     });
///     let early = flag.load(Relaxed);
///     cover!("it was early", early);
///     if !early {
///         cover!("it was late");
///     }
///     sets.join().unwrap();
/// });
/// ```
#[macro_export]
macro_rules! cover {
    ($name:literal) => {
        $crate::guest::covered($name, true)
    };
    ($name:literal, $condition:expr) => {
        $crate::guest::covered($name, $condition)
    };
}

#[cfg(all(test, feature = "dpor"))]
mod tests {
    use super::*;
    use crate::sync::atomic::{AtomicU32, Ordering::Relaxed};
    use crate::sync::{Mutex, thread};
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Arc;

    /// Two threads that read, add and write.
    fn loses_an_update() {
        let sum = Arc::new(AtomicU32::new(0).named(format_args!("sum")));
        let adds = [1, 2].map(|n| {
            let sum = sum.clone();
            thread::spawn(move || sum.store(sum.load(Relaxed) + n, Relaxed))
        });
        adds.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(sum.load(Relaxed), 3, "an update is lost");
    }

    fn says(check: impl FnOnce()) -> String {
        let failed = catch_unwind(AssertUnwindSafe(check)).expect_err("it fails");
        *failed.downcast::<String>().expect("it says why")
    }

    #[test]
    fn an_execution_that_goes_wrong_is_told_and_runs_again_alone() {
        let told = says(|| check(loses_an_update));
        assert!(told.starts_with("✗ panic in execution ") && told.contains("an update is lost"), "{told}");
        assert!(told.contains("│ load sum → 0") && told.contains("cargo test guest::tests::an_"), "{told}");
        let replay = told.split(&format!("{REPLAY}=")).nth(1).unwrap().split(' ').next().unwrap();
        let (place, text) = replay.split_once('.').unwrap();
        let (engine, text) = text.split_once('.').unwrap();
        assert_eq!(engine, "dpor");
        let program = Program::new(|| {
            loses_an_update();
            Ok(String::new())
        });
        let again = Check::new().replay(&program, Engine::Dpor, text).unwrap_err();
        assert!(
            again.starts_with("✗ panic in execution 1 of dpor") && again.contains("an update is lost"),
            "{again}"
        );
        assert_eq!(mine(replay, place), Some((Engine::Dpor, text)));
        assert_eq!(mine(replay, "1"), None, "it is of another check");
        assert_eq!(mine("27-2x1.pct.17", "27-2x1"), Some((Engine::Pct, "17")));
    }

    /// The runtime that is left behind by a deadlock keeps no panic to itself.
    #[cfg(feature = "shuttle")]
    #[test]
    fn a_deadlock_that_was_drawn_is_told_by_a_panic_of_its_own() {
        let deadlock = || {
            let [a, b] = [(); 2].map(|()| Arc::new(Mutex::new(())));
            let both = |[first, second]: [Arc<Mutex<()>>; 2]| {
                thread::spawn(move || {
                    let _first = first.lock().unwrap();
                    drop(second.lock().unwrap());
                })
            };
            let threads = [both([a.clone(), b.clone()]), both([b, a])];
            threads.into_iter().for_each(|thread| thread.join().unwrap());
        };
        let told = says(|| Check::new().engines([Engine::Pct]).run(deadlock));
        assert!(told.starts_with("✗ deadlock in execution ") && told.contains(".pct.t0x2"), "{told}");
        assert_eq!(crate::sync::current::run(), 0, "no run is in progress");
    }

    #[test]
    fn an_implementation_of_a_port_passes_its_scenarios_or_is_told() {
        use crate::model::threads::lock::broken::NeverWakes;
        use crate::model::threads::lock::futex::Lock;
        use crate::port::lock;
        Check::new().port(lock::harness::<Lock>());
        let told = says(|| Check::new().port(lock::harness::<Lock<NeverWakes>>()));
        assert!(told.starts_with("lock 2x1: ✗ lost wake-up in execution "), "{told}");
        assert!(told.contains("-2x1.dpor.t"), "{told}");
    }

    #[test]
    fn a_check_without_an_engine_fails() {
        assert!(says(|| Check::new().engines([]).run(|| ())).contains("at least one"));
    }

    #[test]
    fn an_error_is_a_violation() {
        let told = says(|| check(|| Err::<(), _>("no soup")));
        assert!(told.contains("the_check_ends_well: \"no soup\""), "{told}");
    }

    #[test]
    fn what_is_not_decided_fails_and_says_what_to_do() {
        let told = says(|| {
            Check::new().executions(1).preemptions(0).run(|| {
                drop(
                    [0; 3]
                        .map(|_| thread::spawn(|| Mutex::new(0).lock().map(drop).unwrap()))
                        .map(thread::JoinHandle::join),
                )
            })
        });
        assert!(told.starts_with("dpor: not decided (") && told.contains("`preemptions`"), "{told}");
        let told =
            says(|| check(|| drop([0; 2].map(|_| thread::spawn(|| ())).map(thread::JoinHandle::join))));
        assert!(told.contains("refectory::sync"), "{told}");
    }

    #[test]
    fn a_search_that_is_not_over_is_made_within_a_bound() {
        let counts = || {
            let sum = Arc::new(AtomicU32::new(0));
            let adds = [0; 3].map(|_| {
                let sum = sum.clone();
                thread::spawn(move || (0..3).for_each(|_| _ = sum.fetch_add(1, Relaxed)))
            });
            adds.into_iter().for_each(|thread| thread.join().unwrap());
        };
        let program = Program::new(move || {
            counts();
            passed(Ok(()))
        });
        let said = Check::new().executions(500).search(&program, "1").unwrap();
        assert!(said.starts_with("dpor: held (") && said.contains("2 preemptions"), "{said}");
    }

    #[test]
    fn what_no_execution_comes_to_is_missed() {
        let told = says(|| {
            Check::new().covers(["never there"]).run(|| {
                crate::cover!("always", true);
                crate::cover!("never so", false);
            });
        });
        assert!(told.starts_with("no execution comes to \"never so\", \"never there\"\n"), "{told}");
        crate::cover!("outside of a check", false);
    }
}

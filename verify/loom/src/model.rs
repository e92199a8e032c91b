//! Models: programs whose every execution is explored, as `loom::model`.

use refectory::engine::{Budget, Engine, Exploration, Failure, Program, explore};
use refectory::report::{Style, evidence, grouped};
use refectory::judge::{Reason, Verdict};
use std::env::{self, VarError};
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// Explores every execution of the program.
///
/// # Panics
/// If one of them goes wrong, with a counterexample.
#[track_caller]
pub fn model<F>(program: F)
where
    F: Fn() + Sync + Send + 'static,
{
    Builder::new().check(program);
}

/// How a program is explored. [`new`](Self::new) takes bounds from the environment.
#[derive(Debug)]
#[non_exhaustive]
pub struct Builder {
    /// Does nothing: the engine has a limit of its own, which the report names.
    pub max_threads: usize,
    /// Operations of one execution, at most (`LOOM_MAX_BRANCHES`).
    pub max_branches: usize,
    /// Executions, at most (`LOOM_MAX_PERMUTATIONS`).
    pub max_permutations: Option<usize>,
    /// Time, at most (`LOOM_MAX_DURATION`, in seconds).
    pub max_duration: Option<Duration>,
    /// Preemptions of one execution, at most (`LOOM_MAX_PREEMPTIONS`).
    pub preemption_bound: Option<usize>,
    /// Does nothing.
    pub checkpoint_file: Option<PathBuf>,
    /// Does nothing.
    pub checkpoint_interval: usize,
    /// Does nothing: everything is explored.
    pub expect_explicit_explore: bool,
    /// Does nothing: reports always have places.
    pub location: bool,
    /// Does nothing.
    pub log: bool,
}

impl Builder {
    /// What the environment says, and else no bound but that on the length of an execution.
    ///
    /// # Panics
    /// If a variable of the environment is not a number.
    pub fn new() -> Self {
        Self {
            max_threads: 64,
            max_branches: number("LOOM_MAX_BRANCHES").unwrap_or(20_000),
            max_permutations: number("LOOM_MAX_PERMUTATIONS"),
            max_duration: number("LOOM_MAX_DURATION").map(Duration::from_secs),
            preemption_bound: number("LOOM_MAX_PREEMPTIONS"),
            checkpoint_file: None,
            checkpoint_interval: 20_000,
            expect_explicit_explore: false,
            location: false,
            log: false,
        }
    }

    /// Does nothing.
    pub fn checkpoint_file(&mut self, file: &str) -> &mut Self {
        self.checkpoint_file = Some(file.into());
        self
    }

    /// Explores every execution of the program within the bounds.
    ///
    /// # Panics
    /// If one of them goes wrong, with a counterexample; if the engine cannot run the program; with
    /// `REFECTORY_LOOM_STRICT=1` also if the bounds left the question open.
    #[track_caller]
    pub fn check<F>(&self, program: F)
    where
        F: Fn() + Sync + Send + 'static,
    {
        let program = Program::new(move || {
            crate::alloc::next_execution();
            program();
            Ok(String::new())
        });
        let exploration = explore(Engine::Dpor, &program, &self.budget());
        let verdict = Verdict::of(Engine::Dpor, &exploration);
        record(&verdict, &exploration);
        conclude(&verdict, &exploration);
    }

    fn budget(&self) -> Budget {
        Budget {
            executions: self.max_permutations.map_or(u64::MAX, |most| most as u64),
            time: self.max_duration,
            operations: narrowed(self.max_branches),
            preemptions: self.preemption_bound.map(narrowed),
            // loom's executions end when every thread has ended, and not with main.
            daemons: false,
            // loom has none.
            spurious: 0,
            ..Budget::default()
        }
    }
}

impl Default for Builder {
    fn default() -> Self {
        Self::new()
    }
}

fn narrowed(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// A number from the environment.
fn number<T: FromStr>(name: &str) -> Option<T> {
    match env::var(name) {
        Ok(text) => Some(text.parse().unwrap_or_else(|_| panic!("invalid value for `{name}`: {text}"))),
        Err(VarError::NotPresent) => None,
        Err(error) => panic!("invalid value for `{name}`: {error}"),
    }
}

/// Panics where something is wrong, and says where something is open.
#[track_caller]
fn conclude(verdict: &Verdict, exploration: &Exploration) {
    let strict = env::var_os("REFECTORY_LOOM_STRICT").is_some_and(|value| value == "1");
    match verdict {
        Verdict::Held(_) => {}
        Verdict::Broken(failure) => panic!("{}", told(failure, exploration)),
        Verdict::Inconclusive(reason @ (Reason::Budget(_) | Reason::Vacuous)) if !strict => {
            // Not `eprintln!`, which a test that passes keeps to itself.
            let _ = writeln!(io::stderr(), "? {reason} ({} in {})", executions(exploration), test());
        }
        Verdict::Inconclusive(reason) => panic!("? {reason} ({} in {})", executions(exploration), test()),
    }
}

fn told(failure: &Failure, exploration: &Exploration) -> String {
    let (kind, number) = (failure.kind, grouped(failure.execution));
    let mut text = format!("✗ {kind} in {}, execution {number} of {}\n\n", test(), executions(exploration));
    text += &evidence(failure, Style::Plain);
    text
}

fn executions(exploration: &Exploration) -> String {
    let plural = if exploration.executions == 1 { "" } else { "s" };
    format!("{} execution{plural}", grouped(exploration.executions))
}

/// The name of the test: a harness gives it to the test's thread.
fn test() -> String {
    std::thread::current().name().unwrap_or("a thread without a name").to_owned()
}

/// Appends a line of JSON to the file that the environment names.
fn record(verdict: &Verdict, exploration: &Exploration) {
    let Some(file) = env::var_os("REFECTORY_LOOM_RESULTS") else { return };
    let kind = match verdict {
        Verdict::Broken(failure) => failure.kind.name(),
        Verdict::Held(_) | Verdict::Inconclusive(_) => "",
    };
    let line = format!(
        "{{\"test\":{},\"verdict\":{},\"kind\":{},\"executions\":{}}}\n",
        quoted(&test()),
        quoted(&verdict.to_string()),
        quoted(kind),
        exploration.executions,
    );
    let file = OpenOptions::new().create(true).append(true).open(file);
    // One write, so that lines of several threads stay whole.
    file.and_then(|mut file| file.write_all(line.as_bytes())).expect("the file of results can be written");
}

/// A string of JSON.
fn quoted(text: &str) -> String {
    let mut json = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => json.extend(['\\', letter]),
            control if control.is_control() => {
                let _ = write!(json, "\\u{:04x}", u32::from(control));
            }
            plain => json.push(plain),
        }
    }
    json + "\""
}

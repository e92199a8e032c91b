//! A cell: subject × scenario × engine × scope, the unit that is run, reported and replayed.

mod id;
mod limits;
mod operation;

pub use self::id::{CellId, NoCellId, Question};
pub use self::limits::{IGNORED as LIMITS_IGNORED, Limit};
pub use self::operation::{Operation, Parts, Place, Running, Way};
use crate::engine::{Budget, Engine, FailureKind, Outcome, Program};
use crate::port::{Harness, Play, Size, Timing};
use std::fmt;
use std::time::Duration;

/// What a subject is run in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// This size of the subject's port.
    Size(Size),
    /// The [row](Row) of the subject's contract that has this name.
    Row(&'static str),
    /// The same row, in which one more process may die.
    TwoDie(&'static str),
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Size(size) => size.fmt(f),
            Self::Row(name) => f.write_str(name),
            Self::TwoDie(name) => write!(f, "{name}.two_die"),
        }
    }
}

/// Which scopes a run takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// What a pull request is checked with.
    PullRequest,
    /// All of that and the larger scopes.
    Nightly,
}

/// What is expected of a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// It keeps every property.
    Held,
    /// It is a broken twin: an engine must catch it, as one of these kinds.
    Broken(&'static [FailureKind]),
}

/// What becomes of a subject of processes where one of them is killed that uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenKilled {
    /// All others go on: what the dead have left half done is put right, or taken back.
    Robust,
    /// All others get an error, and nobody waits for the dead.
    FailsCleanly,
    /// Others may wait for ever, or find half of something.
    NotRobust,
}

impl fmt::Display for WhenKilled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Robust => "robust",
            Self::FailsCleanly => "fails cleanly",
            Self::NotRobust => "not robust",
        })
    }
}

/// One promise of a contract, and the small program that shows it.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Its name, which begins with the id of the promise, as in `q08_no_item_lost_or_duplicated`.
    pub name: &'static str,
    /// The body of the program's main thread.
    pub play: fn() -> Outcome,
}

impl Row {
    /// The row of this name.
    pub const fn new(name: &'static str, play: fn() -> Outcome) -> Self {
        Self { name, play }
    }
}

/// One implementation under test.
///
/// Its id is the path at which all that belongs to it is found: `threads/table/ordered` is the model, the family and the
/// name. A name has up to three parts: `bounded.try~check_then_act` is the twin `check_then_act` of `bounded`, as far as that
/// is a queue that never waits.
#[derive(Clone, Copy, Debug)]
pub struct Subject {
    /// The concurrency model, as in `threads`.
    pub model: &'static str,
    /// The kinds of things that belong together, as in `table`.
    pub family: &'static str,
    /// Its name, as in `ordered`.
    pub name: &'static str,
    /// What is expected of it.
    pub expect: Expect,
    /// Engines that cannot see this twin's bug, and why; they are expected to let it pass.
    pub blind: &'static [(Engine, &'static str)],
    /// Scopes in which the bug cannot show (too few threads), so that the twin holds there.
    pub hidden_in: &'static [Scope],
    /// The scopes of its port in which it is run; where there is no such list, all that the port has.
    pub only: Option<&'static [Scope]>,
    /// Scopes of its port, and rows, that are for nightly runs, because this subject needs more executions there than
    /// a pull request has.
    pub nightly: &'static [Scope],
    /// The rows of its contract.
    pub rows: &'static [Row],
    /// The scopes in which two processes may die in one execution: who repairs what the dead have left may die over it. In all
    /// others one may.
    pub two_may_die: &'static [Scope],
    /// What becomes of it where a process is killed, if it is for processes.
    pub when_killed: Option<WhenKilled>,
    /// Plays any scenario of its port on it, if it has one.
    pub harness: Option<Harness>,
}

impl Subject {
    /// The subject with this id, that is to keep every property of what is added to it.
    ///
    /// # Panics
    /// If the id is not of the form `model/family/name`.
    pub const fn new(id: &'static str) -> Self {
        let (model, rest) = before_slash(id);
        let (family, name) = before_slash(rest);
        Self {
            model,
            family,
            name,
            expect: Expect::Held,
            blind: &[],
            hidden_in: &[],
            only: None,
            nightly: &[],
            rows: &[],
            two_may_die: &[],
            when_killed: None,
            harness: None,
        }
    }

    /// The same, with the scenarios of the harness's port.
    #[must_use]
    pub const fn on(self, harness: Harness) -> Self {
        Self { harness: Some(harness), ..self }
    }

    /// The same, measured in this way.
    ///
    /// # Panics
    /// If it has no harness.
    #[must_use]
    pub const fn timed(self, time: Timing) -> Self {
        let harness = self.harness.expect("only what plays scenarios is measured");
        self.on(harness.timed(time))
    }

    /// The same, which campaigns play with items that carry a load as well.
    ///
    /// # Panics
    /// If it has no harness.
    #[must_use]
    pub const fn carrying(self, loads: &'static [Play]) -> Self {
        let harness = self.harness.expect("only what plays scenarios has items");
        self.on(harness.carrying(loads))
    }

    /// The same, with the rows of a contract beside the scenarios of its port.
    #[must_use]
    pub const fn with_rows(self, rows: &'static [Row]) -> Self {
        Self { rows, ..self }
    }

    /// The same in these scopes of its port alone.
    #[must_use]
    pub const fn only(self, scopes: &'static [Scope]) -> Self {
        Self { only: Some(scopes), ..self }
    }

    /// The same, with these scopes left to nightly runs.
    #[must_use]
    pub const fn nightly(self, scopes: &'static [Scope]) -> Self {
        Self { nightly: scopes, ..self }
    }

    /// The same, with two deaths in an execution of these scopes.
    #[must_use]
    pub const fn two_may_die(self, scopes: &'static [Scope]) -> Self {
        Self { two_may_die: scopes, ..self }
    }

    /// The same, with what it declares of processes that are killed.
    #[must_use]
    pub const fn when_killed(self, what: WhenKilled) -> Self {
        Self { when_killed: Some(what), ..self }
    }

    /// The same as a broken twin, which an engine must catch as one of these kinds.
    #[must_use]
    pub const fn broken(self, kinds: &'static [FailureKind]) -> Self {
        Self { expect: Expect::Broken(kinds), ..self }
    }

    /// The same, with a bug that cannot show in these scopes.
    #[must_use]
    pub const fn hidden_in(self, scopes: &'static [Scope]) -> Self {
        Self { hidden_in: scopes, ..self }
    }

    /// The same, with a bug that these engines cannot see.
    #[must_use]
    pub const fn blind(self, engines: &'static [(Engine, &'static str)]) -> Self {
        Self { blind: engines, ..self }
    }

    /// The stable text id, as in `threads/table/ordered`.
    pub fn id(&self) -> String {
        format!("{}/{}/{}", self.model, self.family, self.name)
    }

    /// The id of the subject that this one is a broken twin of.
    pub fn twin_of(&self) -> Option<String> {
        let (of, _) = self.name.split_once('~')?;
        Some(format!("{}/{}/{of}", self.model, self.family))
    }

    /// The name that its file has: neither the twin's part of it nor what is looked at.
    pub fn stem(&self) -> &'static str {
        self.name.split(['.', '~']).next().unwrap_or(self.name)
    }

    /// The twin's own part of its name.
    pub fn bug(&self) -> Option<&'static str> {
        self.name.split_once('~').map(|(_, bug)| bug)
    }

    /// What the main thread does in this scope.
    ///
    /// # Panics
    /// If the subject is not run in this scope.
    pub fn program(&self, scope: Scope) -> Program {
        match (scope, self.harness) {
            (Scope::Row(name) | Scope::TwoDie(name), _) => {
                let row = self.rows.iter().find(|row| row.name == name);
                let row = row.unwrap_or_else(|| panic!("{} has no row {name}", self.id()));
                Program::new(row.play)
            }
            (Scope::Size(size), Some(harness)) => harness.program((harness.port.scenario)(size)),
            (Scope::Size(_), None) => panic!("{} has no port, and so no scope {scope}", self.id()),
        }
    }
}

/// What comes before the first slash, and after it.
const fn before_slash(text: &str) -> (&str, &str) {
    let mut at = 0;
    while text.as_bytes()[at] != b'/' {
        at += 1;
    }
    let (before, rest) = text.split_at(at);
    (before, rest.split_at(1).1)
}

/// How long a cell runs on real cores, at most: campaigns are for more.
const ON_REAL_CORES: Duration = Duration::from_millis(30);

/// One cell.
#[derive(Clone, Copy, Debug)]
pub struct Cell {
    /// The implementation under test.
    pub subject: &'static Subject,
    /// How large the scenario is.
    pub scope: Scope,
    /// What drives it.
    pub engine: Engine,
    /// The run that the scope belongs to, which says how far the engine may go.
    pub level: Level,
}

impl Cell {
    /// The stable name, as in `threads/table/ordered/3x1@dpor`.
    pub fn id(&self) -> CellId {
        let Subject { model, family, name, .. } = self.subject;
        CellId { question: Question::new([model, family, name], self.scope), engine: self.engine }
    }

    /// Whether the cell has this name.
    pub fn is(&self, id: &CellId) -> bool {
        let Subject { model, family, name, .. } = self.subject;
        let Question { model: of, family: among, subject, scope } = &id.question;
        self.engine == id.engine
            && model == of
            && family == among
            && name == subject
            && self.scope.to_string() == *scope
    }

    /// The program to run.
    pub fn program(&self) -> Program {
        self.subject.program(self.scope)
    }

    /// How far the engine may go. Counts, not times, so that a cell gives the same facts everywhere.
    pub fn budget(&self) -> Budget {
        let (loom, dpor) = match self.level {
            Level::PullRequest => (5_000, 20_000),
            Level::Nightly => (100_000, 50_000_000),
        };
        let (executions, shorten) = match self.engine {
            Engine::Native => (200, 0),
            Engine::Loom => (loom, 0),
            Engine::Random | Engine::Pct | Engine::Urw => (2_000, 0),
            Engine::Dpor | Engine::DporOnShuttle => (dpor, 1_000),
        };
        let spurious = u8::from(self.is_small() && self.limit() != Some(Limit::Strict));
        // A pool whose workers still wait when main has ended is what its rows look for.
        let two_may_die =
            matches!(self.scope, Scope::TwoDie(_)) || self.subject.two_may_die.contains(&self.scope);
        let deaths = if two_may_die { 2 } else { 1 };
        let budget = Budget { executions, shorten, daemons: false, spurious, deaths, ..Budget::default() };
        match self.limit() {
            Some(Limit::Preemptions(bound)) => Budget { preemptions: Some(bound), ..budget },
            _ if self.engine == Engine::Native => Budget { time: Some(ON_REAL_CORES), ..budget },
            _ => budget,
        }
    }

    /// Whether the cell is a row, or the smallest scope of its subject: there something may happen for no reason as well,
    /// once in an execution.
    fn is_small(&self) -> bool {
        let Scope::Size(size) = self.scope else { return true };
        match self.subject.only {
            Some(scopes) => scopes.first() == Some(&self.scope),
            None => self.subject.harness.is_some_and(|harness| harness.port.sizes.first() == Some(&size)),
        }
    }

    /// What a pull request need not find out again about the cell.
    pub fn limit(&self) -> Option<Limit> {
        limits::limit(self)
    }

    /// What is expected of the cell; `None` where either may come (a twin on real threads, a twin
    /// whose bug this engine cannot see).
    pub fn expect(&self) -> Option<Expect> {
        match self.subject.expect {
            Expect::Held => Some(Expect::Held),
            Expect::Broken(_) if self.engine == Engine::Native => None,
            Expect::Broken(_) if self.subject.blind.iter().any(|(engine, _)| *engine == self.engine) => None,
            Expect::Broken(_) if self.subject.hidden_in.contains(&self.scope) => None,
            broken => Some(broken),
        }
    }
}

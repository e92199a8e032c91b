//! What is run in a round, and which states the model leaves.

use refectory::catalogue;
use refectory::cell::{Cell, Expect, Level, Row, Scope};
use refectory::engine::{Budget, Engine, Extent, Outcome, Program, explore};
use refectory::scenario::SplitMix64;
use std::collections::BTreeSet;

/// A program of processes.
pub(super) struct Workload {
    pub(super) name: String,
    play: Play,
    /// How many may die.
    pub(super) deaths: u8,
    /// What the engine found, if it found all.
    model: Option<Model>,
}

enum Play {
    Row(fn() -> Outcome),
    /// It draws something itself.
    Own(fn(&mut SplitMix64) -> Outcome),
}

/// The outcomes of all executions.
struct Model {
    /// Of those in which nobody dies.
    living: BTreeSet<String>,
    all: BTreeSet<String>,
}

impl Workload {
    /// The rows of all subjects of processes.
    pub(super) fn rows() -> Vec<Self> {
        rows().filter(|cell| cell.subject.expect == Expect::Held).map(|cell| Self::row(cell, cell)).collect()
    }

    /// The rows of a twin, which are compared with what its subject does.
    pub(super) fn twin(id: &str) -> Vec<Self> {
        let of_subject = |twin: Cell| {
            let same = |cell: &Cell| {
                Some(cell.subject.id()) == twin.subject.twin_of() && cell.scope == twin.scope
            };
            Self::row(twin, rows().find(same).expect("the subject has the row"))
        };
        rows().filter(|cell| cell.subject.id() == id).map(of_subject).collect()
    }

    pub(super) const fn own(name: String, play: fn(&mut SplitMix64) -> Outcome) -> Self {
        Self { name, play: Play::Own(play), deaths: 1, model: None }
    }

    fn row(cell: Cell, subject: Cell) -> Self {
        let row = cell.subject.rows.iter().find(|row| Scope::Row(row.name) == cell.scope);
        Self {
            name: cell.id().question.to_string(),
            play: Play::Row(row.expect("it is one of them").play),
            deaths: subject.budget().deaths,
            model: Model::of(&subject),
        }
    }

    pub(super) fn program(&self, random: &SplitMix64) -> Program {
        match self.play {
            Play::Row(play) => Program::new(play),
            Play::Own(play) => {
                let random = random.clone();
                Program::new(move || play(&mut random.clone()))
            }
        }
    }

    /// Whether the model of the correct subject ends so; where nobody can have died, without a death.
    pub(super) fn is_of_the_model(&self, outcome: &str, died: bool) -> bool {
        let known = |model: &Model| if died { &model.all } else { &model.living }.contains(outcome);
        self.model.as_ref().is_none_or(known)
    }

    pub(super) const fn is_compared(&self) -> bool {
        self.model.is_some()
    }
}

impl Model {
    fn of(cell: &Cell) -> Option<Self> {
        let budget = Budget { shorten: 0, ..cell.budget() };
        let outcomes = |budget: Budget| -> Option<BTreeSet<String>> {
            let found = explore(Engine::Dpor, &cell.program(), &budget);
            assert_eq!(found.failure, None, "{}", cell.id());
            let is_complete =
                matches!(found.coverage, Ok(Extent::Complete(bounds)) if bounds.preemptions.is_none());
            is_complete.then(|| found.outcomes.into_keys().collect())
        };
        let all = outcomes(budget)?;
        Some(Self { living: outcomes(Budget { deaths: 0, ..budget })?, all })
    }
}

/// Each row of a subject of processes, as the explorer runs it.
fn rows() -> impl Iterator<Item = Cell> {
    let all = catalogue::subjects().filter(|subject| subject.model == "processes");
    all.flat_map(|subject| {
        let cell = move |row: &Row| Cell {
            subject,
            scope: Scope::Row(row.name),
            engine: Engine::Dpor,
            level: Level::PullRequest,
        };
        subject.rows.iter().map(cell)
    })
}

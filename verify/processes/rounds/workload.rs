//! What is run in a round, and which states the model leaves.

use super::own::{a_queue_hangs_up, a_torn_message_is_dropped, named_memory_is_swept};
use crate::condition::eat_together;
use crate::lock::add_up;
use crate::lock_file;
use crate::many::deliver;
use crate::queues::{self, feed};
use crate::ring::post;
use crate::semaphore::sit_down;
use crate::table::dine_together;
use refectory::catalogue;
use refectory::cell::{Cell, Expect, Level, Limit, Row, Scope};
use refectory::engine::{Budget, Engine, Extent, Outcome, Program, Violation, explore};
use refectory::model::processes::queue::broken::TornIsWhole;
use refectory::model::processes::queue::ring::Whole;
use refectory::model::processes::queue::simple::Sound;
use refectory::scenario::SplitMix64;
use std::collections::BTreeSet;
use std::time::Duration;

/// A program of processes.
pub(super) struct Workload {
    pub(super) name: String,
    play: Play,
    /// How many may die.
    pub(super) deaths: u8,
    /// What may come of it: of a row what the engine has found, if it found all.
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
    /// The rows of all subjects of processes, explored as in such a run, and then programs of our own.
    pub(super) fn all(level: Level) -> Vec<Self> {
        let rows =
            rows(level).filter(|cell| cell.subject.expect == Expect::Held).map(|cell| Self::row(cell, cell));
        rows.chain(Self::own()).collect()
    }

    /// Those with more to do than a row, or with what no engine has. Their outcome is how many were killed.
    fn own() -> Vec<Self> {
        let own = |name: &str, play| Self {
            name: name.to_owned(),
            play: Play::Own(play),
            deaths: 1,
            model: Some(Model::of_dead()),
        };
        vec![
            own("a lock", |_| dead(add_up())),
            own("a lock on a file", |_| dead(lock_file::add_up())),
            own("a semaphore", |_| dead(sit_down())),
            own("a condition", |_| dead(eat_together())),
            own("a table", |_| dead(u32::from(dine_together().0.is_some()))),
            own("a ring", |_| post::<Whole>().map_or_else(|why| Err(Violation::new("delivers", why)), dead)),
            own("a ring for many", |_| {
                let (senders, receivers, _) = deliver();
                dead(senders + receivers)
            }),
            own("a queue", |_| dead(queues::post::<Sound>())),
            own("a feeder", |_| dead(feed())),
            own("a torn message", a_torn_message_is_dropped::<Sound>),
            own("a queue that hangs up", a_queue_hangs_up),
            own("named memory", named_memory_is_swept),
        ]
    }

    /// The rows of a twin, which are compared with what its subject does; and where those are too short to show anything on
    /// real cores, a program with more to do.
    pub(super) fn twin(id: &str) -> Vec<Self> {
        if id == "processes/queue/simple~torn_is_whole" {
            let play = Play::Own(a_torn_message_is_dropped::<TornIsWhole>);
            return vec![Self { name: id.to_owned(), play, deaths: 1, model: None }];
        }
        let rows = || rows(Level::PullRequest);
        let of_subject = |twin: Cell| {
            let same =
                |cell: &Cell| Some(cell.subject.id()) == twin.subject.twin_of() && cell.scope == twin.scope;
            Self::row(twin, rows().find(same).expect("the subject has the row"))
        };
        rows().filter(|cell| cell.subject.id() == id).map(of_subject).collect()
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

    pub(super) fn is_compared(&self) -> bool {
        matches!(self.play, Play::Row(_)) && self.model.is_some()
    }
}

impl Model {
    /// Of a program that says how many were killed.
    fn of_dead() -> Self {
        let up_to = |most: u32| (0..=most).map(|dead| format!("{dead} dead")).collect();
        Self { living: up_to(0), all: up_to(1) }
    }

    /// Unless the search is too long for it.
    fn of(cell: &Cell) -> Option<Self> {
        if cell.limit() == Some(Limit::Nightly) {
            return None;
        }
        let budget = Budget { shorten: 0, time: Some(PATIENCE), ..cell.budget() };
        let outcomes = |budget: Budget| -> Option<BTreeSet<String>> {
            let found = explore(Engine::Dpor, &cell.program(), &budget);
            assert_eq!(found.failure, None, "{}", cell.id());
            let is_complete =
                matches!(found.coverage, Ok(Extent::Complete(bounds)) if bounds.preemptions.is_none());
            is_complete.then(|| found.outcomes.keys().collect())
        };
        let all = outcomes(budget)?;
        Some(Self { living: outcomes(Budget { deaths: 0, ..budget })?, all })
    }
}

/// So long a row is explored. One that takes longer is not compared.
const PATIENCE: Duration = Duration::from_secs(60);

#[expect(clippy::unnecessary_wraps, reason = "it is an outcome")]
fn dead(dead: u32) -> Outcome {
    Ok(format!("{dead} dead"))
}

/// Each row of a subject of processes, as the explorer runs it.
fn rows(level: Level) -> impl Iterator<Item = Cell> {
    let all = catalogue::subjects().filter(|subject| subject.model == "processes");
    all.flat_map(move |subject| {
        let cell =
            move |row: &Row| Cell { subject, scope: Scope::Row(row.name), engine: Engine::Dpor, level };
        subject.rows.iter().map(cell)
    })
}

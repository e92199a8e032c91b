//! A round as it is kept in a file: what it does, and what came of it.

use super::confirm::Confirmed;
use super::fate::Lot;
use super::plan::{Pauses, Plan};
use super::round::{Round, Work};
use super::slice::Slice;
use crate::cell::Subject;
use crate::check::exclusion::Holding;
use crate::engine::Failure;
use crate::history::log::{Entry, NEVER};
use crate::history::recorder::Clock;
use crate::port;
use crate::scenario::{Recorded, Role, Scenario, Step};
use crate::spec::{QueueAnswer, QueueCall};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::num::NonZero;

/// One operation of a history in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptOperation {
    /// The thread, as in `producer 0`.
    pub thread: String,
    /// What was asked, as in `push 7`; or `hold`, of a lock, from when it was held until it was given back.
    pub call: String,
    /// What was answered, as in `pushed`, `full`, `popped 7`, `empty` or `held`.
    pub answer: Option<String>,
    /// When it began, in units of the environment's clock since the first one began.
    pub begun: u64,
    /// When it ended; nothing where it never did.
    pub ended: Option<u64>,
}

impl KeptOperation {
    /// What was recorded, in the order of beginnings.
    pub(super) fn all(scenario: &Scenario, history: &Recorded) -> Vec<Self> {
        let mut operations = match history {
            Recorded::Queue(log) => Self::of_a_queue(scenario, log),
            Recorded::Locks(locks) => Self::of_locks(scenario, locks),
        };
        operations.sort_by_key(|operation| operation.begun);
        operations
    }

    /// For how long each was held: `hold 3` is of the fork of this number.
    fn of_locks(scenario: &Scenario, locks: &[Vec<Holding>]) -> Vec<Self> {
        let known = |time| (time != NEVER).then_some(time);
        let first = locks.iter().flatten().filter_map(|held| known(held.got)).min().unwrap_or(0);
        let numbered =
            locks.iter().enumerate().flat_map(|(lock, held)| held.iter().map(move |held| (lock, held)));
        let held = numbered.filter(|(_, held)| held.got != NEVER);
        let kept = |(lock, held): (usize, &Holding)| Self {
            thread: scenario.roles[held.process as usize].name.clone(),
            call: if locks.len() == 1 { "hold".to_owned() } else { format!("hold {lock}") },
            answer: known(held.left).map(|_| "held".to_owned()),
            begun: held.got - first,
            ended: known(held.left).map(|left| left - first),
        };
        held.map(kept).collect()
    }

    fn of_a_queue(scenario: &Scenario, log: &[Entry<QueueCall, QueueAnswer>]) -> Vec<Self> {
        let first = log.iter().map(|entry| entry.begun).min().unwrap_or(0);
        let kept = |entry: &Entry<QueueCall, QueueAnswer>| Self {
            thread: scenario.roles[entry.process as usize].name.clone(),
            call: match entry.call {
                QueueCall::Push(label) => format!("push {label}"),
                QueueCall::Pop => "pop".to_owned(),
            },
            answer: entry.answer.map(|answer| match answer {
                QueueAnswer::Pushed => "pushed".to_owned(),
                QueueAnswer::Full => "full".to_owned(),
                QueueAnswer::Popped(label) => format!("popped {label}"),
                QueueAnswer::Empty => "empty".to_owned(),
            }),
            begun: entry.begun - first,
            ended: entry.has_ended().then(|| entry.ended - first),
        };
        log.iter().map(kept).collect()
    }
}

/// What a round does, in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeptWork {
    /// It plays this plan.
    Plan {
        /// The size of the subject.
        size: usize,
        /// The labels of a producer's items start at its number times this.
        stride: u32,
        /// The threads.
        roles: Vec<KeptRole>,
        /// How they dawdle.
        pauses: Pauses,
        /// Whether each stays on one core.
        pinned: bool,
        /// Which load the items carry.
        load: usize,
    },
    /// It plays this row so many times.
    Row {
        /// The row's name.
        name: String,
        /// How often.
        times: usize,
        /// What its processes draw, if some of them die.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lot: Option<Lot>,
    },
}

/// What one thread does, in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptRole {
    /// The name of the thread.
    pub name: String,
    /// Its operations, as in `push 7`, in order.
    pub steps: Vec<String>,
}

/// Why a file has nothing that can be played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotPlayable {
    /// The subject has no scenarios, and the round plays one.
    NoPort,
    /// The subject has no row of this name.
    NoRow(String),
    /// No port offers this step.
    NoStep(String),
}

impl fmt::Display for NotPlayable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPort => f.write_str("the subject plays no scenarios"),
            Self::NoRow(name) => write!(f, "the subject has no row `{name}`"),
            Self::NoStep(step) => write!(f, "no port offers the step `{step}`"),
        }
    }
}

impl std::error::Error for NotPlayable {}

impl From<&Work> for KeptWork {
    fn from(work: &Work) -> Self {
        let role = |role: &Role| KeptRole {
            name: role.name.clone(),
            steps: role.steps.iter().map(Step::to_string).collect(),
        };
        match work {
            Work::Plan(_, Plan { scenario, pauses, pinned, load }) => Self::Plan {
                size: scenario.size,
                stride: scenario.stride,
                roles: scenario.roles.iter().map(role).collect(),
                pauses: *pauses,
                pinned: *pinned,
                load: *load,
            },
            Work::Row(row, times, lot) => Self::Row { name: row.name.to_owned(), times: *times, lot: *lot },
        }
    }
}

impl KeptWork {
    /// What can be played on this subject.
    ///
    /// # Errors
    /// If the subject, or its port, does not offer what is asked.
    pub fn on(&self, subject: &Subject) -> Result<Work, NotPlayable> {
        match self {
            Self::Plan { size, stride, roles, pauses, pinned, load } => {
                let harness = subject.harness.ok_or(NotPlayable::NoPort)?;
                let roles = roles.iter().map(KeptRole::role).collect::<Result<_, _>>()?;
                let scenario = Scenario { size: *size, roles, stride: *stride };
                Ok(Work::Plan(harness, Plan { scenario, pauses: *pauses, pinned: *pinned, load: *load }))
            }
            Self::Row { name, times, lot } => {
                let row = subject.rows.iter().find(|row| row.name == name);
                row.map(|row| Work::Row(*row, *times, *lot)).ok_or_else(|| NotPlayable::NoRow(name.clone()))
            }
        }
    }
}

impl KeptRole {
    fn role(&self) -> Result<Role, NotPlayable> {
        let step = |text: &String| port::step(text).ok_or_else(|| NotPlayable::NoStep(text.clone()));
        Ok(Role { name: self.name.clone(), steps: self.steps.iter().map(step).collect::<Result<_, _>>()? })
    }
}

/// Where a round was played.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// The version of this crate.
    pub version: String,
    /// The system and the processor's architecture, as in `linux x86_64`.
    pub machine: String,
    /// Cores that this process may use.
    pub cores: usize,
    /// What told the time.
    pub clock: String,
    /// Whether the build has checks of debug builds.
    pub debug: bool,
    /// The features of the build that a round may notice.
    pub features: Vec<String>,
}

impl Environment {
    /// This process.
    pub fn here() -> Self {
        let features = [("instrumented", cfg!(feature = "instrumented")), ("noise", cfg!(feature = "noise"))];
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            machine: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            cores: std::thread::available_parallelism().map_or(1, NonZero::get),
            clock: Clock::of_this_machine().name().to_owned(),
            debug: cfg!(debug_assertions),
            features: features.into_iter().filter(|(_, on)| *on).map(|(name, _)| name.to_owned()).collect(),
        }
    }
}

/// A round that went wrong: enough to play the same program again, anywhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptRound {
    /// The id of the subject.
    pub subject: String,
    /// The seed that drew the round, where nothing has changed since in how rounds are drawn.
    pub seed: u64,
    /// What it did.
    pub work: KeptWork,
    /// How it went wrong.
    pub failure: Failure,
    /// What was recorded, if anything was, and the round came to its end.
    pub history: Vec<KeptOperation>,
    /// Where that was.
    pub environment: Environment,
    /// The smallest program that went wrong in the same way, where one was looked for and found.
    pub shrunk: Option<KeptWork>,
    /// What an engine found in the same program, or in the smaller one.
    pub confirmed: Option<Confirmed>,
}

impl KeptRound {
    /// The round of this subject in which the slice ended; nothing where it did not go wrong. `last` is the last round of which something was
    /// heard.
    pub(super) fn of(subject: &Subject, slice: &Slice, last: Option<&Round>) -> Option<Self> {
        let ended = slice.ended.as_ref()?;
        let history = last.filter(|round| round.seed == ended.seed).map(|round| round.history.clone());
        Some(Self {
            subject: subject.id(),
            seed: ended.seed,
            work: (&Work::draw(subject, ended.seed)).into(),
            failure: ended.failure.clone()?,
            history: history.unwrap_or_default(),
            environment: Environment::here(),
            shrunk: None,
            confirmed: None,
        })
    }

    /// What is worth keeping for ever of a round that an engine has confirmed: the program in which it did. Nothing where none has.
    pub fn reduced(&self) -> Option<Self> {
        let confirmed = self.confirmed.clone()?;
        let work = confirmed.work.clone();
        Some(Self { work, history: Vec::new(), shrunk: None, confirmed: Some(confirmed), ..self.clone() })
    }

    /// The smallest program that is known to go wrong.
    pub fn smallest(&self) -> &KeptWork {
        self.shrunk.as_ref().unwrap_or(&self.work)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::subjects;
    use crate::engine::{Engine, FailureKind};
    use crate::event::trace::Trace;

    #[test]
    fn what_is_kept_can_be_played_again() {
        for subject in subjects() {
            for seed in 0..8 {
                let work = Work::draw(subject, seed);
                let kept = KeptWork::from(&work);
                let text = serde_json::to_string(&kept).unwrap();
                let read: KeptWork = serde_json::from_str(&text).unwrap();
                match (work, read.on(subject).unwrap()) {
                    (Work::Plan(_, plan), Work::Plan(_, again)) => assert_eq!(plan, again),
                    (Work::Row(row, times, lot), Work::Row(other, again, same)) => {
                        assert_eq!(lot, same);
                        assert_eq!((row.name, times), (other.name, again));
                    }
                    (work, other) => panic!("{work:?} became {other:?}"),
                }
            }
        }
    }

    #[test]
    fn what_is_adopted_is_what_an_engine_has_confirmed() {
        let subject = subjects().next().unwrap();
        let (small, large) =
            [1, 2].map(|times| KeptWork::Row { name: "eats".to_owned(), times, lot: None }).into();
        let (kind, message) = (FailureKind::Deadlock, "all wait".to_owned());
        let failure = Failure { kind, message: message.clone(), trace: Trace::default(), execution: 1 };
        let mut kept = KeptRound {
            subject: subject.id(),
            seed: 7,
            work: large,
            failure,
            history: Vec::new(),
            environment: Environment::here(),
            shrunk: None,
            confirmed: None,
        };
        assert_eq!(kept.reduced(), None);
        let (engine, preemptions, execution, work) = (Engine::Dpor, Some(2), 1, small);
        let confirmed = Confirmed { engine, preemptions, execution, kind, message, work: work.clone() };
        kept.confirmed = Some(confirmed);
        assert_eq!(kept.reduced().unwrap().work, work);
    }

    #[test]
    fn what_cannot_be_played_is_named() {
        let subject = subjects().find(|subject| subject.id() == "threads/table/ordered").unwrap();
        let row = KeptWork::Row { name: "flies".to_owned(), times: 1, lot: None };
        assert_eq!(row.on(subject).unwrap_err(), NotPlayable::NoRow("flies".to_owned()));
        let roles = vec![KeptRole { name: "bird".to_owned(), steps: vec!["fly 3".to_owned()] }];
        let pauses = Pauses { seed: 0, longest: 0 };
        let plan = KeptWork::Plan { size: 2, stride: 100, roles, pauses, pinned: false, load: 0 };
        assert_eq!(plan.on(subject).unwrap_err(), NotPlayable::NoStep("fly 3".to_owned()));
    }
}

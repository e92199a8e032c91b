//! Rounds in a process of their own: both sides.
//!
//! The child writes a JSON line a round, and ends when its slice is over or a round has ended badly. What an engine finds in a round's
//! program is looked for in a child as well.

use super::belongings::{Belongings, Growth};
use super::kept::KeptWork;
use super::round::{Round, Work, next_seed, perform};
use crate::catalogue::subjects;
use crate::cell::Subject;
use crate::engine::{self, Budget, Engine, Exploration, Failure, Reason};
use crate::judge::finding::classify;
use crate::runner::{End, Limits, Options, Process, RunError, Voice, begin, seen};
use crate::sync::noise;
use serde::{Deserialize, Serialize};
use std::io;
use std::time::{Duration, Instant};

/// Says what a child has to do: a [`Task`].
const TASK: &str = "REFECTORY_ROUNDS";

#[derive(Serialize, Deserialize)]
struct Task {
    subject: String,
    what: What,
}

#[derive(Serialize, Deserialize)]
enum What {
    Play(Play),
    Search(KeptWork, Search),
}

/// Rounds to be played, one after the other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Play {
    /// The seed of the first one.
    pub(super) seed: u64,
    /// So long, at most.
    pub(super) slice: Duration,
    /// So many, at most.
    pub(super) rounds: u64,
    /// Whether threads dawdle at operations of the facade, in a build that can.
    pub(super) noise: bool,
    /// The program of all of them, in place of one that is drawn.
    pub(super) work: Option<KeptWork>,
}

/// A search of an engine, which may go so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Search {
    pub(super) engine: Engine,
    pub(super) executions: u64,
    pub(super) preemptions: Option<u32>,
    /// Where it is left out, the result is the same on every machine.
    pub(super) time: Option<Duration>,
}

/// What a search came to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Searched {
    pub(super) executions: u64,
    pub(super) failure: Option<Failure>,
}

/// What a child tells.
#[derive(Serialize, Deserialize)]
enum Told {
    Round(Box<Round>),
    Growth(Growth),
    Searched(Searched),
}

/// Runs the rounds for which the environment asks, and ends the process; returns if it asks for none.
/// To be called first in `main`.
pub fn child_main() {
    child_main_with(|id| subjects().find(|subject| subject.id() == id));
}

/// The same, with subjects from elsewhere than the catalogue.
pub fn child_main_with(subject: impl FnOnce(&str) -> Option<&'static Subject>) {
    let Ok(task) = std::env::var(TASK) else { return };
    let find = || {
        let task: Task = serde_json::from_str(&task).map_err(|error| format!("{TASK}: {error}"))?;
        let subject =
            subject(&task.subject).ok_or_else(|| format!("this binary has no `{}`", task.subject))?;
        let work = match &task.what {
            What::Play(play) => play.work.as_ref(),
            What::Search(work, _) => Some(work),
        };
        let work = work.map(|work| work.on(subject)).transpose().map_err(|error| error.to_string())?;
        Ok((subject, task.what, work))
    };
    let ((subject, what, work), voice) = begin(TASK, find);
    match (what, work) {
        (What::Search(_, search), Some(work)) => look(voice, &work, search),
        (What::Play(play), work) => serve(voice, &play, |seed| {
            work.as_ref().map_or_else(|| Work::draw(subject, seed), |work| work.again(seed))
        }),
        (What::Search(..), None) => unreachable!("a search is of some work"),
    }
}

fn serve(mut voice: Voice, play: &Play, draw: impl Fn(u64) -> Work) -> ! {
    let end = Instant::now() + play.slice;
    let mut seed = play.seed;
    let mut first = None;
    for number in 0..play.rounds {
        noise::seed(if play.noise { noise_of(seed) } else { 0 });
        let round = perform(draw(seed), seed);
        let good = round.is_good();
        voice.tell(&Told::Round(Box::new(round)));
        if !good {
            // Threads of a round that hangs are still there.
            voice.finish();
        }
        first = first.or_else(Belongings::now);
        if Instant::now() >= end || number + 1 == play.rounds {
            tell_growth(&mut voice, first, number);
            break;
        }
        seed = next_seed(seed);
    }
    voice.finish()
}

/// Every other round is a quiet one: noise hides what only tight loops show.
const fn noise_of(seed: u64) -> u64 {
    if seed & 1 == 0 { seed } else { 0 }
}

fn tell_growth(voice: &mut Voice, first: Option<Belongings>, rounds: u64) {
    let Some(first) = first else { return };
    if let Some(last) = Belongings::settled(&first) {
        voice.tell(&Told::Growth(Growth { rounds, first, last }));
    }
}

fn look(mut voice: Voice, work: &Work, search: Search) -> ! {
    let Search { engine, executions, preemptions, time } = search;
    let budget = Budget { executions, preemptions, time, ..Budget::default() };
    engine::leave_stopped_threads();
    let Exploration { executions, mut failure, .. } = engine::explore(engine, &work.program(), &budget);
    if let Some(failure) = &mut failure {
        failure.kind = classify(failure.kind, &failure.trace);
    }
    voice.tell(&Told::Searched(Searched { executions, failure }));
    voice.finish()
}

/// For so long a round may move without coming to its end.
const DEADLINE: Duration = Duration::from_secs(20);

/// What a child told of its rounds.
#[derive(Debug, Default)]
pub(super) struct Played {
    pub(super) rounds: Vec<Round>,
    pub(super) growth: Option<Growth>,
    /// How it died, if it did.
    pub(super) died: Option<Exploration>,
    pub(super) elapsed: Duration,
}

/// Plays rounds in a child, or what there is of them until it is cancelled.
///
/// # Errors
/// If this executable is no child of a campaign.
pub(super) fn play(subject: &Subject, play: Play, cancelled: &dyn Fn() -> bool) -> Result<Played, RunError> {
    let mut played = Played::default();
    if cancelled() {
        return Ok(played);
    }
    let memory = Options::default().memory;
    let started = Instant::now();
    let task = Task { subject: subject.id(), what: What::Play(play) };
    let ended = run(&task, DEADLINE, memory, cancelled, |told| match told {
        Told::Round(round) => played.rounds.push(*round),
        Told::Growth(growth) => played.growth = Some(growth),
        Told::Searched(_) => {}
    });
    played.died = match ended {
        Ok((End::Deaf, _)) => return Err(RunError::NoChild),
        Ok((end, process)) => seen(end, &process, Engine::Native, memory),
        Err(error) => Some(Exploration::new(Err(Reason::NotRun(format!("no process: {error}"))))),
    };
    played.elapsed = started.elapsed();
    Ok(played)
}

/// A search in a child; nothing where it did not come to its end.
///
/// # Errors
/// If this executable is no child of a campaign.
pub(super) fn search(
    subject: &Subject,
    work: &KeptWork,
    search: Search,
    cancelled: &dyn Fn() -> bool,
) -> Result<Option<Searched>, RunError> {
    let memory = Options::default().memory;
    let task = Task { subject: subject.id(), what: What::Search(work.clone(), search) };
    let deadline = search.time.map_or(SEARCH, |time| time + DEADLINE);
    let mut found = None;
    let ended = run(&task, deadline, memory, cancelled, |told| {
        if let Told::Searched(searched) = told {
            found = Some(searched);
        }
    });
    match ended {
        Ok((End::Deaf, _)) => Err(RunError::NoChild),
        Ok(_) | Err(_) => Ok(found),
    }
}

/// The longest search.
const SEARCH: Duration = Duration::from_secs(300);

fn run(
    task: &Task,
    deadline: Duration,
    memory: u64,
    cancelled: &dyn Fn() -> bool,
    mut heard: impl FnMut(Told),
) -> io::Result<(End, Process)> {
    let task = serde_json::to_string(task)?;
    let mut process = Process::start(&std::env::current_exe()?, (TASK, &task), memory)?;
    let limits = Limits { deadline, still: None, cancelled };
    let end = process.wait(&limits, |line| {
        if let Ok(told) = serde_json::from_slice(line) {
            heard(told);
        }
    })?;
    Ok((end, process))
}

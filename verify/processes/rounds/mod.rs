//! Rounds of a nemesis on real processes.
//!
//! In each a program is drawn, and what befalls it: somebody dies at a point, or at an instant; somebody stands still for a time; regions
//! are to be truncated. After each round: it has ended; the program has kept its promise; its outcome is one that the explorer has
//! found, of a row that it has explored; and no process, descriptor, mapping or file is left.
//!
//! `REFECTORY_ROUNDS` is their number, and `REFECTORY_SEED` the seed of the first one; that of the n-th is n more. A failure says
//! what to set. What is drawn is the same then, but for programs that do not pass as many points each time; and what else the machine does
//! is not.

mod fate;
mod household;
mod own;
mod workload;

use crate::common::{PATIENCE, Tested, apart, end, ensure_eq, sleep_for_ever, state};
use fate::{Fate, KILLED, REFUSED, STOPPED, truncate_all};
use household::{Household, children};
use refectory::cell::Level;
use refectory::engine::{Budget, Engine, Exploration, explore};
use refectory::scenario::SplitMix64;
use refectory::sync::atomic::{AtomicBool, Ordering::SeqCst};
use refectory::sync::pipe::{self, Writer};
use refectory::sync::process::{self, Nemesis, Victim};
use refectory::sync::region::Region;
use refectory::sync::region::named::Memory;
use refectory::sync::{Arc, Mutex, thread};
use serde::{Deserialize, Serialize};
use std::any::Any;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Write};
use std::time::{Duration, Instant};
use workload::Workload;

/// What is to be done.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Plan {
    /// Whose rows, if it is a twin's.
    twin: Option<String>,
    rounds: u64,
    seed: u64,
    /// How long a round may take.
    patience: Duration,
}

/// The number in this variable of the environment.
fn variable(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

impl Plan {
    fn new(twin: Option<&str>, patience: Duration) -> Self {
        let rounds = variable("REFECTORY_ROUNDS").unwrap_or(500);
        let seed = variable("REFECTORY_SEED").unwrap_or(1);
        Self { twin: twin.map(str::to_owned), rounds, seed, patience }
    }

    /// A search that takes minutes is for many rounds.
    fn level(&self) -> Level {
        if self.rounds < 10_000 { Level::PullRequest } else { Level::Nightly }
    }

    /// How often what happened, or what was found.
    fn run(self) -> Result<BTreeMap<String, u64>, String> {
        let (writer, mut reader) = pipe::pipe().unwrap();
        let stage = process::spawn(stage, (self, writer)).unwrap();
        let mut answer = Vec::new();
        reader.read_to_end(&mut answer).unwrap();
        let exit = end(stage).unwrap();
        postcard::from_bytes(&answer).unwrap_or_else(|_| Err(format!("the rounds have no end: {exit}")))
    }
}

pub(crate) fn each_round_ends_well_and_leaves_nothing() -> Tested {
    let happened = Plan::new(None, PATIENCE).run()?;
    if variable("REFECTORY_ROUNDS").is_some() {
        // So few may have been spared something.
        println!("{happened:#?}");
        return Ok(());
    }
    let compared = Engine::Dpor.available().then_some(COMPARED);
    for what in [KILLED, STOPPED, REFUSED].into_iter().chain(compared) {
        ensure_eq(happened.contains_key(what), true)
            .map_err(|_| format!("nobody was {what}: {happened:?}"))?;
    }
    Ok(())
}

/// Those whose bugs real cores show soon: lost messages and forks, lost wake-ups, half of something.
const TWINS: [&str; 10] = [
    "processes/lock/robust~not_robust",
    "processes/lock/semaphore~not_robust",
    "processes/queue/ring~tail_first",
    "processes/queue/ring~head_first",
    "processes/queue/mpmc~tail_first",
    "processes/queue/mpmc~head_first",
    "processes/queue/mpmc~not_robust",
    "processes/queue/simple~reader_starves_others",
    "processes/queue/simple~torn_is_whole",
    "processes/table/ordered~forgets_repair",
];

pub(crate) fn twins_are_caught_in_some_round() -> Tested {
    for twin in TWINS {
        let found = Plan::new(Some(twin), Duration::from_secs(4)).run();
        let Err(finding) = found else { return Err(format!("no round catches {twin}: {found:?}").into()) };
        // Else it is the rounds that are wrong.
        if !finding.contains(twin) {
            return Err(finding.into());
        }
    }
    Ok(())
}

/// Each thing that a round could leave, and a region that could be made shorter.
pub(crate) fn what_is_left_is_seen() -> Tested {
    apart(|()| {
        let seen_with = |leave: &dyn Fn() -> Box<dyn Any>| {
            let before = Household::now();
            let _left = leave();
            before.differs(&Household::now()).is_some()
        };
        assert!(!seen_with(&|| Box::new(())));
        assert!(seen_with(&|| Box::new(pipe::pipe().unwrap())));
        assert!(seen_with(&|| Box::new(Region::new(AtomicBool::new(false)).unwrap())));
        assert!(seen_with(&|| Box::new(Memory::create("left", 1).unwrap())));
        assert!(seen_with(&|| Box::new(process::spawn(|()| sleep_for_ever(), ()).unwrap())));
        let _sealed = Region::new(AtomicBool::new(false)).unwrap();
        assert_eq!(truncate_all(), Ok(Some(REFUSED)));
        let _unsealed = rustix::fs::memfd_create("refectory", rustix::fs::MemfdFlags::CLOEXEC).unwrap();
        assert!(truncate_all().is_err());
    })
}

/// All rounds, in a process of their own.
fn stage((plan, mut report): (Plan, Writer)) {
    let workloads = plan.twin.as_deref().map_or_else(|| Workload::all(plan.level()), Workload::twin);
    let words = take_words().unwrap();
    let stage = Stage { workloads, words, watch: Watch::default() };
    let watch = stage.watch.clone();
    let mut alarm = report.try_clone().unwrap();
    thread::spawn(move || {
        loop {
            thread::sleep(Duration::from_millis(20));
            if let Some(finding) = watch.overdue(plan.patience) {
                tell(&mut alarm, &Err(finding));
                std::process::exit(1);
            }
        }
    });
    tell(&mut report, &stage.all(&plan));
}

fn tell(report: &mut Writer, answer: &Result<BTreeMap<String, u64>, String>) {
    report.write_all(&postcard::to_allocvec(answer).unwrap()).unwrap();
}

/// Standard error of this process, and of those that it starts, goes here from now on.
fn take_words() -> rustix::io::Result<File> {
    let words = rustix::fs::memfd_create("words", rustix::fs::MemfdFlags::CLOEXEC)?;
    rustix::stdio::dup2_stderr(&words)?;
    Ok(words.into())
}

struct Stage {
    workloads: Vec<Workload>,
    words: File,
    watch: Watch,
}

/// What is going on, for who watches the time.
#[derive(Clone, Default)]
struct Watch(Arc<Mutex<Option<Underway>>>);

struct Underway {
    since: Instant,
    what: String,
    nemesis: Nemesis,
}

impl Watch {
    fn set(&self, underway: Option<Underway>) {
        *self.0.lock().unwrap() = underway;
    }

    fn overdue(&self, patience: Duration) -> Option<String> {
        let underway = self.0.lock().unwrap();
        let Underway { what, nemesis, .. } =
            underway.as_ref().filter(|underway| underway.since.elapsed() > patience)?;
        let left: Vec<_> = children().into_iter().map(|child| (child, state(child))).collect();
        Some(format!("{what}: a hang; processes and their states: {left:?}, {:?}", nemesis.victim()))
    }
}

/// What happened in a round.
#[derive(Clone, Debug)]
struct Round {
    /// Who died at a point.
    victim: Option<Victim>,
    blow: Option<&'static str>,
    is_compared: bool,
}

impl Round {
    fn has_killed(&self) -> bool {
        self.victim.is_some() || self.blow == Some(KILLED)
    }

    fn events(self) -> impl Iterator<Item = String> {
        let died = self.victim.map(|victim| format!("died at `{}`", victim.point));
        let others = [self.blow, self.is_compared.then_some(COMPARED), Some("rounds")];
        died.into_iter().chain(others.into_iter().flatten().map(str::to_owned))
    }
}

const COMPARED: &str = "compared with the model";

impl Stage {
    fn all(&self, plan: &Plan) -> Result<BTreeMap<String, u64>, String> {
        let mut happened = BTreeMap::new();
        let mut count = |what: String| *happened.entry(what).or_insert(0) += 1;
        // What is opened at first use is there from now on.
        let points: Vec<u64> = self.workloads.iter().map(|workload| self.points(workload)).collect();
        for seed in plan.seed..plan.seed + plan.rounds {
            let mut random = SplitMix64::new(seed);
            let number = random.between(0, self.workloads.len() - 1);
            let workload = &self.workloads[number];
            let fate = Fate::draw(&mut random, points[number], workload.deaths);
            let what = format!("REFECTORY_ROUNDS=1 REFECTORY_SEED={seed}, {}, {fate}", workload.name);
            let round = self.round(workload, fate, &random, &what).map_err(|why| format!("{what}: {why}"))?;
            round.events().for_each(&mut count);
        }
        Ok(happened)
    }

    /// How many points it passes where nothing happens.
    fn points(&self, workload: &Workload) -> u64 {
        let nemesis = Fate::NONE.nemesis();
        nemesis.set_on_children();
        let what = format!("{}, where nothing happens", workload.name);
        self.watch.set(Some(Underway { since: Instant::now(), what, nemesis: nemesis.clone() }));
        let _ = run(workload, &SplitMix64::new(0));
        self.watch.set(None);
        Fate::NONE.passed(&nemesis)
    }

    /// What has happened, or what is wrong.
    fn round(
        &self,
        workload: &Workload,
        fate: Fate,
        random: &SplitMix64,
        what: &str,
    ) -> Result<Round, String> {
        let nemesis = fate.nemesis();
        nemesis.set_on_children();
        let (before, heard) = (Household::now(), self.heard());
        let (what, since) = (what.to_owned(), Instant::now());
        self.watch.set(Some(Underway { since, what, nemesis: nemesis.clone() }));
        let over = Arc::new(AtomicBool::new(false));
        let striker = thread::spawn({
            let (nemesis, over) = (nemesis.clone(), over.clone());
            move || fate.strike(&nemesis, &over)
        });
        let found = run(workload, random);
        over.store(true, SeqCst);
        let blow = striker.join().map_err(|_| "a panic of the nemesis")??;
        self.watch.set(None);
        let round = Round { victim: nemesis.victim(), blow, is_compared: workload.is_compared() };
        let wrong = self
            .broken_promise(workload, &found, round.has_killed())
            .or_else(|| Some(self.words_since(heard)).filter(|said| !said.is_empty()))
            .or_else(|| before.differs(&Household::after(&before)));
        wrong.map_or(Ok(round.clone()), |wrong| Err(format!("{wrong}, {round:?}")))
    }

    fn broken_promise(&self, workload: &Workload, found: &Exploration, died: bool) -> Option<String> {
        if let Some(failure) = &found.failure {
            return Some(format!("{}: {}", failure.kind, failure.message));
        }
        let Some(outcome) = found.outcomes.keys().next() else {
            return Some(format!("{:?}", found.coverage));
        };
        let is_known = workload.is_of_the_model(&outcome, died);
        (!is_known).then(|| format!("`{outcome}` is no outcome of the model"))
    }

    fn heard(&self) -> u64 {
        self.words.metadata().unwrap().len()
    }

    fn words_since(&self, heard: u64) -> String {
        let mut said = vec![0; (self.heard() - heard) as usize];
        std::os::unix::fs::FileExt::read_exact_at(&self.words, &mut said, heard).unwrap();
        String::from_utf8_lossy(&said).into_owned()
    }
}

fn run(workload: &Workload, random: &SplitMix64) -> Exploration {
    let budget = Budget { executions: 1, ..Budget::default() };
    explore(Engine::Native, &workload.program(random), &budget)
}

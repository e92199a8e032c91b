//! Runs the solutions in rounds: in each, every solution has its turn, one after the other, so that whatever else the machine does hits
//! all of them alike.

use super::child::{Prices, Request, Run, ask};
use super::figures::{Figures, Machine, Measured, Passing, Price, Solution, Spread};
use super::model::{Language, Model};
use super::python::{self, Python};
use super::server::Surroundings;
use super::summary::Runs;
use super::work::{Kind, Work};
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

/// What is to be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The work.
    pub kinds: Vec<Kind>,
    /// The models. The serial loop takes part in any case.
    pub models: Vec<Model>,
    /// How many workers, each with each model.
    pub workers: Vec<usize>,
    /// For how long, all together.
    pub time: Duration,
    /// How many rounds, at most.
    pub rounds: usize,
}

/// A solution with so many workers on one kind of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The work.
    pub kind: Kind,
    /// The workers.
    pub workers: usize,
    /// The model.
    pub model: Model,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} × {}", self.kind, self.model, self.workers)
    }
}

/// What is told while it goes on.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A round begins, with so many runs.
    Round(usize, usize),
    /// A run begins.
    Run(Key),
    /// A run could not be measured.
    Failed(Key, &'a str),
}

/// 1, 2, 4… workers, as many as there are cores, and twice as many.
#[must_use]
pub fn usual_workers(cores: usize) -> Vec<usize> {
    let powers = std::iter::successors(Some(1), |workers| Some(2 * workers));
    let mut workers: Vec<usize> = powers.take_while(|workers| *workers < cores).collect();
    workers.extend([cores, 2 * cores]);
    workers
}

/// How many processors a program may use at once.
#[must_use]
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Compares.
///
/// # Errors
/// The files cannot be written, or the server cannot be started.
pub fn run(plan: &Plan, interrupted: &AtomicBool, tell: &mut dyn FnMut(Event<'_>)) -> io::Result<Figures> {
    let mut comparison = Comparison::new(plan, interrupted, tell)?;
    comparison.calibrate();
    while comparison.rounds < plan.rounds && comparison.goes_on() {
        comparison.round();
    }
    Ok(comparison.figures())
}

/// So many rounds are aimed at: of eight or more the outermost do not count.
const ROUNDS: u32 = 10;

/// Programs in Python take long to begin: they have their turn in every so many-th round, and then do more.
const PYTHON_EVERY: usize = 3;

/// How long the serial loop takes for a run.
const SHORTEST: Duration = Duration::from_millis(5);
const LONGEST: Duration = Duration::from_millis(400);

/// At so many seats at most philosophers are compared: a table of processes has a bit for each.
const MOST_SEATS: usize = 32;
const FEWEST_SEATS: usize = 5;

struct Comparison<'a> {
    plan: &'a Plan,
    interrupted: &'a AtomicBool,
    tell: &'a mut dyn FnMut(Event<'_>),
    end: Instant,
    surroundings: Surroundings,
    python: Option<Python>,
    works: BTreeMap<(Kind, Language), (Work, u64)>,
    rounds: usize,
    runs: BTreeMap<Key, Vec<(usize, Run)>>,
    prices: BTreeMap<(Language, Passing), Vec<f64>>,
    left_out: Vec<String>,
    failed: usize,
}

impl<'a> Comparison<'a> {
    fn new(
        plan: &'a Plan,
        interrupted: &'a AtomicBool,
        tell: &'a mut dyn FnMut(Event<'_>),
    ) -> io::Result<Self> {
        let mut left_out = Vec::new();
        let surroundings = Surroundings::new()?;
        python::write(surroundings.files())?;
        let wants_python = plan.models.iter().any(|model| model.language() == Language::Python);
        let python = wants_python.then(Python::find).and_then(|found| match found {
            Ok(python) => Some(python),
            Err(why) => {
                left_out.push(format!("the programs in Python: {why}"));
                None
            }
        });
        let unbuilt = plan.models.iter().filter(|model| !model.is_built());
        left_out
            .extend(unbuilt.map(|model| {
                format!("{}: this build has no processes (feature `processes`)", model.title())
            }));
        Ok(Self {
            plan,
            interrupted,
            tell,
            end: Instant::now() + plan.time,
            surroundings,
            python,
            works: BTreeMap::new(),
            rounds: 0,
            runs: BTreeMap::new(),
            prices: BTreeMap::new(),
            left_out,
            failed: 0,
        })
    }

    fn is_interrupted(&self) -> bool {
        // Ordering: Relaxed. The flag stands for itself.
        self.interrupted.load(Relaxed)
    }

    /// Whether there is time left, and somebody waits for it.
    fn goes_on(&self) -> bool {
        !self.is_interrupted() && Instant::now() < self.end
    }

    /// The points, in their order.
    fn keys(&self) -> Vec<Key> {
        let Plan { kinds, models, workers, .. } = self.plan;
        let mut keys = Vec::new();
        for &kind in kinds {
            keys.push(Key { kind, workers: 1, model: Model::Serial });
            for &workers in workers {
                let fits = kind != Kind::Dining || workers <= self.seats();
                let models =
                    models.iter().filter(|model| fits && **model != Model::Serial && self.has(**model));
                keys.extend(models.map(|&model| Key { kind, workers, model }));
            }
        }
        keys
    }

    fn has(&self, model: Model) -> bool {
        model.is_built() && (model.language() == Language::Rust || self.python.is_some())
    }

    fn languages(&self) -> Vec<Language> {
        let all = [Language::Rust, Language::Python];
        all.into_iter().filter(|language| *language == Language::Rust || self.python.is_some()).collect()
    }

    /// One for each worker, and as many as in the books.
    fn seats(&self) -> usize {
        let most = self.plan.workers.iter().copied().max().unwrap_or(1);
        most.clamp(FEWEST_SEATS, MOST_SEATS)
    }

    fn work(&self, kind: Kind, items: u32) -> Work {
        let (seats, server) = (self.seats(), self.surroundings.address());
        Work { kind, items, seats, files: self.surroundings.files().to_owned(), server }
    }

    /// Finds out how many items make a run of the right length.
    fn calibrate(&mut self) {
        let keys = self.keys();
        let keys = keys.iter().filter(|key| key.model.language() == Language::Rust).count();
        // What is left is for Python, and for processes to start.
        let length = (self.plan.time / 2 / (ROUNDS * keys.max(1) as u32)).clamp(SHORTEST, LONGEST);
        for &kind in &self.plan.kinds {
            for language in self.languages() {
                let turns = if language == Language::Python { PYTHON_EVERY as u32 } else { 1 };
                let items = self.items(kind, language, turns * length);
                let work = self.work(kind, items);
                let expected = work.expected();
                self.works.insert((kind, language), (work, expected));
            }
        }
    }

    /// How many items the base line does in so much time.
    fn items(&mut self, kind: Kind, language: Language, length: Duration) -> u32 {
        let (model, few) = match (language, kind) {
            (Language::Rust, Kind::Dining) => (Model::Serial, 2_000),
            (Language::Rust, _) => (Model::Serial, 16),
            (Language::Python, Kind::Dining) => (Model::PythonThreads, 200),
            (Language::Python, _) => (Model::PythonThreads, 2),
        };
        let work = self.work(kind, few);
        // The fastest one: what else the machine does makes a run longer, never shorter.
        let runs = (0..3).filter_map(|_| self.solve(Key { kind, workers: 1, model }, &work));
        let fastest = runs.map(|run| run.seconds()).min_by(f64::total_cmp);
        let each = fastest.map_or(Duration::from_millis(2), Duration::from_secs_f64) / few;
        // Who waits for forks takes several times as long.
        let length = if kind == Kind::Dining { length / 4 } else { length };
        let items = (length.as_secs_f64() / each.as_secs_f64().max(1e-9)).clamp(4.0, 100_000.0) as u32;
        let whole = self.seats() as u32;
        if kind == Kind::Dining { items.div_ceil(whole) * whole } else { items }
    }

    /// Measures each point once.
    fn round(&mut self) {
        let mut keys = self.keys();
        keys.retain(|key| self.has_its_turn(key.model.language()));
        (self.tell)(Event::Round(self.rounds + 1, keys.len()));
        for key in keys {
            if !self.goes_on() {
                break;
            }
            (self.tell)(Event::Run(key));
            let Some((work, _)) = self.works.get(&(key.kind, key.model.language())).cloned() else {
                continue;
            };
            if let Some(run) = self.solve(key, &work) {
                self.runs.entry(key).or_default().push((self.rounds, run));
            }
        }
        for language in self.languages() {
            if self.goes_on() && self.has_its_turn(language) {
                self.price(language);
            }
        }
        self.rounds += 1;
    }

    fn has_its_turn(&self, language: Language) -> bool {
        language == Language::Rust || self.rounds.is_multiple_of(PYTHON_EVERY)
    }

    fn solve(&mut self, key: Key, work: &Work) -> Option<Run> {
        let python = self.python.as_ref().map(|python| python.executable.clone());
        let request = Request::Solve { model: key.model, work: work.clone(), workers: key.workers, python };
        match ask(&request, &|| self.is_interrupted()) {
            Ok(run) => run,
            Err(why) => {
                (self.tell)(Event::Failed(key, &why));
                self.failed += 1;
                self.leave_out(format!("a run of {key}: {why}"));
                None
            }
        }
    }

    fn price(&mut self, language: Language) {
        let python = self.python.as_ref().map(|python| python.executable.clone());
        let files = self.surroundings.files().to_owned();
        match ask::<Prices>(&Request::Prices { language, python, files }, &|| self.is_interrupted()) {
            Ok(prices) => {
                for (of, seconds) in prices.unwrap_or_default() {
                    self.prices.entry((language, of)).or_default().push(seconds);
                }
            }
            Err(why) => self.leave_out(format!("what passing things on costs: {why}")),
        }
    }

    fn leave_out(&mut self, what: String) {
        if !self.left_out.contains(&what) {
            self.left_out.push(what);
        }
    }

    /// Names the points of which nothing is known.
    fn name_what_is_missing(&mut self, keys: &[Key]) {
        let none =
            keys.iter().filter(|key| !self.runs.contains_key(key)).map(Key::to_string).collect::<Vec<_>>();
        if !none.is_empty() {
            let why = if self.is_interrupted() {
                "it was interrupted"
            } else {
                "there was no time for them; give more by `--for`"
            };
            self.left_out.push(format!("{}: {why}", none.join(", ")));
        }
    }

    fn figures(mut self) -> Figures {
        let keys = self.keys();
        self.name_what_is_missing(&keys);
        let points = keys.iter().filter_map(|key| self.runs_of(*key)?.point()).collect();
        let solution = |model: Model| Solution {
            model,
            title: model.title().to_owned(),
            worker: model.worker().to_owned(),
            lines: model.lines(),
        };
        let models = Model::ALL.into_iter().filter(|model| keys.iter().any(|key| key.model == *model));
        let solutions = models.map(solution).collect();
        let prices = self.prices.iter().filter_map(|((language, of), seconds)| {
            Some(Price { of: *of, language: *language, seconds: Spread::of(seconds.iter().copied())? })
        });
        Figures {
            machine: self.machine(),
            rounds: self.rounds,
            interrupted: self.is_interrupted(),
            works: self
                .works
                .iter()
                .map(|((kind, language), (work, _))| Measured {
                    kind: *kind,
                    language: *language,
                    items: work.items,
                })
                .collect(),
            solutions,
            points,
            prices: prices.collect(),
            left_out: self.left_out,
            failed: self.failed,
        }
    }

    fn machine(&self) -> Machine {
        Machine {
            cores: cores(),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            python: self.python.as_ref().map(|python| python.version.clone()),
            optimised: !cfg!(debug_assertions),
            free: self.free(),
        }
    }

    /// In which part of its time the serial loop had a processor.
    fn free(&self) -> Option<f64> {
        let runs = self.runs.get(&Key { kind: Kind::Cpu, workers: 1, model: Model::Serial })?;
        Spread::of(runs.iter().map(|(_, run)| (run.usage.cpu / run.seconds()).min(1.0)))
            .map(|free| free.median)
    }

    /// The runs of a point, and those that it is compared with.
    fn runs_of(&self, key: Key) -> Option<Runs<'_>> {
        let language = key.model.language();
        let (work, expected) = self.works.get(&(key.kind, language))?;
        let of = |key| self.runs.get(&key).map_or(&[][..], Vec::as_slice);
        let serial = Key { workers: 1, model: Model::Serial, ..key };
        let against = key.model.counterpart().map_or(serial, |model| Key { model, ..key });
        let base_items = self.works.get(&(key.kind, Language::Rust))?.0.items;
        let is_serial = key.model == Model::Serial;
        Some(Runs {
            model: key.model,
            workers: key.workers,
            work,
            expected: *expected,
            own: of(key),
            alone: if is_serial { &[] } else { of(Key { workers: 1, ..key }) },
            base: (if is_serial { &[] } else { of(against) }, base_items),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_go_from_one_to_twice_the_cores() {
        assert_eq!(usual_workers(1), [1, 2]);
        assert_eq!(usual_workers(2), [1, 2, 4]);
        assert_eq!(usual_workers(6), [1, 2, 4, 6, 12]);
    }
}

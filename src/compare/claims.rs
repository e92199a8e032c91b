//! What Python's literature says of the models, and what the figures answer.
//!
//! Pure: from figures to sentences. An answer is given only where noise leaves no doubt, and the machine had its processors free where that
//! matters.
//!
//! Source of the claims: the manual of CPython 3.13, `threading`, `multiprocessing`, `concurrent.futures` and `asyncio`; David Beazley,
//! "Understanding the Python GIL", 2010.

use super::figures::{Figures, Passing, Point, Spread};
use super::model::{Language, Model};
use super::words::{bytes, list, seconds, times, times_between, workers};
use super::work::Kind;
use serde::Serialize;

/// Something that is said, and what the figures answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Claim {
    /// What is said.
    pub text: &'static str,
    /// One answer for each language in which it was measured.
    pub answers: Vec<Answer>,
}

/// What the figures say of a claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// In which language.
    pub language: Language,
    /// Whether it is so.
    pub verdict: Verdict,
    /// The figures, in words.
    pub figures: String,
}

/// Whether it is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It is so here.
    Confirmed,
    /// It is not so here.
    Refuted,
    /// The figures do not say: nothing was measured, or they are within noise.
    NotDecided,
}

impl Verdict {
    /// In words.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Confirmed => "so it is here",
            Self::Refuted => "not so here",
            Self::NotDecided => "not decided here",
        }
    }

    /// Of something that is, is not, or may be.
    const fn of(is: Option<bool>) -> Self {
        match is {
            Some(true) => Self::Confirmed,
            Some(false) => Self::Refuted,
            None => Self::NotDecided,
        }
    }
}

/// So much faster is a speed-up: what is less one does not notice.
const SPEED_UP: f64 = 1.15;

/// Fewer runs say nothing of noise.
pub(super) const FEWEST_RUNS: usize = 3;
pub(super) const TOO_FEW: &str = "too few runs to tell it from noise, give more time by `--for`";

/// Where the machine was less free than that, computing could not become faster.
pub(super) const FREE: f64 = 0.85;

/// Asks the figures in one language.
type Question = fn(&Figures, Language) -> Answer;

/// All claims, in the order in which the material makes them.
#[must_use]
pub fn claims(figures: &Figures) -> Vec<Claim> {
    let python = figures.models().iter().any(|model| model.language() == Language::Python);
    let languages = if python { vec![Language::Rust, Language::Python] } else { vec![Language::Rust] };
    let claim = |(text, answer): (&'static str, Question)| Claim {
        text,
        answers: languages.iter().map(|language| answer(figures, *language)).collect(),
    };
    let all: [(&'static str, Question); 8] = [
        ("Threads under the interpreter lock do not speed up CPU-bound work.", lock_and_computing),
        ("Threads under the interpreter lock do speed up waiting.", lock_and_waiting),
        ("Processes speed up CPU-bound work.", processes_and_computing),
        ("Processes come at the price of communication.", price_of_processes),
        ("Shared memory trades copies for encoding.", shared_memory),
        ("Futures let one switch between threads and processes by one line.", one_line),
        ("Coroutines interleave waiting on one thread.", coroutines_and_waiting),
        ("Coroutines do not speed up CPU-bound work.", coroutines_and_computing),
    ];
    all.into_iter().map(claim).collect()
}

const fn under_lock(language: Language) -> Model {
    match language {
        Language::Rust => Model::Gil,
        Language::Python => Model::PythonThreads,
    }
}

const fn processes(language: Language) -> Model {
    match language {
        Language::Rust => Model::Processes,
        Language::Python => Model::PythonProcesses,
    }
}

const fn coroutines(language: Language) -> Model {
    match language {
        Language::Rust => Model::Coroutines,
        Language::Python => Model::PythonCoroutines,
    }
}

fn lock_and_computing(figures: &Figures, language: Language) -> Answer {
    speed_up(figures, language, Kind::Cpu, under_lock(language), false)
}

fn lock_and_waiting(figures: &Figures, language: Language) -> Answer {
    speed_up(figures, language, Kind::Io, under_lock(language), true)
}

fn processes_and_computing(figures: &Figures, language: Language) -> Answer {
    speed_up(figures, language, Kind::Cpu, processes(language), true)
}

fn coroutines_and_waiting(figures: &Figures, language: Language) -> Answer {
    speed_up(figures, language, Kind::Io, coroutines(language), true)
}

fn coroutines_and_computing(figures: &Figures, language: Language) -> Answer {
    speed_up(figures, language, Kind::Cpu, coroutines(language), false)
}

/// Whether several workers are faster than one, where that is claimed or denied.
fn speed_up(figures: &Figures, language: Language, kind: Kind, model: Model, claimed: bool) -> Answer {
    let not_measured = || {
        not_decided(
            language,
            format!("{} with one worker and more was not measured on {}", model.title(), kind.title()),
        )
    };
    let Some((point, spread)) = with_more_workers(figures, kind, model) else { return not_measured() };
    let said = format!("with {} {}", workers(point.workers), times_between(&spread));
    let free = figures.machine.free.filter(|free| kind == Kind::Cpu && *free < FREE);
    if let Some(free) = free {
        let why = format!(
            "{said}; but the machine was busy: even one thread had a processor only {:.0} % of its time",
            100.0 * free
        );
        return not_decided(language, why);
    }
    if kind == Kind::Cpu && figures.machine.cores == 1 {
        return not_decided(language, format!("{said}; but there is one core only"));
    }
    if spread.runs < FEWEST_RUNS {
        return not_decided(language, format!("{said}; {TOO_FEW}"));
    }
    let faster = match spread {
        Spread { low, .. } if low >= SPEED_UP => Some(true),
        Spread { high, .. } if high < SPEED_UP => Some(false),
        _ => None,
    };
    let verdict = Verdict::of(faster.map(|faster| faster == claimed));
    Answer { language, verdict, figures: within_noise(said, verdict) }
}

/// Where computing is asked for, with as many workers as there are cores; where waiting is, with most.
fn with_more_workers(figures: &Figures, kind: Kind, model: Model) -> Option<(&Point, Spread)> {
    let most = if kind == Kind::Cpu { figures.machine.cores.max(2) } else { usize::MAX };
    let points = figures.of(kind, model).filter(|point| point.workers > 1);
    let points = points.filter_map(|point| Some((point, point.speed_up?)));
    let rank = |point: &Point| (point.workers <= most, point.workers);
    points.max_by_key(|(point, _)| match rank(point) {
        (true, workers) => (true, workers),
        (false, workers) => (false, usize::MAX - workers),
    })
}

fn within_noise(said: String, verdict: Verdict) -> String {
    if verdict == Verdict::NotDecided { format!("{said}: within noise") } else { said }
}

const fn not_decided(language: Language, figures: String) -> Answer {
    Answer { language, verdict: Verdict::NotDecided, figures }
}

/// Whether the one costs more than the other, beyond noise.
fn costs_more(figures: &Figures, language: Language, more: Passing, less: Passing) -> Answer {
    let prices = (figures.price(more, language), figures.price(less, language));
    let (Some(dear), Some(cheap)) = prices else {
        return not_decided(language, "that was not measured".to_owned());
    };
    let said =
        format!("{}: {}; {}: {}", more.title(), seconds(dear.median), less.title(), seconds(cheap.median));
    let is = match (dear, cheap) {
        _ if dear.runs.min(cheap.runs) < FEWEST_RUNS => None,
        _ if dear.low > cheap.high => Some(true),
        _ if dear.high < cheap.low => Some(false),
        _ => None,
    };
    let verdict = Verdict::of(is);
    let few = dear.runs.min(cheap.runs) < FEWEST_RUNS;
    let figures = if few { format!("{said}; {TOO_FEW}") } else { within_noise(said, verdict) };
    Answer { language, verdict, figures }
}

fn price_of_processes(figures: &Figures, language: Language) -> Answer {
    let mut answer = costs_more(figures, language, Passing::TaskToProcess, Passing::TaskToThread);
    let threads = if language == Language::Rust { Model::Pool } else { Model::PythonPool };
    let point = |model| figures.of(Kind::Cpu, model).max_by_key(|point| point.workers);
    if let (Some(own), Some(other)) = (point(processes(language)), point(threads)) {
        answer.figures += &format!(
            ". With {} they need {} before they begin, and {}; a pool of threads {}, and {}",
            workers(own.workers),
            seconds(own.start_up),
            bytes(own.memory),
            seconds(other.start_up),
            bytes(other.memory)
        );
    }
    answer
}

fn shared_memory(figures: &Figures, language: Language) -> Answer {
    costs_more(figures, language, Passing::ListThroughPipe, Passing::ListInSharedMemory)
}

/// The same source was run on both: that it gave the right results is the answer.
fn one_line(figures: &Figures, language: Language) -> Answer {
    let (threads, processes) = match language {
        Language::Rust => (Model::Pool, Model::Processes),
        Language::Python => (Model::PythonPool, Model::PythonProcesses),
    };
    let both = figures
        .kinds()
        .into_iter()
        .filter(|kind| *kind != Kind::Dining)
        .filter_map(|kind| Some((kind, figures.best(kind, threads)?, figures.best(kind, processes)?)));
    let both: Vec<_> = both.collect();
    if both.is_empty() {
        return not_decided(language, "not both were measured".to_owned());
    }
    let (file, _) = threads.source()[1];
    let compared = both.iter().map(|(kind, threads, processes)| {
        format!("{kind} {}", times(processes.throughput.median / threads.throughput.median))
    });
    let compared: Vec<String> = compared.collect();
    let figures = format!(
        "`{file}` ran unchanged on both pools, with the same results; the processes’ throughput over the threads’: {}",
        list(&compared)
    );
    Answer { language, verdict: Verdict::Confirmed, figures }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::example::{Example, spread};

    fn answer(figures: &Figures, text: &str) -> Answer {
        let claim = claims(figures).into_iter().find(|claim| claim.text.contains(text)).unwrap();
        claim.answers[0].clone()
    }

    #[test]
    fn what_noise_leaves_no_doubt_of_is_answered() {
        let with = |low, high| {
            let figures = Example::new().speed_up(Kind::Cpu, Model::Gil, 2, spread(low, high)).figures();
            answer(&figures, "lock do not speed up").verdict
        };
        assert_eq!(with(0.9, 1.05), Verdict::Confirmed);
        assert_eq!(with(1.7, 1.9), Verdict::Refuted);
        assert_eq!(with(0.9, 1.9), Verdict::NotDecided);
    }

    #[test]
    fn waiting_is_answered_with_most_workers() {
        let example = Example::new().speed_up(Kind::Io, Model::Coroutines, 2, spread(0.9, 1.0)).speed_up(
            Kind::Io,
            Model::Coroutines,
            4,
            spread(3.6, 3.9),
        );
        let answer = answer(&example.figures(), "interleave");
        assert_eq!(answer.verdict, Verdict::Confirmed);
        assert!(answer.figures.starts_with("with 4 workers 3.75 × (3.60 to 3.90)"), "{}", answer.figures);
    }

    #[test]
    fn a_busy_machine_decides_nothing_of_computing() {
        let mut figures = Example::new().speed_up(Kind::Cpu, Model::Processes, 2, spread(1.0, 1.1)).figures();
        assert_eq!(answer(&figures, "Processes speed up").verdict, Verdict::Refuted);
        figures.machine.free = Some(0.5);
        let answer = answer(&figures, "Processes speed up");
        assert_eq!(answer.verdict, Verdict::NotDecided);
        assert!(answer.figures.contains("only 50 % of its time"), "{}", answer.figures);
    }

    #[test]
    fn what_was_not_measured_is_not_decided() {
        let figures = Example::new().figures();
        for claim in claims(&figures) {
            assert_eq!(claim.answers[0].verdict, Verdict::NotDecided, "{}", claim.text);
            assert_eq!(claim.answers.len(), 1);
        }
    }

    #[test]
    fn prices_are_compared_beyond_noise() {
        let with = |pipe, memory| {
            let example = Example::new()
                .price(Passing::ListThroughPipe, pipe)
                .price(Passing::ListInSharedMemory, memory);
            answer(&example.figures(), "Shared memory").verdict
        };
        assert_eq!(with(spread(4e-4, 5e-4), spread(1e-5, 2e-5)), Verdict::Confirmed);
        assert_eq!(with(spread(1e-5, 2e-5), spread(4e-4, 5e-4)), Verdict::Refuted);
        assert_eq!(with(spread(1e-5, 5e-4), spread(1e-5, 2e-5)), Verdict::NotDecided);
    }
}

//! Which model to take for which work, and why: sentences that follow from the figures.

use super::claims::{FEWEST_RUNS, FREE, TOO_FEW};
use super::figures::{Figures, Point};
use super::model::{Language, Model};
use super::words::{bytes, list, seconds, times, times_between, workers};
use super::work::Kind;
use serde::Serialize;

/// What to take for a kind of work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Advice {
    /// The work.
    pub kind: Kind,
    /// The language in which it is to be done.
    pub language: Language,
    /// What to take.
    pub take: Model,
    /// Whether the figures are worth it: there are enough of them, and the machine was free where that matters.
    pub decided: bool,
    /// And why, in sentences.
    pub text: String,
}

/// Advice for each kind of work that was measured, in each language.
///
/// Of those that are as fast as the fastest, within noise, the one with the fewest lines is to be taken; of several with as many, the one
/// that needs the least memory. Threads under an interpreter lock are never: nobody chooses the lock.
#[must_use]
pub fn advice(figures: &Figures) -> Vec<Advice> {
    let languages = [Language::Rust, Language::Python];
    let all = figures.kinds().into_iter().flat_map(|kind| languages.map(|language| (kind, language)));
    all.filter_map(|(kind, language)| of(figures, kind, language)).collect()
}

fn of(figures: &Figures, kind: Kind, language: Language) -> Option<Advice> {
    let models =
        figures.models().into_iter().filter(|model| model.language() == language && *model != Model::Gil);
    let mut best: Vec<&Point> = models.filter_map(|model| figures.best(kind, model)).collect();
    best.sort_by(|a, b| b.throughput.median.total_cmp(&a.throughput.median));
    let fastest = *best.first()?;
    // One alone is no choice.
    best.get(1)?;
    let (tied, slower): (Vec<&Point>, Vec<&Point>) =
        best.into_iter().partition(|point| point.is_as_fast_as(fastest));
    let taken = *tied.iter().min_by_key(|point| (point.model.lines(), point.memory))?;
    let others: Vec<&Point> = tied.into_iter().filter(|point| point.model != taken.model).collect();
    let doubt = doubt(figures, kind, fastest);
    let decided = doubt.is_none();
    let mut text: Vec<String> = doubt.into_iter().chain([take(taken, language)]).collect();
    text.extend(as_fast(&others));
    text.extend(behind(taken, &slower));
    text.push(price(taken));
    Some(Advice { kind, language, take: taken.model, decided, text: text.join(" ") })
}

fn take(point: &Point, language: Language) -> String {
    let (kind, title) = (point.kind.title(), point.model.title());
    if point.model == Model::Serial {
        return format!("For {kind} write a serial loop: no model is faster beyond noise.");
    }
    if language == Language::Python && point.workers == 1 {
        return format!("For {kind} in Python take {title} with 1 worker: more are not faster beyond noise.");
    }
    let with = workers(point.workers);
    match &point.ratio {
        Some(ratio) if language == Language::Rust => {
            format!("For {kind} take {title} ({with}): {} the serial loop.", times_between(ratio))
        }
        _ => format!("For {kind} in Python take {title} ({with})."),
    }
}

fn as_fast(others: &[&Point]) -> Option<String> {
    let named = |point: &&Point| format!("{} ({})", point.model.title(), lines(point.model));
    let names: Vec<String> = others.iter().map(named).collect();
    (!names.is_empty()).then(|| format!("As fast within noise, but no shorter: {}.", list(&names)))
}

fn behind(taken: &Point, slower: &[&Point]) -> Option<String> {
    let named = |point: &&Point| {
        format!("{} ({})", point.model.title(), times(point.throughput.median / taken.throughput.median))
    };
    let names: Vec<String> = slower.iter().map(named).collect();
    (!names.is_empty()).then(|| format!("Behind it: {}.", list(&names)))
}

/// Why the figures are not worth much.
fn doubt(figures: &Figures, kind: Kind, fastest: &Point) -> Option<String> {
    if fastest.throughput.runs < FEWEST_RUNS {
        return Some(format!("Not decided here: {TOO_FEW}. So far:"));
    }
    let free = figures.machine.free.filter(|free| kind != Kind::Io && *free < FREE)?;
    Some(format!(
        "Not decided here: the machine was busy, one thread that computes had a processor {:.0} % of its time. So far:",
        100.0 * free
    ))
}

fn price(point: &Point) -> String {
    format!(
        "It takes {}, {} of memory, {} on processors for a thousand items; one item in a hundred takes longer than {}.",
        lines(point.model),
        bytes(point.memory),
        seconds(point.cpu_seconds),
        seconds(point.latency.p99)
    )
}

fn lines(model: Model) -> String {
    format!("{} lines", model.lines())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::example::{Example, spread};

    fn advised(example: Example) -> Advice {
        advice(&example.figures()).remove(0)
    }

    #[test]
    fn the_fastest_is_taken() {
        let example = Example::new()
            .throughput(Kind::Cpu, Model::Serial, 1, spread(99.0, 101.0))
            .throughput(Kind::Cpu, Model::Threads, 2, spread(190.0, 200.0))
            .throughput(Kind::Cpu, Model::Coroutines, 2, spread(98.0, 100.0));
        let advice = advised(example);
        assert_eq!(advice.take, Model::Threads);
        assert!(
            advice.text.starts_with("For CPU-bound work take OS threads (2 workers): 1.95 ×"),
            "{}",
            advice.text
        );
        assert!(
            advice.text.contains("Behind it: a serial loop (0.51 ×) and coroutines (0.51 ×)."),
            "{}",
            advice.text
        );
    }

    #[test]
    fn of_those_within_noise_the_shortest_is_taken() {
        let example = Example::new()
            .throughput(Kind::Io, Model::Serial, 1, spread(99.0, 101.0))
            .throughput(Kind::Io, Model::Actors, 4, spread(390.0, 410.0))
            .throughput(Kind::Io, Model::Threads, 4, spread(380.0, 400.0));
        let advice = advised(example);
        assert_eq!(advice.take, Model::Threads);
        assert!(advice.text.contains("As fast within noise, but no shorter: actors ("), "{}", advice.text);
    }

    #[test]
    fn a_loop_is_written_where_nothing_is_faster() {
        let example = Example::new()
            .throughput(Kind::Dining, Model::Serial, 1, spread(90.0, 110.0))
            .throughput(Kind::Dining, Model::Channels, 2, spread(95.0, 120.0));
        let advice = advised(example);
        assert_eq!(advice.take, Model::Serial);
        assert!(advice.text.starts_with("For the dining table write a serial loop"), "{}", advice.text);
    }

    #[test]
    fn few_runs_and_a_busy_machine_leave_doubts() {
        let mut figures = Example::new()
            .throughput(Kind::Cpu, Model::Serial, 1, spread(99.0, 101.0))
            .throughput(Kind::Cpu, Model::Threads, 2, spread(190.0, 200.0))
            .figures();
        let text = |figures: &Figures| advice(figures).remove(0).text;
        assert!(text(&figures).ends_with("takes longer than 2.00 ms."), "{}", text(&figures));
        figures.machine.free = Some(0.4);
        assert!(text(&figures).contains("had a processor 40 % of its time"), "{}", text(&figures));
        figures.points.iter_mut().for_each(|point| point.throughput.runs = 1);
        assert!(text(&figures).starts_with("Not decided here: too few runs"), "{}", text(&figures));
        assert!(!advice(&figures)[0].decided);
    }

    #[test]
    fn of_workers_within_noise_the_fewest_are_taken() {
        let example = Example::new()
            .throughput(Kind::Cpu, Model::Serial, 1, spread(99.0, 101.0))
            .throughput(Kind::Cpu, Model::Threads, 2, spread(190.0, 200.0))
            .throughput(Kind::Cpu, Model::Threads, 4, spread(192.0, 202.0));
        assert!(advised(example).text.contains("OS threads (2 workers)"));
    }

    #[test]
    fn nobody_chooses_an_interpreter_lock() {
        let example = Example::new()
            .throughput(Kind::Io, Model::Gil, 4, spread(390.0, 400.0))
            .throughput(Kind::Io, Model::Serial, 1, spread(99.0, 101.0))
            .throughput(Kind::Io, Model::Processes, 4, spread(200.0, 210.0));
        assert_eq!(advised(example).take, Model::Processes);
    }
}

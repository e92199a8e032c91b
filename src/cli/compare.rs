//! `compare`: the concurrency models side by side, on the same work.

use super::ending::{Ending, Stop};
use super::terminal::{self, note};
use super::{select, stress, verify};
use clap::Args;
use refectory::compare::{self, Event, Figures, Kind, Model, Plan};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

#[derive(Args, Debug)]
pub(super) struct Compare {
    /// The work: `cpu`, `io` (files, sockets, and waiting), `mixed`, `dining` (the table of the philosophers); without it, all of them.
    #[arg(value_name = "WORK")]
    works: Vec<String>,
    /// For how long, all together: seconds, as in `60s`, or minutes, as in `5m`.
    #[arg(long = "for", value_name = "TIME", default_value = "60s", value_parser = stress::some_time)]
    duration: Duration,
    /// How many workers, as in `1,2,8` [default: from 1 to twice the cores].
    #[arg(long, value_name = "N,N", value_delimiter = ',', value_parser = clap::value_parser!(u16).range(1..=MOST_WORKERS))]
    workers: Vec<u16>,
    /// The models, as in `threads,coroutines,python-threads` [default: all, and the programs in Python where there is a `python3`].
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    models: Vec<String>,
    /// Rounds, at most: in each, every solution is measured once.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: u16,
    /// Writes all figures into this file, for programs.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Writes a page with pictures into this file, which needs nothing else.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// With more of them a machine has other things to do than to compare.
const MOST_WORKERS: i64 = 1024;

/// Between two lines on how it goes there is so much time, at least.
const QUIET: Duration = Duration::from_secs(2);

impl Compare {
    pub(super) fn run(&self) -> Result<Ending, Stop> {
        let plan = self.plan()?;
        // Whether they can be written is known before there is something to write.
        self.files().try_for_each(can_be_written)?;
        verify::heed_interrupts()?;
        let mut progress = Progress::new();
        let figures = compare::run(&plan, &verify::INTERRUPTED, &mut |event| progress.show(event));
        let figures = figures.map_err(Stop::infrastructure)?;
        terminal::print(&compare::table(&figures, terminal::style()))?;
        Ok(ending(&figures).and_kept(self.write(&figures)))
    }

    fn plan(&self) -> Result<Plan, Stop> {
        let kinds = chosen("work", &self.works, &Kind::ALL, Kind::name)?;
        let models = chosen("model", &self.models, &Model::ALL, Model::name)?;
        let mut workers: Vec<usize> = self.workers.iter().copied().map(usize::from).collect();
        if workers.is_empty() {
            workers = compare::usual_workers(compare::cores());
        }
        workers.sort_unstable();
        workers.dedup();
        Ok(Plan { kinds, models, workers, time: self.duration, rounds: usize::from(self.rounds) })
    }

    fn files(&self) -> impl Iterator<Item = &Path> {
        self.json.iter().chain(&self.html).map(PathBuf::as_path)
    }

    fn write(&self, figures: &Figures) -> Result<(), Stop> {
        let write = |file: &Option<PathBuf>, text: &dyn Fn() -> Result<String, Stop>| match file {
            Some(file) => std::fs::write(file, text()?).map_err(|error| Stop::unwritten(file, error)),
            None => Ok(()),
        };
        write(&self.json, &|| compare::json(figures).map_err(Stop::infrastructure))?;
        write(&self.html, &|| Ok(compare::page(figures)))
    }
}

/// Those that are named, or all; in their usual order, each once.
fn chosen<T: Copy + PartialEq>(
    what: &str,
    names: &[String],
    all: &[T],
    name: impl Fn(T) -> &'static str,
) -> Result<Vec<T>, Stop> {
    let is_known = |given: &&String| all.iter().any(|one| name(*one) == given.as_str());
    if let Some(given) = names.iter().find(|given| !is_known(given)) {
        let known: Vec<&str> = all.iter().map(|one| name(*one)).collect();
        return Err(select::unknown_of(what, given, &known));
    }
    let is_named = |one: &&T| names.is_empty() || names.iter().any(|given| given == name(**one));
    Ok(all.iter().filter(is_named).copied().collect())
}

/// Leaves a file as it is, and makes an empty one where there is none.
pub(super) fn can_be_written(file: &Path) -> Result<(), Stop> {
    let opened = std::fs::OpenOptions::new().append(true).create(true).open(file);
    opened
        .map(drop)
        .map_err(|error| Stop::usage(format!("{}: {error}; name a file that can be written", file.display())))
}

fn ending(figures: &Figures) -> Ending {
    match figures {
        _ if !figures.all_right() => Ending::Violation,
        _ if figures.interrupted => Ending::Interrupted,
        _ if figures.points.is_empty() || figures.failed > 0 => Ending::Infrastructure,
        _ => Ending::AsExpected,
    }
}

/// Tells on standard error how it goes.
struct Progress {
    told: Instant,
    done: usize,
    of: usize,
    round: usize,
}

impl Progress {
    fn new() -> Self {
        Self { told: Instant::now(), done: 0, of: 0, round: 0 }
    }

    fn show(&mut self, event: Event<'_>) {
        match event {
            Event::Round(round, runs) => {
                (self.round, self.done, self.of) = (round, 0, runs);
                if round == 1 {
                    note(&format!("round 1: {runs} runs"));
                }
            }
            Event::Run(key) => {
                self.done += 1;
                if self.told.elapsed() >= QUIET {
                    self.told = Instant::now();
                    note(&format!("round {}: [{}/{}] {key}", self.round, self.done, self.of));
                }
            }
            Event::Failed(key, why) => note(&format!("{key} could not be measured: {why}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_named_is_all() {
        let kinds = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            chosen("work", &names, &Kind::ALL, Kind::name)
        };
        assert_eq!(kinds(&[]).unwrap(), Kind::ALL);
        assert_eq!(kinds(&["io", "cpu", "io"]).unwrap(), [Kind::Cpu, Kind::Io]);
        let refused = kinds(&["dinning"]).unwrap_err();
        assert_eq!(refused.ending, Ending::Usage);
        assert!(
            refused.message.contains("`dinning`") && refused.message.contains("`dining`"),
            "{}",
            refused.message
        );
    }

    #[test]
    fn a_wrong_result_outweighs_all_else() {
        let figures = |wrong: &str, interrupted: bool, failed: usize| -> Figures {
            let point = format!(
                r#"{{"kind":"cpu","model":"gil","workers":1,"throughput":{SPREAD},"speed_up":null,"ratio":null,
                   "latency":{{"items":1,"p50":1,"p99":1,"p999":1,"max":1}},"fairness":1,"cpu_seconds":1,"switches":1,"memory":1,
                   "start_up":1,"wrong":{wrong}}}"#
            );
            let text = format!(
                r#"{{"machine":{{"cores":2,"system":"","python":null,"optimised":true,"free":null}},"rounds":1,
                   "interrupted":{interrupted},"works":[],"solutions":[],"points":[{point}],"prices":[],"left_out":[],"failed":{failed}}}"#
            );
            serde_json::from_str(&text).unwrap()
        };
        const SPREAD: &str = r#"{"median":1,"low":1,"high":1,"runs":1}"#;
        assert_eq!(ending(&figures("null", false, 0)), Ending::AsExpected);
        assert_eq!(ending(&figures("null", false, 1)), Ending::Infrastructure);
        assert_eq!(ending(&figures("null", true, 1)), Ending::Interrupted);
        assert_eq!(ending(&figures("\"the sum is 7\"", true, 1)), Ending::Violation);
    }
}

//! `bench`: ours beside the best of others, as criterion measures them.

use super::ending::{Ending, Stop};
use super::terminal::{self, note};
use super::{compare, select, stress, verify};
use clap::Args;
use refectory::bench::{self, Baseline, Event, Measured, Plan, Report, Tree, Trouble};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Between two lines on how it goes there is so much time, at least.
const QUIET: Duration = Duration::from_secs(2);

#[derive(Args, Debug)]
pub(super) struct Bench {
    /// A part of the names of groups, as in `queue`, `queue/ping-pong` or `2p2c`; without it, all are measured.
    filter: Option<String>,
    /// Time of all that is measured together, as in `90s` or `10m`; building the benches takes its own. What does not fit is named.
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = stress::some_time)]
    budget: Duration,
    /// Writes the report into this file, for programs: `rows`, the worst first, `alone`, `scenarios`, `left_out`, `failed`; times in seconds.
    /// `format` is the version of that, now 1.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Writes a page with pictures into this file, which needs nothing else.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Compares with measurements that were saved under this name: the tables say by how much times have changed.
    #[arg(long, value_name = "NAME", value_parser = name_of_a_baseline, conflicts_with = "save_baseline")]
    baseline: Option<String>,
    /// Saves the measurements under this name, too.
    #[arg(long, value_name = "NAME", value_parser = name_of_a_baseline)]
    save_baseline: Option<String>,
    /// Measures nothing: shows what criterion has left in this directory, as in `target/criterion`.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["save_baseline", "budget"])]
    from: Option<PathBuf>,
}

/// Criterion makes it a directory beside some of its own.
fn name_of_a_baseline(name: &str) -> Result<String, String> {
    match name {
        "new" | "change" | "report" => Err(format!("criterion keeps something else under `{name}`")),
        "" | "." | ".." => Err(format!("`{name}` is no name")),
        _ if name.contains('/') => Err("a name has no `/` in it".to_owned()),
        _ => Ok(name.to_owned()),
    }
}

impl Bench {
    pub(super) fn run(&self) -> Result<Ending, Stop> {
        // Whether they can be written is known before there is something to write.
        self.json.iter().chain(&self.html).try_for_each(|file| compare::can_be_written(file))?;
        let report = match &self.from {
            Some(directory) => self.read(directory)?,
            None => self.measure()?,
        };
        terminal::print(&bench::table(&report, terminal::style()))?;
        Ok(ending(&report).and_kept(self.write(&report)))
    }

    /// What was measured before.
    fn read(&self, directory: &Path) -> Result<Report, Stop> {
        let baseline = self.baseline.as_deref();
        let mut measured =
            bench::measured(directory, baseline).map_err(|broken| Stop::usage(broken.to_string()))?;
        if measured.is_empty() {
            let directory = directory.display();
            return Err(Stop::usage(format!(
                "criterion has left nothing in {directory}; name its `target/criterion`"
            )));
        }
        if let Some(name) = baseline {
            let saved = bench::baselines(directory).map_err(|broken| Stop::usage(broken.to_string()))?;
            if !saved.contains(name) {
                return Err(self.refused(Trouble::NoSuchBaseline(saved.into_iter().collect())));
            }
        }
        if let Some(part) = &self.filter {
            let groups = groups_of(&measured);
            measured.retain(|one| one.group.contains(part.as_str()));
            if measured.is_empty() {
                return Err(self.refused(Trouble::NoSuchGroup(groups)));
            }
        }
        Ok(Report::of(&measured, baseline))
    }

    fn measure(&self) -> Result<Report, Stop> {
        let here = std::env::current_dir().map_err(Stop::infrastructure)?;
        let tree = Tree::around(&here).map_err(|none| Stop::usage(none.to_string()))?;
        verify::heed_interrupts()?;
        let save = self.save_baseline.clone().map(Baseline::Save);
        let baseline = save.or_else(|| self.baseline.clone().map(Baseline::Compare));
        let plan = Plan { filter: self.filter.clone(), budget: self.budget, baseline };
        let mut progress = Progress { told: Instant::now() };
        bench::run(&tree, &plan, &verify::INTERRUPTED, &mut |event| progress.show(event))
            .map_err(|trouble| self.refused(trouble))
    }

    /// Why nothing was measured, in the words of the arguments.
    fn refused(&self, trouble: Trouble) -> Stop {
        match &trouble {
            Trouble::NoSuchGroup(_) => {
                let filter = self.filter.as_deref().unwrap_or_default();
                Stop::usage(format!("no group has `{filter}` in its name; {trouble}"))
            }
            Trouble::NoSuchBaseline(names) => {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                let name = self.baseline.as_deref().unwrap_or_default();
                match names.as_slice() {
                    [] => Stop::usage(format!("no baseline `{name}`: {trouble}")),
                    names => select::unknown_of("baseline", name, names),
                }
            }
            Trouble::NoTime(_) => Stop::usage(format!("no group fits into `--budget`; {trouble}")),
            Trouble::Interrupted => Stop { ending: Ending::Interrupted, message: trouble.to_string() },
            _ => Stop::infrastructure(trouble),
        }
    }

    fn write(&self, report: &Report) -> Result<(), Stop> {
        let write = |file: &Path, text: String| {
            std::fs::write(file, text).map_err(|error| Stop::unwritten(file, error))
        };
        if let Some(file) = &self.json {
            write(file, bench::json(report).map_err(Stop::infrastructure)?)?;
        }
        self.html.as_ref().map_or(Ok(()), |file| write(file, bench::page(report)))
    }
}

fn groups_of(measured: &[Measured]) -> Vec<String> {
    let mut groups: Vec<String> = measured.iter().map(|one| one.group.clone()).collect();
    groups.dedup();
    groups
}

fn ending(report: &Report) -> Ending {
    match report {
        _ if report.interrupted => Ending::Interrupted,
        _ if report.scenarios.is_empty() || !report.failed.is_empty() => Ending::Infrastructure,
        _ => Ending::AsExpected,
    }
}

/// Tells on standard error how it goes.
struct Progress {
    told: Instant,
}

impl Progress {
    fn show(&mut self, event: Event<'_>) {
        match event {
            Event::Building(1, features) => note(&format!("building a bench{}", with(features))),
            Event::Building(benches, features) => {
                note(&format!("building {benches} benches{}", with(features)))
            }
            Event::Bench(bench, functions, share) => note(&format!(
                "{bench}: {functions} functions, {:.1} s for each",
                (share.warm_up + share.measurement).as_secs_f64()
            )),
            Event::Function(line) if self.told.elapsed() >= QUIET => {
                self.told = Instant::now();
                note(&format!("  {line}"));
            }
            Event::Function(_) => {}
            Event::Failed(bench, words) => note(&format!("the bench `{bench}` failed:\n{words}")),
        }
    }
}

fn with(features: &std::collections::BTreeSet<String>) -> String {
    let names: Vec<&str> = features.iter().map(String::as_str).collect();
    if names.is_empty() { String::new() } else { format!(" with {}", names.join(" and ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use refectory::bench::LeftOut;

    #[test]
    fn a_baseline_is_no_directory_of_criterions_own() {
        assert_eq!(name_of_a_baseline("before"), Ok("before".to_owned()));
        for name in ["new", "change", "..", "", "a/b"] {
            assert!(name_of_a_baseline(name).is_err(), "{name}");
        }
    }

    #[test]
    fn what_was_not_measured_decides_how_it_ends() {
        let time = bench::Estimate { value: 1.0, low: 1.0, high: 1.0 };
        let (group, function, id) = ("queue/a".to_owned(), "kanal".to_owned(), "queue/a/kanal".to_owned());
        let measured = [Measured { group, function, parameter: None, id, time, change: None }];
        let one = || LeftOut { what: "queue/b".to_owned(), why: "did not fit".to_owned() };
        let report = Report::of(&measured, None);
        assert_eq!(ending(&report), Ending::AsExpected);
        assert_eq!(ending(&Report { left_out: vec![one()], ..report.clone() }), Ending::AsExpected);
        assert_eq!(ending(&Report { failed: vec![one()], ..report.clone() }), Ending::Infrastructure);
        assert_eq!(ending(&Report { failed: vec![one()], interrupted: true, ..report }), Ending::Interrupted);
        assert_eq!(ending(&Report::of(&[], None)), Ending::Infrastructure);
    }
}

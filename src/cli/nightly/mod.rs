//! `nightly`: what takes too long for a pull request, in one command with one budget.

mod issue;

use super::ending::{Ending, Stop};
use super::terminal::{self, note};
use super::verify::Verify;
use super::{select, stress};
use clap::Args;
use refectory::campaign::Campaign;
use refectory::judge::CellReport;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[derive(Args, Debug)]
pub(super) struct Nightly {
    /// A part of the ids of cells and subjects, as in `threads/queue`; without it, all take part.
    #[arg(default_value = "")]
    filter: String,
    /// Time of all parts together, as in `100m`: half of it for the scopes, a third for rounds, and the rest for tools. A cell that has begun when its
    /// half is over is ended, and not decided.
    #[arg(long, value_name = "TIME", default_value = "100m", value_parser = stress::some_time)]
    budget: Duration,
    /// The seed of every subject's first round.
    #[arg(long, default_value_t = 0x5EED)]
    seed: u64,
    /// Where the text of an issue is written if something is against expectation.
    #[arg(long, value_name = "FILE", default_value = "nightly.md")]
    issue: PathBuf,
}

/// Scripts of the source tree that ask other tools. They are told what takes part, and their time in seconds.
const TOOLS: [(&str, &str); 2] = [("ThreadSanitizer", ".ci/tsan"), ("Miri", ".ci/miri")];

/// How a script says that the toolchain has not what it takes, as in Automake's tests.
const NOT_HERE: i32 = 77;

/// One of the parts, when it is over.
struct Part {
    name: &'static str,
    /// `None` where it could not be run here.
    ending: Option<Ending>,
    cells: Vec<CellReport>,
    elapsed: Duration,
}

impl Part {
    fn run(
        name: &'static str,
        part: impl FnOnce() -> Result<(Option<Ending>, Vec<CellReport>), Stop>,
    ) -> Self {
        note(&format!("== {name}"));
        let started = Instant::now();
        let (ending, cells) = part().unwrap_or_else(|stop| {
            terminal::complain(&stop.message);
            (Some(stop.ending), Vec::new())
        });
        Self { name, ending, cells, elapsed: started.elapsed() }
    }

    fn is_fine(&self) -> bool {
        self.ending.is_none_or(|ending| ending == Ending::AsExpected)
    }
}

impl Nightly {
    pub(super) fn run(&self) -> Result<Ending, Stop> {
        let subjects = select::subjects(&select::parts(&self.filter))?;
        let scopes = Verify::nightly(&self.filter, self.budget / 2);
        let campaign = Campaign::of(subjects, self.budget / 3, self.seed);
        let expected = |(ending, cells)| (Some(ending), cells);
        let mut parts = vec![
            Part::run("all scopes", || scopes.run_and_report().map(expected)),
            Part::run("rounds on real cores", || {
                stress::run_and_report(&campaign, None, stress::CONFIRMING).map(expected)
            }),
        ];
        let left = self.budget / 6 / TOOLS.len() as u32;
        parts.extend(TOOLS.map(|(name, script)| Part::run(name, || tool(script, &self.filter, left))));
        terminal::print(&table(&parts))?;
        // The first one that is not fine decides; a violation comes before all else.
        let endings = || parts.iter().filter_map(|part| part.ending);
        let worst = endings().find(|ending| *ending == Ending::Violation);
        let ending = worst.or_else(|| endings().find(|ending| *ending != Ending::AsExpected));
        let Some(ending) = ending else { return Ok(Ending::AsExpected) };
        let text = issue::text(&parts, self.seed, self.budget);
        std::fs::write(&self.issue, text).map_err(|error| Stop::unwritten(&self.issue, error))?;
        note(&format!("the text of an issue is in {}", self.issue.display()));
        Ok(ending)
    }
}

/// Runs a script of the source tree, if this is one.
fn tool(script: &str, filter: &str, time: Duration) -> Result<(Option<Ending>, Vec<CellReport>), Stop> {
    if !Path::new(script).exists() {
        note(&format!("there is no {script} here: it belongs to the source tree"));
        return Ok((None, Vec::new()));
    }
    let mut command = Command::new(script);
    if !filter.is_empty() {
        command.arg(filter);
    }
    command.env("REFECTORY_SECONDS", time.as_secs().max(1).to_string()).stdin(Stdio::null());
    let status = command.status().map_err(|error| Stop::infrastructure(format!("{script}: {error}")))?;
    Ok((ending_of(status.code()), Vec::new()))
}

/// What a script says with its exit code. It passes on how a command of ours has ended, and all that no command ends with is a finding of
/// its tool.
fn ending_of(code: Option<i32>) -> Option<Ending> {
    match code {
        Some(NOT_HERE) => None,
        Some(code) => Some(
            Ending::ALL
                .into_iter()
                .find(|ending| i32::from(ending.code()) == code)
                .unwrap_or(Ending::Violation),
        ),
        None => Some(Ending::Violation),
    }
}

/// A line a part.
fn table(parts: &[Part]) -> String {
    let mut text = String::new();
    for part in parts {
        let ended = part.ending.map_or("not here", Ending::in_words);
        writeln!(text, "{:<22} {:>7.0} s  {ended}", part.name, part.elapsed.as_secs_f64())
            .expect("a String takes everything");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_that_is_not_here_is_no_failure() {
        let run = |script| tool(script, "", Duration::from_secs(1)).map(|(ending, _)| ending);
        assert_eq!(run("no/such/script").unwrap(), None);
        let script = std::env::temp_dir().join(format!("refectory-tool-{}", std::process::id()));
        let endings = [(0, Ending::AsExpected), (3, Ending::NotDecided), (66, Ending::Violation)]
            .map(|(code, ending)| (code, Some(ending)));
        for (code, expected) in endings.into_iter().chain([(NOT_HERE, None)]) {
            std::fs::write(&script, format!("#!/bin/sh\nexit {code}\n")).unwrap();
            let executable = std::os::unix::fs::PermissionsExt::from_mode(0o700);
            std::fs::set_permissions(&script, executable).unwrap();
            assert_eq!(run(script.to_str().unwrap()).unwrap(), expected);
        }
        std::fs::remove_file(script).unwrap();
    }
}

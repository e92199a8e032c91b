//! `stress`: rounds on real threads.

use super::ending::{Ending, Stop};
use super::rounds_log::{self, Log};
use super::shard::{self, Part};
use super::terminal::{self, note};
use super::{replay_round, select, verify};
use clap::Args;
use refectory::campaign::{self, Campaign, Confirmed, Event, Fleet, KeptRound};
use refectory::cell::{Expect, Subject};
use refectory::judge::{CellReport, RoundsReport, Status};
use refectory::report;
use refectory::runner::store::Store;
use std::path::PathBuf;
use std::time::{Duration, Instant};

#[derive(Args, Debug)]
pub(super) struct Stress {
    /// Parts of the ids of subjects, as in `threads/queue`; without them, all take part.
    filter: Vec<String>,
    /// For how long, all subjects together: seconds, as in `60s`, or minutes, as in `5m` [default: 10s, and a year with
    /// `--until-failure` or `--rounds`].
    #[arg(long = "for", value_name = "TIME", visible_alias = "budget", value_parser = some_time)]
    duration: Option<Duration>,
    /// Ends with the first violation.
    #[arg(long)]
    until_failure: bool,
    /// Leaves broken twins out.
    #[arg(long)]
    without_twins: bool,
    /// Rounds of each subject, at most.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    rounds: Option<u64>,
    /// Subjects at a time, each with threads of its own.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    jobs: u16,
    /// The seed of every subject's first round.
    #[arg(long, visible_alias = "seed-base", default_value_t = 0x5EED)]
    seed: u64,
    /// Threads dawdle between their operations alone, also in a build with the feature `noise`.
    #[arg(long)]
    no_noise: bool,
    /// Leaves what is against expectation as it was found. Otherwise the program of such a round is made smaller, and given to the engines of
    /// this build, for ten seconds.
    #[arg(long)]
    no_confirm: bool,
    /// Runs one shard of the campaign, as in `3/12`, and writes what came of it into a file of its own in the directory `--out`.
    #[arg(long, value_name = "K/N", requires = "rounds", requires = "out",
          conflicts_with_all = ["duration", "until_failure", "jobs", "no_noise", "no_confirm", "resume"])]
    shard: Option<Part>,
    /// Adds a JSON line to this file for each slice of a subject's rounds.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Counts what such a file has, and goes on from there.
    #[arg(long, value_name = "FILE")]
    resume: Option<PathBuf>,
    /// Plays the round of this file again, makes it smaller, and looks for its failure with the engines of this build. What is
    /// found is written into the file.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["filter", "until_failure", "without_twins", "rounds", "jobs", "seed", "no_noise", "no_confirm", "out", "resume", "shard"])]
    replay: Option<PathBuf>,
    /// Writes what an engine has confirmed into this directory, as a small file: `verify/regressions/rounds` has those that tests play first,
    /// for ever.
    #[arg(long, value_name = "DIR", requires = "replay")]
    adopt: Option<PathBuf>,
}

/// For so long a campaign runs if nobody says how long.
const USUAL: Duration = Duration::from_secs(10);

/// For so long each round that is against expectation is made smaller, and looked for with engines.
pub(super) const CONFIRMING: Duration = Duration::from_secs(10);

impl Stress {
    pub(super) fn run(self) -> Result<Ending, Stop> {
        if let Some(file) = &self.replay {
            return replay_round::run(file, self.duration, self.adopt.as_deref());
        }
        if let (Some(part), Some(rounds), Some(directory)) = (self.shard, self.rounds, &self.out) {
            let fleet = Fleet::new(&self.subjects()?, rounds, self.seed, part.of);
            return shard::run(&fleet, part.shard, directory);
        }
        let log = self.out.as_deref().map(Log::append).transpose()?;
        let confirming = if self.no_confirm { Duration::ZERO } else { CONFIRMING };
        run_and_report(&self.campaign()?, log, confirming).map(|(ending, _)| ending)
    }

    fn campaign(&self) -> Result<Campaign, Stop> {
        let endless = self.until_failure || self.rounds.is_some();
        let usual = if endless { terminal::LONGEST } else { USUAL };
        let before = self.resume.as_deref().map(rounds_log::read).transpose()?.unwrap_or_default();
        Ok(Campaign {
            rounds: self.rounds.unwrap_or(u64::MAX),
            jobs: usize::from(self.jobs),
            until_failure: self.until_failure,
            noise: !self.no_noise,
            before,
            ..Campaign::of(self.subjects()?, self.duration.unwrap_or(usual), self.seed)
        })
    }

    fn subjects(&self) -> Result<Vec<&'static Subject>, Stop> {
        let mut subjects = select::subjects(&self.filter)?;
        subjects.retain(|subject| !(self.without_twins && matches!(subject.expect, Expect::Broken(_))));
        match subjects.is_empty() {
            true => {
                Err(Stop::usage(format!("all subjects of {} are broken twins", select::quoted(&self.filter))))
            }
            false => Ok(subjects),
        }
    }
}

/// Runs the campaign, and prints and keeps what came of it. Each violation is made smaller and given to engines for the time of `confirming`.
pub(super) fn run_and_report(
    campaign: &Campaign,
    mut log: Option<Log>,
    confirming: Duration,
) -> Result<(Ending, Vec<CellReport>), Stop> {
    let started = Instant::now();
    let (reports, mut kept) = perform_and_keep(campaign, log.as_mut())?;
    let cells: Vec<CellReport> = reports.iter().map(|report| report.cell.clone()).collect();
    kept.retain(|(round, _)| violates(round, &cells));
    let pursued = pursue(&mut kept, confirming);
    let style = terminal::style();
    let parts = [
        report::rounds(&reports, style),
        report::findings(&cells, style),
        report::not_decided(&cells, style),
        kept.iter().map(replay).collect(),
        report::totals_of_rounds(&reports, Some(started.elapsed()), style),
    ];
    terminal::print(&terminal::joined(parts))?;
    let written = log.map_or(Ok(()), Log::finish);
    let ending = verify::ending(&cells).and_kept(written).and_kept(keep(&cells)).and_kept(pursued);
    Ok((ending, cells))
}

/// A time in which there is room for a round.
pub(super) fn some_time(text: &str) -> Result<Duration, String> {
    let time = terminal::time(text)?;
    match time.is_zero() {
        true => Err(format!("no round fits into `{text}`; give it a second at least")),
        false => Ok(time),
    }
}

/// Runs the campaign. Ctrl-C ends it early.
pub(super) fn perform(campaign: &Campaign) -> Result<Vec<RoundsReport>, Stop> {
    perform_and_keep(campaign, None).map(|(reports, _)| reports)
}

/// A round that went wrong, and the file that has it.
type KeptFile = (KeptRound, PathBuf);

/// Runs the campaign, tells how it goes, and keeps the rounds that went wrong.
fn perform_and_keep(
    campaign: &Campaign,
    mut log: Option<&mut Log>,
) -> Result<(Vec<RoundsReport>, Vec<KeptFile>), Stop> {
    verify::heed_interrupts()?;
    let store = Store::default();
    let mut kept = Vec::new();
    let mut trouble = Ok(());
    let mut told = Instant::now();
    let mut tell = |event: Event<'_>| match event {
        Event::Slice(slice, report) => {
            if let Some(log) = log.as_mut() {
                log.add(slice);
            }
            if slice.ended.is_some() || told.elapsed() >= QUIET {
                told = Instant::now();
                note(&report::progress_of_rounds(report));
            }
        }
        Event::Failed(round) => match store.keep_round(&round.subject, round) {
            Ok(file) => kept.push((round.clone(), file)),
            Err(error) => trouble = Err(Stop::not_kept(&store, error)),
        },
    };
    let reports =
        campaign::run_and_tell(campaign, &verify::INTERRUPTED, &mut tell).map_err(Stop::infrastructure)?;
    trouble?;
    Ok((reports, kept))
}

/// Between two lines on how it goes there is so much time, at least, unless a subject is done.
const QUIET: Duration = Duration::from_secs(2);

/// Whether the round is against expectation.
fn violates(round: &KeptRound, cells: &[CellReport]) -> bool {
    let is = |cell: &&CellReport| cell.id.question.to_string().starts_with(&format!("{}/", round.subject));
    cells.iter().find(is).is_some_and(|cell| cell.status == Status::Violation)
}

/// Looks into what went wrong although it must hold. A twin that goes wrong is no news: `--replay` looks into it.
fn pursue(kept: &mut [KeptFile], time: Duration) -> Result<(), Stop> {
    let must_hold = |(round, _): &&mut KeptFile| !round.subject.contains('~');
    let mut found = kept.iter_mut().filter(must_hold).take_while(|_| !time.is_zero());
    found.try_for_each(|(round, file)| replay_round::pursue(round, file, time))
}

/// The command that plays the round again.
fn replay((round, file): &KeptFile) -> String {
    let command = format!("cargo refectory stress --replay {}", file.display());
    match &round.confirmed {
        Some(Confirmed { engine, execution, kind, .. }) => {
            format!("{engine} finds it, every time, as a {kind} in execution {execution}: {command}\n")
        }
        None => format!("kept: {command}\n"),
    }
}

/// Keeps what a campaign found.
pub(super) fn keep(reports: &[CellReport]) -> Result<(), Stop> {
    let store = Store::default();
    // One that was interrupted before its first round says nothing of what is kept.
    let mut run = reports.iter().filter(|report| report.executions > 0);
    run.try_for_each(|report| store.keep_rounds(report)).map_err(|error| Stop::not_kept(&store, error))
}

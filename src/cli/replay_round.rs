//! `stress --replay`: a round that went wrong, again.

use super::ending::{Ending, Stop};
use super::terminal::{self, note};
use super::verify;
use refectory::campaign::{self, Confirmed, KeptRound, regression};
use refectory::catalogue;
use refectory::cell::{Expect, Subject};
use refectory::engine::{Engine, Failure};
use refectory::report;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// For so long the program is played again on real cores, made smaller, and given to engines, if nobody says how long.
const USUAL: Duration = Duration::from_secs(60);

/// Plays the round of this file again. What an engine has found in its program it finds again; what none has found yet is looked for.
/// Into the directory goes what one has found, as a small file.
pub(super) fn run(file: &Path, time: Option<Duration>, adopt: Option<&Path>) -> Result<Ending, Stop> {
    let unread = |error| Stop::usage(format!("{}: {error}", file.display()));
    let (subject, kept) = regression::read(file).map_err(unread)?;
    verify::heed_interrupts()?;
    let mut replay = Replay { subject, kept, file };
    let ending = match replay.kept.confirmed.clone().filter(|confirmed| confirmed.engine.available()) {
        Some(confirmed) => replay.under_the_engine(&confirmed),
        None => replay.look(time.unwrap_or(USUAL)),
    }?;
    let adopted = adopt.map_or(Ok(()), |directory| self::adopt(&replay.kept, directory));
    Ok(ending.and_kept(adopted))
}

/// Makes the program of a round that went wrong smaller, looks for its failure with the engines of this build, and writes what comes of it into
/// the file that has the round.
pub(super) fn pursue(kept: &mut KeptRound, file: &Path, time: Duration) -> Result<(), Stop> {
    let Some(subject) = catalogue::subjects().find(|subject| subject.id() == kept.subject) else {
        return Ok(());
    };
    note(&format!("{}: looking for a smaller program, and for an engine that finds it", kept.subject));
    campaign::pursue(subject, kept, time, &cancelled).map_err(Stop::infrastructure)?;
    write(kept, file)
}

fn adopt(kept: &KeptRound, directory: &Path) -> Result<(), Stop> {
    let reduced =
        kept.reduced().ok_or_else(|| Stop::usage("no engine has confirmed it: there is nothing to adopt"))?;
    write(&reduced, &directory.join(kept.subject.replace('/', "__") + ".json"))
}

/// A kept round, and where it is from.
struct Replay<'a> {
    subject: &'static Subject,
    kept: KeptRound,
    file: &'a Path,
}

// Ordering: the flag stands for itself.
fn cancelled() -> bool {
    verify::INTERRUPTED.load(Ordering::Relaxed)
}

impl Replay<'_> {
    /// On real cores first, then in smaller programs, then with the engines of this build.
    fn look(&mut self, time: Duration) -> Result<Ending, Stop> {
        let Self { subject, kept, file } = self;
        let (rounds, seen) =
            campaign::again(subject, kept.smallest(), time / 6, &cancelled).map_err(Stop::infrastructure)?;
        note(&match &seen {
            Some(failure) => format!("on real cores: {} in round {rounds}", failure.kind),
            None => format!("on real cores: not seen in {rounds} rounds"),
        });
        let pursued =
            campaign::pursue(subject, kept, time * 5 / 6, &cancelled).map_err(Stop::infrastructure)?;
        note(match pursued.smaller {
            true => "a smaller program fails as well",
            false => "no smaller program was seen to fail",
        });
        let written = write(kept, file);
        let ending = match kept.confirmed.clone().filter(|_| pursued.confirmed) {
            Some(confirmed) => self.under_the_engine(&confirmed)?,
            None => self.unconfirmed(seen.as_ref())?,
        };
        Ok(ending.and_kept(written))
    }

    /// What the engine finds, from the first execution on.
    fn under_the_engine(&self, confirmed: &Confirmed) -> Result<Ending, Stop> {
        let Self { subject, kept, file } = self;
        let found = campaign::replay(subject, confirmed, &cancelled).map_err(Stop::infrastructure)?;
        let Some(failure) = found else {
            let Confirmed { engine, execution, kind, .. } = confirmed;
            terminal::print(&format!("{engine} finds no {kind} in {execution} executions any more\n"))?;
            return Ok(self.ending(false));
        };
        note(&format!("{} on real cores; under {}, every time:", kept.failure.kind, confirmed.engine));
        let command = format!("cargo refectory stress --replay {}", file.display());
        terminal::print(&report::finding_of_round(&kept.subject, &failure, &command, terminal::style()))?;
        Ok(self.ending(true))
    }

    fn unconfirmed(&self, seen: Option<&Failure>) -> Result<Ending, Stop> {
        let Self { kept, file, .. } = self;
        let engine = if Engine::Dpor.available() {
            "no engine of this build finds it"
        } else {
            "this build has no engine to find it: build with `--all-features`"
        };
        let command =
            format!("cargo refectory stress --replay {}   (on real threads: {engine})", file.display());
        let failure = seen.unwrap_or(&kept.failure);
        terminal::print(&report::finding_of_round(&kept.subject, failure, &command, terminal::style()))?;
        Ok(self.ending(true))
    }

    /// A twin is to go wrong, and all others are not.
    fn ending(&self, wrong: bool) -> Ending {
        if cancelled() {
            Ending::Interrupted
        } else if wrong == matches!(self.subject.expect, Expect::Broken(_)) {
            Ending::AsExpected
        } else {
            Ending::Violation
        }
    }
}

fn write(kept: &KeptRound, file: &Path) -> Result<(), Stop> {
    let text = serde_json::to_string_pretty(kept).map_err(Stop::infrastructure)?;
    std::fs::write(file, text + "\n").map_err(|error| Stop::unwritten(file, error))
}

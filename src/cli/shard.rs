//! `stress --shard`: a part of a campaign on this machine.

use super::ending::{Ending, Stop};
use super::terminal::{self, note};
use super::verify;
use refectory::campaign::{Attempt, Fleet, Shard};
use refectory::report::grouped;
use std::path::Path;
use std::str::FromStr;
use std::sync::atomic::Ordering;

/// Which shard of how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) shard: Shard,
    pub(super) of: u32,
}

impl FromStr for Part {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split_once('/').map(|(shard, of)| (shard.parse(), of.parse()));
        match numbers {
            Some((Ok(shard), Ok(of))) if (1..=of).contains(&shard) => Ok(Self { shard: Shard(shard), of }),
            _ => Err(format!("`{text}` is no shard: the third of twelve is `3/12`, and the first `1/12`")),
        }
    }
}

/// Runs the shard. A violation is for the report of all shards to tell; here it is noted.
pub(super) fn run(fleet: &Fleet, shard: Shard, directory: &Path) -> Result<Ending, Stop> {
    verify::heed_interrupts()?;
    let attempt =
        Attempt::begin(fleet, shard, directory).map_err(|error| Stop::unwritten(directory, error))?;
    let path = attempt.path().display().to_string();
    // Ordering: the flag stands for itself.
    let cancelled = || verify::INTERRUPTED.load(Ordering::Relaxed);
    let mut rounds = 0;
    let blocks = attempt.run(&cancelled, &mut |slice| {
        rounds += slice.rounds;
        if let Some(failure) = slice.ended.as_ref().and_then(|ended| ended.failure.as_ref()) {
            note(&format!("{}: {}", slice.subject, failure.kind));
        }
    });
    let blocks = blocks.map_err(Stop::infrastructure)?;
    let is_whole = !cancelled();
    let end = if is_whole { "" } else { ", and not to its end" };
    let (Shard(shard), of) = (shard, fleet.shards);
    terminal::print(&format!(
        "shard {shard}/{of} of campaign {}{end}: {} rounds in {} blocks, in {path}\n",
        fleet.name(),
        grouped(rounds),
        grouped(blocks),
    ))?;
    Ok(if is_whole { Ending::AsExpected } else { Ending::Interrupted })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_is_one_of_so_many() {
        assert_eq!("3/12".parse(), Ok(Part { shard: Shard(3), of: 12 }));
        for wrong in ["0/12", "13/12", "3", "3/", "a/b", "3/0"] {
            let error = wrong.parse::<Part>().unwrap_err();
            assert!(error.contains(wrong) && error.contains("3/12"), "{error}");
        }
    }
}

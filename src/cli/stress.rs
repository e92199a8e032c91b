//! `stress`: rounds on real threads.

use super::ending::{Ending, Stop};
use super::{select, terminal, verify};
use clap::Args;
use refectory::campaign::{self, Campaign};
use std::ops::ControlFlow;
use std::time::Duration;

#[derive(Args, Debug)]
pub(super) struct Stress {
    /// A part of the ids of subjects, as in `threads/queue`; without it, all take part.
    #[arg(default_value = "")]
    filter: String,
    /// For how long, all subjects together: seconds, as in `60s`, or minutes, as in `5m`.
    #[arg(long = "for", value_name = "TIME", default_value = "10s", value_parser = time)]
    duration: Duration,
    /// The seed of every subject's first round.
    #[arg(long, default_value_t = 0x5EED)]
    seed: u64,
}

impl Stress {
    pub(super) fn run(self) -> Result<Ending, Stop> {
        let Self { filter, duration, seed } = self;
        let campaign = Campaign { filter, duration, seed };
        if campaign.subjects().next().is_none() {
            return Err(select::unknown_subject(&campaign.filter));
        }
        verify::heed_interrupts()?;
        let report = campaign::run(&campaign, &mut |_| match verify::interrupted() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        });
        terminal::print(&report.to_string());
        for round in report.failures() {
            terminal::print(&format!("\n{round}\n  replay: {}\n", round.replay()));
        }
        Ok(match (verify::interrupted(), report.unexpected().next()) {
            (true, _) => Ending::Interrupted,
            (false, None) => Ending::AsExpected,
            (false, Some(_)) => Ending::Violation,
        })
    }
}

/// `60s`, `5m`, or a bare number of seconds.
fn time(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.strip_suffix('m') {
        Some(minutes) => (minutes, 60),
        None => (text.strip_suffix('s').unwrap_or(text), 1),
    };
    let seconds = number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
    seconds.map(Duration::from_secs).ok_or_else(|| format!("`{text}` is no time; write `60s` or `5m`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_seconds_or_minutes() {
        assert_eq!(time("60s"), Ok(Duration::from_secs(60)));
        assert_eq!(time("5m"), Ok(Duration::from_secs(300)));
        assert_eq!(time("7"), Ok(Duration::from_secs(7)));
        assert!(time("soon").is_err());
    }
}

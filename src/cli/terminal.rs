//! The two streams: facts go to standard output, the rest to standard error. And how times are written.

use super::ending::Stop;
use anstream::{AutoStream, ColorChoice};
use refectory::report::{Style, Tone};
use std::io::{ErrorKind, Write};
use std::time::Duration;

/// Colours where a person reads, unless `NO_COLOR` or the terminal says otherwise.
pub(super) fn style() -> Style {
    match AutoStream::choice(&std::io::stdout()) {
        ColorChoice::Never => Style::Plain,
        _ => Style::Coloured,
    }
}

/// Writes to standard output. A reader that has gone, as in `| head`, has seen enough; where nobody could read, the
/// command has failed.
pub(super) fn print(text: &str) -> Result<(), Stop> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Stop::infrastructure(format!("standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// The parts that are not empty, with an empty line between them.
pub(super) fn joined(parts: impl IntoIterator<Item = String>) -> String {
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

/// Writes a message to standard error; if even that is gone, there is nobody to tell.
pub(super) fn complain(message: &str) {
    let style = match AutoStream::choice(&std::io::stderr()) {
        ColorChoice::Never => Style::Plain,
        _ => Style::Coloured,
    };
    note(&format!("{} {message}", style.paint(Tone::Bad, "error:")));
}

/// Writes a line to standard error.
pub(super) fn note(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// `60s`, `5m`, or a bare number of seconds.
pub(super) fn time(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.strip_suffix('m') {
        Some(minutes) => (minutes, 60),
        None => (text.strip_suffix('s').unwrap_or(text), 1),
    };
    let number: u64 = number.parse().map_err(|_| format!("`{text}` is no time; write `60s` or `5m`"))?;
    let time = number.checked_mul(unit).map(Duration::from_secs).filter(|time| *time <= LONGEST);
    time.ok_or_else(|| format!("`{text}` is more than a year"))
}

/// A time that is as good as endless.
pub(super) const LONGEST: Duration = Duration::from_hours(365 * 24);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_seconds_or_minutes() {
        assert_eq!(time("60s"), Ok(Duration::from_secs(60)));
        assert_eq!(time("5m"), Ok(Duration::from_secs(300)));
        assert_eq!(time("7"), Ok(Duration::from_secs(7)));
        assert!(time("soon").is_err());
        assert!(time("18446744073709551615s").unwrap_err().contains("more than a year"));
        assert!(time("18446744073709551616s").is_err());
    }
}

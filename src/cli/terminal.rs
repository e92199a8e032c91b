//! The two streams: facts go to standard output, the rest to standard error.

use anstream::{AutoStream, ColorChoice};
use refectory::report::{Style, Tone};
use std::io::{ErrorKind, Write};

/// Colours where a person reads, unless `NO_COLOR` or the terminal says otherwise.
pub(super) fn style() -> Style {
    match AutoStream::choice(&std::io::stdout()) {
        ColorChoice::Never => Style::Plain,
        _ => Style::Coloured,
    }
}

/// Writes to standard output. A reader that has gone, as in `| head`, has seen enough.
pub(super) fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            complain(&format!("standard output: {error}"));
        }
        _ => {}
    }
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

//! The log of a campaign: a JSON line for each slice of a subject's rounds.

use super::ending::Stop;
use refectory::campaign::Slice;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A log that is being written.
pub(super) struct Log {
    path: PathBuf,
    file: File,
    written: io::Result<()>,
}

impl Log {
    /// Goes on with this file, or begins it.
    pub(super) fn append(path: &Path) -> Result<Self, Stop> {
        let opened = File::options().append(true).create(true).open(path);
        let file = opened.map_err(|error| Stop::unwritten(path, error))?;
        Ok(Self { path: path.to_owned(), file, written: Ok(()) })
    }

    /// Writes a line, in one piece: whoever is interrupted leaves whole lines. After the first that could not be written there is none.
    pub(super) fn add(&mut self, slice: &Slice) {
        if self.written.is_ok() {
            let line = serde_json::to_string(slice).map_err(io::Error::from);
            self.written = line.and_then(|line| self.file.write_all((line + "\n").as_bytes()));
        }
    }

    /// Says whether all was written.
    pub(super) fn finish(self) -> Result<(), Stop> {
        self.written.map_err(|error| Stop::unwritten(&self.path, error))
    }
}

/// The slices of a log. The end of a line that was cut off is no slice.
pub(super) fn read(path: &Path) -> Result<Vec<Slice>, Stop> {
    let text =
        std::fs::read_to_string(path).map_err(|error| Stop::usage(format!("{}: {error}", path.display())))?;
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let slice = |(number, line)| {
        serde_json::from_str(line)
            .map_err(|error| Stop::usage(format!("{}: line {}: {error}", path.display(), number + 1)))
    };
    whole.lines().enumerate().map(slice).collect()
}

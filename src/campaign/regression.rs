//! Rounds that went wrong once, and are played for ever: small files, as `stress` keeps them, below `verify/regressions/rounds`.

use super::confirm::replay;
use super::kept::KeptRound;
use super::shrink::again;
use crate::catalogue::subjects;
use crate::cell::{Expect, Subject};
use crate::judge::explains;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The files of a directory, in the order of their names; none where there is no directory.
///
/// # Errors
/// What the file system says.
pub fn files(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let paths: io::Result<Vec<PathBuf>> = entries.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut files: Vec<PathBuf> =
        paths?.into_iter().filter(|path| path.extension().is_some_and(|of| of == "json")).collect();
    files.sort();
    Ok(files)
}

/// Reads a round that was kept, and the subject that it is of.
///
/// # Errors
/// If the file cannot be read, is none of this version, or is of a subject that is not in the catalogue.
pub fn read(file: &Path) -> Result<(&'static Subject, KeptRound), NotRead> {
    let bytes = std::fs::read(file).map_err(NotRead::File)?;
    let kept: KeptRound = serde_json::from_slice(&bytes).map_err(NotRead::Form)?;
    match subjects().find(|subject| subject.id() == kept.subject) {
        Some(subject) => Ok((subject, kept)),
        None => Err(NotRead::Unknown(kept.subject)),
    }
}

/// Why a kept round cannot be read.
#[derive(Debug)]
pub enum NotRead {
    /// The file system says so.
    File(io::Error),
    /// It has another form.
    Form(serde_json::Error),
    /// No subject has this id.
    Unknown(String),
}

impl fmt::Display for NotRead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(error) => error.fmt(f),
            Self::Form(error) => write!(f, "no kept round of this version: {error}"),
            Self::Unknown(id) => write!(f, "no subject has the id `{id}`"),
        }
    }
}

impl std::error::Error for NotRead {}

/// Plays a kept round again on real cores, for so long, and where an engine of this build has confirmed it, under that. A correct subject has
/// to hold in both; of a broken twin the engine has to find what it found before.
///
/// # Errors
/// What is not so, in one sentence.
pub fn check(subject: &Subject, kept: &KeptRound, time: Duration) -> Result<(), String> {
    let never = || false;
    let held = subject.expect == Expect::Held;
    let (_, failure) = again(subject, kept.smallest(), time, &never).map_err(|error| error.to_string())?;
    if let Some(failure) = failure.filter(|_| held) {
        return Err(format!("{} again: {}", failure.kind, failure.message));
    }
    let Some(confirmed) = kept.confirmed.as_ref().filter(|confirmed| confirmed.engine.available()) else {
        return Ok(());
    };
    let found = replay(subject, confirmed, &never).map_err(|error| error.to_string())?;
    match found {
        Some(failure) if held => {
            Err(format!("{} under {}: {}", failure.kind, confirmed.engine, failure.message))
        }
        None if !held => Err(format!("{} does not find the {} any more", confirmed.engine, confirmed.kind)),
        Some(failure) if !explains(kept.failure.kind, failure.kind) => {
            Err(format!("{} finds a {} in place of a {}", confirmed.engine, failure.kind, confirmed.kind))
        }
        _ => Ok(()),
    }
}

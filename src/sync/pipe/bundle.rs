//! Several pipes with one reader: poll(2) behind the facade.

#[cfg(feature = "instrumented")]
use super::modelled;
use super::{Reader, Whose, Writer, native};
use crate::sync::system;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io;

/// The ends of several pipes that are read from. In the argument of a [process](crate::sync::process::spawn) they move there.
#[derive(Debug, Deserialize, Serialize)]
pub struct Bundle {
    /// `None` of one that was closed.
    pipes: Vec<Option<Reader>>,
    /// Which one is looked at first.
    next: usize,
}

/// So many new pipes, which are read by one.
///
/// ```
/// use refectory::sync::pipe;
/// use std::io::Write;
///
/// # if !cfg!(target_os = "linux") { return }
/// let (writers, mut bundle) = pipe::bundle(2).unwrap();
/// let [left, mut right] = writers.try_into().unwrap();
/// right.write_all(b"soup").unwrap();
/// let mut buffer = [0; 8];
/// assert_eq!(bundle.read(&mut buffer).unwrap(), (1, 4));
/// drop(left);
/// assert_eq!(bundle.read(&mut buffer).unwrap(), (0, 0), "nobody is left to write there");
/// bundle.close(0);
/// assert!(bundle.is_open());
/// ```
///
/// # Errors
/// As [`pipe`](super::pipe()).
#[track_caller]
pub fn bundle(pipes: usize) -> io::Result<(Vec<Writer>, Bundle)> {
    let of = |ends: Vec<(Writer, Reader)>| {
        let (writers, readers) = ends.into_iter().map(|(writer, reader)| (writer, Some(reader))).unzip();
        (writers, Bundle { pipes: readers, next: 0 })
    };
    #[cfg(feature = "instrumented")]
    if crate::sync::is_modelled() {
        return Ok(of(super::modelled(super::CAPACITY, pipes)));
    }
    (0..pipes).map(|_| native(None)).collect::<io::Result<_>>().map(of)
}

impl Bundle {
    /// Reads what is there in one of the pipes, and waits where there is nothing in any: the pipe's number, and how many bytes;
    /// none where nobody is left to write to it. The pipes take turns.
    ///
    /// # Errors
    /// If a pipe cannot be read.
    ///
    /// # Panics
    /// If all pipes are closed.
    #[track_caller]
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<(usize, usize)> {
        let turns = (self.next..self.pipes.len()).chain(0..self.next);
        let open: Vec<(usize, &Reader)> =
            turns.filter_map(|number| Some((number, self.pipes[number].as_ref()?))).collect();
        assert!(!open.is_empty(), "all pipes of the bundle are closed");
        let pipes: Vec<&Whose> = open.iter().map(|(_, reader)| &reader.0).collect();
        let (index, read) = read_any(&pipes, buffer)?;
        let number = open[index].0;
        self.next = (number + 1) % self.pipes.len();
        Ok((number, read))
    }

    /// Closes the reader's end of this pipe.
    ///
    /// # Panics
    /// If there is none of this number.
    pub fn close(&mut self, number: usize) {
        self.pipes[number] = None;
    }

    /// Whether there is a pipe that is not closed.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.pipes.iter().any(Option::is_some)
    }

    /// Names the pipes in traces.
    #[must_use]
    pub fn named(self, name: fmt::Arguments<'_>) -> Self {
        let pipes = self.pipes.into_iter().map(|pipe| pipe.map(|pipe| pipe.named(name))).collect();
        Self { pipes, ..self }
    }
}

/// Which of the pipes was read, and how much.
#[track_caller]
fn read_any(pipes: &[&Whose], buffer: &mut [u8]) -> io::Result<(usize, usize)> {
    #[cfg(feature = "instrumented")]
    if let Some(handles) = pipes.iter().map(|pipe| pipe.modelled()).collect::<Option<Vec<_>>>() {
        return Ok(modelled::read_any(&handles, buffer));
    }
    let descriptors: Vec<_> = pipes.iter().filter_map(|pipe| pipe.system()).collect();
    system::read_any(&descriptors, buffer)
}

//! Frames: messages of any length in a pipe.
//!
//! Invariant: in each direction there is one frame at a time, because a worker tells something only when it was told something. So
//! whoever reads finds the beginning of a frame, and a frame of [`ATOMIC`] bytes at most is written without waiting.
//!
//! What it does not do: tell a writer that was killed in the middle of a frame from one that was killed before it. Both have told nothing.

use crate::sync::pipe::{ATOMIC, Reader};
use serde::Serialize;
use std::io::{ErrorKind, Read};

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A task, or what became of it.
    Task,
    /// Nothing but a sign: to a worker, that there is something for it; from it, that it is there.
    Knock,
    /// The initializer of a worker has failed, and the worker ends.
    Uninitialized,
}

/// The kind, and the length of what follows.
const HEADER: usize = 1 + size_of::<u64>();

/// A frame with nothing in it.
pub(super) fn bare(kind: Kind) -> Vec<u8> {
    let mut frame = vec![0; HEADER];
    frame[0] = kind as u8;
    frame
}

/// A frame with this value in it.
pub(super) fn framed(value: &impl Serialize) -> postcard::Result<Vec<u8>> {
    let mut frame = postcard::to_extend(value, bare(Kind::Task))?;
    let length = (frame.len() - HEADER) as u64;
    frame[1..HEADER].copy_from_slice(&length.to_le_bytes());
    Ok(frame)
}

/// Whether a frame is written without waiting where there is none in the pipe.
pub(super) fn is_short(frame: &[u8]) -> bool {
    frame.len() <= ATOMIC
}

/// The end at which frames are read.
#[derive(Debug)]
pub(super) struct Frames(pub(super) Reader);

impl Frames {
    /// The next one; nothing where whoever writes them has gone.
    pub(super) fn next(&mut self) -> Option<(Kind, Vec<u8>)> {
        // A short frame is read at once.
        let mut frame = vec![0; ATOMIC];
        let mut read = 0;
        while read < HEADER {
            read += self.read(&mut frame[read..])?;
        }
        let kind = match frame[0] {
            0 => Kind::Task,
            1 => Kind::Knock,
            _ => Kind::Uninitialized,
        };
        let length = u64::from_le_bytes(*frame[1..].first_chunk()?);
        let end = usize::try_from(length).ok()?.checked_add(HEADER)?;
        frame.resize(end, 0);
        while read < end {
            read += self.read(&mut frame[read..])?;
        }
        frame.drain(..HEADER);
        Some((kind, frame))
    }

    /// Reads what is there; nothing where that is the end.
    fn read(&mut self, buffer: &mut [u8]) -> Option<usize> {
        loop {
            match self.0.read(buffer) {
                Ok(0) => return None,
                Ok(length) => return Some(length),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return None,
            }
        }
    }
}

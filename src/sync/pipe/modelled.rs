//! Pipes under an engine: what the kernel of a model keeps of one.
//!
//! A call is one read-modify-write of the word `filled`, after which the contents are looked at and changed before anybody
//! else runs. More is done where somebody waits: at `filled` for bytes, at `emptied` for room. All who wait are woken, so that
//! one who dies takes no wake-up from the others. A process may die before a call, and not in it
//! ([`Call`]): others see one instant of it at most.
//!
//! Invariant: who waits at a word has marked that in the contents, and whoever changes these for it changes the word then, and
//! wakes all.

use super::super::atomic::Ordering::AcqRel;
use super::super::current::epoch;
use super::super::orphan::Counted;
use super::super::process::modelled::{Call, Open, opened};
use super::super::time::Deadline;
use super::super::{self as sync, Futex};
use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Which of the two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Write,
    Read,
}

/// A pipe.
#[derive(Debug)]
struct Pipe {
    epoch: u32,
    /// Changes where bytes have come, or the last writer has gone. The pipes of a bundle have it in common.
    filled: Counted<Futex>,
    /// Changes where somebody waits for room, and there is more, or the last reader has gone.
    emptied: Futex,
    contents: Mutex<Contents>,
}

#[derive(Debug)]
struct Contents {
    bytes: VecDeque<u8>,
    capacity: usize,
    /// What `emptied` is.
    emptied: u32,
    /// Whether there are writers, and readers.
    is_written: bool,
    is_read: bool,
    /// Whether somebody may wait for bytes, and for room.
    readers_wait: bool,
    writers_wait: bool,
}

impl Contents {
    /// Whether a read need not wait.
    fn is_readable(&self) -> bool {
        !self.bytes.is_empty() || !self.is_written
    }

    /// Moves what is there; `None` if there may be more to come.
    fn read(&mut self, buffer: &mut [u8]) -> Option<usize> {
        let moved = buffer.len().min(self.bytes.len());
        buffer.iter_mut().zip(self.bytes.drain(..moved)).for_each(|(to, byte)| *to = byte);
        let waits = moved == 0 && !buffer.is_empty() && self.is_written;
        self.readers_wait |= waits;
        (!waits).then_some(moved)
    }

    /// Moves what there is room for; `None` if it has to wait, where `emptied` is as it says.
    fn write(&mut self, bytes: &[u8]) -> (io::Result<Option<usize>>, u32) {
        if !self.is_read {
            return (Err(io::ErrorKind::BrokenPipe.into()), self.emptied);
        }
        let moved = self.room_for(bytes.len());
        self.bytes.extend(&bytes[..moved.unwrap_or(0)]);
        self.writers_wait |= moved.is_none();
        (Ok(moved), self.emptied)
    }

    /// What a write of so many bytes moves; `None` if it has to wait.
    fn room_for(&self, bytes: usize) -> Option<usize> {
        let room = self.capacity - self.bytes.len();
        let least = if bytes <= atomic(self.capacity) { bytes } else { 1 };
        (least <= room).then(|| bytes.min(room))
    }
}

/// Reads what is there in the first of these pipes of a bundle in which there is something, or the end, and waits where there is nothing:
/// which, and how much.
#[track_caller]
pub(super) fn read_any(pipes: &[&Handle], buffer: &mut [u8]) -> (usize, usize) {
    let together = &pipes[0].0.pipe;
    let mut seen = together.step(0);
    let _call = Call::begin();
    loop {
        let ready = pipes.iter().position(|pipe| pipe.0.pipe.contents().is_readable());
        if let Some(index) = ready {
            let pipe = &pipes[index].0.pipe;
            let moved = pipe.contents().read(buffer);
            pipe.wake_writers();
            return (index, moved.expect("it is readable"));
        }
        pipes.iter().for_each(|pipe| pipe.0.pipe.contents().readers_wait = true);
        together.filled.wait(seen);
        seen = together.step(0);
    }
}

/// What is written in one piece: less than a pipe holds, as on Linux.
fn atomic(capacity: usize) -> usize {
    super::ATOMIC.min(capacity.div_ceil(4))
}

impl Pipe {
    /// Private to the kernel: nobody else runs while it is held.
    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The instant of a call: the word `filled`, which this adds to.
    #[track_caller]
    fn step(&self, added: u32) -> u32 {
        // Ordering: AcqRel. Who takes bytes out sees what was done before they were put in, and who finds room what was done before that.
        self.filled.fetch_add(added, AcqRel)
    }

    /// Wakes those who wait for bytes, if there are any.
    fn wake_readers(&self) {
        let waits = std::mem::take(&mut self.contents().readers_wait);
        if waits {
            self.filled.wake_all();
        }
    }

    /// Wakes those who wait for room, if there are any.
    fn wake_writers(&self) {
        let waits = std::mem::take(&mut self.contents().writers_wait);
        if waits {
            let found = self.emptied.fetch_add(1, AcqRel);
            self.contents().emptied = found.wrapping_add(1);
            self.emptied.wake_all();
        }
    }

    /// All handles of an end are gone.
    fn hang_up(&self, side: Side) {
        let _call = Call::begin();
        self.step(u32::from(side == Side::Write));
        match side {
            Side::Write => {
                self.contents().is_written = false;
                self.wake_readers();
            }
            Side::Read => {
                self.contents().is_read = false;
                self.wake_writers();
            }
        }
    }
}

/// An end of a pipe, which hangs up when its last handle is closed.
#[derive(Debug)]
pub(super) struct End {
    pipe: Counted<Pipe>,
    side: Side,
}

impl Drop for End {
    fn drop(&mut self) {
        if self.pipe.epoch == epoch() && sync::is_modelled() {
            self.pipe.hang_up(self.side);
        }
    }
}

/// A handle on its way to another process.
pub(super) type Travelling = sync::Arc<End>;

/// A handle of a process. The process has it; the kernel may close it.
#[derive(Debug)]
pub(super) struct Handle(Arc<Entry>);

#[derive(Debug)]
struct Entry {
    pipe: Counted<Pipe>,
    /// The handle; counted, so that nobody else has to wait while it is copied.
    end: Mutex<Option<Arc<Travelling>>>,
}

impl Open for Entry {
    fn close(&self) {
        let end = self.end.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(end);
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// So many new pipes that hold so many bytes each, at which one may wait together.
#[track_caller]
pub(super) fn pipes(capacity: usize, pipes: usize) -> Vec<[Handle; 2]> {
    let filled = Counted::new(Futex::new(0));
    (0..pipes).map(|_| pipe(capacity, filled.clone())).collect()
}

#[track_caller]
fn pipe(capacity: usize, filled: Counted<Futex>) -> [Handle; 2] {
    let contents = Contents {
        bytes: VecDeque::new(),
        capacity: capacity.max(1),
        emptied: 0,
        is_written: true,
        is_read: true,
        readers_wait: false,
        writers_wait: false,
    };
    let emptied = Futex::new(0);
    let pipe = Counted::new(Pipe { epoch: epoch(), filled, emptied, contents: Mutex::new(contents) });
    [Side::Write, Side::Read].map(|side| Handle::open(sync::Arc::new(End { pipe: pipe.clone(), side })))
}

impl Handle {
    /// The running process has one more handle.
    pub(super) fn open(end: Travelling) -> Self {
        let entry = Arc::new(Entry { pipe: end.pipe.clone(), end: Mutex::new(Some(Arc::new(end))) });
        opened(&entry);
        Self(entry)
    }

    /// Another handle to the same end.
    #[track_caller]
    pub(super) fn duplicate(&self) -> Travelling {
        let end = self.0.end.lock().unwrap_or_else(PoisonError::into_inner).clone();
        sync::Arc::clone(&end.expect("nobody uses what was closed"))
    }

    pub(super) fn name(&self, name: fmt::Arguments<'_>) {
        self.0.pipe.filled.name(name);
        self.0.pipe.emptied.name(format_args!("{name}'s room"));
    }

    pub(super) fn capacity(&self) -> usize {
        self.0.pipe.contents().capacity
    }

    pub(super) fn atomic(&self) -> usize {
        atomic(self.capacity())
    }

    /// Reads what is there, and waits where there is nothing, but not longer than this. Woken by `write`, and where the last writer goes.
    #[track_caller]
    pub(super) fn read(&self, buffer: &mut [u8], deadline: Option<&Deadline>) -> io::Result<usize> {
        let pipe = &self.0.pipe;
        let mut seen = pipe.step(0);
        let _call = Call::begin();
        loop {
            let moved = pipe.contents().read(buffer);
            if let Some(moved) = moved {
                pipe.wake_writers();
                return Ok(moved);
            }
            match deadline {
                None => pipe.filled.wait(seen),
                Some(deadline) => {
                    let left = deadline.left().ok_or(io::ErrorKind::TimedOut)?;
                    if !pipe.filled.wait_timeout(seen, left) {
                        return Err(io::ErrorKind::TimedOut.into());
                    }
                }
            }
            seen = pipe.step(0);
        }
    }

    /// Writes what there is room for, and waits where there is none. Woken by `read`, and where the last reader goes.
    #[track_caller]
    pub(super) fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        let pipe = &self.0.pipe;
        pipe.step(1);
        let _call = Call::begin();
        loop {
            let (written, emptied) = pipe.contents().write(bytes);
            if let Some(moved) = written? {
                pipe.wake_readers();
                return Ok(moved);
            }
            pipe.emptied.wait(emptied);
            pipe.step(1);
        }
    }
}

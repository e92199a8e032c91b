//! Where there is none of it: no [`Descriptor`] exists, and nothing that would need one.

use super::super::process::Exit;
use super::super::region::robust;
use std::convert::Infallible;
use std::io;
use std::path::Path;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

pub(in crate::sync) type Descriptor = Infallible;

pub(in crate::sync) fn available() -> io::Result<()> {
    unsupported()
}

fn unsupported<T>() -> io::Result<T> {
    let why = "processes, and what they share, are there on Linux alone";
    Err(io::Error::new(io::ErrorKind::Unsupported, why))
}

pub(in crate::sync) fn duplicate(descriptor: &Descriptor) -> io::Result<Descriptor> {
    match *descriptor {}
}

pub(in crate::sync) fn memory(_length: usize) -> io::Result<Descriptor> {
    unsupported()
}

pub(in crate::sync) fn unnamed_file(_directory: &Path, _length: usize) -> io::Result<Descriptor> {
    unsupported()
}

pub(in crate::sync) fn give_name(file: &Descriptor, _path: &Path) -> io::Result<()> {
    match *file {}
}

pub(in crate::sync) fn open(_path: &Path) -> io::Result<Descriptor> {
    unsupported()
}

pub(in crate::sync) fn open_again(file: &Descriptor) -> io::Result<Descriptor> {
    match *file {}
}

pub(in crate::sync) fn lock_file(file: &Descriptor, _waits: bool) -> io::Result<bool> {
    match *file {}
}

pub(in crate::sync) fn unlock_file(file: &Descriptor) {
    match *file {}
}

pub(in crate::sync) fn is_at(file: &Descriptor, _path: &Path) -> io::Result<bool> {
    match *file {}
}

pub(in crate::sync) fn length(memory: &Descriptor) -> io::Result<usize> {
    match *memory {}
}

#[derive(Debug)]
pub(in crate::sync) struct Mapping(Infallible);

impl Mapping {
    pub(in crate::sync) fn new(memory: &Descriptor, _length: usize) -> io::Result<Self> {
        match *memory {}
    }

    pub(in crate::sync) fn start(&self) -> NonNull<u8> {
        match self.0 {}
    }

    pub(in crate::sync) fn length(&self) -> usize {
        match self.0 {}
    }
}

pub(in crate::sync) fn pipe() -> io::Result<(Descriptor, Descriptor)> {
    unsupported()
}

pub(in crate::sync) fn set_capacity(pipe: &Descriptor, _bytes: usize) -> io::Result<()> {
    match *pipe {}
}

pub(in crate::sync) fn capacity(pipe: &Descriptor) -> io::Result<usize> {
    match *pipe {}
}

pub(in crate::sync) fn read(pipe: &Descriptor, _buffer: &mut [u8]) -> io::Result<usize> {
    match *pipe {}
}

pub(in crate::sync) fn read_now(pipe: &Descriptor, _buffer: &mut [u8]) -> io::Result<usize> {
    match *pipe {}
}

pub(in crate::sync) fn write(pipe: &Descriptor, _bytes: &[u8]) -> io::Result<usize> {
    match *pipe {}
}

pub(in crate::sync) fn wait_readable(pipe: &Descriptor, _at_most: Duration) -> io::Result<()> {
    match *pipe {}
}

pub(in crate::sync) fn read_any(pipes: &[&Descriptor], _buffer: &mut [u8]) -> io::Result<(usize, usize)> {
    match *pipes[0] {}
}

/// A futex may be made anywhere, but to wait at one with others takes a region, and there is none: this returns early.
pub(in crate::sync) fn futex_wait(_word: &AtomicU32, _expected: u32, _at_most: Option<Duration>) -> bool {
    std::thread::yield_now();
    true
}

pub(in crate::sync) fn futex_wake(_word: &AtomicU32, _threads: u32) {}

/// A number of this thread alone, as long as few enough are started.
pub(in crate::sync) fn thread_number() -> u32 {
    static THREADS: AtomicU32 = AtomicU32::new(0);
    // Ordering: Relaxed. A counter.
    THREADS.fetch_add(1, Relaxed) % robust::OWNER + 1
}

pub(in crate::sync) fn look_after(_list: &robust::List) {}

pub(in crate::sync) struct Parcel {
    pub(in crate::sync) bytes: Vec<u8>,
    pub(in crate::sync) descriptors: Vec<Descriptor>,
}

pub(in crate::sync) fn executable() -> io::Result<(u64, u64)> {
    unsupported()
}

#[derive(Debug)]
pub(in crate::sync) struct Child(Infallible);

impl Child {
    pub(in crate::sync) fn start(_mark: &str, _name: &str, _parcel: &Parcel) -> io::Result<Self> {
        unsupported()
    }

    pub(in crate::sync) fn id(&self) -> u32 {
        match self.0 {}
    }

    pub(in crate::sync) fn kill(&mut self) -> io::Result<()> {
        match self.0 {}
    }

    pub(in crate::sync) fn terminate(&mut self) -> io::Result<()> {
        match self.0 {}
    }

    pub(in crate::sync) fn stop(&mut self) -> io::Result<()> {
        match self.0 {}
    }

    pub(in crate::sync) fn resume(&mut self) -> io::Result<()> {
        match self.0 {}
    }

    pub(in crate::sync) fn try_wait(&mut self) -> io::Result<Option<Exit>> {
        match self.0 {}
    }

    pub(in crate::sync) fn wait(&mut self) -> io::Result<Exit> {
        match self.0 {}
    }
}

pub(in crate::sync) struct Lifeline(Infallible);

pub(in crate::sync) fn begin() -> io::Result<Lifeline> {
    unsupported()
}

impl Lifeline {
    pub(in crate::sync) fn receive(&self) -> io::Result<Parcel> {
        match self.0 {}
    }

    pub(in crate::sync) fn refuse(&self, _why: &str) {
        match self.0 {}
    }
}

pub(in crate::sync) fn kill_self() -> ! {
    std::process::abort()
}

pub(in crate::sync) fn alive_since(_process: u32) -> Option<u64> {
    None
}

pub(in crate::sync) fn is_mine(_file: &std::fs::Metadata) -> bool {
    false
}

pub(in crate::sync) fn signal_name(signal: i32) -> String {
    format!("signal: {signal}")
}

//! Byte pipes between processes, which hang up: pipe(7) behind the facade.
//!
//! Reads and writes are single system calls: each moves what it can, and waits where that is nothing. A write of
//! [`ATOMIC`] bytes at most is in one piece, whoever else writes; of a longer one others may see a part, and it may move less than
//! all. A reader finds the end where all writers are gone, and a writer a [`BrokenPipe`](io::ErrorKind::BrokenPipe) where all readers
//! are, by whatever death.
//!
//! What it does not do: keep messages apart. A writer that is killed in the middle of a longer message leaves the first part of it.

mod bundle;
#[cfg(feature = "instrumented")]
mod modelled;

pub use self::bundle::{Bundle, bundle};

use super::luggage::{self, Handle};
use super::system::{self, Descriptor};
use super::time::{Deadline, Patience};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::io::{self, Read, Write};
use std::time::Duration;

/// Bytes that are written in one piece, whoever else writes: `PIPE_BUF`.
pub const ATOMIC: usize = 4096;

/// A new pipe.
///
/// ```
/// use refectory::sync::pipe;
/// use std::io::{ErrorKind, Read, Write};
/// use std::time::Duration;
///
/// # if !cfg!(target_os = "linux") { return }
/// let (mut writer, mut reader) = pipe::pipe().unwrap();
/// let mut buffer = [0; 8];
/// let early = reader.read_timeout(&mut buffer, Duration::ZERO);
/// assert_eq!(early.unwrap_err().kind(), ErrorKind::TimedOut);
/// writer.write_all(b"soup").unwrap();
/// drop(writer);
/// assert_eq!(reader.read(&mut buffer).unwrap(), 4);
/// assert_eq!(reader.read(&mut buffer).unwrap(), 0, "nobody is left to write");
/// ```
///
/// # Errors
/// If the process has no descriptors left; `Unsupported` where the system is not Linux.
#[track_caller]
pub fn pipe() -> io::Result<(Writer, Reader)> {
    #[cfg(feature = "instrumented")]
    if super::is_modelled() {
        return Ok(modelled_one(CAPACITY));
    }
    native(None)
}

fn native(capacity: Option<usize>) -> io::Result<(Writer, Reader)> {
    system::available()?;
    let (reader, writer) = system::pipe()?;
    capacity.map_or(Ok(()), |bytes| system::set_capacity(&writer, bytes))?;
    Ok((Writer(Whose::System(writer)), Reader(Whose::System(reader))))
}

/// A new pipe that holds so many bytes, or what the system gives for them: a page at least. Under an engine it is as
/// small as one asks, and so is what is [written in one piece](Writer::atomic).
///
/// # Errors
/// As [`pipe`]; if the system does not let the user have so much.
#[track_caller]
pub fn with_capacity(bytes: usize) -> io::Result<(Writer, Reader)> {
    #[cfg(feature = "instrumented")]
    if super::is_modelled() {
        return Ok(modelled_one(bytes));
    }
    native(Some(bytes))
}

/// What the pipes of Linux hold.
#[cfg(feature = "instrumented")]
const CAPACITY: usize = 1 << 16;

#[cfg(feature = "instrumented")]
#[track_caller]
fn modelled_one(capacity: usize) -> (Writer, Reader) {
    modelled(capacity, 1).pop().expect("it was asked for")
}

/// So many pipes, at which one waits together.
#[cfg(feature = "instrumented")]
#[track_caller]
fn modelled(capacity: usize, pipes: usize) -> Vec<(Writer, Reader)> {
    let ends = modelled::pipes(capacity, pipes).into_iter();
    ends.map(|[writer, reader]| (Writer(Whose::Modelled(writer)), Reader(Whose::Modelled(reader)))).collect()
}

/// What a handle of an end is.
enum Whose {
    System(Descriptor),
    #[cfg(feature = "instrumented")]
    Modelled(modelled::Handle),
}

impl Whose {
    fn system(&self) -> Option<&Descriptor> {
        match self {
            Self::System(descriptor) => Some(descriptor),
            #[cfg(feature = "instrumented")]
            Self::Modelled(_) => None,
        }
    }

    #[cfg(feature = "instrumented")]
    fn modelled(&self) -> Option<&modelled::Handle> {
        match self {
            Self::System(_) => None,
            Self::Modelled(handle) => Some(handle),
        }
    }

    #[track_caller]
    fn duplicate(&self) -> io::Result<Handle> {
        match self {
            Self::System(descriptor) => Ok(Handle::System(system::duplicate(descriptor)?)),
            #[cfg(feature = "instrumented")]
            Self::Modelled(handle) => Ok(Handle::Modelled(Box::new(handle.duplicate()))),
        }
    }

    fn open(handle: Handle) -> io::Result<Self> {
        #[cfg(feature = "instrumented")]
        if super::is_modelled() {
            return Ok(Self::Modelled(modelled::Handle::open(handle.modelled()?)));
        }
        Ok(Self::System(handle.system()?))
    }
}

/// The end of a pipe that is written to. In the argument of a [process](super::process::spawn) it moves there.
pub struct Writer(Whose);

/// The end of a pipe that is read from. In the argument of a [process](super::process::spawn) it moves there.
pub struct Reader(Whose);

/// What both ends have.
macro_rules! end {
    ($name:ident) => {
        impl $name {
            /// Another handle to the same end: the end is gone when all of them are.
            ///
            /// # Errors
            /// If the process has no descriptors left.
            #[track_caller]
            pub fn try_clone(&self) -> io::Result<Self> {
                self.0.duplicate().and_then(Whose::open).map(Self)
            }

            /// Bytes that the pipe holds.
            ///
            /// # Errors
            /// If the system does not say.
            pub fn capacity(&self) -> io::Result<usize> {
                match &self.0 {
                    Whose::System(descriptor) => system::capacity(descriptor),
                    #[cfg(feature = "instrumented")]
                    Whose::Modelled(handle) => Ok(handle.capacity()),
                }
            }

            /// Names the pipe in traces.
            #[must_use]
            #[cfg_attr(
                not(feature = "instrumented"),
                expect(unused_variables, reason = "there are no traces")
            )]
            pub fn named(self, name: fmt::Arguments<'_>) -> Self {
                #[cfg(feature = "instrumented")]
                if let Whose::Modelled(handle) = &self.0 {
                    handle.name(name);
                }
                self
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                luggage::put(|| self.0.duplicate(), serializer)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                luggage::take(deserializer, |handle| Whose::open(handle).map(Self))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($name)).finish_non_exhaustive()
            }
        }
    };
}

end!(Writer);
end!(Reader);

impl Reader {
    /// Reads what is there, and waits where there is nothing, but not longer than `timeout`.
    ///
    /// Another reader may take what has come: this one goes on waiting then.
    ///
    /// # Errors
    /// [`TimedOut`](io::ErrorKind::TimedOut) if nothing has come; or if the pipe cannot be read.
    #[track_caller]
    pub fn read_timeout(&mut self, buffer: &mut [u8], timeout: Duration) -> io::Result<usize> {
        let deadline = Deadline::after(timeout);
        match &self.0 {
            Whose::System(pipe) => read_until(pipe, buffer, &deadline),
            #[cfg(feature = "instrumented")]
            Whose::Modelled(pipe) => pipe.read(buffer, Some(&deadline)),
        }
    }
}

fn read_until(pipe: &Descriptor, buffer: &mut [u8], deadline: &Deadline) -> io::Result<usize> {
    loop {
        match system::read_now(pipe, buffer) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            done => return done,
        }
        let left = deadline.left().ok_or(io::ErrorKind::TimedOut)?;
        system::wait_readable(pipe, Patience::new(left).real())?;
    }
}

impl Read for Reader {
    #[track_caller]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &self.0 {
            Whose::System(pipe) => system::read(pipe, buffer),
            #[cfg(feature = "instrumented")]
            Whose::Modelled(pipe) => pipe.read(buffer, None),
        }
    }

    #[track_caller]
    fn read_exact(&mut self, mut buffer: &mut [u8]) -> io::Result<()> {
        while !buffer.is_empty() {
            match self.read(buffer) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => buffer = &mut buffer[read..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl Writer {
    /// Bytes that are written in one piece, whoever else writes: [`ATOMIC`], or under an engine a quarter of what the pipe
    /// holds if that is less.
    #[must_use]
    pub fn atomic(&self) -> usize {
        match &self.0 {
            Whose::System(_) => ATOMIC,
            #[cfg(feature = "instrumented")]
            Whose::Modelled(pipe) => pipe.atomic(),
        }
    }
}

impl Write for Writer {
    #[track_caller]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &self.0 {
            Whose::System(pipe) => system::write(pipe, bytes),
            #[cfg(feature = "instrumented")]
            Whose::Modelled(pipe) => pipe.write(bytes),
        }
    }

    #[track_caller]
    fn write_all(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match self.write(bytes) {
                Ok(written) => bytes = &bytes[written..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Nothing is held back.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

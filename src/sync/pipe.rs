//! Byte pipes between processes, which hang up: pipe(7) behind the facade.
//!
//! Reads and writes are single system calls: each moves as much as it can, and waits only where that is nothing. A write of
//! [`ATOMIC`] bytes at most is in one piece, whoever else writes. A reader finds the end where all writers are
//! gone, and a writer a [`BrokenPipe`](io::ErrorKind::BrokenPipe) where all readers are, by whatever death.
//!
//! What it does not do: keep messages apart. A writer that is killed in the middle of a longer message leaves the first part of it.

use super::luggage;
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
    ask_engine();
    system::available()?;
    let (reader, writer) = system::pipe()?;
    Ok((Writer(writer), Reader(reader)))
}

/// Where the modelled side begins: no engine has pipes yet.
#[track_caller]
fn ask_engine() {
    #[cfg(feature = "instrumented")]
    if super::is_modelled() {
        super::hook::unsupported("a pipe between processes");
    }
}

/// The end of a pipe that is written to. In the argument of a [process](super::process::spawn) it moves there.
pub struct Writer(Descriptor);

/// The end of a pipe that is read from. In the argument of a [process](super::process::spawn) it moves there.
pub struct Reader(Descriptor);

/// What both ends have.
macro_rules! end {
    ($name:ident) => {
        impl $name {
            /// Another handle to the same end: the end is gone when all of them are.
            ///
            /// # Errors
            /// If the process has no descriptors left.
            pub fn try_clone(&self) -> io::Result<Self> {
                system::duplicate(&self.0).map(Self)
            }

            /// Bytes that the pipe holds.
            ///
            /// # Errors
            /// If the system does not say.
            pub fn capacity(&self) -> io::Result<usize> {
                system::capacity(&self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                luggage::put(&self.0, serializer)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                luggage::take(deserializer, |descriptor| Ok(Self(descriptor)))
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
        loop {
            match system::read_now(&self.0, buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                done => return done,
            }
            let left = deadline.left().ok_or(io::ErrorKind::TimedOut)?;
            system::wait_readable(&self.0, Patience::new(left).real())?;
        }
    }
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        system::read(&self.0, buffer)
    }
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        system::write(&self.0, bytes)
    }

    /// Nothing is held back.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

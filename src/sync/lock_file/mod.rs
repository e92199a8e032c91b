//! A file that one has locked at a time: open file description locks of fcntl(2), behind the facade.
//!
//! The lock is that of a *description*, of what was made when the file was opened. All handles to one description have it together, in
//! whatever process, and threads that use one do not keep each other out. When the last handle is closed the kernel gives the lock to
//! one who waits: so it does when the process is killed, and tells nobody. A [`LockFile`] that travels to another process opens
//! the file once more there, and is a description of its own; as after fork(2) it stays the same one where that is
//! [asked for](LockFile::same_description).
//!
//! What it does not do: lock a part of the file, or share it between readers.
//!
//! Source: fcntl(2), "Open file description locks"; Jeff Layton, "File-private POSIX locks", 2014, on what locks that belong to a process
//! do wrong.

#[cfg(feature = "instrumented")]
mod modelled;

use super::luggage::{self, Handle};
use super::system::{self, Descriptor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, io};

/// A file to lock, without a name and without contents.
///
/// ```
/// use refectory::sync::lock_file::LockFile;
///
/// # if !cfg!(target_os = "linux") { return }
/// let mine = LockFile::new().unwrap();
/// let theirs = mine.open_again().unwrap();
/// assert!(mine.try_lock());
/// assert!(!theirs.try_lock());
/// drop(mine);
/// assert!(theirs.try_lock());
/// ```
pub struct LockFile {
    whose: Whose,
    /// Whether it stays the same description where it travels.
    stays: bool,
}

/// What a handle is.
enum Whose {
    System(Descriptor),
    #[cfg(feature = "instrumented")]
    Modelled(modelled::Handle),
}

impl Whose {
    fn same(&self) -> io::Result<Handle> {
        match self {
            Self::System(descriptor) => Ok(Handle::System(system::duplicate(descriptor)?)),
            #[cfg(feature = "instrumented")]
            Self::Modelled(handle) => Ok(Handle::Modelled(Box::new(handle.duplicate()))),
        }
    }

    fn of(handle: Handle) -> io::Result<Self> {
        #[cfg(feature = "instrumented")]
        if super::is_modelled() {
            return Ok(Self::Modelled(modelled::Handle::open(handle.modelled()?)));
        }
        Ok(Self::System(handle.system()?))
    }

    fn open_again(&self) -> io::Result<Self> {
        match self {
            Self::System(descriptor) => Ok(Self::System(system::open_again(descriptor)?)),
            #[cfg(feature = "instrumented")]
            Self::Modelled(handle) => Ok(Self::Modelled(handle.open_again())),
        }
    }
}

impl LockFile {
    /// A new file, which nobody has locked.
    ///
    /// # Errors
    /// If the process has no descriptors left; `Unsupported` where the system is not Linux.
    #[track_caller]
    pub fn new() -> io::Result<Self> {
        #[cfg(feature = "instrumented")]
        if super::is_modelled() {
            return Ok(Self { whose: Whose::Modelled(modelled::Handle::new()), stays: false });
        }
        Ok(Self { whose: Whose::System(system::memory(1)?), stays: false })
    }

    /// Another description of the same file.
    ///
    /// # Errors
    /// If the file cannot be opened.
    #[track_caller]
    pub fn open_again(&self) -> io::Result<Self> {
        Ok(Self { whose: self.whose.open_again()?, stays: self.stays })
    }

    /// Another handle to the same description: both have the lock, or neither.
    ///
    /// # Errors
    /// If the process has no descriptors left.
    #[track_caller]
    pub fn try_clone(&self) -> io::Result<Self> {
        Ok(Self { whose: self.whose.same().and_then(Whose::of)?, stays: self.stays })
    }

    /// In the argument of a [process](super::process::spawn) it stays the same description.
    #[must_use]
    pub fn same_description(self) -> Self {
        Self { stays: true, ..self }
    }

    /// Names the file in traces.
    #[must_use]
    #[cfg_attr(not(feature = "instrumented"), expect(unused_variables, reason = "there are no traces"))]
    pub fn named(self, name: fmt::Arguments<'_>) -> Self {
        #[cfg(feature = "instrumented")]
        if let Whose::Modelled(handle) = &self.whose {
            handle.name(name);
        }
        self
    }

    /// Locks the file, and waits while another description has it. Nothing happens where this one has it already.
    ///
    /// # Panics
    /// If the system does not lock it, because it is out of memory for locks.
    #[track_caller]
    pub fn lock(&self) {
        match &self.whose {
            Whose::System(file) => drop(system::lock_file(file, true).expect("a file is locked")),
            #[cfg(feature = "instrumented")]
            Whose::Modelled(handle) => handle.lock(),
        }
    }

    /// Locks the file unless another description has it, and says whether it did.
    ///
    /// # Panics
    /// As [`lock`](Self::lock).
    #[track_caller]
    pub fn try_lock(&self) -> bool {
        match &self.whose {
            Whose::System(file) => system::lock_file(file, false).expect("a file is locked"),
            #[cfg(feature = "instrumented")]
            Whose::Modelled(handle) => handle.try_lock(),
        }
    }

    /// Gives the lock back. Nothing happens where this description has not got it.
    #[track_caller]
    pub fn unlock(&self) {
        match &self.whose {
            Whose::System(file) => system::unlock_file(file),
            #[cfg(feature = "instrumented")]
            Whose::Modelled(handle) => handle.unlock(),
        }
    }
}

impl Serialize for LockFile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (Travelling(&self.whose), self.stays).serialize(serializer)
    }
}

/// A handle on its way to another process.
struct Travelling<'a>(&'a Whose);

impl Serialize for Travelling<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        luggage::put(|| self.0.same(), serializer)
    }
}

struct Arrived(Whose);

impl<'de> Deserialize<'de> for Arrived {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        luggage::take(deserializer, |handle| Whose::of(handle).map(Self))
    }
}

impl<'de> Deserialize<'de> for LockFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (Arrived(whose), stays) = Deserialize::deserialize(deserializer)?;
        let whose = if stays { whose } else { whose.open_again().map_err(serde::de::Error::custom)? };
        Ok(Self { whose, stays })
    }
}

impl fmt::Debug for LockFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LockFile").finish_non_exhaustive()
    }
}

//! Memory with a name, which any process may open: shm_overview(7).
//!
//! It lies in a file of `/dev/shm` that its user alone may read. The name says who its owner is, by number and time of its start:
//! where the owner drops it it is gone, and where the owner was killed [`sweep`] removes it, whatever process has its number by
//! then. The file gets its name when it is all there, so that nobody opens half of it. Memory that lost its name stays with
//! those who have it open.
//!
//! What it does not do: say what its bytes mean, or order them; they are read and written one by one. Nor can it keep its user from
//! cutting the file short: who touches what is gone then dies of it (`SIGBUS`).
//!
//! The contract is that of Python's `multiprocessing.shared_memory`, whose resource tracker `sweep` stands in for.

use super::super::system::{self, Descriptor, Mapping};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

const DIRECTORY: &str = "/dev/shm";
/// What the file names of all named memory begin with.
const PREFIX: &str = "refectory.";

/// Bytes that processes share under a name.
///
/// ```
/// use refectory::sync::region::named::Memory;
/// use std::io::ErrorKind;
///
/// # if !cfg!(target_os = "linux") { return }
/// let soup = Memory::create("soup", 16).unwrap();
/// let same = Memory::attach(soup.name()).unwrap();
/// soup.write(3, b"leek").unwrap();
/// let mut read = [0; 4];
/// same.read(3, &mut read).unwrap();
/// assert_eq!(&read, b"leek");
///
/// let name = soup.name().to_owned();
/// drop(soup);
/// assert_eq!(Memory::attach(&name).unwrap_err().kind(), ErrorKind::NotFound);
/// ```
#[derive(Debug)]
pub struct Memory {
    name: String,
    file: Descriptor,
    mapping: Mapping,
    is_owner: bool,
}

impl Memory {
    /// New memory of this process, all zero. `label` is its part of the [`name`](Self::name), without slashes.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) for no bytes, or such a label; [`AlreadyExists`](ErrorKind::AlreadyExists) if this
    /// process has memory of that label; if there is not enough memory; `Unsupported` where the system is not Linux.
    #[track_caller]
    pub fn create(label: &str, size: usize) -> io::Result<Self> {
        begin()?;
        if size == 0 {
            return Err(io::Error::new(
                ErrorKind::InvalidInput,
                format!("`{label}` has no bytes: ask for one at least"),
            ));
        }
        let name = Owner::this()?.name(label);
        let path = path(&name)?;
        let file = system::unnamed_file(Path::new(DIRECTORY), size)?;
        let mapping = Mapping::new(&file, size)?;
        system::give_name(&file, &path).map_err(about(&name))?;
        Ok(Self { name, file, mapping, is_owner: true })
    }

    /// The memory of this [name](Self::name), which stays its owner's.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) if there is none any more; if it belongs to another user.
    #[track_caller]
    pub fn attach(name: &str) -> io::Result<Self> {
        begin()?;
        let file = system::open(&path(name)?).map_err(about(name))?;
        let mapping = Mapping::new(&file, system::length(&file)?)?;
        Ok(Self { name: name.to_owned(), file, mapping, is_owner: false })
    }

    /// Its name: the label, and whose it is.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.mapping.length()
    }

    /// Takes its name away. Those who have it open keep it.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) if it has no name any more.
    pub fn unlink(&self) -> io::Result<()> {
        let path = path(&self.name)?;
        // The name may be that of newer memory.
        match system::is_at(&self.file, &path).map_err(about(&self.name))? {
            true => fs::remove_file(path).map_err(about(&self.name)),
            false => Err(about(&self.name)(ErrorKind::NotFound.into())),
        }
    }

    /// Copies bytes that begin at this place. Each is one that somebody has written, also where somebody writes meanwhile.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) if they are not all within the memory.
    pub fn read(&self, start: usize, to: &mut [u8]) -> io::Result<()> {
        // Ordering: Relaxed. The bytes order nothing.
        let from = self.bytes(start, to.len())?;
        to.iter_mut().zip(from).for_each(|(to, from)| *to = from.load(Relaxed));
        Ok(())
    }

    /// Copies bytes to this place. Who is killed meanwhile has written some of them.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) if there is not room for all of them.
    pub fn write(&self, start: usize, from: &[u8]) -> io::Result<()> {
        // Ordering: as above.
        let to = self.bytes(start, from.len())?;
        to.iter().zip(from).for_each(|(to, from)| to.store(*from, Relaxed));
        Ok(())
    }

    fn bytes(&self, start: usize, length: usize) -> io::Result<&[AtomicU8]> {
        // SAFETY: the mapping is as long as this borrow at least, of this size, and used as such atomics alone.
        let all = unsafe { std::slice::from_raw_parts(self.mapping.start().as_ptr().cast(), self.size()) };
        let end = start.checked_add(length);
        end.and_then(|end| all.get(start..end)).ok_or_else(|| {
            let (name, size) = (&self.name, self.size());
            let why = format!("`{name}` has {size} bytes, and none of {length} from {start} on");
            io::Error::new(ErrorKind::InvalidInput, why)
        })
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        if self.is_owner {
            // It may have lost its name before.
            let _ = self.unlink();
        }
    }
}

/// Removes the memory of owners that are dead, and says what its names were. That of living ones stays, and that of other users.
///
/// Processes that see one `/dev/shm` have to see each other in `/proc`.
///
/// # Errors
/// If the directory cannot be read; `Unsupported` where the system is not Linux.
#[track_caller]
pub fn sweep() -> io::Result<Vec<String>> {
    begin()?;
    // Where processes cannot be seen they are not dead.
    Owner::this()?;
    let mut swept = Vec::new();
    for entry in fs::read_dir(DIRECTORY).map_err(about(DIRECTORY))? {
        let entry = entry?;
        let Some(name) =
            entry.file_name().to_str().and_then(|file| file.strip_prefix(PREFIX)).map(str::to_owned)
        else {
            continue;
        };
        let is_of_the_dead = Owner::of(&name).is_some_and(|owner| !owner.lives());
        // Somebody else may be sweeping.
        let is_mine = is_of_the_dead && entry.metadata().is_ok_and(|file| system::is_mine(&file));
        if is_mine && fs::remove_file(entry.path()).is_ok() {
            swept.push(name);
        }
    }
    Ok(swept)
}

/// Where an engine is asked, and the system.
#[track_caller]
fn begin() -> io::Result<()> {
    #[cfg(feature = "instrumented")]
    if super::super::is_modelled() {
        super::super::hook::unsupported("named memory that processes share");
    }
    system::available()
}

/// The file of this name.
fn path(name: &str) -> io::Result<PathBuf> {
    let is_label = |label: &str| !label.is_empty() && !label.contains(['/', '\0']);
    match name.split_once('.').and_then(|(_, rest)| rest.split_once('.')) {
        Some((_, label)) if is_label(label) => Ok(Path::new(DIRECTORY).join(format!("{PREFIX}{name}"))),
        _ => {
            let why = format!(
                "`{name}` names no memory: it is a process, the time of its start, and a label without `/`"
            );
            Err(io::Error::new(ErrorKind::InvalidInput, why))
        }
    }
}

/// Says of which memory an error speaks.
fn about(name: &str) -> impl FnOnce(io::Error) -> io::Error {
    system::while_trying(format!("shared memory `{name}`"))
}

/// A process that will never be taken for another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Owner {
    process: u32,
    since: u64,
}

impl Owner {
    fn this() -> io::Result<Self> {
        let process = std::process::id();
        let since = system::alive_since(process);
        let since = since.ok_or_else(|| io::Error::other("/proc does not show this process: mount it"))?;
        Ok(Self { process, since })
    }

    /// Whom the memory of this name belongs to.
    fn of(name: &str) -> Option<Self> {
        let (process, rest) = name.split_once('.')?;
        let (since, _) = rest.split_once('.')?;
        Some(Self { process: process.parse().ok()?, since: since.parse().ok()? })
    }

    fn name(self, label: &str) -> String {
        let Self { process, since } = self;
        format!("{process}.{since}.{label}")
    }

    fn lives(self) -> bool {
        system::alive_since(self.process) == Some(self.since)
    }
}

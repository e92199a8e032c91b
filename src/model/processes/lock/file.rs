//! A lock on a file, for what is in a region; the next one learns that the last holder was killed.
//!
//! The kernel gives the [lock of the dead](LockFile) to the next one, and tells nobody. So whoever has it says in a word beside it that it
//! is in the middle of something, and takes that back when it is done: who finds the word set knows that the last one was not.
//!
//! Invariant: where nobody has the lock and the word is not set, what the lock guards is as its holders leave it.
//!
//! What it does not do: keep threads of one process apart, which have one description of the file between them: hence `&mut`. Nor is it
//! fast: each call is one of the system. In exchange no word in a region has to be right for it, and a process that has written
//! anywhere in the region cannot keep the lock from the others.
//!
//! Source: fcntl(2), "Open file description locks"; the word is what databases call a dirty flag.

use crate::sync::atomic::AtomicU32;
use crate::sync::atomic::Ordering::Relaxed;
use crate::sync::lock_file::LockFile;
use crate::sync::process::point;
use crate::sync::region::{Region, shared};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io;
use std::marker::PhantomData;

/// What holders owe to each other.
pub trait Care: fmt::Debug + Send + Sync + 'static {
    /// The lock as it travels to another process.
    fn travels(file: LockFile) -> LockFile {
        file
    }

    /// Whether it says that it is in the middle of something.
    const SAYS: bool = true;
}

/// All of it.
#[derive(Debug)]
pub struct Careful;

impl Care for Careful {}

/// How the holder before has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// It gave the lock back, or there was none.
    Consistent,
    /// It was killed, or has panicked, and may have left half of something.
    HolderDied,
}

shared! {
    #[derive(Debug)]
    struct Word {
        is_in_the_middle: AtomicU32,
    }
}

/// A lock. It travels in the argument of a [process](crate::sync::process::spawn).
///
/// ```
/// use refectory::model::processes::lock::file::{FileLock, Found};
///
/// # if !cfg!(target_os = "linux") { return }
/// let mut mine = <FileLock>::new().unwrap();
/// let mut theirs = mine.open_again().unwrap();
/// assert_eq!(mine.lock(|found| (found, theirs.try_lock(|_| ()))), (Found::Consistent, None));
/// assert_eq!(theirs.lock(|found| found), Found::Consistent);
/// ```
#[derive(Debug, Deserialize, Serialize)]
#[serde(bound = "")]
pub struct FileLock<C = Careful> {
    file: LockFile,
    word: Region<Word>,
    care: PhantomData<fn() -> C>,
}

impl<C: Care> FileLock<C> {
    /// A lock that nobody has.
    ///
    /// # Errors
    /// As [`LockFile::new`] and [`Region::new`].
    #[track_caller]
    pub fn new() -> io::Result<Self> {
        let file = C::travels(LockFile::new()?).named(format_args!("file"));
        let word = Word { is_in_the_middle: AtomicU32::new(0).named(format_args!("in the middle")) };
        Ok(Self { file, word: Region::new(word)?, care: PhantomData })
    }

    /// A handle to send to another process. In this one the two have the lock together.
    ///
    /// # Errors
    /// As [`LockFile::try_clone`].
    #[track_caller]
    pub fn try_clone(&self) -> io::Result<Self> {
        Ok(Self { file: self.file.try_clone()?, word: self.word.clone(), care: PhantomData })
    }

    /// The same lock for somebody else in this process.
    ///
    /// # Errors
    /// As [`LockFile::open_again`].
    #[track_caller]
    pub fn open_again(&self) -> io::Result<Self> {
        Ok(Self { file: self.file.open_again()?, word: self.word.clone(), care: PhantomData })
    }

    /// Waits for the lock, runs `body` under it, and gives it back.
    ///
    /// # Panics
    /// As `body`; the next one is told then that the holder has died.
    #[track_caller]
    pub fn lock<T>(&mut self, body: impl FnOnce(Found) -> T) -> T {
        self.file.lock();
        self.locked(body)
    }

    /// The same, unless somebody has the lock.
    ///
    /// # Panics
    /// As [`lock`](Self::lock).
    #[track_caller]
    pub fn try_lock<T>(&mut self, body: impl FnOnce(Found) -> T) -> Option<T> {
        self.file.try_lock().then(|| self.locked(body))
    }

    fn locked<T>(&self, body: impl FnOnce(Found) -> T) -> T {
        /// Gives the lock back, whatever the body does.
        struct Held<'a>(&'a LockFile);
        impl Drop for Held<'_> {
            fn drop(&mut self) {
                self.0.unlock();
            }
        }
        let _held = Held(&self.file);
        let word = &self.word.is_in_the_middle;
        // Ordering: Relaxed, here and below; all is under the lock.
        let found = if word.load(Relaxed) == 0 { Found::Consistent } else { Found::HolderDied };
        if C::SAYS {
            word.store(1, Relaxed);
        }
        point("a lock on a file that is held");
        let answer = body(found);
        word.store(0, Relaxed);
        answer
    }
}

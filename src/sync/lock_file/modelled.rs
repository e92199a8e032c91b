//! Files to lock under an engine: what the kernel of a model keeps of one.
//!
//! A call is one operation on the word `holder`; more follow where the caller has to wait. A process may die before a call and not in
//! it ([`Call`]): others see one instant of it at most.
//!
//! Invariant: `holder` is the number of the description that has the lock, or 0; whoever takes a number out of it wakes one.

use super::super::atomic::Ordering::{AcqRel, Acquire};
use super::super::current::epoch;
use super::super::process::modelled::{Call, Open, opened};
use super::super::thread::running;
use super::super::{self as sync, Futex};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// A file.
#[derive(Debug)]
struct File {
    epoch: u32,
    holder: Futex,
    /// The threads that have opened it, once for each time.
    opened_by: Mutex<Vec<u32>>,
}

/// Descriptions that a thread may make of one file.
const OF_A_THREAD: u32 = 1 << 8;

impl File {
    /// The number of a new description: the same in every execution in which its thread does the same.
    fn number(&self) -> u32 {
        let me = running().0 + 1;
        let mut opened_by = self.opened_by.lock().unwrap_or_else(PoisonError::into_inner);
        opened_by.push(me);
        let mine = opened_by.iter().filter(|thread| **thread == me).count() as u32;
        me * OF_A_THREAD + mine
    }

    #[track_caller]
    fn open(file: &Arc<Self>) -> Travelling {
        sync::Arc::new(Description { file: Arc::clone(file), number: file.number() })
    }

    /// The description of this number takes the lock, or is told who has it.
    #[track_caller]
    fn take(&self, number: u32) -> Result<(), u32> {
        // Ordering: AcqRel here and below. Who takes the lock sees what was done under it before.
        match self.holder.compare_exchange(0, number, AcqRel, Acquire) {
            Ok(_) => Ok(()),
            Err(holder) if holder == number => Ok(()),
            Err(holder) => Err(holder),
        }
    }

    #[track_caller]
    fn give(&self, number: u32) {
        if self.holder.compare_exchange(number, 0, AcqRel, Acquire).is_ok() {
            let _call = Call::begin();
            self.holder.wake_one();
        }
    }
}

/// What was made when the file was opened. It gives the lock back when its last handle is closed.
#[derive(Debug)]
pub(super) struct Description {
    file: Arc<File>,
    number: u32,
}

impl Drop for Description {
    fn drop(&mut self) {
        if self.file.epoch == epoch() && sync::is_modelled() {
            self.file.give(self.number);
        }
    }
}

/// A handle on its way to another process.
pub(super) type Travelling = sync::Arc<Description>;

/// A handle of a process. The process has it; the kernel may close it.
#[derive(Debug)]
pub(super) struct Handle(Arc<Entry>);

/// Calls use the file and the number alone: who dies in one has nothing more of the description than its handles.
#[derive(Debug)]
struct Entry {
    file: Arc<File>,
    number: u32,
    /// The handle; counted, so that nobody else has to wait while it is copied.
    description: Mutex<Option<Arc<Travelling>>>,
}

impl Open for Entry {
    fn close(&self) {
        let description = self.description.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(description);
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Handle {
    #[track_caller]
    pub(super) fn new() -> Self {
        let file = File { epoch: epoch(), holder: Futex::new(0), opened_by: Mutex::default() };
        Self::open(File::open(&Arc::new(file)))
    }

    /// The running process has one more handle.
    pub(super) fn open(description: Travelling) -> Self {
        let (file, number) = (Arc::clone(&description.file), description.number);
        let entry = Arc::new(Entry { file, number, description: Mutex::new(Some(Arc::new(description))) });
        opened(&entry);
        Self(entry)
    }

    #[track_caller]
    pub(super) fn open_again(&self) -> Self {
        Self::open(File::open(&self.0.file))
    }

    /// Another handle to the same description.
    #[track_caller]
    pub(super) fn duplicate(&self) -> Travelling {
        let description = self.0.description.lock().unwrap_or_else(PoisonError::into_inner).clone();
        sync::Arc::clone(&description.expect("nobody uses what was closed"))
    }

    pub(super) fn name(&self, name: fmt::Arguments<'_>) {
        self.0.file.holder.name(name);
    }

    /// Woken by `give`.
    #[track_caller]
    pub(super) fn lock(&self) {
        let Entry { file, number, .. } = &*self.0;
        let mut taken = file.take(*number);
        let _call = Call::begin();
        while let Err(holder) = taken {
            file.holder.wait(holder);
            taken = file.take(*number);
        }
    }

    #[track_caller]
    pub(super) fn try_lock(&self) -> bool {
        self.0.file.take(self.0.number).is_ok()
    }

    #[track_caller]
    pub(super) fn unlock(&self) {
        self.0.file.give(self.0.number);
    }
}

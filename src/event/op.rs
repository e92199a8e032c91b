//! The vocabulary of the facade: threads, objects and the operations on them.
//!
//! Every engine that takes part in an operation (loom's hooks, the scheduler behind shuttle, the
//! exact explorer) sees it as an [`Op`]. It is plain data: what is done, to which object, with which
//! memory ordering.

use std::fmt;
use std::panic::Location;
use std::sync::atomic::Ordering;

/// A place in the source, as `#[track_caller]` gives it.
pub type Site = &'static Location<'static>;

/// A thread of one execution. Main is [`ThreadId::MAIN`]; the ids of spawned threads are stable
/// across executions: they name (creator, k-th spawn of the creator).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
pub struct ThreadId(pub u32);

impl ThreadId {
    /// The thread that runs the program's body.
    pub const MAIN: Self = Self(0);

    /// The id as an index into tables of threads.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// An object of one execution. Ids are stable across executions: they name (creator, k-th object
/// of the creator), and the id of a dropped object is not used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
pub struct ObjectId(pub u32);

impl ObjectId {
    /// The id as an index into tables of objects.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
pub enum Class {
    /// An atomic of any width.
    Atomic,
    /// A mutual-exclusion lock.
    Mutex,
    /// A readers-writer lock.
    RwLock,
    /// A condition variable.
    Condvar,
    /// An `UnsafeCell`: memory that no other primitive guards.
    Cell,
    /// A reference count.
    Arc,
    /// Messages in flight to a receiver.
    Mailbox,
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Atomic => "atomic",
            Self::Mutex => "mutex",
            Self::RwLock => "rwlock",
            Self::Condvar => "condvar",
            Self::Cell => "cell",
            Self::Arc => "arc",
            Self::Mailbox => "mailbox",
        })
    }
}

/// A memory ordering; `std::sync::atomic::Ordering` without its `non_exhaustive`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
pub enum Order {
    /// No ordering beyond the coherence of the one object.
    Relaxed,
    /// A load that sees what the release store it reads from was told to publish.
    Acquire,
    /// A store that publishes what its thread has seen.
    Release,
    /// Both, for read-modify-writes and fences.
    AcqRel,
    /// Both, and in one total order with every other `SeqCst` operation.
    SeqCst,
}

impl Order {
    /// Whether a read with this ordering synchronizes with the release it reads from.
    pub const fn acquires(self) -> bool {
        matches!(self, Self::Acquire | Self::AcqRel | Self::SeqCst)
    }

    /// Whether a write with this ordering publishes what its thread has seen.
    pub const fn releases(self) -> bool {
        matches!(self, Self::Release | Self::AcqRel | Self::SeqCst)
    }
}

impl From<Ordering> for Order {
    fn from(ordering: Ordering) -> Self {
        match ordering {
            Ordering::Relaxed => Self::Relaxed,
            Ordering::Acquire => Self::Acquire,
            Ordering::Release => Self::Release,
            Ordering::AcqRel => Self::AcqRel,
            _ => Self::SeqCst,
        }
    }
}

/// What may happen for no reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
pub enum Spurious {
    /// A weak compare-exchange of the atomic fails.
    Exchange(ObjectId),
    /// A wait at the condition variable or at the word returns.
    Wait(ObjectId),
    /// A park returns.
    Park,
    /// A future that waits is polled again, with a waker of its own; the one before counts no more.
    Poll,
}

/// What an engine lets happen at most so often in one execution, all threads together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rare {
    /// Something happens for no reason.
    Spurious,
    /// A future that waits is dropped.
    Cancellation,
    /// A process dies.
    Death,
}

impl Rare {
    /// How many there are.
    pub const COUNT: usize = 3;
}

/// The answer to a receive for which nothing has arrived. Messages have the numbers below.
pub const NONE_ARRIVED: u8 = 63;

/// One operation of a thread. Values of atomics travel as bits, widened to 64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
pub enum Op {
    /// An atomic load.
    Load(ObjectId, Order),
    /// An atomic store.
    Store(ObjectId, Order),
    /// An atomic read-modify-write that always writes: `swap`, `fetch_add`, ...
    Rmw(ObjectId, Order),
    /// A compare-and-exchange: a read-modify-write where it finds `expected`, else a load.
    CompareExchange {
        /// The atomic.
        object: ObjectId,
        /// The bits that must be found for the write to happen.
        expected: u64,
        /// The ordering of the read-modify-write.
        success: Order,
        /// The ordering of the load.
        failure: Order,
        /// Whether it was the weak form, which may fail spuriously: see `Spurious`.
        weak: bool,
    },
    /// An atomic fence.
    Fence(Order),
    /// Acquires a mutex; waits while it is held.
    Lock(ObjectId),
    /// Acquires a mutex if it is free.
    TryLock(ObjectId),
    /// Releases a mutex.
    Unlock(ObjectId),
    /// Acquires a readers-writer lock for reading; waits while it is held for writing.
    Read(ObjectId),
    /// Acquires for reading if that needs no wait.
    TryRead(ObjectId),
    /// Acquires a readers-writer lock for writing; waits while it is held.
    Write(ObjectId),
    /// Acquires for writing if that needs no wait.
    TryWrite(ObjectId),
    /// Releases a lock held for reading.
    UnlockRead(ObjectId),
    /// Releases a lock held for writing.
    UnlockWrite(ObjectId),
    /// First part of a condition wait: releases the mutex and joins the set of waiters, atomically.
    Wait {
        /// The condition variable.
        condvar: ObjectId,
        /// The mutex that its predicate is guarded by.
        mutex: ObjectId,
    },
    /// First part of a futex wait: joins the set of waiters if the word is `expected`, atomically.
    WaitIf {
        /// The word, an atomic.
        word: ObjectId,
        /// The bits that must be found for the thread to wait.
        expected: u64,
    },
    /// Second part of either wait: takes the permit that a notification left; waits for it.
    /// The third part of a condition wait is a `Lock` of the mutex.
    Wake {
        /// The condition variable, or the word.
        object: ObjectId,
        /// Whether the wait has a time-out, which may fire at any moment of the wait.
        timed: bool,
    },
    /// Leaves a permit for one waiter of a condition variable or of a word, whichever, if there is one.
    NotifyOne(ObjectId),
    /// Leaves a permit for every waiter of either.
    NotifyAll(ObjectId),
    /// Takes the thread's own token; waits for it. With a time-out it does not have to wait.
    Park {
        /// Whether the wait has a time-out.
        timed: bool,
    },
    /// Leaves a token for a thread.
    Unpark(ThreadId),
    /// Starts a thread.
    Spawn(ThreadId),
    /// Waits for the end of a thread.
    Join(ThreadId),
    /// The thread ends.
    Exit,
    /// `yield_now` or `spin_loop`: a hint that others may run.
    Yield,
    /// Says whether the wait, the park or the weak compare-exchange that would come next returns for no reason
    /// instead.
    Spurious(Spurious),
    /// Says whether the future that waits is dropped now.
    Cancel,
    /// Says whether the process of the thread dies before what it would do next.
    Die,
    /// The thread, whose process dies, waits at the word no longer. If it was woken, nobody is.
    Leave(ObjectId),
    /// Kills a thread whose process has ended: it comes no further than to its next [`Live`](Self::Live), or to where it waits.
    Kill(ThreadId),
    /// The thread of a process goes on, unless it was killed.
    Live,
    /// Says whether the deadline that the thread looks at is over by now.
    Deadline,
    /// Takes one of so many alternatives.
    Choose(u8),
    /// Waits until no other thread can go on, but for time-outs.
    Idle,
    /// A look of `spin_until` that was in vain: nothing happens until something changes that it has read.
    Await,
    /// Reads unguarded memory.
    CellRead(ObjectId),
    /// Writes unguarded memory.
    CellWrite(ObjectId),
    /// One more owner of a counted reference.
    ArcClone(ObjectId),
    /// One owner less; the last one destroys the value.
    ArcDrop(ObjectId),
    /// Looks at the number of owners (`strong_count`, `get_mut`, `try_unwrap`).
    ArcCount(ObjectId),
    /// One more owner, if there is still one (`Weak::upgrade`).
    ArcUpgrade(ObjectId),
    /// Puts a message in flight.
    Send {
        /// Where it is received.
        mailbox: ObjectId,
        /// Its number there, which the engine gives: (sender, k-th message of the sender), as those of objects are.
        message: u8,
        /// The numbers of those that have to be received before it, a bit each.
        behind: u64,
    },
    /// Receives one of the messages that no other one is before; waits for one.
    Receive {
        /// Where.
        mailbox: ObjectId,
        /// Whether there may be none: what was sent need not have arrived.
        or_none: bool,
    },
    /// The object ends: no operation on it may follow.
    Destroy(ObjectId),
    /// No operation: a line that the program adds to a trace, by its [number there](super::trace::Trace::notes). It is
    /// announced to nobody.
    Note(u32),
}

impl Op {
    /// The object that the operation is about; a condition wait is about its condition variable.
    pub const fn object(self) -> Option<ObjectId> {
        match self {
            Self::Load(o, _) | Self::Store(o, _) | Self::Rmw(o, _) => Some(o),
            Self::CompareExchange { object, .. } | Self::Wake { object, .. } => Some(object),
            Self::Lock(o) | Self::TryLock(o) | Self::Unlock(o) => Some(o),
            Self::Read(o) | Self::TryRead(o) | Self::Write(o) | Self::TryWrite(o) => Some(o),
            Self::UnlockRead(o) | Self::UnlockWrite(o) => Some(o),
            Self::Wait { condvar, .. } => Some(condvar),
            Self::WaitIf { word, .. } => Some(word),
            Self::NotifyOne(o) | Self::NotifyAll(o) | Self::Leave(o) => Some(o),
            Self::CellRead(o) | Self::CellWrite(o) => Some(o),
            Self::ArcClone(o) | Self::ArcDrop(o) | Self::ArcCount(o) | Self::ArcUpgrade(o) => Some(o),
            Self::Send { mailbox, .. } | Self::Receive { mailbox, .. } => Some(mailbox),
            Self::Destroy(o) => Some(o),
            Self::Fence(_)
            | Self::Park { .. }
            | Self::Unpark(_)
            | Self::Spawn(_)
            | Self::Join(_)
            | Self::Exit
            | Self::Yield
            | Self::Spurious(_)
            | Self::Cancel
            | Self::Die
            | Self::Kill(_)
            | Self::Live
            | Self::Deadline
            | Self::Choose(_)
            | Self::Idle
            | Self::Await
            | Self::Note(_) => None,
        }
    }

    /// What the operation lets happen, if its answer is yes.
    pub const fn rare(self) -> Option<Rare> {
        match self {
            Self::Spurious(_) => Some(Rare::Spurious),
            Self::Cancel => Some(Rare::Cancellation),
            Self::Die => Some(Rare::Death),
            _ => None,
        }
    }

    /// The same operation whatever values it expects, which may be addresses.
    #[cfg(feature = "instrumented")]
    pub(crate) const fn regardless_of_values(self) -> Self {
        match self {
            Self::CompareExchange { object, success, failure, weak, .. } => {
                Self::CompareExchange { object, expected: 0, success, failure, weak }
            }
            op => op,
        }
    }

    /// Whether the operation is a use of a primitive: more than counting owners, ending an object, giving way,
    /// or starting and ending a thread.
    pub const fn uses_primitive(self) -> bool {
        !matches!(
            self,
            Self::ArcClone(_)
                | Self::ArcDrop(_)
                | Self::Destroy(_)
                | Self::Yield
                | Self::Spurious(_)
                | Self::Cancel
                | Self::Die
                | Self::Kill(_)
                | Self::Live
                | Self::Deadline
                | Self::Choose(_)
                | Self::Idle
                | Self::Fence(_)
                | Self::Spawn(_)
                | Self::Exit
                | Self::Note(_)
        )
    }

    /// Whether the answer to the operation is the value that it finds in its atomic.
    #[cfg(feature = "instrumented")]
    pub(crate) const fn finds_value(self) -> bool {
        matches!(self, Self::Load(..) | Self::Rmw(..) | Self::CompareExchange { .. })
    }

    /// Whether the operation may have to wait for another thread.
    pub const fn waits(self) -> bool {
        matches!(
            self,
            Self::Lock(_)
                | Self::Read(_)
                | Self::Write(_)
                | Self::Wake { .. }
                | Self::Park { .. }
                | Self::Join(_)
                | Self::Await
                | Self::Idle
                | Self::Receive { or_none: false, .. }
        )
    }

    /// Whether other processes may see that the operation has taken place.
    pub const fn shows(self) -> bool {
        matches!(
            self,
            Self::Store(..)
                | Self::Rmw(..)
                | Self::CompareExchange { .. }
                | Self::CellWrite(_)
                | Self::WaitIf { .. }
                | Self::Wake { .. }
                | Self::NotifyOne(_)
                | Self::NotifyAll(_)
                | Self::Exit
        )
    }

    /// The name of the operation, as traces print it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Load(..) => "load",
            Self::Store(..) => "store",
            Self::Rmw(..) => "read-modify-write",
            Self::CompareExchange { weak: false, .. } => "compare_exchange",
            Self::CompareExchange { weak: true, .. } => "compare_exchange_weak",
            Self::Fence(_) => "fence",
            Self::Lock(_) => "lock",
            Self::TryLock(_) => "try_lock",
            Self::Unlock(_) => "unlock",
            Self::Read(_) => "read",
            Self::TryRead(_) => "try_read",
            Self::Write(_) => "write",
            Self::TryWrite(_) => "try_write",
            Self::UnlockRead(_) => "unlock read",
            Self::UnlockWrite(_) => "unlock write",
            Self::Wait { .. } => "wait",
            Self::WaitIf { .. } => "futex_wait",
            Self::Wake { timed: false, .. } => "wake",
            Self::Wake { timed: true, .. } => "wake or time out",
            Self::NotifyOne(_) => "notify_one",
            Self::NotifyAll(_) => "notify_all",
            Self::Park { timed: false } => "park",
            Self::Park { timed: true } => "park_timeout",
            Self::Unpark(_) => "unpark",
            Self::Spawn(_) => "spawn",
            Self::Join(_) => "join",
            Self::Exit => "exit",
            Self::Yield => "yield",
            Self::Spurious(_) => "spurious",
            Self::Cancel => "cancel",
            Self::Die => "die",
            Self::Kill(_) => "kill",
            Self::Live => "live",
            Self::Leave(_) => "leave",
            Self::Deadline => "deadline",
            Self::Choose(_) => "choose",
            Self::Idle => "wait until all others wait",
            Self::Await => "look again",
            Self::CellRead(_) => "read cell",
            Self::CellWrite(_) => "write cell",
            Self::ArcClone(_) => "clone",
            Self::ArcDrop(_) => "drop",
            Self::ArcCount(_) => "count",
            Self::ArcUpgrade(_) => "upgrade",
            Self::Send { .. } => "send",
            Self::Receive { or_none: false, .. } => "receive",
            Self::Receive { or_none: true, .. } => "try_receive",
            Self::Destroy(_) => "destroy",
            Self::Note(_) => "note",
        }
    }
}

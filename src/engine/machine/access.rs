//! What a transition does to the objects it touches, and when two transitions depend on each other.
//!
//! Two transitions are independent where their order can be seen by nobody. An exact search explores
//! one execution per class of executions that differ only in the order of independent transitions
//! (Antoni Mazurkiewicz, "Concurrent program schemes and their interpretations", 1977).

use super::KILLED;
use super::clock::ThreadSet;
use super::meaning::Observable;
use crate::event::op::{ObjectId, Op, ThreadId};
use std::rc::Rc;

/// Something that two threads can meet at: an object, the waiters of a condition variable or of a futex,
/// or the park token of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Target(u32);

impl Target {
    /// An object.
    pub(crate) const fn object(id: ObjectId) -> Self {
        Self(id.0 << 2)
    }

    /// Those who wait at a condition variable or at an atomic.
    pub(crate) const fn waiters(id: ObjectId) -> Self {
        Self(id.0 << 2 | 2)
    }

    /// A thread's park token.
    pub(crate) const fn token(thread: ThreadId) -> Self {
        Self(thread.0 << 2 | 1)
    }

    /// All objects that were found in zeroed memory, whose names the explorer must not trust from one execution to
    /// the next.
    pub(crate) const FOUND: Self = Self(3);

    /// What is left of the events that happen for no reason.
    pub(crate) const SPURIOUS: Self = Self(7);

    /// What is left of the cancellations.
    pub(crate) const CANCELLATIONS: Self = Self(11);

    /// What is left of the deaths.
    pub(crate) const DEATHS: Self = Self(15);

    /// Whether a thread of a process was killed.
    pub(crate) const fn life(thread: ThreadId) -> Self {
        Self((thread.0 + 4) << 2 | 3)
    }

    /// A dense number.
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }
}

/// How a transition uses its target, resolved in the state in which it takes place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Looks at it: a load, a failed attempt, a spinning thread's second look.
    Read,
    /// Changes it.
    Write,
    /// Takes a lock for itself.
    Acquire,
    /// Gives it back.
    Release,
    /// Takes a lock together with other readers.
    AcquireShared,
    /// Gives it back.
    ReleaseShared,
    /// This thread joins the waiters.
    Enqueue,
    /// This waiter takes its permit, where it could have timed out instead.
    Take(ThreadId),
    /// A waiter gives up: its time runs out.
    Leave,
    /// A notification of one waiter, if there was one.
    NotifyOne(Option<ThreadId>),
    /// A notification of these waiters.
    NotifyAll(ThreadSet),
    /// Takes the park token.
    Park,
    /// Leaves a park token.
    Unpark,
    /// One owner more.
    Increment,
    /// One owner less, of this many.
    Decrement(u32),
    /// Puts the message in flight, behind these.
    Send(u8, u64),
    /// Receives the message, or none.
    Receive(Option<u8>),
    /// Does not use it after all.
    Nothing,
}

/// One use of one target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Access {
    pub(crate) target: Target,
    pub(crate) mode: Mode,
}

/// What a spinning thread waits for: that one of these objects has changed.
pub(crate) type AwaitCondition = Rc<[Awaited]>;

/// An object that a spinning thread has looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Awaited {
    pub(crate) object: ObjectId,
    /// What it was read as; or how often it had changed, where the look itself changes it, as one does that takes
    /// a lock: what the object guards may be another though it holds what it held.
    pub(crate) seen: u64,
    /// Bits of that which the thread could not tell.
    pub(crate) unknown: u64,
    pub(crate) by_changes: bool,
}

impl Awaited {
    /// Whether the object has changed in this state.
    pub(crate) fn has_changed(&self, state: &impl Observable) -> bool {
        let now = if self.by_changes { state.changes(self.object) } else { state.look(self.object) };
        (now ^ self.seen) & !self.unknown != 0
    }
}

/// A step that a thread can take: its pending operation, with a choice where the operation leaves one
/// (whom `notify_one` wakes), resolved in the state in which it is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Transition {
    pub(crate) thread: ThreadId,
    /// Which of the alternatives; 0 where there is one only.
    pub(crate) choice: u8,
    pub(crate) op: Op,
    pub(crate) access: Access,
    /// What it does besides: a condition wait releases its mutex, where somebody tries that mutex; a futex
    /// wait that found its value joins the waiters.
    pub(crate) also: Option<Access>,
    /// How it uses those objects whose names depend on the schedule.
    pub(crate) found: Option<Access>,
    /// What has to come first.
    pub(crate) awaits: Option<AwaitCondition>,
    /// A forced time-out or step: it fires only because nothing else can happen, and is after everything before it.
    pub(crate) forced: bool,
    /// Whether the thread may still time out early.
    pub(crate) may_time_out: bool,
    /// Whether the thread may go on early though it is held back.
    pub(crate) may_run: bool,
    /// It is a wait of a thread that may be killed there.
    pub(crate) mortal: bool,
}

impl Access {
    /// Whether the order of the two can be seen, `self` being the first.
    pub(crate) fn conflicts(self, later: Self) -> bool {
        use Mode::*;
        if self.target != later.target {
            return false;
        }
        match (self.mode, later.mode) {
            (Read, Read) | (Nothing, _) | (_, Nothing) => false,
            (Read | Write, _) | (_, Read | Write) => true,
            (Acquire | Release, _) | (_, Acquire | Release) => true,
            (AcquireShared | ReleaseShared, _) => false,
            (Enqueue, NotifyOne(_) | NotifyAll(_)) | (NotifyOne(_) | NotifyAll(_), Enqueue) => true,
            (Leave, NotifyOne(_) | NotifyAll(_)) | (NotifyOne(_) | NotifyAll(_), Leave) => true,
            (NotifyOne(woken), Take(taker)) => woken == Some(taker),
            (NotifyAll(woken), Take(taker)) => woken.has(taker),
            // Two waiters woken by two notifications: either order wakes them both. One waiter is woken
            // by one of them only.
            (NotifyOne(Some(one)), NotifyOne(Some(other))) => one == other,
            (NotifyOne(None) | NotifyAll(ThreadSet::NONE), NotifyOne(None) | NotifyAll(ThreadSet::NONE)) => {
                false
            }
            (NotifyOne(_) | NotifyAll(_), NotifyOne(_) | NotifyAll(_)) => true,
            (Park, Unpark) | (Unpark, Park) => true,
            // Owners leave in any order, but the last one destroys the value.
            (Decrement(_), Decrement(owners)) => owners == 1,
            // That another message is in flight as well nobody can tell.
            (Send(sent, _), Receive(received)) => received == Some(sent),
            (Receive(_), Receive(_)) => true,
            _ => false,
        }
    }
}

impl Transition {
    /// Everything that the transition uses: its own access, what it does besides, what it looked at.
    pub(crate) fn accesses(&self) -> impl Iterator<Item = Access> + '_ {
        let looks = self.awaits.iter().filter(|_| self.choice != KILLED).flat_map(|awaits| awaits.iter());
        std::iter::once(self.access)
            .chain(self.also)
            .chain(self.found)
            .chain(self.mortal.then(|| Access { target: Target::life(self.thread), mode: Mode::Read }))
            .chain(looks.map(|it| Access { target: Target::object(it.object), mode: Mode::Read }))
    }

    /// Calls `use_it` with each of them.
    #[inline]
    pub(crate) fn for_each_access(&self, mut use_it: impl FnMut(Target, Mode)) {
        if self.is_simple() {
            use_it(self.access.target, self.access.mode);
        } else {
            self.accesses().for_each(|access| use_it(access.target, access.mode));
        }
    }

    /// Whether the order of the two can be seen, `self` being the first.
    #[inline]
    pub(crate) fn conflicts(&self, later: &Self) -> bool {
        if self.thread == later.thread || self.forced || later.forced {
            return true;
        }
        if self.is_simple() && later.is_simple() {
            return self.access.conflicts(later.access);
        }
        self.accesses().any(|mine| later.accesses().any(|theirs| mine.conflicts(theirs)))
    }

    /// Whether the transition is its own access and nothing else.
    pub(crate) fn is_simple(&self) -> bool {
        self.also.is_none() && self.found.is_none() && self.awaits.is_none() && !self.mortal
    }

    /// Whether the two are the same step of the same thread.
    #[inline]
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.thread == other.thread && self.choice == other.choice
    }

    /// `other`, of another thread, now takes place before this one: this one will find what it left.
    #[inline]
    pub(crate) fn follows(&mut self, other: &Self) {
        self.shift(other, 1);
    }

    /// `other`, of another thread, no longer takes place before this one.
    #[inline]
    pub(crate) fn precedes(&mut self, other: &Self) {
        self.shift(other, -1);
    }

    fn shift(&mut self, other: &Self, sign: i32) {
        let Mode::Decrement(owners) = &mut self.access.mode else { return };
        if self.access.target != other.access.target {
            return;
        }
        let more = match other.access.mode {
            Mode::Increment => sign,
            Mode::Decrement(_) => -sign,
            _ => 0,
        };
        *owners = owners.saturating_add_signed(more);
    }
}

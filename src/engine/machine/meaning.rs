//! The meaning of each operation: in which ways it can take place, how it uses its objects, and what it answers.
//!
//! One table for every state that is asked about: the machine's own, and the one that the explorer only thinks of,
//! where it reverses a race.

use super::access::{Access, Mode, Target};
use super::clock::ThreadSet;
use super::{KILLED, RUN};
use crate::event::op::{NONE_ARRIVED, ObjectId, Op, Rare, ThreadId};

/// A state, as far as the meaning of an operation depends on it.
pub(crate) trait Observable {
    /// What tells an object's state from others: the value of an atomic, the owners of a counted reference.
    fn look(&self, object: ObjectId) -> u64;
    /// How often the value of the atomic has changed.
    fn changes(&self, atomic: ObjectId) -> u64;
    /// Whether nobody holds the lock.
    fn is_free(&self, lock: ObjectId) -> bool;
    /// Whether nobody holds the lock for writing.
    fn is_readable(&self, lock: ObjectId) -> bool;
    /// Whether the thread itself holds the lock.
    fn holds(&self, thread: ThreadId, lock: ObjectId) -> bool;
    /// Who waits at a condition variable or at a futex.
    fn waiters(&self, object: ObjectId) -> ThreadSet;
    /// Whether a notification there has left the thread a permit.
    fn has_permit(&self, thread: ThreadId, object: ObjectId) -> bool;
    /// Whether the thread can park without waiting.
    fn has_token(&self, thread: ThreadId) -> bool;
    /// Whether the thread may time out although others could go on.
    fn may_time_out(&self, thread: ThreadId) -> bool;
    /// Whether this may still happen.
    fn may_happen(&self, rare: Rare) -> bool;
    /// The messages in flight to the mailbox that no other one has to be received before, a bit each.
    fn deliverable(&self, mailbox: ObjectId) -> u64;
    /// Whether others see when the object is released.
    fn is_watched(&self, object: ObjectId) -> bool;
    /// Whether the thread was killed.
    fn is_killed(&self, thread: ThreadId) -> bool;
}

/// How an operation uses its objects.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Uses {
    pub(crate) access: Access,
    /// What it does besides.
    pub(crate) also: Option<Access>,
}

/// The ways in which the thread's operation can take place, a bit each; 0 where it cannot. Bit n is choice n.
pub(crate) fn choices(state: &impl Observable, thread: ThreadId, op: Op) -> u128 {
    let enabled = match op {
        // It is due where it is enabled, and no choice; or what happens where there is none.
        Op::Join(_) | Op::Idle => false,
        Op::Lock(lock) | Op::Write(lock) => state.is_free(lock),
        Op::Read(lock) => state.is_readable(lock) && !state.holds(thread, lock),
        Op::Wake { object, timed } => {
            timed && (state.has_permit(thread, object) || state.may_time_out(thread))
        }
        Op::Park { timed } => timed && state.may_time_out(thread) || state.has_token(thread),
        Op::NotifyOne(object) if !state.waiters(object).is_empty() => {
            return state.waiters(object).bits() << 1;
        }
        Op::Spurious(_) | Op::Cancel | Op::Die => {
            return 0b1 | u128::from(op.rare().is_some_and(|rare| state.may_happen(rare))) << 1;
        }
        Op::Deadline => return 0b1 | u128::from(state.may_time_out(thread)) << 1,
        Op::Choose(alternatives) => return (1 << alternatives) - 1,
        Op::Receive { mailbox, or_none } => {
            return u128::from(state.deliverable(mailbox)) | u128::from(or_none) << NONE_ARRIVED;
        }
        _ => true,
    };
    u128::from(enabled)
}

/// Whether a thread that may be killed can be where it performs this operation.
pub(crate) fn is_mortal(op: Op, spins: bool) -> bool {
    spins || op.waits() || op == Op::Live
}

/// Whom choice n of a `notify_one` wakes.
fn notified(choice: u8) -> Option<ThreadId> {
    choice.checked_sub(1).map(|waiter| ThreadId(u32::from(waiter)))
}

/// How the thread's operation, taken in this way, uses its objects.
pub(crate) fn uses(state: &impl Observable, thread: ThreadId, op: Op, choice: u8) -> Uses {
    if choice == KILLED {
        let waits = |object| Access { target: Target::waiters(object), mode: mode(state, thread, op, 0) };
        let also = if let Op::Wake { object, .. } = op { Some(waits(object)) } else { None };
        return Uses { access: Access { target: Target::life(thread), mode: Mode::Read }, also };
    }
    let mode = if choice == RUN { Mode::Read } else { mode(state, thread, op, choice) };
    Uses { access: Access { target: target(thread, op), mode }, also: also(state, op) }
}

fn mode(state: &impl Observable, thread: ThreadId, op: Op, choice: u8) -> Mode {
    let attempt = |succeeds: bool, mode: Mode| if succeeds { mode } else { Mode::Read };
    match op {
        Op::Load(..) | Op::ArcCount(_) | Op::WaitIf { .. } | Op::Live => Mode::Read,
        Op::Store(..) | Op::Rmw(..) | Op::ArcUpgrade(_) | Op::Destroy(_) | Op::Kill(_) => Mode::Write,
        Op::CompareExchange { object, expected, .. } => attempt(state.look(object) == expected, Mode::Write),
        Op::Lock(_) | Op::Write(_) => Mode::Acquire,
        Op::TryLock(lock) | Op::TryWrite(lock) => attempt(state.is_free(lock), Mode::Acquire),
        Op::Unlock(_) | Op::UnlockWrite(_) => Mode::Release,
        Op::Read(_) => Mode::AcquireShared,
        Op::TryRead(lock) => attempt(state.is_readable(lock), Mode::AcquireShared),
        Op::UnlockRead(_) => Mode::ReleaseShared,
        Op::Wait { .. } => Mode::Enqueue,
        Op::Wake { object, .. } | Op::Leave(object) if state.has_permit(thread, object) => Mode::Take(thread),
        Op::Wake { .. } | Op::Leave(_) => Mode::Leave,
        Op::NotifyOne(_) => Mode::NotifyOne(notified(choice)),
        Op::NotifyAll(object) => Mode::NotifyAll(state.waiters(object)),
        Op::Park { .. } => Mode::Park,
        Op::Unpark(_) => Mode::Unpark,
        Op::ArcClone(arc) | Op::ArcDrop(arc) if state.is_watched(arc) => Mode::Write,
        Op::ArcClone(_) => Mode::Increment,
        Op::ArcDrop(arc) => Mode::Decrement(state.look(arc) as u32),
        Op::Send { message, behind, .. } => Mode::Send(message, behind),
        Op::Receive { .. } => Mode::Receive(Some(choice).filter(|&message| message != NONE_ARRIVED)),
        // What comes of it is for its thread alone to know.
        Op::Deadline | Op::Choose(_) | Op::Idle => Mode::Nothing,
        Op::Spurious(_) | Op::Cancel | Op::Die if choice == 0 => Mode::Nothing,
        Op::Spurious(_) | Op::Cancel | Op::Die => Mode::Write,
        op => unreachable!("{op:?} is not a choice"),
    }
}

fn target(thread: ThreadId, op: Op) -> Target {
    match op {
        Op::Park { .. } => Target::token(thread),
        Op::Unpark(other) => Target::token(other),
        Op::Spurious(_) | Op::Deadline | Op::Choose(_) | Op::Idle => Target::SPURIOUS,
        Op::Cancel => Target::CANCELLATIONS,
        Op::Die => Target::DEATHS,
        Op::Kill(other) => Target::life(other),
        Op::Live => Target::life(thread),
        Op::Wait { condvar: object, .. }
        | Op::Wake { object, .. }
        | Op::Leave(object)
        | Op::NotifyOne(object)
        | Op::NotifyAll(object) => Target::waiters(object),
        op => Target::object(op.object().expect("the operation has an object")),
    }
}

fn also(state: &impl Observable, op: Op) -> Option<Access> {
    match op {
        Op::Wait { mutex, .. } if state.is_watched(mutex) => {
            Some(Access { target: Target::object(mutex), mode: Mode::Release })
        }
        Op::WaitIf { word, expected } if state.look(word) == expected => {
            Some(Access { target: Target::waiters(word), mode: Mode::Enqueue })
        }
        Op::Destroy(object) => Some(Access { target: Target::waiters(object), mode: Mode::Write }),
        _ => None,
    }
}

/// The answer to the thread's operation, taken in this way; that of an `Unpark` is for the thread to know.
pub(crate) fn answer(state: &impl Observable, thread: ThreadId, op: Op, choice: u8, uses: Uses) -> u64 {
    let yes = match (op, uses.access.mode) {
        (Op::Load(object, _) | Op::Rmw(object, _) | Op::CompareExchange { object, .. }, _)
        | (Op::ArcCount(object), _) => return state.look(object),
        (Op::Choose(_) | Op::Receive { .. }, _) => return u64::from(choice),
        (Op::Send { message, .. }, _) => return u64::from(message),
        (Op::Spurious(_) | Op::Cancel | Op::Die | Op::Deadline, _) => choice != 0,
        (Op::WaitIf { .. }, _) => uses.also.is_some(),
        (Op::Park { .. }, _) => !state.has_token(thread),
        (Op::ArcUpgrade(arc), _) => state.look(arc) != 0,
        (Op::ArcDrop(arc), _) => state.look(arc) == 1,
        (_, mode) => matches!(mode, Mode::Acquire | Mode::AcquireShared | Mode::Leave),
    };
    u64::from(yes)
}

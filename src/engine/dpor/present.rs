//! What the search has to know of the state in which it chooses.

use crate::engine::machine::access::Transition;
use crate::event::op::{Class, ObjectId, Op, ThreadId};

/// The present state of an execution. Whatever machine stands behind it, the search asks for no more.
pub(crate) trait Present {
    /// The threads of this execution, ascending.
    fn threads(&self) -> impl Iterator<Item = ThreadId>;
    /// The thread that runs, or was the last to run.
    fn running(&self) -> ThreadId;
    /// The operation that the thread has announced, if it waits for that to be granted.
    fn pending(&self, thread: ThreadId) -> Option<Op>;
    /// The ways in which that operation can take place now, a bit each; 0 where it cannot.
    fn choices(&self, thread: ThreadId) -> u128;
    /// The operation, taken in this way, resolved in the present state.
    fn transition(&self, thread: ThreadId, choice: u8) -> Transition;
    /// Who takes a forced step, because nothing else can happen.
    fn forced_thread(&self) -> Option<ThreadId>;
    /// The operations that are not enabled and that something earlier could have enabled.
    fn blocked(&self) -> Vec<Transition>;
    /// Whether the others have gone round while this thread could have gone on.
    fn is_unfairly_delayed(&self, thread: ThreadId) -> bool;
    /// Whether the thread has done nothing that is a choice since it yielded.
    fn has_just_yielded(&self, thread: ThreadId) -> bool;
    /// Whether the thread was given many rounds in a row, and has not got on.
    fn waits_for_ever(&self, thread: ThreadId) -> bool;
    /// What the object is, and what a look at it showed when it was new.
    fn initial(&self, object: ObjectId) -> (Class, u64);
    /// Whether the thread may be killed.
    fn is_mortal(&self, thread: ThreadId) -> bool;
    /// Whether others see when the object is released.
    fn is_watched(&self, object: ObjectId) -> bool;
}

//! What the explorer sees of the machine.

use crate::engine::dpor::Present;
use crate::engine::machine::access::Transition;
use crate::engine::machine::meaning::Observable;
use crate::engine::machine::{Machine, Phase};
use crate::event::op::{Class, ObjectId, Op, ThreadId};

impl Present for Machine {
    fn threads(&self) -> impl Iterator<Item = ThreadId> {
        self.threads()
    }

    fn running(&self) -> ThreadId {
        self.running()
    }

    fn pending(&self, thread: ThreadId) -> Option<Op> {
        (self.phase(thread) == Phase::Pending).then(|| self.pending(thread))
    }

    fn choices(&self, thread: ThreadId) -> u128 {
        self.choices(thread)
    }

    fn transition(&self, thread: ThreadId, choice: u8) -> Transition {
        self.transition(thread, choice)
    }

    fn forced_thread(&self) -> Option<ThreadId> {
        self.forced_thread()
    }

    fn blocked(&self) -> Vec<Transition> {
        self.blocked().collect()
    }

    fn is_unfairly_delayed(&self, thread: ThreadId) -> bool {
        self.is_unfairly_delayed(thread)
    }

    fn has_just_yielded(&self, thread: ThreadId) -> bool {
        self.has_just_yielded(thread)
    }

    fn waits_for_ever(&self, thread: ThreadId) -> bool {
        self.waits_for_ever(thread)
    }

    fn initial(&self, object: ObjectId) -> (Class, u64) {
        let object = self.object(object);
        (object.class, object.first_look())
    }

    fn is_mortal(&self, thread: ThreadId) -> bool {
        Observable::is_mortal(self, thread)
    }

    fn is_watched(&self, object: ObjectId) -> bool {
        Observable::is_watched(self, object)
    }
}
